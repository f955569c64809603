"""What the newest model suggests for the assets of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.schema import Arm, Task, TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A class that a model suggests, its probability, 0 to 1, and whether it may be shown."""

    model_id: str
    name: str
    confidence: float
    shown: bool = True


def suggest(catalog: Catalog, tasks: Sequence[Task]) -> dict[int, Suggestion]:
    """Suggestions by the ids of tasks.

    There is none before the first model, for assets it has not seen, and for the audit set, where
    a suggestion would flatter the model it measures.
    """
    if catalog.settings.task is not TaskKind.CLASSIFICATION:
        return {}
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        return {}
    try:
        summary = catalog.predictions.summary(model.id)
    except NotFoundError:
        return {}
    blind = [task for task in tasks if Arm.AUDIT not in task.arms]
    positions = catalog.assets.positions([task.asset_id for task in blind])
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    names = [reading.name(name, made_under) for name in summary.classes]
    found = {}
    for task, position in zip(blind, positions.tolist(), strict=True):
        name = names[int(summary.top[position])] if position < len(summary.top) else None
        if name is not None:
            sure = float(summary.confidence[position])
            found[task.id] = Suggestion(model_id=model.id, name=name, confidence=sure)
    return found
