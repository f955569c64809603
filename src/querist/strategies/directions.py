"""The rows of a table as if scaled to length one, without a copy of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.geometry import Matrix, Vector, squared_norms, unit_rows
from querist.strategies.parts import each_part, each_product

# Centers whose products with the rows are held at once.
_CENTERS = 128
_ROWS = 4096
# Squared lengths between these are exact enough in float32; others are found in float64.
_LEAST, _MOST = 1e-24, 1e30
# Vectors shorter than this count as zero, for one over their length is no float32.
_ZERO = 1e-30


@dataclass(frozen=True, slots=True)
class Directions:
    """A table whose rows count as of length one; rows of length zero stay zero.

    Attributes:
        table: The rows as they are (n, d).
        scale: What turns a product with a row into one with its direction (n,); 0 for zero rows.
        shrink: What centers are multiplied by first, so that no product overflows; 1 as a rule.
    """

    table: Floats
    scale: Vector
    shrink: float

    @classmethod
    def of(cls, table: Floats) -> Directions:
        """The directions of the rows (n, d)."""
        norms = lengths(table)
        longest = float(norms.max(initial=0))
        shrink = min(1.0, 1e15 / longest) if longest > 0 else 1.0
        scale = np.zeros(len(norms), dtype=np.float32)
        np.divide(1 / shrink, norms, out=scale, where=norms > _ZERO, casting="same_kind")
        return cls(table, scale, shrink)

    def __len__(self) -> int:
        return len(self.table)

    def at(self, places: Positions) -> Matrix:
        """The unit vectors (p, d) of some places."""
        return unit_rows(self.table[places])

    def lower(self, closest: Vector, centers: Matrix) -> None:
        """Bring squared distances (n,) down to those to unit, or zero, centers (m, d)."""
        length = squared_norms(centers)
        if (length < 0.5).any():
            np.minimum(closest, self.scale > 0, out=closest)
        centers = centers[length >= 0.5]
        for start in range(0, len(centers), _CENTERS):
            self._lower(closest, centers[start : start + _CENTERS] * np.float32(self.shrink))

    def toward(self, center: Matrix) -> Vector:
        """The products (n,) of the unit vectors with one vector (d,)."""
        found = np.empty(len(self), dtype=np.float32)

        def work(rows: slice, products: Matrix) -> None:
            found[rows] = products.ravel()

        each_product((center * self.shrink)[None].astype(np.float32), self.table, work)
        found *= self.scale
        return found

    def mean(self, free: NDArray[np.bool_]) -> Matrix:
        """The mean (d,) of the unit vectors of some rows."""
        total = np.zeros(self.table.shape[1])
        weights = np.where(free, self.scale, 0).astype(np.float64) * self.shrink
        for start in range(0, len(self), _ROWS):
            rows = slice(start, start + _ROWS)
            total += weights[rows] @ self.table[rows].astype(np.float64)
        mean: Matrix = (total / max(int(np.count_nonzero(free)), 1)).astype(np.float32)
        return mean

    def _lower(self, closest: Vector, centers: Matrix) -> None:
        def work(rows: slice, products: Matrix) -> None:
            # |u|² + |c|² - 2 u·c, where |c| is 1 and |u| is 1 or, where the scale is 0, 0.
            away = products.max(axis=1).ravel()
            away *= self.scale[rows]
            away *= -2
            away += 1
            away += self.scale[rows] > 0
            np.maximum(away, 0, out=away)
            np.minimum(closest[rows], away, out=closest[rows])

        each_product(centers, self.table, work)


def lengths(table: Floats) -> NDArray[np.float64]:
    """Lengths of the rows (n,), also of huge and tiny ones."""
    found = np.empty(len(table), dtype=np.float64)

    def work(rows: slice) -> None:
        block = table[rows]
        with np.errstate(over="ignore", under="ignore"):
            squares = squared_norms(block).astype(np.float64)
        odd = np.flatnonzero((squares < _LEAST) | (squares > _MOST))
        if len(odd):
            squares[odd] = np.square(block[odd], dtype=np.float64).sum(axis=1)
        found[rows] = np.sqrt(squares)

    each_part(work, len(table), _ROWS, width=table.shape[1])
    return found
