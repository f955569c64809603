"""Numbers about assets from a file: probabilities, logits or vectors, one row an asset."""

from __future__ import annotations

import math
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.engine.base import Progress, reporting, silent
from querist.errors import InvalidInputError, MissingDependencyError, StorageError, UnknownNameError
from querist.formats.array_heads import shapes
from querist.formats.choosing import read_source
from querist.formats.files import existing_file
from querist.formats.rows import ID_COLUMNS
from querist.schema.wording import counted

ID_ARRAYS = ("ids", "id", "asset_id")
_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """Rows of numbers by asset.

    Attributes:
        ids: The assets (n,), each once.
        columns: Names of the columns (k,); ``None`` where the file names none.
        values: The numbers (n, k), finite.
        kind: The name of the array in the file, such as ``logits``; empty for columns.
    """

    ids: tuple[str, ...]
    columns: tuple[str, ...] | None
    values: NDArray[np.float64]
    kind: str = ""


def read_scores(
    source: Any,
    *,
    arrays: Sequence[str],
    id_column: str | None = None,
    name_array: str = "classes",
    progress: Progress = silent,
) -> ScoreTable:
    """Read ids and numbers.

    Args:
        source: A CSV or JSONL file, a DataFrame or a list of dicts with the ids in one column and
            numbers in all others; a Parquet file likewise, or with one column of lists; an
            ``.npz`` file or a dict with ``ids`` and one of ``arrays``.
        arrays: What the array of an ``.npz``, or the column of lists, may be called.
        id_column: The column with the ids; ``id`` or ``asset_id`` by default.
        name_array: The array of an ``.npz`` that names the columns.
        progress: Told the rows or columns that are read, where they are read one by one.

    Raises:
        NotFoundError: there is no such file.
        UnknownNameError: there is no column with the ids.
        InvalidInputError: a cell is no finite number, or an asset comes twice.
        StorageError: the file is damaged.
    """
    suffix = Path(source).suffix.lower() if isinstance(source, str | Path) else ""
    if isinstance(source, Mapping):
        return _of_arrays(source, arrays, name_array, "The dict")
    if suffix == ".npz":
        return _of_npz(existing_file(Path(source)), arrays, name_array)
    if suffix in _PARQUET:
        return _of_parquet(existing_file(Path(source)), arrays, id_column, progress)
    return _of_rows(source, id_column, progress)


def _of_npz(path: Path, arrays: Sequence[str], name_array: str) -> ScoreTable:
    with _readable(path):
        heads = shapes(path)
    ids, kind = (_one_of(path.name, names, list(heads)) for names in (ID_ARRAYS, arrays))
    # Before the numbers are read: a small file may hold rows without end.
    if heads[kind][:1] != (math.prod(heads[ids]),):
        raise _unlike(path.name, math.prod(heads[ids]), heads[kind])
    wanted = [name for name in (ids, kind, name_array) if name in heads]
    with _readable(path), np.load(path, allow_pickle=False) as stored:
        read = {name: stored[name] for name in wanted}
    return _of_arrays(read, arrays, name_array, path.name)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as problem:
        # NumPy takes whatever it does not know for a pickle, and advises to load it as one.
        raise StorageError(
            f"{path.name} cannot be read as an .npz file of numbers and texts.",
            remedy="Write it with numpy.savez(path, ids=…, …), numbers and texts only.",
        ) from problem


def _unlike(where: str, ids: int, shape: tuple[int, ...]) -> InvalidInputError:
    return InvalidInputError(
        f"{where} has {ids} ids and numbers of shape {shape}.",
        remedy="Give one row of numbers for each id.",
    )


def _of_arrays(
    read: Mapping[str, Any], arrays: Sequence[str], name_array: str, where: str
) -> ScoreTable:
    kind = _one_of(where, arrays, list(read))
    ids = np.asarray(read[_one_of(where, ID_ARRAYS, list(read))]).ravel()
    names = read.get(name_array)
    columns = None if names is None else [str(name) for name in np.asarray(names).ravel()]
    try:
        values = np.asarray(read[kind], dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInputError(
            f"{where} holds something that is no number in {kind!r}.",
            remedy="Give rows of numbers, each of the same length.",
        ) from None
    return _table([str(one) for one in ids], columns, values, kind, where)


def _of_parquet(
    path: Path, arrays: Sequence[str], id_column: str | None, progress: Progress
) -> ScoreTable:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as problem:
        raise MissingDependencyError.of("Reading Parquet", "app") from problem
    try:
        table = parquet.read_table(path)
    except (OSError, pa.ArrowInvalid) as problem:
        raise StorageError(
            f"{path.name} cannot be read as Parquet.", remedy="Write it as Parquet again."
        ) from problem
    wanted = ID_COLUMNS if id_column is None else (id_column,)
    key = _one_of(path.name, wanted, table.column_names)
    ids = [str(one) for one in table.column(key).to_pylist()]
    rest = [name for name in table.column_names if name != key]
    listed = next((name for name in arrays if name in rest), None)
    if listed is not None:
        rows = table.column(listed).to_pylist()
        if len({len(row or ()) for row in rows}) > 1:
            raise InvalidInputError(
                f"The lists in {listed!r} differ in length.", remedy="Give each asset as many."
            )
        return _table(ids, None, rows, listed, path.name)
    columns: list[list[Any]] = []
    for name in rest:
        progress(len(columns), len(rest), f"Reading columns of {path.name}")
        columns.append(table.column(name).to_pylist())
    return _table(ids, rest, _cells(columns, rest, path.name), "", path.name)


def _of_rows(source: Any, id_column: str | None, progress: Progress) -> ScoreTable:
    wanted = ID_COLUMNS if id_column is None else (id_column,)
    name = Path(source).name if isinstance(source, str | Path) else "The table"
    opened = None
    for key in wanted:
        try:
            opened = read_source(source, media="table", id_column=key)
            break
        except UnknownNameError as problem:
            if key == wanted[-1]:
                raise UnknownNameError(
                    f"{name} has no column with the ids of the assets: {problem.message}",
                    remedy="Name the column with the ids id, or say which one it is.",
                ) from None
    assert opened is not None
    told = reporting(opened.candidates, progress, f"Reading {name}", opened.total)
    rows = [(it.id, dict(it.features or {})) for it in told]
    if opened.report.problems:
        first = opened.report.problems[0]
        unusable = counted(len(opened.report.problems), "row")
        raise InvalidInputError(
            f"{unusable} of {name} cannot be used. {first.message}",
            remedy="Mend the rows; nothing was imported.",
        )
    columns = list(rows[0][1])
    cells = [[row.get(column) for _, row in rows] for column in columns]
    return _table([key for key, _ in rows], columns, _cells(cells, columns, name), "", name)


def _cells(columns: Sequence[Sequence[Any]], names: Sequence[str], where: str) -> ArrayLike:
    found = np.empty((len(columns[0]) if columns else 0, len(columns)))
    for at, (cells, name) in enumerate(zip(columns, names, strict=True)):
        try:
            found[:, at] = [np.nan if cell is None else cell for cell in cells]
        except (TypeError, ValueError):
            raise InvalidInputError(
                f"The column {name!r} of {where} holds something that is no number.",
                remedy="Leave out columns that are neither the id nor a number.",
            ) from None
    return found


def _table(
    ids: Sequence[str], columns: Sequence[str] | None, values: ArrayLike, kind: str, where: str
) -> ScoreTable:
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) != len(ids) or not matrix.size:
        raise _unlike(where, len(ids), matrix.shape)
    if columns is not None and len(columns) != matrix.shape[1]:
        raise InvalidInputError(
            f"{where} names {len(columns)} columns and has {matrix.shape[1]}.",
            remedy="Name each column once.",
        )
    odd = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(odd):
        raise InvalidInputError(
            f"{where} holds a gap, NaN or infinity in {counted(len(odd), 'row')}, the first "
            f"that of {ids[int(odd[0])]!r}.",
            remedy="Give a number in each cell; nothing was imported.",
        )
    if len(set(ids)) != len(ids):
        twice = Counter(ids).most_common(1)[0][0]
        raise InvalidInputError(f"{where} has {twice!r} twice.", remedy="Give each asset once.")
    names = None if columns is None else tuple(columns)
    return ScoreTable(ids=tuple(ids), columns=names, values=matrix, kind=kind)


def _one_of(where: str, wanted: Sequence[str], there: Sequence[str]) -> str:
    for name in wanted:
        if name in there:
            return name
    raise UnknownNameError(
        f"{where} holds {list(there)[:12]}, but nothing called {' or '.join(wanted)}.",
        remedy=f"Call it {wanted[0]}.",
    )
