"""One slice under one model: how right it is, against the rest, and what that says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.chances import loss_chance, powers
from querist.metrics import difference_of_intervals, mean_of_shares, wilson
from querist.schema import Estimate

Verdict = Literal["worse", "better", "no sure difference", "too few"]
# With fewer audit labels on a side nothing is compared.
FEWEST = 10
LEVEL = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePoint:
    """A slice under the model of one round, on the audit labels of now.

    Attributes:
        round: The round.
        accuracy: How right the model is of the slice, with its interval and audit labels; ``None``
            without any.
        rest: Of all other audit labels; ``None`` without any.
        difference: The slice less the rest, with its interval; ``None`` where one is missing.
        p_value: Chance of a difference as great if there were none, two-sided, adjusted for all
            slices of the round that are as ``searched`` as it; ``None`` where too few are compared.
        verdict: What that says at 5 %: ``worse``, ``better``, ``no sure difference``, ``too few``.
        searched: Whether the slice was found by looking at this very model's errors, or at those
            of one before: then it had to look bad, and is no evidence.
    """

    round: int
    accuracy: Estimate | None
    rest: Estimate | None
    difference: Estimate | None
    p_value: float | None
    verdict: Verdict
    searched: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """How right a model is of each audit asset, 0 to 1, in the slice and outside of it.

    Attributes:
        inside: Of those in the slice (k,).
        rest: Of the others (m,).
    """

    inside: Floats
    rest: Floats

    @property
    def enough(self) -> bool:
        """Whether the two can be compared."""
        return min(len(self.inside), len(self.rest)) >= FEWEST

    @property
    def p_value(self) -> float:
        """Two-sided: twice the smaller of the two tails of ``loss_chance``."""
        tails = (
            float(loss_chance(powers(inside), powers(rest)))
            for inside, rest in ((1 - self.inside, 1 - self.rest), (self.inside, self.rest))
        )
        return min(1.0, 2 * min(tails))

    def point(self, number: int, p_value: float | None, searched: bool) -> SlicePoint:
        """What they say of the round ``number``, with the adjusted chance."""
        inside, rest = _mean(self.inside), _mean(self.rest)
        difference = None
        if inside is not None and rest is not None:
            low, high = difference_of_intervals(
                (inside.value, inside.low, inside.high), (rest.value, rest.low, rest.high)
            )
            difference = Estimate(
                value=inside.value - rest.value, low=low, high=high, count=inside.count
            )
        verdict: Verdict = "too few" if p_value is None else "no sure difference"
        if p_value is not None and p_value <= LEVEL and difference is not None:
            verdict = "worse" if difference.value < 0 else "better"
        return SlicePoint(
            round=number,
            accuracy=inside,
            rest=rest,
            difference=difference,
            p_value=p_value,
            verdict=verdict,
            searched=searched,
        )


def _mean(quality: Floats) -> Estimate | None:
    """Wilson's interval where each is just right or wrong."""
    count = len(quality)
    if not count:
        return None
    if np.isin(quality, (0.0, 1.0)).all():
        hits = int(quality.sum())
        low, high = wilson(hits, count)
        return Estimate(value=hits / count, low=low, high=high, count=count)
    mean = mean_of_shares(quality)
    return Estimate(value=mean.value, low=mean.low, high=mean.high, count=count)
