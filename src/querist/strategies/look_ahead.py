"""What a least-squares head would predict after one more label, in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats
from querist.strategies.geometry import row_chunks

Table = NDArray[np.float64]
# The least that a predicted probability counts as, so that a row never has all zeros.
_LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class LookAhead:
    """A ridge regression of one-hot classes, at m rows of interest only.

    Attributes:
        products: z A⁻¹ zᵀ of all rows of interest (m, m), with A the labelled rows' products plus
            the regularization.
        outputs: What it predicts for them (m, C); rows sum to one.
    """

    products: Table
    outputs: Table

    @classmethod
    def of(cls, rows: Floats, labeled: Floats, targets: Floats, regularization: float) -> Self:
        """Fit on labelled rows.

        Args:
            rows: The rows of interest (m, d).
            labeled: The labelled rows (L, d).
            targets: One-hot classes (L, C), or probabilities where a class is not known.
            regularization: Weight of the squared weights, above 0.
        """
        z, x = rows.astype(np.float64), labeled.astype(np.float64)
        y = targets.astype(np.float64) - 1 / targets.shape[1]
        if len(x) < z.shape[1]:
            # (XᵀX + λI)⁻¹ = (I - Xᵀ(XXᵀ + λI)⁻¹X) / λ, so that only L × L is solved.
            inner = x @ x.T + regularization * np.eye(len(x))
            cross = z @ x.T
            solved = np.linalg.solve(inner, np.concatenate([cross.T, y], axis=1))
            back, weights = solved[:, : len(z)], solved[:, len(z) :]
            return cls((z @ z.T - cross @ back) / regularization, cross @ weights + 1 / y.shape[1])
        inner = x.T @ x + regularization * np.eye(z.shape[1])
        solved = np.linalg.solve(inner, np.concatenate([z.T, x.T @ y], axis=1))
        back, weights = solved[:, : len(z)], solved[:, len(z) :]
        return cls(z @ back, z @ weights + 1 / y.shape[1])

    def taught(self, row: int, target: Table) -> Self:
        """The same after learning a row with a target (C,); Sherman and Morrison (1950)."""
        way = self.products[:, row] / (1 + self.products[row, row])
        return type(self)(
            self.products - np.outer(way, self.products[row]),
            self.outputs + np.outer(way, target - self.outputs[row]),
        )

    def expected_error(
        self,
        row: int,
        chances: Table,
        classes: NDArray[np.int64],
        ends: slice,
        loss: Callable[[Table], Table],
    ) -> float:
        """Mean loss at the rows ``ends`` after learning ``row``, over the classes it may have.

        Args:
            row: A row of interest.
            chances: Of the classes that it may have (k,), summing to one.
            classes: These classes (k,).
            ends: The rows of interest whose error counts.
            loss: From probabilities (n, C) to the expected loss of each (n,).
        """
        way = self.products[ends, row] / (1 + self.products[row, row])
        apart = -np.tile(self.outputs[row], (len(classes), 1))
        apart[np.arange(len(classes)), classes] += 1
        ahead = self.outputs[ends]
        found = 0.0
        for part in row_chunks(len(ahead), 4 * apart.size):
            after = ahead[part, None, :] + way[part, None, None] * apart
            errors = loss(as_probabilities(after.reshape(-1, after.shape[2])))
            found += float((errors.reshape(-1, len(classes)) @ chances).sum())
        return found / len(ahead)


def as_probabilities(outputs: Table) -> Table:
    """Outputs of least squares (n, C) as probabilities: at least a little, summing to one."""
    kept = np.maximum(outputs, _LEAST)
    kept /= kept.sum(axis=1, keepdims=True)
    return kept


def zero_one(probabilities: Table) -> Table:
    """Chance (n,) that the most likely class is wrong."""
    return np.asarray(1 - probabilities.max(axis=1), dtype=np.float64)


def log_loss(probabilities: Table) -> Table:
    """Expected -log p (n,) where the probabilities are right: their entropy, in nats."""
    return np.asarray(-np.einsum("ij,ij->i", probabilities, np.log(probabilities)))
