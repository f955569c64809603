"""Partly labelled targets: which rows have a label, and what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from querist.errors import InvalidInputError
from querist.strategies import UNLABELED, Signal

Mask = NDArray[np.bool_]
Positions = NDArray[np.int64]


class Target(Protocol):
    """The labels of the rows of X, as far as they are known."""

    @property
    def auto(self) -> str:
        """The strategy that ``auto`` stands for."""
        ...

    @property
    def start(self) -> str:
        """The strategy that chooses while there is no model and the asked one needs one."""
        ...

    @property
    def gives(self) -> frozenset[Signal]:
        """What strategies can get of a model of such labels."""
        ...

    @property
    def known(self) -> Mask:
        """Mask (n,) of the rows that have a label."""
        ...

    @property
    def own(self) -> NDArray[Any]:
        """The labels of these rows, to train on."""
        ...

    @property
    def names(self) -> NDArray[Any]:
        """The classes (C,); none where labels are numbers."""
        ...

    @property
    def trainable(self) -> bool:
        """Whether they are enough to train a model."""
        ...

    def arguments(self) -> dict[str, Any]:
        """The labels as arguments of ``query``."""
        ...

    def constant(self, count: int) -> NDArray[Any]:
        """What to predict for ``count`` rows while there is no model."""
        ...

    def taught(self, rows: Positions, given: ArrayLike) -> Self:
        """The labels with those ``given`` for some rows."""
        ...

    def judged(self, y: Any) -> tuple[Mask, NDArray[Any]]:
        """Of other rows: which have a label in ``y``, and what it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """One class a row.

    Attributes:
        values: The classes (n,) as objects; ``None`` where there is none.
        known: Mask (n,) of the rows that have one.
        own: The classes of these rows.
        names: All of them, sorted (C,).
    """

    values: NDArray[Any]
    known: Mask
    own: NDArray[Any]
    names: NDArray[Any]

    auto: ClassVar[str] = "auto"
    start: ClassVar[str] = "auto"
    gives: ClassVar[frozenset[Signal]] = frozenset(
        {Signal.EMBEDDINGS, Signal.PROBABILITIES, Signal.COMMITTEE, Signal.HEAD}
    )

    @classmethod
    def of(cls, y: Any) -> Self:
        """Split ``y`` (n,) into classes and rows without one."""
        return cls._of(*split_target(column_or_1d(as_array(y), warn=True)))

    @classmethod
    def _of(cls, values: NDArray[Any], known: Mask) -> Self:
        own = natural(values[known])
        if own.size:
            check_classification_targets(own)
        return cls(values=values, known=known, own=own, names=np.unique(own))

    @property
    def trainable(self) -> bool:
        """Whether two classes are known."""
        return len(self.names) > 1

    def arguments(self) -> dict[str, Any]:
        """The labels as columns of the model's probabilities, and the names of the columns."""
        return {
            "labels": np.searchsorted(self.names, self.own),
            "class_names": [str(name) for name in self.names],
        }

    def constant(self, count: int) -> NDArray[Any]:
        """The only class that is known."""
        return np.repeat(self.names, count)

    def taught(self, rows: Positions, given: ArrayLike) -> Self:
        """The classes with those ``given`` (k,) for some rows."""
        fresh = column_or_1d(as_array(given)).astype(object)
        one_each(rows, fresh)
        merged = self.values.copy()
        merged[rows] = fresh
        _, known = split_target(merged)
        none_missing(rows, known[rows])
        merged[~known] = None
        return self._of(merged, known)

    def judged(self, y: Any) -> tuple[Mask, NDArray[Any]]:
        """Which of other rows have a class in ``y``; -1 is one only where it was trained on."""
        values = column_or_1d(as_array(y))
        missing = is_missing(values)
        if UNLABELED not in self.names.tolist():
            missing |= _is_minus_one(values)
        return ~missing, natural(values[~missing].astype(object))


def split_target(y: NDArray[Any]) -> tuple[NDArray[Any], Mask]:
    """The labels of ``y`` (n,) as objects, and a mask (n,) of the rows that have one.

    ``None``, NaN and pandas' NA mark a row without a label. So does ``UNLABELED`` (-1), with one
    exception: where the values are exactly -1 and 1, the usual coding of two classes, -1 is a
    class, and ``None`` or NaN must mark what is missing.

    Raises:
        InvalidInputError: ``y`` is infinite somewhere, or NaN everywhere, which is broken data
            more often than a start without labels; for such a start give -1 everywhere.
    """
    if y.dtype.kind == "f" and np.isinf(y).any():
        raise InvalidInputError("y holds infinity.", remedy="Give classes, or -1 for no label.")
    if y.dtype.kind == "f" and y.size and np.isnan(y).all():
        raise InvalidInputError(
            "y is NaN in every row.",
            remedy=f"To start without any label give {UNLABELED} in every row.",
        )
    missing = is_missing(y)
    if not minus_one_is_class(y[~missing]):
        missing[~missing] = _is_minus_one(y[~missing])
    values = y.astype(object)
    values[missing] = None
    return values, ~missing


def minus_one_is_class(labels: NDArray[Any]) -> bool:
    """Whether ``labels`` are exactly -1 and 1, so that -1 names a class."""
    return labels.dtype.kind in "ifO" and set(labels.tolist()) == {-1, 1}


def natural(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels kept as objects, in the array type they have by themselves.

    Raises:
        InvalidInputError: they mix numbers and texts.
    """
    found = np.array(labels.tolist())
    if found.dtype.kind in "US" and not all(isinstance(value, str) for value in labels):
        raise InvalidInputError(
            f"The labels mix texts and other values: {sorted(set(map(str, labels)))[:6]}.",
            remedy="Give labels of one kind.",
        )
    return found


def as_array(y: Any) -> NDArray[Any]:
    """``y`` as an array; a list that mixes texts with ``None`` or NaN keeps its values."""
    if isinstance(y, Sequence) and any(value is None or isinstance(value, str) for value in y):
        return np.array(y, dtype=object)
    try:
        return np.asarray(y)
    except ValueError as error:
        raise InvalidInputError(
            "The labels are lists of different lengths.",
            remedy="For sets of classes give a matrix of 1 and 0, as MultiLabelBinarizer makes it.",
        ) from error


def is_missing(y: NDArray[Any]) -> Mask:
    """Where ``y`` (n,) is ``None``, NaN or pandas' NA."""
    if y.dtype.kind == "f":
        return np.asarray(np.isnan(y), dtype=bool)
    if y.dtype.kind != "O":
        return np.zeros(len(y), dtype=bool)
    return np.array([value is None or _differs_from_itself(value) for value in y], dtype=bool)


def one_each(rows: Positions, given: NDArray[Any]) -> None:
    """Refuse taught labels that are not as many as the rows.

    Raises:
        InvalidInputError: there are more or fewer labels ``given`` (k,) than ``rows``.
    """
    if len(given) != len(rows):
        raise InvalidInputError(
            f"The number of labels is {len(given)}, that of rows {len(rows)}.",
            remedy="Give one label for each row, in the same order.",
        )


def none_missing(rows: Positions, known: Mask) -> None:
    """Refuse a taught label that is none.

    Raises:
        InvalidInputError: the label of one of the ``rows`` is not ``known``.
    """
    if not known.all():
        raise InvalidInputError(
            f"The label for row {int(rows[np.argmin(known)])} is missing.",
            remedy="Call skip(idx) for rows that nobody can label.",
        )


def _differs_from_itself(value: Any) -> bool:
    """True for NaN and for pandas' NA, whose comparison has no truth value."""
    try:
        return bool(value != value)  # noqa: PLR0124 - the definition of NaN
    except TypeError:
        return True


def _is_minus_one(y: NDArray[Any]) -> Mask:
    if y.dtype.kind not in "iufO":
        return np.zeros(len(y), dtype=bool)
    return np.array(
        [not isinstance(value, (str, bool)) and value == UNLABELED for value in y.tolist()],
        dtype=bool,
    )
