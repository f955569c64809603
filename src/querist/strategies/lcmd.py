"""LCMD: the farthest row of the largest cluster around what is labelled; for regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Pool, Positions, Selection, Signal, register
from querist.strategies.centering import Centered
from querist.strategies.geometry import Matrix, Vector, row_chunks, squared_distances
from querist.strategies.needs import need_embeddings
from querist.strategies.selectors import arg_best


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class LargestClusterMaximumDistance:
    """Each pick is the row farthest from its center in the cluster of the largest size.

    The centers are the labelled rows and earlier picks; every candidate belongs to the nearest one,
    and the size of a cluster is the sum of its squared distances. So dense regions get more labels
    than under ``gsx``, and outliers fewer. Without a label it starts at the row nearest to the
    mean. Distances are those of the embeddings as given: scale the columns first.
    """

    name: ClassVar[str] = "lcmd"
    summary: ClassVar[str] = "Farthest row of the largest cluster around labels; for regression."
    paper: ClassVar[str] = (
        "Holzmüller, Zaverkin, Kästner and Steinwart (2023), A framework and benchmark for deep "
        "batch active learning for regression."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the distance to the nearest center when picked."""
        vectors = need_embeddings(pool, self.name)
        rows = Centered.of(vectors, pool.candidates, pool.labeled)
        places, reach = largest_clusters(rows, rows.at(pool.labeled), n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=reach * rows.scale,
            reasons=("It is far from what is labelled, in a region with many like it.",) * n,
            note="In turn the farthest row of the region that labels cover least.",
        )


def largest_clusters(
    vectors: Centered, centers: Matrix, k: int, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.float64]]:
    """The places (k,) that LCMD picks in order, and their distances to the nearest center then.

    Time O(n (L + k) d), memory O(n) beside the arrays. The first pick without centers is the row
    nearest to the mean; its distance is 0.
    """
    closest, owner = _nearest(vectors, centers)
    chosen, reach = np.empty(k, dtype=np.int64), np.zeros(k)
    free = np.ones(len(vectors), dtype=bool)
    for at in range(k):
        if at or len(centers):
            # Picked rows have distance 0 to themselves, so they count for no cluster.
            sizes = np.bincount(owner, weights=closest).astype(np.float64)
            inside = owner == arg_best(sizes, rng) if sizes.max() > 0 else free
            pick = arg_best(np.where(inside, closest, -1), rng)
            reach[at] = np.sqrt(closest[pick])
        else:
            pick = arg_best(-vectors.norms, rng)
        chosen[at], free[pick] = pick, False
        fresh = vectors.squared_distances_to(pick)
        nearer = fresh < closest
        owner[nearer], closest[nearer] = len(centers) + at, fresh[nearer]
    return chosen, reach


def _nearest(vectors: Centered, centers: Matrix) -> tuple[Vector, Positions]:
    closest = np.full(len(vectors), np.inf, dtype=np.float32)
    owner = np.zeros(len(vectors), dtype=np.int64)
    if len(centers):
        for part in row_chunks(len(vectors), max(len(centers), centers.shape[1])):
            table = squared_distances(vectors.rows(part), centers)
            owner[part] = table.argmin(axis=1)
            closest[part] = np.take_along_axis(table, owner[part, None], axis=1)[:, 0]
    return closest, owner
