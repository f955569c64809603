"""Any strategy on the neighbourhood of the labelled rows, with some random rows beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.strategies.base import (
    Floats,
    Pool,
    Positions,
    Selection,
    Signal,
    Strategy,
    create,
    register,
)
from querist.strategies.coverage import Space
from querist.strategies.geometry import CHUNK, draw_by_hash, squared_distances
from querist.strategies.parameters import positive, share
from querist.strategies.validation import need_embeddings

# Labelled rows whose neighbours are looked up; more are drawn from.
_LABELED = 2_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SubPool:
    """Lets a strategy see only the nearest neighbours of labelled rows, and a random share.

    The strategy inside works on arrays of the sub-pool's size. The neighbours are found exactly,
    in blocks, with one product of the pool with the labelled rows; there is no index that is kept,
    as the paper has. Without a label the sub-pool is a random draw of 10 × ``neighbors`` rows.

    Attributes:
        inside: The strategy that chooses.
        parameters: Its parameters.
        neighbors: Neighbours of each labelled row.
        random_share: Random rows beside them, as a share of their number, 0 to 1. They let the
            search leave regions that have no labelled neighbour.
    """

    name: ClassVar[str] = "sub-pool"
    summary: ClassVar[str] = "Any strategy, on the neighbours of labelled rows; for huge pools."
    paper: ClassVar[str] = "Coleman et al. (2022), Similarity search for efficient AL (SEALS)."
    inside: str = "margin"
    parameters: Mapping[str, object] = field(default_factory=dict)
    neighbors: int = 100
    random_share: float = 0.1

    def __post_init__(self) -> None:
        positive("neighbors", self.neighbors)
        share("random_share", self.random_share)
        if "annotations" in self.parameters:
            raise InvalidInputError(
                "The annotations hold positions of the whole pool, not of a sub-pool.",
                remedy="Leave them out, or use the strategy without a sub-pool.",
            )
        self._strategy()

    @property
    def needs(self) -> frozenset[Signal]:
        """Embeddings, and what the strategy inside needs."""
        return self._strategy().needs | {Signal.EMBEDDINGS}

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The picks of the strategy inside; chances are not known for the whole pool."""
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        chosen = self._candidates(space, pool, n, rng)
        rows = np.union1d(chosen, pool.labeled)
        picks = self._strategy().select(part_of(pool, rows, chosen), n, rng)
        note = f"{picks.note} Chosen among {len(chosen)} rows, most of them near labelled ones."
        return replace(
            picks,
            indices=rows[picks.indices],
            propensities=None,
            draw_chances=None,
            note=note,
        )

    def _candidates(self, space: Space, pool: Pool, n: int, rng: np.random.Generator) -> Positions:
        labeled = pool.labeled
        if len(labeled) > _LABELED:
            labeled = np.sort(rng.choice(labeled, size=_LABELED, replace=False))
        near = nearest_rows(space, labeled, pool.candidates, self.neighbors)
        wanted = int(np.ceil(len(near) * self.random_share)) if len(near) else 10 * self.neighbors
        rest = np.setdiff1d(pool.candidates, near, assume_unique=True)
        extra = min(max(wanted, n - len(near)), len(rest))
        return np.union1d(near, rest[draw_by_hash(space.hashes[rest], extra, rng)])

    def _strategy(self) -> Strategy:
        return create(self.inside, **self.parameters)


def nearest_rows(space: Space, labeled: Positions, candidates: Positions, k: int) -> Positions:
    """The candidates that are among the ``k`` nearest of any labelled row, sorted."""
    return np.unique(neighbors_of(space, labeled, candidates, k)[1])


def neighbors_of(
    space: Space, centers: Positions, candidates: Positions, k: int
) -> tuple[Floats, Positions]:
    """Squared distances (c, k) and positions (c, k) of each center's nearest candidates, unsorted.

    One block of candidates at a time, with the best so far of each center kept beside it.
    """
    vectors = space.at(centers)
    step = max(CHUNK // max(len(vectors), vectors.shape[1], 1), 1)
    best = np.empty((len(vectors), 0), dtype=np.float32)
    who = np.empty((len(vectors), 0), dtype=np.int64)
    for start in range(0, len(candidates) if len(vectors) else 0, step):
        block = candidates[start : start + step]
        table = squared_distances(vectors, space.at(block))
        best, who = _best(best, who, table, np.broadcast_to(block, table.shape), k)
    return best, who


def part_of(pool: Pool, rows: Positions, candidates: Positions) -> Pool:
    """The pool of some sorted rows, with their positions counted among themselves.

    Args:
        pool: The whole pool.
        rows: Positions to keep, sorted; all labelled rows and all ``candidates`` are among them.
        candidates: Positions that may be returned, sorted.
    """

    def kept(table: Floats | None) -> Floats | None:
        return None if table is None else table[..., rows, :]

    several = pool.committee_predictions
    return replace(
        pool,
        size=len(rows),
        probabilities=kept(pool.probabilities),
        embeddings=kept(pool.embeddings),
        committee=kept(pool.committee),
        multilabel_probabilities=kept(pool.multilabel_probabilities),
        predictions=None if pool.predictions is None else pool.predictions[rows],
        committee_predictions=None if several is None else several[:, rows],
        uncertainty=None if pool.uncertainty is None else pool.uncertainty[rows],
        labeled=np.searchsorted(rows, pool.labeled),
        candidates=np.searchsorted(rows, candidates),
    )


def _best(
    best: Floats, who: Positions, table: Floats, names: Positions, k: int
) -> tuple[Floats, Positions]:
    if table.shape[1] > k:
        # Of a block only its own k nearest can be among the k nearest of all.
        near = np.argpartition(table, k - 1, axis=1)[:, :k]
        table = np.take_along_axis(table, near, axis=1)
        names = np.take_along_axis(names, near, axis=1)
    best, who = np.concatenate([best, table], axis=1), np.concatenate([who, names], axis=1)
    if best.shape[1] > k:
        near = np.argpartition(best, k - 1, axis=1)[:, :k]
        best = np.take_along_axis(best, near, axis=1)
        who = np.take_along_axis(who, near, axis=1)
    return best, who
