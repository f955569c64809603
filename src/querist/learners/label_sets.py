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
from querist.learners.checking import check_matrix, check_values, one_set, unfitted
from querist.learners.logistic_regression import LogisticRegressionLearner, coefficients
from querist.learners.scaling import column_scales
from querist.learners.value_base import Guesses, Inputs
from querist.schema import ClassesValue, TaskKind, Value

PREDICT_ROWS = 65_536
FOLDS = 3
HIGHEST = 0.5
_THRESHOLDS = np.linspace(HIGHEST, 0.1, 17)


class LabelSetsLearner:
    """One against the rest: each class has its own logistic regression on the same vectors.

    A class that all labels have, or none, cannot be told apart: its chance is its smoothed share.
    What is said of an asset is every class whose chance is over a threshold, at most .5: with few
    labels and many rare classes hardly a chance is over one half. It is the one with the best micro
    F1 on the labels themselves, each judged by a model that has not learned it (Lipton et al.,
    2014, show that the best one is half the F1 it reaches). The doubt is the number of classes of
    which the likelier answer is expected to be wrong.

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
        self._threshold = HIGHEST
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
        """Train on the sets of n assets; ``rng`` draws the folds that choose the threshold.

        Raises:
            InvalidInputError: no assets, lengths that disagree, labels of another kind, NaN, or
                no class that some of the labels have and others have not.
        """
        rows = check_matrix(inputs.vectors)
        table = set_table(check_values(len(rows), values, ClassesValue), classes)
        if not (table.any(axis=0) & ~table.all(axis=0)).any():
            raise one_set(len(table))
        self._threshold = self._best_threshold(rows, table, rng)
        self._weights, self._intercept = self._heads(rows, table)
        self._classes = tuple(classes)

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
            block = rows[start : start + PREDICT_ROWS]
            chances[start : start + PREDICT_ROWS] = _chances(block, self._weights, self._intercept)
        return sets_of_chances(chances, self._classes, threshold=self._threshold)

    def save(self, folder: Path) -> None:
        """Write the weights as safetensors and the facts as JSON."""
        if self._weights is None:
            raise unfitted(self.name)
        state = {"weights": self._weights, "intercept": self._intercept}
        facts = {
            "name": self.name,
            "classes": list(self._classes),
            "threshold": self._threshold,
        }
        arrays.write(folder, state, facts)

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, facts = arrays.read(folder, self.name, ("weights", "intercept"))
        self._weights, self._intercept = state["weights"], state["intercept"]
        self._classes, self._threshold = tuple(facts["classes"]), float(facts["threshold"])

    def _heads(self, rows: Matrix, table: NDArray[np.bool_]) -> tuple[Matrix, Matrix]:
        """Weights (C, d) and intercepts (C,) of the log odds of each class."""
        share = (table.sum(axis=0) + 0.5) / (len(table) + 1)
        weights = np.zeros((table.shape[1], rows.shape[1]), np.float32)
        intercept = np.log(share / (1 - share)).astype(np.float32)
        mean, scale = column_scales(rows, table.astype(np.float64))
        scaled = ((rows - mean) / scale).astype(np.float32)
        for code in np.flatnonzero(table.any(axis=0) & ~table.all(axis=0)).tolist():
            found, apart = coefficients(scaled, table[:, code].astype(np.int64), C=self._C)
            turned = found[:, 0] / scale
            weights[code], intercept[code] = turned, apart[0] - mean @ turned
        return weights, intercept

    def _best_threshold(
        self, rows: Matrix, table: NDArray[np.bool_], rng: np.random.Generator
    ) -> float:
        fold = rng.permutation(len(rows)) % FOLDS
        chances = np.zeros(table.shape, np.float32)
        for held in range(FOLDS):
            rest, judged = fold != held, fold == held
            # With less than two labels in a fold there is nothing to choose by.
            if judged.sum() < 2:
                return HIGHEST
            chances[judged] = _chances(rows[judged], *self._heads(rows[rest], table[rest]))
        return best_threshold(chances, table)


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


def best_threshold(chances: NDArray[np.float32], table: NDArray[np.bool_]) -> float:
    """The threshold of .1 to .5 with the best micro F1 of chances (n, C) against sets (n, C).

    Of equal ones the highest.
    """
    found = [
        2 * (said & table).sum() / max(said.sum() + table.sum(), 1)
        for said in (chances > threshold for threshold in _THRESHOLDS)
    ]
    return float(_THRESHOLDS[int(np.argmax(found))])


def sets_of_chances(
    chances: NDArray[np.float32], classes: Sequence[str], *, threshold: float = 0.5
) -> Guesses:
    """Guesses from the chance (n, C) of each class: those over the threshold make the set."""
    sets: list[list[str]] = [[] for _ in range(len(chances))]
    for row, code in np.argwhere(chances > threshold).tolist():
        sets[row].append(classes[code])
    return Guesses(
        values=[ClassesValue(names=tuple(names)) for names in sets],
        uncertainty=np.minimum(chances, 1 - chances).sum(axis=1, dtype=np.float32),
        probabilities=chances,
    )


def _chances(rows: Matrix, weights: Matrix, intercept: Matrix) -> NDArray[np.float32]:
    logits = rows @ weights.T + intercept
    # The same as 1 / (1 + e^-x), and never too large for a float.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), dtype=np.float32)
