"""How much of a sampled prediction's uncertainty is the data's, and how much the model's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError

Values = NDArray[np.float64]

# Cells of float64 that are copied at a time: 32 MB.
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Uncertainty of N predictions in nats, 0 to log C each; ``total = aleatoric + epistemic``.

    Attributes:
        total: Entropy of the mean of the models (N,).
        aleatoric: Mean of the models' entropies (N,): what more labels would not change.
        epistemic: What the label would tell about the model (N,): where models contradict.
    """

    total: Values
    aleatoric: Values
    epistemic: Values


def decompose(sampled: ArrayLike) -> Uncertainty:
    """Split the entropy of sampled probabilities (S, N, C) into the data's and the model's part.

    Depeweg et al. (2018), "Decomposition of uncertainty in Bayesian deep learning".

    Raises:
        InvalidInputError: the array is not (S, N, C) with a sample and a class or more, or a row
            holds a negative number, NaN, or does not sum to one.
    """
    table = np.asarray(sampled)
    if table.ndim != 3 or not (table.shape[0] and table.shape[2]):
        raise InvalidInputError(
            f"The sampled probabilities have the shape {table.shape}.",
            remedy="Give one table of N rows and C classes for each of S models, (S, N, C).",
        )
    samples, count, classes = table.shape
    total, aleatoric = np.empty(count), np.empty(count)
    step = max(_CELLS // (samples * classes), 1)
    for start in range(0, count, step):
        part = slice(start, start + step)
        block = table[:, part].astype(np.float64)
        if not ((block >= 0).all() and (np.abs(block.sum(axis=2) - 1) < 1e-3).all()):
            raise InvalidInputError(
                f"Rows {start} to {start + block.shape[1] - 1} hold something else than shares.",
                remedy="Give probabilities: 0 or more, each row with a sum of one.",
            )
        # Rounding would otherwise show as a disagreement below zero.
        block /= block.sum(axis=2, keepdims=True)
        total[part] = _entropy(block.mean(axis=0))
        aleatoric[part] = np.minimum(_entropy(block).mean(axis=0), total[part])
    return Uncertainty(total=total, aleatoric=aleatoric, epistemic=total - aleatoric)


def _entropy(shares: Values) -> Values:
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy: Values = -(shares * logs).sum(axis=-1)
    return entropy
