"""Power sampling: uncertain rows with a higher chance, and a chance for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies import explain, scores
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.needs import need_uncertainty
from querist.strategies.parameters import share
from querist.strategies.selectors import power_sample
from querist.strategies.validation import need_probabilities
from querist.strategies.working_rows import WorkingRows

# Each row needs this part of the mean chance for an estimate from the draws to have an interval
# that holds; with a rare draw of a hundredth of it, the one label that tells is mostly missing.
FAIR = 0.25
_LEAST = 1e-12


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class PowerMargin:
    """Draws in proportion to (1 - margin) ** beta without replacement; needs no embedding.

    Attributes:
        beta: 0 is uniform, higher follows the margin more closely.
        even_share: Share of the draws, 0 to 1, that goes to all rows alike. From 0.25 on the labels
            also measure the model that chose them, as then ``draw_chances`` are told.
    """

    name: ClassVar[str] = "power-margin"
    summary: ClassVar[str] = "Drawn at random, uncertain rows with a higher chance."
    paper: ClassVar[str] = "Kirsch et al. (2023), Stochastic batch acquisition."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES})
    beta: float = 1.0
    even_share: float = 0.0

    def __post_init__(self) -> None:
        _check(self.beta, self.even_share)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` draws; the score is the log-weight plus Gumbel noise they were drawn by.

        ``propensities`` are known exactly for one draw and for all rows, where they are given;
        in between, the chance to be among n draws without replacement has no closed form. The
        chance of each draw given those before it has one; see ``Selection.draw_chances``.
        """
        table = need_probabilities(pool, self.name)
        rows = WorkingRows.of(pool)
        drawn = _draw(scores.margin(rows.take(table)), rows.free, n, self, rng)
        picks = rows.positions(drawn.places)
        return Selection(
            indices=picks,
            scores=drawn.keys,
            reasons=explain.hesitation(table[picks], pool.class_names),
            propensities=drawn.propensities(),
            draw_chances=drawn.chances(),
            note="Drawn at random; rows the model is unsure of had a higher chance.",
        )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UncertaintyPower:
    """Draws in proportion to uncertainty ** beta without replacement; needs no embedding.

    Attributes:
        beta: 0 is uniform, higher follows the uncertainty more closely.
        even_share: As in ``power-margin``.
    """

    name: ClassVar[str] = "uncertainty-power"
    summary: ClassVar[str] = "For boxes and spans: drawn, uncertain rows with a higher chance."
    paper: ClassVar[str] = "Kirsch et al. (2023), Stochastic batch acquisition."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.UNCERTAINTY})
    beta: float = 1.0
    even_share: float = 0.0

    def __post_init__(self) -> None:
        _check(self.beta, self.even_share)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` draws; scores and chances are as in ``power-margin``."""
        values = need_uncertainty(pool, self.name)[pool.candidates]
        drawn = _draw(values.copy(), np.ones(len(values), dtype=bool), n, self, rng)
        return Selection(
            indices=pool.candidates[drawn.places],
            scores=drawn.keys,
            reasons=explain.doubt(values, drawn.places),
            propensities=drawn.propensities(),
            draw_chances=drawn.chances(),
            note="Drawn at random; rows the model is unsure of had a higher chance.",
        )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """Draws without replacement: the weight of each free row (M,), and the rows that came."""

    places: Positions
    keys: Floats
    weights: NDArray[np.float64]
    own: NDArray[np.float64]

    def propensities(self) -> Floats | None:
        if len(self.own) == len(self.weights):
            return np.ones(len(self.own))
        return self.own / self.weights.sum() if len(self.own) == 1 else None

    def chances(self) -> Floats | None:
        total = float(self.weights.sum())
        if not self.weights.min() * len(self.weights) >= FAIR * total * (1 - 1e-9):
            return None
        # What is left before the last draw of all is that row's own weight, up to rounding.
        left = total - np.cumsum(self.own) + self.own
        return np.minimum(self.own / np.maximum(left, self.own), 1.0)


def _draw(
    values: Floats,
    free: NDArray[np.bool_],
    n: int,
    by: PowerMargin | UncertaintyPower,
    rng: np.random.Generator,
) -> _Drawn:
    """Draw ``n`` of the free rows; ``values`` (N,) are written over."""
    beta = by.beta
    if by.even_share:
        weights = np.maximum(values, _LEAST, dtype=np.float64) ** beta
        weights *= (1 - by.even_share) * free.sum() / weights[free].sum()
        values, beta = weights + by.even_share, 1.0
    values[~free] = -np.inf
    places, keys = power_sample(values, n, beta, rng)
    mass = np.maximum(values[free], _LEAST, dtype=np.float64) ** beta
    own = np.maximum(values[places], _LEAST, dtype=np.float64) ** beta
    return _Drawn(places, keys, mass, own)


def _check(beta: float, even_share: float) -> None:
    if not isinstance(beta, int | float | np.number) or not np.isfinite(beta) or beta < 0:
        raise InvalidInputError(f"beta is {beta!r}.", remedy="Give a number from 0.")
    share("even_share", even_share)
