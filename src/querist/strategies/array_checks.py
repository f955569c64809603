"""Checks that every array of a pool shares: its form, finite numbers, blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError

_CHUNK_BYTES = 1 << 22


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
    array = np.asanyarray(given)
    if array.ndim != 2 or array.dtype.kind not in "fiub":
        raise InvalidInputError(
            f"The {name} have the shape {array.shape} and the type {array.dtype}.",
            remedy="Give a two-dimensional array of numbers, one row for each item of the pool.",
        )
    return array


def row_blocks(table: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The rows in blocks of 4 MiB, each with the position of its first row."""
    step = max(_CHUNK_BYTES // max(table.shape[1] * table.itemsize, 1), 1)
    for start in range(0, len(table), step):
        yield start, table[start : start + step]


def not_finite(name: str, row: int) -> InvalidInputError:
    """The error for a row that holds NaN or infinity."""
    return InvalidInputError(
        f"The {name} of row {row} hold NaN or an infinite number.",
        remedy="Repair or leave out this row before selecting.",
        row=row,
    )
