"""BAIT in its binary form: the rows that leave the least expected error, in O(N d) a pick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies import explain
from querist.strategies.base import Floats, Pool, Positions, Selection, Signal, register
from querist.strategies.geometry import Vector, row_chunks
from querist.strategies.scores import top_two
from querist.strategies.selectors import arg_best
from querist.strategies.validation import need_embeddings, need_probabilities

Table = NDArray[np.float64]

# After so many picks the sums are made anew, for the rounding of updates adds up.
_REFRESH = frozenset(2**power for power in range(3, 40))


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Bait:
    """Greedy minimum of tr(M⁻¹ F), the expected error of the last layer over the whole pool.

    F is the mean of v vᵀ over all rows with v = √(p̂(1 - p̂)) h, M the same over labelled and picked
    rows plus ``regularization`` × identity. The vectors are scaled to a mean square of one for
    each number, so that the regularization means the same for every encoder. Forward picks only,
    without the backward pruning of the paper.

    Attributes:
        regularization: Weight of the identity, above 0. On vectors scaled like this 0.01 asked
            better than the 1 that is usual on vectors left as they are.
    """

    name: ClassVar[str] = "bait"
    summary: ClassVar[str] = "The rows that reduce the expected error over the pool most."
    paper: ClassVar[str] = (
        "Ash et al. (2021), Gone fishing; binary form of Huseljic et al. (2024), Fast fishing."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    regularization: float = 0.01

    def __post_init__(self) -> None:
        if not np.isfinite(self.regularization) or self.regularization <= 0:
            raise InvalidInputError(
                f"regularization is {self.regularization}.", remedy="Give a number above 0."
            )

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is how far each lowers the trace."""
        table = need_probabilities(pool, self.name)
        vectors = need_embeddings(pool, self.name)
        best = top_two(table)[0]
        weights = np.sqrt(np.clip(best * (1 - best), 0, None))
        picks, gains = fewest_errors(vectors, weights, pool, n, self.regularization, rng)
        return Selection(
            indices=picks,
            scores=gains,
            reasons=explain.hesitation(table[picks], pool.class_names),
            note="The rows whose labels lower the expected error over the whole pool most.",
        )


def fewest_errors(
    vectors: Floats,
    weights: Vector,
    pool: Pool,
    n: int,
    regularization: float,
    rng: np.random.Generator,
) -> tuple[Positions, Table]:
    """Greedy picks that minimise tr(M⁻¹ F), with M⁻¹ kept by rank-one updates.

    For a candidate v the trace falls by s / (1 + q) with s = vᵀM⁻¹FM⁻¹v and q = vᵀM⁻¹v. After a
    pick u = M⁻¹v both are brought up to date for all rows from two products with the vectors, vᵀu
    and vᵀM⁻¹Fu; nothing of the size of the vectors is ever made.

    Returns:
        The positions (n,) in order, and by how much each lowers the trace.
    """
    scale = 1 / max(_root_mean_square(vectors), 1e-30)
    count, picked_share = len(pool.labeled), n / (len(pool.labeled) + n)
    every = np.arange(pool.size)
    fisher = _fisher(vectors, weights, every, scale)
    prior = regularization * np.eye(vectors.shape[1]) + count / (count + n) * _fisher(
        vectors, weights, pool.labeled, scale
    )
    inverse = np.linalg.inv(prior).astype(np.float64)
    shrunk = weights * np.float32(np.sqrt(picked_share))
    s, q = _forms(vectors, shrunk, scale, inverse, fisher)
    free = np.zeros(pool.size, dtype=bool)
    free[pool.candidates] = True
    chosen, gains = np.empty(n, dtype=np.int64), np.empty(n)
    values = np.empty_like(s)
    for at in range(n):
        np.divide(s, 1 + q, out=values)
        values[~free] = -1
        pick = arg_best(values, rng)
        chosen[at], gains[at] = pick, values[pick]
        free[pick] = False
        u = inverse @ (vectors[pick].astype(np.float64) * (scale * float(shrunk[pick])))
        share = 1 + float(q[pick])
        ahead = np.stack([u, inverse @ (fisher @ u)], axis=1) * scale
        a, b = (shrunk * (vectors @ way) for way in ahead.astype(np.float32).T.copy())
        q -= a * a / np.float32(share)
        # Both updates of s at once: (a / share)² uᵀFu - 2 (a / share) b.
        b *= 2
        b -= a * np.float32(float(u @ fisher @ u) / share)
        a *= b
        a /= np.float32(share)
        s -= a
        np.maximum(s, 0, out=s)
        np.maximum(q, 0, out=q)
        inverse -= np.outer(u, u) / share
        if at + 1 in _REFRESH:
            s, q = _forms(vectors, shrunk, scale, inverse, fisher)
    return chosen, gains


def _fisher(vectors: Floats, weights: Vector, rows: Positions, scale: float) -> Table:
    total = np.zeros((vectors.shape[1], vectors.shape[1]))
    for part in row_chunks(len(rows), 2 * vectors.shape[1]):
        at = rows[part]
        v = vectors[at].astype(np.float64) * (weights[at, None] * scale)
        total += v.T @ v
    return total / max(len(rows), 1)


def _forms(
    vectors: Floats, weights: Vector, scale: float, inverse: Table, fisher: Table
) -> tuple[Vector, Vector]:
    both = inverse @ fisher @ inverse
    s, q = np.empty((2, len(vectors)), dtype=np.float32)
    for part in row_chunks(len(vectors), 4 * vectors.shape[1]):
        v = vectors[part].astype(np.float64) * (weights[part, None] * scale)
        s[part] = np.einsum("ij,ij->i", v @ both, v)
        q[part] = np.einsum("ij,ij->i", v @ inverse, v)
    return s, q


def _root_mean_square(vectors: Floats) -> float:
    total = 0.0
    for part in row_chunks(len(vectors), 2 * vectors.shape[1]):
        total += float(np.square(vectors[part], dtype=np.float64).sum())
    return float(np.sqrt(total / vectors.size))
