"""How near rows lie to labelled ones and to each other, exactly and in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Floats, Positions
from querist.strategies.geometry import row_chunks

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spacing:
    """Squared distances between rows of a pool, in float64.

    Attributes:
        vectors: All rows (N, d).
        unit: Whether to measure between directions: half the squared distance of unit vectors is
            one minus the cosine, and two rows of length zero are alike.
    """

    vectors: Floats
    unit: bool

    def limit(self, distance: float) -> float:
        """What a squared distance is compared with."""
        return 2 * distance if self.unit else distance**2

    def between(self, rows: Positions, others: Positions) -> Table:
        """Squared distances (n, m) of some rows and some others."""
        a, b = self._at(rows), self._at(others)
        table: Table = -2 * a @ b.T
        table += np.einsum("ij,ij->i", a, a)[:, None]
        table += np.einsum("ij,ij->i", b, b)
        return np.maximum(table, 0)

    def nearest(self, rows: Positions, others: Positions) -> tuple[Table, Positions]:
        """For each row (n,) the squared distance of the nearest of the others, and which it is."""
        best = np.full(len(rows), np.inf)
        who = np.full(len(rows), -1, dtype=np.int64)
        for part in row_chunks(len(others), 2 * (len(rows) + self.vectors.shape[1])):
            table = self.between(rows, others[part])
            places = table.argmin(axis=1)
            gaps = np.take_along_axis(table, places[:, None], axis=1)[:, 0]
            closer = gaps < best
            best[closer], who[closer] = gaps[closer], others[part][places[closer]]
        return best, who

    def within(self, rows: Positions, centers: Positions, limit: float) -> NDArray[np.bool_]:
        """Whether each row (n,) lies nearer than the limit to any of the centers."""
        found = np.zeros(len(rows), dtype=bool)
        for part in row_chunks(len(rows), 2 * (len(centers) + self.vectors.shape[1])):
            found[part] = self.between(rows[part], centers).min(axis=1) < limit
        return found

    def _at(self, rows: Positions) -> Table:
        x = self.vectors[rows].astype(np.float64)
        if self.unit:
            lengths = np.sqrt(np.einsum("ij,ij->i", x, x))
            x /= np.where(lengths > 0, lengths, 1)[:, None]
        return x
