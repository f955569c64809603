"""What the classifier and the regressor share: the pool, the questions, the answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from querist.errors import EmptyPoolError, InvalidInputError, MissingSignalError, NotFittedError
from querist.estimators.rows import checked, taken, takes_nan
from querist.estimators.targets import Mask, Target
from querist.estimators.vectors import Vectors
from querist.estimators.wrapped import prepared
from querist.strategies import Selection, Signal, create, names, query

Parts = Sequence[Any]


class ActiveLearner(BaseEstimator, ABC):  # type: ignore[misc]
    """Trains on the labelled rows and chooses among the others which to label next."""

    estimator: Any
    estimator_: Any
    strategy: str
    strategy_parameters: Mapping[str, Any] | None
    incremental: bool
    random_state: Any

    def query(self, n: int = 1, X: Any = None) -> NDArray[np.int64]:
        """The ``n`` rows to label next, the most useful first; all that is left if fewer.

        While there is no model, a strategy that needs one leaves the choice to one that covers the
        pool; ``selection_.note`` says so.

        Args:
            n: How many.
            X: Other rows (m, d) to choose from; default: the rows that ``fit`` got, without those
                that are labelled or skipped.

        Returns:
            Positions (n,) in the fitted X, or in the given one.

        Raises:
            EmptyPoolError: no row is left to ask about.
            MissingSignalError: the strategy needs what the model does not give.
        """
        check_is_fitted(self)
        parts, offset, free = [self._X], 0, np.flatnonzero(~self.labeled_ & ~self.skipped_)
        if X is not None:
            other = checked(self, X, reset=False)
            offset = len(self.labeled_)
            parts, free = [self._X, other], np.arange(offset, offset + other.shape[0])
        if not free.size:
            raise self._nothing_left()
        self.selection_ = self._select(n, parts, free)
        return self.selection_.indices - offset

    def teach(self, idx: ArrayLike, labels: ArrayLike) -> Self:
        """Store ``labels`` (k,) for the rows ``idx`` (k,) of the fitted X, and train again.

        A row that has a label gets the new one; a skipped row is skipped no longer. With
        ``incremental`` the model goes on from where it is by ``partial_fit`` on the new rows,
        unless a row had another label or a class is new: then it is trained anew.

        Raises:
            InvalidInputError: a position is unknown or given twice, or a label is missing.
        """
        check_is_fitted(self)
        rows = self._positions(idx)
        target = self._target.taught(rows, labels)
        skipped = self.skipped_.copy()
        skipped[rows] = False
        if self.incremental and self._can_go_on(target, rows):
            fresh = np.zeros(len(skipped), dtype=bool)
            fresh[rows] = True
            at = np.flatnonzero(fresh)
            self.estimator_.partial_fit(taken(self._X, at), target.own[fresh[target.known]])
            self._keep(target, skipped)
        else:
            self._train(target, skipped)
        return self

    def skip(self, idx: ArrayLike) -> Self:
        """Never ask about the rows ``idx`` (k,) of the fitted X again; labels they have stay."""
        check_is_fitted(self)
        self.skipped_[self._positions(idx)] = True
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """What the model says about each row of ``X`` (m, d).

        Raises:
            NotFittedError: no label is known yet.
        """
        X = self._ready(X)
        if self.estimator_ is None:
            return self._target.constant(X.shape[0])
        return np.asarray(self.estimator_.predict(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = takes_nan(self.estimator)
        return tags

    @abstractmethod
    def _fresh(self, target: Target) -> Any:
        """An untrained estimator for the rows and such labels."""

    @abstractmethod
    def _signals(
        self, needs: frozenset[Signal], parts: Parts, rng: np.random.Generator
    ) -> dict[str, Any]:
        """What the trained model gives a strategy, as arguments of ``query``."""

    def _keep(self, target: Target, skipped: Mask) -> None:
        """Store the labels, and what can be seen of them."""
        self._target = target
        self.labeled_ = target.known
        self.skipped_ = skipped

    def _fit_rows(self, X: Any, y: Any, of: Callable[[Any], Target]) -> Self:
        if y is None:
            raise InvalidInputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None.",
                remedy="Give y, with a mark where there is no label.",
            )
        create(self.strategy, **(self.strategy_parameters or {}))
        X = checked(self, X, reset=True)
        target = of(y)
        check_consistent_length(X, target.known)
        self._X = X
        self._vectors: tuple[Vectors, NDArray[np.float32]] | None = None
        self._train(target, np.zeros(len(target.known), dtype=bool))
        return self

    def _asked(self) -> str:
        plain = self.strategy == "auto" and not self.strategy_parameters
        return self._target.auto if plain else self.strategy

    def _needs(self, strategy: str) -> frozenset[Signal]:
        needs = create(strategy, **(self.strategy_parameters or {})).needs
        gives = self._target.gives
        if needs - gives:
            missing = ", ".join(sorted(needs - gives))
            fitting = [name for name in names() if create(name).needs <= gives]
            raise MissingSignalError(
                f"The strategy {strategy!r} needs {missing}, which a model "
                "of such labels does not give.",
                remedy=f"Choose one of {', '.join(fitting)}.",
                strategy=strategy,
            )
        return needs

    def _train(self, target: Target, skipped: Mask) -> None:
        # Trained before anything is stored: where it fails, nothing has changed.
        trained = self._fitted(self._fresh(target), target) if target.trainable else None
        self._keep(target, skipped)
        self.estimator_ = trained

    def _fitted(self, estimator: Any, target: Target) -> Any:
        if self.incremental and not hasattr(estimator, "partial_fit"):
            raise InvalidInputError(
                f"incremental is True, but {type(estimator).__name__} has no partial_fit.",
                remedy="Choose a learner that has it, such as SGDClassifier, without a Pipeline.",
            )
        return estimator.fit(*self._known_rows(target))

    def _known_rows(self, target: Target) -> tuple[Any, NDArray[Any]]:
        return taken(self._X, np.flatnonzero(target.known)), target.own

    def _can_go_on(self, target: Target, rows: NDArray[np.int64]) -> bool:
        return (
            self.estimator_ is not None
            and not self.labeled_[rows].any()
            and np.array_equal(target.names, self._target.names)
        )

    def _select(self, n: int, parts: Parts, free: NDArray[np.int64]) -> Selection:
        parameters = dict(self.strategy_parameters or {})
        name = asked = self._asked()
        needs = self._needs(asked)
        rng = np.random.default_rng(self._query_seed())
        given: dict[str, Any] = {"embeddings": self._embeddings(parts), **self._target.arguments()}
        if self.estimator_ is not None:
            given |= self._signals(needs, parts, rng)
        elif needs - {Signal.EMBEDDINGS}:
            name, parameters = self._target.start, {}
        chosen = query(
            name,
            n=n,
            labeled=np.flatnonzero(self.labeled_),
            candidates=free,
            random_state=rng,
            **given,
            **parameters,
        )
        if name == asked:
            return chosen
        note = f"{chosen.note} {asked!r} chooses as soon as there is a model."
        return replace(chosen, note=note)

    def _embeddings(self, parts: Parts) -> NDArray[np.float32]:
        if self._vectors is None:
            made = Vectors(None if self.estimator is None else self._prepared(self.estimator))
            self._vectors = made, made.fit_transform(self._X)
        made, own = self._vectors
        rest = [made.transform(part) for part in parts[1:]]
        return np.concatenate([own, *rest]) if rest else own

    def _prepared(self, estimator: Any) -> Any:
        return prepared(estimator, self.random_state)

    def _judged(
        self, X: Any, y: Any, sample_weight: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]:
        """Labels, predictions and weights of the rows of ``X`` that have a label in ``y``."""
        said = self.predict(X)
        known, truth = self._target.judged(y)
        check_consistent_length(said, known)
        if not known.any():
            raise InvalidInputError(
                "y has no label, so nothing says what is right.",
                remedy="Give the labels of one row at least.",
            )
        weight = None if sample_weight is None else np.asarray(sample_weight)[known]
        return truth, said[known], weight

    def _ready(self, X: Any) -> Any:
        check_is_fitted(self)
        X = checked(self, X, reset=False)
        if not self.labeled_.any():
            raise NotFittedError(
                "No label is known yet.", remedy="Label the rows of query(n), then call teach."
            )
        return X

    def _positions(self, idx: ArrayLike) -> NDArray[np.int64]:
        rows = np.atleast_1d(np.asarray(idx))
        if not rows.size:
            return np.empty(0, dtype=np.int64)
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise InvalidInputError(
                f"The positions have the shape {rows.shape} and the type {rows.dtype}.",
                remedy="Give whole numbers, as query returns them; of a mask np.flatnonzero(mask).",
            )
        count = len(self.labeled_)
        outside = (rows < 0) | (rows >= count)
        if outside.any():
            raise InvalidInputError(
                f"{rows[outside][0]} is no position in the {count} fitted rows.",
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
            return [int(self.random_state), int(self.labeled_.sum()), int(self.skipped_.sum())]
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _nothing_left(self) -> EmptyPoolError:
        return EmptyPoolError(
            "Every fitted row is labelled or skipped.",
            remedy="Fit with more rows, or give query another X.",
        )
