"""The balanced incremental quantile filter: the best share of a sliding window of scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from querist.strategies.base import Signal
from querist.strategies.parameters import positive
from querist.strategies.streams.base import Arrival, Verdict, register
from querist.strategies.streams.memory import Remembers
from querist.strategies.streams.thresholds import PROBABILITIES, predicted


@register
@dataclass(slots=True, kw_only=True)
class QuantileFilter(Remembers):
    """Asks where the score is above the (1 - share) quantile of the recent ones, balanced.

    The quantile is lowered by range · left / tolerance, where ``left`` is how many questions the
    share still owes, so that a stream of falling scores is asked too. What the budget refused
    counts as asked here: a tight cap must not lower the threshold until everything passes. A score
    equal to the threshold is asked only while questions are owed: with scores that are all alike,
    "at least" would ask everything and "above" nothing.

    Attributes:
        window: Scores that count as recent.
        tolerance: Arrivals within which the number of questions is brought back to the share.
    """

    name: ClassVar[str] = "biqf"
    summary: ClassVar[str] = "Margins among the best share of a sliding window."
    paper: ClassVar[str] = "Kottke et al. (2015), Probabilistic active learning in datastreams."
    needs: ClassVar[frozenset[Signal]] = PROBABILITIES
    window: int = 100
    tolerance: int = 50
    scores: list[float] = field(default_factory=list, init=False)
    seen: int = field(default=0, init=False)
    wanted: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        positive("window", self.window)
        positive("tolerance", self.tolerance)

    def judge(
        self,
        arrival: Arrival,
        *,
        allowed: bool,  # noqa: ARG002 - the filter chooses alike whatever the budget
        share: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is left to chance
    ) -> Verdict:
        """Compare with the balanced quantile of the window, this score included."""
        second, best = np.partition(predicted(arrival), -2)[-2:].tolist()
        score = 1 - best + second
        self.scores.append(score)
        del self.scores[: -self.window]
        self.seen += 1
        left = share * self.seen - self.wanted
        recent = sorted(self.scores)
        limit = _quantile(recent, 1 - share) - (recent[-1] - recent[0]) * left / self.tolerance
        wants = score > limit or (score == limit and left > 0)
        self.wanted += wants
        word = "above" if wants else "not above"
        return Verdict(
            wants=wants,
            score=score,
            threshold=limit,
            reason=f"The margin score {score:.2f} is {word} the recent threshold {limit:.2f}.",
        )

    def reset(self) -> None:
        """Forget the scores of the old model; what the share owes stays."""
        self.scores = []


def _quantile(ordered: list[float], share: float) -> float:
    """The quantile with straight lines between the numbers; numpy's is slow on so few."""
    place = share * (len(ordered) - 1)
    low = int(place)
    if low + 1 == len(ordered):
        return ordered[low]
    return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
