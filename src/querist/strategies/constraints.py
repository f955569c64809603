"""What a batch must keep to, whatever strategy chooses it: groups, seconds, distances, classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies.base import Pool, Positions
from querist.strategies.needs import need_embeddings, need_probabilities
from querist.strategies.parameters import positive

Mask = NDArray[np.bool_]

METRICS = ("cosine", "euclidean")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constraints:
    """Limits on one batch; each is off unless given.

        limits = Constraints(groups=videos, max_per_group=5, min_distance=0.05)
        querist.query("badge", n=50, probabilities=P, embeddings=E, constraints=limits)

    Attributes:
        groups: The group of each row (N,), whole numbers or names, such as its video or patient.
        max_per_group: How many rows of one group a batch holds at most.
        costs: Seconds that labelling each row takes (N,), above 0.
        budget_seconds: What the rows of a batch cost together at most. Where the strategy's own
            choice costs more, rows with a good score for their seconds come instead.
        min_distance: No row of a batch lies nearer than this to another, or to a labelled row.
        metric: How distance is measured: ``cosine`` (1 - cos, 0 to 2; the copy of a row has 0) or
            ``euclidean``.
        quotas: For a class, by name or column, how many rows predicted to be of it a batch holds
            at least, as far as there are such candidates.
    """

    groups: ArrayLike | None = None
    max_per_group: int | None = None
    costs: ArrayLike | None = None
    budget_seconds: float | None = None
    min_distance: float | None = None
    metric: str = "cosine"
    quotas: Mapping[str | int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _together("groups", self.groups, "max_per_group", self.max_per_group)
        _together("costs", self.costs, "budget_seconds", self.budget_seconds)
        if self.max_per_group is not None:
            positive("max_per_group", self.max_per_group)
        for name in ("budget_seconds", "min_distance"):
            value = getattr(self, name)
            if value is not None and not (np.isfinite(value) and value > 0):
                raise InvalidInputError(f"{name} is {value!r}.", remedy="Give a number above 0.")
        if self.metric not in METRICS:
            raise UnknownNameError.of("metric", self.metric, METRICS)
        for key, count in self.quotas.items():
            positive(f"The quota of {key!r}", count)


def group_codes(constraints: Constraints, pool: Pool) -> Positions | None:
    """The groups as numbers from 0 (N,), or ``None``.

    Raises:
        InvalidInputError: there is not one group for each row.
    """
    if constraints.groups is None:
        return None
    array = np.asarray(constraints.groups)
    if array.shape != (pool.size,) or array.dtype.kind not in "iubUS":
        array = _names(array, pool.size)
    return np.asarray(np.unique(array, return_inverse=True)[1], dtype=np.int64)


def seconds(constraints: Constraints, pool: Pool) -> NDArray[np.float64] | None:
    """The costs (N,), or ``None``.

    Raises:
        InvalidInputError: there is not one cost above 0 for each row.
    """
    if constraints.costs is None:
        return None
    array = np.asarray(constraints.costs)
    if array.shape != (pool.size,) or array.dtype.kind not in "iuf":
        raise InvalidInputError(
            f"costs has the shape {array.shape} and the type {array.dtype}.",
            remedy=f"Give the seconds of each of the {pool.size} rows.",
        )
    array = array.astype(np.float64)
    wrong = ~(np.isfinite(array) & (array > 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise InvalidInputError(
            f"The cost of row {row} is {array[row]}.", remedy="Give seconds above 0.", row=row
        )
    return array


def quota_masks(constraints: Constraints, pool: Pool, n: int) -> list[tuple[Mask, int]]:
    """For each quota the rows predicted to be of its class, as a mask (N,), and how many of them.

    Raises:
        InvalidInputError: a class is not known, or the quotas are more than the batch.
        MissingSignalError: there are quotas, but no probabilities to predict classes by.
    """
    if not constraints.quotas:
        return []
    table = need_probabilities(pool, "quotas", kind="constraint")
    predicted = table.argmax(axis=1)
    if sum(constraints.quotas.values()) > n:
        raise InvalidInputError(
            f"The quotas sum to {sum(constraints.quotas.values())}, but n is {n}.",
            remedy="Ask for more rows or lower the quotas.",
        )
    return [
        (np.asarray(predicted == _column(key, pool, table.shape[1])), count)
        for key, count in constraints.quotas.items()
    ]


def check_distance(constraints: Constraints, pool: Pool) -> None:
    """Refuse a distance without vectors to measure it by.

    Raises:
        MissingSignalError: there are no embeddings.
    """
    if constraints.min_distance is not None:
        need_embeddings(pool, "min_distance", kind="constraint")


def _column(key: str | int, pool: Pool, width: int) -> int:
    if isinstance(key, str):
        known = pool.class_names or ()
        if key not in known:
            raise UnknownNameError.of("class in class_names", key, known)
        return known.index(key)
    if not 0 <= key < width:
        raise InvalidInputError(
            f"There is a quota for the class {key}, but {width} classes.",
            remedy=f"Give a column from 0 to {width - 1}, or a name of class_names.",
        )
    return int(key)


def _names(array: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    if array.shape == (size,) and all(isinstance(value, str) for value in array.tolist()):
        return array.astype(str)
    raise InvalidInputError(
        f"groups has the shape {array.shape} and the type {array.dtype}.",
        remedy=f"Give the group of each of the {size} rows, as whole numbers or as names.",
    )


def _together(name: str, value: object, other: str, its: object) -> None:
    if (value is None) != (its is None):
        given, missing = (name, other) if its is None else (other, name)
        raise InvalidInputError(
            f"{given} is given without {missing}.", remedy=f"Give {missing} too, or neither."
        )
