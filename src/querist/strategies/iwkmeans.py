"""Incremental margin-weighted k-means: new groups form away from what is labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies import explain, scores
from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.clusters import k_means, nearest_to_each
from querist.strategies.geometry import unit_rows
from querist.strategies.parameters import positive
from querist.strategies.validation import need_embeddings, need_probabilities
from querist.strategies.working_rows import WorkingRows


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class IncrementalWeightedKMeans:
    """Margin-weighted k-means in which each labelled row is a centre that does not move.

    Attributes:
        beta: The beta × n least certain rows are clustered.
    """

    name: ClassVar[str] = "iwkmeans"
    summary: ClassVar[str] = "The middles of groups of uncertain rows away from labelled ones."
    paper: ClassVar[str] = "Zhdanov (2019), Diverse mini-batch active learning, incremental form."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    beta: int = 10

    def __post_init__(self) -> None:
        positive("beta", self.beta)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is one minus the margin."""
        table = need_probabilities(pool, self.name)
        vectors = need_embeddings(pool, self.name)
        count = min(self.beta * n, len(pool.candidates))
        short, values = WorkingRows.of(pool).top(table, scores.margin, count, rng)
        rows = unit_rows(vectors[short])
        centers, _ = k_means(
            rows,
            n,
            rng,
            weights=np.maximum(values, 1e-6),
            fixed=unit_rows(vectors[pool.labeled]),
        )
        places = nearest_to_each(rows, centers)
        places = places[np.argsort(-values[places], kind="stable")]
        picks = short[places]
        return Selection(
            indices=picks,
            scores=values[places].astype(np.float64),
            reasons=explain.hesitation(table[picks], pool.class_names),
            note=f"The middle of each of {n} groups of uncertain rows, away from labelled ones.",
        )
