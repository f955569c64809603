"""Promises about a rate of errors: bounds from one sample, and from one that never ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from querist.errors import InvalidInputError
from querist.metrics.checks import share

_STEPS = 60


def upper_bound(wrong: int, count: int, confidence: float = 0.95) -> float:
    """The error rate that is exceeded with probability 1 - ``confidence`` at most; 1 without rows.

    Clopper and Pearson (1934), one-sided: exact for a sample of one size fixed before.

    Raises:
        InvalidInputError: ``wrong`` is negative or more than ``count``.
    """
    _check(wrong, count)
    level = share("The confidence", confidence)
    return 1.0 if wrong == count else float(special.betaincinv(wrong + 1, count - wrong, level))


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
    mixed = special.betaln(wrong + 0.5, count - wrong + 0.5) - special.betaln(0.5, 0.5)

    def evidence(rate: float) -> float:
        said = special.xlogy(wrong, rate) + special.xlog1py(count - wrong, -rate)
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
        passes = special.bdtr(errors, middle.astype(np.int64), rate) <= level
        low, high = np.where(passes, low, middle), np.where(passes, middle, high)
    found = high.astype(np.int64)
    return np.asarray(found[special.bdtr(errors, found, rate) <= level], dtype=np.int64)


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
