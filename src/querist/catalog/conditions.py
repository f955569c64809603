"""Conditions on assets beyond labels and models: metadata, and what an asset is most like."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.assets import Assets
from querist.catalog.embeddings import Embeddings
from querist.errors import InvalidInputError
from querist.strategies.clusters import assign

_Mask = NDArray[np.bool_]
# Columns and groups whose arrays are kept; an array takes a few bytes an asset.
_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition on a metadata column: a value in words, or a range of numbers.

    Attributes:
        column: Its name.
        words: The value; empty for assets without one. ``None`` where it is a range.
        low: Lowest number of the range; ``None`` for no lower end.
        high: First number beyond it; ``None`` for no upper end.

    Raises:
        InvalidInputError: the range ends where it begins, or before: it would hold nothing.
    """

    column: str
    words: str | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is None or self.high is None or self.low < self.high:
            return
        if self.low == self.high:
            message = f"The range {self} holds no number, as its upper end is the first beyond it."
            remedy = (
                f"Give a higher upper end, or the value alone: {self.column}={_in_full(self.low)}"
            )
        else:
            message = f"The range {self} ends before it begins."
            turned = f"{self.column}={_in_full(self.high)}..{_in_full(self.low)}"
            remedy = f"Give the lower number first: {turned}"
        raise InvalidInputError(message, remedy=remedy)

    @classmethod
    def read(cls, text: str) -> Condition:
        """The condition ``light=dark``, ``size=12..40``, ``size=..40`` or ``size=12..``.

        Raises:
            InvalidInputError: it is none of these, or the range holds nothing.
        """
        column, sign, value = text.partition("=")
        if not sign or not column.strip():
            raise InvalidInputError(
                f"The condition {text!r} names no column and value.",
                remedy="Give COLUMN=VALUE, or COLUMN=LOW..HIGH for numbers.",
            )
        low, dots, high = value.partition("..")
        ends = (_number(low), _number(high))
        is_range = (
            dots and value != ".." and not any(end is not None and math.isnan(end) for end in ends)
        )
        if is_range:
            return cls(column=column, low=ends[0], high=ends[1])
        return cls(column=column, words=value)

    def __str__(self) -> str:
        """The text that ``read`` takes."""
        if self.words is not None:
            return f"{self.column}={self.words}"
        low, high = ("" if end is None else _in_full(end) for end in (self.low, self.high))
        return f"{self.column}={low}..{high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MostLike:
    """Assets that are more like one example than like any of some others.

    Attributes:
        example: The asset they are like, by id.
        others: The examples that they are less like, by id.
        encoder: Whose vectors tell what is alike.
    """

    example: str
    others: tuple[str, ...]
    encoder: str


class Conditions:
    """Answers conditions with masks over the catalog, and keeps the arrays behind them."""

    def __init__(self, assets: Assets, embeddings: Embeddings) -> None:
        self._assets = assets
        self._embeddings = embeddings
        self._guard = threading.RLock()
        self._kept: dict[Any, Any] = {}

    def holds(self, condition: Condition) -> _Mask:
        """Whether it holds for each asset (N,), in catalog order.

        Raises:
            UnknownNameError: no asset has the column.
            InvalidInputError: it is a range of numbers, and an end is none.
        """
        numbers, codes, words = self._column(condition.column)
        if condition.words is not None:
            wanted = [code for code, known in enumerate(words) if condition.words in known]
            # "abc.." may be a value of a column of words, but no number is called so.
            if not wanted and ".." in condition.words and np.isfinite(numbers).any():
                raise InvalidInputError(
                    f"The range {condition} has an end that is no number.",
                    remedy="Give COLUMN=LOW..HIGH with numbers; leave out an end that is open.",
                )
            return np.isin(codes, wanted)
        low = -np.inf if condition.low is None else condition.low
        high = np.inf if condition.high is None else condition.high
        return np.asarray((numbers >= low) & (numbers < high))

    def most_like(self, like: MostLike) -> _Mask:
        """Whether each asset (N,) is nearest to the example, the examples themselves included.

        Raises:
            NotFoundError: an example is unknown, or assets have no vector of this encoder.
        """
        key = (self._assets.index().stamp, like.encoder, frozenset((like.example, *like.others)))
        with self._guard:
            if key not in self._kept:
                names = sorted(key[2])
                vectors = self._embeddings.matrix(like.encoder)
                middles = np.asarray(vectors[self._assets.positions(names)], dtype=np.float32)
                self._keep(key, (names, assign(vectors, middles)))
            names, nearest = self._kept[key]
        return np.asarray(nearest == names.index(like.example))

    def close(self) -> None:
        """Let go of everything kept."""
        with self._guard:
            self._kept = {}

    def _column(
        self, name: str
    ) -> tuple[NDArray[np.float64], NDArray[np.int32], Sequence[frozenset[str]]]:
        """Numbers (N,), NaN where there is none; codes (N,), and the words of each code."""
        key = (self._assets.index().stamp, name)
        with self._guard:
            if key not in self._kept:
                self._keep(key, _coded(self._assets.metadata(name)))
            found: tuple[NDArray[np.float64], NDArray[np.int32], Sequence[frozenset[str]]]
            found = self._kept[key]
            return found

    def _keep(self, key: Any, value: Any) -> None:
        # What an older version of the assets needed goes first.
        for old in [it for it in self._kept if it[0] != key[0]]:
            del self._kept[old]
        if len(self._kept) >= _KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = value


def _coded(
    values: Sequence[Any],
) -> tuple[NDArray[np.float64], NDArray[np.int32], Sequence[frozenset[str]]]:
    known: dict[Any, int] = {}
    # True and 1 are one value to a dictionary, but not in words.
    keys = [(type(value), value if value.__hash__ else str(value)) for value in values]
    codes = np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int32)
    numbers = np.array([_as_number(value) for _, value in known], dtype=np.float64)
    return (
        numbers[codes] if known else np.zeros(0),
        codes,
        [_words(value) for _, value in known],
    )


def _as_number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _words(value: Any) -> frozenset[str]:
    """What the value may be called: as it is written, and a number also in short."""
    if value is None:
        return frozenset(("",))
    if isinstance(value, int | float):
        whole = f"{value:.0f}" if value == value // 1 else str(value)
        return frozenset((str(value), whole, f"{value:g}"))
    return frozenset((str(value),))


def _in_full(number: float) -> str:
    """As people write it, but exactly: of dates such as 20260101 every digit counts."""
    return f"{number:.15g}"


def _number(text: str) -> float | None:
    """The number, ``None`` for nothing, and NaN for what is no number."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan
