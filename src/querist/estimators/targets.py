"""Partly labelled targets: which rows have a label, and what it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.strategies import UNLABELED


def split_target(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
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
    missing = _missing(y)
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


def _missing(y: NDArray[Any]) -> NDArray[np.bool_]:
    if y.dtype.kind == "f":
        return np.asarray(np.isnan(y), dtype=bool)
    if y.dtype.kind != "O":
        return np.zeros(len(y), dtype=bool)
    return np.array([value is None or _differs_from_itself(value) for value in y], dtype=bool)


def _differs_from_itself(value: Any) -> bool:
    """True for NaN and for pandas' NA, whose comparison has no truth value."""
    try:
        return bool(value != value)  # noqa: PLR0124 - the definition of NaN
    except TypeError:
        return True


def _is_minus_one(y: NDArray[Any]) -> NDArray[np.bool_]:
    if y.dtype.kind not in "iufO":
        return np.zeros(len(y), dtype=bool)
    return np.array(
        [not isinstance(value, (str, bool)) and value == UNLABELED for value in y.tolist()],
        dtype=bool,
    )
