"""MaxHerding and UHerding: greedy coverage, plain and weighted by uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies import explain, scores
from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.coverage import FIRST_RADIUS, Space, adaptive_radius
from querist.strategies.sparse_herding import cover_pool
from querist.strategies.validation import need_embeddings, need_probabilities


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class MaxHerding:
    """Covers the pool with a Gaussian similarity on unit vectors; strong for the first labels.

    Attributes:
        radius: Distance on unit vectors at which similarity has fallen to 1/e.
    """

    name: ClassVar[str] = "maxherding"
    summary: ClassVar[str] = "The rows that stand for most of the pool; for the first labels."
    paper: ClassVar[str] = "Bae et al. (2024), Generalized coverage for more robust low-budget AL."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})
    radius: float = FIRST_RADIUS

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the share of the pool each covers in addition."""
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        found = cover_pool(space, pool.candidates, pool.labeled, n, rng, radius=self.radius)
        return Selection(
            indices=found.positions,
            scores=found.gains,
            reasons=explain.coverage(found.covered),
            note="The rows that stand for most of what has no similar labelled row yet.",
        )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UHerding:
    """Covers what the model is unsure of; the radius shrinks as labels come in."""

    name: ClassVar[str] = "uherding"
    summary: ClassVar[str] = "The rows that stand for most of what the model is unsure of."
    paper: ClassVar[str] = (
        "Bae et al. (2025), Uncertainty herding: one method for all label budgets."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the share of all uncertainty each covers."""
        table = need_probabilities(pool, self.name)
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        found = cover_pool(
            space,
            pool.candidates,
            pool.labeled,
            n,
            rng,
            weights=scores.margin(table)[pool.candidates],
            radius=adaptive_radius(space, pool.labeled),
        )
        return Selection(
            indices=found.positions,
            scores=found.gains,
            reasons=explain.hesitation(table[found.positions], pool.class_names),
            note="The rows that stand for most of what the model is unsure of.",
        )
