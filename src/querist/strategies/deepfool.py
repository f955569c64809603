"""DeepFool for models that are not linear: the smallest change that makes them choose otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies.base import (
    Floats,
    Gradient,
    Pool,
    Positions,
    Selection,
    Signal,
    register,
)
from querist.strategies.geometry import row_chunks
from querist.strategies.needs import need_embeddings, need_gradient
from querist.strategies.parameters import positive
from querist.strategies.selectors import top_k

Table = NDArray[np.float64]

# Rows that are walked to the boundary, for each one asked, and at least.
_TIMES = 10
_ROWS = 200
# How much farther than the boundary a step goes.
_OVERSHOOT = 0.02
# Halvings that cut a way, and turns that shorten it.
_HALVINGS = 14
_TURNS = 4
_FAR = float(np.finfo(np.float32).max)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DeepFool:
    """Nearest to a boundary first, walking there in steps along the model's own gradients.

    All candidates are measured by one step; the ten nearest for each row asked, at least 200, are
    walked. For a head that is linear ``adversarial`` has the exact distance at once.

    Attributes:
        steps: Steps at most; who has not crossed a boundary by then counts as far.
    """

    name: ClassVar[str] = "deepfool"
    summary: ClassVar[str] = "Rows nearest to the boundary of any differentiable model."
    paper: ClassVar[str] = "Ducoffe and Precioso (2018), Adversarial active learning (DFAL)."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS, Signal.GRADIENT})
    steps: int = 50

    def __post_init__(self) -> None:
        positive("steps", self.steps)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is minus the length of the way to another class."""
        vectors = need_embeddings(pool, self.name)
        gradient = need_gradient(pool, self.name)
        first = one_step(vectors, pool.candidates, gradient)
        near = pool.candidates[top_k(-first, min(max(_TIMES * n, _ROWS), len(first)), rng)]
        values = -walked(vectors, near, gradient, self.steps)
        places = top_k(values, n, rng)
        return Selection(
            indices=near[places],
            scores=values[places],
            reasons=("A small change of it would make the model choose another class.",) * n,
            note="The rows nearest to the boundary between two classes.",
        )


def one_step(vectors: Floats, rows: Positions, gradient: Gradient) -> Table:
    """Distance of each row (n,) to the nearest other class, were the model linear around it."""
    found = np.empty(len(rows))
    for part in _parts(vectors, rows, gradient):
        scores, slopes = _at(vectors[rows[part]].astype(np.float64), gradient)
        found[part] = _nearest(scores, slopes, scores.argmax(axis=1))[0]
    return found


def walked(vectors: Floats, rows: Positions, gradient: Gradient, steps: int) -> Table:
    """Length of the way of each row (n,) to another class; the largest float32 if it gets to none.

    Moosavi-Dezfooli, Fawzi and Frossard (2016), "DeepFool": again and again the step to the
    nearest boundary of the model made linear where the row has come to. Such a way may end far
    beyond the boundary and need not be the shortest, so it is cut where it crosses, and turned
    straight against the boundary there as long as that makes it shorter.
    """
    found = np.full(len(rows), _FAR)
    for part in _parts(vectors, rows, gradient):
        start = vectors[rows[part]].astype(np.float64)
        own = _at(start, gradient)[0].argmax(axis=1)
        way, crossed = _walk(start, own, gradient, steps)
        at = np.flatnonzero(crossed)
        if len(at):
            found[part.start + at] = _shortened(start[at], own[at], way[at], gradient)
    return found


def _walk(
    start: Table, own: Positions, gradient: Gradient, steps: int
) -> tuple[Table, NDArray[np.bool_]]:
    """The way (m, d) that each row has gone, and whether it came to another class (m,)."""
    way = np.zeros_like(start)
    crossed = np.zeros(len(start), dtype=bool)
    going = np.arange(len(start))
    for _ in range(steps):
        scores, slopes = _at(start[going] + way[going], gradient)
        distance, direction = _nearest(scores, slopes, own[going])
        reaches = distance < _FAR
        going = going[reaches]
        if not len(going):
            break
        # A little beyond the boundary, so that rounding does not leave a row before it.
        way[going] += (1 + _OVERSHOOT) * distance[reaches, None] * direction[reaches]
        crossed[going] = _at(start[going] + way[going], gradient)[0].argmax(axis=1) != own[going]
        going = going[~crossed[going]]
        if not len(going):
            break
    return way, crossed


def _shortened(start: Table, own: Positions, way: Table, gradient: Gradient) -> Table:
    """Lengths (m,) of the ways cut at the boundary and turned against it."""
    lengths = np.linalg.norm(way, axis=1)
    # A row on the boundary itself may have gone nowhere.
    ways = way / np.where(lengths > 0, lengths, 1)[:, None]
    lengths = _cut(start, own, ways, lengths, gradient)
    for _ in range(_TURNS):
        scores, slopes = _at(start + lengths[:, None] * ways, gradient)
        straight = _nearest(scores, slopes, own)[1]
        turned = ways + straight
        turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-300)
        for tried in (straight, turned):
            ends = _at(start + lengths[:, None] * tried, gradient)[0].argmax(axis=1)
            at = np.flatnonzero(ends != own)
            if len(at):
                lengths[at] = _cut(start[at], own[at], tried[at], lengths[at], gradient)
                ways[at] = tried[at]
    return lengths


def _cut(start: Table, own: Positions, ways: Table, lengths: Table, gradient: Gradient) -> Table:
    """Lengths (m,) within which the class changes, by bisection; it has changed at the end."""
    low, high = np.zeros(len(lengths)), lengths.copy()
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        ends = _at(start + middle[:, None] * ways, gradient)[0].argmax(axis=1)
        low, high = np.where(ends == own, middle, low), np.where(ends == own, high, middle)
    return high


def _nearest(scores: Table, slopes: Table, own: Positions) -> tuple[Table, Table]:
    """Distance (m,) and direction (m, d) to the nearest boundary of the model made linear."""
    at = np.arange(len(own))
    ways = slopes - slopes[at, own][:, None]
    # By the largest first, so that the squares of huge or tiny slopes stay numbers.
    largest = np.abs(ways).max(axis=2)
    safe = np.where(largest > 0, largest, 1)
    lengths = safe * np.linalg.norm(ways / safe[:, :, None], axis=2)
    lead = scores[at, own][:, None] - scores
    reach = np.full(lead.shape, _FAR)
    # A slope too small to get anywhere within float32 leads nowhere.
    np.divide(lead, lengths, out=reach, where=lengths > np.abs(lead) / _FAR)
    reach[at, own] = _FAR
    other = reach.argmin(axis=1)
    length = lengths[at, other]
    direction = ways[at, other] / np.where(length > 0, length, 1)[:, None]
    return np.minimum(reach[at, other], _FAR), direction


def _parts(vectors: Floats, rows: Positions, gradient: Gradient) -> list[slice]:
    """Slices of the rows whose gradients, several times over, fit into one chunk."""
    classes = _at(vectors[rows[:1]].astype(np.float64), gradient)[0].shape[1]
    return list(row_chunks(len(rows), 6 * classes * vectors.shape[1]))


def _at(x: Table, gradient: Gradient) -> tuple[Table, Table]:
    scores, slopes = (np.asarray(part, dtype=np.float64) for part in gradient(x))
    fits = (
        scores.ndim == 2 and len(scores) == len(x) and slopes.shape == (*scores.shape, x.shape[1])
    )
    if not fits or scores.shape[1] < 2:
        raise InvalidInputError(
            f"For vectors {x.shape} gradient gave logits {scores.shape} and gradients "
            f"{slopes.shape}.",
            remedy="Return logits (m, C) of at least two classes and their gradients (m, C, d).",
        )
    if not (np.isfinite(scores).all() and np.isfinite(slopes).all()):
        raise InvalidInputError(
            "gradient gave NaN or an infinite number.",
            remedy="Return logits and their gradients, which are finite.",
        )
    return scores, slopes
