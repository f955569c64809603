"""What auto-labelling may know: every label of a person, and which assets were drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, disputed, out_of_turn, unlabelled_draws
from querist.catalog.records.auto_labels import ASKED, ROLLED_BACK
from querist.errors import InvalidInputError
from querist.schema import Action, Arm, Origin, TaskKind

Positions = NDArray[np.int64]
_RIGHT_OR_WRONG = (
    TaskKind.CLASSIFICATION,
    TaskKind.MULTI_LABEL,
    TaskKind.BOXES,
    TaskKind.SPANS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The pool in catalog order, N assets.

    Attributes:
        ids: Asset ids (N,).
        classes: Class names.
        known: Assets that a person gave a label (N,), bool.
        codes: The class that a person gave (N,), -1 without one, or where labels are no classes.
        free: Assets that may be labelled without a person (N,), bool.
        declined: Assets that a person looked at and gave no label that is one now (N,), bool; of
            those that were drawn also such on which people disagree.
        drawn: Answered assets that were drawn at random from all that was not chosen, and had no
            label then (N,), bool.
        checks: Assets that were drawn at random within a region, by the region's id, answered or
            not: who looks before all are answered must not win by that.
        broken: Whether the audit broke a promise. Only checks drawn since count then.
        label_seq: Last entry of the label log that was seen.
        ontology_version: The ontology of ``classes``.
    """

    ids: Sequence[str]
    classes: tuple[str, ...]
    known: NDArray[np.bool_]
    codes: Positions
    free: NDArray[np.bool_]
    declined: NDArray[np.bool_]
    drawn: NDArray[np.bool_]
    checks: dict[str, Positions]
    broken: bool
    label_seq: int
    ontology_version: int

    @property
    def labeled(self) -> Positions:
        """Positions of the assets that a person gave a label (n,)."""
        return np.flatnonzero(self.known)

    @property
    def newest_region(self) -> str | None:
        """The region whose checks count; ``None`` where none was asked for."""
        return next(reversed(self.checks), None)

    @property
    def at_random(self) -> Positions:
        """Positions of the labelled assets that were drawn at random (n,), checks among them."""
        found = self.drawn.copy()
        for asked in self.checks.values():
            found[asked] = True
        return np.flatnonzero(found & self.known)

    def checks_in(self, region: NDArray[np.bool_]) -> Positions:
        """Positions of the checks in a region (n,), n ≤ N: the newest ones and the random arms."""
        checked = self.drawn.copy()
        if self.newest_region is not None:
            checked[self.checks[self.newest_region]] = True
        return np.flatnonzero(checked[: len(region)] & region)

    def waiting(self, checks: Positions) -> int:
        """How many of some checks nobody has answered yet."""
        return int((~(self.known | self.declined)[checks]).sum())


def gather(catalog: Catalog) -> Evidence:
    """Look at the labels as they stand.

    Labels of models are no evidence. Nor are assets that the active arm chose a random draw of
    anything: of the control arm only those count that the active arm did not ask for. Nor are those
    that had a label before they were drawn: what is labelled without a person had none, and those
    who imported labels chose of what. Once the
    audit has broken a promise, what had promised it is spent.

    Raises:
        InvalidInputError: no answer of the task's kind is simply right or wrong.
    """
    task = catalog.settings.task
    if task not in _RIGHT_OR_WRONG:
        raise InvalidInputError(
            f"No error rate can be promised of labels of the task {task.value!r}.",
            remedy="Label by hand, or import predictions as pre-labels.",
        )
    records = catalog.records
    index = catalog.assets.index()
    ids = index.ids
    reading = records.ontologies.reading()
    code_of = {name: code for code, name in enumerate(reading.ontology.names)}
    codes = np.full(len(ids), -1, dtype=np.int64)
    known = np.zeros(len(ids), dtype=bool)
    declined = np.zeros(len(ids), dtype=bool)
    free = np.ones(len(ids), dtype=bool)
    seq = records.labels.last_seq()
    sent_back = records.reviews.sent_back(upto=records.reviews.last_seq())
    states = records.labels.states(upto=seq)
    for i, at in enumerate(index.known(states.asset_ids).tolist()):
        if at < 0:
            continue
        free[at] = states.actions[i] == Action.UNDO and not states.labeled[i]
        said = states.classes[i]
        version = states.ontology_versions[i]
        name = said and reading.name(said, version)
        if states.origins[i] != Origin.MODEL and states.seqs[i] not in sent_back:
            codes[at] = code_of.get(name or "", -1)
            known[at] = codes[at] >= 0 or (said is None and states.labeled[i])
            declined[at] = states.actions[i] in (Action.SKIP, Action.CANNOT_TELL) or (
                said is not None and name is None and not reading.undecided(said, version)
            )
    audit = records.rounds.drawn_in(Arm.AUDIT)
    free &= ~index.mask(audit) & ~index.mask(records.tasks.asked())
    checks, broken = _checks(catalog)
    waits = [ids[at] for at in np.flatnonzero(index.mask(audit) & ~known & ~declined).tolist()]
    late = index.mask(out_of_turn(catalog, audit, waits))
    # Of the assets of before only as many as of those that were added.
    late |= index.mask(records.rounds.audit_retired())
    control = index.mask(unlabelled_draws(catalog, Arm.CONTROL))
    control &= ~index.mask(records.rounds.arm_ids(Arm.ACTIVE))
    drawn = (index.mask(unlabelled_draws(catalog, Arm.AUDIT)) & ~late) | control
    declined |= index.mask(
        disputed(catalog, [ids[at] for at in np.flatnonzero(drawn & ~known).tolist()])
    )
    return Evidence(
        ids=ids,
        known=known,
        classes=reading.ontology.names,
        codes=codes,
        free=free,
        declined=declined,
        drawn=np.zeros(len(ids), dtype=bool) if broken else drawn & (known | declined),
        checks=checks,
        broken=broken,
        label_seq=seq,
        ontology_version=reading.ontology.version,
    )


def _checks(catalog: Catalog) -> tuple[dict[str, Positions], bool]:
    """The checks by region since the audit last broke a promise, and whether it ever did."""
    found: dict[str, list[int]] = {}
    broken = False
    for event in catalog.records.auto_labels.events():
        if event.event == ASKED:
            places = catalog.assets.index().known(event.facts["assets"])
            found.setdefault(event.set_id, []).extend(places[places >= 0])
        elif event.event == ROLLED_BACK and event.facts.get("broken"):
            found, broken = {}, True
    checks = {region: np.unique(np.array(rows, dtype=np.int64)) for region, rows in found.items()}
    return checks, broken
