"""Selectors: from scores or vectors to a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.geometry import Matrix, Vector, row_chunks, squared_distances, squared_norms

_SMALL = 1e-12


def top_k(scores: Floats, k: int, rng: np.random.Generator) -> Positions:
    """Places (k,) of the ``k`` highest scores (n,), best first; ties in a seeded random order."""
    count = len(scores)
    if k >= count:
        chosen = np.arange(count)
    else:
        limit = np.partition(scores, count - k)[count - k]
        above = np.flatnonzero(scores > limit)
        ties = np.flatnonzero(scores == limit)
        chosen = np.concatenate([above, rng.permutation(ties)[: k - len(above)]])
    chosen = rng.permutation(chosen)
    return np.asarray(chosen[np.argsort(-scores[chosen], kind="stable")], dtype=np.int64)


def power_sample(
    scores: Floats, k: int, beta: float, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.float64]]:
    """Draw ``k`` places without replacement with chance proportional to scores ** beta.

    Kirsch et al. (2023), "Stochastic batch acquisition": the top k of log s + Gumbel / beta. Where
    scores are 0 a tiny floor keeps every place possible.

    Returns:
        The places (k,) in the order drawn, and the keys they were drawn by (higher came first).
    """
    logs = np.log(np.maximum(scores.astype(np.float64), _SMALL))
    keys = beta * logs + rng.gumbel(size=len(scores))
    chosen = top_k(keys, k, rng)
    return chosen, keys[chosen]


def k_center(
    vectors: Matrix, centers: Matrix, k: int, rng: np.random.Generator
) -> tuple[Positions, Vector]:
    """Greedy k-center: each pick is the row farthest from all centers and earlier picks.

    Sener and Savarese (2018), "Active learning for convolutional neural networks: a core-set
    approach". Time O(n (L + k) d), memory O(n). Without centers it starts at the row nearest to
    the mean.

    Args:
        vectors: Rows to choose from (n, d).
        centers: Rows that are centers already (L, d), possibly none.
        k: How many, at most n.
        rng: Decides ties.

    Returns:
        The places (k,) in order, and the distance of each to its nearest center when picked; the
        first pick without centers has distance 0.
    """
    norms = squared_norms(vectors)
    chosen = np.empty(k, dtype=np.int64)
    reach = np.zeros(k, dtype=np.float32)
    if len(centers):
        closest = np.empty(len(vectors), dtype=np.float32)
        for rows in row_chunks(len(vectors), len(centers)):
            closest[rows] = squared_distances(vectors[rows], centers).min(axis=1)
        start = 0
    else:
        mean = vectors.mean(axis=0, dtype=np.float32)
        chosen[0] = arg_best(-(norms - 2 * (vectors @ mean)), rng)
        closest = _distances_to(vectors, norms, chosen[0])
        closest[chosen[0]] = -1
        start = 1
    for at in range(start, k):
        pick = arg_best(closest, rng)
        chosen[at], reach[at] = pick, np.sqrt(max(float(closest[pick]), 0.0))
        np.minimum(closest, _distances_to(vectors, norms, pick), out=closest)
        closest[chosen[: at + 1]] = -1
    return chosen, reach


def arg_best(values: Floats, rng: np.random.Generator) -> int:
    """The place of the highest value; among ties a drawn one."""
    best = np.flatnonzero(values == values.max())
    return int(best[0] if len(best) == 1 else rng.choice(best))


def _distances_to(vectors: Matrix, norms: Vector, place: int | np.int64) -> Vector:
    found: Vector = vectors @ vectors[place]
    found *= -2
    found += norms
    found += norms[place]
    np.maximum(found, 0, out=found)
    return found
