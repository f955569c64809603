"""Mean and spread of columns, as the learners that standardise their rows use them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Codes, Matrix

Values = NDArray[np.float64]

# How far a row's length may be from one: half precision keeps three digits of each number.
_OFF_ONE = 1e-2
# One scale has to be better by so many standard errors: on small sets one error less is luck.
_SURE = 1.5
# Rows that are asked; more would only make a clear answer clearer.
_JUDGED = 300
# Strengths of the ridge regressions, for each column; each scale is judged at its best.
_STRENGTHS = np.array([0.01, 0.03, 0.1, 0.3, 1.0])


def column_scales(rows: Matrix, targets: Values | None = None) -> tuple[Values, Values]:
    """Mean (d,) and standard deviation (d,) of rows (n, d); infinite for a constant column.

    A constant column says nothing; dividing by its rounding error would say a lot. The columns of
    a table have units of their own and are each brought to one width. Those of an embedding share
    one unit: a narrow column says less there, and as wide as the others it is mostly noise. So
    one scale for all columns is taken where rows have length one, and where it is plainly better
    for the targets, by the errors of ridge regressions of which each row is left out.

    Args:
        rows: To be scaled (n, d).
        targets: What is learnt from them (n, k), such as ``one_hot`` makes it; ``None`` where it
            is not known.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    scale = rows.std(axis=0, dtype=np.float64)
    constant = scale <= 1e-6 * np.maximum(np.abs(mean), min(1.0, float(scale.max())))
    scale[constant] = np.inf
    if constant.all():
        return mean, scale
    common = np.where(constant, np.inf, _mean_square(scale[~constant]))
    if _have_length_one(rows) or (
        targets is not None and _is_better(common, scale, rows - mean, targets)
    ):
        return mean, common
    return mean, scale


def one_hot(codes: Codes) -> Values:
    """Classes (n,) as targets (n, k), a column for each class that occurs."""
    present, place = np.unique(codes, return_inverse=True)
    return np.eye(len(present))[place]


def _mean_square(scale: Values) -> float:
    widest = float(scale.max())  # of numbers near the ends of float32 the squares go farther
    return widest * float(np.sqrt(np.square(scale / widest).mean()))


def _have_length_one(rows: Matrix) -> bool:
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    return bool((np.abs(np.sqrt(squares) - 1) <= _OFF_ONE).all())


def _is_better(scale: Values, other: Values, centered: Values, targets: Values) -> bool:
    from threadpoolctl import threadpool_limits

    judged = np.unique(np.linspace(0, len(centered) - 1, _JUDGED).astype(int))
    rows, wanted = centered[judged], targets[judged]
    wanted = wanted - wanted.mean(axis=0)
    with threadpool_limits(1, user_api="blas"):
        gain = _left_out(rows / other, wanted) - _left_out(rows / scale, wanted)
    return bool(gain.mean() > _SURE * gain.std() / np.sqrt(len(gain)))


def _left_out(rows: Values, targets: Values) -> Values:
    """Squared error (n,) at each row of the best ridge regression without it; both are centred.

    The residual of a row over one less its leverage: Rifkin and Lippert (2007), "Notes on
    regularized least squares".
    """
    count, columns = rows.shape
    left, values, _ = np.linalg.svd(rows, full_matrices=False)
    along, beside = left.T @ targets, targets - left @ (left.T @ targets)
    best = np.full(count, np.inf)
    for strength in _STRENGTHS * max(columns, 15):
        kept = np.square(values) / (np.square(values) + strength)
        residual = beside + left @ ((1 - kept)[:, None] * along)
        rest = np.maximum(1 - np.square(left) @ kept - 1 / count, 1e-12)
        errors = np.square(residual / rest[:, None]).sum(axis=1)
        best = errors if errors.sum() < best.sum() else best
    return best
