"""What is left above a confidence, and how right it is: for classes, and for counted marks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length
from querist.metrics.class_measures import ClassMeasure, class_of_counts
from querist.metrics.shares import share_of_counts
from querist.schema import is_number
from querist.schema.measure import Measure

STEPS = np.arange(101) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdPoint:
    """What is left at one confidence; shares from 0 to 1.

    Attributes:
        confidence: Only what is at least as sure counts as said.
        kept: Answers that are left: assets of a classifier, boxes or spans of a detector.
        precision: Share of them that is right; ``None`` where nothing is left.
        recall: Share of all there is that is found by them; ``None`` where there is nothing.
    """

    confidence: float
    kept: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtThreshold:
    """A model whose answers count from one confidence on; intervals as of ``share_of_counts``.

    Attributes:
        kept: Share of its answers that is left.
        precision: Share of what is left that is right.
        recall: Share of all there is that is found.
        classes: Each class (C,), in order.
    """

    kept: Measure
    precision: Measure
    recall: Measure
    classes: tuple[ClassMeasure, ...]


def at_threshold(
    truth: ArrayLike,
    said: ArrayLike,
    confidence: ArrayLike,
    right: ArrayLike,
    threshold: float,
    *,
    class_count: int,
    owners: tuple[ArrayLike, ArrayLike] | None = None,
) -> AtThreshold:
    """Count what is left at one confidence.

    Args:
        truth: The class of each thing there is (m,): an asset, a box or a span.
        said: The class of each answer (n,).
        confidence: How sure the model is of each (n,), 0 to 1.
        right: Whether each is right (n,), bool.
        threshold: Answers count from this confidence on.
        class_count: Classes C.
        owners: The asset of each thing there is (m,) and of each answer (n,), whole numbers;
            by default the first of both are of one asset, and so on.

    Raises:
        InvalidInputError: lengths differ, or the threshold is not within 0 to 1.
    """
    there = np.asarray(truth, dtype=np.int64)
    codes, sure, hit = _answers(said, confidence, right)
    if not (is_number(threshold) and 0 <= threshold <= 1):
        raise InvalidInputError(
            f"The confidence is {threshold!r}.", remedy="Give a number from 0 to 1."
        )
    left = sure >= threshold
    both = owners or (np.arange(len(there)), np.arange(len(codes)))
    holding, saying = (np.asarray(it, dtype=np.int64) for it in both)
    assets = int(max(holding.max(initial=-1), saying.max(initial=-1))) + 1

    def counts(of: NDArray[np.int64], some: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(of[some], minlength=assets)

    return AtThreshold(
        kept=share_of_counts(counts(saying, left), counts(saying, np.ones_like(left))),
        precision=share_of_counts(counts(saying, left & hit), counts(saying, left)),
        recall=share_of_counts(counts(saying, left & hit), np.bincount(holding, minlength=assets)),
        classes=tuple(
            class_of_counts(
                counts(saying, left & hit & (codes == code)),
                counts(holding, there == code),
                counts(saying, left & (codes == code)),
            )
            for code in range(class_count)
        ),
    )


def threshold_curve(
    count: int, confidence: ArrayLike, right: ArrayLike
) -> tuple[ThresholdPoint, ...]:
    """What is left at each hundredth of confidence; time O(n log n).

    Args:
        count: How many things there are to be found.
        confidence: How sure the model is of each answer (n,), 0 to 1.
        right: Whether each is right (n,), bool.

    Raises:
        InvalidInputError: lengths differ.
    """
    _, sure, hit = _answers(np.zeros(np.shape(confidence), np.int64), confidence, right)
    order = np.argsort(sure, kind="stable")
    above = np.append(np.cumsum(hit[order][::-1])[::-1], 0)
    starts = np.searchsorted(sure[order], STEPS, side="left")
    return tuple(
        ThresholdPoint(
            confidence=step,
            kept=len(sure) - start,
            precision=int(above[start]) / (len(sure) - start) if start < len(sure) else None,
            recall=int(above[start]) / count if count else None,
        )
        for step, start in zip(STEPS.tolist(), starts.tolist(), strict=True)
    )


def _answers(
    said: ArrayLike, confidence: ArrayLike, right: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    codes = np.asarray(said, dtype=np.int64)
    sure = np.asarray(confidence, dtype=np.float64)
    hit = np.asarray(right, dtype=bool)
    if len(codes):  # a model may say nothing at all
        same_length(said=codes, confidence=sure, right=hit)
    return codes, sure, hit
