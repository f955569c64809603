"""What the labels so far prove: whether they predict each other, and how far they reach."""

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
    kept = looked_at(len(labels))
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


def looked_at(count: int) -> Positions:
    """At most 500 evenly spaced places of some rows: no draw, so the same labels say the same."""
    return np.linspace(0, count - 1, min(count, _MOST)).astype(np.int64)


def left_out_loss(similarities: Matrix, labels: Positions, noise: float) -> float:
    """Squared error of kernel regression on one column a class, each row left out; lower is better.

    Args:
        similarities: Among the labelled rows (L, L), 1 on the diagonal.
        labels: Their classes (L,).
        noise: Added to the diagonal.
    """
    _, codes = np.unique(labels, return_inverse=True)
    targets = np.eye(codes.max() + 1)[codes]
    noisy = similarities.astype(np.float64)
    noisy[np.diag_indices(len(noisy))] += noise
    inverse = np.linalg.inv(noisy)
    left_out = inverse @ (targets - targets.mean(axis=0)) / np.diag(inverse)[:, None]
    return float(np.square(left_out).sum(axis=1).mean())
