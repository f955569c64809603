"""Class probabilities from any fitted scikit-learn classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Codes, Matrix

FOLDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A fitted classifier and how it gives probabilities.

    Attributes:
        estimator: The fitted classifier.
        by_score: Its scores go through a softmax because it has no probabilities.
    """

    estimator: Any
    by_score: bool = False


def with_probabilities(
    estimator: Any, X: Matrix, y: Codes, seed: int, *, recalibrate: bool = False
) -> Calibrated:
    """Fit ``estimator``; calibrate it by Platt's sigmoid where it has no ``predict_proba``.

    With ``recalibrate`` its own probabilities are replaced too, where the labels allow it.

    Platt (1999), "Probabilistic outputs for support vector machines".
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold

    rarest = int(np.unique(y, return_counts=True)[1].min())
    if hasattr(estimator, "predict_proba") and (rarest < 2 or not recalibrate):
        return Calibrated(estimator=estimator.fit(X, y))
    if rarest < 2:
        # One label of a class cannot be held out: its fold would train without the class.
        return Calibrated(estimator=estimator.fit(X, y), by_score=True)
    folds = StratifiedKFold(min(FOLDS, rarest), shuffle=True, random_state=seed)
    calibrated = CalibratedClassifierCV(estimator, method="sigmoid", cv=folds, ensemble=False)
    return Calibrated(estimator=calibrated.fit(X, y))


def class_probabilities(fitted: Calibrated, X: Matrix) -> NDArray[np.float32]:
    """Probabilities (n, K) over the classes seen; rows sum to one."""
    count = len(fitted.estimator.classes_)
    if not len(X):
        return np.zeros((0, count), np.float32)
    if fitted.by_score:
        shares = _softmax(_scores(fitted.estimator, X, count))
    else:
        shares = np.asarray(fitted.estimator.predict_proba(X), np.float64)
    total = shares.sum(axis=1, keepdims=True)
    # A classifier that rules every class out says nothing about the row: all are alike.
    even = np.full(shares.shape, 1 / count, np.float32)
    np.divide(shares, total, out=even, where=total > 0, casting="same_kind")
    return even


def _scores(estimator: Any, X: Matrix, count: int) -> NDArray[np.float64]:
    if hasattr(estimator, "decision_function"):
        scores = np.asarray(estimator.decision_function(X), np.float64)
        return scores if scores.ndim == 2 else np.stack([-scores, scores], axis=1)
    chosen = np.searchsorted(estimator.classes_, estimator.predict(X))
    votes: NDArray[np.float64] = 4.0 * np.eye(count)[chosen]
    return votes


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares
