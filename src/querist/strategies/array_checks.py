"""Checks that every array of a pool shares: its form, finite numbers, blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.strategies.parts import each_part, times_vector

_CHUNK_BYTES = 1 << 22
_QUICK_BYTES = 1 << 19


def matrix(name: str, given: ArrayLike) -> NDArray[Any]:
    """``given`` as a two-dimensional array of numbers.

    Raises:
        InvalidInputError: it is something else.
    """
    if hasattr(given, "tocsr"):
        raise InvalidInputError(
            f"The {name} are a sparse matrix.",
            remedy="Reduce it first, for example with TruncatedSVD, and pass the dense result.",
        )
    if isinstance(given, np.ma.MaskedArray):
        raise InvalidInputError(
            f"The {name} are a masked array.",
            remedy="Fill what is masked or leave these rows out, and pass a plain array.",
        )
    array = read(name, given)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InvalidInputError(
            f"The {name} have the shape {array.shape} and the type {array.dtype}.",
            remedy="Give a two-dimensional array of numbers, one row for each item of the pool.",
        )
    return array


def read(name: str, given: ArrayLike) -> NDArray[Any]:
    """``given`` as an array.

    Raises:
        InvalidInputError: its rows differ in length.
    """
    try:
        return np.asanyarray(given)
    except ValueError as error:
        raise InvalidInputError(
            f"The {name} are no array: {error}", remedy="Give rows of one length, all of numbers."
        ) from error


def row_blocks(table: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The rows in blocks of 4 MiB, each with the position of its first row."""
    step = max(_CHUNK_BYTES // max(table.shape[1] * table.itemsize, 1), 1)
    for start in range(0, len(table), step):
        yield start, table[start : start + step]


def quick_look(table: NDArray[Any]) -> tuple[float, float, float]:
    """The least and largest sum of a row and the least number of a table (n, d), n and d not 0.

    NaN where a row holds NaN; what is infinite may be infinite or NaN.
    """
    ones = np.ones(table.shape[1], dtype=table.dtype)
    seen: list[tuple[float, float, float]] = []

    def look(rows: slice) -> None:
        block = table[rows]
        with np.errstate(over="ignore", invalid="ignore"):
            sums = times_vector(block, ones)
            seen.append((float(sums.min()), float(sums.max()), float(block.min())))

    step = max(_QUICK_BYTES // (table.shape[1] * table.itemsize), 1)
    each_part(look, len(table), step, width=table.shape[1])
    low, high, least = zip(*seen, strict=True)
    # numpy's min and max, for those of Python lose NaN.
    return float(np.min(low)), float(np.max(high)), float(np.min(least))


def not_finite(name: str, row: int) -> InvalidInputError:
    """The error for a row that holds NaN or infinity."""
    return InvalidInputError(
        f"The {name} of row {row} hold NaN or an infinite number.",
        remedy="Repair or leave out this row before selecting.",
        row=row,
    )
