"""Options that several commands share, and what is checked of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from querist.errors import StorageError

if TYPE_CHECKING:
    from querist.project import Project

ProjectOption = Annotated[
    Path,
    typer.Option("--project", "-p", envvar="QUERIST_PROJECT", help="The project's folder."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AnnotatorOption = Annotated[str, typer.Option("--annotator", "-a", help="Who labels.")]

HERE = Path()


def open_project(folder: Path) -> Project:
    """The project in ``folder``; the platform is loaded here, not when the command line starts."""
    from querist.project import Project

    return Project.open(folder)


def check_folder(path: Path | None) -> None:
    """Refuse a file that cannot be written before hours have gone into it."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise StorageError(
            f"{path} cannot be written: {'it' if path.is_dir() else path.parent} is "
            f"{'a folder' if path.is_dir() else 'no folder'}.",
            remedy="Name a file in a folder that exists.",
        )
