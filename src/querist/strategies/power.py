"""Power sampling: uncertain rows with a higher chance, and a chance for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.strategies import explain, scores
from querist.strategies.base import Floats, Pool, Selection, Signal, register
from querist.strategies.needs import need_uncertainty
from querist.strategies.selectors import power_sample
from querist.strategies.validation import need_probabilities
from querist.strategies.working_rows import WorkingRows


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
        _known_beta(self.beta)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` draws; the score is the log-weight plus Gumbel noise they were drawn by.

        ``propensities`` are known exactly for one draw and for all rows, where they are given;
        in between, the chance to be among n draws without replacement has no closed form.
        """
        table = need_probabilities(pool, self.name)
        rows = WorkingRows.of(pool)
        values = scores.margin(rows.take(table))
        values[~rows.free] = -np.inf
        places, keys = power_sample(values, n, self.beta, rng)
        picks = rows.positions(places)
        return Selection(
            indices=picks,
            scores=keys,
            reasons=explain.hesitation(table[picks], pool.class_names),
            propensities=_exact(values[rows.free], values[places], self.beta),
            note="Drawn at random; rows the model is unsure of had a higher chance.",
        )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyPower:
    """Draws in proportion to uncertainty ** beta without replacement; needs no embedding.

    Attributes:
        beta: 0 is uniform, higher follows the uncertainty more closely.
    """

    name: ClassVar[str] = "uncertainty-power"
    summary: ClassVar[str] = "For boxes and spans: drawn, uncertain rows with a higher chance."
    paper: ClassVar[str] = "Kirsch et al. (2023), Stochastic batch acquisition."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.UNCERTAINTY})
    beta: float = 1.0

    def __post_init__(self) -> None:
        _known_beta(self.beta)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` draws; scores and propensities are as in ``power-margin``."""
        values = need_uncertainty(pool, self.name)[pool.candidates]
        places, keys = power_sample(values, n, self.beta, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=keys,
            reasons=explain.doubt(values, places),
            propensities=_exact(values, values[places], self.beta),
            note="Drawn at random; rows the model is unsure of had a higher chance.",
        )


def _known_beta(beta: float) -> None:
    if not np.isfinite(beta) or beta < 0:
        raise InvalidInputError(f"beta is {beta}.", remedy="Give a number from 0.")


def _exact(values: Floats, drawn: Floats, beta: float) -> Floats | None:
    if len(drawn) == len(values):
        return np.ones(len(drawn))
    if len(drawn) > 1:
        return None
    least = 1e-12
    weights = np.maximum(values, least, dtype=np.float64) ** beta
    return np.asarray(np.maximum(drawn, least, dtype=np.float64) ** beta / weights.sum())
