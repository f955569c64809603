"""A measured quality: its value, its interval, what it rests on, and which direction is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
