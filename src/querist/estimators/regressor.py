"""A scikit-learn regressor that also says which row to measure next."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from querist.estimators.learner import ActiveLearner, Parts
from querist.estimators.numbers import Numbers
from querist.estimators.signals import committee, stacked
from querist.estimators.targets import Target
from querist.estimators.wrapped import check_kind, default_regressor
from querist.strategies import Signal


class ActiveLearningRegressor(RegressorMixin, ActiveLearner):  # type: ignore[misc]
    """Trains on the rows whose number is known and chooses among the others which to ask next.

    Example:
        >>> reg = ActiveLearningRegressor(random_state=0)
        >>> reg.fit(X, y)                # y: None or NaN where there is no number
        >>> idx = reg.query(10)          # positions in X, the first one first
        >>> reg.teach(idx, answers)      # stores the answers and trains again

    ``X`` is an array, a sparse matrix, a frame of pandas or polars, or a list of texts. A frame and
    texts reach the wrapped estimator as they are, so a Pipeline may encode their columns.

    ``None`` and NaN mark a row without a number; -1 is a number. To start without any give ``None``
    in every row.

    Args:
        estimator: Any regressor; default: ridge regression on scaled columns.
        strategy: Name of the query strategy; ``auto`` stands for ``lcmd``. That, ``gsx``, ``gsy``,
            ``igs`` and ``qbc-variance`` are made for numbers. A committee is made of the trees of a
            forest, or of eight copies trained on bootstrap draws.
        strategy_parameters: Its parameters by name.
        incremental: Let ``teach`` go on by the estimator's ``partial_fit`` where it can, instead of
            training anew on all numbers.
        random_state: Seed, ``RandomState`` or ``None``. With a seed the same numbers give the same
            query.

    Attributes:
        estimator_: The trained regressor; ``None`` while fewer than two numbers are known.
        labeled_: Mask (n,) of the rows of the fitted ``X`` that have a number.
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
        """Train on the rows of ``X`` (n, d) whose ``y`` (n,) is a number; the rest is the pool.

        Rows without any number are a valid start: ``query`` works at once, ``predict`` after
        ``teach``.

        Raises:
            InvalidInputError: shapes disagree, a value of X is missing, y holds something else, or
                the estimator is a classifier.
        """
        check_kind(self.estimator, "regressor")
        return self._fit_rows(X, y, Numbers.of)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """R², at most 1, on the rows of ``X`` (m, d) that have a number in ``y`` (m,).

        Raises:
            InvalidInputError: no row has a number.
        """
        truth, said, weight = self._judged(X, y, sample_weight)
        return float(r2_score(truth, said, sample_weight=weight))

    def _fresh(self, target: Target) -> Any:  # noqa: ARG002 - the same for all numbers
        return self._prepared(
            default_regressor(self._X) if self.estimator is None else self.estimator
        )

    def _signals(
        self, needs: frozenset[Signal], parts: Parts, rng: np.random.Generator
    ) -> dict[str, Any]:
        def says(member: Any, part: Any) -> Any:
            return np.asarray(member.predict(part), dtype=np.float64).ravel()

        found: dict[str, Any] = {
            "predictions": stacked(parts, lambda part: says(self.estimator_, part))
        }
        if Signal.COMMITTEE_PREDICTIONS in needs:
            found["committee_predictions"] = committee(
                self.estimator_,
                partial(self._fresh, self._target),
                *self._known_rows(self._target),
                self._target.own,
                parts,
                says,
                rng,
            )
        return found
