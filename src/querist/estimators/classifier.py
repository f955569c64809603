"""A scikit-learn classifier that also says which row to label next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from querist.errors import EmptyPoolError, InvalidInputError, NotFittedError
from querist.estimators.targets import minus_one_is_class, natural, split_target
from querist.estimators.wrapped import (
    dense_vectors,
    has_probabilities,
    prepared,
    probabilities_of,
)
from querist.strategies import UNLABELED, query


class ActiveLearningClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Trains on the labelled rows and chooses among the others which to label next.

    Example:
        >>> clf = ActiveLearningClassifier(random_state=0)
        >>> clf.fit(X, y)                # y: -1, None or NaN where there is no label
        >>> idx = clf.query(10)          # positions in X, the first one first
        >>> clf.teach(idx, answers)      # stores the answers and trains again

    Which values mark a row without a label: ``None``, NaN, and ``querist.UNLABELED`` (-1), except
    where the values of ``y`` are exactly -1 and 1; these are then the two classes, and ``None`` or
    NaN must mark what is missing.

    Args:
        estimator: Any classifier; default: logistic regression on scaled columns. Without
            ``predict_proba`` its decision function is turned into probabilities for the selection.
        strategy: Name of the query strategy; ``querist.strategies.names()`` lists them.
        random_state: Seed, ``RandomState`` or ``None``. With a seed the same labels give the same
            query.

    Attributes:
        classes_: The classes seen so far, sorted (C,).
        estimator_: The trained classifier; ``None`` while fewer than two classes are known.
        labeled_: Mask (n,) of the rows of the fitted ``X`` that have a label.
        skipped_: Mask (n,) of the rows never to be asked.
        selection_: What the last ``query`` chose, with scores and reasons.
        n_features_in_: Number of columns d.
    """

    def __init__(
        self, estimator: Any = None, strategy: str = "auto", random_state: Any = None
    ) -> None:
        self.estimator = estimator
        self.strategy = strategy
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of ``X`` (n, d) whose ``y`` (n,) is a label; keep the rest as the pool.

        Rows without any label are a valid start: ``query`` works at once, ``predict`` after
        ``teach``.

        Raises:
            InvalidInputError: shapes disagree, a value of X is missing, or y is not a set of
                classes.
        """
        if y is None:
            raise InvalidInputError(
                "ActiveLearningClassifier requires y to be passed, but the target y is None.",
                remedy=f"Give y with {UNLABELED} where there is no label.",
            )
        X = validate_data(self, X, accept_sparse="csr")
        values = column_or_1d(_as_array(y), warn=True)
        check_consistent_length(X, values)
        labels, known = split_target(values)
        self._fit_on(X, labels, known, np.zeros(len(labels), dtype=bool))
        return self

    def query(self, n: int = 1, X: Any = None) -> NDArray[np.int64]:
        """The ``n`` rows to label next, the most useful first; all that is left if fewer.

        Args:
            n: How many.
            X: Other rows (m, d) to choose from; default: the rows that ``fit`` got, without those
                that are labelled or skipped.

        Returns:
            Positions (n,) in the fitted X, or in the given one.

        Raises:
            EmptyPoolError: no row is left to ask about.
        """
        check_is_fitted(self)
        pool, offset, free = self._X, 0, np.flatnonzero(~self.labeled_ & ~self.skipped_)
        if X is not None:
            other = validate_data(self, X, accept_sparse="csr", reset=False)
            stack = sparse.vstack if sparse.issparse(pool) or sparse.issparse(other) else np.vstack
            offset = pool.shape[0]
            pool, free = stack([pool, other]), np.arange(offset, offset + other.shape[0])
        if not free.size:
            raise self._nothing_left()
        labeled = np.flatnonzero(self.labeled_)
        self.selection_ = query(
            self.strategy,
            n=n,
            probabilities=None if self.estimator_ is None else self._probabilities(pool),
            embeddings=dense_vectors(pool),
            labeled=labeled,
            labels=np.searchsorted(self.classes_, natural(self._labels[labeled])),
            candidates=free,
            random_state=self._query_seed(),
        )
        return self.selection_.indices - offset

    def teach(self, idx: ArrayLike, labels: ArrayLike) -> Self:
        """Store ``labels`` (k,) for the rows ``idx`` (k,) of the fitted X, and train again.

        A row that has a label gets the new one; a skipped row is skipped no longer.

        Raises:
            InvalidInputError: a position is unknown or given twice, or a label is missing.
        """
        check_is_fitted(self)
        rows = self._positions(idx)
        given = column_or_1d(_as_array(labels)).astype(object)
        check_consistent_length(rows, given)
        merged = self._labels.copy()
        merged[rows] = given
        _, known = split_target(merged)
        if not known[rows].all():
            row = int(rows[np.argmin(known[rows])])
            raise InvalidInputError(
                f"The label for row {row} is missing.",
                remedy="Call skip(idx) for rows that nobody can label.",
            )
        merged[~known] = None
        skipped = self.skipped_.copy()
        skipped[rows] = False
        self._fit_on(self._X, merged, known, skipped)
        return self

    def skip(self, idx: ArrayLike) -> Self:
        """Never ask about the rows ``idx`` (k,) of the fitted X again; labels they have stay."""
        check_is_fitted(self)
        self.skipped_[self._positions(idx)] = True
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class (m,) of each row of ``X`` (m, d).

        Raises:
            NotFittedError: no label is known yet.
        """
        X = self._checked(X)
        if self.estimator_ is None:
            return np.repeat(self.classes_, X.shape[0])
        return np.asarray(self.estimator_.predict(X))

    @available_if(has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.floating]:
        """Probabilities (m, C) in the order of ``classes_``; rows sum to one."""
        X = self._checked(X)
        if self.estimator_ is None:
            return np.ones((X.shape[0], 1))
        return np.asarray(self.estimator_.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _fit_on(
        self, X: Any, labels: NDArray[Any], known: NDArray[np.bool_], skipped: NDArray[np.bool_]
    ) -> None:
        own = natural(labels[known])
        if own.size:
            check_classification_targets(own)
        classes = np.unique(own)
        self.estimator_ = None
        if len(classes) > 1:
            self.estimator_ = prepared(self.estimator, self.random_state, sparse.issparse(X))
            self.estimator_.fit(X[np.flatnonzero(known)], own)
        self.classes_ = classes
        self.labeled_ = known
        self.skipped_ = skipped
        self._X = X
        self._labels = labels

    def _checked(self, X: Any) -> Any:
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", reset=False)
        if not len(self.classes_):
            raise NotFittedError(
                "No label is known yet.", remedy="Label the rows of query(n), then call teach."
            )
        return X

    def _probabilities(self, X: Any) -> NDArray[np.floating]:
        return probabilities_of(self.estimator_, X)

    def _positions(self, idx: ArrayLike) -> NDArray[np.int64]:
        rows = np.atleast_1d(np.asarray(idx))
        if not rows.size:
            return np.empty(0, dtype=np.int64)
        count = len(self.labeled_)
        whole = rows.ndim == 1 and rows.dtype.kind in "iu"
        if not whole or rows.min() < 0 or rows.max() >= count:
            raise InvalidInputError(
                f"{np.asarray(idx).tolist()!r} are no positions in the {count} fitted rows.",
                remedy="Give whole numbers from 0, as query returns them.",
            )
        if len(np.unique(rows)) != len(rows):
            raise InvalidInputError(
                "A position is given more than once.", remedy="Give each row once."
            )
        return rows.astype(np.int64)

    def _query_seed(self) -> Any:
        """Mixed with the state of the labels, so that the same question has the same answer."""
        if self.random_state is None:
            return None
        if isinstance(self.random_state, (int, np.integer)):
            state = [int(self.labeled_.sum()), int(self.skipped_.sum())]
            return np.random.default_rng([int(self.random_state), *state])
        drawn = check_random_state(self.random_state).randint(2**31 - 1)
        return np.random.default_rng(int(drawn))

    def _nothing_left(self) -> EmptyPoolError:
        remedy = "Fit with more rows, or give query another X."
        if minus_one_is_class(natural(self._labels[self.labeled_])):
            remedy = (
                "Here -1 and 1 are the two classes; mark rows without a label with NaN or None."
            )
        return EmptyPoolError("Every fitted row is labelled or skipped.", remedy=remedy)


def _as_array(y: Any) -> NDArray[Any]:
    """``y`` as an array; a list that mixes texts with ``None`` or NaN keeps its values."""
    if isinstance(y, Sequence) and any(value is None or isinstance(value, str) for value in y):
        return np.array(y, dtype=object)
    return np.asarray(y)
