"""Weak classes: which a model of sets, boxes or spans finds, or says rightly, less than others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.shares import share_of_effective, trials_of_counts

# In fewer assets a class's own figure is no more than an anecdote.
FEWEST = 10
LEVEL = 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakClass:
    """A class that a model surely does worse than the others together.

    Attributes:
        code: The class.
        measure: ``recall`` (found of what is there) or ``precision`` (there of what is said).
        value: Its share, 0 to 1; higher is better.
        low: 95 % interval.
        high: Likewise.
        rest: The same share of all other classes together.
        count: How many there are, or are said.
        assets: In how many assets.
    """

    code: int
    measure: str
    value: float
    low: float
    high: float
    rest: float
    count: int
    assets: int


def weak_classes(hits: ArrayLike, classes: Sequence[str]) -> list[WeakClass]:
    """Classes whose recall or precision is surely lower than that of the rest, the weakest first.

    Objects of one asset hang together, so assets are what is sampled: a share is as sure as one of
    so many even draws as leave the variance of whole assets (Korn and Graubard, 1998, "Confidence
    intervals for proportions with small expected number of positive counts estimated from survey
    data"), and its interval is Wilson's (1927). A class is weak if the rest is better in the score
    test and Wald's of two shares, at 5 % over all classes and both measures (Holm, 1979).

    Args:
        hits: What is right, what is there and what is said of each asset and class (n, 3 C).
        classes: Their names (C,).

    Raises:
        InvalidInputError: the table has not three columns a class.
    """
    table = np.asarray(hits, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != 3 * len(classes):
        raise InvalidInputError(
            f"The table has the shape {table.shape} for {len(classes)} classes.",
            remedy="Give three columns a class: right, there, said.",
        )
    right, there, said = np.split(table, 3, axis=1)
    found: list[tuple[float, WeakClass]] = []
    for measure, whole in (("recall", there), ("precision", said)):
        for code in range(len(classes)):
            one = _compared(right, whole, code, measure)
            if one is not None:
                found.append(one)
    found.sort(key=lambda it: it[0])
    kept = []
    for at, (chance, weak) in enumerate(found):
        if chance * (len(found) - at) > LEVEL:
            break
        kept.append(weak)
    return sorted(kept, key=lambda it: it.value - it.rest)


def _compared(
    right: Floats, whole: Floats, code: int, measure: str
) -> tuple[float, WeakClass] | None:
    """The chance of such a gap without a difference, one-sided; ``None`` where little is known."""
    mine, others = whole[:, code], whole.sum(axis=1) - whole[:, code]
    assets = int((mine > 0).sum())
    if assets < FEWEST or int((others > 0).sum()) < FEWEST:
        return None
    hits, other_hits = right[:, code], right.sum(axis=1) - right[:, code]
    value, rest = float(hits.sum() / mine.sum()), float(other_hits.sum() / others.sum())
    trials, other_trials = trials_of_counts(hits, mine), trials_of_counts(other_hits, others)
    even = (trials * value + other_trials * rest) / (trials + other_trials)
    # Without a difference, as in the score test, or with this one, as in Wald's: the former is too
    # small where shares are high, the latter where they are low.
    equal = even * (1 - even) * (1 / trials + 1 / other_trials)
    apart = value * (1 - value) / trials + rest * (1 - rest) / other_trials
    gap = float(np.sqrt(max(equal, apart)))
    own = share_of_effective(value, trials, assets)
    weak = WeakClass(
        code=code,
        measure=measure,
        value=value,
        low=own.low,
        high=own.high,
        rest=rest,
        count=int(mine.sum()),
        assets=assets,
    )
    return 1 - NormalDist().cdf((rest - value) / gap if gap > 0 else 0.0), weak
