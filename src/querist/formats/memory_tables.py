"""Tables in memory: pandas and polars DataFrames by their shape, lists of dicts, lists of texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError
from querist.formats.base import LossReport, ReadOptions, ReadReport, Source, register
from querist.formats.label_row import LabelRow
from querist.formats.rows import TableRow, source_of_rows, with_columns
from querist.schema import Media

_NAMES = {str}


class _InMemory:
    """What both tables in memory share: they are read, never written."""

    suffixes: tuple[str, ...] = ()
    reads = frozenset(Media)
    writes = False

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:  # noqa: ARG002
        """Refuse: it is no file."""
        raise _no_file()

    def read_labels(self, path: Path) -> Iterator[LabelRow]:  # noqa: ARG002
        """Refuse: it is no file."""
        raise _no_file()


@register
class DataFrameFormat(_InMemory):
    """A DataFrame of pandas or polars; neither is imported, columns are asked for by name."""

    name = "dataframe"
    summary = "DataFrame of pandas or polars"

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` has named columns and a length, and is no plain container."""
        return (
            hasattr(source, "columns")
            and hasattr(source, "shape")
            and hasattr(source, "__getitem__")
            and not isinstance(source, type)
        )

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Offer the rows of ``source``."""
        columns = list(source.columns)
        odd = [column for column in columns if not isinstance(column, str)]
        if odd:
            raise InvalidInputError(
                f"The DataFrame has columns that are not text: {odd[:8]}.",
                remedy="Name them, for example with df.columns = df.columns.astype(str).",
            )
        if not len(source):
            raise InvalidInputError("The DataFrame has no rows.", remedy="Give one with rows.")
        return source_of_rows(
            _frame_rows(source, columns),
            name="The DataFrame",
            columns=columns,
            total=len(source),
            options=options,
            report=ReadReport(),
        )


@register
class RecordsFormat(_InMemory):
    """A list of dicts, one a row; or a list of texts."""

    name = "records"
    summary = "Python list of dicts, or of texts"

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is a list or tuple."""
        return isinstance(source, (list, tuple))

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Offer the rows of ``source``."""
        if not source:
            raise InvalidInputError("The list is empty.", remedy="Give at least one dict.")
        report = ReadReport()
        rows, columns = with_columns(_records(source, options.media, report))
        if not columns:
            raise InvalidInputError(
                f"The list holds {type(source[0]).__name__} values, not dicts with keys.",
                remedy="Give one dict a row.",
            )
        return source_of_rows(
            rows,
            name="The list",
            columns=columns,
            total=len(source),
            options=options,
            report=report,
        )


def _is_record(item: Any) -> bool:
    if type(item) is dict and {*map(type, item)} == _NAMES:
        return True  # as nearly always, in half the time
    return isinstance(item, Mapping) and bool(item) and all(isinstance(key, str) for key in item)


def _frame_rows(frame: Any, columns: list[str]) -> Iterator[TableRow]:
    cells = zip(*(frame[column] for column in columns), strict=True)
    for number, row in enumerate(cells, start=1):
        values = dict(zip(columns, row, strict=True))
        yield TableRow(number=number, place=f"row {number}", values=values)


def _records(source: Iterable[Any], media: Media, report: ReadReport) -> Iterator[TableRow]:
    for number, item in enumerate(source, start=1):
        place = f"row {number}"
        if isinstance(item, str) and media is Media.TEXT:
            yield TableRow(number=number, place=place, values={"text": item})
        elif _is_record(item):
            yield TableRow(number=number, place=place, values=item)
        else:
            report.leave_out(
                f"row-{number:06d}",
                "invalid",
                f"Row {number}: {type(item).__name__}, not a dict with text keys.",
            )


def _no_file() -> InvalidInputError:
    return InvalidInputError(
        "A table in memory is no file to write to.", remedy="Use csv, jsonl or parquet."
    )
