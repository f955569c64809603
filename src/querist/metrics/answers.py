"""Who answered what: labels of several annotators as three columns, never as a wide table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length

Codes = NDArray[np.int64]
Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """R answers of M annotators on n items with C classes; memory O(R), whatever n × M is.

    Attributes:
        items: Which item each answer is about (R,), 0 to n - 1.
        annotators: Who gave it (R,), 0 to M - 1.
        classes: What was answered (R,), 0 to C - 1.
        item_count: n.
        annotator_count: M.
        class_count: C.
    """

    items: Codes
    annotators: Codes
    classes: Codes
    item_count: int
    annotator_count: int
    class_count: int

    @classmethod
    def of(
        cls,
        items: ArrayLike,
        annotators: ArrayLike,
        classes: ArrayLike,
        *,
        item_count: int | None = None,
        annotator_count: int | None = None,
        class_count: int | None = None,
    ) -> Self:
        """Check the three columns (R,); counts that are not given are the largest code plus one.

        Raises:
            InvalidInputError: lengths differ, a code is no whole number from 0 or beyond its count,
                or somebody answered twice on one item.
        """
        columns = {"items": items, "annotators": annotators, "classes": classes}
        counts = {"items": item_count, "annotators": annotator_count, "classes": class_count}
        arrays = dict(zip(columns, same_length(**columns), strict=True))
        codes = {name: _codes(name, array, counts[name]) for name, array in arrays.items()}
        sizes = {
            name: int(code.max()) + 1 if counts[name] is None else int(counts[name] or 0)
            for name, code in codes.items()
        }
        pairs = codes["items"] * sizes["annotators"] + codes["annotators"]
        ordered = np.sort(pairs)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(twice):
            item, annotator = divmod(int(twice[0]), sizes["annotators"])
            raise InvalidInputError(
                f"The annotator {annotator} answered more than once on the item {item}.",
                remedy="Keep the last answer of each annotator on an item.",
            )
        return cls(
            **codes,
            item_count=sizes["items"],
            annotator_count=sizes["annotators"],
            class_count=sizes["classes"],
        )

    def votes(self) -> Table:
        """How often each class was answered on each item (n, C)."""
        places = self.items * self.class_count + self.classes
        counts = np.bincount(places, minlength=self.item_count * self.class_count)
        return counts.reshape(self.item_count, self.class_count).astype(np.float64)

    def per_item(self) -> Codes:
        """How many answers each item has (n,)."""
        return np.bincount(self.items, minlength=self.item_count)

    def by_annotator(self, values: Table) -> Table:
        """The mean over each annotator's answers (M,) of a value of each (R,); NaN without any."""
        count = np.bincount(self.annotators, minlength=self.annotator_count)
        total = np.bincount(self.annotators, weights=values, minlength=self.annotator_count)
        found = np.full(len(count), np.nan)
        np.divide(total, count, out=found, where=count > 0)
        return found


def _codes(name: str, array: NDArray[np.generic], count: int | None) -> Codes:
    if array.ndim != 1 or array.dtype.kind not in "iub":
        raise InvalidInputError(
            f"The {name} have the shape {array.shape} and the type {array.dtype}.",
            remedy="Give whole numbers from 0; np.unique(names, return_inverse=True) makes them.",
        )
    codes = array.astype(np.int64)
    low, high = int(codes.min()), int(codes.max())
    if low < 0 or (count is not None and high >= count):
        raise InvalidInputError(
            f"The {name} hold {low if low < 0 else high}.",
            remedy="Give whole numbers from 0" + ("." if count is None else f" to {count - 1}."),
        )
    return codes
