"""JSON Lines: one object a line, read line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError
from querist.formats.base import LossReport, ReadOptions, ReadReport, Source, register
from querist.formats.files import LossCounter, check_is_text, existing_file, replacing
from querist.formats.label_row import LabelRow, from_record, to_record
from querist.formats.rows import TableRow, source_of_rows, with_columns
from querist.schema import Media


@register
class JsonlFormat:
    """One JSON object a line, UTF-8; keys are columns, and the first 1,000 lines name them."""

    name = "jsonl"
    summary = "One JSON object a line"
    suffixes: tuple[str, ...] = (".jsonl", ".ndjson")
    reads = frozenset(Media)
    writes = True

    def accepts(self, source: Any) -> bool:
        """Whether ``source`` is a path that ends as such files do."""
        return isinstance(source, (str, Path)) and Path(source).suffix.lower() in self.suffixes

    def read(self, source: Any, options: ReadOptions) -> Source:
        """Open the file ``source``."""
        path = existing_file(Path(source))
        check_is_text(path)
        with path.open("rb") as file:
            total = sum(1 for line in file if line.strip())
        report = ReadReport()
        rows, columns = with_columns(_rows(path, report))
        if not columns:
            complaint = report.problems[0].message if report.problems else "It has no rows."
            raise InvalidInputError(
                f"The file {path.name!r} holds no usable row. {complaint}",
                remedy="Give one JSON object a line.",
            )
        return source_of_rows(
            rows,
            name=path.name,
            columns=columns,
            total=total,
            options=replace(options, folder=path.resolve().parent),
            report=report,
        )

    def write_labels(self, rows: Iterable[LabelRow], path: Path) -> LossReport:
        """Write ``rows``, one object a line, with all columns in each."""
        counter = LossCounter()
        with replacing(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                record = to_record(row)
                for column in ("seconds", "propensity"):
                    record[column] = counter.finite(column, record[column])
                # ASCII escapes hold every text there is, lone surrogates included.
                file.write(json.dumps(record) + "\n")
                counter.written += 1
        return counter.report(path, self.name)

    def read_labels(self, path: Path) -> Iterator[LabelRow]:
        """Read what ``write_labels`` wrote."""
        if path.is_file() and path.stat().st_size == 0:
            return
        check_is_text(existing_file(path))
        report = ReadReport()
        for row in _rows(path, report):
            yield from_record(row.values)
        if report.problems:
            raise InvalidInputError(
                report.problems[0].message, remedy="Give a file that `querist export` wrote."
            )


def _rows(path: Path, report: ReadReport) -> Iterator[TableRow]:
    number = 0
    with path.open("rb") as file:
        for line_number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            number += 1
            found = _object(line.removeprefix(b"\xef\xbb\xbf") if line_number == 1 else line)
            if isinstance(found, str):
                message = f"Line {line_number}: {found}"
                report.leave_out(f"row-{number:06d}", "invalid", message)
            else:
                yield TableRow(number=number, place=f"line {line_number}", values=found)


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        body = json.loads(line.decode())
    except UnicodeDecodeError:
        return "not UTF-8."
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}."
    return body if isinstance(body, dict) and body else "not a JSON object with keys."
