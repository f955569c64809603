"""Power sampling: uncertain rows with a higher chance, and a chance for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.strategies import explain, scores
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.selectors import power_sample
from querist.strategies.validation import need_probabilities


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class PowerMargin:
    """Draws in proportion to (1 - margin) ** beta without replacement; needs no embedding.

    Attributes:
        beta: 0 is uniform, higher follows the margin more closely.
    """

    name: ClassVar[str] = "power-margin"
    summary: ClassVar[str] = "Drawn at random, uncertain rows with a higher chance."
    paper: ClassVar[str] = "Kirsch et al. (2023), Stochastic batch acquisition."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES})
    beta: float = 1.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.beta) or self.beta < 0:
            raise InvalidInputError(f"beta is {self.beta}.", remedy="Give a number from 0.")

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` draws; the score is the log-weight plus Gumbel noise they were drawn by.

        ``propensities`` are known exactly for one draw and for all rows, where they are given;
        in between, the chance to be among n draws without replacement has no closed form.
        """
        table = need_probabilities(pool, self.name)
        values = scores.margin(table)[pool.candidates]
        places, keys = power_sample(values, n, self.beta, rng)
        picks = pool.candidates[places]
        return Selection(
            indices=picks,
            scores=keys,
            reasons=explain.hesitation(table[picks], pool.class_names),
            propensities=_exact(values, places, self.beta),
            note="Drawn at random; rows the model is unsure of had a higher chance.",
        )


def _exact(values: Floats, places: Positions, beta: float) -> Floats | None:
    if len(places) == len(values):
        return np.ones(len(places))
    if len(places) > 1:
        return None
    weights = np.maximum(values.astype(np.float64), 1e-12) ** beta
    return np.asarray(weights[places] / weights.sum())
