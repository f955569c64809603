"""Similarity mining: more of what some examples show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies.base import UNLABELED, Pool, Positions, Selection, Signal, register
from querist.strategies.coverage import Space
from querist.strategies.needs import need_embeddings
from querist.strategies.selectors import top_k
from querist.strategies.sub_pool import neighbors_of

# Examples looked at; the more examples, the fewer of their neighbours matter.
_EXAMPLES = 256


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """The nearest neighbours of all examples, then the second nearest of all, and so on.

    Attributes:
        examples: Positions of the examples; by default the labelled rows of the class with the
            fewest labels, the last one among equals. Of more than 256 every k-th counts.
    """

    name: ClassVar[str] = "similar"
    summary: ClassVar[str] = "The rows most like some examples; for more of a rare kind."
    paper: ClassVar[str] = "Coleman et al. (2022), Similarity search for efficient AL (SEALS)."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.EMBEDDINGS})
    examples: Sequence[int] = ()

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score falls with the rank among an example's neighbours."""
        rows = need_embeddings(pool, self.name)
        examples = self._examples(pool)
        if not len(examples):
            places = rng.permutation(len(pool.candidates))[:n]
            return Selection(
                indices=pool.candidates[places],
                scores=np.zeros(n),
                reasons=("Drawn at random: there are no examples yet.",) * n,
                note="There are no examples to compare with yet.",
            )
        space = Space.of(pool, rows, rng, raised=True)
        scores = _closeness(space, examples, pool.candidates, n)
        places = top_k(scores, n, rng)
        of_whom = f"{len(examples):,} examples in turn" if len(examples) > 1 else "one example"
        return Selection(
            indices=pool.candidates[places],
            scores=scores[places],
            reasons=("It is like the examples that more is wanted of.",) * n,
            note=f"The nearest neighbours of {of_whom}.",
        )

    def _examples(self, pool: Pool) -> Positions:
        found = np.asarray(self.examples, dtype=np.int64)
        if len(found) and not ((found >= 0) & (found < pool.size)).all():
            raise InvalidInputError(
                f"An example is at {found.max()} or below 0, the pool has {pool.size} rows.",
                remedy="Give positions in the pool.",
            )
        if not len(found):
            known = pool.labels[pool.labels != UNLABELED]
            if len(known):
                counts = np.bincount(known)
                counts[counts == 0] = len(known) + 1
                rarest = np.flatnonzero(counts == counts.min())[-1]
                found = pool.labeled[pool.labels == rarest]
        return found[:: max(-(-len(found) // _EXAMPLES), 1)]


def _closeness(space: Space, examples: Positions, rows: Positions, n: int) -> NDArray[np.float64]:
    """Minus the best rank (m,) among any example's n neighbours; nearer rows of a rank come first.

    Rows that are no example's neighbour come last, all alike.
    """
    keep = min(n, len(rows))
    best, who = neighbors_of(space, examples, rows, keep)
    order = np.argsort(best, axis=1, kind="stable")
    best, who = np.take_along_axis(best, order, axis=1), np.take_along_axis(who, order, axis=1)
    # Squared distances of unit vectors are 4 at most, so they never change the order of two ranks.
    worth = -np.arange(keep) - best / 8
    scores = np.full(len(rows), -float(keep) - 1)
    np.maximum.at(scores, np.searchsorted(rows, who.ravel()), worth.ravel())
    return scores
