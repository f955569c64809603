"""label, import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from querist.cli.options import HERE, AnnotatorOption, ProjectOption, open_project
from querist.cli.printing import errors, output


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(label)
    app.command(name="import")(import_labels)
    app.command()(export)


def label(
    asset_id: Annotated[str, typer.Argument(help="The asset.")],
    name: Annotated[str, typer.Argument(help="Its class.")],
    annotator: AnnotatorOption = "me",
    version: Annotated[
        int | None, typer.Option(help="The version you saw; a newer one is a conflict.")
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Label one asset. Example: querist label img-7 boot."""
    with open_project(project) as opened:
        stored = opened.labels.submit(asset_id, name, annotator=annotator, expected_version=version)
    output.print(f"{asset_id} is {name} (version {stored.version}).", markup=False)


def import_labels(
    source: Annotated[str, typer.Argument(help="A file with ids and labels.")],
    label_column: Annotated[str, typer.Option(help="Column with the labels.")] = "label",
    id_column: Annotated[str | None, typer.Option(help="Column with the ids.")] = None,
    project: ProjectOption = HERE,
) -> None:
    """Import labels of assets that are here already. Example: querist import old.csv."""
    with open_project(project) as opened:
        stored, report = opened.import_labels(
            source, label_column=label_column, id_column=id_column
        )
    output.print(f"Imported {stored:,} labels.")
    for problem in report.problems:
        errors.print(f"  {problem.kind}: {problem.name}: {problem.message}", markup=False)


def export(
    path: Annotated[Path, typer.Argument(help="A .csv, .jsonl or .parquet file.")],
    project: ProjectOption = HERE,
) -> None:
    """Write the labels to a file. Example: querist export labels.csv."""
    with open_project(project) as opened:
        report = opened.export(path)
    output.print(f"Wrote {report.written:,} labels to {path}.", markup=False)
    for loss in report.losses:
        output.print(f"  not kept: {loss}", markup=False)
