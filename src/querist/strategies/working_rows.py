"""The rows that a strategy works on: the pool as it lies, or a copy where few may be chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Pool, Positions
from querist.strategies.selectors import top_k

# Where at least this share of the pool may be chosen, a copy of it would cost more than it saves.
_IN_PLACE = 0.5
# Rows, as a multiple of those wanted, whose scores say what a bound has to reach.
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class WorkingRows:
    """All rows of a pool where most may be chosen, so that no array is copied; else those that may.

    Attributes:
        places: Positions in the pool (n,), or ``None`` for all of them in place.
        free: Whether each may be chosen (n,).
    """

    places: Positions | None
    free: NDArray[np.bool_]

    @classmethod
    def of(cls, pool: Pool) -> WorkingRows:
        """The rows for a pool."""
        if len(pool.candidates) < _IN_PLACE * pool.size:
            return cls(pool.candidates, np.ones(len(pool.candidates), dtype=bool))
        if len(pool.candidates) + len(pool.labeled) == pool.size:
            # All but the labelled rows, of which there are few.
            free = np.ones(pool.size, dtype=bool)
            free[pool.labeled] = False
        else:
            free = np.zeros(pool.size, dtype=bool)
            free[pool.candidates] = True
        return cls(None, free)

    def take(self, table: Floats) -> Floats:
        """Their rows of a table (N, …): the table itself, or a copy of fewer than half of it."""
        return table if self.places is None else table[self.places]

    def positions(self, found: Positions) -> Positions:
        """Positions in the pool of some places among these rows."""
        return found if self.places is None else self.places[found]

    def top(
        self,
        table: Floats,
        score: Callable[[Floats], Floats],
        k: int,
        rng: np.random.Generator,
        *,
        bound: Callable[[Floats], Floats] | None = None,
    ) -> tuple[Positions, Floats]:
        """Positions (k,) of the highest scores of a table's rows, best first, and those scores.

        Where a cheap ``bound`` is known that no score exceeds, only rows that it lets be among the
        highest are scored.
        """
        rows = self.take(table)
        places = np.arange(len(rows)) if bound is None else self._within(rows, score, k, rng, bound)
        values = score(rows if len(places) == len(rows) else np.take(rows, places, axis=0))
        values[~self.free[places]] = -np.inf
        found = top_k(values, k, rng)
        return self.positions(places[found]), values[found]

    def _within(
        self,
        rows: Floats,
        score: Callable[[Floats], Floats],
        k: int,
        rng: np.random.Generator,
        bound: Callable[[Floats], Floats],
    ) -> Positions:
        """Places of the rows whose bound reaches the ``k``-th score of those with high bounds."""
        most = bound(rows)
        most[~self.free] = -np.inf
        first = score(rows[top_k(most, min(_LOOKED_AT * k, int(self.free.sum())), rng)])
        limit = np.partition(first, len(first) - k)[len(first) - k]
        high = np.flatnonzero(most >= limit)
        return high if len(high) < _IN_PLACE * len(rows) else np.arange(len(rows))
