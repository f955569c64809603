"""The certificate: how far down the order of sureness a promised error rate is certified."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics import (
    binomial_sizes,
    finite_bound,
    finite_chance,
    finite_sizes,
    upper_bound,
)

# The first test takes this share of the checks among which the rate is expected to hold: fewer
# and one unlucky check ends everything, more and the rate may not hold any more.
START = 0.65
# The tests share this part of the level. Errors of rows that are left out one by one vary more than
# independent ones do, since all labels shape one labeler: the bench counted 6 broken promises in
# 100 draws where the whole level was used.
USED = 2 / 3
# With so many others a check, errors among the checks tell next to nothing of theirs.
_ENDLESS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """How unsure the labeler may be of what is accepted, and what that promise rests on.

    Attributes:
        threshold: Accept what is wrong with at most this probability; ``None``: nothing.
        checked: How many checks lie at or below it.
        wrong: How many of those were wrong.
        upper: Upper bound of the error rate of what is accepted; 1 if nothing is.
        max_error: The promised error rate.
        confidence: Probability with which the promise holds.
        needed: How many checks among the surest the first test takes.
        available: How many checks there are.
    """

    threshold: float | None
    checked: int
    wrong: int
    upper: float
    max_error: float
    confidence: float
    needed: int
    available: int


def certify(
    errors: ArrayLike,
    wrong: ArrayLike,
    *,
    max_error: float,
    confidence: float = 0.95,
    others: ArrayLike | None = None,
) -> Certificate:
    """The most unsure item that may be accepted while the promise holds.

    With probability ``confidence`` over the draw of the checks, what is accepted up to the
    threshold errs at most with rate ``max_error``. The sets of the surest are tested in one fixed
    order, from small to large, each by an exact test, until one fails (fixed-sequence testing:
    Angelopoulos et al., 2021, "Learn then test"). It is the hypergeometric test of the very assets
    that would be accepted: of few assets the checks are a large share, and where they had luck,
    what is left has not. With a hundred times as many it is the binomial one. Only sizes are tested
    at which one more error has just become allowed, since between them a test has less power. The
    first size is chosen by the calibrated errors alone, not by what the checks turned out to be.

    It holds exactly if the checks are a random draw from what may be accepted, the labeler has
    not learned from them, and less sure items do not err less. Where they are left out one by one
    instead, it holds as far as one row does not change the labeler (Bayle, Bayle, Janson and
    Mackey, 2020, "Cross-validation confidence intervals for test error").

    Args:
        errors: Calibrated probability (n,) that each checked answer is wrong.
        wrong: Whether it was (n,).
        max_error: Error rate to promise, between 0 and 1, both excluded; lower is stricter.
        confidence: Probability that the promise holds, between 0 and 1, both excluded.
        others: Calibrated probability (m,) that what could be accepted is wrong, checks excluded;
            ``None`` stands for endlessly many.

    Raises:
        InvalidInputError: shapes disagree, a value is not finite, or a rate is out of range.
    """
    doubts, hits = np.asarray(errors, dtype=np.float64), np.asarray(wrong, dtype=bool)
    if doubts.ndim != 1 or doubts.shape != hits.shape or not np.isfinite(doubts).all():
        raise InvalidInputError(
            f"errors has shape {doubts.shape}, wrong {hits.shape}, or holds NaN.",
            remedy="Give two arrays of the same length, without NaN.",
        )
    order = np.argsort(doubts, kind="stable")
    doubts, counts = doubts[order], np.cumsum(hits[order])
    expected = np.cumsum(doubts) / np.arange(1, len(doubts) + 1)
    hopeful = int((expected <= max_error).sum())
    strict = 1 - USED * (1 - confidence)
    beyond = None if others is None else _beyond(others, doubts)
    if beyond is None:
        sizes = binomial_sizes(max_error, strict, max(len(doubts), 1))
    else:
        sizes = finite_sizes(beyond, max_error, strict)
    first = max(int(np.searchsorted(sizes, START * hopeful, side="right")) - 1, 0)
    last = 0
    # What is as sure as the last of a set is accepted with it, so that it is tested with it.
    ends = np.unique(np.searchsorted(doubts, doubts[sizes[first:] - 1], side="right"))
    if len(ends) and ends[-1] < len(doubts):
        # All checks together come last: tested after the others, they cost these nothing.
        ends = np.append(ends, len(doubts))
    if beyond is None:
        passes = counts[ends - 1] < np.searchsorted(sizes, ends, side="right")
    else:
        chance = finite_chance(counts[ends - 1], ends, beyond[ends - 1], max_error)
        passes = chance <= 1 - strict
    for size, good in zip(ends.tolist(), passes.tolist(), strict=True):
        if not good:
            break
        last = size
    found = int(counts[last - 1]) if last else 0
    if not last:
        upper = 1.0
    elif beyond is None:
        upper = upper_bound(found, last, strict)
    else:
        upper = finite_bound(found, last, int(beyond[last - 1]), strict, most=max_error)
    return Certificate(
        threshold=float(doubts[last - 1]) if last else None,
        checked=last,
        wrong=found,
        upper=upper,
        max_error=max_error,
        confidence=confidence,
        needed=int(sizes[first]) if len(sizes) else _least(max_error, strict),
        available=len(doubts),
    )


def _beyond(others: ArrayLike, doubts: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """How many others are as sure as each check (n,); ``None`` where they are next to endless."""
    given = np.sort(np.asarray(others, dtype=np.float64))
    if not len(doubts) or len(given) >= _ENDLESS * len(doubts):
        return None
    return np.searchsorted(given, doubts, side="right").astype(np.int64)


def _least(max_error: float, confidence: float) -> int:
    """How many checks without an error it takes at least."""
    return int(np.ceil(np.log1p(-confidence) / np.log1p(-max_error)))
