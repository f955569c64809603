"""The `querist` command: its groups of commands and how errors reach the terminal."""

from __future__ import annotations

import sys

import typer

from querist import __version__
from querist.cli import (
    autolabel,
    catalogs,
    chat,
    compare,
    demo,
    experiment,
    labels,
    ontology,
    people,
    projects,
    quality,
    review,
    rounds,
    serve,
    simulate,
    slices,
    stream,
    team,
    workforce,
)
from querist.cli.printing import errors
from querist.errors import (
    MissingDependencyError,
    QueristError,
    StorageError,
    is_disk,
    is_platform,
)

app = typer.Typer(
    name="querist",
    help="Active learning that asks for the labels that matter, and proves what that saved.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Active learning that asks for the labels that matter, and proves what that saved."""
    if version:
        print(__version__)  # noqa: T201 - the command line prints
        raise typer.Exit


for module in (
    demo,
    projects,
    rounds,
    compare,
    slices,
    labels,
    chat,
    review,
    autolabel,
    quality,
    ontology,
    team,
    workforce,
    serve,
    people,
    experiment,
    simulate,
    stream,
    catalogs,
):
    module.add_to(app)


def main() -> None:
    """Run the command line; a Querist error becomes two lines and an exit code, no traceback."""
    try:
        app()
    except QueristError as error:
        _leave(error)
    except OSError as error:
        if not is_disk(error):
            raise
        _leave(StorageError.of(error))
    except ModuleNotFoundError as error:
        if not is_platform(error.name):
            raise
        _leave(MissingDependencyError.of("This command", "app"))


def _leave(error: QueristError) -> None:
    errors.print(f"[bold red]Error:[/] {_plain(error.message)}")
    errors.print(f"  {_plain(error.remedy)}")
    sys.exit(error.exit_code)


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
