"""A measured quality: its value, its interval, what it rests on, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_CALLED = {
    "accuracy": "Accuracy",
    "micro_f1": "Micro F1",
    "r2": "R²",
    "map50": "mAP50",
    "f1": "F1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One metric with its doubt.

    Attributes:
        value: The metric, in its own unit; NaN where it is not defined.
        low: Lower end of its 95 % interval.
        high: Upper end.
        count: Assets it rests on.
        better: Whether a higher or a lower value is better.
    """

    value: float
    low: float
    high: float
    count: int
    better: Literal["higher", "lower"] = "higher"


def called(measure: str) -> str:
    """What people call a measure that models are compared by."""
    return _CALLED.get(measure, measure)
