"""Refusals that all learners and encoders share."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError, NotFittedError, StorageError, TooFewLabelsError
from querist.learners.base import Codes, Item, Matrix
from querist.schema import Media, Value
from querist.schema.wording import counted

_Value = TypeVar("_Value", bound=Value)


def check_matrix(X: ArrayLike, *, dimensions: int | None = None) -> Matrix:
    """``X`` as finite float32 (n, d); copied only where its kind is another.

    Raises:
        InvalidInputError: not two-dimensional, NaN or infinite, or not ``dimensions`` columns.
    """
    matrix = np.asarray(X, dtype=np.float32)
    if matrix.ndim != 2:
        raise InvalidInputError(
            f"X has the shape {matrix.shape}.", remedy="Give an array of rows, (n, d)."
        )
    if dimensions is not None and matrix.shape[1] != dimensions:
        raise InvalidInputError(
            f"X has {matrix.shape[1]} columns, the model was trained on {dimensions}.",
            remedy="Give vectors of the encoder that the model was trained on.",
        )
    # The sum is finite only if every value is: one pass without a temporary of X's size.
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(matrix.sum(dtype=np.float64))
    if not finite:
        rows = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
        raise InvalidInputError(
            f"X holds NaN or infinite values in {len(rows)} rows, first in row {rows[0]}.",
            remedy="Remove these rows or fill the missing values.",
            rows=rows[:20].tolist(),
        )
    return matrix


def check_training(
    X: ArrayLike, y: ArrayLike, class_count: int
) -> tuple[Matrix, Codes, NDArray[np.int64]]:
    """The checked rows, their codes (n,), and the codes that occur, sorted.

    Raises:
        TooFewLabelsError: no rows, or fewer than two classes.
        InvalidInputError: shapes that disagree, or NaN.
    """
    matrix = check_matrix(X)
    given = np.asarray(y)
    if given.shape != (len(matrix),):
        raise InvalidInputError(
            f"y has the shape {given.shape}, X has {len(matrix)} rows.",
            remedy="Give one class code for each row.",
        )
    if not len(matrix):
        raise TooFewLabelsError("There are no rows to train on.", remedy="Label some assets first.")
    codes = given.astype(np.int64)
    if (codes != given).any() or codes.min() < 0 or codes.max() >= class_count:
        wrong = given[(codes != given) | (codes < 0) | (codes >= class_count)]
        raise InvalidInputError(
            f"y holds {wrong[0]!r}, there are {class_count} classes.",
            remedy=f"Give whole numbers from 0 to {class_count - 1}.",
        )
    present = np.unique(codes)
    if len(present) < 2:
        raise TooFewLabelsError(
            f"There is nothing but class {present[0]} in {counted(len(codes), 'label')}.",
            remedy="Label assets of at least two classes, then train.",
        )
    return matrix, codes, present


def check_values(count: int, values: Sequence[Value], kind: type[_Value]) -> list[_Value]:
    """The labels of ``count`` assets, all of one kind.

    Raises:
        TooFewLabelsError: no assets.
        InvalidInputError: another number of labels, or a label of another kind.
    """
    if not count:
        raise TooFewLabelsError(
            "There are no assets to train on.", remedy="Label some assets first."
        )
    if len(values) != count:
        raise InvalidInputError(
            f"{counted(len(values), 'label was', 'labels were')} given for "
            f"{counted(count, 'asset')}.",
            remedy="Give one label for each asset.",
        )
    strange = next((value for value in values if not isinstance(value, kind)), None)
    if strange is not None:
        raise InvalidInputError(
            f"A label is of kind {strange.TYPE!r}, this learner learns {kind.TYPE!r}.",
            remedy=f"Give labels of kind {kind.TYPE!r}, or choose a learner of that task.",
        )
    return cast("list[_Value]", list(values))


def check_media(items: Sequence[Item], media: Media, name: str) -> None:
    """Refuse items that the encoder or learner called ``name`` cannot read.

    Raises:
        InvalidInputError: an item has another medium, or lacks its content.
    """
    field = {Media.IMAGE: "data", Media.TEXT: "text", Media.TABLE: "features"}[media]
    for position, item in enumerate(items):
        if item.media is not media or getattr(item, field) is None:
            raise InvalidInputError(
                f"Item {position} is {item.media.value!r} or has no {field}; "
                f"{name!r} reads {media.value!r}.",
                remedy="Choose one that reads this medium, or give its content.",
                position=position,
            )


def one_set(count: int) -> TooFewLabelsError:
    """The error of sets of classes that do not differ."""
    return TooFewLabelsError(
        f"There is nothing but one and the same set of classes in {counted(count, 'label')}.",
        remedy="Label assets of which some have a class that others have not, then train.",
    )


def one_number() -> TooFewLabelsError:
    """The error of fewer than two numbers."""
    return TooFewLabelsError(
        "There is one number to learn from.", remedy="Label two assets or more, then train."
    )


def unfitted(name: str) -> NotFittedError:
    """The error of a model or encoder that is asked too early."""
    return NotFittedError(
        f"{name!r} is not fitted yet.", remedy="Call fit, or load a saved state, first.", name=name
    )


def unreadable(name: str, folder: object, error: Exception) -> StorageError:
    """The error of a state that is missing or broken."""
    return StorageError(
        f"The state of {name!r} in {folder} cannot be read: {error}.",
        remedy="Train or fit it again.",
        name=name,
    )


@contextmanager
def few_labels() -> Iterator[None]:
    """Silence scikit-learn's doubt about many classes of one label each: at first that is so."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes is greater")
        yield
