"""strategies, formats, learners: what is there, with one line each."""

from __future__ import annotations

from collections.abc import Sequence

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
    from querist.learners import encoder_class, encoder_names, learner_class, learner_names

    rows = [("learner", name, learner_class(name).summary) for name in learner_names()]
    rows += [("encoder", name, encoder_class(name).summary) for name in encoder_names()]
    _show(["kind", "name", "what it is"], rows, json)


def formats(json: JsonOption = False) -> None:
    """List what can be imported and exported."""
    from querist.formats import create, names

    rows = [
        (f.name, f.summary, ", ".join(sorted(f.reads)) or "–", "yes" if f.writes else "–")
        for f in map(create, names())
    ]
    _show(["format", "what it is", "reads", "writes labels"], rows, json)


def _show(columns: list[str], rows: Sequence[Sequence[object]], json: bool) -> None:
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)
