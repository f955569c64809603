"""What the newest model suggests for the assets of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.catalog.value_predictions import ValueTable
from querist.errors import NotFoundError
from querist.labeling.prelabels import is_withheld
from querist.schema import (
    Arm,
    ClassesValue,
    ClassValue,
    ModelVersion,
    Question,
    Task,
    TaskKind,
    Value,
)

# What a model says of the asset of a task, and how sure it is of the whole, if that can be said.
_Said = dict[int, tuple[Value, float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A label that a model suggests.

    It is not ``shown`` for the share of the tasks that measures how far suggestions sway people.

    Attributes:
        model_id: The model.
        value: The label; each box and span of it says how sure the model is of that one.
        confidence: Of a class its probability, of a set the share of its classes that is expected
            to be right, 0 to 1; ``None`` of numbers, boxes and spans.
        shown: Whether people see it.
    """

    model_id: str
    value: Value
    confidence: float | None
    shown: bool = True


def suggest(catalog: Catalog, tasks: Sequence[Task]) -> dict[int, Suggestion]:
    """Suggestions by the ids of tasks.

    There is none before the first model, for assets it has not seen, for the audit set, where
    a suggestion would flatter the model it measures, and for second opinions, since the model has
    learned the first.
    """
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        return {}
    told = [it for it in tasks if Arm.AUDIT not in it.arms and it.kind is not Question.SECOND]
    classifies = catalog.settings.task is TaskKind.CLASSIFICATION
    try:
        said = (_classes if classifies else _values)(catalog, model, told)
    except NotFoundError:
        return {}
    plans = {number: catalog.records.rounds.plan(number) for number in {it.round for it in told}}
    return {
        task.id: Suggestion(
            model_id=model.id,
            value=said[task.id][0],
            confidence=said[task.id][1],
            shown=not is_withheld(plans[task.round], task),
        )
        for task in told
        if task.id in said
    }


def _classes(catalog: Catalog, model: ModelVersion, tasks: Sequence[Task]) -> _Said:
    summary = catalog.predictions.summary(model.id)
    positions = catalog.assets.positions([task.asset_id for task in tasks])
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    found: _Said = {}
    for task, position in zip(tasks, positions.tolist(), strict=True):
        if position >= len(summary.top):
            continue
        name = reading.name(summary.classes[int(summary.top[position])], made_under)
        if name is not None:
            found[task.id] = ClassValue(name=name), float(summary.confidence[position])
    return found


def _values(catalog: Catalog, model: ModelVersion, tasks: Sequence[Task]) -> _Said:
    positions = catalog.assets.positions([task.asset_id for task in tasks]).tolist()
    said = catalog.value_predictions.values(model.id, positions)
    table = catalog.value_predictions.table(model.id)
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    found: _Said = {}
    for task, position, guess in zip(tasks, positions, said, strict=True):
        value = guess and reading.value(guess, made_under)
        if value is not None:
            found[task.id] = value, _share_right(guess, table, position)
    return found


def _share_right(guess: Value | None, table: ValueTable, position: int) -> float | None:
    """Of a set the share of classes that are expected to be rightly in it, or rightly not."""
    if table.probabilities is None or not isinstance(guess, ClassesValue):
        return None
    chances = np.asarray(table.probabilities[position], dtype=np.float64)
    said = np.isin(table.classes, guess.names)
    return float(np.where(said, chances, 1 - chances).mean())
