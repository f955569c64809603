"""Turns the caller's arrays into a checked ``Pool``, or refuses with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import EmptyPoolError, InvalidInputError, MissingSignalError
from querist.strategies import task_checks
from querist.strategies.array_checks import matrix, not_finite, quick_look, read, row_blocks
from querist.strategies.base import UNLABELED, Floats, Gradient, Head, Pool, Positions
from querist.strategies.needs import need_committee, need_embeddings, need_head, need_probabilities

# The strategies ask for signals where the checks are.
__all__ = ["check_pool", "need_committee", "need_embeddings", "need_head", "need_probabilities"]

# Rows of probabilities may miss 1 by this much: float16 tables do.
SUM_TOLERANCE = 2e-3


def check_pool(  # noqa: PLR0913 - one keyword for each array that a pool may have
    *,
    size: int | None = None,
    probabilities: ArrayLike | None = None,
    embeddings: ArrayLike | None = None,
    committee: ArrayLike | None = None,
    head: tuple[ArrayLike, ArrayLike] | Head | None = None,
    labeled: ArrayLike | None = None,
    labels: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
    class_count: int | None = None,
    class_names: Sequence[str] | None = None,
    gradient: Gradient | None = None,
    multilabel_probabilities: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    committee_predictions: ArrayLike | None = None,
    targets: ArrayLike | None = None,
    uncertainty: ArrayLike | None = None,
) -> Pool:
    """Check the arrays of a pool of N rows and put them into one form. Nothing is changed.

    Args:
        size: N; needed only when neither probabilities nor embeddings are given.
        probabilities: Class probabilities (N, C), rows sum to one; ``None`` before a model.
        embeddings: Vectors (N, d), finite; any number type, used as float32.
        committee: Class probabilities (K, N, C) of K members, each like ``probabilities``.
        head: Weights (C, d) and intercepts (C,) of a linear model over ``embeddings``; one row of
            weights stands for two classes, as in scikit-learn.
        labeled: Positions of the labelled rows (L,), any order.
        labels: Their classes (L,): whole numbers from 0, the columns of ``probabilities``, or
            names, which are numbered in sorted order. ``UNLABELED`` marks a class not known.
            Where a row may have any number of classes: 1 or 0 for each class (L, C).
        candidates: Positions that may be returned; all but the labelled rows if ``None``.
        class_count: Number of classes, if more are known than the probabilities show.
        class_names: Names of the columns of the probabilities, for the reasons.
        gradient: From vectors (m, d) to the logits (m, C) of a model over ``embeddings`` and their
            gradients by the vectors (m, C, d).
        multilabel_probabilities: The chance (N, C) that a row has each class, by itself.
        predictions: Predicted numbers (N,) of a regression.
        committee_predictions: Predicted numbers (K, N) of K members.
        targets: The numbers of the labelled rows (L,), in the order of ``labeled``; NaN if unknown.
        uncertainty: How unsure the model is of each row as a whole (N,), finite, 0 or more.

    Raises:
        InvalidInputError: an array has the wrong shape, type or values.
        EmptyPoolError: no candidate is left.
    """
    table = None if probabilities is None else _probabilities(probabilities)
    vectors = None if embeddings is None else _embeddings(embeddings)
    members = None if committee is None else _committee(committee, table)
    chances = task_checks.multilabel_probabilities
    by_class = None if multilabel_probabilities is None else chances(multilabel_probabilities)
    numbers = None if predictions is None else task_checks.predictions(predictions)
    several = committee_predictions
    several = None if several is None else task_checks.committee_predictions(several)
    doubt = None if uncertainty is None else task_checks.uncertainty(uncertainty)
    columns = _columns(table, members, by_class)
    if class_count is None:
        class_count = columns
    layer = None if head is None else _head(head, vectors, class_count)
    if gradient is not None and not callable(gradient):
        raise InvalidInputError(
            f"gradient is a {type(gradient).__name__}.",
            remedy="Give a callable from vectors (m, d) to logits (m, C) and gradients (m, C, d).",
        )
    known = {"size": size} | {
        name: None if array is None else array.shape[axis]
        for name, array, axis in (
            ("probabilities", table, 0),
            ("embeddings", vectors, 0),
            ("committee", members, 1),
            ("multilabel_probabilities", by_class, 0),
            ("predictions", numbers, 0),
            ("committee_predictions", several, 1),
            ("uncertainty", doubt, 0),
        )
    }
    count = _size(known, candidates, labeled)
    rows = _positions("labeled", labeled, count)
    order = np.argsort(rows, kind="stable")
    sets = None
    if labels is not None and np.ndim(labels) == 2:
        sets, labels = task_checks.label_sets(labels, len(rows), class_count)[order], None
    codes = _codes(labels, len(rows))[order]
    ys = None if targets is None else task_checks.targets(targets, len(rows))[order]
    rows = rows[order]
    free = _candidates(candidates, rows, count)
    if class_names is not None and columns is not None and len(class_names) != columns:
        raise InvalidInputError(
            f"There are {len(class_names)} class names for {columns} columns.",
            remedy="Give one name for each column of the probabilities.",
        )
    return Pool(
        size=count,
        probabilities=table,
        embeddings=vectors,
        committee=members,
        head=layer,
        gradient=gradient,
        labeled=rows,
        labels=codes,
        candidates=free,
        class_count=class_count,
        class_names=None if class_names is None else tuple(class_names),
        multilabel_probabilities=by_class,
        label_sets=sets,
        predictions=numbers,
        committee_predictions=several,
        targets=ys,
        uncertainty=doubt,
    )


def _probabilities(given: ArrayLike) -> Floats:
    table = matrix("probabilities", given)
    if table.dtype.kind != "f" or table.dtype.itemsize < 4:
        table = table.astype(np.float32)
    if table.shape[1] < 2:
        raise InvalidInputError(
            "The probabilities have one column.",
            remedy="Give one column for each class; with a single class known give None.",
        )
    low, high, least = quick_look(table) if len(table) else (1.0, 1.0, 0.0)
    if not (low >= 1 - SUM_TOLERANCE and high <= 1 + SUM_TOLERANCE and least >= -SUM_TOLERANCE):
        _refuse_probabilities(table)
    return table


def _refuse_probabilities(table: Floats) -> None:
    """Name the first row that is wrong."""
    for start, block in row_blocks(table):
        sums = block.sum(axis=1)
        wrong = ~(np.abs(sums - 1) <= SUM_TOLERANCE)
        if wrong.any():
            at = int(wrong.argmax())
            value = float(sums[at])
            if not np.isfinite(value):
                raise not_finite("probabilities", start + at)
            raise InvalidInputError(
                f"The probabilities of row {start + at} sum to {value:.4g}, not to one.",
                remedy="Give class probabilities, not scores or logits; apply a softmax first.",
                row=start + at,
            )
        if block.min() < -SUM_TOLERANCE:
            at = int(block.min(axis=1).argmin())
            raise InvalidInputError(
                f"A probability of row {start + at} is {float(block[at].min()):.4g}.",
                remedy="Probabilities lie between 0 and 1.",
                row=start + at,
            )


def _embeddings(given: ArrayLike) -> Floats:
    table = matrix("embeddings", given)
    if table.dtype != np.float32:
        with np.errstate(over="ignore"):
            table = table.astype(np.float32)
    if table.shape[1] < 1:
        raise InvalidInputError(
            "The embeddings have no columns.", remedy="Give at least one number for each row."
        )
    # A sum may overflow where every value is finite, so a hit is looked at again.
    if len(table) and not np.isfinite(quick_look(table)[:2]).all():
        for start, block in row_blocks(table):
            bad = ~np.isfinite(block).all(axis=1)
            if bad.any():
                raise not_finite("embeddings", start + int(bad.argmax()))
    return table


def _committee(given: ArrayLike, table: Floats | None) -> Floats:
    array = read("committee", given)
    if array.ndim != 3 or not len(array) or array.dtype.kind not in "fiub":
        raise InvalidInputError(
            f"The committee has the shape {array.shape} and the type {array.dtype}.",
            remedy="Give an array (K, N, C): the probabilities of K members over all rows.",
        )
    if table is not None and array.shape[2] != table.shape[1]:
        raise InvalidInputError(
            f"The committee has {array.shape[2]} classes, the probabilities {table.shape[1]}.",
            remedy="Give every member the same classes in the same order.",
        )
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    for member in array:
        _probabilities(member)
    return array


def _head(
    given: tuple[ArrayLike, ArrayLike] | Head, vectors: Floats | None, class_count: int | None
) -> Head:
    pair = (given.weights, given.intercept) if isinstance(given, Head) else given
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InvalidInputError(
            f"The head is a {type(given).__name__}.", remedy="Give a pair (weights, intercepts)."
        )
    try:
        weights, intercept = (np.asarray(part, dtype=np.float32) for part in pair)
    except ValueError as error:
        raise InvalidInputError(
            f"The head is no pair of arrays of numbers: {error}",
            remedy="Give weights (C, d) and intercepts (C,).",
        ) from error
    fits = weights.ndim == 2 and intercept.shape == weights.shape[:1] and len(weights)
    if not fits or (vectors is not None and weights.shape[1] != vectors.shape[1]):
        width = "d" if vectors is None else str(vectors.shape[1])
        raise InvalidInputError(
            f"The head has weights {weights.shape} and intercepts {intercept.shape}.",
            remedy=f"Give weights (C, {width}) over the embeddings and intercepts (C,).",
        )
    if not (np.isfinite(weights).all() and np.isfinite(intercept).all()):
        raise InvalidInputError(
            "The head holds NaN or an infinite number.", remedy="Fit the model anew."
        )
    if len(weights) == 1:
        # One row is the logit of the second class against the first.
        weights = np.concatenate([np.zeros_like(weights), weights])
        intercept = np.concatenate([np.zeros_like(intercept), intercept])
    if class_count is not None and len(weights) != class_count:
        raise InvalidInputError(
            f"The head has {len(weights)} classes, the pool {class_count}.",
            remedy="Give one row of weights for each class.",
        )
    return Head(weights=weights, intercept=intercept)


def _columns(*tables: Floats | None) -> int | None:
    return next((table.shape[-1] for table in tables if table is not None), None)


def _size(
    known: dict[str, int | None], candidates: ArrayLike | None, labeled: ArrayLike | None
) -> int:
    told = {name: value for name, value in known.items() if value is not None}
    if len(set(told.values())) > 1:
        words = ", ".join(f"{name} {value}" for name, value in told.items())
        raise InvalidInputError(
            f"The numbers of rows disagree: {words}.",
            remedy="Every array covers the whole pool, labelled rows too, in one order.",
        )
    if told:
        return int(next(iter(told.values())))
    if candidates is None:
        raise MissingSignalError(
            "The size of the pool is not known.",
            remedy="Pass embeddings=, probabilities= or candidates=.",
        )
    both = [np.asarray(given).ravel() for given in (candidates, labeled) if given is not None]
    return max((int(array.max()) + 1 for array in both if array.size), default=0)


def _positions(name: str, given: ArrayLike | None, size: int) -> Positions:
    array = np.asarray([] if given is None else given)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InvalidInputError(
            f"{name} has the shape {array.shape} and the type {array.dtype}.",
            remedy="Give a list of row positions; for a mask use np.flatnonzero(mask).",
        )
    array = array.astype(np.int64)
    outside = (array < 0) | (array >= size)
    if outside.any():
        raise InvalidInputError(
            f"{name} holds the position {int(array[outside][0])}, but the pool has {size} rows.",
            remedy=f"Positions run from 0 to {size - 1}.",
        )
    counts = np.bincount(array, minlength=1)
    if counts.max() > 1:
        raise InvalidInputError(
            f"{name} holds the position {int(counts.argmax())} more than once.",
            remedy="Give each position once.",
        )
    return array


def _codes(labels: ArrayLike | None, count: int) -> Positions:
    if labels is None:
        return np.full(count, UNLABELED, dtype=np.int64)
    array = np.asarray(labels)
    if array.shape != (count,) and not (array.size == 0 and count == 0):
        raise InvalidInputError(
            f"labels has the shape {array.shape}, but {count} rows are labelled.",
            remedy="Give one class for each labelled position.",
        )
    if not array.size:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind == "f" and np.isfinite(array).all() and (array == np.rint(array)).all():
        array = array.astype(np.int64)
    if array.dtype.kind in "USO" and all(isinstance(value, str) for value in array.tolist()):
        return np.unique(array, return_inverse=True)[1].astype(np.int64)
    if array.dtype.kind not in "iub" or array.astype(np.int64).min() < UNLABELED:
        raise InvalidInputError(
            f"labels of the type {array.dtype} hold something that is no class.",
            remedy="Give whole numbers from 0, or names.",
        )
    return array.astype(np.int64)


def _candidates(given: ArrayLike | None, labeled: Positions, size: int) -> Positions:
    free = np.zeros(size, dtype=bool)
    if given is None:
        free[:] = True
    else:
        free[_positions("candidates", given, size)] = True
    free[labeled] = False
    found = np.flatnonzero(free)
    if not found.size:
        raise EmptyPoolError(
            f"Nothing is left to choose from: {size} rows, {len(labeled)} of them labelled.",
            remedy="Add more items, or stop: every candidate has a label.",
            size=size,
            labeled=len(labeled),
        )
    return found
