"""A learner that reads the assets themselves, in the place of one that reads their vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners.base import Codes, Matrix
from querist.learners.checking import check_matrix, check_training
from querist.learners.value_base import Inputs, ValueLearner
from querist.schema import ClassValue

# Positions up to here are whole numbers as float32.
_MOST = 1 << 24


def positions_as_rows(count: int) -> Matrix:
    """Rows (n, 1) that stand for the first ``count`` assets: their positions.

    Raises:
        InvalidInputError: there are more than 16,777,216.
    """
    if count > _MOST:
        raise InvalidInputError(
            f"{count:,} assets are more than a learner that reads them itself can be given.",
            remedy=f"Choose a learner of vectors, or keep at most {_MOST:,} in one project.",
        )
    return np.arange(count, dtype=np.float32)[:, None]


class ContentClassifier:
    """Whoever trains and asks it deals in rows (n, 1) that hold positions of assets.

    So everything that refits a classifier of vectors (folds, committees, ceilings) refits this one
    without knowing that it reads texts or pictures.

    Args:
        learner: Learns one class for each asset, and says the chance of each.
        inputs: What may be looked at of the assets at some positions.
        classes: Class names in the order of their codes.
    """

    name: ClassVar[str] = "content"
    summary: ClassVar[str] = "A learner that reads the assets themselves"

    def __init__(
        self,
        learner: ValueLearner,
        inputs: Callable[[Codes], Inputs],
        classes: Sequence[str],
    ) -> None:
        self._learner, self._inputs, self._classes = learner, inputs, tuple(classes)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Those of the learner."""
        return self._learner.parameters

    def fit(self, X: Matrix, y: Codes, *, class_count: int, rng: np.random.Generator) -> None:
        """Train on the assets at the positions ``X`` (n, 1) with classes ``y`` (n,).

        Raises:
            InvalidInputError: no rows, fewer than two classes, or what the learner refuses.
        """
        rows, codes, _ = check_training(X, y, class_count)
        names = self._classes[:class_count]
        values = [ClassValue(name=names[code]) for code in codes.tolist()]
        self._learner.fit(self._inputs(_positions(rows)), values, classes=names, rng=rng)

    def predict_proba(self, X: Matrix) -> NDArray[np.float32]:
        """Probabilities (n, C) of the assets at the positions ``X`` (n, 1).

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        rows = check_matrix(X, dimensions=1)
        found = self._learner.predict(self._inputs(_positions(rows))).probabilities
        if found is None:
            raise InvalidInputError(
                f"The learner {self._learner.name!r} says no chance of each class.",
                remedy="A learner of one class for each asset has to.",
            )
        return found

    def save(self, folder: Path) -> None:
        """As the learner does."""
        self._learner.save(folder)

    def load(self, folder: Path) -> None:
        """As the learner does."""
        self._learner.load(folder)


def _positions(rows: Matrix) -> Codes:
    return rows[:, 0].astype(np.int64)
