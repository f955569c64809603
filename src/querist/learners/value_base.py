"""The seam of learners that read assets or learn other labels than one class for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from querist.learners.base import Item, Matrix
from querist.metrics import Shapes, confidences
from querist.schema import TaskKind, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a learner may look at of n assets.

    Attributes:
        asset_ids: Their ids (n,).
        vectors: Their embeddings (n, d).
        items: Reads the assets at positions 0 to n - 1 themselves, in the order asked. Images are
            large: a learner asks for as many at a time as it can hold.
    """

    asset_ids: Sequence[str]
    vectors: Matrix
    items: Callable[[Sequence[int]], Sequence[Item]]

    def __len__(self) -> int:
        return len(self.asset_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """What a model says about n assets.

    Attributes:
        values: The label it would give each (n,); boxes and spans carry their confidence.
        uncertainty: How unsure it is of each asset as a whole (n,), 0 or more, finite; higher is
            less sure. Comparable between assets, not between models.
        probabilities: The chance (n, C) of each class: of one class for each asset they sum to
            one, in a set each stands for itself. ``None`` of other labels.
        members: For numbers: what each of K drawn models predicts (K, n); else ``None``.
    """

    values: Sequence[Value]
    uncertainty: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None = None
    members: NDArray[np.float32] | None = None


def doubt_of_shapes(value: Shapes) -> float:
    """How far each object is from being sure, summed up, 0 or more: it asks for crowded assets.

    What stands for the uncertainty of an asset where a model names none itself.
    """
    sure = confidences(value)
    return float(2 * np.minimum(sure, 1 - sure).sum())


@runtime_checkable
class ValueLearner(Protocol):
    """Trains on labels of one or more kinds of task and says labels of the same kind.

    ``fit`` starts from scratch each time: the same data and generator state give the same model.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    tasks: ClassVar[frozenset[TaskKind]]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """JSON-compatible parameters that rebuild it by ``create_value_learner``."""
        ...

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Train on n assets and the label of each; names in the labels are among ``classes``.

        Raises:
            InvalidInputError: no assets, lengths that disagree, labels of another kind than
                ``tasks``, or too little to learn from.
        """
        ...

    def predict(self, inputs: Inputs) -> Guesses:
        """What the model says about each of n assets.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write the model without pickle."""
        ...

    def load(self, folder: Path) -> None:
        """Read the model that ``save`` wrote."""
        ...
