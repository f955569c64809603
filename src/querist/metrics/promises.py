"""Promises about a rate of errors: bounds from one sample, and from one that never ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import share

_STEPS = 60
# A tenth of 30 rows is 3, whatever the product of the floats.
_ROUNDING = 1e-9


def upper_bound(wrong: int, count: int, confidence: float = 0.95) -> float:
    """The error rate that is exceeded with probability 1 - ``confidence`` at most; 1 without rows.

    Clopper and Pearson (1934), one-sided: exact for a sample of one size fixed before.

    Raises:
        InvalidInputError: ``wrong`` is negative or more than ``count``.
    """
    _check(wrong, count)
    level = share("The confidence", confidence)
    if wrong == count:
        return 1.0
    return float(scipy.special.betaincinv(wrong + 1, count - wrong, level))


def confidence_sequence(wrong: int, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bounds of an error rate that hold at all times at once, however often one looks and stops.

    All rates p for which the likelihood of what was seen, mixed over Beta(1/2, 1/2), is less than
    1 / (1 - confidence) times that under p: under p this ratio is a martingale (Robbins, 1970;
    Waudby-Smith and Ramdas, 2024, "Estimating means of bounded random variables by betting"). A
    draw without replacement keeps it.

    Args:
        wrong: Errors so far.
        count: Rows so far, in the order in which they were drawn.
        confidence: Probability with which the bounds hold for ever.

    Returns:
        Low and high end, 0 to 1.
    """
    _check(wrong, count)
    limit = -np.log1p(-share("The confidence", confidence))
    if count == 0:
        return 0.0, 1.0
    mixed = scipy.special.betaln(wrong + 0.5, count - wrong + 0.5) - scipy.special.betaln(0.5, 0.5)

    def evidence(rate: float) -> float:
        said = scipy.special.xlogy(wrong, rate) + scipy.special.xlog1py(count - wrong, -rate)
        return float(mixed - said)

    middle = wrong / count
    low = 0.0 if wrong == 0 else _crossing(evidence, 0.0, middle, limit)
    high = 1.0 if wrong == count else _crossing(evidence, 1.0, middle, limit)
    return low, high


def binomial_sizes(rate: float, confidence: float, most: int) -> NDArray[np.int64]:
    """How many rows make 0, 1, 2, … errors pass for fewer than ``rate``, up to ``most`` rows.

    The test is the exact binomial one: P(so few errors | rate) ≤ 1 - confidence.
    """
    share("The error rate", rate)
    level = 1 - share("The confidence", confidence)
    errors = np.arange(int(most * rate) + 1, dtype=np.float64)
    low, high = errors, np.full(len(errors), float(most))
    while (high - low > 1).any():
        middle = np.ceil((low + high) / 2)
        passes = scipy.special.bdtr(errors, middle.astype(np.int64), rate) <= level
        low, high = np.where(passes, low, middle), np.where(passes, middle, high)
    found = high.astype(np.int64)
    return np.asarray(found[scipy.special.bdtr(errors, found, rate) <= level], dtype=np.int64)


def finite_sizes(rest: NDArray[np.int64], rate: float, confidence: float) -> NDArray[np.int64]:
    """How many checks make 0, 1, 2, … errors pass, where what is promised are some other rows.

    Args:
        rest: How many others stand beside the first 1, 2, … checks (n,).
        rate: At most this share of the others is to be wrong.
        confidence: Of the test of ``finite_chance``.
    """
    level = 1 - share("The confidence", confidence)
    most = len(rest)
    errors = np.arange(int(most * share("The error rate", rate)) + 1)
    low, high = errors, np.full(len(errors), most)
    while (high - low > 1).any():
        middle = (low + high + 1) // 2
        passes = finite_chance(errors, middle, rest[middle - 1], rate) <= level
        low, high = np.where(passes, low, middle), np.where(passes, middle, high)
    passes = finite_chance(errors, high, rest[high - 1], rate) <= level
    return np.unique(np.maximum.accumulate(high)[passes])


def finite_chance(
    wrong: NDArray[np.int64], count: NDArray[np.int64], rest: NDArray[np.int64], rate: float
) -> NDArray[np.float64]:
    """The chance (k,) of so few errors among checks if too many of the others were wrong.

    The checks are a draw without replacement from both, so errors are hypergeometric: where they
    are few among the checks they are more among the others. With endless others this is the
    binomial test. Of all ways to be wrong too often the likeliest one counts: just too often.

    Args:
        wrong: Errors among the checks (k,).
        count: Checks (k,), at least one.
        rest: Others (k,).
        rate: More than this share of the others is too many.
    """
    from scipy import stats

    too_many = np.floor(rate * rest + _ROUNDING).astype(np.int64) + 1
    # Where all others wrong are not too many nothing can break: there are none.
    possible = too_many <= rest
    all_wrong = wrong + np.where(possible, too_many, 0)
    chance = stats.hypergeom.cdf(wrong, count + rest, all_wrong, count)
    return np.where(possible, chance, 0.0)


def finite_bound(wrong: int, count: int, rest: int, confidence: float, most: float) -> float:
    """The share of the others that is wrong at most, where ``finite_chance`` rules out ``most``.

    Args:
        wrong: Errors among the checks.
        count: Checks, at least one.
        rest: Others.
        confidence: Probability with which the bound holds.
        most: The share beyond which the same test was passed, 0 to 1.
    """
    level = 1 - share("The confidence", confidence)
    checks, others = np.array([count]), np.array([rest])
    low, high = 0, int(np.floor(most * rest + _ROUNDING))
    while low < high:
        middle = (low + high) // 2
        # More than ``middle`` are ruled out: there are as many at most.
        if finite_chance(np.array([wrong]), checks, others, middle / rest)[0] <= level:
            high = middle
        else:
            low = middle + 1
    return low / rest if rest else 0.0


def _crossing(evidence: Callable[[float], float], far: float, near: float, limit: float) -> float:
    """Where the evidence falls below the limit between ``far``, where it is high, and ``near``."""
    for _ in range(_STEPS):
        middle = (far + near) / 2
        if evidence(middle) >= limit:
            far = middle
        else:
            near = middle
    return far


def _check(wrong: int, count: int) -> None:
    if not 0 <= wrong <= count:
        raise InvalidInputError(
            f"{wrong} of {count} is no share.", remedy="Give errors from 0 to the count."
        )
