"""Labelled arrays for a simulation: from memory, ``.npz``, CSV or Parquet."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError, MissingDependencyError, NotFoundError, StorageError

LABEL_COLUMNS = ("label", "y", "target", "class")
ID_COLUMNS = ("id", "asset_id")
# From this ratio of the widest column to the median one on, distances see only the widest.
UNEVEN = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledData:
    """Rows whose classes are all known; build it with ``labeled_data`` or ``load_data``.

    Attributes:
        name: What people call it.
        X: Vectors (n, d), float32, finite.
        y: Classes (n,), int64, positions in ``class_names``.
        class_names: One name per class, in order.
        test: Mask (n,) of the rows kept for testing, or ``None``: every seed splits anew.
        standardized: Whether the columns were brought to mean 0 and deviation 1.
    """

    name: str
    X: NDArray[np.float32]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]
    test: NDArray[np.bool_] | None = None
    standardized: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 over everything a run sees; the same data, the same digest."""
        found = hashlib.sha256(repr((self.X.shape, self.class_names)).encode())
        for array in (self.X, self.y, self.test):
            found.update(b"" if array is None else np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


def labeled_data(
    X: ArrayLike, y: ArrayLike, *, split: ArrayLike | None = None, name: str = "arrays"
) -> LabeledData:
    """Check arrays and make them one data set.

    Columns of very different width (the widest more than ten times the median) are standardised,
    because strategies that look at distances would otherwise see the widest column only.

    Args:
        X: Vectors (n, d) of numbers.
        y: Classes (n,): whole numbers or names.
        split: 1 marks a test row (n,), 0 a pool row.
        name: What to call it.

    Raises:
        InvalidInputError: shapes disagree, a value is missing, or there are fewer than two classes.
    """
    matrix, classes = _matrix(X), np.asarray(y)
    if classes.shape != (len(matrix),):
        raise InvalidInputError(
            f"y has shape {classes.shape}, X has {len(matrix)} rows.",
            remedy="Give one class for each row of X.",
        )
    names, codes = _classes(classes)
    widths = matrix.std(axis=0, dtype=np.float64)
    wide = widths[widths > 0]
    uneven = bool(wide.size) and bool(wide.max() > UNEVEN * np.median(wide))
    if uneven:
        matrix = (matrix - matrix.mean(axis=0)) / np.where(widths > 0, widths, 1.0)
    return LabeledData(
        name=name,
        X=np.ascontiguousarray(matrix, dtype=np.float32),
        y=codes,
        class_names=names,
        test=None if split is None else _test_mask(np.asarray(split), codes),
        standardized=uneven,
    )


def load_data(path: str | Path, *, label_column: str | None = None) -> LabeledData:
    """Read a ``.npz`` (``X``, ``y``, optional ``split``), or a CSV or Parquet file with labels.

    In a table the classes are in ``label_column`` (default: the first of label, y, target, class);
    ``id`` and ``asset_id`` are left out, ``split`` marks test rows with 1 or ``test``. Columns of
    numbers are used as they are; a table with texts or gaps goes through the packaged encoders.

    Raises:
        NotFoundError: there is no such file.
        InvalidInputError: the kind of file is unknown, or its content does not fit.
        StorageError: the file is damaged.
    """
    source = Path(path)
    if not source.is_file():
        raise NotFoundError(f"There is no file {str(source)!r}.", remedy="Check the path.")
    kind = source.suffix.lower()
    if kind == ".npz":
        return _from_npz(source)
    if kind == ".csv":
        return from_table(_csv_columns(source), label_column=label_column, name=source.name)
    if kind in (".parquet", ".pq"):
        return from_table(_parquet_columns(source), label_column=label_column, name=source.name)
    raise InvalidInputError(
        f"{source.name} ends in {kind or 'nothing'!r}.",
        remedy="Give a .npz, .csv or .parquet file, or a project folder.",
    )


def from_table(
    columns: Mapping[str, Sequence[Any]], *, label_column: str | None = None, name: str = "table"
) -> LabeledData:
    """Make a data set of named columns of equal length; see ``load_data`` for the rules."""
    labels = _label_column(columns, label_column)
    split = columns.get("split")
    inputs = {
        key: list(values)
        for key, values in columns.items()
        if key not in {labels, "split", *ID_COLUMNS}
    }
    if not inputs:
        raise InvalidInputError(
            f"{name} has no column besides {labels!r}.", remedy="Add columns to learn from."
        )
    marks = (
        None if split is None else [str(mark).strip().lower() in ("1", "test") for mark in split]
    )
    return labeled_data(_inputs(inputs), np.asarray(list(columns[labels])), split=marks, name=name)


def _inputs(columns: Mapping[str, Sequence[Any]]) -> NDArray[Any]:
    """Numbers as they are; everything else through the packaged encoders."""
    try:
        matrix = np.array([[float(v) for v in column] for column in columns.values()]).T
    except (TypeError, ValueError):
        matrix = np.empty((0, 0))
    if matrix.size and np.isfinite(matrix).all():
        return matrix

    from querist.learners import create_encoder
    from querist.learners.base import Item
    from querist.schema import Media

    if "text" in columns or len(columns) == 1:
        texts = columns.get("text") or next(iter(columns.values()))
        encoder = create_encoder("text-tfidf")
        items = [Item(media=Media.TEXT, text=str(text)) for text in texts]
    else:
        encoder = create_encoder("table-scaled")
        rows = zip(*columns.values(), strict=True)
        items = [
            Item(media=Media.TABLE, features=dict(zip(columns, map(_value, row), strict=True)))
            for row in rows
        ]
    encoder.fit(items, np.random.default_rng(0))
    return np.asarray(encoder.encode(items))


def _value(cell: Any) -> Any:
    """A number where the cell reads as one, ``None`` for an empty cell, else the cell."""
    if cell is None or cell == "":
        return None
    try:
        return float(cell)
    except (TypeError, ValueError):
        return cell


def _from_npz(path: Path) -> LabeledData:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
    except (OSError, ValueError, zipfile.BadZipFile) as problem:
        raise StorageError(
            f"{path.name} cannot be read: {problem}.",
            remedy="Write it with numpy.savez(path, X=…, y=…), numbers and texts only.",
        ) from problem
    missing = [key for key in ("X", "y") if key not in arrays]
    if missing:
        raise InvalidInputError(
            f"{path.name} holds {sorted(arrays)}, but no {' and no '.join(missing)}.",
            remedy="Write it with numpy.savez(path, X=…, y=…).",
        )
    return labeled_data(arrays["X"], arrays["y"], split=arrays.get("split"), name=path.name)


def _csv_columns(path: Path) -> dict[str, list[str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.reader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise StorageError(
            f"{path.name} cannot be read: {problem}.", remedy="Write it as UTF-8 with commas."
        ) from problem
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise InvalidInputError(
            f"{path.name} has no rows below its header.", remedy="Add labelled rows."
        )
    header = rows[0]
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise InvalidInputError(
                f"Row {number} of {path.name} has {len(row)} cells, the header {len(header)}.",
                remedy="Repair the row, or quote cells that hold commas.",
            )
    return {key: [row[i] for row in rows[1:]] for i, key in enumerate(header)}


def _parquet_columns(path: Path) -> dict[str, list[Any]]:
    try:
        from pyarrow import parquet
    except ImportError as problem:
        raise MissingDependencyError.of("Reading Parquet", "app") from problem
    try:
        columns: dict[str, list[Any]] = parquet.read_table(path).to_pydict()
    except (OSError, ValueError) as problem:
        raise StorageError(
            f"{path.name} cannot be read: {problem}.", remedy="Write the file again."
        ) from problem
    return columns


def _label_column(columns: Mapping[str, Sequence[Any]], wanted: str | None) -> str:
    for name in LABEL_COLUMNS if wanted is None else (wanted,):
        if name in columns:
            return name
    raise InvalidInputError(
        f"There is no label column {wanted or ' or '.join(LABEL_COLUMNS)!r} among "
        f"{', '.join(list(columns)[:12])}.",
        remedy="Name the column that holds the classes.",
    )


def _matrix(X: ArrayLike) -> NDArray[Any]:
    try:
        matrix = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise InvalidInputError(
            f"X holds something that is no number: {problem}.", remedy="Give an array of numbers."
        ) from problem
    if matrix.ndim != 2 or not matrix.size:
        raise InvalidInputError(
            f"X has shape {matrix.shape}.", remedy="Give rows and columns: shape (n, d)."
        )
    if not np.isfinite(matrix).all():
        row = int(np.argmin(np.isfinite(matrix).all(axis=1)))
        raise InvalidInputError(
            f"Row {row} of X holds NaN or infinity.", remedy="Fill or drop such rows."
        )
    return matrix


def _classes(y: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InvalidInputError(
            "y holds NaN.", remedy="A simulation needs every label; drop rows without one."
        )
    if any(value in ("", "None") for value in y.astype(str)):
        raise InvalidInputError(
            "Some rows have no label.", remedy="A simulation needs every label; drop those rows."
        )
    if y.dtype.kind == "f" and np.array_equal(y, np.round(y)):
        y = y.astype(np.int64)
    names, codes = np.unique(y.astype(str) if y.dtype.kind == "O" else y, return_inverse=True)
    if len(names) < 2:
        raise InvalidInputError(
            f"There is only one class: {names[0]!s}.", remedy="Give data with at least two classes."
        )
    return tuple(str(name) for name in names), codes.astype(np.int64)


def _test_mask(split: NDArray[Any], y: NDArray[np.int64]) -> NDArray[np.bool_]:
    if split.shape != y.shape or not np.isin(split, (0, 1)).all():
        raise InvalidInputError(
            f"split has shape {split.shape} and values other than 0 and 1, or too few.",
            remedy="Give 1 for each test row and 0 for each pool row.",
        )
    test = split.astype(bool)
    if test.all() or not test.any():
        raise InvalidInputError(
            "split leaves no pool or no test rows.", remedy="Mark some rows with 1, others with 0."
        )
    return test
