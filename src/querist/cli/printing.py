"""How the command line prints: tables, progress bars, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from querist.schema import to_json

if TYPE_CHECKING:
    from querist.engine.base import Progress as Report

output = Console(soft_wrap=True, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def print_json(value: Any) -> None:
    """Print ``value`` as one JSON document, for programs."""
    output.print_json(json.dumps(to_json(value), ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; numbers are right-aligned."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    listed = [list(row) for row in rows]
    for i, column in enumerate(columns):
        numbers = bool(listed) and all(isinstance(row[i], (int, float)) for row in listed)
        table.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in listed:
        table.add_row(*(_cell(value) for value in row))
    output.print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value).replace("[", "\\[")


@contextmanager
def progress_bar() -> Iterator[Report]:
    """A progress bar on standard error; the value is a Progress for the rooms below."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("Starting", total=None)

        def report(done: int, total: int | None = None, message: str = "") -> None:
            bar.update(task, completed=done, total=total, description=message or "Working")

        yield report
