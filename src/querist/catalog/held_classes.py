"""Held classes: what labels of sets and shapes name, as pairs of an asset and a class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldClasses:
    """M pairs of an asset and a class that its label names, each once.

    Attributes:
        positions: (M,) positions in the catalog.
        codes: (M,) codes of classes, in the order of the label within each asset.
    """

    positions: NDArray[np.int64]
    codes: NDArray[np.int32]

    @classmethod
    def none(cls) -> HeldClasses:
        """Nothing is held."""
        return cls(positions=np.empty(0, np.int64), codes=np.empty(0, np.int32))

    def replaced(self, named: Iterable[tuple[int, Sequence[int]]]) -> HeldClasses:
        """The same with other classes for some assets; no classes for those that hold none now."""
        rows = dict(named)
        if not rows:
            return self
        kept = ~np.isin(self.positions, np.fromiter(rows, np.int64, len(rows)))
        sizes = [len(codes) for codes in rows.values()]
        fresh = np.repeat(np.fromiter(rows, np.int64, len(rows)), sizes)
        codes = np.fromiter((code for codes in rows.values() for code in codes), np.int32)
        return HeldClasses(
            positions=np.concatenate([self.positions[kept], fresh]),
            codes=np.concatenate([self.codes[kept], codes]),
        )

    def among(self, wanted: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
        """(count,) whether each asset holds one of the classes ``wanted``."""
        found = np.zeros(count, dtype=bool)
        found[self.positions[np.isin(self.codes, wanted)]] = True
        return found

    def counts(self, mask: NDArray[np.bool_], classes: int) -> NDArray[np.int64]:
        """(classes,) how many of the assets of ``mask`` hold each class."""
        found = np.bincount(self.codes[mask[self.positions]], minlength=classes)
        return found.astype(np.int64)

    def of(self, positions: NDArray[np.int64]) -> dict[int, list[int]]:
        """The codes that some assets hold, by position; those that hold none are left out."""
        found: dict[int, list[int]] = {}
        for at in np.flatnonzero(np.isin(self.positions, positions)).tolist():
            found.setdefault(int(self.positions[at]), []).append(int(self.codes[at]))
        return found
