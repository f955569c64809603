"""The checked arrays that every diagnosis reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.strategies.geometry import Matrix

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
        embeddings: Vectors (n, d), or ``None``.
        earlier: What models before said, as classes (R, n), oldest first; none of them saw the
            assets either. ``None`` where that is not known.
    """

    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    predicted: NDArray[np.int64]
    classes: Sequence[str]
    ids: Sequence[str]
    embeddings: Matrix | None = None
    earlier: NDArray[np.int64] | None = None

    @classmethod
    def of(
        cls,
        truth: ArrayLike,
        probabilities: ArrayLike,
        classes: Sequence[str],
        ids: Sequence[str],
        *,
        embeddings: ArrayLike | None = None,
        earlier: ArrayLike | None = None,
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
        before = None if earlier is None else np.asarray(earlier, dtype=np.int64)
        if before is not None and (before.ndim != 2 or before.shape[1] != len(ids)):
            raise InvalidInputError(
                f"What earlier models said has shape {before.shape} for {len(ids)} ids.",
                remedy="Give one row for each model and one column for each id.",
            )
        return cls(
            truth=codes,
            probabilities=table,
            predicted=table.argmax(axis=1) if len(classes) else codes,
            classes=classes,
            ids=ids,
            embeddings=None if embeddings is None else vectors_of(embeddings, len(ids)),
            earlier=before,
        )

    def only(self, rows: NDArray[np.bool_]) -> Sample:
        """The sample of some of its rows (n,)."""
        return Sample(
            truth=self.truth[rows],
            probabilities=self.probabilities[rows],
            predicted=self.predicted[rows],
            classes=self.classes,
            ids=[self.ids[i] for i in np.flatnonzero(rows).tolist()],
            embeddings=None if self.embeddings is None else self.embeddings[rows],
            earlier=None if self.earlier is None else self.earlier[:, rows],
        )

    def stayed_wrong(self, models: int) -> NDArray[np.bool_] | None:
        """Whether each of the last so many models was wrong (n,); ``None`` where there are fewer.

        The model itself is the last of them.
        """
        if self.earlier is None or len(self.earlier) < models - 1:
            return None
        before = self.earlier[len(self.earlier) - (models - 1) :]
        return np.asarray((self.predicted != self.truth) & (before != self.truth).all(axis=0))

    def ids_of(self, rows: NDArray[np.int64], badness: NDArray[np.float64]) -> tuple[str, ...]:
        """The ids of ``rows``, by falling ``badness``."""
        return tuple(self.ids[i] for i in rows[np.argsort(-badness, kind="stable")].tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """Labels (n,) that a model learned from.

    Attributes:
        truth: Given classes (n,).
        embeddings: Vectors (n, d), of the same encoder as the sample's.
        ids: Asset ids (n,).
        out_of_fold: Probabilities (n, C) by models that did not see the row, or ``None``.
    """

    truth: NDArray[np.int64]
    embeddings: Matrix
    ids: Sequence[str]
    out_of_fold: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        truth: ArrayLike,
        embeddings: ArrayLike,
        ids: Sequence[str],
        *,
        out_of_fold: ArrayLike | None = None,
    ) -> Learned:
        """Check the arrays.

        Raises:
            InvalidInputError: shapes disagree, a class is negative, or there is NaN.
        """
        codes = np.asarray(truth, dtype=np.int64)
        table = None if out_of_fold is None else np.asarray(out_of_fold, dtype=np.float64)
        fits = table is None or (table.ndim == 2 and len(table) == len(ids))
        if codes.shape != (len(ids),) or (codes < 0).any() or not fits:
            raise InvalidInputError(
                f"Classes {codes.shape} and {None if table is None else table.shape} "
                f"probabilities do not fit {len(ids)} ids, or a class is negative.",
                remedy="Give one class from 0 and one row of probabilities for each id.",
            )
        return cls(
            truth=codes, embeddings=vectors_of(embeddings, len(ids)), ids=ids, out_of_fold=table
        )

    def only(self, rows: NDArray[np.bool_]) -> Learned:
        """Some of the labels (n,)."""
        return Learned(
            truth=self.truth[rows],
            embeddings=self.embeddings[rows],
            ids=[self.ids[i] for i in np.flatnonzero(rows).tolist()],
            out_of_fold=None if self.out_of_fold is None else self.out_of_fold[rows],
        )


def rows_of_classes(codes: NDArray[np.int64], fewest: int) -> dict[int, NDArray[np.int64]]:
    """The rows of each class that has at least ``fewest`` of them, by code, both in order."""
    order = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {
        code: rows for code, rows in zip(found.tolist(), parts, strict=True) if len(rows) >= fewest
    }


def vectors_of(embeddings: ArrayLike, count: int) -> Matrix:
    """The vectors (n, d) in float32.

    Raises:
        InvalidInputError: there are not ``count``, or one holds NaN.
    """
    found: Matrix = np.asarray(embeddings, dtype=np.float32)
    if found.ndim != 2 or len(found) != count or not np.isfinite(found).all():
        raise InvalidInputError(
            f"The embeddings have shape {found.shape} for {count} rows, or hold NaN.",
            remedy="Give one finite vector for each row.",
        )
    return found
