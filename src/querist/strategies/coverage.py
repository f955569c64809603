"""What coverage of a pool is measured by: vectors in one space, radii that follow the labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Pool, Positions
from querist.strategies.geometry import (
    Hashes,
    Matrix,
    Vector,
    content_hashes,
    draw_by_hash,
    row_chunks,
    squared_distances,
    unit_rows,
)

# Rows of one sub-pool; its similarities take SUB_POOL² × 4 bytes = 64 MiB at most.
SUB_POOL = 4096
_MEAN_ROWS = 20_000
# Up to this many dimensions the length of a vector says as much as its direction; in many it
# mostly tells outliers apart, and covering by it costs accuracy (ringnorm: -.056 with d = 20).
_FLAT_DIMENSIONS = 4.0
_MEASURED_ROWS = 1_000
_LARGEST_SHARE = 0.1
_LEAST_SHARE = 0.002
_LEAST_RADIUS = 0.02
# Radius on unit vectors before two rows are labelled (Bae, Sutherland et al., 2024).
FIRST_RADIUS = 1.0


@dataclass(frozen=True, slots=True)
class Space:
    """The vectors of a pool, centred and scaled to length one, made on demand.

    Attributes:
        rows: All vectors (N, d).
        center: What is subtracted first (d,).
        hashes: What a candidate is drawn by (N,), from its own numbers alone.
        height: A constant coordinate added before scaling, 0 for none. It keeps apart rows that
            lie in one direction at different distances, which matters when d is small.
    """

    rows: Floats
    center: Vector
    height: float
    hashes: Hashes

    @classmethod
    def of(
        cls, pool: Pool, rows: Floats, rng: np.random.Generator, *, raised: bool = False
    ) -> Space:
        """The space of the pool's rows, centred on the mean of up to 20,000 candidates."""
        hashes = np.zeros(pool.size, dtype=np.uint64)
        hashes[pool.candidates] = content_hashes(rows, pool.candidates)
        places = draw_by_hash(hashes[pool.candidates], _MEAN_ROWS, rng)
        sample = rows[pool.candidates[places]].astype(np.float64)
        center = sample.mean(axis=0)
        height = 0.0
        if raised:
            sample -= center
            typical = float(np.sqrt(np.einsum("ij,ij->i", sample, sample).mean()))
            height = typical * min(1.0, (_FLAT_DIMENSIONS / rows.shape[1]) ** 2)
        return cls(rows, center.astype(np.float32), height, hashes)

    def sample(self, candidates: Positions, limit: int, rng: np.random.Generator) -> Positions:
        """At most ``limit`` of some candidates, drawn at random, in their own order."""
        if len(candidates) <= limit:
            return candidates
        return candidates[np.sort(draw_by_hash(self.hashes[candidates], limit, rng))]

    def places_of_sample(self, positions: Positions, rng: np.random.Generator) -> Positions:
        """Places of at most 1,000 of some sorted positions, enough to measure distances on."""
        return np.searchsorted(positions, self.sample(positions, _MEASURED_ROWS, rng))

    def at(self, positions: Positions) -> Matrix:
        """The unit vectors (p, d), or (p, d + 1) with a height, of some positions."""
        vectors = self.rows[positions] - self.center
        if self.height:
            column = np.full((len(vectors), 1), self.height, dtype=np.float32)
            vectors = np.concatenate([vectors, column], axis=1)
        return unit_rows(vectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What a coverage chose: positions (k,), gains (k,) and similarity to labelled rows (k,).

    ``drawn`` tells that they are random rows near those with the largest gains.
    """

    positions: Positions
    gains: NDArray[np.float64]
    covered: Vector
    drawn: bool = False


def adaptive_radius(space: Space, labeled: Positions) -> float:
    """Low quantile of the distances between nearest labelled rows; 1 below two of them.

    It shrinks as labels come in, so that coverage turns into uncertainty (Bae et al., 2025).
    Duplicates among the labelled rows are why it is the 1 % quantile and not the minimum.
    """
    if len(labeled) < 2:
        return FIRST_RADIUS
    vectors = space.at(labeled)
    nearest = np.sqrt(_to_others(vectors))
    nearest = nearest[nearest > 1e-4]
    return max(float(np.quantile(nearest, 0.01)), 0.02) if len(nearest) else FIRST_RADIUS


def tiling_radius(vectors: Matrix, count: int) -> float:
    """The radius at which ``count`` labelled rows tile the pool: wide at first, then ever smaller.

    It is the distance within which the nearest 1 / count of the pool lies, for the median row of
    a sample (n, d) of the pool's unit vectors. So it follows the data and needs no tuning.
    """
    if len(vectors) < 2:
        return FIRST_RADIUS
    share = min(max(1 / count, _LEAST_SHARE), _LARGEST_SHARE)
    table = squared_distances(vectors, vectors)
    np.fill_diagonal(table, np.inf)
    place = min(int(share * (len(vectors) - 1)), len(vectors) - 2)
    found = float(np.sqrt(np.median(np.partition(table, place, axis=1)[:, place])))
    # Beyond what the sample can resolve it goes on shrinking, so that uncertainty decides late.
    return max(found * min(1.0, float(np.sqrt(1 / (count * _LEAST_SHARE)))), _LEAST_RADIUS)


def _to_others(vectors: Matrix) -> Vector:
    found = np.empty(len(vectors), dtype=np.float32)
    for rows in row_chunks(len(vectors), len(vectors)):
        table = squared_distances(vectors[rows], vectors)
        table[np.arange(table.shape[0]), np.arange(rows.start, rows.stop)] = np.inf
        found[rows] = table.min(axis=1)
    return found
