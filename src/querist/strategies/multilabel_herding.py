"""UHerding where a row may have any number of classes: covers the rows with doubtful classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.coverage import Space, adaptive_radius
from querist.strategies.multilabel import aggregated, doubts, known_aggregate, margin
from querist.strategies.needs import need_embeddings, need_multilabel_probabilities
from querist.strategies.sparse_herding import cover_pool


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class MultilabelUHerding:
    """Covers what the model is unsure of; the radius shrinks as labels come in.

    Attributes:
        aggregate: How the doubts of a row's classes are put together, as in ``multilabel-margin``.
    """

    name: ClassVar[str] = "multilabel-uherding"
    summary: ClassVar[str] = "For sets of classes: rows that stand for most of the doubt."
    paper: ClassVar[str] = (
        "Bae et al. (2025), Uncertainty herding, with the doubts of Esuli and Sebastiani (2009)."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset(
        {Signal.MULTILABEL_PROBABILITIES, Signal.EMBEDDINGS}
    )
    aggregate: str = "max"

    def __post_init__(self) -> None:
        known_aggregate(self.aggregate)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the share of all doubt each covers."""
        table = need_multilabel_probabilities(pool, self.name)
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        weights = aggregated(table[pool.candidates], margin, self.aggregate)
        found = cover_pool(
            space,
            pool.candidates,
            pool.labeled,
            n,
            rng,
            weights=weights.astype(np.float32),
            radius=adaptive_radius(space, pool.labeled),
        )
        return Selection(
            indices=found.positions,
            scores=found.gains,
            reasons=doubts(table[found.positions], pool.class_names),
            note="The rows that stand for most of the doubtful classes.",
        )
