"""Partly labelled targets where a label is a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d

from querist.errors import InvalidInputError
from querist.estimators.targets import Mask, Positions, as_array, is_missing, none_missing, one_each
from querist.strategies import Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A number a row.

    Attributes:
        values: The numbers (n,); NaN where there is none.
    """

    values: NDArray[np.float64]

    auto: ClassVar[str] = "lcmd"
    start: ClassVar[str] = "lcmd"
    gives: ClassVar[frozenset[Signal]] = frozenset(
        {Signal.EMBEDDINGS, Signal.PREDICTIONS, Signal.COMMITTEE_PREDICTIONS}
    )

    @classmethod
    def of(cls, y: Any) -> Self:
        """Take ``y`` (n,) with ``None`` or NaN where there is no number; -1 is a number.

        Raises:
            InvalidInputError: it holds something else, or is NaN everywhere, which is broken data
                more often than a start without numbers; for such a start give ``None`` everywhere.
        """
        array = column_or_1d(as_array(y), warn=True)
        if array.dtype.kind == "f" and array.size and np.isnan(array).all():
            raise InvalidInputError(
                "y is NaN in every row.",
                remedy="To start without any number give None in every row.",
            )
        return cls(values=_floats(array))

    @property
    def known(self) -> Mask:
        """Mask (n,) of the rows that have a number."""
        return ~np.isnan(self.values)

    @property
    def own(self) -> NDArray[np.float64]:
        """The numbers that are known (L,)."""
        return self.values[self.known]

    @property
    def names(self) -> NDArray[np.float64]:
        """Nothing: there are no classes."""
        return np.empty(0)

    @property
    def trainable(self) -> bool:
        """Whether two numbers are known."""
        return len(self.own) > 1

    def arguments(self) -> dict[str, Any]:
        """The numbers, as targets."""
        return {"targets": self.own}

    def constant(self, count: int) -> NDArray[np.float64]:
        """The only number that is known."""
        return np.repeat(self.own, count)

    def taught(self, rows: Positions, given: ArrayLike) -> Self:
        """The numbers with those ``given`` (k,) for some rows."""
        fresh = _floats(column_or_1d(as_array(given)))
        one_each(rows, fresh)
        none_missing(rows, ~np.isnan(fresh))
        values = self.values.copy()
        values[rows] = fresh
        return replace(self, values=values)

    def judged(self, y: Any) -> tuple[Mask, NDArray[np.float64]]:
        """Which of other rows have a number in ``y``, and these (k,)."""
        values = _floats(column_or_1d(as_array(y)))
        known = ~np.isnan(values)
        return known, values[known]


def _floats(array: NDArray[Any]) -> NDArray[np.float64]:
    missing = is_missing(array)
    values = np.full(len(array), np.nan)
    try:
        values[~missing] = array[~missing].astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"y of the type {array.dtype} holds something that is no number.",
            remedy="Give numbers, and None or NaN where there is none.",
        ) from error
    if np.isinf(values).any():
        raise InvalidInputError("y holds infinity.", remedy="Give finite numbers.")
    return values
