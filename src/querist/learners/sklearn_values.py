"""Any scikit-learn classifier for sets of classes, any regressor for numbers, behind the seam."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners.base import Matrix
from querist.learners.checking import (
    check_matrix,
    check_values,
    few_labels,
    one_number,
    one_set,
    unfitted,
    unreadable,
)
from querist.learners.committee import MEMBERS, bootstrap_draw
from querist.learners.label_sets import set_table, sets_of_chances
from querist.learners.ridge import numbers_of_members
from querist.learners.sklearn_learner import (
    FACTS_FILE,
    MODEL_FILE,
    TRUSTED,
    built,
    sklearn_class,
    skops_io_module,
)
from querist.learners.value_base import Guesses, Inputs
from querist.schema import ClassesValue, NumberValue, TaskKind, Value

PREDICT_ROWS = 65_536


class SklearnValueLearner:
    """A scikit-learn estimator on the vectors of the assets.

    A classifier learns sets: each class against the rest. A regressor learns numbers; copies of it
    on bootstrap draws of the labels are its committee.

    Args:
        estimator: Its place under ``sklearn``, such as ``"ensemble.ExtraTreesRegressor"``.
        trusted: Full names of further types that a saved model of yours may hold.
        **parameters: The estimator's parameters.
    """

    name: ClassVar[str] = "sklearn"
    summary: ClassVar[str] = "Any scikit-learn classifier for sets, any regressor for numbers"
    paper: ClassVar[str] = "Pedregosa et al. 2011"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.MULTI_LABEL, TaskKind.REGRESSION})

    def __init__(self, estimator: str, trusted: Sequence[str] = (), **parameters: Any) -> None:
        from sklearn.base import is_classifier, is_regressor

        self._estimator = built(sklearn_class(estimator), parameters)
        if not (is_classifier(self._estimator) or is_regressor(self._estimator)):
            raise InvalidInputError(
                f"sklearn's {estimator!r} is neither a classifier nor a regressor.",
                remedy="Name one, such as 'ensemble.ExtraTreesRegressor'.",
                estimator=estimator,
            )
        self._learns_sets = is_classifier(self._estimator)
        self._parameters: dict[str, Any] = {"estimator": estimator, **parameters}
        if trusted:
            self._parameters["trusted"] = list(trusted)
        self._trusted = TRUSTED | set(trusted)
        # The models: of sets one a class, None where all labels agree; of numbers the committee,
        # the model itself first.
        self._models: list[Any] = []
        self._shares: NDArray[np.float64] = np.zeros(0)  # (C,), what is said where all agree
        self._classes: tuple[str, ...] = ()
        self._columns = 0

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it by name."""
        return dict(self._parameters)

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Train fresh copies on the labels of n assets; ``rng`` seeds them and draws committees.

        Raises:
            InvalidInputError: no assets, lengths that disagree, labels of another kind than the
                estimator learns, NaN, or too little to learn from.
        """
        rows = check_matrix(inputs.vectors)
        seed = int(rng.integers(2**31))
        try:
            with few_labels():
                if self._learns_sets:
                    labels = check_values(len(rows), values, ClassesValue)
                    self._fit_sets(rows, set_table(labels, classes), seed)
                else:
                    numbers = [it.number for it in check_values(len(rows), values, NumberValue)]
                    self._fit_numbers(rows, np.array(numbers), seed, rng)
        except InvalidInputError:
            raise
        except ValueError as error:  # what scikit-learn's own fit finds
            raise InvalidInputError(
                f"{self._parameters['estimator']!r} cannot be trained: {str(error).rstrip('.')}.",
                remedy="Change its parameters, or give it more labels.",
            ) from error
        self._classes, self._columns = tuple(classes), rows.shape[1]

    def predict(self, inputs: Inputs) -> Guesses:
        """Sets with the chance of each class, or numbers with what the committee says.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if not self._models:
            raise unfitted(self.name)
        rows = check_matrix(inputs.vectors, dimensions=self._columns)
        said = np.empty((len(self._models), len(rows)))
        for start in range(0, len(rows), PREDICT_ROWS):
            block = rows[start : start + PREDICT_ROWS]
            for at, model in enumerate(self._models):
                said[at, start : start + PREDICT_ROWS] = (
                    self._chance(model, at, block) if self._learns_sets else model.predict(block)
                )
        if self._learns_sets:
            return sets_of_chances(said.T.astype(np.float32), self._classes)
        return numbers_of_members(said[0], said[1:])

    def save(self, folder: Path) -> None:
        """Write the models by skops, and the facts as JSON.

        Raises:
            InvalidInputError: they hold types that ``load`` would refuse; nothing is written.
        """
        if not self._models:
            raise unfitted(self.name)
        skops_io = skops_io_module()
        data = skops_io.dumps(self._models)
        strange = sorted(set(skops_io.get_untrusted_types(data=data)) - self._trusted)
        if strange:
            raise InvalidInputError(
                f"The trained {self.name!r} holds types that are not known to be safe: {strange}.",
                remedy="Give their names as the parameter 'trusted', if you trust them.",
                types=strange,
            )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL_FILE).write_bytes(data)
        facts = {
            "name": self.name,
            "classes": list(self._classes),
            "shares": self._shares.tolist(),
            "columns": self._columns,
        }
        (folder / FACTS_FILE).write_text(json.dumps(facts), encoding="utf-8")

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote; a file that holds any type not known to be safe is refused.

        Raises:
            StorageError: the folder holds no model of this kind, or one with untrusted types.
        """
        skops_io = skops_io_module()
        try:
            facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
            untrusted = set(skops_io.get_untrusted_types(file=folder / MODEL_FILE)) - self._trusted
            if untrusted or facts["name"] != self.name:
                raise ValueError(f"it is {facts['name']!r} and holds {sorted(untrusted)}")
            models = skops_io.load(folder / MODEL_FILE, trusted=sorted(self._trusted))
            classes, shares = tuple(facts["classes"]), np.array(facts["shares"], dtype=np.float64)
            columns = int(facts["columns"])
        except Exception as error:  # skops raises whatever a broken archive leads to
            raise unreadable(self.name, folder, error) from error
        self._models, self._shares = list(models), shares
        self._classes, self._columns = classes, columns

    def _fit_sets(self, rows: Matrix, table: NDArray[np.bool_], seed: int) -> None:
        told_apart = np.asarray(table.any(axis=0) & ~table.all(axis=0))
        if not told_apart.any():
            raise one_set(len(table))
        self._shares = (table.sum(axis=0) + 0.5) / (len(table) + 1)
        self._models = [
            self._fresh(seed).fit(rows, table[:, code]) if differs else None
            for code, differs in enumerate(told_apart.tolist())
        ]

    def _fit_numbers(
        self, rows: Matrix, numbers: NDArray[np.float64], seed: int, rng: np.random.Generator
    ) -> None:
        if len(numbers) < 2:
            raise one_number()
        draws = [np.arange(len(rows)), *(bootstrap_draw(numbers, rng) for _ in range(MEMBERS))]
        self._models = [self._fresh(seed).fit(rows[at], numbers[at]) for at in draws]

    def _fresh(self, seed: int) -> Any:
        from sklearn.base import clone

        copy = clone(self._estimator)
        seeds = [key for key in copy.get_params() if key.endswith("random_state")]
        return copy.set_params(**dict.fromkeys(seeds, seed))

    def _chance(self, model: Any, code: int, rows: Matrix) -> NDArray[np.float64]:
        """The chance of one class (n,); without ``predict_proba`` by a sigmoid of the score."""
        if model is None:
            return np.full(len(rows), self._shares[code])
        if hasattr(model, "predict_proba"):
            return np.asarray(model.predict_proba(rows)[:, 1], dtype=np.float64)
        if hasattr(model, "decision_function"):
            return np.asarray(0.5 * (1 + np.tanh(0.5 * model.decision_function(rows))))
        return np.asarray(model.predict(rows), dtype=np.float64)
