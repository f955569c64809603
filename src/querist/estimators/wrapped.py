"""The wrapped classifier: default, seeds, probabilities, and vectors for the strategies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# A sparse pool of at most this many cells is made dense as it is; a larger one is reduced.
DENSE_CELLS = 4_000_000
REDUCED_COLUMNS = 64


def prepared(estimator: Any, random_state: Any, is_sparse: bool) -> Any:
    """A fresh copy of ``estimator`` (or the default) whose open seeds are set."""
    if estimator is None:
        scaler = StandardScaler(with_mean=not is_sparse)
        return make_pipeline(scaler, LogisticRegression(max_iter=1_000))
    copy = clone(estimator)
    if random_state is not None:
        open_seeds = {
            name: random_state
            for name, value in copy.get_params(deep=True).items()
            if name.split("__")[-1] == "random_state" and value is None
        }
        if open_seeds:
            copy.set_params(**open_seeds)
    return copy


def has_probabilities(owner: Any) -> bool:
    """Whether the wrapped classifier predicts probabilities."""
    fitted = getattr(owner, "estimator_", None)
    wrapped = owner.estimator if fitted is None else fitted
    return wrapped is None or hasattr(wrapped, "predict_proba")


def probabilities_of(classifier: Any, X: Any) -> NDArray[np.floating]:
    """Probabilities (n, C) of a trained classifier.

    Without ``predict_proba`` the decision function goes through a sigmoid or softmax: its order
    is what the selection needs, calibrated it is not. Without either, the predicted class gets
    all of it.
    """
    if hasattr(classifier, "predict_proba"):
        return np.asarray(classifier.predict_proba(X), dtype=np.float64)
    if hasattr(classifier, "decision_function"):
        margin = np.asarray(classifier.decision_function(X), dtype=np.float64)
        if margin.ndim == 1:
            high = expit(margin)
            return np.column_stack([1.0 - high, high])
        return np.asarray(softmax(margin, axis=1))
    predicted = np.asarray(classifier.predict(X))
    return np.asarray(predicted[:, None] == classifier.classes_[None, :], dtype=np.float64)


def dense_vectors(X: Any) -> NDArray[np.float32]:
    """Vectors (n, d) for the strategies: scaled columns, a large sparse matrix reduced by SVD."""
    if sparse.issparse(X):
        if X.shape[0] * X.shape[1] > DENSE_CELLS:
            columns = min(REDUCED_COLUMNS, X.shape[1] - 1)
            reduced = TruncatedSVD(columns, random_state=0).fit_transform(X)
            return np.asarray(reduced, dtype=np.float32)
        X = X.toarray()
    values = np.asarray(X, dtype=np.float64)
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(scaled, dtype=np.float32)
