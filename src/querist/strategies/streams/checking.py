"""Checks one arrival of a stream, or refuses it with what to do about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.strategies.streams.base import Arrival, Vector
from querist.strategies.validation import SUM_TOLERANCE

Column = Sequence[Any] | NDArray[Any]

# What float32 holds: squares of such numbers stay finite in float64.
_LARGEST = float(np.finfo(np.float32).max)


def check_arrival(
    *,
    probabilities: ArrayLike | None = None,
    embedding: ArrayLike | None = None,
    time: float | None = None,
) -> Arrival:
    """Put one arrival into form.

    Args:
        probabilities: Class probabilities (C,) that sum to one. ``None``, an empty list and a
            single class all mean that the model cannot tell yet.
        embedding: Vector (d,), finite.
        time: Seconds since any fixed moment.

    Raises:
        InvalidInputError: a value is NaN, out of range or of the wrong shape.
    """
    table = None if probabilities is None else _numbers("probabilities", probabilities)
    if table is not None and len(table):
        _check_probabilities(table)
    vector = None if embedding is None else _numbers("embedding", embedding)
    if vector is not None and not len(vector):
        raise InvalidInputError(
            "The embedding is empty.", remedy="Give at least one number, or leave it out."
        )
    if time is not None and (isinstance(time, bool) or not math.isfinite(time)):
        raise InvalidInputError(f"The time is {time!r}.", remedy="Give a number of seconds.")
    return Arrival(
        probabilities=table if table is not None and len(table) > 1 else None,
        embedding=vector,
        time=None if time is None else float(time),
    )


def rows(name: str, given: Column | None, count: int) -> Column:
    """The ``count`` entries of a column of a chunk; ``None`` for each if it is not given.

    Raises:
        InvalidInputError: it has another length.
    """
    if given is None:
        return [None] * count
    if len(given) != count:
        raise InvalidInputError(
            f"There are {len(given)} {name} for {count} arrivals.",
            remedy="Give one for each arrival, in the same order.",
        )
    return given


def _numbers(name: str, given: ArrayLike) -> Vector:
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        array = np.zeros((0, 0))
    if array.ndim != 1 or array.dtype.kind not in "fiu":
        raise InvalidInputError(
            f"What an arrival has as {name} is no list of numbers.",
            remedy="Give a flat list, such as [0.7, 0.3].",
        )
    array = array.astype(np.float64)
    if not (np.abs(array) <= _LARGEST).all():
        raise InvalidInputError(
            f"NaN or an infinite number stands in the {name} at place {_first_bad(array)}.",
            remedy="Repair or leave out this arrival; a model that cannot predict gives [].",
        )
    return array


def _check_probabilities(table: Vector) -> None:
    total = float(table.sum())
    if abs(total - 1) > SUM_TOLERANCE:
        raise InvalidInputError(
            f"The probabilities sum to {total:.4g}, not to one.",
            remedy="Give class probabilities, not scores or logits; apply a softmax first.",
        )
    if table.min() < -SUM_TOLERANCE:
        raise InvalidInputError(
            f"A probability is {float(table.min()):.4g}.",
            remedy="Probabilities lie between 0 and 1.",
        )


def _first_bad(array: Vector) -> int:
    return int(np.flatnonzero(~(np.abs(array) <= _LARGEST))[0])
