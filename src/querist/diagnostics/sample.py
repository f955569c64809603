"""The checked arrays that every diagnosis reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError

# The chance that a diagnosis of pure noise finds anything, for each kind of finding.
LEVEL = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Assets (n,) with their given classes and what a model that did not see them says.

    Attributes:
        truth: Given classes (n,).
        probabilities: (n, C).
        predicted: The most probable classes (n,).
        classes: Class names (C,).
        ids: Asset ids (n,).
    """

    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    predicted: NDArray[np.int64]
    classes: Sequence[str]
    ids: Sequence[str]

    @classmethod
    def of(
        cls, truth: ArrayLike, probabilities: ArrayLike, classes: Sequence[str], ids: Sequence[str]
    ) -> Sample:
        """Check the arrays.

        Raises:
            InvalidInputError: shapes disagree, a class is out of range, or there is NaN.
        """
        codes = np.asarray(truth, dtype=np.int64)
        table = np.asarray(probabilities, dtype=np.float64)
        if table.shape != (len(ids), len(classes)) or codes.shape != (len(ids),):
            raise InvalidInputError(
                f"Classes {codes.shape} and probabilities {table.shape} do not fit "
                f"{len(ids)} ids and {len(classes)} classes.",
                remedy="Give one row for each id and one column for each class.",
            )
        if ((codes < 0) | (codes >= len(classes))).any() or not np.isfinite(table).all():
            raise InvalidInputError(
                f"A class is not within 0 to {len(classes) - 1}, or a probability is NaN.",
                remedy="Give positions in the list of classes, and finite probabilities.",
            )
        predicted = table.argmax(axis=1) if len(classes) else codes
        return cls(truth=codes, probabilities=table, predicted=predicted, classes=classes, ids=ids)

    def ids_of(self, rows: NDArray[np.int64], badness: NDArray[np.float64]) -> tuple[str, ...]:
        """The ids of ``rows``, by falling ``badness``."""
        return tuple(self.ids[i] for i in rows[np.argsort(-badness, kind="stable")].tolist())
