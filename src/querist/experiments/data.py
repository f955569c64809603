"""Labelled arrays for a simulation, checked; a memory map stays one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError

# From this ratio of the widest column to the median one on, distances see only the widest.
UNEVEN = 10.0
_ROWS = 16_384

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledData:
    """Rows whose classes are all known; build it with ``labeled_data`` or ``load_data``.

    Attributes:
        name: What people call it.
        X: Vectors (n, d), float32, finite.
        y: Classes (n,), int64, positions in ``class_names``.
        class_names: One name per class, in order.
        test: Mask (n,) of the rows kept for testing, or ``None``: every seed splits anew.
        standardized: Whether the columns were brought to mean 0 and deviation 1.
    """

    name: str
    X: NDArray[np.float32]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]
    test: NDArray[np.bool_] | None = None
    standardized: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over everything a run sees; the same data, the same digest."""
        found = hashlib.sha256(repr((self.X.shape, self.class_names)).encode())
        for array in (self.X, self.y, self.test):
            if array is not None:
                found.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return found.hexdigest()


def labeled_data(
    X: ArrayLike, y: ArrayLike, *, split: ArrayLike | None = None, name: str = "arrays"
) -> LabeledData:
    """Check arrays and make them one data set.

    Columns of very different width (the widest more than ten times the median) are standardised,
    because strategies that look at distances would otherwise see the widest column only.

    Args:
        X: Vectors (n, d) of numbers.
        y: Classes (n,): whole numbers or names.
        split: 1 marks a test row (n,), 0 a pool row.
        name: What to call it.

    Raises:
        InvalidInputError: shapes disagree, a value is missing, or there are fewer than two classes.
    """
    matrix, classes = _matrix(X), np.asarray(y)
    if classes.shape != (len(matrix),):
        raise InvalidInputError(
            f"y has shape {classes.shape}, X has {len(matrix)} rows.",
            remedy="Give one class for each row of X.",
        )
    names, codes = _classes(classes)
    mean, widths = _spread(matrix)
    wide = widths[widths > 0]
    uneven = bool(wide.size) and bool(wide.max() > UNEVEN * np.median(wide))
    return LabeledData(
        name=name,
        X=_vectors(matrix, *((mean, np.where(widths > 0, widths, 1.0)) if uneven else ())),
        y=codes,
        class_names=names,
        test=None if split is None else _test_mask(np.asarray(split), codes),
        standardized=uneven,
    )


def _matrix(X: ArrayLike) -> NDArray[Any]:
    """X as it is if it holds numbers, else as float64; nothing is copied without need."""
    if hasattr(X, "tocsr"):
        raise InvalidInputError(
            "X is a sparse matrix.",
            remedy="Reduce it first, for example with TruncatedSVD, and give the dense result.",
        )
    try:
        matrix = np.asarray(X)
        if matrix.dtype.kind not in "fiub":
            matrix = matrix.astype(np.float64)
    except (TypeError, ValueError) as problem:
        raise InvalidInputError(
            f"X holds something that is no number: {problem}.", remedy="Give an array of numbers."
        ) from problem
    if matrix.ndim != 2 or not matrix.size:
        raise InvalidInputError(
            f"X has shape {matrix.shape}.", remedy="Give rows and columns: shape (n, d)."
        )
    return matrix


def _blocks(matrix: NDArray[Any]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    for start in range(0, len(matrix), _ROWS):
        rows = slice(start, start + _ROWS)
        yield rows, matrix[rows].astype(np.float64)


def _spread(matrix: NDArray[Any]) -> tuple[Vector, Vector]:
    """Mean and deviation of each column (d,), in two passes over blocks of rows."""
    total = np.zeros(matrix.shape[1])
    limit = float(np.finfo(np.float32).max)
    for rows, block in _blocks(matrix):
        fits = np.abs(block).max(axis=1) <= limit  # false for NaN, too
        if not fits.all():
            raise InvalidInputError(
                f"Row {rows.start + int(np.argmin(fits))} of X holds NaN, infinity or a number "
                "above 3.4e38.",
                remedy="Fill or drop such rows.",
            )
        total += block.sum(axis=0)
    mean = total / len(matrix)
    squares = np.zeros(matrix.shape[1])
    for _, block in _blocks(matrix):
        away = block - mean
        squares += np.einsum("ij,ij->j", away, away)
    widths = np.sqrt(squares / len(matrix))
    # What rounding leaves of a constant column is no width.
    widths[widths <= 1e-7 * np.abs(mean)] = 0
    return mean, widths


def _vectors(
    matrix: NDArray[Any], mean: Vector | None = None, widths: Vector | None = None
) -> NDArray[np.float32]:
    """The rows as float32, standardised if told how; the array itself where nothing changes."""
    if mean is None or widths is None:
        return np.ascontiguousarray(matrix, dtype=np.float32)
    found = np.empty(matrix.shape, np.float32)
    for rows, block in _blocks(matrix):
        found[rows] = (block - mean) / widths
    return found


def _classes(y: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InvalidInputError(
            "y holds NaN.", remedy="A simulation needs every label; drop rows without one."
        )
    empty = np.isin(y.astype(str), ["", "None"])
    if empty.any():
        raise InvalidInputError(
            f"Rows with no label: {empty.sum():,} of {len(y):,}, the first at place "
            f"{int(empty.argmax())}.",
            remedy="A simulation needs every label; drop those rows.",
        )
    if y.dtype.kind == "f":
        uneven = y != np.round(y)
        if uneven.any():
            raise InvalidInputError(
                f"y holds {y[uneven][0]}, a measured value rather than a class.",
                remedy="Give classes: whole numbers or names. Group measured values first.",
            )
        y = y.astype(np.int64)
    names, codes = np.unique(y.astype(str) if y.dtype.kind == "O" else y, return_inverse=True)
    if len(names) < 2:
        raise InvalidInputError(
            f"There is only one class: {names[0]!s}.", remedy="Give data with at least two classes."
        )
    return tuple(str(name) for name in names), codes.astype(np.int64)


def _test_mask(split: NDArray[Any], y: NDArray[np.int64]) -> NDArray[np.bool_]:
    if split.shape != y.shape or not np.isin(split, (0, 1)).all():
        raise InvalidInputError(
            f"split has shape {split.shape} and values other than 0 and 1, or too few.",
            remedy="Give 1 for each test row and 0 for each pool row.",
        )
    test = split.astype(bool)
    if test.all() or not test.any():
        raise InvalidInputError(
            "split leaves no pool or no test rows.", remedy="Mark some rows with 1, others with 0."
        )
    return test
