"""A second opinion: how likely a model is wrong, by what labels near an asset say beside it.

The confidence of one model does not tell where it cannot see. Nearby labels often do: a vote of
neighbours and a kernel regression err elsewhere than a linear model does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.autolabel.labeler import MOST_ROWS
from querist.autolabel.left_out import (
    Matrix,
    Positions,
    kernel_of,
    pool_weights,
    ridge,
    seen,
    votes,
)
from querist.metrics import fit_sureness

Values = NDArray[np.float64]

# With fewer labels that the model has not learned, nothing tells whom to trust.
FEWEST = 30
# Cosines of pool and labels: of more, labels are left out at random.
MOST_PAIRS = 250_000_000
# Products that the kernel regression takes for all classes: of more, labels are left out too.
MOST_PRODUCTS = 1_000_000_000_000
# What is held at a time, as numbers of four bytes.
_BLOCK = 20_000_000
_FOLDS = 5
# The model's own log probabilities, the kernel regression, the votes.
_WEIGHTS = np.array([0.5, 2.5, 0.5])
_LEAST = np.exp(-30.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Labelled rows m, and what the model says of them without having learned their labels.

    ``rows`` are positions (m,), each once, ``codes`` their classes (m,), ``said`` is (m, C).
    """

    rows: Positions
    codes: Positions
    said: NDArray[np.float32]


def errors_beside(
    vectors: Matrix,
    said: NDArray[np.float32],
    labeled: Positions,
    codes: Positions,
    judged: Judged,
    rng: np.random.Generator,
) -> NDArray[np.float32] | None:
    """Calibrated probability (N,) that the model's most probable class is wrong.

    A logarithmic opinion pool of the model, kernel ridge regression and a vote of neighbours, with
    weights that minimise the log loss on ``judged``, says how probable the model's class is; that
    is then calibrated out of fold. Kernel and votes learn from ``labeled`` and leave out a row that
    is judged. Above ``MOST_ROWS`` labels the kernel regression is the mean of several on parts
    of them (Zhang, Duchi and Wainwright, 2015, "Divide and conquer kernel ridge regression").

    Args:
        vectors: Embeddings (N, d), finite.
        said: What the model says of them (N, C).
        labeled: Positions (n,) that it learned from, each once.
        codes: Their classes (n,), 0 to C - 1.
        judged: Where it is known whether it is right.
        rng: Draws the parts, the labels held where there are many, and the folds.

    Returns:
        ``None`` where too little is known for a second opinion.
    """
    count = max(len(vectors), 1)
    most = min(MOST_PAIRS // count, MOST_PRODUCTS // (count * said.shape[1]))
    if len(judged.rows) < FEWEST or min(len(labeled), most) < FEWEST:
        return None
    chosen = rng.permutation(len(labeled))[:most]
    near = _Near.fitted(vectors, labeled[chosen], codes[chosen], said.shape[1])
    logits = near.of(vectors, judged.rows)
    pool = np.concatenate([_logs(judged.said)[None], logits])
    weights = pool_weights(pool, judged.codes, _WEIGHTS)
    answers = judged.said.argmax(axis=1)
    claimed = _share(np.tensordot(weights, pool, axes=1), answers)
    sureness = fit_sureness(
        answers == judged.codes, claimed, rng.permutation(len(answers)) % _FOLDS
    )
    errors = np.empty(len(vectors), dtype=np.float32)
    step = max(_BLOCK // (8 * said.shape[1]), 1)
    for start in range(0, len(vectors), step):
        rows = np.arange(start, min(start + step, len(vectors)))
        pool = np.concatenate([_logs(said[rows])[None], near.of(vectors, rows)])
        own = _share(np.tensordot(weights, pool, axes=1), said[rows].argmax(axis=1))
        errors[rows] = 1 - sureness.of(own)
    return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    """What n labelled rows say of others near them, and of each other without its own label.

    ``own`` is what the kernel regression of a row owes to its own label (n, C); ``place`` says
    where a position of the pool is held (N,), -1 where it is not.
    """

    mean: Matrix
    turned: Matrix
    onehot: Matrix
    kernel: Matrix
    own: Matrix
    place: Positions

    @classmethod
    def fitted(cls, vectors: Matrix, held: Positions, codes: Positions, classes: int) -> _Near:
        mean = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        turned = _turned(vectors[held], mean)
        onehot = np.eye(classes, dtype=np.float32)[codes]
        kernel, own = np.zeros_like(onehot), np.zeros_like(onehot)
        parts = np.array_split(np.arange(len(held)), -(-len(held) // MOST_ROWS))
        for part in parts:
            target = (onehot[part] - onehot[part].mean(axis=0)).astype(np.float64)
            table = kernel_of(turned[part] @ turned[part].T)
            kernel[part], left_out = ridge(table, target)
            own[part] = table @ kernel[part] - left_out
        place = np.full(len(vectors), -1, dtype=np.int64)
        place[held] = np.arange(len(held))
        return cls(
            mean=mean,
            turned=turned,
            onehot=onehot,
            kernel=kernel / np.float32(len(parts)),
            own=own / np.float32(len(parts)),
            place=place,
        )

    def of(self, vectors: Matrix, rows: Positions) -> Values:
        """The logits (2, m, C) of kernel and votes at some positions (m,)."""
        step = max(_BLOCK // len(self.turned), 1)
        parts = [rows[start : start + step] for start in range(0, len(rows), step)]
        return np.concatenate([self._of(vectors, part) for part in parts], axis=1)

    def _of(self, vectors: Matrix, rows: Positions) -> Values:
        cosines = _turned(vectors[rows], self.mean) @ self.turned.T
        by_kernel = kernel_of(cosines) @ self.kernel
        at = np.flatnonzero(self.place[rows] >= 0)
        held = self.place[rows[at]]
        by_kernel[at] -= self.own[held]
        cosines[at, held] = -np.inf
        return np.stack([by_kernel, votes(cosines, self.onehot)]).astype(np.float64)


def _turned(rows: Matrix, mean: Matrix) -> Matrix:
    return seen(rows, mean, np.ones_like(mean))[0]


def _logs(said: NDArray[np.float32]) -> Values:
    return np.log(np.maximum(said.astype(np.float64), _LEAST))


def _share(logits: Values, codes: Positions) -> Values:
    """The softmax (n,) of one class of each row."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised[np.arange(len(codes)), codes] / raised.sum(axis=1), np.float64)
