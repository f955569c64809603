"""Uniform random choice, the control of every comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies.base import Pool, Selection, Signal, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Random:
    """Each candidate with the same chance, without replacement; the chance is recorded."""

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "Every unlabelled row with the same chance."
    paper: ClassVar[str] = "Simple random sampling; Cochran (1977), Sampling Techniques."
    needs: ClassVar[frozenset[Signal]] = frozenset()

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """Draw ``n`` candidates; ``propensities`` is n / M for each."""
        count = len(pool.candidates)
        picks = rng.choice(pool.candidates, size=n, replace=False)
        return Selection(
            indices=picks,
            scores=np.zeros(n),
            reasons=("Drawn at random.",) * n,
            propensities=np.full(n, n / count),
            draw_chances=1.0 / (count - np.arange(n)),
            note=f"{n} of {count} unlabelled rows, each with the same chance.",
        )
