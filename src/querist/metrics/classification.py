"""How good a classifier's answers and probabilities are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length

# Below this a probability counts as this in the log loss: float64 has no smaller useful one.
_TINY = 1e-15
# Rows of probabilities may miss 1 by this much: rounded ones do.
_SUM_TOLERANCE = 1e-2


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share of rows (n,) predicted right; 0 to 1, higher is better.

    Raises:
        InvalidInputError: lengths differ or there are no rows.
    """
    t, p = same_length(truth=truth, predicted=predicted)
    return float((t == p).mean())


def confusion_matrix(
    truth: ArrayLike, predicted: ArrayLike, class_count: int | None = None
) -> NDArray[np.int64]:
    """Counts (C, C): row = true class, column = predicted class.

    Args:
        truth: True classes (n,), whole numbers from 0.
        predicted: Predicted classes (n,).
        class_count: C; the largest class seen plus one if ``None``.

    Raises:
        InvalidInputError: lengths differ, no rows, or a class is negative or not below C.
    """
    t, p = (_codes(array) for array in same_length(truth=truth, predicted=predicted))
    count = int(max(t.max(), p.max())) + 1 if class_count is None else class_count
    lowest, highest = int(min(t.min(), p.min())), int(max(t.max(), p.max()))
    if lowest < 0 or highest >= count:
        raise InvalidInputError(
            f"A class is {lowest if lowest < 0 else highest}, outside 0 to {count - 1}.",
            remedy="Number the classes from 0 and give the right class count.",
        )
    return np.bincount(t * count + p, minlength=count * count).reshape(count, count)


def recall_per_class(
    truth: ArrayLike, predicted: ArrayLike, class_count: int | None = None
) -> NDArray[np.float64]:
    """Share of each class's rows predicted right (C,); NaN for a class without rows."""
    matrix = confusion_matrix(truth, predicted, class_count)
    rows = matrix.sum(axis=1)
    found = np.full(len(rows), np.nan)
    np.divide(np.diag(matrix), rows, out=found, where=rows > 0)
    return found


def macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean F1 over the classes that occur in the truth or the predictions; higher is better.

    F1 = 2 TP / (2 TP + FP + FN) for each class (van Rijsbergen, 1979), 0 where nothing is right.
    """
    t, p = same_length(truth=truth, predicted=predicted)
    _, codes = np.unique(np.concatenate([t, p]), return_inverse=True)
    matrix = confusion_matrix(codes[: len(t)], codes[len(t) :])
    return float((2 * np.diag(matrix) / (matrix.sum(axis=0) + matrix.sum(axis=1))).mean())


def log_loss(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean of -log p(true class), in nats; lower is better (Good, 1952).

    Args:
        truth: True classes (n,), columns of ``probabilities``.
        probabilities: (n, C), rows sum to one.
    """
    t, p = with_probabilities(truth, probabilities)
    return float(-np.log(np.maximum(p[np.arange(len(t)), t], _TINY)).mean())


def brier(truth: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared distance to the true one-hot row; 0 to 2, lower is better (Brier, 1950)."""
    t, p = with_probabilities(truth, probabilities)
    true = p[np.arange(len(t)), t]
    return float(((p**2).sum(axis=1) - 2 * true + 1).mean())


def expected_calibration_error(truth: ArrayLike, probabilities: ArrayLike, bins: int = 15) -> float:
    """Mean gap between confidence and accuracy over equal-width bins; 0 to 1, lower is better.

    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian
    binning". With few rows it is mostly noise; prefer ``log_loss`` below some hundred.
    """
    t, p = with_probabilities(truth, probabilities)
    if bins < 1:
        raise InvalidInputError(f"{bins} bins were asked for.", remedy="Ask for at least one.")
    confidence = p.max(axis=1)
    right = (p.argmax(axis=1) == t).astype(np.float64)
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    gap = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(t))


def _codes(array: NDArray[np.generic]) -> NDArray[np.int64]:
    if array.dtype.kind not in "iub":
        raise InvalidInputError(
            f"Classes have the type {array.dtype}.", remedy="Give whole numbers from 0."
        )
    return array.astype(np.int64)


def with_probabilities(
    truth: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """True classes (n,) and probabilities (n, C), checked against each other.

    Raises:
        InvalidInputError: lengths differ, no rows, NaN, a class without a column, or a row that is
            no distribution.
    """
    t, p = same_length(truth=truth, probabilities=probabilities)
    codes, table = _codes(t), p.astype(np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise InvalidInputError(
            f"The probabilities have the shape {table.shape} or hold NaN.",
            remedy="Give a finite array of rows by classes.",
        )
    if codes.min() < 0 or codes.max() >= table.shape[1]:
        raise InvalidInputError(
            f"A class is outside the {table.shape[1]} columns of the probabilities.",
            remedy="Give one column for each class, in class order.",
        )
    sums = table.sum(axis=1)
    wrong = (np.abs(sums - 1) > _SUM_TOLERANCE) | (table.min(axis=1) < -_SUM_TOLERANCE)
    if wrong.any():
        at = int(wrong.argmax())
        raise InvalidInputError(
            f"The probabilities of row {at} sum to {sums[at]:.4g}, the least is "
            f"{table[at].min():.4g}.",
            remedy="Give class probabilities, not scores or logits; apply a softmax first.",
            row=at,
        )
    return codes, table
