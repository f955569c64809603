"""What strategies want of a trained model beside its predictions: a committee, or its head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from querist.errors import InvalidInputError, MissingSignalError
from querist.estimators.rows import taken
from querist.estimators.vectors import DENSE_CELLS
from querist.estimators.wrapped import before_last, last_step
from querist.learners.committee import MEMBERS, bootstrap_draw
from querist.strategies import Signal

_FORESTS = (
    RandomForestClassifier,
    ExtraTreesClassifier,
    RandomForestRegressor,
    ExtraTreesRegressor,
)

Table = NDArray[np.float64]


def committee(
    fitted: Any,
    fresh: Callable[[], Any],
    X: Any,
    y: NDArray[Any],
    kinds: NDArray[Any],
    parts: Sequence[Any],
    says: Callable[[Any, Any], Table],
    rng: np.random.Generator,
) -> Table:
    """What each of K members says about all rows (K, N) or (K, N, C).

    The trees of a forest are a committee by themselves. Any other estimator is trained eight times,
    each on as many labels as there are, drawn with replacement, but at least one of each class.

    Args:
        fitted: The trained estimator.
        fresh: Makes an untrained one of its kind.
        X: The labelled rows (L, d).
        y: Their classes or numbers (L,).
        kinds: Of classes their positions (L,), of numbers the numbers: what draws are balanced by.
        parts: The rows to ask about, one part after the other.
        says: What a trained member says about rows.
        rng: Draws the labels.
    """
    forest = last_step(fitted)
    if isinstance(forest, _FORESTS):
        members = list(forest.estimators_)
        parts = [np.asarray(before_last(fitted, part)) for part in parts]
    else:
        draws = [bootstrap_draw(kinds, rng) for _ in range(MEMBERS)]
        members = [fresh().fit(taken(X, rows), y[rows]) for rows in draws]
    return np.stack([stacked(parts, partial(says, member)) for member in members])


def head(fitted: Any, parts: Sequence[Any]) -> tuple[Table, tuple[Table, Table]]:
    """What the last, linear step sees of all rows (N, d), and its weights and intercepts.

    Raises:
        MissingSignalError: the model is not linear, or linear between pairs of classes only.
        InvalidInputError: it is, in more sparse columns than can be made dense.
    """
    linear = last_step(fitted)
    if not hasattr(linear, "coef_") or hasattr(linear, "support_vectors_"):
        raise MissingSignalError(
            f"The strategy needs head=, which {type(linear).__name__} does not have.",
            remedy="Choose a linear model, such as LogisticRegression, or another strategy.",
            signal=Signal.HEAD.value,
        )
    vectors = stacked(parts, lambda part: _dense(before_last(fitted, part)))
    return vectors, (np.atleast_2d(linear.coef_), np.atleast_1d(linear.intercept_))


def stacked(parts: Sequence[Any], table: Callable[[Any], Table]) -> Table:
    """The tables of all parts, one below the other."""
    return np.concatenate([table(part) for part in parts])


def _dense(X: Any) -> Table:
    if scipy.sparse.issparse(X):
        if X.shape[0] * X.shape[1] > DENSE_CELLS:
            raise InvalidInputError(
                f"The model has {X.shape[1]} sparse columns over {X.shape[0]} rows, too many for a "
                "strategy that looks at its head.",
                remedy="Put TruncatedSVD before the model, or choose another strategy.",
            )
        X = X.toarray()
    return np.asarray(X, dtype=np.float64)
