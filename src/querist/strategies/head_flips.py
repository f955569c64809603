"""DropQuery and ALFA-Mix: rows whose class flips under small changes, spread by clustering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies.base import UNLABELED, Pool, Positions, Selection, Signal, register
from querist.strategies.clusters import k_means, nearest_to_each
from querist.strategies.geometry import Matrix, unit_rows
from querist.strategies.linear_head import flips_by_dropout, flips_by_mixing
from querist.strategies.parameters import positive
from querist.strategies.selectors import top_k
from querist.strategies.validation import need_embeddings, need_head

_NEEDS = frozenset({Signal.EMBEDDINGS, Signal.HEAD})
# Rows that are clustered: at most this many times the batch.
_MOST = 25


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DropQuery:
    """Rows whose class changes in most passes with dropped features, spread by k-means.

    Where fewer rows than asked flip in most passes, those that flip less often follow.

    Attributes:
        passes: Times that features are dropped.
        rate: Share of the features dropped each time, below 1.
    """

    name: ClassVar[str] = "dropquery"
    summary: ClassVar[str] = "Rows whose class changes when features are dropped, spread widely."
    paper: ClassVar[str] = (
        "Gupte et al. (2024), Revisiting active learning in the era of vision foundation models."
    )
    needs: ClassVar[frozenset[Signal]] = _NEEDS
    passes: int = 3
    rate: float = 0.75

    def __post_init__(self) -> None:
        positive("passes", self.passes)
        if not 0 < self.rate < 1:
            raise InvalidInputError(
                f"rate is {self.rate}.", remedy="Give a number above 0 and below 1."
            )

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the share of passes in which the class changed."""
        vectors = need_embeddings(pool, self.name)
        head = need_head(pool, self.name)
        flips = flips_by_dropout(vectors, pool.candidates, head, self.rate, self.passes, rng)
        flipped = flips > self.passes / 2
        places = _spread(vectors, pool, flips / self.passes, flipped, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=flips[places] / self.passes,
            reasons=("The model changes its mind about it when part of it is hidden.",) * n,
            note="Rows whose predicted class depends on few features, each of another kind.",
        )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AlfaMix:
    """Rows whose class changes when a little of a known class's mean is mixed in.

    Before any class is known the mean of the pool is the only anchor.

    Attributes:
        epsilon: How far a row is moved, as a share of the way; ``None`` is 0.2 / √d.
    """

    name: ClassVar[str] = "alfa-mix"
    summary: ClassVar[str] = "Rows whose class changes with a little of another class mixed in."
    paper: ClassVar[str] = "Parvaneh et al. (2022), Active learning by feature mixing."
    needs: ClassVar[frozenset[Signal]] = _NEEDS
    epsilon: float | None = None

    def __post_init__(self) -> None:
        if self.epsilon is not None and not 0 < self.epsilon <= 1:
            raise InvalidInputError(
                f"epsilon is {self.epsilon}.", remedy="Give a number above 0, at most 1, or None."
            )

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is 1 for rows whose class changed, else 0."""
        vectors = need_embeddings(pool, self.name)
        head = need_head(pool, self.name)
        epsilon = 0.2 / np.sqrt(vectors.shape[1]) if self.epsilon is None else self.epsilon
        flipped = flips_by_mixing(vectors, pool.candidates, head, _anchors(pool), float(epsilon))
        values = flipped.astype(np.float64)
        places = _spread(vectors, pool, values, flipped, n, rng)
        return Selection(
            indices=pool.candidates[places],
            scores=values[places],
            reasons=("A little of another class would change the model's mind about it.",) * n,
            note="Rows whose predicted class changes easily, each of another kind.",
        )


def _anchors(pool: Pool) -> Matrix:
    vectors = need_embeddings(pool, AlfaMix.name)
    classes = np.unique(pool.labels[pool.labels != UNLABELED])
    groups = [pool.labeled[pool.labels == c] for c in classes] or [np.arange(pool.size)]
    means = [vectors[group].mean(axis=0, dtype=np.float64) for group in groups]
    return np.array(means, dtype=np.float32)


def _spread(
    vectors: Matrix | NDArray[np.floating],
    pool: Pool,
    values: NDArray[np.float64],
    flipped: NDArray[np.bool_],
    n: int,
    rng: np.random.Generator,
) -> Positions:
    """The rows nearest to n k-means centres of the flipped rows; of others where too few flip."""
    count = int(min(max(int(flipped.sum()), n), _MOST * n, len(values)))
    short = top_k(values, count, rng)
    rows = unit_rows(vectors[pool.candidates[short]])
    centers, _ = k_means(rows, n, rng)
    return short[nearest_to_each(rows, centers)]
