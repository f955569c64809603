"""serve, worker: the only commands that know the server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from querist.cli.options import HERE, open_project


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(serve)
    app.command(hidden=True)(worker)


def serve(
    project: Annotated[Path, typer.Argument(help="The project's folder.")] = HERE,
    host: Annotated[
        str, typer.Option(help="Address to bind to; loopback by default.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one.")] = 8321,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Serve the web app; prints a URL with a one-time token. Example: querist serve shop."""
    from querist.server import serve as run

    with open_project(project) as opened:
        run(opened, host=host, port=port, open_browser=browser)


def worker(project: Annotated[Path, typer.Argument()] = HERE) -> None:
    """Run queued jobs until the parent process ends; started by the server."""
    from querist.engine import run_worker, until_parent_ends

    with open_project(project) as opened:
        store = opened.catalog.records.jobs
        run_worker(store, opened.handlers, name="worker", stop=until_parent_ends())
    sys.exit(0)
