"""What follows in closed form from a linear last layer: logits and the way to the next class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Head, Positions
from querist.strategies.geometry import Matrix, Vector, row_chunks

Table = NDArray[np.float64]


def logits(vectors: Floats, head: Head) -> Table:
    """The logits h Wᵀ + b of each row (n, C), in float64, so that huge vectors cannot overflow."""
    found: Table = vectors.astype(np.float64) @ head.weights.T.astype(np.float64)
    found += head.intercept
    return found


def softmax(scores: Table) -> Table:
    """Probabilities (n, C) of logits, without overflow."""
    found: Table = np.exp(scores - scores.max(axis=1, keepdims=True))
    found /= found.sum(axis=1, keepdims=True)
    return found


def boundary_distance(vectors: Floats, rows: Positions, head: Head) -> Table:
    """Distance of each row (n,) to the nearest point that the head gives another class.

    min over c of (f_yhat - f_c) / ||w_yhat - w_c||, the DeepFool step of a linear model
    (Moosavi-Dezfooli, Fawzi and Frossard, 2016). Classes with the same weights cannot be reached;
    a row that can reach none is as far as the largest float32.
    """
    weights = head.weights.astype(np.float64)
    squares = np.einsum("ij,ij->i", weights, weights)
    gaps = squares[:, None] + squares - 2 * weights @ weights.T
    # What rounding leaves between equal rows of weights is no distance.
    gaps[gaps <= 1e-12 * (squares[:, None] + squares)] = 0
    steps = np.sqrt(gaps)
    found = np.empty(len(rows))
    far = float(np.finfo(np.float32).max)
    for part in row_chunks(len(rows), 4 * (vectors.shape[1] + len(weights))):
        scores = logits(vectors[rows[part]], head)
        first = scores.argmax(axis=1)
        lead = np.take_along_axis(scores, first[:, None], axis=1) - scores
        reach = np.full(lead.shape, far)
        np.divide(lead, steps[first], out=reach, where=steps[first] > 0)
        found[part] = np.minimum(reach.min(axis=1), far)
    return found


def gradient_length(probabilities: Floats, lengths: Vector) -> Vector:
    """Expected length of the gradient of the log-loss by the last layer's weights (n,).

    ||h|| sum_y p_y ||p - onehot(y)|| with ||p - onehot(y)||² = sum_c p_c² - 2 p_y + 1; nothing of
    the size of a gradient is made.

    Args:
        probabilities: Of each row (n, C).
        lengths: ||h|| of each row (n,).
    """
    found = np.empty(len(probabilities), dtype=np.float32)
    for part in row_chunks(len(probabilities), 4 * probabilities.shape[1]):
        p = probabilities[part].astype(np.float64)
        squares = np.einsum("ij,ij->i", p, p)[:, None] - 2 * p + 1
        norms = np.sqrt(np.maximum(squares, 0))
        found[part] = np.maximum(np.einsum("ij,ij->i", p, norms), 0) * lengths[part]
    return found


def flips_by_dropout(
    vectors: Floats,
    rows: Positions,
    head: Head,
    rate: float,
    passes: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """In how many of ``passes`` each row (n,) gets another class when features are dropped.

    Each number of a vector is set to zero with chance ``rate``, the rest is scaled up to make up.
    """
    found = np.zeros(len(rows), dtype=np.int64)
    for part in row_chunks(len(rows), 6 * (vectors.shape[1] + len(head.weights))):
        x = vectors[rows[part]].astype(np.float64)
        whole = logits(x, head).argmax(axis=1)
        for _ in range(passes):
            kept = rng.random(x.shape, dtype=np.float32) >= rate
            found[part] += logits(x * kept / (1 - rate), head).argmax(axis=1) != whole
    return found


def flips_by_mixing(
    vectors: Floats, rows: Positions, head: Head, anchors: Matrix, epsilon: float
) -> NDArray[np.bool_]:
    """Whether mixing in any of the anchors (A, d) gives a row (n,) another class.

    alpha = epsilon ||z* - z|| g / (||g|| (z* - z)) number by number, with g the gradient of the
    loss at the row's own predicted class; alpha is held within 0 and 1, so the mixed vector lies
    between the row and the anchor. So a row moves by epsilon ||z* - z|| at most, and one whose next
    class is farther than that is not mixed at all.
    """
    found = np.zeros(len(rows), dtype=bool)
    reach = boundary_distance(vectors, rows, head)
    targets = anchors.astype(np.float64)
    for part in row_chunks(len(rows), 50 * (vectors.shape[1] + len(head.weights))):
        z = vectors[rows[part]].astype(np.float64)
        farthest = _farthest(z, targets)
        near = np.flatnonzero(reach[part] <= epsilon * farthest)
        found[part.start + near] = _flips(z[near], head, targets, epsilon)
    return found


def _farthest(z: Table, anchors: Table) -> Table:
    """Distance of each row (n,) to its farthest anchor, or a little more for rounding."""
    lengths = np.einsum("ij,ij->i", z, z), np.einsum("ij,ij->i", anchors, anchors)
    squares = lengths[0][:, None] + lengths[1] - 2 * z @ anchors.T
    return np.asarray(np.sqrt(np.maximum(squares.max(axis=1), 0) + 1e-6 * lengths[0]))


def _flips(z: Table, head: Head, anchors: Table, epsilon: float) -> NDArray[np.bool_]:
    found = np.zeros(len(z), dtype=bool)
    p = softmax(logits(z, head))
    whole = p.argmax(axis=1)
    p[np.arange(len(p)), whole] -= 1
    gradient = p @ head.weights.astype(np.float64)
    gradient /= np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-300)
    for anchor in anchors:
        way = anchor - z
        step = gradient * (epsilon * np.sqrt(np.einsum("ij,ij->i", way, way)))[:, None]
        # alpha × way, with alpha between 0 and 1: along the way, and no farther than it goes.
        np.clip(step, np.minimum(way, 0), np.maximum(way, 0), out=step)
        step += z
        found |= logits(step, head).argmax(axis=1) != whole
    return found
