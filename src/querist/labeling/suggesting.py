"""What the newest model suggests for the assets of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.labeling.prelabels import is_withheld
from querist.schema import Arm, Question, Task, TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A class that a model suggests, and its probability, 0 to 1.

    It is not ``shown`` for the share of the tasks that measures how far suggestions sway people.
    """

    model_id: str
    name: str
    confidence: float
    shown: bool = True


def suggest(catalog: Catalog, tasks: Sequence[Task]) -> dict[int, Suggestion]:
    """Suggestions by the ids of tasks.

    There is none before the first model, for assets it has not seen, for the audit set, where
    a suggestion would flatter the model it measures, and for second opinions, since the model has
    learned the first.
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
    told = [it for it in tasks if Arm.AUDIT not in it.arms and it.kind is not Question.SECOND]
    plans = {number: catalog.records.rounds.plan(number) for number in {it.round for it in told}}
    positions = catalog.assets.positions([task.asset_id for task in told])
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    found = {}
    for task, position in zip(told, positions.tolist(), strict=True):
        if position >= len(summary.top):
            continue
        name = reading.name(summary.classes[int(summary.top[position])], made_under)
        if name is not None:
            sure = float(summary.confidence[position])
            shown = not is_withheld(plans[task.round], task)
            found[task.id] = Suggestion(model_id=model.id, name=name, confidence=sure, shown=shown)
    return found
