"""A scikit-learn classifier that also says which row to label next."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if

from querist.errors import EmptyPoolError
from querist.estimators.label_sets import LabelSets
from querist.estimators.learner import ActiveLearner, Parts
from querist.estimators.signals import committee, head, stacked
from querist.estimators.targets import Classes, Mask, Target, as_array, minus_one_is_class
from querist.estimators.wrapped import (
    chances_of,
    check_kind,
    default_classifier,
    for_label_sets,
    has_probabilities,
    probabilities_of,
)
from querist.strategies import Signal


class ActiveLearningClassifier(ClassifierMixin, ActiveLearner):  # type: ignore[misc]
    """Trains on the labelled rows and chooses among the others which to label next.

    Example:
        >>> clf = ActiveLearningClassifier(random_state=0)
        >>> clf.fit(X, y)                # y: -1, None or NaN where there is no label
        >>> idx = clf.query(10)          # positions in X, the first one first
        >>> clf.teach(idx, answers)      # stores the answers and trains again

    ``X`` is an array, a sparse matrix, a frame of pandas or polars, or a list of texts. A frame and
    texts reach the wrapped estimator as they are, so a Pipeline may encode their columns.

    Which values mark a row without a label: ``None``, NaN, and ``querist.UNLABELED`` (-1), except
    where the values of ``y`` are exactly -1 and 1; these are then the two classes, and ``None`` or
    NaN must mark what is missing.

    Where a row may have any number of classes, ``y`` is a matrix (n, C) of 1 and 0 with a whole row
    of -1, ``None`` or NaN where there is no label. An estimator that does not take sets of classes
    is then trained once for each class.

    Args:
        estimator: Any classifier; default: logistic regression on scaled columns. Without
            ``predict_proba`` its decision function is turned into probabilities for the selection.
        strategy: Name of the query strategy; ``querist.strategies.names()`` lists them. With sets
            of classes ``auto`` stands for ``multilabel-uherding``. A committee is made of the trees
            of a forest, or of eight copies trained on bootstrap draws.
        strategy_parameters: Its parameters by name.
        incremental: Let ``teach`` go on by the estimator's ``partial_fit`` where it can, instead of
            training anew on all labels.
        random_state: Seed, ``RandomState`` or ``None``. With a seed the same labels give the same
            query.

    Attributes:
        classes_: The classes seen so far, sorted (C,); with sets of classes their positions.
        estimator_: The trained classifier; ``None`` while fewer than two classes are known.
        labeled_: Mask (n,) of the rows of the fitted ``X`` that have a label.
        skipped_: Mask (n,) of the rows never to be asked.
        selection_: What the last ``query`` chose, with scores and reasons.
        n_features_in_: Number of columns d.
    """

    def __init__(
        self,
        estimator: Any = None,
        strategy: str = "auto",
        *,
        strategy_parameters: Mapping[str, Any] | None = None,
        incremental: bool = False,
        random_state: Any = None,
    ) -> None:
        self.estimator = estimator
        self.strategy = strategy
        self.strategy_parameters = strategy_parameters
        self.incremental = incremental
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of ``X`` (n, d) whose ``y`` (n,) is a label; keep the rest as the pool.

        Rows without any label are a valid start: ``query`` works at once, ``predict`` after
        ``teach``.

        Raises:
            InvalidInputError: shapes disagree, a value of X is missing, y is not a set of
                classes, or the estimator is a regressor.
        """
        check_kind(self.estimator, "classifier")
        return self._fit_rows(X, y, _target)

    @available_if(has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Probabilities (m, C) in the order of ``classes_``; rows sum to one.

        With sets of classes: the chance of each class by itself.
        """
        X = self._ready(X)
        if self.estimator_ is None:
            only = self._target.constant(X.shape[0])
            return only.astype(np.float64) if only.ndim == 2 else np.ones((X.shape[0], 1))
        if isinstance(self._target, LabelSets):
            return chances_of(self.estimator_, X)
        return np.asarray(self.estimator_.predict_proba(X))

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy, 0 to 1, on the rows of ``X`` (m, d) that have a label in ``y`` (m,).

        With sets of classes the share of rows whose whole set is right.

        Raises:
            InvalidInputError: no row has a label.
        """
        truth, said, weight = self._judged(X, y, sample_weight)
        return float(accuracy_score(truth, said, sample_weight=weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _keep(self, target: Target, skipped: Mask) -> None:
        super()._keep(target, skipped)
        self.classes_ = target.names

    def _fresh(self, target: Target) -> Any:
        made = default_classifier(self._X) if self.estimator is None else self.estimator
        made = self._prepared(made)
        return for_label_sets(made) if isinstance(target, LabelSets) else made

    def _fitted(self, estimator: Any, target: Target) -> Any:
        with warnings.catch_warnings():
            # A class that all labelled rows have, or none, is usual at the start.
            warnings.filterwarnings("ignore", message="Label .* is present in all training")
            return super()._fitted(estimator, target)

    def _signals(
        self, needs: frozenset[Signal], parts: Parts, rng: np.random.Generator
    ) -> dict[str, Any]:
        fitted = self.estimator_
        if isinstance(self._target, LabelSets):
            chances = stacked(parts, lambda part: chances_of(fitted, part))
            return {"multilabel_probabilities": chances}
        found: dict[str, Any] = {
            "probabilities": stacked(parts, lambda part: probabilities_of(fitted, part))
        }
        if Signal.COMMITTEE in needs:
            found["committee"] = committee(
                fitted,
                partial(self._fresh, self._target),
                *self._known_rows(self._target),
                self._target.arguments()["labels"],
                parts,
                probabilities_of,
                rng,
            )
        if Signal.HEAD in needs:
            found["embeddings"], found["head"] = head(fitted, parts)
        return found

    def _nothing_left(self) -> EmptyPoolError:
        error = super()._nothing_left()
        if minus_one_is_class(self._target.own):
            error.remedy = (
                "Here -1 and 1 are the two classes; mark rows without a label with NaN or None."
            )
        return error


def _target(y: Any) -> Target:
    values = as_array(y)
    many = values.ndim == 2 and values.shape[1] > 1
    return LabelSets.of(values) if many else Classes.of(y)
