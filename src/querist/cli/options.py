"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
