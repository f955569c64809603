"""Difficulty: easy, medium and hard by the calibrated probability of error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.schema import Difficulty

EASY, MEDIUM, HARD = range(3)
UNKNOWN = -1
WORDS = tuple(Difficulty)
# Hard are the fewest assets that together are expected to hold this share of all errors.
HARD_SHARE = 0.5
# An asset changes only when its odds of error are beyond a cut by this factor.
BEYOND = 1.25


def difficulty(
    errors: ArrayLike, *, max_error: float = 0.02, before: ArrayLike | None = None
) -> NDArray[np.int8]:
    """How hard each asset is for the model, as a position in ``WORDS`` (N,).

    Easy is what could be accepted together at the promised error rate: the largest set of the
    surest whose expected error rate is at most ``max_error``. Hard is where a person's time finds
    most errors: the smallest set of the least sure, easy ones aside, that is expected to hold half
    of all errors. Both follow the model: as it learns, more is easy and the same share of errors
    stays hard. An asset keeps the word it had unless its odds of error are a quarter beyond the
    cut, so that words do not flicker from round to round.

    Args:
        errors: Calibrated probability (N,) that the model's answer is wrong.
        max_error: The error rate that may be promised, between 0 and 1, both excluded.
        before: The words of the last round (n,), n at most N; ``UNKNOWN`` where there is none.

    Raises:
        InvalidInputError: a probability or the rate is out of range.
    """
    doubts = np.asarray(errors, dtype=np.float64)
    if not 0 < max_error < 1 or not ((doubts >= 0) & (doubts <= 1)).all():
        raise InvalidInputError(
            "The errors or the promised rate are outside 0 to 1.", remedy="Give probabilities."
        )
    easy, hard = _cuts(doubts, max_error)
    found = _words(doubts, easy, hard)
    if before is None:
        return found
    known = np.full(len(doubts), UNKNOWN, dtype=np.int8)
    held = np.asarray(before, dtype=np.int8)[: len(doubts)]
    known[: len(held)] = held
    odds = doubts / np.maximum(1 - doubts, 1e-12)
    near = _near(odds, easy) & (np.minimum(found, known) == EASY)
    near |= _near(odds, hard) & (np.maximum(found, known) == HARD)
    keep = near & (known != UNKNOWN) & (np.abs(found - known) == 1)
    return np.where(keep, known, found).astype(np.int8)


def _cuts(doubts: NDArray[np.float64], max_error: float) -> tuple[float, float]:
    """The highest error that is easy, and the lowest that is hard."""
    if not len(doubts):
        return 0.0, 1.0
    ordered = np.sort(doubts)
    expected = np.cumsum(ordered)
    size = int((expected <= max_error * np.arange(1, len(ordered) + 1)).sum())
    easy = float(ordered[size - 1]) if size else -1.0
    rest = int(np.searchsorted(expected, (1 - HARD_SHARE) * expected[-1], side="left"))
    hard = float(ordered[min(max(rest, size), len(ordered) - 1)])
    return easy, max(hard, np.nextafter(easy, np.inf))


def _words(doubts: NDArray[np.float64], easy: float, hard: float) -> NDArray[np.int8]:
    words = np.full(len(doubts), MEDIUM, dtype=np.int8)
    words[doubts <= easy] = EASY
    words[doubts >= hard] = HARD
    return words


def _near(odds: NDArray[np.float64], cut: float) -> NDArray[np.bool_]:
    at = max(cut, 0.0) / max(1 - cut, 1e-12)
    return np.asarray((odds >= at / BEYOND) & (odds <= at * BEYOND), dtype=bool)
