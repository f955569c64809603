"""ontology: the classes of a project, and changing them while people label."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table
from querist.schema import (
    AddClass,
    MergeClasses,
    OntologyChange,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
)
from querist.schema.wording import counted

NameArgument = Annotated[str, typer.Argument(help="The class.")]
PreviewOption = Annotated[
    bool, typer.Option("--preview", help="Say what it would touch, and change nothing.")
]
AuthorOption = Annotated[str, typer.Option("--author", "-a", help="Who changes it.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="The classes: show, rename, merge, split, retire, add, revert.")
    for command in (show, rename, merge, split, retire, add, revert):
        group.command()(command)
    app.add_typer(group, name="ontology", no_args_is_help=True)


def show(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """List the classes, and every version with its change. Example: querist ontology show."""
    from querist.labeling import in_words

    with open_project(project) as opened:
        now = opened.ontology
        versions = opened.ontology_changes.versions()
    if as_json:
        print_json({"ontology": now, "versions": versions})
        return
    print_table(
        ("class", "key", "description"),
        [(one.name, one.hotkey or "", one.description) for one in now.classes],
    )
    for version in versions:
        words = f": {in_words(version.change)}" if version.change else "."
        who = f" ({version.author})" if version.author else ""
        number = version.ontology.version
        output.print(f"Version {number}, {version.created_at:%Y-%m-%d}{who}{words}", markup=False)


def rename(
    name: NameArgument,
    to: Annotated[str, typer.Argument(help="Its new name.")],
    preview: PreviewOption = False,
    author: AuthorOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Give a class another name. Example: querist ontology rename boot boots --preview."""
    _carry_out(RenameClass(name=name, to=to), project, author, preview)


def merge(
    names: Annotated[list[str], typer.Argument(help="The classes.")],
    into: Annotated[str, typer.Option(help="What they are called together.")],
    preview: PreviewOption = False,
    author: AuthorOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Make one class of several. Example: querist ontology merge boot sandal --into shoe."""
    _carry_out(MergeClasses(names=tuple(names), into=into), project, author, preview)


def split(
    name: NameArgument,
    into: Annotated[list[str], typer.Option(help="A part; give it twice or more.")],
    preview: PreviewOption = False,
    author: AuthorOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Make several classes of one. Example: querist ontology split shoe --into boot --into sandal.

    Its labels are asked for again, the most doubtful first.
    """
    _carry_out(SplitClass(name=name, into=tuple(into)), project, author, preview)


def retire(
    name: NameArgument,
    preview: PreviewOption = False,
    author: AuthorOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Let a class be given no more; its labels are kept. Example: querist ontology retire hat."""
    _carry_out(RetireClass(name=name), project, author, preview)


def add(
    name: NameArgument,
    preview: PreviewOption = False,
    author: AuthorOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Add a class. Example: querist ontology add scarf."""
    _carry_out(AddClass(name=name), project, author, preview)


def revert(
    version: Annotated[int, typer.Argument(min=1, help="The version to go back to.")],
    preview: PreviewOption = False,
    author: AuthorOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Go back to the classes of an earlier version. Example: querist ontology revert 1."""
    _carry_out(RevertOntology(version=version), project, author, preview)


def _carry_out(change: OntologyChange, project: Path, author: str, preview: bool) -> None:
    from querist.labeling import in_words

    with open_project(project) as opened:
        changes = opened.ontology_changes
        found = changes.preview(change) if preview else changes.apply(change, author=author)
    would = "Would touch" if preview else "Touched"
    output.print(in_words(change), markup=False)
    output.print(f"Classes: {', '.join(found.after.names)}.", markup=False)
    output.print(
        f"{would} {counted(found.labels, 'label')} ({found.undecided:,} asked for again, "
        f"{found.set_aside:,} set aside, {found.restored:,} that count again), "
        f"{counted(found.tasks, 'task')}, {counted(found.predictions, 'prediction')}, "
        f"{counted(found.models, 'model')}."
    )
