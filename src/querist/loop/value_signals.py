"""What a model of sets, numbers, boxes or spans tells a strategy about the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, PolicySettings
from querist.errors import InvalidInputError
from querist.learners import OF_A_CLASSIFIER, OF_A_MODEL
from querist.loop import training, value_predicting, value_training
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import (
    Arm,
    ClassesValue,
    NumberValue,
    Ontology,
    RoundPlan,
    TaskKind,
    Value,
)
from querist.strategies import UNLABELED, Signal, Strategy, create
from querist.strategies.auto import Auto
from querist.strategies.lcmd import LargestClusterMaximumDistance

Floats = NDArray[np.floating[Any]]
# What each task's model can tell, beside the doubt that all of them tell.
_OF_SETS = frozenset({Signal.MULTILABEL_PROBABILITIES})
_OF_NUMBERS = frozenset({Signal.PREDICTIONS, Signal.COMMITTEE_PREDICTIONS})
OF_A_VALUE_MODEL = _OF_SETS | _OF_NUMBERS | {Signal.UNCERTAINTY}
_TOLD = {
    TaskKind.CLASSIFICATION: OF_A_CLASSIFIER,
    TaskKind.MULTI_LABEL: _OF_SETS | {Signal.UNCERTAINTY},
    TaskKind.REGRESSION: _OF_NUMBERS | {Signal.UNCERTAINTY},
}


def check_strategy(catalog: Catalog, strategy: Strategy) -> None:
    """Refuse a strategy that goes by what no model of the project's task can tell.

    Raises:
        InvalidInputError: it is made for labels of another kind.
    """
    task = catalog.settings.task
    told = _TOLD.get(task, frozenset({Signal.UNCERTAINTY}))
    if not training.trains(catalog):
        told = frozenset()
    missing = sorted(it.value for it in strategy.needs - told - {Signal.EMBEDDINGS})
    if missing:
        raise InvalidInputError(
            f"The strategy {strategy.name!r} goes by {', '.join(missing)}, which no model of the "
            f"task {task.value!r} tells.",
            remedy="Choose 'auto', or a strategy for labels of this kind.",
            strategy=strategy.name,
        )


def without_model(catalog: Catalog, policy: PolicySettings) -> PolicySettings:
    """The policy of a round without a model: one that goes by a model gives way to the default."""
    if create(policy.strategy, **policy.parameters).needs & (OF_A_MODEL | OF_A_VALUE_MODEL):
        default = PolicySettings()
        policy = replace(policy, strategy=default.strategy, parameters=default.parameters)
    return started(catalog, policy)


def started(catalog: Catalog, policy: PolicySettings) -> PolicySettings:
    """The policy of a round without a model, where ``auto`` starts otherwise than by coverage.

    It cannot tell what labels are, as long as there is no model. Where they are numbers ``lcmd``
    starts better, on diabetes and Friedman's first set. The plan names the strategy, so that
    rounds of earlier versions replay.
    """
    if policy.strategy != Auto.name or not training.trains(catalog):
        return policy
    if catalog.settings.task is TaskKind.REGRESSION:
        return replace(policy, strategy=LargestClusterMaximumDistance.name, parameters={})
    return policy


def pool_signals(
    catalog: Catalog, seen: Snapshot, fixed: RoundPlan, labeled: Positions
) -> dict[str, Any]:
    """Arguments of ``check_pool`` beside the vectors, once there is a model; none before.

    Without a model a round sees what it always saw, so that those of before replay.

    Args:
        catalog: The catalog.
        seen: What the round may know.
        fixed: Its plan.
        labeled: Positions that count as labelled (L,), ascending.
    """
    if fixed.model_id is None:
        return {}
    n = len(seen.ids)
    table = value_predicting.signals(catalog, fixed.model_id, at_least=n)
    ontology = catalog.records.ontologies.reading(fixed.ontology_version).ontology
    learned = np.intersect1d(labeled, seen.training(Arm.ACTIVE))
    rows, values = value_training.labels_of(
        catalog, seen, learned, ontology_version=fixed.ontology_version
    )
    chances = None if table.probabilities is None else table.probabilities[:n]
    if chances is not None:
        # Classes that joined after its training have columns too: nothing has them so far.
        new = len(ontology.names) - len(table.classes)
        chances = np.pad(chances, ((0, 0), (0, new)))
    return told(
        ontology,
        uncertainty=table.uncertainty[:n],
        probabilities=chances,
        numbers=None if table.numbers is None else table.numbers[:n],
        members=None if table.members is None else table.members[:, :n],
        labeled=len(labeled),
        places=np.searchsorted(labeled, rows),
        values=values,
    )


def told(
    ontology: Ontology,
    *,
    uncertainty: Floats,
    probabilities: Floats | None,
    numbers: Floats | None,
    members: Floats | None,
    labeled: int,
    places: Positions,
    values: Sequence[Value],
) -> dict[str, Any]:
    """What a model says of n assets, and the labels that are known, as ``check_pool`` takes them.

    Args:
        ontology: The task and its classes.
        uncertainty: How unsure the model is of each asset (n,).
        probabilities: Of sets the chance of each class (n, C).
        numbers: Of numbers what it predicts (n,).
        members: Of numbers what each of K models predicts (K, n).
        labeled: How many assets count as labelled, L.
        places: Places among these (m,) whose label is known.
        values: Their labels (m,).
    """
    found: dict[str, Any] = {"uncertainty": uncertainty}
    if ontology.task is TaskKind.MULTI_LABEL and probabilities is not None:
        found["multilabel_probabilities"] = probabilities
        sets = np.full((labeled, len(ontology.names)), UNLABELED, dtype=np.int8)
        for place, value in zip(places.tolist(), values, strict=True):
            if isinstance(value, ClassesValue):
                sets[place] = 0
                sets[place, [ontology.index(name) for name in value.names]] = 1
        found["labels"] = sets
    if ontology.task is TaskKind.REGRESSION:
        if numbers is not None:
            found["predictions"] = numbers
        if members is not None:
            found["committee_predictions"] = members
        targets = np.full(labeled, np.nan)
        targets[places] = [value.number for value in values if isinstance(value, NumberValue)]
        found["targets"] = targets
    return found
