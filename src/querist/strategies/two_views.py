"""Coverage of a pool in two views at once: its rows as they are, and as their neighbourhoods are.

In many dimensions two rows of one kind are hardly nearer to each other than two rows of different
kinds. Averaged over their nearest neighbours they are: what is common to a group stays, what is
particular to a row cancels out. The mean of both similarities tells groups apart early, and rows
apart late, when a labelled row stands for fewer rows than a neighbourhood has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.strategies.base import Positions
from querist.strategies.coverage import SUB_POOL, Cover, Space, tiling_radius
from querist.strategies.geometry import Matrix, Vector, row_chunks, squared_distances, unit_rows
from querist.strategies.herding import covered_by, greedy, similarity

# Picks from one sub-pool before the next is drawn.
_PART = 1024
# A neighbourhood has this many rows, and at most half of what each labelled row stands for.
_NEIGHBORS = 25
_TILE_SHARE = 0.5
# How often a row is averaged with its neighbours, and what it keeps of itself each time.
_STEPS = 3
_OWN = 0.5


def cover(
    space: Space,
    candidates: Positions,
    labeled: Positions,
    k: int,
    rng: np.random.Generator,
    *,
    weights: Vector | None = None,
    overlap: float = 1.0,
) -> Cover:
    """Choose ``k`` candidates that cover the candidates' weight best, beside what is labelled.

    Each pick has the largest gain sum_j w_j max(s_ij - c_j, 0), with s the mean similarity of both
    views, and c_j the best similarity of j to anything labelled or picked. Above ``SUB_POOL``
    candidates each part of the batch is chosen from a random sub-pool.

    Args:
        space: The vectors.
        candidates: Positions that may be chosen (m,).
        labeled: Positions that cover already (l,).
        k: How many, at most m.
        rng: Draws the sub-pools.
        weights: How much each candidate matters (m,), not negative; all alike if ``None``.
        overlap: The radius of a labelled row as a multiple of the one at which all tile the pool.
    """
    matter = np.ones(len(candidates), dtype=np.float32) if weights is None else weights
    count = len(labeled) + k
    taken = np.zeros(len(candidates), dtype=bool)
    parts: list[Cover] = []
    left = k
    while left:
        free = np.flatnonzero(~taken)
        sub = np.searchsorted(candidates, space.sample(candidates[free], SUB_POOL, rng))
        centers = np.concatenate([labeled, *(part.positions for part in parts)])
        near = _Nearness.of(space, candidates[sub], centers, count, overlap, rng)
        part = min(left, len(sub), _PART if len(free) > SUB_POOL else left)
        places, gains = greedy(near.table, matter[sub], near.covered, part)
        found = candidates[sub[places]]
        parts.append(Cover(positions=found, gains=gains, covered=near.covered[places]))
        taken[sub[places]] = True
        left -= part
    return Cover(
        positions=np.concatenate([part.positions for part in parts]),
        gains=np.concatenate([part.gains for part in parts]),
        covered=np.concatenate([part.covered for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Nearness:
    """Similarities among the rows of a sub-pool (n, n), and of each to the nearest centre (n,)."""

    table: Matrix
    covered: Vector

    @classmethod
    def of(
        cls,
        space: Space,
        rows: Positions,
        centers: Positions,
        count: int,
        overlap: float,
        rng: np.random.Generator,
    ) -> _Nearness:
        own, others = space.at(rows), space.at(centers)
        sample = space.places_of_sample(rows, rng)
        radius = overlap * tiling_radius(own[sample], count)
        table = similarity(own, own, radius)
        size = min(_NEIGHBORS, int(_TILE_SHARE * (len(rows) + len(centers)) / count))
        if size < 2:
            return cls(table, covered_by(own, others, radius))
        known = similarity(own, others, radius)
        both = averaged(np.concatenate([own, others]), size)
        own, others = both[: len(own)], both[len(own) :]
        radius = overlap * tiling_radius(own[sample], count)
        table += similarity(own, own, radius)
        table *= np.float32(0.5)
        known += similarity(own, others, radius)
        known *= np.float32(0.5)
        return cls(table, known.max(axis=1, initial=0))


def averaged(vectors: Matrix, neighbors: int) -> Matrix:
    """The unit vectors (n, d) of rows after repeated averaging with their nearest neighbours.

    Wu et al. (2019), "Simplifying graph convolutional networks", on the graph of nearest rows.

    Args:
        vectors: Rows (n, d) of length one.
        neighbors: How many nearest rows take part, below n.
    """
    nearest = np.empty((len(vectors), neighbors), dtype=np.int64)
    for rows in row_chunks(len(vectors), len(vectors)):
        table = squared_distances(vectors[rows], vectors)
        table[np.arange(len(table)), np.arange(rows.start, rows.stop)] = np.inf
        nearest[rows] = np.argpartition(table, neighbors - 1, axis=1)[:, :neighbors]
    found = vectors
    for _ in range(_STEPS):
        found = _OWN * vectors + (1 - _OWN) * _means(found, nearest)
    return unit_rows(found - found.mean(axis=0))


def _means(vectors: Matrix, nearest: Positions) -> Matrix:
    from scipy.sparse import csr_matrix

    count, neighbors = nearest.shape
    shares = np.full(nearest.size, 1 / neighbors, dtype=np.float32)
    ends = np.arange(0, nearest.size + 1, neighbors)
    graph = csr_matrix((shares, nearest.ravel(), ends), shape=(count, count))
    return np.asarray(graph @ vectors, dtype=np.float32)
