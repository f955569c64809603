"""Draws in proportion to mass from millions of rows, without a running sum over all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Positions
from querist.strategies.geometry import Vector

_WIDTH = 1024


@dataclass(frozen=True, slots=True)
class Draws:
    """Rows that are drawn with replacement in proportion to their mass.

    A draw first takes a block of rows by the sums of the blocks, then a row of the block.

    Attributes:
        mass: Of each row (n,), not negative.
        sums: Of the first block, the first two blocks, and so on.
    """

    mass: Vector
    sums: NDArray[np.float64]

    @classmethod
    def by(cls, mass: Vector) -> Draws:
        """Draws by the mass of each row (n,)."""
        whole = len(mass) // _WIDTH * _WIDTH
        blocks = mass[:whole].reshape(-1, _WIDTH).sum(axis=1)
        rest = mass[whole:].sum(keepdims=True)
        return cls(mass, np.cumsum(np.concatenate([blocks, rest]), dtype=np.float64))

    @property
    def total(self) -> float:
        """The mass of all rows."""
        return float(self.sums[-1])

    def take(self, count: int, rng: np.random.Generator) -> Positions:
        """Places (at most ``count``,) in the order drawn; the total mass is above 0."""
        block = np.searchsorted(self.sums, rng.random(count) * self.total, side="right")
        rows = np.minimum(block, len(self.sums) - 1)[:, None] * _WIDTH + np.arange(_WIDTH)
        inside = rows < len(self.mass)
        mass = np.where(inside, self.mass[np.where(inside, rows, 0)], 0)
        sums = np.cumsum(mass, axis=1, dtype=np.float64)
        marks = rng.random((count, 1)) * sums[:, -1:]
        place = np.minimum((sums <= marks).sum(axis=1), _WIDTH - 1)
        found = rows[np.arange(count), place]
        # Rounding may lead past the last row with mass, once in a very long while.
        found = found[found < len(self.mass)]
        return np.asarray(found[self.mass[found] > 0], dtype=np.int64)
