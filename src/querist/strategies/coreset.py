"""Core-set: cover the pool so that no row is far from a labelled one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.directions import Directions
from querist.strategies.geometry import unit_rows
from querist.strategies.selectors import k_center
from querist.strategies.validation import need_embeddings
from querist.strategies.working_rows import WorkingRows


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSet:
    """Greedy k-center on unit vectors; finds outliers, so no good default."""

    name: ClassVar[str] = "coreset"
    summary: ClassVar[str] = "The row farthest from everything labelled, again and again."
    paper: ClassVar[str] = (
        "Sener and Savarese (2018), Active learning for CNNs: a core-set approach."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the distance to the nearest labelled or picked row."""
        vectors = need_embeddings(pool, self.name)
        rows = WorkingRows.of(pool)
        near = Directions.of(rows.take(vectors))
        labeled = unit_rows(vectors[pool.labeled])
        places, reach = k_center(near, labeled, n, rng, free=rows.free)
        return Selection(
            indices=rows.positions(places),
            scores=reach.astype(np.float64),
            reasons=("It is the item farthest from everything labelled so far.",) * n,
            note="The rows farthest from what is labelled, so that nothing stays far away.",
        )
