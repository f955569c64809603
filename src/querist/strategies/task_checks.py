"""Checks of what only some tasks' pools hold: chances by class, numbers, sets, doubt of a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.strategies.array_checks import matrix, not_finite, row_blocks
from querist.strategies.base import UNLABELED, Floats

# Chances may leave 0 to 1 by this much: float16 tables do.
_TOLERANCE = 2e-3


def multilabel_probabilities(given: ArrayLike) -> Floats:
    """Chances (N, C) from 0 to 1, one for each class by itself.

    Raises:
        InvalidInputError: another shape, NaN, or no chances.
    """
    if np.ndim(given) == 3:
        raise InvalidInputError(
            f"The multilabel_probabilities have the shape {np.shape(given)}.",
            remedy="Of a list with one table for each class take the second columns: "
            "np.column_stack([p[:, 1] for p in model.predict_proba(X)]).",
        )
    table = matrix("multilabel_probabilities", given)
    if table.dtype.kind != "f" or table.dtype.itemsize < 4:
        table = table.astype(np.float32)
    if not table.shape[1]:
        raise InvalidInputError(
            "The multilabel_probabilities have no columns.", remedy="Give one for each class."
        )
    for start, block in row_blocks(table):
        wrong = ~((block >= -_TOLERANCE) & (block <= 1 + _TOLERANCE)).all(axis=1)
        if wrong.any():
            at = int(wrong.argmax())
            if not np.isfinite(block[at]).all():
                raise not_finite("multilabel_probabilities", start + at)
            worst = float(block[at][np.argmax(np.abs(block[at] - 0.5))])
            raise InvalidInputError(
                f"A chance of row {start + at} is {worst:.4g}.",
                remedy="Give chances from 0 to 1, not scores or logits; apply a sigmoid first.",
                row=start + at,
            )
    return table


def predictions(given: ArrayLike) -> Floats:
    """Predicted numbers (N,), finite.

    Raises:
        InvalidInputError: another shape, or NaN.
    """
    return _numbers("predictions", given, 1, "(N,): one number for each row, as predict gives it")


def committee_predictions(given: ArrayLike) -> Floats:
    """Predicted numbers (K, N) of K members, finite.

    Raises:
        InvalidInputError: another shape, or NaN.
    """
    return _numbers("committee_predictions", given, 2, "(K, N): what each of K models predicts")


def uncertainty(given: ArrayLike) -> NDArray[np.float64]:
    """How unsure a model is of each row (N,), finite, 0 or more.

    Raises:
        InvalidInputError: another shape, NaN, or a number below 0.
    """
    values = _numbers("values of uncertainty", given, 1, "(N,): one number from 0 for each row")
    if values.min() < 0:
        row = int(values.argmin())
        raise InvalidInputError(
            f"The uncertainty of row {row} is {float(values[row]):.4g}.",
            remedy="Give numbers from 0, where higher is less sure; of a confidence c give 1 - c.",
            row=row,
        )
    return np.asarray(values, dtype=np.float64)


def targets(given: ArrayLike, count: int) -> NDArray[np.float64]:
    """The numbers (L,) of the labelled rows; NaN where unknown.

    Raises:
        InvalidInputError: not one number for each labelled row, or infinity.
    """
    array = np.asarray(given)
    wrong = array.shape != (count,) and not (array.size == 0 and count == 0)
    if wrong or array.dtype.kind not in "fiub":
        raise InvalidInputError(
            f"targets has the shape {array.shape} and the type {array.dtype}, "
            f"but {count} rows are labelled.",
            remedy="Give one number for each labelled position; NaN where it is unknown.",
        )
    numbers = array.astype(np.float64).reshape(count)
    if np.isinf(numbers).any():
        raise InvalidInputError(
            f"Target {int(np.isinf(numbers).argmax())} is infinite.",
            remedy="Give finite numbers; NaN where one is unknown.",
        )
    return numbers


def label_sets(given: ArrayLike, count: int, class_count: int | None) -> NDArray[np.int8]:
    """The classes of the labelled rows, 1 or 0 (L, C); ``UNLABELED`` where unknown.

    Raises:
        InvalidInputError: another shape, or other values.
    """
    array = np.asarray(given)
    columns = array.shape[1] if class_count is None else class_count
    if array.shape != (count, columns):
        raise InvalidInputError(
            f"labels has the shape {array.shape}; {count} rows are labelled and there are "
            f"{columns} classes.",
            remedy="Give 1 or 0 for each class of each labelled position.",
        )
    if array.dtype.kind not in "fiub" or not np.isin(array, (0, 1, UNLABELED)).all():
        raise InvalidInputError(
            f"labels of the type {array.dtype} hold something else than 1 and 0.",
            remedy="Give 1 where a row has the class, else 0.",
        )
    return array.astype(np.int8)


def _numbers(name: str, given: ArrayLike, axes: int, form: str) -> Floats:
    array = np.asanyarray(given)
    if array.ndim != axes or not len(array) or array.dtype.kind not in "fiub":
        raise InvalidInputError(
            f"The {name} have the shape {array.shape} and the type {array.dtype}.",
            remedy=f"Give an array {form}.",
        )
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        row = int(np.argwhere(~np.isfinite(numbers))[0][-1])
        raise not_finite(name, row)
    return numbers
