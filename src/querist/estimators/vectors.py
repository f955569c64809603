"""Vectors for the strategies from any rows: learnt once from the pool, without labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from querist.errors import InvalidInputError
from querist.estimators.rows import is_frame

Matrix = NDArray[np.float32]
# A sparse pool of at most this many cells is made dense as it is; a larger one is reduced.
DENSE_CELLS = 4_000_000
REDUCED_COLUMNS = 64
# Values of a column of words that get a column each; rarer ones share one.
CATEGORIES = 20


class Vectors:
    """Scaled numbers (n, d): what the pipeline's first steps make of the rows, or the rows.

    Only the steps before the first that learns from labels count, so that the vectors, and with
    them what covers the pool, do not change from round to round.
    """

    def __init__(self, estimator: Any) -> None:
        self._open = estimator.steps[:-1] if isinstance(estimator, Pipeline) else []
        self._steps: list[Any] = []
        self._table: Any = None
        self._svd: Any = None
        self._mean: Any = None
        self._spread: Any = None

    def fit_transform(self, X: Any) -> Matrix:
        """Learn from the rows of the pool, and turn them into vectors (n, d)."""
        X = self._first_steps(X)
        if is_frame(X):
            self._table = table_columns(X)
            X = self._table.fit_transform(X)
        if scipy.sparse.issparse(X):
            if X.shape[0] * X.shape[1] > DENSE_CELLS:
                self._svd = TruncatedSVD(min(REDUCED_COLUMNS, X.shape[1] - 1), random_state=0)
                self._svd.fit(X)
            X = self._dense(X)
        values = _numbers(X)
        known = np.isfinite(values)
        counts = np.maximum(known.sum(axis=0), 1)
        self._mean = np.where(known, values, 0).sum(axis=0) / counts
        squares = np.where(known, values - self._mean, 0) ** 2
        spread = np.sqrt(squares.sum(axis=0) / counts)
        # What the reduction made keeps its scale: later columns of it say less.
        plain = self._svd is not None
        self._mean = np.zeros_like(self._mean) if plain else self._mean
        self._spread = np.ones_like(spread) if plain else np.where(spread > 0, spread, 1)
        return self._scaled(values)

    def transform(self, X: Any) -> Matrix:
        """Other rows as vectors (m, d) of the same kind."""
        for part in self._steps:
            X = part.transform(X)
        X = X if self._table is None else self._table.transform(X)
        return self._scaled(_numbers(self._dense(X) if scipy.sparse.issparse(X) else X))

    def _first_steps(self, X: Any) -> Any:
        for _, step in self._open:
            if step is None or step == "passthrough":
                continue
            if get_tags(step).target_tags.required:
                break
            copy = clone(step)
            try:
                X = copy.fit_transform(X)
            except (TypeError, ValueError):
                # Some steps that learn from labels say so only when they get none. What else is
                # wrong comes up when the whole pipeline is trained.
                break
            self._steps.append(copy)
        return X

    def _dense(self, X: Any) -> Any:
        return X.toarray() if self._svd is None else self._svd.transform(X)

    def _scaled(self, values: NDArray[np.float64]) -> Matrix:
        scaled = (values - self._mean) / self._spread
        # A missing number is as the mean.
        return np.where(np.isfinite(scaled), scaled, 0).astype(np.float32)


def table_columns(frame: Any) -> ColumnTransformer:
    """Turns a frame of numbers and words into numbers: scaled ones, and a column for a word."""
    names = list(frame.columns)
    numbers = [name for name in names if _is_number(frame[name])]
    words = [name for name in names if name not in numbers]
    fill = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist", max_categories=CATEGORIES, sparse_output=False
    )
    return ColumnTransformer([("numbers", fill, numbers), ("words", one_hot, words)])


def _is_number(column: Any) -> bool:
    kind = getattr(column.dtype, "kind", None)
    return kind in tuple("fiub") if kind else bool(column.dtype.is_numeric())


def _numbers(X: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            "The rows hold something that is no number, and no step before the model turns it into "
            "one.",
            remedy="Put a step that encodes it into a Pipeline, or give a frame.",
        ) from error
