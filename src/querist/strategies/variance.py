"""Greedy reduction of variance: what stays unknown about the pool when some rows are labelled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.geometry import Matrix, Vector, row_chunks

# How much of a label is noise, as a variance beside the 1 that nothing is known of a row.
NOISE = 0.3


def condition(table: Matrix, to_known: Matrix, among_known: Matrix) -> None:
    """Turn similarities of rows into their covariance once some others are labelled, in place.

    Of a Gaussian process with these similarities as its covariance: S - T (A + noise)⁻¹ Tᵀ.

    Args:
        table: Among the rows (n, n), 1 on the diagonal; overwritten.
        to_known: From each row to each labelled one (n, l).
        among_known: Among the labelled ones (l, l).
    """
    if not to_known.shape[1]:
        return
    from scipy.linalg import solve_triangular

    noisy = among_known.astype(np.float64)
    noisy[np.diag_indices(len(noisy))] += NOISE
    root = np.linalg.cholesky(noisy)
    half = solve_triangular(root, to_known.T.astype(np.float64), lower=True).T.astype(np.float32)
    for rows in row_chunks(len(table), len(table)):
        table[rows] -= half[rows] @ half.T


def reduce_variance(
    covariance: Matrix, weights: Vector, k: int
) -> tuple[Positions, NDArray[np.float64]]:
    """Pick ``k`` rows whose labels take most of the weighted variance of all, one by one.

    A label of row i takes sum_j w_j c_ij² / (c_ii + noise) (Yu, Bi and Tresp, 2006, "Active
    learning via transductive experimental design"). The covariance after each pick is kept as the
    first one and one column a pick, so that a pick costs one product of the table and a vector.

    Args:
        covariance: Among the rows (n, n), symmetric; left as it is.
        weights: How much each row matters (n,), not negative.
        k: How many, at most n.

    Returns:
        The places (k,) in order and what each takes, as a share of the total weight.
    """
    count = len(covariance)
    taken = np.concatenate(
        [np.square(covariance[rows]) @ weights for rows in row_chunks(count, count)]
    ).astype(np.float64)
    own = np.diag(covariance).astype(np.float64)
    columns = np.zeros((count, k), dtype=np.float32)
    chosen = np.empty(k, dtype=np.int64)
    gains = np.empty(k, dtype=np.float64)
    open_rows = np.ones(count, dtype=bool)
    for at in range(k):
        worth = np.where(open_rows, taken / (own + NOISE), -np.inf)
        pick = int(worth.argmax())
        chosen[at], gains[at] = pick, worth[pick]
        open_rows[pick] = False
        before = columns[:, :at]
        column = covariance[pick] - before @ before[pick]
        column /= np.float32(np.sqrt(own[pick] + NOISE))
        weighted = weights * column
        change = covariance @ weighted - before @ (before.T @ weighted)
        square = np.square(column, dtype=np.float64)
        taken += square * float(weighted @ column) - 2.0 * column * change
        np.maximum(taken, 0, out=taken)
        own = np.maximum(own - square, 0)
        columns[:, at] = column
    return chosen, gains / max(float(weights.sum()), 1e-12)
