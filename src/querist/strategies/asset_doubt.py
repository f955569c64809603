"""Strategies for labels with parts, as boxes and spans: by one number of doubt for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies import explain
from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.coverage import Space, adaptive_radius
from querist.strategies.geometry import Vector
from querist.strategies.needs import need_embeddings, need_uncertainty
from querist.strategies.selectors import top_k
from querist.strategies.sparse_herding import cover_pool


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class MostUncertain:
    """The rows with the most doubt, as the model sums it up itself; ties in a seeded order."""

    name: ClassVar[str] = "uncertainty"
    summary: ClassVar[str] = "For boxes and spans: the rows the model is least sure of as a whole."
    paper: ClassVar[str] = "Shen et al. (2018), Deep active learning for named entity recognition."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.UNCERTAINTY})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the uncertainty."""
        values = need_uncertainty(pool, self.name)[pool.candidates]
        places = top_k(values, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=values[places],
            reasons=explain.doubt(values, places),
            note="The rows the model is least sure of as a whole, most uncertain first.",
        )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyHerding:
    """Covers what the model is unsure of; the radius shrinks as labels come in."""

    name: ClassVar[str] = "uncertainty-herding"
    summary: ClassVar[str] = "For boxes and spans: the rows that stand for most of the doubt."
    paper: ClassVar[str] = (
        "Bae et al. (2025), Uncertainty herding: one method for all label budgets."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.UNCERTAINTY, Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the share of all uncertainty each covers."""
        values = need_uncertainty(pool, self.name)[pool.candidates]
        space = Space.of(pool, need_embeddings(pool, self.name), rng)
        found = cover_pool(
            space,
            pool.candidates,
            pool.labeled,
            n,
            rng,
            weights=doubt_weights(values),
            radius=adaptive_radius(space, pool.labeled),
        )
        places = np.searchsorted(pool.candidates, found.positions)
        return Selection(
            indices=found.positions,
            scores=found.gains,
            reasons=explain.doubt(values, places, found.covered),
            note="The rows that stand for most of what the model is unsure of.",
        )


def doubt_weights(values: NDArray[np.float64]) -> Vector:
    """What each row matters (m,), 0 to 1, in proportion to its doubt; all alike without any."""
    top = float(values.max())
    if not top:
        return np.ones(len(values), dtype=np.float32)
    return np.asarray(values / top, dtype=np.float32)
