"""Reads labelled data for a simulation: ``.npz``, a folder of ``.npy``, CSV or Parquet."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, MissingDependencyError, NotFoundError, StorageError
from querist.experiments.data import LabeledData, labeled_data

LABEL_COLUMNS = ("label", "y", "target", "class")
ID_COLUMNS = ("id", "asset_id")
_SAVE = "Write it with numpy.savez(path, X=…, y=…), numbers and texts only."


def load_data(path: str | Path, *, label_column: str | None = None) -> LabeledData:
    """Read a ``.npz`` (``X``, ``y``, optional ``split``), or a CSV or Parquet file with labels.

    A folder with ``X.npy``, ``y.npy`` and perhaps ``split.npy`` is read as well, with ``X`` as a
    memory map: float32 there is never loaded whole.

    In a table the classes are in ``label_column`` (default: the first of label, y, target, class);
    ``id`` and ``asset_id`` are left out, ``split`` marks test rows with 1 or ``test``. Columns of
    numbers are used as they are; a table with texts or gaps goes through the packaged encoders.

    Raises:
        NotFoundError: there is no such file.
        InvalidInputError: the kind of file is unknown, or its content does not fit.
        StorageError: the file is damaged.
    """
    source = Path(path)
    if not source.exists():
        raise NotFoundError(f"There is no file {str(source)!r}.", remedy="Check the path.")
    kind = source.suffix.lower()
    if label_column is not None and (source.is_dir() or kind == ".npz"):
        raise InvalidInputError(
            f"{source.resolve().name} is no table, so it has no column {label_column!r}.",
            remedy="Leave the label column out: the classes are in y.",
        )
    if source.is_dir():
        return _from_folder(source.resolve())
    if kind == ".npz":
        return _from_npz(source)
    if kind == ".csv":
        return from_table(_csv_columns(source), label_column=label_column, name=source.name)
    if kind in (".parquet", ".pq"):
        return from_table(_parquet_columns(source), label_column=label_column, name=source.name)
    raise InvalidInputError(
        f"{source.name} ends in {kind or 'nothing'!r}.",
        remedy=(
            "Put X.npy and y.npy into a folder and give the folder."
            if kind == ".npy"
            else "Give a .npz, .csv or .parquet file, a folder of .npy files, or a project."
        ),
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
            wanted = [key for key in ("X", "y", "split") if key in stored.files]
            arrays = {key: stored[key] for key in wanted}
            names = sorted(stored.files)
    # A .npy file in disguise has no `files`.
    except (OSError, ValueError, AttributeError, EOFError, zipfile.BadZipFile) as problem:
        # Of a file that is no archive numpy says to load it with pickle, which nobody should.
        archive = not path.is_file() or zipfile.is_zipfile(path)
        why = problem if archive else "it is no .npz archive"
        raise StorageError(f"{path.name} cannot be read: {why}.", remedy=_SAVE) from problem
    return _from_arrays(path, arrays, names)


def _from_folder(folder: Path) -> LabeledData:
    names = sorted(entry.stem for entry in folder.glob("*.npy"))
    arrays = {}
    for name in ("X", "y", "split"):
        path = folder / f"{name}.npy"
        if not path.is_file():
            continue
        try:
            arrays[name] = np.load(path, mmap_mode="r" if name == "X" else None, allow_pickle=False)
        except (OSError, ValueError, EOFError) as problem:
            raise StorageError(
                f"{path.name} cannot be read: {problem}.",
                remedy="Write it with numpy.save(path, …), numbers and texts only.",
            ) from problem
    return _from_arrays(folder, arrays, names)


def _from_arrays(
    path: Path, arrays: Mapping[str, NDArray[Any]], names: Sequence[str]
) -> LabeledData:
    missing = [key for key in ("X", "y") if key not in arrays]
    if missing:
        raise InvalidInputError(
            f"{path.name} holds {list(names)}, but no {' and no '.join(missing)}.",
            remedy="Write it with numpy.savez(path, X=…, y=…), or a folder with X.npy and y.npy.",
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
    there = f"the columns {', '.join(list(columns)[:12])}{', …' if len(columns) > 12 else ''}"
    sought = repr(wanted) if wanted else f"called {' or '.join(LABEL_COLUMNS)}"
    remedy = "Name the column that holds the classes: label_column, or --label-column."
    if len(columns) == 1 and any(mark in next(iter(columns)) for mark in ";\t|"):
        there = f"one column, {next(iter(columns))!r}"
        remedy = "Write it with commas between the cells."
    raise InvalidInputError(f"There is no label column {sought} among {there}.", remedy=remedy)
