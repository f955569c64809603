"""The scaling of the default estimators as a step of a scikit-learn pipeline."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from querist.learners.scaling import column_scales, one_hot


class ColumnScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Mean 0, and for each column a width of its own or one scale for all, by the labels.

    What ``querist.learners.scaling.one_unit`` says of them.

    Args:
        numbers: Whether ``y`` holds numbers; else it holds classes (n,) or sets of them (n, C).
    """

    def __init__(self, *, numbers: bool = False) -> None:
        self.numbers = numbers

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the scales of rows (n, d) from what they are labelled with."""
        rows = validate_data(self, X, dtype=np.float64)
        known = np.asarray(y)
        if self.numbers or known.ndim == 2:
            targets = known.astype(np.float64).reshape(len(known), -1)
        else:
            targets = one_hot(known)
        self.mean_, self.scale_ = column_scales(rows, targets)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:
        """The rows, scaled (n, d); a column that was constant is 0."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        return np.asarray((rows - self.mean_) / self.scale_)
