"""FALCUN: uncertain rows with predictions unlike each other; needs no embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies import explain, scores
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.draws import Draws
from querist.strategies.geometry import Vector
from querist.strategies.parts import each_part
from querist.strategies.validation import need_probabilities
from querist.strategies.working_rows import WorkingRows

_SMALL = 1e-12
# Numbers of a part of the table that a thread works on.
_PART = 1 << 16
_AT_ONCE = 16
# Draws in vain after which all rows are brought up to date; more in large pools, where that costs
# more.
_VAIN = 16
_ROWS_PER_VAIN = 2_000


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
        rows = WorkingRows.of(pool)
        places, values = _draws(rows.take(table), n, self.gamma, rng, rows.free)
        picks = rows.positions(places)
        return Selection(
            indices=picks,
            scores=values,
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="Drawn at random, by the model's doubt and how unlike earlier picks they are.",
        )


def _draws(
    table: Floats, n: int, gamma: float, rng: np.random.Generator, free: NDArray[np.bool_]
) -> tuple[Positions, NDArray[np.float64]]:
    """Draws (n,) by the sum, and the sum of each when drawn.

    A distance to some earlier picks is an upper bound, so a row drawn by the bounds and kept with
    the chance (sum / bound) ** gamma is drawn by the sums. All rows are brought up to date only
    when too many draws were in vain.
    """
    doubt = np.clip(scores.margin(table), 0, 1)
    apart = doubt.copy()
    free = free.copy()
    chosen, values = np.empty(n, dtype=np.int64), np.empty(n)
    applied = done = 0
    while done < n:
        _come_nearer(apart, table, table[chosen[applied:done]])
        applied, vain = done, 0
        bounds = doubt + apart
        # Relative to the largest, so that no power is too large for a number.
        highest = max(float(bounds[free].max()), _SMALL)
        draws = Draws.by(np.where(free, bounds / highest, 0) ** np.float32(gamma) * free)
        if draws.total <= 0:
            # Nothing is in doubt and all predictions are alike.
            chosen[done:] = rng.choice(np.flatnonzero(free), size=n - done, replace=False)
            values[done:] = 0
            break
        while done < n and vain <= _VAIN + len(table) // _ROWS_PER_VAIN:
            for place in draws.take(_AT_ONCE, rng).tolist():
                away = apart[place]
                if done > applied:
                    away = min(away, half_l1(table[chosen[applied:done]], table[place]).min())
                value = float(doubt[place] + away)
                kept = (value / max(float(bounds[place]), _SMALL)) ** gamma
                if not free[place] or rng.random() >= kept:
                    vain += 1
                    continue
                chosen[done], values[done], free[place] = place, value, False
                done += 1
                if done == n:
                    break
    return chosen, values


def half_l1(table: Floats, row: Floats) -> Vector:
    """Half the L1 distance of each row (n,) to one row, 0 to 1: the total variation distance."""
    found = np.full(len(table), np.inf, dtype=np.float32)
    _come_nearer(found, table, row[None])
    return found


def _come_nearer(apart: Vector, table: Floats, picks: Floats) -> None:
    """Bring distances (n,) down to those to some picks (m, C)."""
    columns = table.shape[1]

    def work(rows: slice) -> None:
        # Columns that lie together are summed several times as fast as rows.
        block = np.ascontiguousarray(table[rows].T, dtype=np.float32)
        gaps = np.empty_like(block)
        for pick in picks:
            np.subtract(block, pick[:, None], out=gaps)
            np.abs(gaps, out=gaps)
            np.minimum(apart[rows], gaps.sum(axis=0) / 2, out=apart[rows])

    if len(picks):
        each_part(work, len(table), max(_PART // columns, 1), width=columns)
