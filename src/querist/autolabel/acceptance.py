"""Acceptance under a risk budget: the lowest confidence certified to err rarely enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from querist.errors import InvalidInputError

GRID = np.round(np.linspace(1.0, 0.0, 1001), 3)
STARTS = (1, 2, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """What may be accepted without a person, and what that promise rests on.

    Attributes:
        threshold: Accept predictions at least this confident; ``None``: nothing can be promised.
        coverage: Share of the sample at or above the threshold, 0 to 1.
        checked: How many rows of the sample are at or above it.
        errors: How many of those were wrong.
        risk: The promised error rate among accepted predictions.
        confidence_level: Probability with which the promise holds.
    """

    threshold: float | None
    coverage: float
    checked: int
    errors: int
    risk: float
    confidence_level: float


def acceptance_threshold(
    confidence: ArrayLike,
    correct: ArrayLike,
    *,
    risk: float,
    confidence_level: float = 0.95,
    thresholds: ArrayLike | None = None,
) -> Acceptance:
    """The lowest confidence threshold whose error rate is certified to be at most ``risk``.

    With probability ``confidence_level`` over the sample, predictions at or above the threshold
    are wrong at most with rate ``risk``, provided that the sample was drawn at random from what
    will be accepted and took no part in training. Thresholds are tested from high to low, each by
    the exact binomial p-value of "its error rate is above ``risk``", until one fails (Angelopoulos,
    Bates, Candès, Jordan, Lei: Learn then Test, arXiv:2110.01052, fixed-sequence testing). A test
    with too few rows can never pass, so the sequence starts where passing is possible; it is
    started at several sizes with the level shared among them, so that a single early error does
    not end everything.

    Args:
        confidence: Confidence (n,) of each checked prediction, 0 to 1.
        correct: Whether each was right (n,).
        risk: Error rate to promise, between 0 and 1, both excluded; lower is stricter.
        confidence_level: Probability that the promise holds, between 0 and 1, both excluded.
        thresholds: Thresholds to try; chosen without looking at ``correct``. Default: 0, 0.001 … 1.

    Raises:
        InvalidInputError: shapes disagree, a value is not finite, or a rate is outside (0, 1).
    """
    scores, wrong = _checked(confidence, correct)
    for name, value in (("risk", risk), ("confidence_level", confidence_level)):
        if not 0.0 < value < 1.0:
            raise InvalidInputError(
                f"{name} is {value!r}.", remedy="Give a number between 0 and 1, both excluded."
            )
    grid = GRID if thresholds is None else np.sort(np.asarray(thresholds, dtype=float))[::-1]
    order = np.argsort(-scores, kind="stable")
    accepted = np.searchsorted(-scores[order], -grid, side="right")
    errors = np.concatenate([[0], np.cumsum(wrong[order])])[accepted]

    level = (1.0 - confidence_level) / len(STARTS)
    smallest = math.ceil(math.log(level) / math.log1p(-risk))
    certified = bdtr(errors.astype(float), accepted, risk) <= level
    best = max(
        (_last_passed(accepted >= smallest * step, certified) for step in STARTS), default=-1
    )
    found = best >= 0
    return Acceptance(
        threshold=float(grid[best]) if found else None,
        coverage=float(accepted[best] / len(scores)) if found else 0.0,
        checked=int(accepted[best]) if found else 0,
        errors=int(errors[best]) if found else 0,
        risk=risk,
        confidence_level=confidence_level,
    )


def _last_passed(testable: NDArray[np.bool_], certified: NDArray[np.bool_]) -> int:
    """Where one sequence ends: the position of its last threshold that passed, or -1."""
    if not testable.any():
        return -1
    start = int(np.argmax(testable))
    failed = np.flatnonzero(~certified[start:])
    end = start + (int(failed[0]) if failed.size else len(certified) - start) - 1
    return end if end >= start else -1


def _checked(
    confidence: ArrayLike, correct: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    scores = np.asarray(confidence, dtype=float)
    right = np.asarray(correct)
    if scores.ndim != 1 or scores.shape != right.shape or not scores.size:
        raise InvalidInputError(
            f"confidence has shape {scores.shape}, correct {right.shape}.",
            remedy="Give two arrays of the same length, at least one row.",
        )
    if not np.isfinite(scores).all() or scores.min() < 0.0 or scores.max() > 1.0:
        raise InvalidInputError(
            "confidence holds values outside 0 to 1.", remedy="Give probabilities without NaN."
        )
    return scores, 1 - right.astype(bool).astype(np.int64)
