"""What the labels so far prove: whether anything predicts them out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.strategies.base import Positions
from querist.strategies.geometry import Matrix

# Labelled rows that are looked at; the time grows with their third power.
_MOST = 500
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Accuracies on the labelled rows, 0 to 1, higher is better.

    Attributes:
        out_of_fold: Of a linear model, on each row when it learned from the others.
        prior: Of naming the most frequent class always.
        count: Number of rows.
    """

    out_of_fold: float
    prior: float
    count: int

    @property
    def misleads(self) -> bool:
        """Whether a model says surely less than which class is frequent: two standard errors."""
        doubt = 2 * np.sqrt(self.prior * (1 - self.prior) / self.count)
        return bool(self.out_of_fold < self.prior - doubt)


def evidence(vectors: Matrix, labels: Positions) -> Evidence:
    """Leave-one-out accuracy of ridge regression on one column a class, in closed form.

    With the inverse A of the kernel matrix plus the ridge, the residual of row i when it is left
    out is (A Y)_i / A_ii (Allen, 1974, PRESS). No model is refitted.

    Args:
        vectors: Labelled rows (L, d), of length one.
        labels: Their classes (L,).
    """
    if len(labels) > _MOST:
        # Evenly spaced rows of the sorted ones: no draw, so that the same labels say the same.
        kept = np.linspace(0, len(labels) - 1, _MOST).astype(np.int64)
        vectors, labels = vectors[kept], labels[kept]
    _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rows = vectors.astype(np.float64)
    targets = np.eye(len(counts))[codes]
    inverse = np.linalg.inv(rows @ rows.T + 1 + _RIDGE * np.eye(len(rows)))
    left_out = targets - (inverse @ targets) / np.diag(inverse)[:, None]
    return Evidence(
        out_of_fold=float((left_out.argmax(axis=1) == codes).mean()),
        prior=float(counts.max() / len(codes)),
        count=len(codes),
    )
