"""A linear-chain conditional random field: chances of label sequences, and the best one of each.

Lafferty, McCallum and Pereira (2001), "Conditional random fields". All chains are worked on at
once, token by token: their first tokens lie together, then their second ones, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]
Places = NDArray[np.int64]

# Differences of scores beyond this are no difference any more: both chances are 0.
_FAR = 300.0
_TINY = 1e-300
_ITERATIONS = 100
# Path scores that are compared at once.
_TOGETHER = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """The order in which tokens of k chains are worked on.

    Attributes:
        order: Tokens in that order (T,).
        bounds: Where the first, second, … tokens of the chains begin in it, and its end.
        before: For each token that is not its chain's first, the one before it, both counted in
            that order (T - k,); the tokens themselves are the last T - k.
    """

    order: Places
    bounds: Places
    before: Places

    @classmethod
    def of(cls, lengths: Places) -> Packed:
        """The order for chains of given lengths (k,), 1 or more, that lie one after the other."""
        longest_first = np.argsort(-lengths, kind="stable")
        starts = (np.cumsum(lengths) - lengths)[longest_first]
        sizes = np.bincount(lengths)[::-1].cumsum()[::-1][1:] if len(lengths) else lengths
        steps = [starts[:size] + step for step, size in enumerate(sizes.tolist())]
        bounds = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        before = [
            np.arange(size) + first
            for first, size in zip(bounds.tolist(), sizes[1:].tolist(), strict=False)
        ]
        none = np.zeros(0, dtype=np.int64)
        return cls(
            order=np.concatenate([none, *steps]),
            bounds=bounds,
            before=np.concatenate([none, *before]),
        )

    @property
    def steps(self) -> list[slice]:
        """The tokens of each step."""
        return [slice(*ends) for ends in pairwise(self.bounds.tolist())]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """What a model says of T tokens and L labels, in packed order.

    Attributes:
        labels: Chance of each label of each token (T, L).
        earlier: How well a label fits what comes up to its token (T, L), scaled to sum to one.
        later: How well it fits what comes after its token (T, L), scaled alike.
        following: How well it fits its own token and what comes after that (T, L), scaled alike.
        moves: exp of the scores of one label after another (L, L).
        log_norms: Logarithm of each token's share in the sum over all paths of its chain (T,).
    """

    labels: Table
    earlier: Table
    later: Table
    following: Table
    moves: Table
    log_norms: Table


def chances(packed: Packed, scores: Table, moves: Table, first: Table) -> Chances:
    """Forward and backward over all chains (Rabiner, 1989, with his scaling).

    Args:
        packed: The order of the tokens.
        scores: Of each label of each token (T, L), in that order.
        moves: Of a label (column) after another (row) (L, L); -inf where that cannot be.
        first: Added for a chain's first token (L,); -inf where that cannot be.
    """
    top = scores.max(axis=1, keepdims=True)
    here = np.exp(np.maximum(scores - top, -_FAR))
    steps, likely = packed.steps, np.exp(moves)
    forward, norms = np.empty_like(here), np.empty(len(here))
    for at, rows in enumerate(steps):
        block = here[rows]
        if at:
            earlier = steps[at - 1].start
            block = block * (forward[earlier : earlier + len(block)] @ likely)
        else:
            block = block * np.exp(first)
        norms[rows] = block.sum(axis=1)
        forward[rows] = block / norms[rows, None]
    backward = np.ones_like(here)
    following = here / norms[:, None]
    for rows, after in zip(steps[-2::-1], steps[:0:-1], strict=True):
        following[after] *= backward[after]
        size = after.stop - after.start
        backward[rows.start : rows.start + size] = following[after] @ likely.T
    return Chances(
        labels=forward * backward,
        earlier=forward,
        later=backward,
        following=following,
        moves=likely,
        log_norms=np.log(norms) + top[:, 0],
    )


def best_paths(packed: Packed, scores: Table, moves: Table, first: Table) -> Places:
    """The most likely labels of each chain (T,), in packed order (Viterbi, 1967)."""
    steps = packed.steps
    best = scores.copy()
    came_from = np.zeros(scores.shape, dtype=np.int16)
    for at, rows in enumerate(steps):
        if not at:
            best[rows] += first
            continue
        start, size = steps[at - 1].start, rows.stop - rows.start
        width = max(_TOGETHER // moves.size, 1)
        for low in range(0, size, width):
            high = min(low + width, size)
            paths = best[start + low : start + high, :, None] + moves
            came_from[rows.start + low : rows.start + high] = paths.argmax(axis=1)
            best[rows.start + low : rows.start + high] += paths.max(axis=1)
    found: Places = best.argmax(axis=1)
    for rows, after in zip(steps[-2::-1], steps[:0:-1], strict=True):
        size = after.stop - after.start
        places = np.arange(after.start, after.stop)
        found[rows.start : rows.start + size] = came_from[places, found[after]]
    return found


def train(
    packed: Packed,
    seen: Any,
    labels: Places,
    allowed: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    strength: float,
) -> tuple[Table, Table]:
    """Weights (F, L) and moves (L, L) of the largest penalised likelihood, by L-BFGS.

    Args:
        packed: The order of the tokens.
        seen: Which of F features each token has (T, F), sparse, in that order.
        labels: The label of each token (T,), in that order.
        allowed: Which label may follow which (L, L), and which may come first (L,).
        strength: What half the sum of squares of all weights is multiplied by.
    """
    from scipy.optimize import minimize

    follow, begin = allowed
    width = len(begin)
    shape = (seen.shape[1] + width, width)
    first = np.where(begin, 0, -np.inf)
    wanted = np.zeros((len(labels), width))
    wanted[np.arange(len(labels)), labels] = 1
    pairs = np.zeros((width, width))
    np.add.at(pairs, (labels[packed.before], labels[len(labels) - len(packed.before) :]), 1)
    turned = seen.T.tocsr()

    def loss(flat: Table) -> tuple[float, Table]:
        weights, moves = flat.reshape(shape)[:-width], flat.reshape(shape)[-width:]
        scores = seen @ weights
        found = chances(packed, scores, np.where(follow, moves, -np.inf), first)
        value = found.log_norms.sum() - (wanted * scores).sum() - (pairs * moves).sum()
        slope = np.concatenate([turned @ (found.labels - wanted), expected(packed, found) - pairs])
        slope += strength * flat.reshape(shape)
        return float(value + 0.5 * strength * flat @ flat), slope.ravel()

    found = minimize(
        loss,
        np.zeros(shape[0] * width),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _ITERATIONS, "ftol": 1e-5},
    )
    table = found.x.reshape(shape)
    return table[:-width], table[-width:]


def expected(packed: Packed, found: Chances) -> Table:
    """How often a label comes after another, as expected (L, L)."""
    count = len(packed.before)
    after = found.following[len(found.following) - count :]
    pairs: Table = (found.earlier[packed.before].T @ after) * found.moves
    return pairs


def goes_on(packed: Packed, found: Chances, path: Places, wanted: Places) -> Table:
    """The chance that the next label is the wanted one (T,), given the path's own; 0 at the end.

    Args:
        packed: The order of the tokens.
        found: What the model says of them.
        path: A label of each token (T,), in packed order.
        wanted: What would have to follow it (T,).
    """
    chance = np.zeros(len(path))
    here = packed.before
    after = np.arange(len(path) - len(here), len(path))
    pair = found.moves[path[here], wanted[here]] * found.following[after, wanted[here]]
    chance[here] = pair / np.maximum(found.later[here, path[here]], _TINY)
    return np.minimum(chance, 1)
