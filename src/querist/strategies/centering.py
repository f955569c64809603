"""Some rows of a table less their mean, part by part: no copy of them is held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.strategies.base import Floats, Positions
from querist.strategies.geometry import Matrix, Vector, as_slice, squared_norms
from querist.strategies.parts import each_part, times_vector

# Above so large a value squares might overflow, and rows are divided by the largest.
_HUGE = 1e15
# Numbers of a part, so that it stays in a core's cache.
_PART = 1 << 17


@dataclass(frozen=True, slots=True)
class Centered:
    """Rows of a table less the mean of them, made anew wherever they are needed.

    Distances stay as they are, up to ``scale``, but rounding cannot hide them where all vectors
    lie far from zero, and squares cannot overflow.

    Attributes:
        table: The table (N, d).
        places: Positions of the rows in it (n,), sorted.
        mean: Their mean (d,), divided by ``scale``.
        scale: What they are divided by; 1 unless values are huge.
        norms: Squared lengths of the centered rows (n,).
    """

    table: Floats
    places: Positions
    mean: Vector
    scale: float
    norms: Vector

    @classmethod
    def of(cls, table: Floats, places: Positions, others: Positions) -> Centered:
        """The rows at sorted places (n,), and a scale that suits some others too."""
        largest = max(_largest(table, places), _largest(table, others))
        scale = largest if largest > _HUGE else 1.0
        total = np.zeros(table.shape[1])
        step = _step(table)
        for start in range(0, len(places), step):
            block = table[as_slice(places[start : start + step])]
            total += (block / np.float32(scale)).sum(axis=0, dtype=np.float64)
        mean = (total / max(len(places), 1)).astype(np.float32)
        found = cls(table, places, mean, scale, np.empty(len(places), dtype=np.float32))

        def work(rows: slice) -> None:
            found.norms[rows] = squared_norms(found.rows(rows))

        each_part(work, len(places), step, width=table.shape[1])
        return found

    def __len__(self) -> int:
        return len(self.places)

    def rows(self, part: slice) -> Matrix:
        """Some of the rows (p, d), less the mean."""
        return self.at(self.places[part])

    def at(self, positions: Positions) -> Matrix:
        """Rows of the table (p, d), these or others, less the mean of these."""
        block = self.table[as_slice(positions)]
        if self.scale != 1:
            block = block / np.float32(self.scale)
        return np.asarray(block - self.mean, dtype=np.float32)

    def squared_distances_to(self, place: int) -> Vector:
        """Squared distances (n,) to the row at one place of these, never negative, there 0."""
        center = self.rows(slice(place, place + 1))[0]
        found = np.empty(len(self), dtype=np.float32)

        def work(rows: slice) -> None:
            part = times_vector(self.rows(rows), center)
            part *= -2
            part += self.norms[rows]
            part += self.norms[place]
            np.maximum(part, 0, out=found[rows])

        each_part(work, len(self), _step(self.table), width=len(center))
        # Exactly, whatever rounding leaves of it.
        found[place] = 0
        return found


def _step(table: Floats) -> int:
    return max(_PART // int(table.shape[1]), 1)


def _largest(table: Floats, places: Positions) -> float:
    largest, step = 0.0, _step(table)
    for start in range(0, len(places), step):
        block = table[as_slice(places[start : start + step])]
        largest = max(largest, float(block.max()), -float(block.min()))
    return largest
