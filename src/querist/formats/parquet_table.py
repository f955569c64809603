"""Parquet: typed columns, read and written in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from querist.errors import InvalidInputError, MissingDependencyError
from querist.formats.base import LossReport, ReadOptions, ReadReport, Source, register
from querist.formats.files import LossCounter, existing_file, replacing
from querist.formats.label_row import COLUMNS, LabelRow, from_record, text_of, to_record
from querist.formats.rows import TableRow, source_of_rows
from querist.schema import Media

if TYPE_CHECKING:
    import pyarrow.parquet

BATCH_ROWS = 8_192
_TYPES = {"seconds": "float64", "propensity": "float64", "round": "int64"}


@register
class ParquetFormat:
    """Typed columns in one file; the types of its numbers and times are kept."""

    name = "parquet"
    summary = "Typed columns in one Parquet file"
    suffixes: tuple[str, ...] = (".parquet", ".pq")
    reads = frozenset(Media)
    writes = True

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is a path that ends as such files do."""
        return isinstance(source, (str, Path)) and Path(source).suffix.lower() in self.suffixes

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Open the file ``source``."""
        path = existing_file(Path(source))
        file = _open(path)
        total = file.metadata.num_rows
        if not total:
            file.close()
            raise InvalidInputError(
                f"The file {path.name!r} has no rows.", remedy="Give one with rows."
            )
        return source_of_rows(
            _rows(file, path),
            name=path.name,
            columns=list(file.schema_arrow.names),
            total=total,
            options=replace(options, folder=path.resolve().parent),
            report=ReadReport(),
        )

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:
        """Write ``rows`` in batches of 8,192."""
        _, parquet = _libraries()
        schema = _schema()
        counter = LossCounter()
        waiting = iter(rows)
        with replacing(path) as part, parquet.ParquetWriter(part, schema) as writer:
            while batch := [_holdable(row, counter) for row in islice(waiting, BATCH_ROWS)]:
                writer.write_table(_table(batch))
                counter.written += len(batch)
        return counter.report(path, self.name)

    def read_labels(self, path: Path) -> Iterator[LabelRow]:
        """Read what ``write_labels`` wrote."""
        with _open(existing_file(path)) as file:
            for row in _rows(file, path):
                record = dict(row.values)
                moment = record.get("created_at")
                if moment is not None and hasattr(moment, "isoformat"):
                    record["created_at"] = moment.isoformat()
                yield from_record(record)


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependencyError.of("Parquet", "app") from None
    return pyarrow, pyarrow.parquet


def _open(path: Path) -> pyarrow.parquet.ParquetFile:
    pyarrow, parquet = _libraries()
    try:
        return parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise _broken(path, error) from None


def _rows(file: pyarrow.parquet.ParquetFile, path: Path) -> Iterator[TableRow]:
    pyarrow, _ = _libraries()
    number = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH_ROWS):
            for values in batch.to_pylist():
                number += 1
                yield TableRow(number=number, place=f"row {number}", values=values)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _broken(path, error) from None


def _broken(path: Path, error: Exception) -> InvalidInputError:
    return InvalidInputError(
        f"The file {path.name!r} is not readable as Parquet: {error}.",
        remedy="Write it again, or check that it is a Parquet file.",
    )


def _schema() -> Any:
    pyarrow, _ = _libraries()
    types = {name: pyarrow.type_for_alias(alias) for name, alias in _TYPES.items()}
    types["created_at"] = pyarrow.timestamp("us", tz="UTC")
    return pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in COLUMNS])


def _table(batch: list[dict[str, Any]]) -> Any:
    pyarrow, _ = _libraries()
    return pyarrow.Table.from_pylist(batch, schema=_schema())


def _holdable(row: LabelRow, counter: LossCounter) -> dict[str, Any]:
    record = to_record(row)
    if record["label"] is not None:
        record["label"] = text_of(record["label"])
    for column, value in record.items():
        if isinstance(value, str):
            record[column] = counter.encodable(column, value)
    record["created_at"] = row.created_at
    return record
