"""The uncertainty family: the rows the deployed model is least sure of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies import scores
from querist.strategies.base import Floats, Pool, Selection, Signal, register
from querist.strategies.explain import hesitation
from querist.strategies.validation import need_probabilities
from querist.strategies.working_rows import WorkingRows

_PROBABILITIES = frozenset({Signal.PROBABILITIES})
_FEW = 32


def _most_uncertain(
    name: str,
    score: Callable[[Floats], NDArray[np.float32]],
    pool: Pool,
    n: int,
    rng: np.random.Generator,
    bound: Callable[[Floats], NDArray[np.float32]] | None = None,
) -> Selection:
    table = need_probabilities(pool, name)
    picks, values = WorkingRows.of(pool).top(table, score, n, rng, bound=bound)
    return Selection(
        indices=picks,
        scores=values.astype(np.float64),
        reasons=hesitation(table[picks], pool.class_names),
        note="The rows the model is least sure of, most uncertain first.",
    )


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """Smallest gap between the two most likely classes first."""

    name: ClassVar[str] = "margin"
    summary: ClassVar[str] = "Smallest gap between the two most likely classes."
    paper: ClassVar[str] = "Scheffer, Decomain and Wrobel (2001), Active hidden Markov models."
    needs: ClassVar[frozenset[Signal]] = _PROBABILITIES

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` candidates with the smallest margin; the score is one minus the margin."""
        return _most_uncertain(self.name, scores.margin, pool, n, rng)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class LeastConfidence:
    """Least probable best class first."""

    name: ClassVar[str] = "least-confidence"
    summary: ClassVar[str] = "Lowest probability of the most likely class."
    paper: ClassVar[str] = "Lewis and Gale (1994), A sequential algorithm for text classifiers."
    needs: ClassVar[frozenset[Signal]] = _PROBABILITIES

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` candidates with the lowest top probability."""
        return _most_uncertain(self.name, scores.least_confidence, pool, n, rng)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Entropy:
    """Highest entropy of the predicted distribution first; poor with many classes."""

    name: ClassVar[str] = "entropy"
    summary: ClassVar[str] = "Highest entropy over all classes; prefer margin for many classes."
    paper: ClassVar[str] = "Settles (2009), Active learning literature survey, section 3.1."
    needs: ClassVar[frozenset[Signal]] = _PROBABILITIES

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` candidates with the highest entropy, in nats."""
        # With many classes the bound is too loose to spare anything.
        classes = 0 if pool.probabilities is None else pool.probabilities.shape[1]
        bound = scores.entropy_bound if classes <= _FEW else None
        return _most_uncertain(self.name, scores.entropy, pool, n, rng, bound)


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Highest ratio of the second to the first probability first."""

    name: ClassVar[str] = "ratio"
    summary: ClassVar[str] = "Second most likely class closest to the first, as a ratio."
    paper: ClassVar[str] = "Körner and Wrobel (2006), Multi-class ensemble-based active learning."
    needs: ClassVar[frozenset[Signal]] = _PROBABILITIES

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` candidates with the highest ratio."""
        return _most_uncertain(self.name, scores.ratio, pool, n, rng)
