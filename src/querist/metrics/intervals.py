"""Confidence intervals: for a share, a mean, any statistic, and for a paired difference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import finite, same_length, share
from querist.metrics.resampling import student_levels

Statistic = Callable[[NDArray[np.float64]], float]


def wilson(successes: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a share, good even for few rows and shares near 0 or 1.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    Without rows it is (0, 1): nothing is known.

    Returns:
        Low and high end, 0 to 1.

    Raises:
        InvalidInputError: successes are negative or more than ``count``.
    """
    _check_counts(successes, count)
    z = float(scipy.special.ndtri(0.5 + share("The confidence", confidence) / 2))
    if count == 0:
        return 0.0, 1.0
    p = successes / count
    middle = p + z * z / (2 * count)
    half = z * float(np.sqrt(p * (1 - p) / count + z * z / (4 * count * count)))
    scale = 1 + z * z / count
    # The ends are exact at 0 and 1, where the arithmetic leaves a rounding error.
    low = 0.0 if successes == 0 else (middle - half) / scale
    high = 1.0 if successes == count else (middle + half) / scale
    return float(low), float(high)


def clopper_pearson(successes: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a share: covers at least ``confidence`` for every true share.

    Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case
    of the binomial". Wider than ``wilson``; use it where a promise is made.
    """
    _check_counts(successes, count)
    tail = (1 - share("The confidence", confidence)) / 2
    quantile = scipy.special.betaincinv
    low = 0.0 if successes == 0 else quantile(successes, count - successes + 1, tail)
    high = 1.0 if successes == count else quantile(successes + 1, count - successes, 1 - tail)
    return float(low), float(high)


def difference_of_shares(
    first: tuple[int, int], second: tuple[int, int], confidence: float = 0.95
) -> tuple[float, float]:
    """Interval of the first share minus the second, each given as successes and count.

    Newcombe (1998), "Interval estimation for the difference between independent proportions",
    method 10: the Wilson intervals of both, put together. Without rows on a side it is as wide as
    the other one allows.
    """
    p, q = (hits / count if count else 0.5 for hits, count in (first, second))
    ends = [wilson(*it, confidence) for it in (first, second)]
    return difference_of_intervals((p, *ends[0]), (q, *ends[1]))


def difference_of_intervals(
    first: tuple[float, float, float], second: tuple[float, float, float]
) -> tuple[float, float]:
    """Interval of the first share minus the second, each given as value, low and high end.

    The intervals of both put together, from -1 to 1: Zou and Donner (2008), "Construction of
    confidence limits about effect measures: a general approach". Both are of other rows.
    """
    (p, low_p, high_p), (q, low_q, high_q) = first, second
    low = p - q - float(np.hypot(p - low_p, high_q - q))
    high = p - q + float(np.hypot(high_p - p, q - low_q))
    return max(low, -1.0), min(high, 1.0)


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean of values (n,), right for two values too.

    Student (1908), "The probable error of a mean". A bootstrap of fewer than eight values is too
    narrow for it.

    Returns:
        Low and high end in the values' own unit.

    Raises:
        InvalidInputError: fewer than two values.
    """
    array = finite("The values", values)
    if len(array) < 2:
        raise InvalidInputError(
            f"{len(array)} values tell no spread.", remedy="Give two values or more."
        )
    tail = (1 - share("The confidence", confidence)) / 2
    wide = -float(scipy.special.stdtrit(len(array) - 1, tail))
    middle, error = float(array.mean()), float(array.std(ddof=1)) / float(np.sqrt(len(array)))
    return middle - wide * error, middle + wide * error


def bootstrap_interval(
    values: ArrayLike,
    statistic: Statistic,
    rng: np.random.Generator,
    *,
    confidence: float = 0.95,
    repeats: int = 2_000,
) -> tuple[float, float]:
    """Percentile bootstrap of ``statistic`` over the values (n,) (Efron, 1979).

    Its levels are Student's (Hesterberg, 2015, "What teachers should know about the bootstrap").
    No draw reaches beyond the values themselves, so with fewer than eight it still holds the truth
    less often than it says; for a mean take ``querist.metrics.intervals.mean_interval`` there.

    Returns:
        Low and high end in the statistic's own unit; equal for a single value.
    """
    array = finite("The values", values)
    levels = student_levels(len(array), confidence)
    draws = (array[rng.integers(len(array), size=len(array))] for _ in range(repeats))
    found = np.fromiter((statistic(draw) for draw in draws), dtype=np.float64, count=repeats)
    low, high = np.quantile(found, levels)
    return float(low), float(high)


def paired_bootstrap_interval(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    statistic: Statistic = np.mean,
    confidence: float = 0.95,
    repeats: int = 2_000,
) -> tuple[float, float]:
    """Bootstrap interval of ``statistic(first - second)`` over pairs (n,), such as shared seeds.

    Raises:
        InvalidInputError: lengths differ, or there are no pairs.
    """
    a, b = same_length(first=first, second=second)
    return bootstrap_interval(
        a.astype(np.float64) - b.astype(np.float64),
        statistic,
        rng,
        confidence=confidence,
        repeats=repeats,
    )


def _check_counts(successes: int, count: int) -> None:
    if not 0 <= successes <= count:
        raise InvalidInputError(
            f"{successes} of {count} is no share.",
            remedy="Give successes from 0 to the count.",
        )
