"""The one measure by which models of a task are compared."""

from __future__ import annotations

from collections.abc import Mapping

from querist.schema import Estimate, TaskKind
from querist.schema.measure import Measure

# Each is at most 1 where all is right, higher is better, and has an interval: a learning curve,
# a saving and a target read the same for all of them.
_OF_TASK = {
    TaskKind.CLASSIFICATION: "accuracy",
    TaskKind.MULTI_LABEL: "micro_f1",
    TaskKind.REGRESSION: "r2",
    TaskKind.BOXES: "map50",
    TaskKind.POLYGONS: "map50",
    TaskKind.SPANS: "f1",
}


def headline_of(task: TaskKind) -> str:
    """The name of the measure in ``Evaluation.measures``; of polygons the name it will have."""
    return _OF_TASK[task]


def measure_of_assets(task: TaskKind) -> str:
    """What is told of each asset by slice: ``accuracy``, ``f1``, or ``closeness`` of numbers."""
    if task is TaskKind.CLASSIFICATION:
        return "accuracy"
    return "closeness" if task is TaskKind.REGRESSION else "f1"


def estimate(measures: Mapping[str, Measure], headline: str) -> Estimate | None:
    """The headline as an estimate; ``None`` where it is not defined on the labels so far."""
    found = measures.get(headline)
    if found is None:
        return None
    return Estimate(value=found.value, low=found.low, high=found.high, count=found.count)
