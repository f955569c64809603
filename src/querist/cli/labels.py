"""label, import, import-predictions, import-embeddings, zero-shot, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from querist.cli.options import HERE, AnnotatorOption, JsonOption, ProjectOption, open_project
from querist.cli.printing import errors, output, print_json, progress_bar
from querist.errors import InvalidInputError
from querist.schema import TaskKind
from querist.schema.wording import counted, percent


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(label)
    app.command(name="import")(import_labels)
    app.command(name="import-predictions")(import_predictions)
    app.command(name="import-embeddings")(import_embeddings)
    app.command(name="zero-shot")(zero_shot)
    app.command()(export)


def label(
    asset_id: Annotated[str, typer.Argument(help="The asset.")],
    names: Annotated[
        list[str],
        typer.Argument(help="Its class; where assets have sets, each of them, or [] for none."),
    ],
    annotator: AnnotatorOption = "me",
    version: Annotated[
        int | None, typer.Option(help="The version you saw; a newer one is a conflict.")
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Label one asset. Examples: querist label img-7 boot; of sets: querist label img-7 boot wet.

    A number has a point: querist label img-7 1.5.
    """
    with open_project(project) as opened:
        if len(names) > 1 and opened.settings.task is not TaskKind.MULTI_LABEL:
            raise InvalidInputError(
                f"{len(names)} labels are given for {asset_id!r}: {', '.join(names)}.",
                remedy="Give one here; put a name with blanks into quotes.",
            )
        label = names if len(names) > 1 else names[0]
        stored = opened.labels.submit(
            asset_id, label, annotator=annotator, expected_version=version
        )
    output.print(f"{asset_id} is {', '.join(names)} (version {stored.version}).", markup=False)


def import_labels(
    source: Annotated[
        str,
        typer.Argument(help="A file with ids and labels; of boxes and polygons also COCO's .json."),
    ],
    label_column: Annotated[str, typer.Option(help="Column with the labels.")] = "label",
    id_column: Annotated[str | None, typer.Option(help="Column with the ids.")] = None,
    project: ProjectOption = HERE,
) -> None:
    """Import labels of assets that are here already. Example: querist import old.csv."""
    with open_project(project) as opened:
        stored, report = opened.import_labels(
            source, label_column=label_column, id_column=id_column
        )
    output.print(f"Imported {counted(stored, 'label')}.")
    if kept := report.counts.get("kept"):
        output.print(f"Kept what people decided here of {counted(kept, 'asset')}.")
    for problem in report.problems:
        errors.print(f"  {problem.kind}: {problem.name}: {problem.message}", markup=False)


def import_predictions(
    source: Annotated[str, typer.Argument(help="Ids and a number for each class, or labels.")],
    name: Annotated[str, typer.Option(help="What to call the model.")] = "",
    logits: Annotated[bool, typer.Option("--logits", help="The numbers are logits.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="The file may leave out assets.")
    ] = False,
    id_column: Annotated[str | None, typer.Option(help="Column with the ids.")] = None,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make a model of its predictions. Example: querist import-predictions said.csv."""
    with open_project(project) as opened:
        one_class = opened.settings.task is TaskKind.CLASSIFICATION
        with progress_bar() as progress:
            found = opened.models.import_predictions(
                source,
                name=name,
                logits=logits,
                partial=partial,
                id_column=id_column,
                progress=progress,
            )
    if as_json:
        print_json(found)
        return
    output.print(f"{found.model.id} tells of {counted(found.told, 'asset')}.", markup=False)
    if found.missing:
        who = "A stand-in answers" if one_class else "Nothing is suggested"
        output.print(f"{who} for {found.missing:,} that the file leaves out.")
    if found.unknown_classes:
        output.print(f"Never said: {', '.join(found.unknown_classes)}.", markup=False)
    if found.evaluation is not None:
        from querist.schema.measure import called

        measured = found.evaluation.accuracy
        told = "right" if one_class else called(found.evaluation.headline)
        output.print(f"{measured} {told} on the audit set of {measured.count:,}.", markup=False)


def zero_shot(
    describe: Annotated[
        list[str] | None, typer.Option(help="CLASS=WORDS to read in place of its name; repeat.")
    ] = None,
    example: Annotated[
        list[str] | None, typer.Option(help="CLASS=ASSET that shows a class; repeat.")
    ] = None,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Suggest classes before the first training. Example: querist zero-shot --example boot=img-7.

    Texts go by the names of the classes or what --describe says; anything goes by examples.
    """
    examples: dict[str, list[str]] = {}
    for name, asset_id in _pairs(example):
        examples.setdefault(name, []).append(asset_id)
    with open_project(project) as opened:
        told_of = dict(_pairs(describe)) or None
        with progress_bar() as progress:
            found = opened.models.zero_shot(
                describe=told_of, examples=examples or None, progress=progress
            )
    if as_json:
        print_json(found)
        return
    told = len(found.by_name) + len(found.by_example)
    output.print(
        f"{found.model.id} suggests {told} classes until the first training; near neighbours share "
        f"their guess in {percent(found.agreement, 0)}.",
        markup=False,
    )
    if found.without:
        output.print(f"Never guessed: {', '.join(found.without)}.", markup=False)


def _pairs(given: list[str] | None) -> list[tuple[str, str]]:
    found = []
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InvalidInputError(
                f"{text!r} names no class and value.", remedy="Write CLASS=VALUE."
            )
        found.append((name.strip(), value.strip()))
    return found


def import_embeddings(
    source: Annotated[str, typer.Argument(help="Ids and the numbers of a vector.")],
    name: Annotated[str, typer.Option(help="What to call the encoder.")],
    version: Annotated[str, typer.Option(help="Another where vectors change.")] = "1",
    use: Annotated[
        bool, typer.Option("--use/--no-use", help="Use them from now on, by querist.toml.")
    ] = True,
    id_column: Annotated[str | None, typer.Option(help="Column with the ids.")] = None,
    project: ProjectOption = HERE,
) -> None:
    """Import vectors. Example: querist import-embeddings vectors.npz --name clip."""
    with open_project(project) as opened, progress_bar() as progress:
        found = opened.models.import_embeddings(
            source, name=name, version=version, use=use, id_column=id_column, progress=progress
        )
    output.print(
        f"Stored {found.stored:,} vectors of {found.dimensions} numbers as {found.encoder}.",
        markup=False,
    )
    if use:
        output.print("The project uses them from now on; restart a server that runs.")


def export(
    path: Annotated[
        Path,
        typer.Argument(
            help="A .csv, .jsonl or .parquet file; of boxes and polygons also .json (COCO) "
            "or .zip (YOLO)."
        ),
    ],
    earlier: Annotated[
        bool, typer.Option("--earlier", help="Keep labels of split or retired classes as given.")
    ] = False,
    project: ProjectOption = HERE,
) -> None:
    """Write the labels to a file. Examples: querist export labels.csv, querist export coco.json."""
    with open_project(project) as opened:
        report = opened.export(path, earlier=earlier)
    output.print(f"Wrote {counted(report.written, 'label')} to {path}.", markup=False)
    for warning in report.warnings:
        errors.print(warning, markup=False)
    for loss in report.losses:
        output.print(f"  not kept: {loss}", markup=False)
