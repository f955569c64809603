"""Mean and spread of columns, as the learners that standardise their rows use them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Matrix

Values = NDArray[np.float64]

# How far a row's length may be from one: half precision keeps three digits of each number.
_OFF_ONE = 1e-2


def column_scales(rows: Matrix) -> tuple[Values, Values]:
    """Mean (d,) and standard deviation (d,) of rows (n, d); infinite for a constant column.

    A constant column says nothing; dividing by its rounding error would say a lot. Rows of length
    one were scaled as a whole, so their columns have one unit and one scale: a narrow column says
    less there, and brought to the width of the others it is mostly noise. Of vectors of words
    (``text-tfidf``) that is most columns.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    scale = rows.std(axis=0, dtype=np.float64)
    constant = scale <= 1e-6 * np.maximum(1, np.abs(mean))
    if _have_length_one(rows):
        scale[:] = np.sqrt(np.square(scale).mean())
    scale[constant] = np.inf
    return mean, scale


def _have_length_one(rows: Matrix) -> bool:
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    return bool((np.abs(np.sqrt(squares) - 1) <= _OFF_ONE).all())
