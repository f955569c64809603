"""BADGE in factored form: k-means++ in gradient space without ever building a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies import explain
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.directions import lengths
from querist.strategies.draws import Draws
from querist.strategies.geometry import Matrix, Vector, squared_norms
from querist.strategies.parts import each_product
from querist.strategies.validation import need_embeddings, need_probabilities
from querist.strategies.working_rows import WorkingRows

# Picks whose products with the rows are held at once.
_CENTERS = 128
_AT_ONCE = 16
# Draws in vain after which all rows are brought up to date; more in large pools, where that costs
# more.
_VAIN = 16
_ROWS_PER_VAIN = 2_000


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """Diverse rows with large gradients of the last layer."""

    name: ClassVar[str] = "badge"
    summary: ClassVar[str] = "Rows that would change the model most, in different directions."
    paper: ClassVar[str] = (
        "Ash et al. (2020), Deep batch active learning by diverse, uncertain gradients."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the distance in gradient space to the earlier picks."""
        table = need_probabilities(pool, self.name)
        vectors = need_embeddings(pool, self.name)
        rows = WorkingRows.of(pool)
        places, reach = gradient_seeds(rows.take(table), rows.take(vectors), n, rng, free=rows.free)
        picks = rows.positions(places)
        return Selection(
            indices=picks,
            scores=reach,
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="Rows whose labels would move the model most, each in a direction of its own.",
        )


def gradient_seeds(
    probabilities: Floats,
    vectors: Floats,
    k: int,
    rng: np.random.Generator,
    *,
    free: NDArray[np.bool_] | None = None,
) -> tuple[Positions, Floats]:
    """k-means++ over the gradients g = (p - onehot) ⊗ h, by ||g_i - g_j||² in factored form.

    ||g_i - g_j||² = |a_i|²|h_i|² + |a_j|²|h_j|² - 2 (a_i·a_j)(h_i·h_j) with a = p - onehot; time
    O(k n (C + d)) at most, memory O(n C). The first pick is the largest gradient.

    A distance known for some earlier picks is an upper bound of the distance to all, so a row drawn
    by the bounds and kept with chance distance² / bound² is drawn by the distances. All rows are
    brought up to date only when too many draws were in vain.

    Args:
        probabilities: Of each row (n, C).
        vectors: Of each row (n, d).
        k: How many, at most as many as are free.
        rng: Makes the draws.
        free: Which rows may be chosen (n,); all if ``None``.

    Returns:
        Places (k,) in order, and the distance of each to the nearest earlier one; the first has
        its own length.
    """
    gradients = _Gradients.of(probabilities, vectors)
    bounds = gradients.lengths.copy()
    open_rows = np.ones(len(bounds), dtype=bool) if free is None else free.copy()
    bounds[~open_rows] = 0
    chosen = np.empty(k, dtype=np.int64)
    reach = np.empty(k, dtype=np.float64)
    pick = int(np.where(open_rows, bounds, -1).argmax())
    chosen[0], reach[0] = pick, np.sqrt(bounds[pick])
    open_rows[pick] = False
    # The lengths themselves are no distances to a pick: from the first pick on they are gone.
    bounds[open_rows] = np.inf
    applied, done = 0, 1
    while done < k:
        gradients.lower(bounds, chosen[applied:done])
        applied = done
        draws = Draws.by(bounds)
        if draws.total <= 0:
            chosen[done:] = rng.choice(np.flatnonzero(open_rows), size=k - done, replace=False)
            reach[done:] = 0
            break
        done = _draw(gradients, draws, open_rows, chosen, reach, done, rng)
    return chosen, reach / gradients.scale


@dataclass(frozen=True, slots=True)
class _Gradients:
    """Gradients (n,) in factors.

    Attributes:
        a: p - onehot (n, C).
        h: The vectors (n, d).
        scale: What the vectors are multiplied by, so that products of huge ones do not overflow.
        lengths: Squared lengths of the gradients of the scaled vectors (n,).
    """

    a: Matrix
    h: Floats
    scale: float
    lengths: Vector

    @classmethod
    def of(cls, probabilities: Floats, vectors: Floats) -> _Gradients:
        a: Matrix = np.array(probabilities, dtype=np.float32)
        a[np.arange(len(a)), a.argmax(axis=1)] -= 1
        sizes = lengths(vectors)
        scale = 1 / (float(sizes.max(initial=0)) or 1.0)
        sizes *= scale
        return cls(a, vectors, scale, (squared_norms(a) * np.square(sizes)).astype(np.float32))

    def to(self, place: int, others: Positions) -> Vector:
        """Squared distances (m,) of one row to others."""
        mine, theirs = (
            self.h[place] * np.float32(self.scale),
            self.h[others] * np.float32(self.scale),
        )
        both = (self.a[others] @ self.a[place]) * (theirs @ mine)
        found: Vector = np.maximum(self.lengths[place] + self.lengths[others] - 2 * both, 0)
        return found

    def lower(self, bounds: Vector, picks: Positions) -> None:
        """Bring squared distances (n,) down to those to some picks; the picks' own to 0."""
        for start in range(0, len(picks), _CENTERS):
            self._lower(bounds, picks[start : start + _CENTERS])
        bounds[picks] = 0

    def _lower(self, bounds: Vector, picks: Positions) -> None:
        a = -2 * self.a[picks]
        # Twice, for the rows are multiplied by the scale here too.
        h = self.h[picks] * np.float32(self.scale) * np.float32(self.scale)
        size = self.lengths[picks][:, None]

        def work(rows: slice, products: Matrix) -> None:
            stacked = self.a[rows].reshape(len(products), -1, self.a.shape[1])
            away = np.matmul(a, stacked.transpose(0, 2, 1))
            away *= products
            away += size
            nearest = away.min(axis=1).ravel()
            nearest += self.lengths[rows]
            np.maximum(nearest, 0, out=nearest)
            np.minimum(bounds[rows], nearest, out=bounds[rows])

        each_product(h, self.h, work)


def _draw(
    gradients: _Gradients,
    draws: Draws,
    free: NDArray[np.bool_],
    chosen: Positions,
    reach: NDArray[np.float64],
    done: int,
    rng: np.random.Generator,
) -> int:
    """Draw by the bounds as they are until too many draws are in vain; how many are chosen then."""
    fresh, vain = done, 0
    while done < len(chosen) and vain <= _VAIN + len(free) // _ROWS_PER_VAIN:
        for place in draws.take(_AT_ONCE, rng).tolist():
            away = float(draws.mass[place])
            if done > fresh:
                away = min(away, float(gradients.to(place, chosen[fresh:done]).min()))
            if not free[place] or rng.random() * draws.mass[place] >= away:
                vain += 1
                continue
            chosen[done], reach[done] = place, np.sqrt(away)
            free[place] = False
            done += 1
            if done == len(chosen):
                break
    return done
