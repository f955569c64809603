"""Mean and spread of columns, as the learners that standardise their rows use them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Matrix

Values = NDArray[np.float64]


def column_scales(rows: Matrix) -> tuple[Values, Values]:
    """Mean (d,) and standard deviation (d,) of rows (n, d); infinite for a constant column.

    A constant column says nothing; dividing by its rounding error would say a lot.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    scale = rows.std(axis=0, dtype=np.float64)
    scale[scale <= 1e-6 * np.maximum(1, np.abs(mean))] = np.inf
    return mean, scale
