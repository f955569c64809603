"""The experiment: the project's active labels beside as many random ones, and what that proves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from querist._version import __version__
from querist.catalog import Catalog, classifiers, reads_assets
from querist.catalog.durable import write_atomically
from querist.engine.base import Progress, silent
from querist.errors import InvalidInputError, NotFoundError
from querist.experiments import (
    Experiment,
    LabeledData,
    SideBySide,
    SimulationSettings,
    Trial,
    answers_by_size,
    labeled_data,
    repeated_trials,
    sentence,
    side_by_side,
    sizes,
)
from querist.experiments.comparing import Source
from querist.labeling import KnownLabels
from querist.learners.imported import IMPORTED
from querist.loop import snapshot, training, value_experimenting, value_repeating
from querist.loop.evaluating import audit_remedy
from querist.loop.intake import embed, open_encoder
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import Arm, from_json, to_json
from querist.schema.wording import counted

ARMS: Source = "arms"
REPEATED: Source = "repeated"
SEEDS = 8
ROUNDS = 10
# The stream of random numbers of the trainings and the bootstrap.
_STREAM = 43
_KEPT = 20


class Experiments:
    """Compares what the strategy chose with as many random labels, class by class.

    Example:
        >>> found = experiments.run()                                     # doctest: +SKIP
        >>> print(found.sentence)                                         # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._folder = catalog.folder / "experiments"

    def list(self) -> Sequence[Experiment]:
        """The experiments that were run, the newest first, at most twenty."""
        files = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        found = [from_json(Experiment, json.loads(one.read_text("utf-8"))) for one in files]
        return sorted(found, key=lambda it: it.created_at, reverse=True)[:_KEPT]

    def get(self, experiment_id: str) -> Experiment:
        """One that was run.

        Raises:
            NotFoundError: there is none of this id.
        """
        for one in self.list():
            if one.id == experiment_id:
                return one
        raise NotFoundError(
            f"There is no experiment {experiment_id!r}.", remedy="Run one: querist experiment"
        )

    def run(
        self,
        source: Source | None = None,
        *,
        seeds: int = SEEDS,
        rounds: int = ROUNDS,
        batch_size: int | None = None,
        progress: Progress = silent,
    ) -> Experiment:
        """Compare the active set with a random control of the same size, and keep the result.

        Args:
            source: ``arms`` compares the labels that the project has, of its active arm and of its
                control arm, on the audit set. ``repeated`` needs all labels known and runs both
                arms again from scratch under each seed. By default single classes are repeated
                where they can be; of other labels the arms are compared, since models of them take
                their time.
            seeds: How often it is repeated.
            rounds: Batches of each repetition.
            batch_size: Labels of each batch of a repetition; that of the settings by default.
            progress: Told what is done.

        Raises:
            InvalidInputError: no model learns the labels, an arm or the audit set has too few, or
                not all labels are known.
        """
        if self._catalog.settings.learner.name == IMPORTED:
            raise InvalidInputError(
                "The project's model is trained elsewhere, so both arms cannot be trained alike.",
                remedy="Name a learner that trains here under [learner] in querist.toml.",
            )
        embed(self._catalog, progress=progress)
        seen = snapshot.take(self._catalog)
        if source is None:
            # What learns other labels takes its time: all that is only run again if asked for.
            repeats = training.classifies(self._catalog) and not _known(self._catalog, seen)[1]
            source = REPEATED if repeats else ARMS
        if source == ARMS:
            found = self._of_arms(seen, progress)
        else:
            chosen = _Chosen(seeds=seeds, rounds=rounds, batch_size=batch_size)
            found = self._repeated(seen, chosen, progress)
        self._folder.mkdir(exist_ok=True)
        body = json.dumps(to_json(found), indent=1, allow_nan=False, ensure_ascii=False)
        write_atomically(self._folder / f"{found.id}.json", body.encode())
        return found

    def _of_arms(self, seen: Snapshot, progress: Progress) -> Experiment:
        catalog = self._catalog
        order = {arm: _in_order(catalog, seen, arm) for arm in (Arm.ACTIVE, Arm.CONTROL)}
        compare = _of_classes if training.classifies(catalog) else value_experimenting.of_arms
        result, digests = compare(catalog, seen, order, _seed(catalog), progress)
        plans = {r.plan.strategy for r in catalog.records.rounds.list() if r.plan is not None}
        return self._kept(
            result,
            source=ARMS,
            strategy=", ".join(sorted(plans)),
            test="audit",
            digests=digests,
        )

    def _repeated(self, seen: Snapshot, chosen: _Chosen, progress: Progress) -> Experiment:
        catalog = self._catalog
        policy, wanted = catalog.settings.policy, catalog.settings.learner
        batch = policy.batch_size if chosen.batch_size is None else chosen.batch_size
        settings = SimulationSettings(
            strategies=(_arm_text(policy.strategy, policy.parameters),),
            batch_size=batch,
            rounds=chosen.rounds,
            seeds=chosen.seeds,
            learner=wanted.name,
            learner_parameters=wanted.parameters,
        )
        compare = _classes_again if training.classifies(catalog) else _values_again
        seeds = tuple(policy.seed + i for i in range(chosen.seeds))
        result, digests = compare(catalog, seen, settings, seeds, progress)
        return self._kept(
            result,
            source=REPEATED,
            strategy=settings.arms[0],
            seeds=seeds,
            batch_size=batch,
            test="audit" if "test" in digests else "split",
            digests=digests,
        )

    def _kept(self, result: SideBySide, **facts: Any) -> Experiment:
        catalog = self._catalog
        wanted = catalog.settings.learner
        found = Experiment(
            **{
                "id": "",
                "sentence": sentence(result),
                "result": result,
                "learner": training.learner_name(catalog),
                "parameters": dict(wanted.parameters),
                "encoder": open_encoder(catalog).identity.key,
                "seed": catalog.settings.policy.seed,
                "seeds": (),
                "batch_size": catalog.settings.policy.batch_size,
                "version": __version__,
                "created_at": datetime.now(UTC),
                **facts,
            }
        )
        body = to_json(found)
        for free in ("id", "sentence", "result", "created_at"):
            body.pop(free)
        body["sizes"] = [point.labels for point in result.active_curve]
        text = json.dumps(body, sort_keys=True)
        return replace(found, id=hashlib.sha256(text.encode()).hexdigest()[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """How a comparison is repeated."""

    seeds: int
    rounds: int
    batch_size: int | None


def _of_classes(
    catalog: Catalog,
    seen: Snapshot,
    order: Mapping[Arm, Positions],
    seed: int,
    progress: Progress,
) -> tuple[SideBySide, dict[str, str]]:
    """The arms of a project of single classes; see ``value_experimenting.of_arms``."""
    test = seen.audited()
    _check_arms(catalog, seen, order, test)
    active, control = order[Arm.ACTIVE], order[Arm.CONTROL]
    names = catalog.records.ontologies.current().names
    wanted, encoder = catalog.settings.learner, open_encoder(catalog).identity.key
    kind = classifiers(catalog, wanted.name, wanted.parameters, encoder)
    at = [
        sizes(len(active), len(control)),
        sizes(len(control), len(active)),
    ]
    said = []
    for place, rows in enumerate((active, control)):
        progress(place, 2, f"Training on {len(rows):,} labels at {len(at[place])} sizes")
        said.append(
            answers_by_size(
                kind.rows[rows],
                seen.codes[rows],
                at[place],
                kind.rows[test],
                kind.make,
                class_count=len(names),
                seed=seed,
            )
        )
    trial = Trial(
        truth=seen.codes[test],
        active_labels=at[0],
        active=said[0],
        control_labels=at[1],
        control=said[1],
    )
    parts = {"active": active, "control": control, "test": test}
    return side_by_side([trial], names, seed=seed), {
        name: _digest(seen, rows) for name, rows in parts.items()
    }


def _classes_again(
    catalog: Catalog,
    seen: Snapshot,
    settings: SimulationSettings,
    seeds: Sequence[int],
    progress: Progress,
) -> tuple[SideBySide, dict[str, str]]:
    """Single classes, from scratch; see ``value_repeating.repeated``."""
    known, missing = _known(catalog, seen)
    if missing:
        count = min(len(missing), len(seen.ids))
        raise _unknown(seen, count, next((it for it in missing if it), ""))
    data, digests = _all_known(catalog, seen, known)
    trials = repeated_trials(data, settings, seeds, progress)
    return side_by_side(trials, data.class_names, seed=_seed(catalog)), digests


def _values_again(
    catalog: Catalog,
    seen: Snapshot,
    settings: SimulationSettings,
    seeds: Sequence[int],
    progress: Progress,
) -> tuple[SideBySide, dict[str, str]]:
    """Sets, boxes, spans and numbers, from scratch; see ``value_repeating.repeated``."""
    known = value_repeating.all_labeled(catalog, seen)
    if known is None:
        raise _unknown(seen, int((~seen.labeled).sum()))
    return value_repeating.repeated(catalog, seen, known, settings, seeds, _seed(catalog), progress)


def _unknown(seen: Snapshot, count: int, split: str = "") -> InvalidInputError:
    return InvalidInputError(
        f"{count:,} of {len(seen.ids):,} assets have no known label. {split}".rstrip(),
        remedy="Compare the project's own arms: querist experiment --arms",
    )


def _seed(catalog: Catalog) -> int:
    return int(np.random.default_rng([catalog.settings.policy.seed, _STREAM]).integers(2**31))


def _in_order(catalog: Catalog, seen: Snapshot, arm: Arm) -> Positions:
    """The labelled assets of an arm as they were asked for; what nobody asked for comes first."""
    place = {
        row.asset_id: (row.round, row.rank) for row in catalog.records.rounds.selected(arm=arm)
    }
    rows = seen.training(arm).tolist()
    return np.array(sorted(rows, key=lambda i: (*place.get(seen.ids[i], (0, 0)), i)), np.int64)


def _check_arms(
    catalog: Catalog, seen: Snapshot, order: Mapping[Arm, Positions], test: Positions
) -> None:
    if not len(test):
        raise InvalidInputError(
            "There is no audit label to compare the arms on.",
            remedy=audit_remedy(catalog),
        )
    for arm, rows in order.items():
        if len(np.unique(seen.codes[rows])) < 2:
            raise InvalidInputError(
                f"The {arm.value} arm has {counted(len(rows), 'label')} of "
                f"{counted(len(np.unique(seen.codes[rows])), 'class', 'classes')}.",
                remedy="Label more rounds; control_share under [policy] says how many are random.",
                arm=arm.value,
            )


def _known(catalog: Catalog, seen: Snapshot) -> tuple[Positions, list[str]]:
    """The class of each asset (N,), by its label, else by the column of known labels.

    Returns:
        The classes, -1 where people passed over the asset or its class was retired; and of each
        asset that has none otherwise which split is to blame, "" for none.
    """
    codes, left = seen.codes.copy(), seen.passed.copy()
    split = [""] * len(codes)
    if catalog.settings.oracle_column is not None:
        told, labels = KnownLabels(catalog).codes()
        codes = np.where(codes < 0, told[: len(codes)], codes)
        left |= np.array([it.retired for it in labels], dtype=bool)[: len(codes)]
        split = [it.reason if it.split else "" for it in labels]
    if not len(codes):
        return codes, [""]
    return codes, [split[i] for i in np.flatnonzero((codes < 0) & ~left).tolist()]


def _all_known(
    catalog: Catalog, seen: Snapshot, known: Positions
) -> tuple[LabeledData, dict[str, str]]:
    """All assets with their classes as arrays, the audit set as the test rows if there is one."""
    learner = catalog.settings.learner.name
    if reads_assets(learner):
        raise InvalidInputError(
            f"The learner {learner!r} reads the assets; repeats see vectors alone.",
            remedy="Name a learner of vectors, or compare the arms with control_share above 0.",
        )
    rows = np.flatnonzero((known >= 0) & ~seen.retired)
    names = np.array(catalog.records.ontologies.current().names)
    vectors = catalog.embeddings.matrix(open_encoder(catalog).identity.key)
    audit = seen.audit[rows]
    data = labeled_data(
        vectors[rows],
        names[known[rows]],
        split=audit.astype(int) if audit.any() else None,
        name=catalog.settings.name,
    )
    told = replace(seen, codes=known)
    parts = {"pool": rows[~audit], "test": rows[audit]} if audit.any() else {"pool": rows}
    return data, {name: _digest(told, part) for name, part in parts.items()}


def _digest(seen: Snapshot, rows: Positions) -> str:
    return training.labels_digest([seen.ids[i] for i in rows.tolist()], seen.codes[rows])


def _arm_text(name: str, parameters: Any) -> str:
    """The arm as ``querist simulate`` writes it, such as ``power-margin:beta=2``."""
    told = ",".join(f"{key}={json.dumps(value)}" for key, value in parameters.items())
    return f"{name}:{told}" if told else name
