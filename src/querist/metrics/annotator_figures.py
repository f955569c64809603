"""What can be said about each annotator from arrays of labels and of what became of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.classification import confusion_matrix
from querist.metrics.intervals import wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """A share for each of A annotators, with its 95 % Wilson interval.

    Attributes:
        counts: Rows the share rests on (A,).
        values: The share (A,); NaN where there are no rows.
        low: Lower end (A,); 0 without rows.
        high: Upper end (A,); 1 without rows.
    """

    counts: NDArray[np.int64]
    values: Floats
    low: Floats
    high: Floats


def shares_by_annotator(annotators: ArrayLike, right: ArrayLike, annotator_count: int) -> Shares:
    """The share of ``right`` rows (n,) of each annotator; higher is better.

    Args:
        annotators: Who (n,), whole numbers from 0.
        right: Whether it was right (n,), bool.
        annotator_count: A.

    Raises:
        InvalidInputError: lengths differ, or a number is not below A.
    """
    who = _codes(annotators, annotator_count)
    good = np.asarray(right, dtype=bool)
    if len(good) != len(who):
        raise InvalidInputError(
            f"{len(who)} annotators answered {len(good)} times.",
            remedy="Give one value for each row.",
        )
    counts = np.bincount(who, minlength=annotator_count)
    hits = np.bincount(who[good], minlength=annotator_count)
    ends = [wilson(int(hit), int(count)) for hit, count in zip(hits, counts, strict=True)]
    low, high = (np.array([end[i] for end in ends], dtype=np.float64) for i in (0, 1))
    values = np.full(annotator_count, np.nan)
    np.divide(hits, counts, out=values, where=counts > 0)
    return Shares(counts=counts, values=values, low=low, high=high)


def medians_by_annotator(annotators: ArrayLike, values: ArrayLike, annotator_count: int) -> Floats:
    """The median of the values (n,) of each annotator (A,), NaN values left out.

    NaN for an annotator without values. An even count takes the mean of the middle two.
    """
    who = _codes(annotators, annotator_count)
    numbers = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(numbers)
    order = np.lexsort((numbers[known], who[known]))
    sorted_values = numbers[known][order]
    counts = np.bincount(who[known], minlength=annotator_count)
    ends = np.cumsum(counts)
    some = counts > 0
    first, last = (ends - counts)[some], counts[some]
    found = np.full(annotator_count, np.nan)
    found[some] = (sorted_values[first + (last - 1) // 2] + sorted_values[first + last // 2]) / 2
    return found


def class_bias(given: ArrayLike, final: ArrayLike, class_count: int) -> Floats:
    """How much more often each class (C,) was given than it was right, as shares of the rows.

    Above zero it was given too often, below zero too seldom; the sum is zero. Zero for no rows.

    Args:
        given: Classes that were given (n,), whole numbers from 0.
        final: Classes that hold in the end (n,).
        class_count: C.
    """
    if not np.size(given):
        return np.zeros(class_count)
    matrix = confusion_matrix(final, given, class_count)
    return np.asarray((matrix.sum(axis=0) - matrix.sum(axis=1)) / matrix.sum(), dtype=np.float64)


def _codes(annotators: ArrayLike, count: int) -> NDArray[np.int64]:
    who = np.asarray(annotators, dtype=np.int64).ravel()
    if who.size and not (who.min() >= 0 and who.max() < count):
        raise InvalidInputError(
            f"An annotator has number {int(who.max())}, outside 0 to {count - 1}.",
            remedy="Number the annotators from 0 and give the right count.",
        )
    return who
