"""Any strategy without the outliers: rows far from all others teach a model little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from querist.strategies.base import (
    Pool,
    Positions,
    Selection,
    Signal,
    Strategy,
    create,
    register,
)
from querist.strategies.coverage import Space
from querist.strategies.density_scores import neighbor_distance, outlying
from querist.strategies.geometry import row_chunks
from querist.strategies.needs import need_embeddings
from querist.strategies.parameters import positive, share

# Rows among which neighbours are looked for; in a larger pool they are drawn at random. Where only
# the nearest counts fewer do: Sugiyama and Borgwardt (2013), "Rapid distance-based outlier
# detection via sampling", find outliers well by the nearest of twenty.
_OTHERS = 2048
_FEW = 512
_MANY_ROWS = 100_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Lets a strategy choose among all candidates but the share that lies farthest from others.

    Uncertainty and core-set like to ask for odd rows that nobody can label; this keeps them away.
    Where fewer rows than asked would be left, the densest of the outliers may be chosen too.

    Attributes:
        inside: The strategy that chooses.
        parameters: Its parameters.
        outlier_share: Share of the candidates that is left out, 0 to 1.
        neighbors: Nearest rows whose mean distance tells how far out a row lies. Where only some
            rows of a large pool are compared with, so many fewer of them.
    """

    name: ClassVar[str] = "guarded"
    summary: ClassVar[str] = "Any strategy, without rows that lie far from all others."
    paper: ClassVar[str] = (
        "Karamcheti et al. (2021), Mind your outliers! Investigating the negative impact of "
        "outliers on active learning."
    )
    inside: str = "margin"
    parameters: Mapping[str, object] = field(default_factory=dict)
    outlier_share: float = 0.05
    neighbors: int = 20

    def __post_init__(self) -> None:
        positive("neighbors", self.neighbors)
        share("outlier_share", self.outlier_share)
        self._strategy()

    @property
    def needs(self) -> frozenset[Signal]:
        """Embeddings, and what the strategy inside needs."""
        return self._strategy().needs | {Signal.EMBEDDINGS}

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The picks of the strategy inside; chances are not known for the whole pool."""
        space = Space.of(pool, need_embeddings(pool, self.name), rng, raised=True)
        kept = self._kept(space, pool, n, rng)
        picks = self._strategy().select(replace(pool, candidates=kept), n, rng)
        left_out = len(pool.candidates) - len(kept)
        note = f"{picks.note} {left_out} candidates that lie far from all others were left out."
        return replace(picks, propensities=None, draw_chances=None, note=note)

    def _kept(self, space: Space, pool: Pool, n: int, rng: np.random.Generator) -> Positions:
        rows = pool.candidates
        others = space.sample(rows, _OTHERS if len(rows) <= _MANY_ROWS else _FEW, rng)
        k = max(round(self.neighbors * len(others) / len(rows)), 1)
        vectors = space.at(others)
        distances = np.empty(len(rows), dtype=np.float32)
        for part in row_chunks(len(rows), 4 * vectors.shape[1]):
            itself = np.isin(rows[part], others)
            distances[part] = neighbor_distance(space.at(rows[part]), vectors, k, itself)
        out = outlying(distances, self.outlier_share)
        missing = n - int((~out).sum())
        if missing > 0:
            places = np.flatnonzero(out)
            out[places[np.argsort(distances[places], kind="stable")[:missing]]] = False
        return rows[~out]

    def _strategy(self) -> Strategy:
        return create(self.inside, **self.parameters)
