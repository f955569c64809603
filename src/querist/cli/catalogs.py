"""strategies, formats, learners: what is there, with one line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import signature

import typer

from querist.cli.options import JsonOption
from querist.cli.printing import print_json, print_table


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (strategies, learners, formats):
        app.command()(command)


def strategies(json: JsonOption = False) -> None:
    """List the strategies for pools, streams and synthesis, what they need, and their papers."""
    from querist.strategies import create, names, streams
    from querist.strategies.synthesis.base import REGISTRY as SYNTHESIS

    rows = [("pool", s.name, s.summary, _joined(s.needs), s.paper) for s in map(create, names())]
    for flowing in map(streams.create, streams.names()):
        needs = _joined(flowing.needs)
        rows.append(("stream", flowing.name, flowing.summary, needs, flowing.paper))
    for part in SYNTHESIS.classes():
        given = [p.name for p in signature(part).parameters.values() if p.default is p.empty]
        rows.append(("synthesis", part.name, part.summary, ", ".join(given), part.paper))
    _show(["for", "strategy", "what it does", "needs", "paper"], rows, json)


def learners(json: JsonOption = False) -> None:
    """List the learners, with the tasks that they learn, and the encoders."""
    from querist.learners import (
        encoder_class,
        encoder_names,
        learner_class,
        learner_names,
        tasks_learned,
        value_learner_class,
        value_learner_names,
    )

    of_vectors = learner_names()
    rows = []
    for name in sorted({*of_vectors, *value_learner_names()}):
        found = learner_class(name) if name in of_vectors else value_learner_class(name)
        rows.append(("learner", name, found.summary, _joined(tasks_learned(name))))
    rows += [("encoder", name, encoder_class(name).summary, "–") for name in encoder_names()]
    _show(["kind", "name", "what it is", "learns"], rows, json)


def formats(json: JsonOption = False) -> None:
    """List what can be imported and exported."""
    from querist.formats import coco, create, names, yolo

    rows = [
        (f.name, f.summary, ", ".join(sorted(f.reads)) or "–", "yes" if f.writes else "–")
        for f in map(create, names())
    ]
    rows += [(it.NAME, it.SUMMARY, "–", "yes") for it in (coco, yolo)]
    _show(["format", "what it is", "reads", "writes labels"], rows, json)


def _joined(needs: Iterable[str]) -> str:
    return ", ".join(sorted(needs)) or "nothing"


def _show(columns: list[str], rows: Sequence[Sequence[object]], json: bool) -> None:
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)
