"""Keeps learning curves comparable: old models are measured again by the classes of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from weakref import WeakKeyDictionary

import numpy as np

from querist.catalog import Catalog
from querist.loop.evaluating import evaluate
from querist.schema import Evaluation, ModelVersion, OntologyReading, Round

_Key = tuple[str, int, int]
_MEASURED: WeakKeyDictionary[Catalog, dict[_Key, Evaluation | None]] = WeakKeyDictionary()


def comparable(catalog: Catalog, rounds: Sequence[Round]) -> list[Round]:
    """The rounds with evaluations that all speak of the classes of now.

    A model whose classes were merged, split or retired since is measured again on the audit set
    as it is read now, once a round: probabilities of merged classes add up, those of a split one
    are shared out. A class that was renamed keeps its figures under its new name. What was
    measured at the time stays in the records; a model that can no longer be measured, because
    its audit labels wait for answers, has no point on the curve.
    """
    reading = catalog.records.ontologies.reading()
    if reading.plain:
        return list(rounds)
    kept = _MEASURED.setdefault(catalog, {})
    newest = rounds[-1].number if rounds else 0

    def measured(evaluation: Evaluation) -> Evaluation | None:
        model = catalog.records.models.get(evaluation.model_id)
        if _same_classes(reading, model):
            return _renamed(reading, model, evaluation)
        key = (model.id, reading.ontology.version, newest)
        if key not in kept:
            kept[key] = evaluate(catalog, model)
        return kept[key]

    found = []
    for round_ in rounds:
        now = (measured(evaluation) for evaluation in round_.evaluations)
        found.append(replace(round_, evaluations=tuple(e for e in now if e is not None)))
    return found


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


def _renamed(reading: OntologyReading, model: ModelVersion, evaluation: Evaluation) -> Evaluation:
    made_under = reading.made_under(model)
    per_class = {
        reading.name(name, made_under) or name: estimate
        for name, estimate in evaluation.per_class.items()
    }
    return replace(evaluation, per_class=per_class)
