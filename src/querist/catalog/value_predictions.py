"""What models say where a label is no single class: one Lance table a model version."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.assets import Assets
from querist.catalog.folder_names import check_folder_name
from querist.catalog.matrices import Matrix, MatrixCache
from querist.catalog.tables import Table, scan, stamp_of
from querist.errors import InvalidInputError, NotFoundError
from querist.learners.value_base import Guesses
from querist.schema import NumberValue, Value, from_json, to_json

# Ids in one filter: longer ones take Lance longer to read than the rows.
_ASKED_AT_ONCE = 1_000
_COLUMNS = ("uncertainty", "number", "probabilities", "members")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTable:
    """What one model says about the first n assets, without the labels themselves.

    Attributes:
        classes: The class names it learned, in column order.
        uncertainty: How unsure it is of each asset (n,), 0 or more; higher is less sure.
        numbers: For numbers: the number itself (n,); else ``None``.
        probabilities: For sets of classes: the chance of each class (n, C); else ``None``.
        members: For numbers: what each of K drawn models predicts (K, n); else ``None``.
    """

    classes: tuple[str, ...]
    uncertainty: NDArray[np.float32]
    numbers: NDArray[np.float32] | None = None
    probabilities: Matrix | None = None
    members: Matrix | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Guesses that may leave out assets; else as ``learners.Guesses``.

    Attributes:
        values: The labels (n,); ``None`` of assets that the model says nothing of.
        uncertainty: (n,), of those too.
        probabilities: (n, C), of those too; ``None`` where labels are no sets.
        members: Nothing.
    """

    values: Sequence[Value | None]
    uncertainty: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None = None
    members: NDArray[np.float32] | None = None


class ValuePredictions:
    """Sets of classes, numbers, boxes and spans that models say of assets, by model version."""

    def __init__(self, folder: Path, assets: Assets, cache: Path) -> None:
        self._folder = folder
        self._assets = assets
        self._matrices = MatrixCache(cache)
        self._tables: dict[str, Table] = {}
        self._guard = threading.RLock()

    def put(self, model_id: str, classes: Sequence[str], parts: Iterable[Guesses | Said]) -> None:
        """Store what a model says about the first n assets; replaces what it said before.

        Args:
            model_id: The model version.
            classes: The class names that it learned, in column order.
            parts: Its guesses in catalog order, some assets at a time; all of the same form.

        Raises:
            InvalidInputError: there are none, more than assets, or they are broken; nothing is
                stored.
        """
        # Made before the table is opened: what a model raises half-way is its own error then.
        batches = list(_batches(parts, self._assets.count()))
        if not batches:
            raise InvalidInputError("There are no guesses.", remedy="Let the model predict first.")
        table = self._table(model_id)
        with table.writing():
            table.replace(
                batches[0].schema,
                batches,
                metadata={"classes": json.dumps(list(classes), ensure_ascii=False)},
            )
            table.tidy()

    def table(self, model_id: str) -> ValueTable:
        """Doubt and signals of every asset it predicted, as kept memory maps.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        dataset = self._dataset(model_id)
        found = {name: self._matrix(model_id, dataset, name) for name in _COLUMNS}
        doubt, numbers, members = found["uncertainty"], found["number"], found["members"]
        assert doubt is not None
        return ValueTable(
            classes=tuple(json.loads(self._table(model_id).metadata()["classes"])),
            uncertainty=doubt[:, 0],
            numbers=None if numbers is None else numbers[:, 0],
            probabilities=found["probabilities"],
            members=None if members is None else members.T,
        )

    def count(self, model_id: str) -> int:
        """Of how many assets it has said something, 0 before it has.

        They are the first ones in order of adding.
        """
        try:
            return int(self._dataset(model_id).count_rows())
        except NotFoundError:
            return 0

    def values(self, model_id: str, positions: Sequence[int]) -> list[Value | None]:
        """The label it gives each asset at ``positions``; ``None`` where it says nothing.

        Raises:
            NotFoundError: this model has predicted nothing.
        """
        dataset = self._dataset(model_id)
        found: dict[int, str] = {}
        wanted = sorted(set(positions))
        for start in range(0, len(wanted), _ASKED_AT_ONCE):
            ids = ", ".join(map(str, wanted[start : start + _ASKED_AT_ONCE]))
            table = dataset.to_table(
                columns=["position", "value"], filter=f"position IN ({ids})"
            ).to_pydict()
            found.update(zip(table["position"], table["value"], strict=True))
        texts = (found.get(position) for position in positions)
        bodies = (None if it is None else json.loads(it) for it in texts)
        return [None if it is None else from_json(Value, it) for it in bodies]  # type: ignore[arg-type]  # a union is no class

    def close(self) -> None:
        """Let go of the memory maps."""
        self._matrices.close()

    def _matrix(self, model_id: str, dataset: Any, column: str) -> Matrix | None:
        if column not in dataset.schema.names:
            return None
        uid, version = stamp_of(dataset)
        key, name = f"{uid}-{version}", f"{model_id}-{column}"
        held = self._matrices.held(name, key)
        if held is not None:
            return held
        width = getattr(dataset.schema.field(column).type, "list_size", 0)

        def fill(out: Matrix) -> None:
            for batch in scan(dataset, ["position", column]):
                rows = batch.column("position").to_numpy(zero_copy_only=False)
                cells = batch.column(column).flatten() if width else batch.column(column)
                out[rows] = cells.to_numpy(zero_copy_only=False).reshape(len(rows), -1)

        return self._matrices.get(name, key, (dataset.count_rows(), max(width, 1)), fill)

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


def _batches(parts: Iterable[Guesses | Said], most: int) -> Iterator[Any]:
    """The guesses as Arrow rows with their positions, checked."""
    import pyarrow as pa

    start = 0
    for part in parts:
        count = len(part.values)
        texts = [json.dumps(to_json(it), ensure_ascii=False, allow_nan=False) for it in part.values]
        columns: dict[str, Any] = {
            "position": pa.array(np.arange(start, start + count, dtype=np.int64)),
            "value": pa.array(texts, type=pa.string()),
            "uncertainty": pa.array(_finite("uncertainty", part.uncertainty, (count,))),
        }
        numbers = [it.number for it in part.values if isinstance(it, NumberValue)]
        if numbers:
            # What nothing is said of counts as the mean, for strategies that go by numbers.
            mean = float(np.mean(numbers))
            told = (it.number if isinstance(it, NumberValue) else mean for it in part.values)
            found = np.fromiter(told, dtype=np.float32, count=count)
            columns["number"] = pa.array(_finite("numbers", found, (count,)))
        if part.probabilities is not None:
            columns["probabilities"] = _rows("probabilities", part.probabilities, count)
        if part.members is not None:
            columns["members"] = _rows("members", part.members.T, count)
        start += count
        if start > most:
            raise InvalidInputError(
                f"There are guesses for {start} assets, the catalog has {most}.",
                remedy="Give one an asset, in catalog order.",
            )
        yield pa.record_batch(columns)


def _rows(name: str, matrix: NDArray[np.float32], count: int) -> Any:
    import pyarrow as pa

    cells = _finite(name, matrix, (count, matrix.shape[1]))
    return pa.FixedSizeListArray.from_arrays(pa.array(cells.ravel()), matrix.shape[1])


def _finite(name: str, given: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    found = np.ascontiguousarray(given, dtype=np.float32)
    if found.shape != shape or not np.isfinite(found).all():
        raise InvalidInputError(
            f"The {name} of {shape[0]} assets have the shape {found.shape}, or are not finite.",
            remedy=f"Give finite numbers of the shape {shape}.",
        )
    return found
