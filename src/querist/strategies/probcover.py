"""ProbCover: as many rows as possible within a fixed distance of a labelled one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies.base import Pool, Positions, Selection, Signal, register
from querist.strategies.clusters import assign, k_means
from querist.strategies.coverage import SUB_POOL, Space
from querist.strategies.geometry import (
    Matrix,
    draw_by_hash,
    nearest_squared,
    row_chunks,
    squared_distances,
)
from querist.strategies.herding import greedy
from querist.strategies.validation import need_embeddings

_PART = 1024
_PURITY = 0.95
_PURITY_ROWS = 1_000
_CLASSES = 10


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ProbCover:
    """Greedy maximum coverage by balls on unit vectors; made for the very first labels.

    Above ``SUB_POOL`` candidates each part of the batch is chosen from a random sub-pool.

    Attributes:
        delta: Radius of a ball, 0 to 2. ``None`` takes the largest at which 95 % of the balls hold
            one k-means cluster only, with as many clusters as classes (10 if not known).
    """

    name: ClassVar[str] = "probcover"
    summary: ClassVar[str] = "The rows with most neighbours not yet covered; for the start."
    paper: ClassVar[str] = "Yehuda et al. (2022), Active learning through a covering lens."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})
    delta: float | None = None

    def __post_init__(self) -> None:
        if self.delta is not None and not 0 < self.delta <= 2:
            raise InvalidInputError(
                f"delta is {self.delta}.", remedy="Give a distance above 0, at most 2, or None."
            )

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the share of the (sub-)pool each covers in addition."""
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        delta = pure_radius(space, pool, rng) if self.delta is None else self.delta
        picks, gains = _cover(space, pool, n, delta, rng)
        return Selection(
            indices=picks,
            scores=gains,
            reasons=("It is close to many items with no similar labelled one.",) * n,
            note=f"The rows with most uncovered neighbours within a distance of {delta:.3g}.",
        )


def pure_radius(space: Space, pool: Pool, rng: np.random.Generator) -> float:
    """The largest radius at which 95 % of the balls hold rows of one k-means cluster only."""
    vectors = space.at(space.sample(pool.candidates, _PURITY_ROWS, rng))
    classes = min(pool.class_count or _CLASSES, len(vectors))
    cluster = assign(vectors, k_means(vectors, classes, rng)[0])
    stranger = np.full(len(vectors), np.inf, dtype=np.float32)
    for number in np.unique(cluster):
        inside = cluster == number
        stranger[inside] = nearest_squared(vectors[inside], vectors[~inside])
    # A ball is pure up to its nearest row of another cluster.
    found = float(np.sqrt(np.quantile(np.minimum(stranger, 4), 1 - _PURITY, method="lower")))
    return min(max(found, 0.02), 2.0)


def _cover(
    space: Space, pool: Pool, n: int, delta: float, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.float64]]:
    free = pool.candidates
    centers = space.at(pool.labeled)
    picks, gains = [], []
    left = n
    while left:
        # In the order of the hashes, so that ties, which are many, go to random rows.
        sub = free[draw_by_hash(space.hashes[free], min(SUB_POOL, len(free)), rng)]
        part = min(left, len(sub), _PART if len(free) > SUB_POOL else left)
        vectors = space.at(sub)
        covered = nearest_squared(vectors, centers) < np.float32(delta * delta)
        weights = np.ones(len(sub), dtype=np.float32)
        places, more = greedy(_balls(vectors, delta), weights, covered.astype(np.float32), part)
        picks.append(sub[places])
        gains.append(more)
        centers = np.concatenate([centers, vectors[places]])
        free = np.setdiff1d(free, sub[places], assume_unique=True)
        left -= part
    return np.concatenate(picks), np.concatenate(gains)


def _balls(vectors: Matrix, delta: float) -> Matrix:
    inside = np.empty((len(vectors), len(vectors)), dtype=np.float32)
    for rows in row_chunks(len(vectors), len(vectors)):
        inside[rows] = squared_distances(vectors[rows], vectors) < np.float32(delta * delta)
    # Rounding may put a row outside its own ball.
    np.fill_diagonal(inside, 1)
    return inside
