"""K-means in bounded memory: seeded k-means++, weighted, with centres that may be held fixed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.geometry import (
    Matrix,
    Vector,
    nearest_squared,
    row_chunks,
    squared_distances,
    squared_norms,
)


def seeds(vectors: Matrix, k: int, rng: np.random.Generator, weights: Vector) -> Positions:
    """Places (k,) of k-means++ seeds: each is drawn in proportion to weight × distance².

    Arthur and Vassilvitskii (2007), "k-means++: the advantages of careful seeding". Where all rows
    lie on the seeds already, the rest are drawn at random, so there are always ``k``, no repeats.
    """
    norms = squared_norms(vectors)
    closest = np.full(len(vectors), np.inf, dtype=np.float32)
    free = np.ones(len(vectors), dtype=bool)
    chosen = np.empty(k, dtype=np.int64)
    for at in range(k):
        mass = weights if at == 0 else weights * closest
        chosen[at] = pick = draw(np.where(free, mass, 0).astype(np.float64), free, rng)
        free[pick] = False
        away = vectors @ vectors[pick]
        np.minimum(closest, np.maximum(norms + norms[pick] - 2 * away, 0), out=closest)
    return chosen


def draw(mass: NDArray[np.float64], free: NDArray[np.bool_], rng: np.random.Generator) -> int:
    """One free place in proportion to ``mass``; any free one where there is no mass."""
    total = np.cumsum(mass)
    if total[-1] <= 0:
        return int(rng.choice(np.flatnonzero(free)))
    return int(min(np.searchsorted(total, rng.random() * total[-1], side="right"), len(mass) - 1))


def k_means(
    vectors: Matrix,
    k: int,
    rng: np.random.Generator,
    *,
    weights: Vector | None = None,
    fixed: Matrix | None = None,
    rounds: int = 20,
) -> tuple[Matrix, Positions]:
    """Lloyd's algorithm with k-means++ seeds; ``fixed`` centres take part but do not move.

    Returns:
        The centres (k, d) that move, and the cluster of each row (n,), where the fixed centres
        have the numbers from k.
    """
    mass = np.ones(len(vectors), dtype=np.float32) if weights is None else weights
    start = mass
    if fixed is not None and len(fixed):
        start = mass * nearest_squared(vectors, fixed)
    centers = vectors[seeds(vectors, min(k, len(vectors)), rng, start)].copy()
    cluster = np.full(len(vectors), -1, dtype=np.int64)
    for _ in range(rounds):
        every = centers if fixed is None else np.concatenate([centers, fixed])
        now = assign(vectors, every)
        if np.array_equal(now, cluster):
            break
        cluster = now
        _move(centers, vectors, cluster, mass)
    return centers, cluster


def assign(vectors: Matrix, centers: Matrix) -> Positions:
    """The nearest centre of each row (n,)."""
    found = np.empty(len(vectors), dtype=np.int64)
    for rows in row_chunks(len(vectors), len(centers)):
        found[rows] = squared_distances(vectors[rows], centers).argmin(axis=1)
    return found


def _move(centers: Matrix, vectors: Matrix, cluster: Positions, mass: Vector) -> None:
    from scipy.sparse import csr_matrix

    inside = np.flatnonzero(cluster < len(centers))
    table = csr_matrix(
        (mass[inside], (cluster[inside], inside)), shape=(len(centers), len(vectors))
    )
    total = np.asarray(table.sum(axis=1)).ravel()
    filled = total > 0
    centers[filled] = (table @ vectors)[filled] / total[filled, None]


def nearest_to_each(vectors: Matrix, centers: Matrix) -> Positions:
    """For each centre in turn the nearest row not taken yet (k,); k is at most n."""
    free = np.ones(len(vectors), dtype=bool)
    chosen = np.empty(len(centers), dtype=np.int64)
    for block in row_chunks(len(centers), len(vectors)):
        table = squared_distances(centers[block], vectors)
        for at, row in zip(range(block.start, block.stop), table, strict=True):
            chosen[at] = int(np.where(free, row, np.inf).argmin())
            free[chosen[at]] = False
    return chosen
