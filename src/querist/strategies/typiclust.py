"""TypiClust: the most typical row of each cluster that has no label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Pool, Positions, Selection, Signal, register
from querist.strategies.clusters import assign, k_means
from querist.strategies.coverage import Space
from querist.strategies.geometry import Matrix, row_chunks, squared_distances
from querist.strategies.validation import need_embeddings

_MOST_CLUSTERS = 500
_MIN_SIZE = 5
_NEIGHBORS = 20
# Rows that take part in the clustering, beside the labelled ones.
_ROWS = 20_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class TypiClust:
    """Typical rows of the largest clusters without a label; made for the very first labels."""

    name: ClassVar[str] = "typiclust"
    summary: ClassVar[str] = "The most typical row of each cluster without a label; for the start."
    paper: ClassVar[str] = "Hacohen, Dekel and Weinshall (2022), Active learning on a budget."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the typicality within the cluster."""
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        free = space.sample(pool.candidates, max(_ROWS, 4 * n), rng)
        vectors, labeled = space.at(free), space.at(pool.labeled)
        count = min(len(labeled) + n, _MOST_CLUSTERS, len(free) + len(labeled))
        centers, _ = k_means(np.concatenate([vectors, labeled]), count, rng)
        cluster = assign(vectors, centers)
        seen = np.bincount(assign(labeled, centers), minlength=len(centers))
        places, typical = _walk(vectors, cluster, seen, n)
        return Selection(
            indices=free[places],
            scores=typical,
            reasons=("It is typical of a group of similar items with few labels.",) * n,
            note="The most typical item of each large group, groups with the fewest labels first.",
        )


def _walk(
    vectors: Matrix, cluster: Positions, seen: NDArray[np.int64], n: int
) -> tuple[Positions, NDArray[np.float64]]:
    sizes = np.bincount(cluster, minlength=len(seen))
    # Small clusters wait until the others are empty, so that there are always n rows.
    order = np.lexsort((-sizes, seen, sizes <= _MIN_SIZE))
    queues = {}
    for number in order.tolist():
        members = np.flatnonzero(cluster == number)
        if len(members):
            values = typicality(vectors[members])
            queues[number] = members[np.argsort(-values, kind="stable")], np.sort(values)[::-1]
    big = [number for number in queues if sizes[number] > _MIN_SIZE]
    small = [number for number in queues if sizes[number] <= _MIN_SIZE]
    ranked = [*_round_robin(big, queues), *_round_robin(small, queues)][:n]
    return np.array([row for row, _ in ranked]), np.array([value for _, value in ranked])


def _round_robin(
    numbers: list[int], queues: dict[int, tuple[Positions, NDArray[np.float64]]]
) -> list[tuple[int, float]]:
    deepest = max((len(queues[number][0]) for number in numbers), default=0)
    return [
        (int(queues[number][0][depth]), float(queues[number][1][depth]))
        for depth in range(deepest)
        for number in numbers
        if depth < len(queues[number][0])
    ]


def typicality(vectors: Matrix) -> NDArray[np.float64]:
    """1 / (mean distance to the nearest min(20, n // 2) rows) of each row (n,)."""
    neighbors = max(min(_NEIGHBORS, len(vectors) // 2), 1)
    mean = np.zeros(len(vectors))
    if len(vectors) > 1:
        for rows in row_chunks(len(vectors), len(vectors)):
            table = squared_distances(vectors[rows], vectors)
            table[np.arange(len(table)), np.arange(rows.start, rows.stop)] = np.inf
            near = np.partition(table, neighbors - 1, axis=1)[:, :neighbors]
            mean[rows] = np.sqrt(near).mean(axis=1)
    return 1 / (mean + 1e-5)
