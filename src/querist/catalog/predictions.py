"""Predictions: one Lance table a model version, served as a kept memory map in catalog order."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.catalog.assets import Assets
from querist.catalog.folder_names import check_folder_name
from querist.catalog.matrices import Matrix, MatrixCache
from querist.catalog.tables import BATCH_ROWS, Table, scan, stamp_of
from querist.errors import InvalidInputError, NotFoundError

_SUM_TOLERANCE = 1e-3
_SUMMARIES_KEPT = 4
# Reading single rows of the table costs about ten times as much a row as mapping all of it.
_FEW = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionSummary:
    """What most views want of a model's probabilities, one value an asset.

    Attributes:
        classes: The class names in column order.
        top: (n,) column of the most probable class.
        confidence: (n,) its probability; higher is surer.
        margin: (n,) best minus second-best probability; lower is more uncertain.
        error: (n,) calibrated probability that the most probable class is wrong, NaN if not told.
        difficulty: (n,) 0 easy, 1 medium, 2 hard, -1 if not told.
    """

    classes: tuple[str, ...]
    top: NDArray[np.int64]
    confidence: NDArray[np.float32]
    margin: NDArray[np.float32]
    error: NDArray[np.float32]
    difficulty: NDArray[np.int8]


class Predictions:
    """Class probabilities of assets, by model version."""

    def __init__(self, folder: Path, assets: Assets, cache: Path) -> None:
        self._folder = folder
        self._assets = assets
        self._matrices = MatrixCache(cache)
        self._tables: dict[str, Table] = {}
        self._summaries: dict[str, tuple[str, PredictionSummary]] = {}
        self._guard = threading.RLock()

    def put(
        self,
        model_id: str,
        classes: Sequence[str],
        probabilities: ArrayLike,
        *,
        errors: ArrayLike | None = None,
        difficulty: ArrayLike | None = None,
    ) -> None:
        """Store what a model says about the first n assets; replaces what it said before.

        Args:
            model_id: The model version.
            classes: C class names in column order.
            probabilities: (n, C), rows sum to one, in catalog order, n at most the asset count.
            errors: Calibrated probability (n,) that the most probable class is wrong.
            difficulty: 0 easy, 1 medium, 2 hard (n,).

        Raises:
            InvalidInputError: shapes disagree, or a row is no probability distribution.
        """
        matrix = _checked(classes, probabilities, self._assets.count())
        told = _told(errors, difficulty, len(matrix))
        table = self._table(model_id)
        with table.writing():
            schema = _schema(matrix.shape[1])
            table.replace(
                schema,
                _batches(schema, matrix, *told),
                metadata={"classes": json.dumps(list(classes), ensure_ascii=False)},
            )
            table.tidy()

    def probabilities(self, model_id: str) -> Matrix:
        """The probabilities (n, C), n the number of assets when it predicted: a kept memory map.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        return self._matrix(model_id)[1]

    def probabilities_at(self, model_id: str, positions: ArrayLike) -> Matrix:
        """The probabilities (m, C) of the assets at ``positions`` (m,), each below ``count``.

        Of a model that nobody has looked at, few rows are read alone: its map of a million assets
        and a hundred classes takes a second and 400 MB of the disk.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        dataset = self._dataset(model_id)
        rows, place = np.unique(np.asarray(positions, dtype=np.int64), return_inverse=True)
        held = self._matrices.held(model_id, _stamp(dataset))
        if held is None and len(rows) * _FEW < dataset.count_rows():
            found = dataset.take(rows, columns=["position", "probabilities"]).combine_chunks()
            # Rows were written in the order of their positions; nothing promises that they stay so.
            if np.array_equal(found.column("position").to_numpy(), rows):
                values = found.column("probabilities").combine_chunks().flatten().to_numpy()
                table: Matrix = values.reshape(len(rows), _class_count(dataset))[place]
                return table
        return np.asarray(self.probabilities(model_id)[rows][place])

    def count(self, model_id: str) -> int:
        """Of how many assets, the first ones of the catalog, it has said something.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        return int(self._dataset(model_id).count_rows())

    def classes(self, model_id: str) -> tuple[str, ...]:
        """The class names in column order.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        self._dataset(model_id)
        return tuple(json.loads(self._table(model_id).metadata()["classes"]))

    def summary(self, model_id: str) -> PredictionSummary:
        """Most probable class, confidence and margin of every predicted asset; kept in memory.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        return self.summary_as_of(model_id)[1]

    def summary_as_of(self, model_id: str) -> tuple[str, PredictionSummary]:
        """``summary`` with a stamp that changes when the model predicts again."""
        with self._guard:
            stamp, matrix = self._matrix(model_id)
            held = self._summaries.get(model_id)
            if held is not None and held[0] == stamp:
                return held
            told = self._hardness(model_id, len(matrix))
            made = stamp, _summary(matrix, self.classes(model_id), *told)
            self._summaries.pop(model_id, None)
            self._summaries[model_id] = made
            while len(self._summaries) > _SUMMARIES_KEPT:
                self._summaries.pop(next(iter(self._summaries)))
            return made

    def close(self) -> None:
        """Let go of the memory maps."""
        self._matrices.close()
        self._summaries.clear()

    def _matrix(self, model_id: str) -> tuple[str, Matrix]:
        dataset = self._dataset(model_id)
        stamp = _stamp(dataset)
        held = self._matrices.held(model_id, stamp)
        if held is not None:
            return stamp, held
        classes = _class_count(dataset)

        def fill(out: Matrix) -> None:
            for batch in scan(dataset, ["position", "probabilities"]):
                rows = batch.column("position").to_numpy(zero_copy_only=False)
                values = batch.column("probabilities").flatten().to_numpy(zero_copy_only=False)
                out[rows] = values.reshape(-1, classes)

        shape = (dataset.count_rows(), classes)
        return stamp, self._matrices.get(model_id, stamp, shape, fill)

    def _hardness(self, model_id: str, count: int) -> _Told:
        dataset = self._dataset(model_id)
        errors, difficulty = _told(None, None, count)
        # Tables of before this was told hold no such columns.
        if {"error", "difficulty"} <= set(dataset.schema.names):
            for batch in scan(dataset, ["position", "error", "difficulty"]):
                rows = batch.column("position").to_numpy(zero_copy_only=False)
                errors[rows] = batch.column("error").to_numpy(zero_copy_only=False)
                difficulty[rows] = batch.column("difficulty").to_numpy(zero_copy_only=False)
        return errors, difficulty

    def _dataset(self, model_id: str) -> Any:
        try:
            return self._table(model_id).dataset()
        except NotFoundError:
            raise NotFoundError(
                f"The model {model_id!r} has predicted nothing.",
                remedy="Run: querist train",
                model_id=model_id,
            ) from None

    def _table(self, model_id: str) -> Table:
        check_folder_name("model id", model_id)
        with self._guard:
            if model_id not in self._tables:
                self._tables[model_id] = Table(self._folder / f"{model_id}.lance")
            return self._tables[model_id]


def _stamp(dataset: Any) -> str:
    uid, version = stamp_of(dataset)
    return f"{uid}-{version}"


def _class_count(dataset: Any) -> int:
    return int(dataset.schema.field("probabilities").type.list_size)


_Told = tuple[NDArray[np.float32], NDArray[np.int8]]


def _told(errors: ArrayLike | None, difficulty: ArrayLike | None, count: int) -> _Told:
    """Errors and difficulty as arrays (n,), with blanks where they are not told."""
    nothing = np.full(count, np.nan, dtype=np.float32)
    found = nothing if errors is None else np.asarray(errors, dtype=np.float32)
    blank = np.full(count, -1, dtype=np.int8)
    words = blank if difficulty is None else np.asarray(difficulty, dtype=np.int8)
    if found.shape != (count,) or words.shape != (count,):
        raise InvalidInputError(
            f"The errors have shape {found.shape}, the difficulty {words.shape}.",
            remedy=f"Give one value for each of the {count} rows.",
        )
    return found, words


def _summary(
    matrix: Matrix,
    classes: tuple[str, ...],
    errors: NDArray[np.float32],
    difficulty: NDArray[np.int8],
) -> PredictionSummary:
    top = np.empty(len(matrix), dtype=np.int64)
    confidence, second = np.empty((2, len(matrix)), dtype=np.float32)
    for start in range(0, len(matrix), BATCH_ROWS):
        block = np.array(matrix[start : start + BATCH_ROWS])
        rows, part = np.arange(len(block)), slice(start, start + len(block))
        top[part] = best = block.argmax(axis=1)
        confidence[part] = block[rows, best]
        # Without the best, the second is the best: two passes are faster than sorting a row.
        block[rows, best] = 0.0
        second[part] = block.max(axis=1)
    return PredictionSummary(
        classes=classes,
        top=top,
        confidence=confidence,
        margin=confidence - second,
        error=errors,
        difficulty=difficulty,
    )


def _checked(classes: Sequence[str], probabilities: ArrayLike, count: int) -> Matrix:
    matrix = np.ascontiguousarray(probabilities, dtype=np.float32)
    if matrix.ndim != 2 or matrix.shape[1] != len(classes) or not len(classes):
        raise InvalidInputError(
            f"The probabilities have shape {matrix.shape} for {len(classes)} classes.",
            remedy=f"Give an array of shape (n, {len(classes)}) with at least one class.",
        )
    if len(matrix) > count:
        raise InvalidInputError(
            f"There are probabilities for {len(matrix)} assets, the catalog has {count}.",
            remedy="Give one row an asset, in catalog order.",
        )
    sums = matrix.sum(axis=1, dtype=np.float64)
    right = (matrix >= 0).all(axis=1) & (np.abs(sums - 1.0) <= _SUM_TOLERANCE)
    if not right.all():
        row = int(np.flatnonzero(~right)[0])
        raise InvalidInputError(
            f"Row {row} of the probabilities is {matrix[row].tolist()}.",
            remedy="Give numbers of 0 or more that sum to one in each row.",
        )
    return matrix


def _schema(classes: int) -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("position", pa.int64(), nullable=False),
            pa.field("probabilities", pa.list_(pa.float32(), classes), nullable=False),
            pa.field("error", pa.float32(), nullable=False),
            pa.field("difficulty", pa.int8(), nullable=False),
        ]
    )


def _batches(
    schema: Any, matrix: Matrix, errors: NDArray[np.float32], difficulty: NDArray[np.int8]
) -> Iterator[Any]:
    import pyarrow as pa

    for start in range(0, len(matrix), BATCH_ROWS):
        rows = matrix[start : start + BATCH_ROWS]
        values = pa.array(rows.reshape(-1), type=pa.float32())
        yield pa.record_batch(
            [
                pa.array(np.arange(start, start + len(rows), dtype=np.int64)),
                pa.FixedSizeListArray.from_arrays(values, matrix.shape[1]),
                pa.array(errors[start : start + len(rows)]),
                pa.array(difficulty[start : start + len(rows)]),
            ],
            schema=schema,
        )
