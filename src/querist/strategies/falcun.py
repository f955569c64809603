"""FALCUN: uncertain rows with predictions unlike each other; needs no embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies import explain, scores
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.clusters import draw
from querist.strategies.geometry import Vector, row_chunks
from querist.strategies.validation import need_probabilities


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Falcun:
    """Draws by (uncertainty + distance to earlier picks) ** gamma, all in probability space.

    Uncertainty is one minus the margin; the distance is half the L1 distance of the predictions to
    the nearest pick, at first the uncertainty itself. Both run from 0 to 1.

    Attributes:
        gamma: 0 is uniform; higher follows the sum more closely.
    """

    name: ClassVar[str] = "falcun"
    summary: ClassVar[str] = "Uncertain rows with unlike predictions; needs no embedding."
    paper: ClassVar[str] = (
        "Gilhuber et al. (2024), FALCUN: a simple and efficient deep AL strategy."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES})
    gamma: float = 10.0

    def __post_init__(self) -> None:
        if not np.isfinite(self.gamma) or self.gamma < 0:
            raise InvalidInputError(f"gamma is {self.gamma}.", remedy="Give a number from 0.")

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` draws; the score is uncertainty plus distance when drawn, 0 to 2."""
        table = need_probabilities(pool, self.name)
        places, values = _draws(table[pool.candidates], n, self.gamma, rng)
        picks = pool.candidates[places]
        return Selection(
            indices=picks,
            scores=values,
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="Drawn at random, by the model's doubt and how unlike earlier picks they are.",
        )


def _draws(
    table: Floats, n: int, gamma: float, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.float64]]:
    doubt = np.clip(scores.margin(table), 0, 1)
    apart = doubt.copy()
    free = np.ones(len(table), dtype=bool)
    chosen, values = np.empty(n, dtype=np.int64), np.empty(n)
    for at in range(n):
        relevance = (doubt + apart).astype(np.float64)
        mass = np.where(free, (relevance / max(float(relevance.max()), 1e-12)) ** gamma, 0)
        chosen[at] = pick = draw(mass, free, rng)
        values[at] = relevance[pick]
        free[pick] = False
        np.minimum(apart, half_l1(table, table[pick]), out=apart)
    return chosen, values


def half_l1(table: Floats, row: Floats) -> Vector:
    """Half the L1 distance of each row (n,) to one row, 0 to 1: the total variation distance."""
    found = np.empty(len(table), dtype=np.float32)
    for part in row_chunks(len(table), table.shape[1]):
        found[part] = np.abs(table[part] - row).sum(axis=1) / 2
    return found
