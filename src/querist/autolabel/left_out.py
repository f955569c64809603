"""Models that leave out each of their rows exactly: ridge regression, votes, and their pool."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Positions = NDArray[np.int64]

# Of cosines around the mean row: the width of the kernel, and how fast votes fade.
_KERNEL = 3.0
_VOTE = 20.0
_VOTE_PRIOR = 0.05
_RIDGES = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0, 10.0)
_SHRINK = 2.0
_COLUMNS = 64


def seen(rows: Matrix, mean: Matrix, scale: Matrix) -> tuple[Matrix, Matrix]:
    """The rows as unit vectors around the mean, and standardised to a length near one."""
    centered = rows - mean
    lengths = np.linalg.norm(centered, axis=1, keepdims=True)
    turned = np.asarray(centered / np.where(lengths > 0, lengths, 1), np.float32)
    return turned, np.asarray(centered / scale, np.float32)


def ridge(table: Matrix, target: NDArray[np.float64]) -> tuple[Matrix, NDArray[np.float64]]:
    """Coefficients (n, C) of ridge regression on a kernel, and its predictions left out (n, C).

    The strength is the one with the least squared error left out, of many columns by every so many.
    """
    values, turn = np.linalg.eigh(table.astype(np.float64))
    values, turned = np.maximum(values, 0), turn.T @ target

    def fitted(strength: float, columns: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        weights = turn @ (turned[:, columns] / (values + strength)[:, None])
        return weights, weights / ((turn**2) @ (1 / (values + strength)))[:, None]

    some = slice(None, None, max(target.shape[1] // _COLUMNS, 1))
    best = min(_RIDGES, key=lambda strength: float((fitted(strength, some)[1] ** 2).mean()))
    weights, residual = fitted(best, slice(None))
    return weights.astype(np.float32), target - residual


def votes(cosines: Matrix, onehot: Matrix) -> NDArray[np.float64]:
    """Log of the share of votes (m, C), near rows count most and every class has a little."""
    weights = np.exp(_VOTE * (cosines - cosines.max(axis=1, keepdims=True)))
    total = weights.sum(axis=1, keepdims=True)
    prior = _VOTE_PRIOR / onehot.shape[1]
    return np.asarray(np.log((weights @ onehot / total + prior) / (1 + _VOTE_PRIOR)), np.float64)


def kernel_of(cosines: Matrix) -> Matrix:
    """The kernel of two unit vectors by their cosine: 1 where they are the same."""
    return np.asarray(np.exp(_KERNEL * (cosines - 1)), np.float32)


def pool_weights(
    logits: NDArray[np.float64], truth: Positions, start: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weight (K,) of each member of a logarithmic opinion pool, 0 or more.

    They have the least log loss on rows that no member has seen, and stay near ``start`` unless
    the rows say otherwise.

    Args:
        logits: What each member says of the rows (K, n, C).
        truth: Their classes (n,).
        start: Where the weights begin (K,), over 0.
    """
    from scipy.optimize import minimize
    from scipy.special import softmax

    places = np.arange(len(truth))
    truths = logits[:, places, truth]

    def loss(scales: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        share = softmax(np.tensordot(scales * start, logits, axes=1), axis=1)
        own = np.maximum(share[places, truth], 1e-300)
        slope = (np.einsum("knc,nc->kn", logits, share) - truths).sum(axis=1) * start
        away = scales - 1
        return float(-np.log(own).sum() + _SHRINK * away @ away), slope + 2 * _SHRINK * away

    found = minimize(
        loss, np.ones(len(start)), jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(start)
    )
    return np.asarray(found.x * start)
