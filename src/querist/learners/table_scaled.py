"""The default encoder for table rows: numbers standardised, words as indicator columns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import EncoderIdentity, Item, Matrix
from querist.learners.checking import check_media, unfitted, unreadable
from querist.schema import Media

NUMBER, CATEGORY = "number", "category"
# Beyond this the square of a number is no longer finite.
LARGEST = 1e150


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What was learnt of one column.

    Attributes:
        name: Its name.
        kind: ``number`` or ``category``.
        mean: Mean of its numbers; stands in for a missing one.
        scale: Their standard deviation; 0 for a constant column, which then encodes as 0.
        missing: Whether a value was missing in the sample; adds an indicator column.
        categories: Frequent values in order; others share the column after them.
    """

    name: str
    kind: str
    mean: float = 0.0
    scale: float = 0.0
    missing: bool = False
    categories: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Columns it becomes."""
        return (1 if self.kind == NUMBER else len(self.categories) + 1) + self.missing


class TableScaled:
    """Standardised numbers and one-hot categories; missing values are marked, not dropped.

    Args:
        max_categories: Values of a column kept at most; rarer ones and new ones are "other".

    Example:
        >>> rows = [Item(media=Media.TABLE, features={"a": x, "b": "p"}) for x in (1, 3)]
        >>> encoder = TableScaled()
        >>> encoder.fit(rows, np.random.default_rng(0))
        >>> encoder.encode(rows).tolist()
        [[-1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]
    """

    name: ClassVar[str] = "table-scaled"
    media: ClassVar[Media] = Media.TABLE
    summary: ClassVar[str] = "Standardised numbers, one-hot categories, missing values marked"
    paper: ClassVar[str] = ""
    needs_fit: ClassVar[bool] = True

    def __init__(self, max_categories: int = 32) -> None:
        if max_categories < 1:
            raise InvalidInputError(
                f"max_categories is {max_categories}.", remedy="Give 1 or more."
            )
        self._max_categories = max_categories
        self._columns: tuple[Column, ...] = ()
        self._digest = ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What was learnt, in the order of the columns."""
        return self._columns

    @property
    def identity(self) -> EncoderIdentity:
        """Its identity with a digest of what was learnt.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if not self._columns:
            raise unfitted(self.name)
        return EncoderIdentity(
            name=self.name,
            version="1",
            preprocessing=f"cols-{self._digest}",
            dimensions=sum(column.width for column in self._columns),
        )

    def fit(
        self,
        items: Sequence[Item],
        rng: np.random.Generator,  # noqa: ARG002 - the seam gives it, counting needs none
    ) -> None:
        """Learn each column's kind, scale and categories; ``rng`` is not used.

        Raises:
            InvalidInputError: no rows, no columns, a column that holds lists, or infinite numbers.
        """
        check_media(items, self.media, self.name)
        names: dict[str, None] = {}
        for item in items:
            names.update(dict.fromkeys(item.features or {}))
        if not names:
            raise InvalidInputError(
                f"{len(items)} rows have no columns to fit on.",
                remedy="Add rows with at least one feature.",
            )
        self._columns = tuple(self._learn(name, items) for name in names)
        self._digest = arrays.digest({}, self._facts())

    def encode(self, items: Sequence[Item]) -> Matrix:
        """Vectors (n, d); a category never seen counts as "other".

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: a column is gone from every row, or holds words for numbers.
        """
        if not self._columns:
            raise unfitted(self.name)
        check_media(items, self.media, self.name)
        parts = [np.zeros((len(items), 0), np.float32)]
        for column in self._columns:
            if items and not any(column.name in (item.features or {}) for item in items):
                raise InvalidInputError(
                    f"The column {column.name!r} is missing from all {len(items)} rows.",
                    remedy="Give the columns the encoder was fitted on: "
                    + ", ".join(c.name for c in self._columns)
                    + ".",
                    column=column.name,
                )
            values = _values(items, column.name)
            parts.append(
                _encode_numbers(column, values)
                if column.kind == NUMBER
                else _encode_categories(column, values)
            )
        return np.concatenate(parts, axis=1)

    def save(self, folder: Path) -> None:
        """Write what was learnt as JSON."""
        if not self._columns:
            raise unfitted(self.name)
        arrays.write(folder, {}, self._facts())

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold this encoder's state.
        """
        _, facts = arrays.read(folder, self.name)
        try:
            self._columns = tuple(
                Column(**{**column, "categories": tuple(column["categories"])})
                for column in facts["columns"]
            )
        except (KeyError, TypeError) as error:
            raise unreadable(self.name, folder, error) from error
        self._digest = arrays.digest({}, self._facts())

    def _facts(self) -> dict[str, Any]:
        columns = [asdict(c) | {"categories": list(c.categories)} for c in self._columns]
        return {"name": self.name, "columns": columns}

    def _learn(self, name: str, items: Sequence[Item]) -> Column:
        values = _values(items, name)
        known = [value for value in values if value is not None]
        missing = len(known) < len(values)
        if all(isinstance(value, float) for value in known):
            numbers = np.clip(np.array(known, np.float64), -LARGEST, LARGEST)
            mean = float(numbers.mean()) if known else 0.0
            scale = float(numbers.std()) if known else 0.0
            # Rounding alone makes a constant column vary a little.
            scale = scale if scale > 1e-9 * max(1e-12, abs(mean)) else 0.0
            return Column(name=name, kind=NUMBER, mean=mean, scale=scale, missing=missing)
        counts = Counter(_word(value) for value in known)
        frequent = sorted(counts, key=lambda word: (-counts[word], word))[: self._max_categories]
        return Column(name=name, kind=CATEGORY, missing=missing, categories=tuple(frequent))


def _values(items: Sequence[Item], name: str) -> list[float | str | None]:
    """Numbers as float, words as str, missing ones as None."""
    return [_value((item.features or {}).get(name), name, i) for i, item in enumerate(items)]


def _value(value: Any, name: str, position: int) -> float | str | None:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise InvalidInputError(
        f"The column {name!r} holds {value!r} in row {position}.",
        remedy="Give a finite number, a word, true or false, or nothing.",
        column=name,
        position=position,
    )


def _word(value: float | str) -> str:
    # 3 and 3.0 are the same category wherever they were read from.
    return f"{value:g}" if isinstance(value, float) else value


def _encode_numbers(column: Column, values: list[float | str | None]) -> Matrix:
    for position, value in enumerate(values):
        if isinstance(value, str):
            raise InvalidInputError(
                f"The column {column.name!r} holds {value!r} in row {position}, "
                "it held numbers when the encoder was fitted.",
                remedy="Give a number there, or fit the encoder again.",
                column=column.name,
                position=position,
            )
    gaps = np.array([value is None for value in values], bool)
    filled = [column.mean if value is None else value for value in values]
    numbers = np.clip(np.array(filled, np.float64), -LARGEST, LARGEST)
    scaled = (numbers - column.mean) / column.scale if column.scale else np.zeros(len(values))
    # A value a million deviations away is an error of reading; float32 must still hold it.
    scaled = np.clip(scaled, -1e6, 1e6)
    parts = [scaled, gaps] if column.missing else [scaled]
    return np.stack(parts, axis=1).astype(np.float32)


def _encode_categories(column: Column, values: list[float | str | None]) -> Matrix:
    places = {word: place for place, word in enumerate(column.categories)}
    other = len(column.categories)
    encoded = np.zeros((len(values), column.width), np.float32)
    for position, value in enumerate(values):
        if value is not None:
            encoded[position, places.get(_word(value), other)] = 1
        elif column.missing:
            encoded[position, -1] = 1
    return encoded
