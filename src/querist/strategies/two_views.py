"""Coverage of a pool in two views at once: its rows as they are, and as their neighbourhoods are.

In many dimensions two rows of one kind are hardly nearer to each other than two rows of different
kinds. Averaged over their nearest neighbours they are: what is common to a group stays, what is
particular to a row cancels out. The mean of both similarities tells groups apart early, and rows
apart late, when a labelled row stands for fewer rows than a neighbourhood has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import UNLABELED, Positions
from querist.strategies.coverage import SUB_POOL, Cover, Space, tiling_radius
from querist.strategies.evidence import left_out_loss, looked_at
from querist.strategies.geometry import (
    Hashes,
    Matrix,
    Vector,
    draw_by_weight,
    row_chunks,
    squared_distances,
    unit_rows,
)
from querist.strategies.groups import grouped
from querist.strategies.herding import covered_by, greedy, similarity
from querist.strategies.variance import condition, reduce_variance

# The circles overlap by this much; 0.6 to 0.9 do not differ measurably, 0.45 costs accuracy.
_OVERLAP = 0.75
# Radii at which labels are made to predict each other, as multiples of the one at which they tile
# the pool; the widest that counts as narrow; how much noise is allowed for, and from how many on.
_REACHES = (0.6, 0.8, 1.0, 1.25, 1.6)
_NARROW = 1.0
_NOISE = 0.1
_LEAST_LABELS = 30
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
    classes: Positions | None = None,
) -> Cover:
    """Choose ``k`` candidates that cover the candidates' weight best, beside what is labelled.

    Each pick has the largest gain sum_j w_j max(s_ij - c_j, 0), with s the mean similarity of both
    views, and c_j the best similarity of j to anything labelled or picked. Where the labels so far
    predict each other only from near, each takes most of the weighted variance that is left
    instead: there one label does not settle what is around it. Where the pool has no groups each
    pick is drawn, by weight, from what the chosen row would have covered. Above ``SUB_POOL``
    candidates each part of the batch is chosen from a random sub-pool.

    Args:
        space: The vectors.
        candidates: Positions that may be chosen (m,).
        labeled: Positions that cover already (l,).
        k: How many, at most m.
        rng: Draws the sub-pools.
        weights: How much each candidate matters (m,), not negative; all alike if ``None``.
        classes: Of the labelled rows (l,), ``UNLABELED`` where a row has none.
    """
    matter = np.ones(len(candidates), dtype=np.float32) if weights is None else weights
    apart = not grouped(space, candidates)
    count = len(labeled) + k
    taken = np.zeros(len(candidates), dtype=bool)
    parts: list[Cover] = []
    left = k
    while left:
        free = np.flatnonzero(~taken)
        sub = np.searchsorted(candidates, space.sample(candidates[free], SUB_POOL, rng))
        centers = np.concatenate([labeled, *(part.positions for part in parts)])
        views = _Views.of(space, candidates[sub], centers, count, rng)
        part = min(left, len(sub), _PART if len(free) > SUB_POOL else left)
        settle = classes is not None and _narrow(views, classes)
        choose = _settle if settle else _herd
        places, gains, covered = choose(views, matter[sub], part)
        drawn = apart and not settle
        if drawn:
            hashes = space.hashes[candidates[sub]]
            places = _from_cells(views, places, covered, matter[sub], hashes, rng)
        found = candidates[sub[places]]
        parts.append(Cover(positions=found, gains=gains, covered=covered[places], drawn=drawn))
        taken[sub[places]] = True
        left -= part
    return Cover(
        positions=np.concatenate([part.positions for part in parts]),
        gains=np.concatenate([part.gains for part in parts]),
        covered=np.concatenate([part.covered for part in parts]),
        drawn=any(part.drawn for part in parts),
    )


def _herd(views: _Views, weights: Vector, k: int) -> tuple[Positions, NDArray[np.float64], Vector]:
    covered = views.covered(_OVERLAP)
    places, gains = greedy(views.among_rows(_OVERLAP), weights, covered, k)
    return places, gains, covered


def _from_cells(
    views: _Views,
    places: Positions,
    covered: Vector,
    weights: Vector,
    hashes: Hashes,
    rng: np.random.Generator,
) -> Positions:
    """In place of each pick one of the rows that it covers better than all else does, by weight."""
    to_picks = views.among_rows(_OVERLAP)[places]
    owner = np.where(to_picks.max(axis=0) > covered, to_picks.argmax(axis=0), -1)
    owner[places] = np.arange(len(places))
    cells = [np.flatnonzero(owner == pick) for pick in range(len(places))]
    drawn = [cell[draw_by_weight(hashes[cell], weights[cell], 1, rng)] for cell in cells]
    return np.concatenate(drawn)


def _settle(
    views: _Views, weights: Vector, k: int
) -> tuple[Positions, NDArray[np.float64], Vector]:
    table, to_centers = views.among_rows(_OVERLAP), views.to_centers(_OVERLAP)
    covered = to_centers.max(axis=1, initial=0)
    condition(table, to_centers, views.among_centers(_OVERLAP))
    # Where labels are noisy, doubt is mostly noise: its root lets coverage count for more.
    places, gains = reduce_variance(table, np.sqrt(weights), k)
    return places, gains, covered


def _narrow(views: _Views, classes: Positions) -> bool:
    """Whether labels predict each other best from nearer than the radius at which they tile."""
    known = np.flatnonzero(classes != UNLABELED)
    if len(views.both) == 1 or len(known) < _LEAST_LABELS:
        return False
    known = known[looked_at(len(known))]
    tables = views.among_labeled(known, len(classes), _REACHES)
    losses = [left_out_loss(table, classes[known], _NOISE) for table in tables]
    return _REACHES[int(np.argmin(losses))] <= _NARROW


@dataclass(frozen=True, slots=True)
class _View:
    """Unit vectors of a sub-pool's rows (n, d), of centres (c, d), of a sample, and the radius."""

    rows: Matrix
    centers: Matrix
    sample: Matrix
    radius: float


@dataclass(frozen=True, slots=True)
class _Views:
    """A sub-pool as it is and, early, as its neighbourhoods are; similarities are the mean."""

    both: tuple[_View, ...]

    @classmethod
    def of(
        cls,
        space: Space,
        rows: Positions,
        centers: Positions,
        count: int,
        rng: np.random.Generator,
    ) -> _Views:
        own, others = space.at(rows), space.at(centers)
        places = space.places_of_sample(rows, rng)
        first = _View(own, others, own[places], tiling_radius(own[places], count))
        size = min(_NEIGHBORS, int(_TILE_SHARE * (len(rows) + len(centers)) / count))
        if size < 2:
            return cls((first,))
        mixed = averaged(np.concatenate([own, others]), size)
        own, others = mixed[: len(own)], mixed[len(own) :]
        return cls((first, _View(own, others, own[places], tiling_radius(own[places], count))))

    def covered(self, overlap: float) -> Vector:
        """Similarity of each row (n,) to the nearest centre."""
        if len(self.both) == 1:
            (view,) = self.both
            return covered_by(view.rows, view.centers, overlap * view.radius)
        found: Vector = self.to_centers(overlap).max(axis=1, initial=0)
        return found

    def among_rows(self, overlap: float) -> Matrix:
        """Similarities (n, n)."""
        return _mean([similarity(v.rows, v.rows, overlap * v.radius) for v in self.both])

    def to_centers(self, overlap: float) -> Matrix:
        """Similarities (n, c)."""
        return _mean([similarity(v.rows, v.centers, overlap * v.radius) for v in self.both])

    def among_centers(self, overlap: float) -> Matrix:
        """Similarities (c, c)."""
        return _mean([similarity(v.centers, v.centers, overlap * v.radius) for v in self.both])

    def among_labeled(
        self, known: Positions, count: int, overlaps: Sequence[float]
    ) -> Iterator[Matrix]:
        """Similarities of some centres, at multiples of the radius at which ``count`` tile."""
        kept = [(v.centers[known], tiling_radius(v.sample, count)) for v in self.both]
        for overlap in overlaps:
            yield _mean([similarity(rows, rows, overlap * radius) for rows, radius in kept])


def _mean(tables: list[Matrix]) -> Matrix:
    found = tables[0]
    for table in tables[1:]:
        found += table
    found *= np.float32(1 / len(tables))
    return found


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
