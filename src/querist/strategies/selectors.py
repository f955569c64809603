"""Selectors: from scores or vectors to a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.directions import Directions
from querist.strategies.draws import Draws
from querist.strategies.geometry import Matrix, Vector

_SMALL = 1e-12
# Parts into which scores are cut for each pick, to find what is high enough to be looked at.
_BLOCKS_PER_PICK = 8
# Rows that a greedy choice follows pick by pick.
_FOLLOWED = 4096
# Draws beyond what is wanted, for repeats.
_EXTRA_DRAWS = 16


def top_k(scores: Floats, k: int, rng: np.random.Generator) -> Positions:
    """Places (k,) of the ``k`` highest scores (n,), best first; ties in a seeded random order."""
    if not k:
        return np.zeros(0, dtype=np.int64)
    if k >= len(scores):
        chosen = np.arange(len(scores))
    else:
        # Only what reaches a first limit is looked at closely, which is little more than k.
        high = np.flatnonzero(scores >= _low_limit(scores, k))
        values = scores[high]
        limit = np.partition(values, len(high) - k)[len(high) - k]
        above, ties = high[values > limit], high[values == limit]
        chosen = np.concatenate([above, rng.permutation(ties)[: k - len(above)]])
    chosen = rng.permutation(chosen)
    return np.asarray(chosen[np.argsort(-scores[chosen], kind="stable")], dtype=np.int64)


def power_sample(
    scores: Floats, k: int, beta: float, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.float64]]:
    """Draw ``k`` places without replacement with chance proportional to scores ** beta.

    Kirsch et al. (2023), "Stochastic batch acquisition": the top k of beta log s + Gumbel. Where
    scores are 0 a tiny floor keeps every place possible. Exp(-key) is the moment at which a place
    is drawn when each waits for an exponential time of its own, so the keys of the k first can be
    drawn one after the other, without those of the rest. Scores below 0 are never drawn.

    Returns:
        The places (k,) in the order drawn, and the keys they were drawn by (higher came first).
    """
    top = max(float(scores.max()), _SMALL)
    mass = np.maximum(scores, _SMALL, dtype=np.float32)
    mass /= np.float32(top)
    if beta != 1:
        mass **= np.float32(beta)
    mass *= scores >= 0
    if len(mass) < _BLOCKS_PER_PICK * k or np.count_nonzero(mass) < k:
        with np.errstate(divide="ignore"):
            logs = np.log(np.where(scores < 0, 0, np.maximum(scores, _SMALL, dtype=np.float64)))
        keys = beta * logs + rng.gumbel(size=len(scores))
        chosen = top_k(keys, k, rng)
        return chosen, keys[chosen]
    chosen, left = _draw_in_turn(mass, k, rng)
    waits = np.cumsum(rng.standard_exponential(k) / np.maximum(left, np.finfo(np.float64).tiny))
    return chosen, beta * np.log(top) - np.log(waits)


def k_center(
    vectors: Directions,
    centers: Matrix,
    k: int,
    rng: np.random.Generator,
    *,
    free: NDArray[np.bool_] | None = None,
) -> tuple[Positions, Vector]:
    """Greedy k-center: each pick is the row farthest from all centers and earlier picks.

    Sener and Savarese (2018), "Active learning for convolutional neural networks: a core-set
    approach". Without centers it starts at the row nearest to the mean. A distance known for some
    earlier picks is an upper bound, so only the rows with the farthest bounds are followed pick by
    pick, and all rows only when one of the others might be farther; the picks are the same as
    those of the plain algorithm. Time O(n (L + k) d) at most, memory O(n).

    Args:
        vectors: Rows to choose from (n, d).
        centers: Unit rows that are centers already (L, d), possibly none.
        k: How many, at most as many as are free.
        rng: Decides ties.
        free: Which rows may be chosen (n,); all if ``None``. Also the mean is theirs.

    Returns:
        The places (k,) in order, and the distance of each to its nearest center when picked; the
        first pick without centers has distance 0.
    """
    chosen = np.empty(k, dtype=np.int64)
    reach = np.zeros(k, dtype=np.float32)
    bounds = np.full(len(vectors), np.inf, dtype=np.float32)
    if free is not None:
        bounds[~free] = -1
    done = applied = 0
    if len(centers):
        vectors.lower(bounds, centers)
    else:
        chosen[0], done = _nearest_to_mean(vectors, bounds >= 0, rng), 1
    while done < k:
        vectors.lower(bounds, vectors.at(chosen[applied:done]))
        bounds[chosen[applied:done]] = -1
        applied = done
        chosen[done] = pick = arg_best(bounds, rng)
        reach[done] = np.sqrt(max(float(bounds[pick]), 0.0))
        done += 1
        done = _follow(vectors, bounds, chosen, reach, done, rng)
    return chosen, reach


def arg_best(values: Floats, rng: np.random.Generator) -> int:
    """The place of the highest value; among ties a drawn one."""
    best = np.flatnonzero(values == values.max())
    return int(best[0] if len(best) == 1 else rng.choice(best))


def _low_limit(scores: Floats, k: int) -> float:
    """A value that at least ``k`` of the scores reach, and few more do if they are many."""
    width = len(scores) // (_BLOCKS_PER_PICK * k)
    if width < 2:
        return float(scores.min())
    # Each block's highest score is one of the scores, so k of those will do.
    blocks = len(scores) // width
    highest = scores[: blocks * width].reshape(blocks, width).max(axis=1)
    return float(np.partition(highest, blocks - k)[blocks - k])


def _draw_in_turn(
    mass: Vector, k: int, rng: np.random.Generator
) -> tuple[Positions, NDArray[np.float64]]:
    """Places (k,) drawn without replacement in proportion to mass, and the mass left at each."""
    chosen = np.empty(k, dtype=np.int64)
    left = np.empty(k)
    done = 0
    while done < k:
        # Repeats are passed over. What was drawn is taken out before the next draws.
        draws = Draws.by(mass)
        drawn = draws.take(2 * (k - done) + _EXTRA_DRAWS, rng)
        _, first = np.unique(drawn, return_index=True)
        fresh = drawn[np.sort(first)][: k - done]
        chosen[done : done + len(fresh)] = fresh
        weights = mass[fresh].astype(np.float64)
        left[done : done + len(fresh)] = draws.total - np.cumsum(weights) + weights
        mass[fresh] = 0
        done += len(fresh)
    return chosen, left


def _nearest_to_mean(vectors: Directions, free: NDArray[np.bool_], rng: np.random.Generator) -> int:
    # The product with the sum of the unit vectors; what it is divided by changes no order, and the
    # lengths of the rows differ only for zero rows.
    near = vectors.toward(vectors.mean(free)) * 2 - (vectors.scale > 0)
    near[~free] = -np.inf
    return arg_best(near, rng)


def _follow(
    vectors: Directions,
    bounds: Vector,
    chosen: Positions,
    reach: Vector,
    done: int,
    rng: np.random.Generator,
) -> int:
    """Go on picking among the rows with the farthest bounds while none beyond them can win."""
    count = len(bounds) - _FOLLOWED
    if count < _FOLLOWED or done == len(chosen):
        return done
    limit = np.partition(bounds, count)[count]
    places = np.flatnonzero(bounds > limit)
    near = Directions.of(vectors.table[places])
    known = bounds[places]
    last = chosen[done - 1]
    while done < len(chosen):
        near.lower(known, vectors.at(np.array([last])))
        known[places == last] = -1
        # A row as far as the limit may tie with others that are not followed.
        if not len(known) or known.max() <= limit:
            break
        best = arg_best(known, rng)
        chosen[done] = last = places[best]
        reach[done] = np.sqrt(float(known[best]))
        done += 1
    return done
