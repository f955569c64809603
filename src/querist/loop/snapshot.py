"""What a round may know: the pool and its labels as they stood at one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, out_of_turn
from querist.catalog.records.auto_labels import ASKED
from querist.schema import Action, Arm, ModelVersion, OntologyReading, Origin, TaskKind

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Positions in catalog order; the same ``label_seq`` and ``asset_count`` give the same again.

    Attributes:
        ids: Asset ids (N,).
        codes: Class of each asset (N,), -1 where no single class is its label, where the label
            was sent back to its author and is not answered yet, and where its class was split or
            retired since.
        answered: Assets that hold a label of any kind (N,), bool; not where it is undecided.
        labeled: Assets whose label a model can learn (N,), bool: one class that still is one, or a
            label of another kind; not where it was sent back to its author.
        undecided: Assets whose label names a class that was split since (N,), bool: nobody knows
            which part it is, so they hold no label and are asked again.
        passed: Assets that were skipped, cannot be told, or are of a retired class (N,), bool.
        audit: Members of the audit set, now or earlier (N,), bool: they train nothing.
        out_of_turn: Those of them that measure nothing yet (N,), bool, see ``out_of_turn``.
        retired: Those of them that measure no more, since others took their places (N,), bool.
        control: Members of the control arm (N,), bool.
        active: Members of the active arm (N,), bool.
        checks: Assets that were asked to check auto-labels which are no single classes (N,), bool:
            they train no model, since none could be judged by them as if it had not learned them.
        by_model: Assets whose label is a model's (N,), bool: they count as not answered, but the
            active arm does not ask for them.
        paid: Assets whose label was given here, by one or several people (N,), bool: not imported.
        decided_at: Position in the label log of the last entry of each asset (N,), 0 without one.
        label_seq: Last entry of the label log that was seen.
        review_seq: Last review that was seen.
    """

    ids: Sequence[str]
    codes: Positions
    answered: NDArray[np.bool_]
    labeled: NDArray[np.bool_]
    undecided: NDArray[np.bool_]
    passed: NDArray[np.bool_]
    audit: NDArray[np.bool_]
    out_of_turn: NDArray[np.bool_]
    retired: NDArray[np.bool_]
    control: NDArray[np.bool_]
    active: NDArray[np.bool_]
    checks: NDArray[np.bool_]
    by_model: NDArray[np.bool_]
    paid: NDArray[np.bool_]
    decided_at: Positions
    label_seq: int
    review_seq: int

    def training(self, arm: Arm) -> Positions:
        """Positions of the labelled assets that train ``arm``.

        The control arm trains on its own random draws only. The active arm trains on every other
        label except the audit set, what only the control arm asked for, and the checks.
        """
        return np.flatnonzero(self.labeled & self._of(arm))

    def given(self, arm: Arm) -> Positions:
        """Positions of the assets of ``arm`` that hold a label of any kind."""
        return np.flatnonzero(self.answered & self._of(arm))

    def _of(self, arm: Arm) -> NDArray[np.bool_]:
        if arm is Arm.CONTROL:
            return self.control & ~self.audit
        only_control = self.control & ~self.active
        return ~self.audit & ~only_control & ~self.checks

    @property
    def measuring(self) -> NDArray[np.bool_]:
        """Members of the audit set now (N,)."""
        return self.audit & ~self.retired

    def audited(self) -> Positions:
        """Positions of the audit set whose label can measure a model."""
        return np.flatnonzero(self.labeled & self.measuring & ~self.out_of_turn)

    def by_chance(self) -> Positions:
        """Positions whose label chance drew and the active arm does not learn.

        They are of the audit set, also of before, and of the control.
        """
        drawn = self.labeled & ~self.out_of_turn
        return np.setdiff1d(np.flatnonzero(drawn), self.training(Arm.ACTIVE))

    def audit_asked_again(self) -> Positions:
        """Positions of the audit set that measure nothing until they are answered again."""
        return np.flatnonzero(self.undecided & self.measuring)

    def candidates(self) -> Positions:
        """Positions the active arm may ask for."""
        taken = np.zeros(len(self.ids), dtype=bool)
        taken[self.given(Arm.ACTIVE)] = True
        taken |= self.audit | self.passed | self.checks | self.by_model
        return np.flatnonzero(~taken)

    def digest(self, positions: Positions) -> str:
        """SHA-256 over the ids at ``positions``, in order."""
        joined = "\x00".join(self.ids[i] for i in positions.tolist())
        return hashlib.sha256(joined.encode()).hexdigest()


def take(
    catalog: Catalog,
    *,
    label_seq: int | None = None,
    review_seq: int | None = None,
    ontology_version: int | None = None,
    asset_count: int | None = None,
    before_round: int | None = None,
) -> Snapshot:
    """Look at the pool now, or as it stood at a moment of the past.

    Args:
        catalog: The catalog.
        label_seq: See labels up to this entry of the log; all by default.
        review_seq: See reviews up to this one; all by default.
        ontology_version: Read labels in the words of this ontology; the newest by default.
        asset_count: See only the first assets in order of adding; all by default.
        before_round: See only what earlier rounds selected; all by default.
    """
    index = catalog.assets.index()
    ids = index.ids if asset_count is None else index.ids[:asset_count]
    seq = catalog.records.labels.last_seq() if label_seq is None else label_seq
    reviewed = catalog.records.reviews.last_seq() if review_seq is None else review_seq
    sent_back = catalog.records.reviews.sent_back(upto=reviewed)
    codes = np.full(len(ids), -1, dtype=np.int64)
    answered = np.zeros(len(ids), dtype=bool)
    labeled = np.zeros(len(ids), dtype=bool)
    undecided = np.zeros(len(ids), dtype=bool)
    passed = np.zeros(len(ids), dtype=bool)
    by_model = np.zeros(len(ids), dtype=bool)
    paid = np.zeros(len(ids), dtype=bool)
    decided_at = np.zeros(len(ids), dtype=np.int64)
    reading = catalog.records.ontologies.reading(ontology_version)
    class_index = {name: i for i, name in enumerate(reading.ontology.names)}
    states = catalog.records.labels.states(upto=seq)
    asked_again = _undecided(catalog, reading, seq)
    for i, position in enumerate(index.known(states.asset_ids).tolist()):
        if not 0 <= position < len(ids):
            continue
        if states.origins[i] == Origin.MODEL:
            by_model[position] = states.labeled[i]
        else:
            decided_at[position] = states.seqs[i]
            said, made_under = states.classes[i], states.ontology_versions[i]
            name = None if said is None else reading.name(said, made_under)
            code = -1 if name is None else class_index.get(name, -1)
            doubted = states.seqs[i] in sent_back
            codes[position] = -1 if doubted else code
            # Nobody is asked again what is of a retired class; of a split one somebody must be.
            undecided[position] = states.asset_ids[i] in asked_again or (
                said is not None and reading.undecided(said, made_under)
            )
            holds = code >= 0 if said is not None else not undecided[position]
            answered[position] = states.labeled[i] and holds
            paid[position] = states.labeled[i] and states.origins[i] != Origin.IMPORT
            labeled[position] = answered[position] and not doubted
            retired = said is not None and name is None and not undecided[position]
            passed[position] = retired or states.actions[i] in (Action.SKIP, Action.CANNOT_TELL)

    def mask(some: Iterable[str]) -> NDArray[np.bool_]:
        return index.mask(some)[: len(ids)]

    rounds, upto = catalog.records.rounds, None if before_round is None else before_round - 1
    drawn = rounds.drawn_in(Arm.AUDIT, upto)
    waits = [ids[at] for at in np.flatnonzero(mask(drawn) & (decided_at == 0)).tolist()]

    return Snapshot(
        ids=ids,
        codes=codes,
        answered=answered,
        labeled=labeled,
        undecided=undecided,
        passed=passed,
        audit=mask(drawn),
        out_of_turn=mask(out_of_turn(catalog, drawn, waits)),
        retired=mask(rounds.audit_retired(upto)),
        control=mask(rounds.arm_ids(Arm.CONTROL, upto_round=upto)),
        active=mask(rounds.arm_ids(Arm.ACTIVE, upto_round=upto)),
        checks=mask(checks(catalog, before_round)),
        by_model=by_model,
        paid=paid,
        decided_at=decided_at,
        label_seq=seq,
        review_seq=reviewed,
    )


def measures(catalog: Catalog, seen: Snapshot, *models: ModelVersion) -> Positions:
    """Positions of the audit set whose label can measure these models.

    A model that was made before the audit set was drawn may have learned what was labelled then.
    """
    rows, drawn = seen.audited(), catalog.records.rounds.drawn_in(Arm.AUDIT)
    plan = catalog.records.rounds.plan(min(drawn.values())) if drawn else None
    seqs = [it.label_seq for it in models if it.round is None]
    early = [seq for seq in seqs if plan is not None and seq <= plan.label_seq]
    if not early or not len(rows):
        return rows
    first = catalog.records.labels.first_seqs([seen.ids[i] for i in rows.tolist()])
    fresh = [at for at in rows.tolist() if first.get(seen.ids[at], 0) > max(early)]
    return np.array(fresh, dtype=np.int64)


def _undecided(catalog: Catalog, reading: OntologyReading, label_seq: int) -> set[str]:
    """The assets whose set, boxes, polygons or spans name a class that was split since."""
    if reading.plain or catalog.settings.task is TaskKind.CLASSIFICATION:
        return set()
    return {
        asset_id
        for asset_id, names, made_under in catalog.records.labels.named(upto=label_seq)
        if any(reading.undecided(name, made_under) for name in names)
    }


def checks(catalog: Catalog, before_round: int | None = None) -> Iterable[str]:
    """Checks of auto-labels that train nothing, asked before a round, or until now."""
    if catalog.settings.task is TaskKind.CLASSIFICATION:
        return
    for event in catalog.records.auto_labels.events():
        early = before_round is None or event.facts.get("round", 0) < before_round
        if event.event == ASKED and early:
            yield from event.facts["assets"]
