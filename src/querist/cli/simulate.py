"""simulate: prove a strategy on labelled data, offline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from querist.cli.printing import output, print_table, progress_bar
from querist.errors import StorageError

if TYPE_CHECKING:
    from querist.experiments import LabeledData


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(simulate)


def simulate(
    data: Annotated[str, typer.Argument(help="An .npz, CSV or Parquet file, or a project.")],
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", "-s", help="An arm; repeat for each.")
    ] = None,
    batch: Annotated[int, typer.Option(help="Labels a round.")] = 20,
    rounds: Annotated[int, typer.Option(help="Rounds.")] = 15,
    seeds: Annotated[int, typer.Option(help="Paired seeds.")] = 8,
    learner: Annotated[str, typer.Option(help="The learner.")] = "logistic-regression",
    label_column: Annotated[str | None, typer.Option(help="Column with the labels.")] = None,
    out: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this JSON file.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a page with the curves to this HTML file.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with a simulation that was stopped.")] = False,
) -> None:
    """Compare strategies with random on labelled data.

    Example: querist simulate iris.npz --strategy auto --strategy margin --json out.json.
    """
    from querist.experiments import SimulationSettings, run_simulation
    from querist.experiments.report import simulation_report

    settings = SimulationSettings(
        strategies=tuple(strategy or ["auto"]),
        batch_size=batch,
        rounds=rounds,
        seeds=seeds,
        learner=learner,
    )
    kept = None if out is None else out.with_suffix(".runs.jsonl")
    if kept is not None and not resume:
        kept.unlink(missing_ok=True)
    with progress_bar() as progress:
        result = run_simulation(
            _load(data, label_column), settings, resume_file=kept, progress=progress
        )
    _print(result)
    if out is not None:
        _write(out, json.dumps(result, indent=1))
    if report is not None:
        _write(report, simulation_report(result))


def _load(data: str, label_column: str | None) -> LabeledData:
    from querist.experiments import load_data

    if not (Path(data) / "querist.toml").exists():
        return load_data(data, label_column=label_column)
    from querist.loop import labeled_arrays
    from querist.project import Project

    with Project.open(data) as project:
        return labeled_arrays(project.catalog)


def _print(result: dict[str, Any]) -> None:
    print_table(
        ["strategy", "mean accuracy", "gain over random", "95 % interval", "wins", "losses"],
        (
            (
                row["strategy"],
                row["aulc_mean"],
                row["aulc_gain"],
                "{:+.4f} to {:+.4f}".format(*row["gain_ci"]),
                row["wins"],
                row["losses"],
            )
            for row in result["comparison"]
        ),
    )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror}.", remedy="Give a path you may write to."
        ) from error
    output.print(f"Wrote {path}.", markup=False)
