"""Keeps learning curves comparable: by the classes of now, and on one truth of the audit set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from querist.catalog import Catalog
from querist.errors import (
    InvalidInputError,
    MissingDependencyError,
    NotFoundError,
    StorageError,
    UnavailableError,
)
from querist.loop import snapshot
from querist.loop.evaluating import evaluate
from querist.loop.snapshot import Snapshot
from querist.schema import Evaluation, ModelVersion, OntologyReading, Round

# What a model that is gone, or lives elsewhere, may end in.
GONE = (
    InvalidInputError,
    MissingDependencyError,
    NotFoundError,
    StorageError,
    UnavailableError,
)
_Key = tuple[str, int, int]
_MEASURED: WeakKeyDictionary[Catalog, dict[_Key, Evaluation | None]] = WeakKeyDictionary()


def comparable(catalog: Catalog, rounds: Sequence[Round]) -> list[Round]:
    """The rounds with evaluations that all speak of the classes of now.

    A model whose classes were merged, split or retired since is measured again on the audit set
    as it is read now, once a round: probabilities of merged classes add up, those of a split one
    are shared out. A class that was renamed keeps its figures under its new name. What was
    measured at the time stays in the records; a model that can no longer be measured, because it
    is gone or its audit labels wait for answers, has no point on the curve. Nor has one that was
    measured on another audit set than the newest, before assets joined, and could not be measured
    again.
    """
    reading = catalog.records.ontologies.reading()
    last = next((at for at in reversed(range(len(rounds))) if rounds[at].evaluations), None)
    if last is None:
        return list(rounds)
    # Until assets join, its labelled part is a random sample at any time: its size is no matter.
    truth = rounds[last].evaluations[0] if _joined(rounds[: last + 1]) else None
    if reading.plain and truth is None:
        return list(rounds)
    kept, newest = _MEASURED.setdefault(catalog, {}), rounds[last].number

    def measured(evaluation: Evaluation) -> Evaluation | None:
        model = None if reading.plain else catalog.records.models.get(evaluation.model_id)
        if model is not None and not _same_classes(reading, model):
            key = (model.id, reading.ontology.version, newest)
            if key not in kept:
                kept[key] = _measured_now(catalog, model)
            return kept[key]
        if truth is not None and not _on_one_set(evaluation, truth):
            return None
        return evaluation if model is None else _renamed(catalog, model, evaluation)

    found = []
    for round_ in rounds:
        now = (measured(evaluation) for evaluation in round_.evaluations)
        found.append(replace(round_, evaluations=tuple(e for e in now if e is not None)))
    return found


def measured_again(catalog: Catalog, rounds: Sequence[Round], newest: Round) -> list[Round]:
    """Those of the rounds before the newest that were measured on other audit labels.

    Some were corrected since, assets that were added joined, or disputes were settled: no random
    ones. So are those that an earlier version measured, which kept no digest of the labels. A
    model that is gone, or lives elsewhere and does not answer, keeps the figures that it had; so
    does one whose classes changed their meaning, as ``comparable`` measures it at each look.
    """
    if not newest.evaluations:
        return []
    digest, kept = newest.evaluations[0].audit_digest, dict[str, Evaluation]()
    if all(e.audit_digest == digest for it in rounds for e in it.evaluations):
        return []
    reading, seen = catalog.records.ontologies.reading(), snapshot.take(catalog)

    def measured(evaluation: Evaluation) -> Evaluation:
        if evaluation.audit_digest == digest:
            return evaluation
        model = catalog.records.models.get(evaluation.model_id)
        if not _same_classes(reading, model):
            return evaluation
        if model.id not in kept:
            found = _measured_now(catalog, model, seen)
            # In the words of its own classes, as all that is stored of it.
            kept[model.id] = _renamed(catalog, model, found, back=True) if found else evaluation
        return kept[model.id]

    again = [replace(it, evaluations=tuple(map(measured, it.evaluations))) for it in rounds]
    return [after for after, before in zip(again, rounds, strict=True) if after != before]


def _measured_now(
    catalog: Catalog, model: ModelVersion, seen: Snapshot | None = None
) -> Evaluation | None:
    try:
        return evaluate(catalog, model, seen)
    except GONE:
        return None


def _on_one_set(one: Evaluation, other: Evaluation) -> bool:
    """Whether both were measured on the same audit labels, as far as that is known."""
    if one.audit_digest and other.audit_digest:
        return one.audit_digest == other.audit_digest
    return one.accuracy.count == other.accuracy.count


def _joined(rounds: Sequence[Round]) -> bool:
    """Whether assets that were added after the first draw have joined the audit set."""
    return any(it.plan is not None and it.plan.audit_size > 0 for it in rounds[1:])


def speaks_of_now(catalog: Catalog, round_: Round) -> bool:
    """Whether the round's model knows the classes of now: others at most joined or were renamed."""
    reading = catalog.records.ontologies.reading()
    if reading.plain or round_.model_id is None:
        return True
    return _same_classes(reading, catalog.records.models.get(round_.model_id))


def _same_classes(reading: OntologyReading, model: ModelVersion) -> bool:
    """Whether each class is one class of now, and no two are the same."""
    weights = reading.weights(model.classes, reading.made_under(model))
    if weights is None:
        return True
    return bool(
        np.isin(weights, (0, 1)).all()
        and (weights.sum(axis=1) == 1).all()
        and (weights.sum(axis=0) <= 1).all()
    )


def _renamed(
    catalog: Catalog, model: ModelVersion, evaluation: Evaluation, *, back: bool = False
) -> Evaluation:
    """The evaluation by the names of now instead of the model's, or ``back`` by the model's."""
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    now = {name: reading.name(name, made_under) or name for name in model.classes}
    names = {new: old for old, new in now.items()} if back else now
    per_class = {names.get(name, name): it for name, it in evaluation.per_class.items()}
    return replace(evaluation, per_class=per_class)
