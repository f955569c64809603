"""Strategies from a last layer in closed form: gradient length and distance to the boundary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from querist.strategies import explain
from querist.strategies.base import Pool, Selection, Signal, register
from querist.strategies.geometry import Vector, row_chunks
from querist.strategies.linear_head import boundary_distance, gradient_length
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_embeddings, need_head, need_probabilities


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedGradientLength:
    """Largest expected gradient of a softmax layer over the embeddings first.

    Attributes:
        normalize: Count all vectors as of length one; otherwise outliers with long ones come first.
    """

    name: ClassVar[str] = "egl"
    summary: ClassVar[str] = "Rows whose label is expected to change the last layer most."
    paper: ClassVar[str] = "Settles, Craven and Ray (2007), Multiple-instance active learning."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    normalize: bool = True

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the expected length of the gradient."""
        table = need_probabilities(pool, self.name)[pool.candidates]
        lengths = np.ones(len(table), dtype=np.float32)
        vectors = need_embeddings(pool, self.name)
        if not self.normalize:
            lengths = _lengths(vectors[pool.candidates])
        values = gradient_length(table, lengths)
        places = top_k(values, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=values[places].astype(np.float64),
            reasons=explain.hesitation(table[places], pool.class_names),
            note="The rows whose labels are expected to change the model most.",
        )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Adversarial:
    """Smallest change of the embedding that changes the predicted class first."""

    name: ClassVar[str] = "adversarial"
    summary: ClassVar[str] = "Rows nearest to the boundary of a linear head, as a distance."
    paper: ClassVar[str] = "Ducoffe and Precioso (2018), Adversarial active learning; linear form."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS, Signal.HEAD})

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is minus the distance to the nearest other class."""
        vectors = need_embeddings(pool, self.name)
        values = -boundary_distance(vectors, pool.candidates, need_head(pool, self.name))
        places = top_k(values, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=values[places],
            reasons=("A small change of it would make the model choose another class.",) * n,
            note="The rows nearest to the boundary between two classes.",
        )


def _lengths(vectors: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> Vector:
    found = np.empty(len(vectors), dtype=np.float64)
    for part in row_chunks(len(vectors), 4 * vectors.shape[1]):
        found[part] = np.linalg.norm(vectors[part].astype(np.float64), axis=1)
    return np.minimum(found, np.finfo(np.float32).max / 4).astype(np.float32)
