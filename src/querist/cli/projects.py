"""init, add, embed, status."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import errors, output, print_json, print_table, progress_bar
from querist.schema import AddReport
from querist.schema.wording import counted, in_money

if TYPE_CHECKING:
    from querist.loop import Compute

MAX_PROBLEMS = 20


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (init, add, embed, status):
        app.command()(command)


def init(
    folder: Annotated[Path, typer.Argument(help="Where the project will live.")],
    classes: Annotated[
        list[str] | None, typer.Option("--class", "-c", help="A class name; repeat for each.")
    ] = None,
    media: Annotated[str, typer.Option(help="image, text or table.")] = "image",
    task: Annotated[str, typer.Option(help="What is asked about each asset.")] = "classification",
    records: Annotated[
        str | None,
        typer.Option(help="postgresql://… URL or env:NAME; SQLite in the folder by default."),
    ] = None,
) -> None:
    """Make a new project. Example: querist init shop --class shirt --class boot."""
    from querist.project import Project

    with Project.create(folder, task=task, media=media, classes=classes or [], records=records):
        made = shlex.quote(str(folder))
        output.print(f"Made project {folder}. Next: querist add FOLDER -p {made}", markup=False)


def add(
    source: Annotated[str, typer.Argument(help="A folder of images, or a CSV, Parquet, … file.")],
    project: ProjectOption = HERE,
    id_column: Annotated[str | None, typer.Option(help="Column with the ids.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column with the texts.")] = None,
    image_column: Annotated[str | None, typer.Option(help="Column with image paths.")] = None,
    label_column: Annotated[
        str | None, typer.Option(help="Column with labels that people have given.")
    ] = None,
    metadata_column: Annotated[
        list[str] | None,
        typer.Option(
            help="Column of a table that no model learns from: to filter and slice by; repeat."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Add assets; run again to resume. Example: querist add photos/ -p shop."""
    options = {
        "id_column": id_column,
        "text_column": text_column,
        "image_column": image_column,
        "label_column": label_column,
        "metadata_columns": tuple(metadata_column) if metadata_column else None,
    }
    given = {key: value for key, value in options.items() if value is not None}
    with open_project(project) as opened:
        with progress_bar() as progress:
            report = opened.add(source, progress=progress, **given)
        if json:
            print_json(report)
        else:
            print_report(report)


def print_report(report: AddReport) -> None:
    """Print what went in and what did not."""
    rate = report.added / report.seconds if report.seconds else 0.0
    output.print(
        f"Added {counted(report.added, 'asset')} in {report.seconds:.1f} s ({rate:,.0f}/s); "
        f"{report.present:,} were there already; {len(report.problems):,} problems."
    )
    for problem in report.problems[:MAX_PROBLEMS]:
        errors.print(f"  {problem.kind}: {problem.name}: {problem.message}", markup=False)
    if len(report.problems) > MAX_PROBLEMS:
        errors.print(f"  … and {len(report.problems) - MAX_PROBLEMS:,} more (--json lists all).")


def embed(project: ProjectOption = HERE) -> None:
    """Give a vector to every asset that has none; run again to resume."""
    with open_project(project) as opened:
        with progress_bar() as progress:
            made = opened.embed(progress=progress)
        output.print(f"Embedded {counted(made, 'asset')}.")


def status(project: ProjectOption = HERE, json: JsonOption = False) -> None:
    """Say where the project stands and what Querist advises."""
    with open_project(project) as opened:
        found = opened.status()
        currency = opened.settings.policy.currency
        held = sum(one.holding for one in opened.autolabel.history())
    if json:
        print_json(found)
        return
    output.print(f"[bold]{found.sentence}[/]")
    if found.advice:
        for reason in found.advice.reasons:
            output.print(f"  {reason}", markup=False)
    print_table(
        ["what", "count"],
        [
            ("assets", found.assets),
            ("labelled", found.labeled),
            *([("auto-labelled", held)] if held else []),
            ("training labels", found.trained_on),
            ("audit labelled", f"{found.audit_labeled} of {found.audit_wanted}"),
            ("open tasks", found.open_tasks),
            ("rounds", len(found.rounds)),
            *_computed(found.compute, currency),
        ],
    )


def _computed(used: Compute, currency: str | None) -> list[tuple[str, str]]:
    """What the machine was used for, beside one training on all assets."""
    if not used.seconds:
        return []
    spent = _told(used.seconds, used.money, currency)
    lines = [("compute so far", f"{spent}, {used.examples:,} examples")]
    if used.full_seconds is not None:
        full = _told(used.full_seconds, used.full_money, currency)
        lines.append(("one training on all", f"about {full}"))
    return lines


def _told(seconds: float, cost: float | None, currency: str | None) -> str:
    return f"{seconds:,.1f} s" + ("" if cost is None else f", {in_money(cost, currency)}")
