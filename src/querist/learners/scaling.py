"""Mean and scale of columns, as the learners that standardise their rows use them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.learners.one_thread import one_thread

Values = NDArray[np.float64]
Rows = NDArray[np.floating[Any]]

# How far a row's length may be from one: half precision keeps three digits of each number.
_OFF_ONE = 1e-2
# One scale is taken wholly where it is better by so many standard errors, below that in part: a
# switch would let one label more or less change the whole model.
_SURE = 3.0
# Rows that are asked; more would only make a clear answer clearer.
_JUDGED = 300
# Strengths of the ridge regressions, for each column; each scale is judged at its best.
_STRENGTHS = np.array([0.01, 0.03, 0.1, 0.3, 1.0])


def column_scales(rows: Rows, targets: Values | None = None) -> tuple[Values, Values]:
    """Mean (d,) and scale (d,) of the columns of rows (n, d); infinite for a constant column.

    Args:
        rows: To be scaled (n, d).
        targets: What is learnt from them (n, k), such as ``one_hot`` makes it; ``None`` where it
            is not known.
    """
    mean, width = column_widths(rows)
    return mean, blended(width, one_unit(rows, targets))


def column_widths(rows: Rows) -> tuple[Values, Values]:
    """Mean (d,) and standard deviation (d,) of columns; infinite for a constant column.

    A constant column says nothing; dividing by its rounding error would say a lot.
    """
    mean = rows.mean(axis=0, dtype=np.float64)
    width = rows.std(axis=0, dtype=np.float64)
    width[width <= 1e-6 * np.maximum(np.abs(mean), min(1.0, float(width.max())))] = np.inf
    return mean, width


def one_unit(rows: Rows, targets: Values | None = None) -> float:
    """How far the columns are to be taken as of one unit: 0 each on its own, 1 all as they are.

    The columns of a table have units of their own and are each brought to one width. Those of an
    embedding share one unit: a narrow column says less there, and as wide as the others it is
    mostly noise. So rows of length one are of one unit, and others as far as that serves the
    targets, by the errors of ridge regressions of which each row is left out: where these are
    three standard errors lower, wholly.

    Args:
        rows: The rows (n, d).
        targets: As for ``column_scales``; without them only rows of length one are of one unit.
    """
    if _have_length_one(rows):
        return 1.0
    if targets is None:
        return 0.0
    judged = np.unique(np.linspace(0, len(rows) - 1, _JUDGED).astype(int))
    mean, width = column_widths(rows[judged])
    # What is learnt may have any unit, and squares of the largest numbers are not finite.
    wanted = targets[judged] / max(float(np.abs(targets[judged]).max()), 1e-300)
    centered, wanted = rows[judged] - mean, wanted - wanted.mean(axis=0)
    return _share_of_gain(centered / width, centered / blended(width, 1.0), wanted)


def blended(width: Values, shared: float) -> Values:
    """The scale (d,) of columns of these widths (d,), each on its own or in part of one unit.

    Between the two ends it is their weighted geometric mean. The scaled columns have a mean square
    of one in all. Infinite widths stay infinite.
    """
    scale = width.copy()
    varies = np.isfinite(width)
    if shared and varies.any():
        told = width[varies] / width[varies].max()
        some = told ** (1 - shared)
        scale[varies] = some * np.sqrt(np.square(told / some).mean()) * width[varies].max()
    return scale


def one_hot(codes: NDArray[Any]) -> Values:
    """Classes (n,) as targets (n, k), a column for each class that occurs."""
    present, place = np.unique(codes, return_inverse=True)
    return np.eye(len(present))[place]


def _have_length_one(rows: Rows) -> bool:
    squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    return bool((np.abs(np.sqrt(squares) - 1) <= _OFF_ONE).all())


def _share_of_gain(each: Values, one: Values, targets: Values) -> float:
    with one_thread():
        gain = _left_out(each, targets) - _left_out(one, targets)
    error = float(gain.std()) / np.sqrt(len(gain))
    return float(np.clip(gain.mean() / (_SURE * error), 0, 1)) if error > 0 else 0.0


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
