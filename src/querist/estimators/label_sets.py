"""Partly labelled targets where a row may have any number of classes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.estimators.targets import Mask, Positions, as_array, is_missing, none_missing
from querist.strategies import UNLABELED, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSets:
    """Any number of classes a row.

    Attributes:
        table: 1 or 0 for each class (n, C); rows without a label are -1.
        known: Mask (n,) of the rows that have a label.
    """

    table: NDArray[np.int64]
    known: Mask

    auto: ClassVar[str] = "multilabel-uherding"
    start: ClassVar[str] = "auto"
    gives: ClassVar[frozenset[Signal]] = frozenset(
        {Signal.EMBEDDINGS, Signal.MULTILABEL_PROBABILITIES}
    )

    @classmethod
    def of(cls, y: NDArray[Any]) -> Self:
        """Split ``y`` (n, C) into labelled rows, of 1 and 0, and others, of -1, ``None`` or NaN.

        Raises:
            InvalidInputError: a row is labelled in part, or holds something else.
        """
        flat = y.ravel()
        missing = is_missing(flat)
        codes = np.full(flat.shape, UNLABELED, dtype=np.int64)
        allowed = np.isin(flat[~missing].tolist(), (0, 1, UNLABELED))
        if not allowed.all():
            value = flat[~missing][np.argmin(allowed)]
            raise InvalidInputError(
                f"y has {y.shape[1]} columns and holds {value}.",
                remedy=f"Give 1 or 0 for each class, and {UNLABELED} for a row without a label.",
            )
        codes[~missing] = flat[~missing].astype(np.int64)
        table = codes.reshape(y.shape)
        absent = table == UNLABELED
        partly = absent.any(axis=1) & ~absent.all(axis=1)
        if partly.any():
            raise InvalidInputError(
                f"Row {int(partly.argmax())} of y is labelled in part.",
                remedy=f"Give 1 or 0 for each class, or {UNLABELED} in the whole row.",
            )
        return cls(table=table, known=~absent.all(axis=1))

    @property
    def own(self) -> NDArray[np.int64]:
        """The sets of the labelled rows (L, C)."""
        return self.table[self.known]

    @property
    def names(self) -> NDArray[np.int64]:
        """The positions of the classes (C,)."""
        return np.arange(self.table.shape[1])

    @property
    def trainable(self) -> bool:
        """Whether two different sets are known."""
        return bool((self.own != self.own[:1]).any())

    def arguments(self) -> dict[str, Any]:
        """The sets as a matrix of 1 and 0."""
        return {"labels": self.own}

    def constant(self, count: int) -> NDArray[np.int64]:
        """The only set that is known."""
        return np.tile(self.own[:1], (count, 1))

    def taught(self, rows: Positions, given: ArrayLike) -> Self:
        """The sets with those ``given`` (k, C) for some rows."""
        matrix = np.asarray(given)
        if matrix.ndim != 2 or matrix.shape != (len(rows), self.table.shape[1]):
            raise InvalidInputError(
                f"The labels have the shape {matrix.shape} for {len(rows)} rows.",
                remedy=f"Give 1 or 0 for each of the {self.table.shape[1]} classes.",
            )
        fresh = type(self).of(matrix)
        none_missing(rows, fresh.known)
        table, known = self.table.copy(), self.known.copy()
        table[rows], known[rows] = fresh.table, True
        return replace(self, table=table, known=known)

    def judged(self, y: Any) -> tuple[Mask, NDArray[np.int64]]:
        """Which of other rows have a set in ``y``, and these (k, C)."""
        given = type(self).of(as_array(y))
        return given.known, given.own
