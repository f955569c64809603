"""What turned between two models: assets newly wrong, newly right, most wrong, least confident."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """Rows of assets by what a second model made of them, each list the most telling first.

    Attributes:
        newly_wrong: Worse than with the first model.
        newly_right: Better than with the first model.
        most_wrong: Not right with the second, the worst first.
        least_confident: All, the least sure of the second model first.
    """

    newly_wrong: NDArray[np.int64]
    newly_right: NDArray[np.int64]
    most_wrong: NDArray[np.int64]
    least_confident: NDArray[np.int64]


def turned(
    first: ArrayLike,
    second: ArrayLike,
    *,
    badness: ArrayLike | None = None,
    confidence: ArrayLike | None = None,
) -> Turned:
    """Sort assets (n,) by what turned; equal ones stay in their order.

    Args:
        first: How right the first model is of each asset (n,): at most 1 where all is right.
        second: How right the second one is (n,).
        badness: How wrong the second one is (n,), higher is worse; ``1 - second`` by default.
        confidence: How sure the second one is (n,), higher is surer; where it is not known
            nothing is the least confident, and the largest change comes first.

    Raises:
        InvalidInputError: lengths differ, there are no assets, or a value is NaN.
    """
    one, two = (np.asarray(it, dtype=np.float64) for it in same_length(first=first, second=second))
    wrong = 1 - two if badness is None else np.asarray(badness, dtype=np.float64)
    sure = np.zeros(len(two)) if confidence is None else np.asarray(confidence, dtype=np.float64)
    same_length(second=two, badness=wrong, confidence=sure)
    if not all(np.isfinite(it).all() for it in (one, two, wrong, sure)):
        raise InvalidInputError(
            "How right a model is of an asset is NaN or infinite.",
            remedy="Leave the asset out, or repair what is compared.",
        )
    change = two - one

    def of(chosen: NDArray[np.bool_], *falling: NDArray[np.float64]) -> NDArray[np.int64]:
        rows = np.flatnonzero(chosen)
        return rows[np.lexsort([-key[rows] for key in reversed(falling)])]

    everywhere = np.full(len(two), confidence is not None)
    return Turned(
        newly_wrong=of(change < 0, -change, sure),
        newly_right=of(change > 0, change, sure),
        most_wrong=of(two < 1, wrong, sure),
        least_confident=of(everywhere, -sure),
    )
