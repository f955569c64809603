"""CSV and other text tables with a header: read row by row, twice, never whole."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from querist.errors import InvalidInputError
from querist.formats.base import LossReport, ReadOptions, ReadReport, Source, register
from querist.formats.files import LossCounter, check_is_text, existing_file, replacing
from querist.formats.label_row import COLUMNS, LabelRow, from_record, text_of, to_record
from querist.formats.rows import TableRow, source_of_rows, verbatim_columns
from querist.formats.scalars import Kind, kinds_of_columns, parse_cell
from querist.schema import Media

DELIMITERS = (",", "\t", ";", "|")
LONGEST_CELL = 16 * 1024 * 1024


@register
class CsvFormat:
    """Comma-separated rows with a header, UTF-8.

    The first pass over a file counts its rows and finds the columns of numbers, the second gives
    the rows: memory stays flat however long the file is. Cells are written as they are, so that
    reading gives the same labels again; text that a spreadsheet would run is told as a warning.
    """

    name = "csv"
    summary = "Table in a text file with a header; parted by comma, semicolon, tab or bar"
    suffixes: tuple[str, ...] = (".csv", ".tsv")
    reads = frozenset(Media)
    writes = True

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is a path that ends as such files do."""
        return isinstance(source, (str, Path)) and Path(source).suffix.lower() in self.suffixes

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Open the table ``source``."""
        path = existing_file(Path(source))
        check_is_text(path)
        table = _Table(path, options.delimiter)
        keep = verbatim_columns(path.name, table.columns, options)
        kinds, total = kinds_of_columns((cells for _, cells in table.rows(None)), table.width)
        if not total:
            raise InvalidInputError(
                f"The file {path.name!r} has a header and no rows.", remedy="Give one with rows."
            )
        kinds = [
            Kind.TEXT if column in keep else kind
            for column, kind in zip(table.columns, kinds, strict=True)
        ]
        report = ReadReport()
        if table.unnamed:
            report.note(f"Columns without a name are called {', '.join(table.unnamed)}.")
        return source_of_rows(
            _typed(table, kinds, report),
            name=path.name,
            columns=table.columns,
            total=total,
            options=_beside(options, path),
            report=report,
        )

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:
        """Write ``rows`` with a header."""
        counter = LossCounter()
        with (
            replacing(path) as part,
            part.open("w", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in rows:
                record = to_record(row)
                if record["label"] is not None:
                    record["label"] = text_of(record["label"])
                for column in ("seconds", "propensity"):
                    record[column] = counter.finite(column, record[column])
                writer.writerow([counter.cell(column, record[column]) for column in COLUMNS])
                counter.written += 1
        return counter.report(path, self.name)

    def read_labels(self, path: Path) -> Iterator[LabelRow]:
        """Read what ``write_labels`` wrote."""
        check_is_text(existing_file(path))
        table = _Table(path, ",")
        report = ReadReport()
        for place, cells in table.rows(report):
            record: dict[str, Any] = {
                column: cell or None for column, cell in zip(table.columns, cells, strict=True)
            }
            yield from_record(_with_numbers(record, place))
        if report.problems:
            raise InvalidInputError(
                report.problems[0].message, remedy="Give a file that `querist export` wrote."
            )


def _beside(options: ReadOptions, path: Path) -> ReadOptions:
    from dataclasses import replace

    return replace(options, folder=path.resolve().parent)


def _with_numbers(record: dict[str, Any], place: str) -> dict[str, Any]:
    for column, kind in (("seconds", float), ("propensity", float), ("round", int)):
        cell = record.get(column)
        if cell is None:
            continue
        try:
            record[column] = kind(cell)
        except ValueError:
            raise InvalidInputError(
                f"{place.capitalize()}: {column!r} is {cell!r}, not a number.",
                remedy="Give a file that `querist export` wrote.",
            ) from None
    return record


def _typed(table: _Table, kinds: list[Kind], report: ReadReport) -> Iterator[TableRow]:
    columns = table.columns
    for number, (place, cells) in enumerate(table.rows(report), start=1):
        if cells:
            values = {
                column: parse_cell(cell, kind)
                for column, cell, kind in zip(columns, cells, kinds, strict=True)
            }
            yield TableRow(number=number, place=place, values=values)


class _Table:
    """A text table on disk: its columns, and its rows as often as they are wanted."""

    def __init__(self, path: Path, delimiter: str | None) -> None:
        self._path = path
        with self._open() as file:
            first = file.readline()
            self._delimiter = delimiter or max(DELIMITERS, key=first.count)
            file.seek(0)
            _, header = next(self._records(_Lines(file)), ("", []))
        if not header or not any(cell.strip() for cell in header):
            raise InvalidInputError(
                f"The first line of {path.name!r} names no columns.",
                remedy="Give a table whose first line names its columns, in UTF-8.",
            )
        self.unnamed = [f"column_{i}" for i, cell in enumerate(header, 1) if not cell.strip()]
        self.columns = [cell.strip() or f"column_{i}" for i, cell in enumerate(header, 1)]
        self.width = len(header)

    def rows(self, report: ReadReport | None) -> Iterator[tuple[str, list[str]]]:
        """Place and cells of each row; a row that cannot be used has no cells and is reported."""
        # Texts may be long; the limit only stops a quote that is never closed.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
        with self._open() as file:
            records = self._records(_Lines(file))
            next(records)
            for number, (place, found) in enumerate(records, start=1):
                complaint = found if isinstance(found, str) else self._complaint(found)
                if complaint is None:
                    assert isinstance(found, list)
                    yield place, found
                    continue
                if report is not None:
                    message = f"{place.capitalize()}: {complaint}"
                    report.leave_out(f"row-{number:06d}", "invalid", message)
                yield place, []

    def _open(self) -> TextIO:
        return self._path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _complaint(self, cells: list[str]) -> str | None:
        if len(cells) != self.width:
            return f"{len(cells)} cells, the header has {self.width}."
        try:
            "".join(cells).encode()
        except UnicodeEncodeError:
            return "not UTF-8."
        return None

    def _records(self, lines: _Lines) -> Iterator[tuple[str, list[str] | str]]:
        reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
        while True:
            lines.mark()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                # A quote that is not closed swallows good rows: give all but its line back.
                yield f"line {lines.rewind()}", f"{error}."
                continue
            if cells:
                yield f"line {lines.start}", cells


class _Lines:
    """Lines of a file that can be given back, with their numbers."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._taken: list[str] = []
        self._again: list[str] = []
        self._next = 1
        self.start = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._file)
        self._taken.append(line)
        self._next += 1
        return line

    def mark(self) -> None:
        """A record begins at the next line."""
        self.start = self._next
        self._taken.clear()

    def rewind(self) -> int:
        """Give back all lines of the record but its first, whose number is returned."""
        self._again.extend(reversed(self._taken[1:]))
        self._next = self.start + 1
        return self.start
