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
    ) -> tuple[Positions, Floats]:
        """Positions (k,) of the highest scores of a table's rows, best first, and those scores."""
        values = score(self.take(table))
        values[~self.free] = -np.inf
        found = top_k(values, k, rng)
        return self.positions(found), values[found]
