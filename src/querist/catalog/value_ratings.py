"""How likely a model's sets, boxes and spans are wrong: one Lance table a model version."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.catalog.folder_names import check_folder_name
from querist.catalog.tables import BATCH_ROWS, Table, scan, stamp_of
from querist.errors import InvalidInputError

Counts = NDArray[np.int64]
_KEPT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRatings:
    """What is known of the labels that one model gives the first n assets.

    Attributes:
        error: Calibrated probability (n,) that the label is not wholly right, NaN if not told.
        difficulty: (n,) 0 easy, 1 medium, 2 hard, -1 if not told.
        counts: How many objects the model tells of in each asset (n,); 0 of sets.
        object_error: Calibrated probability (Q,) that each object is wrong, asset by asset.
        object_difficulty: (Q,) as ``difficulty``.
        named_counts: How many classes the answer names in each asset (n,).
        named: Which ones (M,), asset by asset, as columns of the model's classes.
    """

    error: NDArray[np.float32]
    difficulty: NDArray[np.int8]
    counts: Counts
    object_error: NDArray[np.float32]
    object_difficulty: NDArray[np.int8]
    named_counts: Counts
    named: Counts

    def objects_of(self, positions: Sequence[int]) -> list[slice]:
        """Where the objects of each asset lie."""
        ends = np.cumsum(self.counts)[list(positions)].tolist()
        counts = self.counts[list(positions)].tolist()
        return [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]


class RatingStore:
    """Ratings of what models say of assets, by model version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, Table] = {}
        self._held: dict[str, tuple[str, ValueRatings]] = {}
        self._guard = threading.RLock()

    def put(self, model_id: str, ratings: ValueRatings) -> None:
        """Store the ratings of a model; replaces what was known before.

        Raises:
            InvalidInputError: their lengths disagree; nothing is stored.
        """
        n, objects = len(ratings.error), int(ratings.counts.sum())
        found = [len(it) for it in (ratings.difficulty, ratings.counts, ratings.named_counts)]
        inside = [len(it) for it in (ratings.object_error, ratings.object_difficulty)]
        if found != [n] * 3 or inside != [objects] * 2:
            raise InvalidInputError(
                f"There are {found} ratings for {n} assets, {inside} for {objects} objects.",
                remedy="Give one to each.",
            )
        table = self._table(model_id)
        with table.writing():
            batches = list(_batches(ratings))
            table.replace(batches[0].schema, batches)
            table.tidy()

    def get(self, model_id: str) -> ValueRatings | None:
        """The ratings of a model, kept in memory; ``None`` where it has none."""
        found = self.as_of(model_id)
        return None if found is None else found[1]

    def as_of(self, model_id: str) -> tuple[str, ValueRatings] | None:
        """``get`` with a stamp that changes when the model is rated again."""
        table = self._table(model_id)
        if not table.exists():
            return None
        with self._guard:
            dataset = table.dataset()
            uid, version = stamp_of(dataset)
            stamp = f"{uid}-{version}"
            held = self._held.get(model_id)
            if held is not None and held[0] == stamp:
                return held
            made = stamp, _read(dataset)
            self._held.pop(model_id, None)
            self._held[model_id] = made
            while len(self._held) > _KEPT:
                self._held.pop(next(iter(self._held)))
            return made

    def close(self) -> None:
        """Let go of everything kept."""
        self._held.clear()

    def _table(self, model_id: str) -> Table:
        check_folder_name("model id", model_id)
        with self._guard:
            if model_id not in self._tables:
                self._tables[model_id] = Table(self._folder / f"{model_id}.lance")
            return self._tables[model_id]


def _batches(ratings: ValueRatings) -> Sequence[Any]:
    import pyarrow as pa

    objects, names = _ends(ratings.counts), _ends(ratings.named_counts)
    found = []
    for start in range(0, max(len(ratings.error), 1), BATCH_ROWS):
        rows = slice(start, start + BATCH_ROWS)
        count = len(ratings.error[rows])
        columns: dict[str, Any] = {
            "position": pa.array(np.arange(start, start + count, dtype=np.int64)),
            "error": pa.array(ratings.error[rows]),
            "difficulty": pa.array(ratings.difficulty[rows]),
            "object_error": _lists(ratings.object_error, objects, start, count),
            "object_difficulty": _lists(ratings.object_difficulty, objects, start, count),
            "named": _lists(ratings.named.astype(np.int32), names, start, count),
        }
        found.append(pa.record_batch(columns))
    return found


def _ends(counts: Counts) -> Counts:
    return np.concatenate([[0], np.cumsum(counts)])


def _lists(values: NDArray[Any], ends: Counts, start: int, count: int) -> Any:
    import pyarrow as pa

    offsets = ends[start : start + count + 1]
    inside = pa.array(values[int(offsets[0]) : int(offsets[-1])])
    return pa.ListArray.from_arrays(pa.array((offsets - offsets[0]).astype(np.int32)), inside)


def _read(dataset: Any) -> ValueRatings:
    import pyarrow as pa

    names = ["position", "error", "difficulty", "object_error", "object_difficulty", "named"]
    table = pa.Table.from_batches(list(scan(dataset, names))).sort_by("position")

    def flat(name: str) -> NDArray[Any]:
        column = table.column(name)
        chunks = [chunk.flatten() for chunk in column.chunks]
        return np.array(pa.chunked_array(chunks, type=column.type.value_type).to_numpy())

    def lengths(name: str) -> Counts:
        found = pa.compute.list_value_length(table.column(name))
        return np.array(found.to_numpy(), dtype=np.int64)

    return ValueRatings(
        error=np.array(table.column("error").to_numpy()),
        difficulty=np.array(table.column("difficulty").to_numpy()),
        counts=lengths("object_error"),
        object_error=flat("object_error"),
        object_difficulty=flat("object_difficulty"),
        named_counts=lengths("named"),
        named=flat("named").astype(np.int64),
    )
