"""Query by committee for regression: the rows for which several models predict other numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.needs import need_committee_predictions
from querist.strategies.selectors import top_k


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class CommitteeVariance:
    """Largest variance of the members' predictions first."""

    name: ClassVar[str] = "qbc-variance"
    summary: ClassVar[str] = "Rows for which a committee's numbers differ most; for regression."
    paper: ClassVar[str] = (
        "Burbidge, Rowland and King (2007), Active learning for regression based on query by "
        "committee."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.COMMITTEE_PREDICTIONS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the variance over the members, in the unit squared."""
        members = need_committee_predictions(pool, self.name)
        values = members.var(axis=0)[pool.candidates]
        places = top_k(values, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=values[places],
            reasons=("The models of the committee predict different numbers for it.",) * n,
            note="The rows that the models of the committee disagree about most.",
        )
