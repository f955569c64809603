"""strategies, formats, learners: what is there, with one line each."""

from __future__ import annotations

import typer

from querist.cli.options import JsonOption
from querist.cli.printing import print_json, print_table


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (strategies, learners, formats):
        app.command()(command)


def strategies(json: JsonOption = False) -> None:
    """List the query strategies, what they need, and their papers."""
    from querist.strategies import create, names

    found = [create(name) for name in names()]
    rows = [(s.name, s.summary, ", ".join(sorted(s.needs)) or "nothing", s.paper) for s in found]
    _show(["strategy", "what it does", "needs", "paper"], rows, json)


def learners(json: JsonOption = False) -> None:
    """List the learners and encoders."""
    from querist.learners import describe

    _show(["kind", "name", "what it is"], describe(), json)


def formats(json: JsonOption = False) -> None:
    """List what can be imported and exported."""
    from querist.formats import describe

    _show(["format", "what it is", "reads", "writes"], describe(), json)


def _show(columns: list[str], rows: list[tuple[object, ...]], json: bool) -> None:
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)
