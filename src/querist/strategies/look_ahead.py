"""What a model would predict after one more label, in closed form: one Newton step ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.geometry import row_chunks
from querist.strategies.linear_head import softmax

Table = NDArray[np.float64]
# The least that a probability counts as, so that its logarithm is a number.
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LookAhead:
    """A softmax layer over embeddings at its optimum, seen at m rows of interest only.

    A new label moves the weights by the Newton step of the log-loss. Of the curvature of a row,
    diag(p) - p pᵀ, its mean (1 - sum p²) / (C - 1) is taken, which is exact for two classes. So A
    is the sum of curvature × z zᵀ over the labelled rows plus the regularization, and one more row
    is a step of rank one.

    Attributes:
        products: z A⁻¹ zᵀ of all rows of interest (m, m).
        logits: Logarithms of what the deployed model predicts for them (m, C).
        curvatures: Of each row (m,).
    """

    products: Table
    logits: Table
    curvatures: Table

    @classmethod
    def of(
        cls,
        rows: Floats,
        chances: Floats,
        labeled: Floats,
        labeled_chances: Floats,
        regularization: float,
    ) -> Self:
        """The model as it is.

        Args:
            rows: The rows of interest (m, d).
            chances: What the model predicts for them (m, C).
            labeled: The labelled rows (L, d).
            labeled_chances: What it predicts for those (L, C).
            regularization: Weight of the squared weights, above 0.
        """
        z = rows.astype(np.float64)
        x = labeled.astype(np.float64) * np.sqrt(curvatures(labeled_chances))[:, None]
        if len(x) < z.shape[1]:
            # (XᵀX + λI)⁻¹ = (I - Xᵀ(XXᵀ + λI)⁻¹X) / λ, so that only L × L is solved.
            cross = z @ x.T
            inner = x @ x.T + regularization * np.eye(len(x))
            products = (z @ z.T - cross @ np.linalg.solve(inner, cross.T)) / regularization
        else:
            inner = x.T @ x + regularization * np.eye(z.shape[1])
            products = z @ np.linalg.solve(inner, z.T)
        logits = np.log(np.maximum(chances.astype(np.float64), _LEAST))
        return cls(products, logits, curvatures(chances))

    def way(self, row: int) -> Table:
        """How far the logits of each row move (m,) for each unit that the label of one is off.

        A⁻¹ with the row itself counted, by the formula of Sherman and Morrison (1950).
        """
        own = self.products[row, row] * self.curvatures[row]
        return np.asarray(self.products[:, row] / (1 + own))

    def believed(self, row: int) -> Self:
        """The same after learning a row as the model sees it, which only makes it surer there."""
        step = self.curvatures[row] * np.outer(self.way(row), self.products[row])
        return replace(self, products=self.products - step)

    def expected_error(
        self, row: int, ends: slice, loss: Callable[[Table], Table], most: int
    ) -> float:
        """Mean loss at the rows ``ends`` after learning ``row``, over the classes it may have.

        Args:
            row: A row of interest.
            ends: The rows of interest whose error counts.
            loss: From probabilities (n, C) to the expected loss of each (n,).
            most: How many of its most likely classes it may have.
        """
        p = softmax(self.logits[[row]])[0]
        classes = np.sort(np.argsort(-p, kind="stable")[:most])
        chances = p[classes] / p[classes].sum()
        apart = -np.tile(p, (len(classes), 1))
        apart[np.arange(len(classes)), classes] += 1
        now, way = self.logits[ends], self.way(row)[ends]
        found = 0.0
        for part in row_chunks(len(now), 4 * apart.size):
            after = now[part, None, :] + way[part, None, None] * apart
            errors = loss(softmax(after.reshape(-1, after.shape[2])))
            found += float((errors.reshape(-1, len(classes)) @ chances).sum())
        return found / len(now)


def curvatures(chances: Floats) -> Table:
    """(1 - sum p²) / (C - 1) of each row (n,): how strongly one more such row holds a model."""
    p = chances.astype(np.float64)
    squares = np.einsum("ij,ij->i", p, p)
    return np.asarray(np.maximum(1 - squares, 0) / (p.shape[1] - 1), dtype=np.float64)


def expected_errors(
    ahead: LookAhead, rows: Positions, ends: slice, loss: Callable[[Table], Table], most: int
) -> Table:
    """The expected loss at ``ends`` after the label of each of some rows (n,); lower is better."""
    # A loop over a short list, which is bounded, and not over the pool.
    return np.array([ahead.expected_error(row, ends, loss, most) for row in rows.tolist()])


def zero_one(probabilities: Table) -> Table:
    """Chance (n,) that the most likely class is wrong."""
    return np.asarray(1 - probabilities.max(axis=1), dtype=np.float64)


def log_loss(probabilities: Table) -> Table:
    """Expected -log p (n,) where the probabilities are right: their entropy, in nats."""
    safe = np.maximum(probabilities, np.finfo(np.float64).tiny)
    return np.asarray(-np.einsum("ij,ij->i", probabilities, np.log(safe)))
