"""Greedy coverage of the pool by similarity: herding, with weights for what needs covering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.geometry import Matrix, Vector, row_chunks, squared_distances

# Candidates whose gain is brought up to date at once; more only costs, fewer only calls.
_BLOCK = 32
# Below exp(-30) a similarity is 0 for float32 sums, and denormals would be slow.
_FAR = np.float32(30.0)


def similarity(a: Matrix, b: Matrix, radius: float) -> Matrix:
    """exp(-(distance / radius)²) between the rows of ``a`` and ``b`` (n, m), 0 to 1."""
    table = squared_distances(a, b)
    table *= np.float32(-1.0 / max(radius * radius, 1e-12))
    np.maximum(table, -_FAR, out=table)
    np.exp(table, out=table)
    return table


def covered_by(targets: Matrix, centers: Matrix, radius: float) -> Vector:
    """How well each target (t,) is covered by the nearest of the centers: 0 to 1, 0 if none."""
    found = np.zeros(len(targets), dtype=np.float32)
    if len(centers):
        for rows in row_chunks(len(targets), len(centers)):
            nearest = squared_distances(targets[rows], centers).min(axis=1)
            far: Vector = np.minimum(nearest / np.float32(radius * radius), _FAR)
            found[rows] = np.exp(-far)
    return found


def greedy(
    similarities: Matrix, weights: Vector, covered: Vector, k: int
) -> tuple[Positions, NDArray[np.float64]]:
    """Pick ``k`` candidates that add most weighted coverage, one after the other.

    The gain of candidate i is sum_j w_j max(s_ij - c_j, 0), with c_j the best similarity of target
    j to anything picked or covered so far. Gains only shrink, so stale ones are upper bounds and
    only the top ones are brought up to date (Minoux, 1978, "Accelerated greedy algorithms"); the
    picks are those of the plain greedy algorithm.

    Args:
        similarities: Candidates × targets (n, t), 0 to 1.
        weights: How much each target matters (t,), not negative.
        covered: How well each target is covered already (t,).
        k: How many, at most n.

    Returns:
        The places (k,) in order and the gain of each as a share of the total weight.
    """
    state = covered.astype(np.float32, copy=True)
    bounds = np.concatenate(
        [
            _gains(similarities[rows], weights, state)
            for rows in row_chunks(len(similarities), similarities.shape[1])
        ]
    )
    fresh = np.zeros(len(bounds), dtype=np.int64)
    chosen = np.empty(k, dtype=np.int64)
    gains = np.empty(k, dtype=np.float64)
    for at in range(k):
        pick = int(bounds.argmax())
        while fresh[pick] != at:
            block = stale(bounds, fresh, at, pick)
            bounds[block] = _gains(similarities[block], weights, state)
            fresh[block] = at
            pick = int(bounds.argmax())
        chosen[at], gains[at] = pick, bounds[pick]
        np.maximum(state, similarities[pick], out=state)
        bounds[pick] = -np.inf
    return chosen, gains / max(float(weights.sum()), 1e-12)


def stale(bounds: Vector, fresh: NDArray[np.int64], at: int, pick: int) -> Positions:
    """The places of the best bounds that are out of date, the very best (``pick``) among them."""
    size = min(_BLOCK, len(bounds))
    # The best itself is always in: among many ties a partition may leave it out, for ever.
    top = np.append(np.argpartition(-bounds, size - 1)[:size], pick)
    return np.unique(top[(fresh[top] != at) & (bounds[top] > -np.inf)])


def _gains(similarities: Matrix, weights: Vector, covered: Vector) -> Vector:
    more: Matrix = np.maximum(similarities - covered, 0)
    gains: Vector = more @ weights
    return gains
