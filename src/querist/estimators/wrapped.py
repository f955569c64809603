"""The wrapped estimator: defaults, open seeds, sets of classes, and what it says of a row."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from querist.errors import InvalidInputError
from querist.estimators.column_scaler import ColumnScaler
from querist.estimators.rows import is_frame
from querist.estimators.vectors import table_columns


def prepared(estimator: Any, random_state: Any) -> Any:
    """A fresh copy of ``estimator`` whose open seeds are set."""
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


def check_kind(estimator: Any, wanted: Literal["classifier", "regressor"]) -> None:
    """Refuse a regressor where a classifier is wanted, and a classifier where a regressor is.

    An estimator that does not say what it is passes.

    Raises:
        InvalidInputError: it says that it is the other.
    """
    if not hasattr(estimator, "fit"):
        return
    found = get_tags(estimator).estimator_type
    if found in ("classifier", "regressor") and found != wanted:
        raise InvalidInputError(
            f"estimator is a {type(estimator).__name__}, which is a {found}.",
            remedy=f"Give a {wanted}, or use ActiveLearning{found.capitalize()}.",
        )


def default_classifier(X: Any) -> Pipeline:
    """Logistic regression on the scaled columns of ``X``."""
    return make_pipeline(_columns(X), LogisticRegression(max_iter=1_000))


def default_regressor(X: Any) -> Pipeline:
    """Ridge regression on the scaled columns of ``X``, its penalty chosen by cross-validation."""
    return make_pipeline(_columns(X, numbers=True), RidgeCV(alphas=np.logspace(-3, 3, 13)))


def for_label_sets(estimator: Any) -> Any:
    """The estimator, or one copy of it (of a pipeline's last step) for each class.

    A copy for each class is made where the estimator does not say that it takes sets of classes.
    """
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        made = for_label_sets(last)
        return estimator if made is last else Pipeline([*estimator.steps[:-1], (name, made)])
    if isinstance(estimator, MultiOutputClassifier):
        # The same copies, which also stand a class that every labelled row has, or none.
        return OneVsRestClassifier(estimator.estimator)
    tags = get_tags(estimator)
    takes_sets = tags.classifier_tags.multi_label or tags.target_tags.multi_output
    return estimator if takes_sets else OneVsRestClassifier(estimator)


def last_step(fitted: Any) -> Any:
    """The model itself: of a search its best, of a pipeline its last step."""
    found = getattr(fitted, "best_estimator_", fitted)
    return found.steps[-1][1] if isinstance(found, Pipeline) else found


def before_last(fitted: Any, X: Any) -> Any:
    """``X`` as the last step of a pipeline gets it."""
    found = getattr(fitted, "best_estimator_", fitted)
    if not isinstance(found, Pipeline) or len(found.steps) < 2:
        return X
    return found[:-1].transform(X)


def has_probabilities(owner: Any) -> bool:
    """Whether the wrapped classifier predicts probabilities."""
    fitted = getattr(owner, "estimator_", None)
    wrapped = owner.estimator if fitted is None else fitted
    return wrapped is None or hasattr(wrapped, "predict_proba")


def probabilities_of(classifier: Any, X: Any) -> NDArray[np.float64]:
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
            high = scipy.special.expit(margin)
            return np.column_stack([1.0 - high, high])
        return np.asarray(scipy.special.softmax(margin, axis=1))
    predicted = np.asarray(classifier.predict(X))
    return np.asarray(predicted[:, None] == classifier.classes_[None, :], dtype=np.float64)


def chances_of(classifier: Any, X: Any) -> NDArray[np.float64]:
    """The chance (n, C) of each class by itself, of a trained multi-label classifier.

    Without ``predict_proba`` as ``probabilities_of`` does it.
    """
    if hasattr(classifier, "predict_proba"):
        found = classifier.predict_proba(X)
        if isinstance(found, list):
            # One table for each class, with a column for each value that the labels have.
            seen = last_step(classifier).classes_
            found = np.column_stack(
                [
                    table[:, values == 1].sum(axis=1)
                    for table, values in zip(found, seen, strict=True)
                ]
            )
        return np.asarray(found, dtype=np.float64)
    if hasattr(classifier, "decision_function"):
        return np.asarray(scipy.special.expit(classifier.decision_function(X)), dtype=np.float64)
    return np.asarray(classifier.predict(X), dtype=np.float64)


def _columns(X: Any, *, numbers: bool = False) -> Any:
    if is_frame(X):
        return table_columns(X)
    if scipy.sparse.issparse(X):
        return StandardScaler(with_mean=False)
    return ColumnScaler(numbers=numbers)
