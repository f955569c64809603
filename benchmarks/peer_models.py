"""Models for scikit-activeml that predict at no cost, so that only its selection is measured."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from skactiveml.base import SkactivemlClassifier


class Ready(SkactivemlClassifier):
    """Hands out probabilities (n, C) that were made before, whatever n rows it is asked about."""

    table: NDArray[np.float32]

    @classmethod
    def of(cls, table: NDArray[np.float32]) -> Self:
        """A model with these probabilities of the unlabelled rows."""
        model = cls(classes=list(range(table.shape[1])))
        model.classes_ = np.arange(table.shape[1])
        model.table = table
        return model

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:  # noqa: ARG002 - the peer's form
        """Nothing is left to fit."""
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float32]:
        """The probabilities made before."""
        assert len(X) == len(self.table)
        return self.table

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:
        """The most likely class of each row."""
        return self.predict_proba(X).argmax(axis=1)


class Linear(SkactivemlClassifier):
    """A linear head with its softmax."""

    head: tuple[NDArray[np.float32], NDArray[np.float32]]

    @classmethod
    def of(cls, head: tuple[NDArray[np.float32], NDArray[np.float32]]) -> Self:
        """A model with these weights (C, d) and intercepts (C,)."""
        model = cls(classes=list(range(len(head[0]))))
        model.classes_ = np.arange(len(head[0]))
        model.head = head
        return model

    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:  # noqa: ARG002 - the peer's form
        """Nothing is left to fit."""
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[Any]:
        """The softmax of the head."""
        weights, intercept = self.head
        found = X @ weights.T + intercept
        found = np.exp(found - found.max(axis=1, keepdims=True))
        return found / found.sum(axis=1, keepdims=True)

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:
        """The most likely class of each row."""
        return self.predict_proba(X).argmax(axis=1)
