"""Last-layer Laplace: a Gaussian over the weights of a softmax layer, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# Prior precisions among which the evidence chooses.
_PRECISIONS = np.logspace(-4, 4, 81)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posterior:
    """A Gaussian over weights (K, h + 1), the last column the intercepts.

    Its precision is ``A ⊗ G / n + λ I``, kept by the eigenvectors of both factors.

    Attributes:
        mean: The trained weights (K, h + 1).
        inputs: Eigenvectors of A, the sum of φφᵀ, as columns (h + 1, h + 1).
        outputs: Eigenvectors of G, the sum of diag(p) - ppᵀ, as columns (K, K).
        precision: Precision along each pair of them (K, h + 1), over 0.
    """

    mean: Values
    inputs: Values
    outputs: Values
    precision: Values

    def draw(self, samples: int, rng: np.random.Generator) -> Values:
        """Weights (S, K, h + 1)."""
        noise = rng.normal(size=(samples, *self.mean.shape)) / np.sqrt(self.precision)
        drawn: Values = self.mean + self.outputs @ noise @ self.inputs.T
        return drawn


def fit_posterior(
    features: NDArray[np.floating], weights: Values, codes: NDArray[np.int64]
) -> Posterior:
    """The posterior of a trained softmax layer, with the prior of the highest evidence.

    Ritter, Botev and Barber (2018), "A scalable Laplace approximation for neural networks";
    Daxberger et al. (2021), "Laplace redux". Time O(n h² + h³).

    Args:
        features: What the layer sees φ (n, h).
        weights: Its weights and, as the last column, intercepts (K, h + 1).
        codes: The classes of the rows (n,).
    """
    phi = with_ones(features)
    shares = softmax(phi @ weights.T)
    sizes, inputs = np.linalg.eigh(phi.T @ phi)
    slopes, outputs = np.linalg.eigh(np.diag(shares.sum(axis=0)) - shares.T @ shares)
    # Rounding may leave an eigenvalue of a semidefinite matrix a little below 0.
    curvature = np.outer(np.maximum(slopes, 0), np.maximum(sizes, 0)) / len(phi)
    fit = float(np.log(np.maximum(shares[np.arange(len(phi)), codes], 1e-300)).sum())
    evidence = [_evidence(fit, weights, curvature, prior) for prior in _PRECISIONS]
    prior = _PRECISIONS[int(np.argmax(evidence))]
    return Posterior(mean=weights, inputs=inputs, outputs=outputs, precision=curvature + prior)


def sampled_shares(features: NDArray[np.floating], weights: Values) -> NDArray[np.float32]:
    """Probabilities (S, n, K) of rows φ (n, h) under drawn weights (S, K, h + 1)."""
    samples, classes, width = weights.shape
    flat = weights.reshape(samples * classes, width).T.astype(np.float32)
    # One product for all draws.
    logits = features.astype(np.float32) @ flat[:-1] + flat[-1]
    shares: NDArray[np.float32] = softmax(
        logits.reshape(len(features), samples, classes).swapaxes(0, 1)
    )
    return shares


def with_ones(features: NDArray[np.floating]) -> Values:
    """Rows (n, h) in float64 with a last column of ones for the intercepts."""
    return np.pad(features.astype(np.float64), ((0, 0), (0, 1)), constant_values=1.0)


def softmax(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """Shares along the last axis, in the kind of float that was given."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.floating] = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _evidence(fit: float, weights: Values, curvature: Values, prior: float) -> float:
    """Log marginal likelihood up to a constant, in nats."""
    size = prior * float((weights**2).sum())
    volume = float(np.log(curvature / prior + 1).sum())
    return fit - (size + volume) / 2
