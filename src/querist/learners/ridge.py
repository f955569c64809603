"""The default learner of numbers: ridge regression with a committee of bootstrap draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import Matrix
from querist.learners.checking import check_matrix, check_values, one_number, unfitted
from querist.learners.committee import MEMBERS, bootstrap_draw
from querist.learners.one_thread import one_thread
from querist.learners.scaling import column_scales
from querist.learners.value_base import Guesses, Inputs
from querist.schema import NumberValue, TaskKind, Value

PENALTIES = np.logspace(-3, 5, 17)
PREDICT_ROWS = 65_536


class RidgeLearner:
    """Ridge regression on standardised columns, its penalty chosen by leave-one-out.

    The same regression on bootstrap draws of the labels gives the committee (Abe and Mamitsuka,
    1998); the doubt of an asset is how far its members lie apart (standard deviation), in the unit
    of the numbers.

    Args:
        members: Models of the committee K, 2 or more.
    """

    name: ClassVar[str] = "ridge"
    summary: ClassVar[str] = "Numbers: ridge regression with a committee; the default"
    paper: ClassVar[str] = "Hoerl and Kennard 1970"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset({TaskKind.REGRESSION})

    def __init__(self, members: int = MEMBERS) -> None:
        if members < 2:
            raise InvalidInputError(f"members is {members}.", remedy="Give 2 or more.")
        self._members = int(members)
        self._weights: NDArray[np.float64] | None = None  # (1 + K, d), the model itself first
        self._intercept: NDArray[np.float64] = np.zeros(0)  # (1 + K,)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """``members``."""
        return {"members": self._members}

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],  # noqa: ARG002 - numbers have none
        rng: np.random.Generator,
    ) -> None:
        """Train on n assets and the number of each; ``rng`` draws the committee's labels.

        Raises:
            InvalidInputError: fewer than two assets, lengths that disagree, labels of another
                kind, or NaN.
        """
        rows = check_matrix(inputs.vectors)
        numbers = np.array([v.number for v in check_values(len(rows), values, NumberValue)])
        if len(numbers) < 2:
            raise one_number()
        mean, scale = column_scales(rows, numbers[:, None])
        scaled = (rows - mean) / scale
        penalty = _penalty(scaled, numbers)
        draws = [bootstrap_draw(numbers, rng) for _ in range(self._members)]
        weights, intercept = zip(
            *(
                _solved(scaled[drawn], numbers[drawn], penalty)
                for drawn in (np.arange(len(numbers)), *draws)
            ),
            strict=True,
        )
        self._weights = np.array(weights) / scale
        self._intercept = np.array(intercept) - self._weights @ mean

    def predict(self, inputs: Inputs) -> Guesses:
        """The number of each of n assets, and what each member of the committee says (K, n).

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
        """
        if self._weights is None:
            raise unfitted(self.name)
        rows = check_matrix(inputs.vectors, dimensions=self._weights.shape[1])
        said = np.empty((len(self._weights), len(rows)))
        for start in range(0, len(rows), PREDICT_ROWS):
            block = rows[start : start + PREDICT_ROWS].astype(np.float64)
            said[:, start : start + PREDICT_ROWS] = self._weights @ block.T
        said += self._intercept[:, None]
        return numbers_of_members(said[0], said[1:])

    def save(self, folder: Path) -> None:
        """Write the weights as safetensors and the facts as JSON."""
        if self._weights is None:
            raise unfitted(self.name)
        state = {"weights": self._weights, "intercept": self._intercept}
        arrays.write(folder, state, {"name": self.name})

    def load(self, folder: Path) -> None:
        """Read what ``save`` wrote.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        state, _ = arrays.read(folder, self.name, ("weights", "intercept"))
        self._weights, self._intercept = state["weights"], state["intercept"]


def numbers_of_members(said: NDArray[np.float64], members: NDArray[np.float64]) -> Guesses:
    """Guesses from what the model (n,) and each member of its committee (K, n) predict."""
    return Guesses(
        values=[NumberValue(number=number) for number in said.tolist()],
        uncertainty=members.std(axis=0, ddof=1).astype(np.float32),
        members=members.astype(np.float32),
    )


def _penalty(scaled: NDArray[np.float64], numbers: NDArray[np.float64]) -> float:
    from sklearn.linear_model import RidgeCV

    with one_thread():
        return float(RidgeCV(alphas=PENALTIES).fit(scaled, numbers).alpha_)


def _solved(
    scaled: NDArray[np.float64], numbers: NDArray[np.float64], penalty: float
) -> tuple[Matrix, float]:
    from sklearn.linear_model import Ridge

    with one_thread():
        model = Ridge(alpha=penalty).fit(scaled, numbers)
    return model.coef_, float(model.intercept_)
