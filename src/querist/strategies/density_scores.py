"""Scores of density: how near the neighbours of a row are, in bounded memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats
from querist.strategies.geometry import (
    Matrix,
    Vector,
    nearest_squared,
    row_chunks,
    squared_distances,
)

_SMALL = 1e-5


def typicality(distances: Vector) -> Vector:
    """1 / (distance + 0.00001) of each row (n,); higher is denser.

    Hacohen, Dekel and Weinshall (2022), "Active learning on a budget: opposite strategies suit
    high and low budgets".

    Args:
        distances: Mean distance of each row to its neighbours (n,), of ``neighbor_distance``.
    """
    return np.asarray(1 / (distances + np.float32(_SMALL)), dtype=np.float32)


def neighbor_distance(
    rows: Matrix, others: Matrix, k: int, itself: NDArray[np.bool_] | None = None
) -> Vector:
    """Mean distance of each row (n,) to its ``k`` nearest of the others; lower is denser.

    One block of rows at a time; time O(n m d). Where there are fewer others all of them count, and
    without any the distance is 0.

    Args:
        rows: Rows to score (n, d).
        others: Rows that may be neighbours (m, d).
        k: How many neighbours.
        itself: Whether the row is one of the others, where it does not count (n,).
    """
    own = np.zeros(len(rows), dtype=bool) if itself is None else itself
    if not len(others):
        return np.zeros(len(rows), dtype=np.float32)
    if k == 1:
        # The nearest alone is many times faster to find than the nearest few.
        found = np.sqrt(nearest_squared(rows, others))
        found[own] = _mean_of_nearest(rows[own], others, k, own[own])
        return found
    return _mean_of_nearest(rows, others, k, own)


def outlying(distances: Vector, share: float) -> NDArray[np.bool_]:
    """The ``share`` of the rows that lie farthest from their neighbours, as a mask (n,).

    Rows as far as the limit are not among them, so that of equal rows none is left out.
    """
    return np.asarray(distances > np.quantile(distances, 1 - share, method="higher"))


def _mean_of_nearest(rows: Matrix, others: Matrix, k: int, own: NDArray[np.bool_]) -> Vector:
    found = np.empty(len(rows), dtype=np.float32)
    for part in row_chunks(len(rows), 2 * len(others)):
        table = squared_distances(rows[part], others)
        near = min(k + 1, table.shape[1])
        if near < table.shape[1]:
            table = np.partition(table, near - 1, axis=1)[:, :near]
        gaps = np.sqrt(np.sort(table, axis=1))
        # A row is its own nearest; of the others the first k count.
        found[part] = np.where(own[part], _mean(gaps[:, 1 : k + 1]), _mean(gaps[:, :k]))
    return found


def _mean(gaps: Floats) -> Floats:
    return gaps.mean(axis=1) if gaps.shape[1] else np.zeros(len(gaps), dtype=np.float32)
