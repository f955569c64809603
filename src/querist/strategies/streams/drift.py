"""Finds the moment since which a model is wrong more often: a change-point test on its mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from querist.errors import InvalidInputError
from querist.strategies.parameters import positive
from querist.strategies.streams.base import Vector
from querist.strategies.streams.memory import Remembers


@dataclass(slots=True, kw_only=True)
class ChangeDetector(Remembers):
    """A window of outcomes that is cut where two rates of mistakes explain it far better than one.

    The generalized likelihood ratio test for a change in a Bernoulli rate; Besson et al. (2022),
    "Efficient change-point detection for tackling piecewise-stationary bandits". Every cut of the
    window is tried, so it needs neither a rate to compare with nor a size of the change, and it is
    much quicker with few labels than bounds that hold for any bounded number. Only a rise is an
    alarm: when the model gets better, the older part is forgotten without a word. Time and memory
    O(window) an outcome.

    Attributes:
        delta: About the chance that a stream without drift ever gives an alarm, 0 to 1.
        window: The most outcomes it remembers.
    """

    delta: float = 0.05
    window: int = 1_000
    outcomes: list[float] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        positive("window", self.window)
        if not 0 < self.delta < 1:
            raise InvalidInputError(
                f"delta is {self.delta!r}.", remedy="Give a number between 0 and 1."
            )

    def add(self, mistake: bool) -> bool:
        """Take one outcome; whether mistakes have become more frequent since some moment."""
        self.outcomes.append(float(mistake))
        del self.outcomes[: -self.window]
        values = np.asarray(self.outcomes)
        cut, evidence = best_cut(values)
        if evidence <= np.log(len(values) ** 1.5 / self.delta):
            return False
        # What came before the cut belongs to another time, whichever way it changed.
        self.outcomes = self.outcomes[cut:]
        return bool(values[cut:].mean() > values[:cut].mean())


def best_cut(values: Vector) -> tuple[int, float]:
    """The cut of 0/1 outcomes (n,) into two parts with rates of their own that explains them best.

    Returns:
        Its position, 1 to n - 1, and by how many nats it is more likely than a single rate:
        s · kl(first, whole) + (n - s) · kl(second, whole). Zeros if all outcomes are alike.
    """
    count = len(values)
    if not 0 < values.sum() < count:
        return 0, 0.0
    before = np.arange(1, count)
    sums = np.cumsum(values)
    whole = sums[-1] / count
    first = sums[:-1] / before
    second = (sums[-1] - sums[:-1]) / (count - before)
    gain = before * _kl(first, whole) + (count - before) * _kl(second, whole)
    best = int(gain.argmax())
    return int(before[best]), float(gain[best])


def _kl(rate: Vector, whole: float) -> Vector:
    """Kullback-Leibler divergence between Bernoulli rates, in nats; 0 log 0 counts as 0."""
    return _term(rate, whole) + _term(1 - rate, 1 - whole)


def _term(rate: Vector, whole: float) -> Vector:
    found: Vector = rate * np.log(np.where(rate > 0, rate / whole, 1.0))
    return found
