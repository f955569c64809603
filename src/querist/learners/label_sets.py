"""The default learner of sets of classes: one logistic regression for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import Matrix
from querist.learners.checking import check_matrix, check_values, unfitted
from querist.learners.logistic_regression import LogisticRegressionLearner
from querist.learners.value_base import Guesses, Inputs
from querist.schema import ClassesValue, TaskKind, Value

PREDICT_ROWS = 65_536


class LabelSetsLearner:
    """One against the rest: each class has its own logistic regression on the same vectors.

    A class that all labels have, or none, cannot be told apart: its chance is its smoothed share.
    What is said of an asset is every class that is more likely than not; the doubt is the number
    of classes of which that is expected to be wrong.

    Args:
        C: Inverse strength of the regularisation, over 0; ``None`` as in ``logistic-regression``.
    """

    name: ClassVar[str] = "label-sets"
    summary: ClassVar[str] = "Sets of classes: one logistic regression a class; the default"
    paper: ClassVar[str] = "Rifkin and Klautau 2004"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.MULTI_LABEL})

    def __init__(self, C: float | None = None) -> None:
        LogisticRegressionLearner(C=C)  # refuses what is no strength
        self._C = C
        self._weights: Matrix | None = None  # (C, d)
        self._intercept: Matrix = np.zeros(0, np.float32)  # (C,)
        self._classes: tuple[str, ...] = ()

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``C``."""
        return {"C": self._C}

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Train on the sets of n assets; the result depends on them alone, not on ``rng``.

        Raises:
            InvalidInputError: no assets, lengths that disagree, labels of another kind, NaN, or
                no class that some of the labels have and others have not.
        """
        rows = check_matrix(inputs.vectors)
        table = set_table(check_values(len(rows), values, ClassesValue), classes)
        share = (table.sum(axis=0) + 0.5) / (len(table) + 1)
        weights = np.zeros((len(classes), rows.shape[1]), np.float32)
        intercept = np.log(share / (1 - share)).astype(np.float32)
        told_apart = np.flatnonzero(table.any(axis=0) & ~table.all(axis=0))
        if not len(told_apart):
            raise InvalidInputError(
                f"All {len(table)} labels are the same set of classes.",
                remedy="Label assets of which some have a class that others have not, then train.",
            )
        for code in told_apart.tolist():
            one = LogisticRegressionLearner(C=self._C)
            one.fit(rows, table[:, code].astype(np.int64), class_count=2, rng=rng)
            head = one.head()
            weights[code] = head.weights[1] - head.weights[0]
            intercept[code] = head.intercept[1] - head.intercept[0]
        self._weights, self._intercept, self._classes = weights, intercept, tuple(classes)

    def predict(self, inputs: Inputs) -> Guesses:
        """Sets of n assets, the chance (n, C) of each class, and how many are expected wrong.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if self._weights is None:
            raise unfitted(self.name)
        rows = check_matrix(inputs.vectors, dimensions=self._weights.shape[1])
        chances = np.empty((len(rows), len(self._classes)), np.float32)
        for start in range(0, len(rows), PREDICT_ROWS):
            logits = rows[start : start + PREDICT_ROWS] @ self._weights.T + self._intercept
            # The same as 1 / (1 + e^-x), and never too large for a float.
            chances[start : start + PREDICT_ROWS] = 0.5 * (1 + np.tanh(0.5 * logits))
        return sets_of_chances(chances, self._classes)

    def save(self, folder: Path) -> None:
        """Write the weights as safetensors and the facts as JSON."""
        if self._weights is None:
            raise unfitted(self.name)
        state = {"weights": self._weights, "intercept": self._intercept}
        arrays.write(folder, state, {"name": self.name, "classes": list(self._classes)})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, facts = arrays.read(folder, self.name, ("weights", "intercept"))
        self._weights, self._intercept = state["weights"], state["intercept"]
        self._classes = tuple(facts["classes"])


def set_table(values: Sequence[ClassesValue], classes: Sequence[str]) -> NDArray[np.bool_]:
    """Which of C classes each of n labels has (n, C).

    Raises:
        InvalidInputError: a label names a class that is not among them.
    """
    code_of = {name: code for code, name in enumerate(classes)}
    table = np.zeros((len(values), len(classes)), dtype=bool)
    for row, value in enumerate(values):
        for name in value.names:
            if name not in code_of:
                raise InvalidInputError(
                    f"A label has the class {name!r}, which is none of the {len(classes)} classes.",
                    remedy="Add it to the classes, or correct the label.",
                )
            table[row, code_of[name]] = True
    return table


def sets_of_chances(chances: NDArray[np.float32], classes: Sequence[str]) -> Guesses:
    """Guesses from the chance (n, C) of each class: those more likely than not make the set."""
    sets: list[list[str]] = [[] for _ in range(len(chances))]
    for row, code in np.argwhere(chances > 0.5).tolist():
        sets[row].append(classes[code])
    return Guesses(
        values=[ClassesValue(names=tuple(names)) for names in sets],
        uncertainty=np.minimum(chances, 1 - chances).sum(axis=1, dtype=np.float32),
        probabilities=chances,
    )
