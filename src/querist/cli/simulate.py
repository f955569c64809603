"""simulate: prove a strategy on labelled data, offline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from querist.cli.options import check_folder
from querist.cli.orders import compare_orders
from querist.cli.printing import errors, output, print_table, progress_bar
from querist.errors import InvalidInputError

if TYPE_CHECKING:
    from querist.experiments import LabeledData, Simulation

DASH = "\N{EN DASH}"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    examples = (
        "Examples: querist simulate iris.npz -s auto -s margin --json out.json; "
        "querist simulate iris.npz --order easy-first --order balanced"
    )
    app.command(epilog=examples)(simulate)


def simulate(  # noqa: PLR0913, PLR0917 - each option is an argument
    data: Annotated[
        str,
        typer.Argument(
            help="An .npz (X, y, optional split with 1 = test), a folder of X.npy and y.npy, "
            "a CSV or Parquet file with a label column, or a project."
        ),
    ],
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            "-s",
            help="An arm, such as margin or power-margin:beta=2; repeat for each. Random always "
            "joins. Default: auto.",
        ),
    ] = None,
    batch: Annotated[int, typer.Option(help="Labels a round.")] = 20,
    rounds: Annotated[int, typer.Option(help="Rounds.")] = 15,
    seeds: Annotated[int, typer.Option(help="Paired seeds: each gives all arms one split.")] = 8,
    learner: Annotated[str, typer.Option(help="The learner.")] = "logistic-regression",
    label_column: Annotated[str | None, typer.Option(help="Column with the labels.")] = None,
    out: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this JSON file.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a page with curves and tables to this HTML file.")
    ] = None,
    png: Annotated[
        Path | None, typer.Option(help="Write the curves as a picture to this PNG file.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes that run side by side.")] = 1,
    resume: Annotated[
        bool, typer.Option(help="Go on with a simulation that was stopped; needs --json.")
    ] = False,
    order: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare orders of feeding a model that learns in steps instead: easy-first, "
            "hard-first, balanced, by-class, as-given, each perhaps with +replay; repeat for each."
        ),
    ] = None,
    against: Annotated[str, typer.Option(help="The order that orders are compared with.")] = (
        "random"
    ),
) -> None:
    """Compare strategies with random on labelled data, or orders in which a model is fed.

    Every arm asks for labels round by round and is compared with random seed by seed.
    """
    from querist.experiments import Simulation, SimulationSettings, check_picture, run_simulation

    if order:
        if strategy or report or png or resume:
            raise InvalidInputError(
                "Orders and strategies are compared one at a time.",
                remedy="Give --order with --against, --seeds and --json only.",
            )
        check_folder(out)
        compare_orders(_load(data, label_column), order, against=against, seeds=seeds, out=out)
        return
    settings = SimulationSettings(
        strategies=tuple(strategy or ["auto"]),
        batch_size=batch,
        rounds=rounds,
        seeds=seeds,
        learner=learner,
    )
    if png is not None:
        check_picture()
    for path in (out, report, png):
        check_folder(path)
    kept = _kept(out, resume)
    rows = _load(data, label_column)
    try:
        with progress_bar() as progress:
            result = run_simulation(
                rows, settings, resume_file=kept, anew=not resume, jobs=jobs, progress=progress
            )
    except KeyboardInterrupt:
        _stopped(kept)
        raise typer.Exit(130) from None
    found = Simulation(result=result)
    _print(found)
    for path, write in (
        (out, found.write_json),
        (report, found.write_report),
        (png, found.write_png),
    ):
        if path is not None:
            write(path)
            output.print(f"Wrote {path}.", markup=False)


def _kept(out: Path | None, resume: bool) -> Path | None:
    """Where finished runs are kept: beside the JSON file."""
    if out is None:
        if resume:
            raise InvalidInputError(
                "There is nothing to resume without --json.",
                remedy="Give the same --json FILE as before: the finished runs lie beside it.",
            )
        return None
    return out.with_suffix(".runs.jsonl")


def _load(data: str, label_column: str | None) -> LabeledData:
    from querist.experiments import load_data

    if not (Path(data) / "querist.toml").exists():
        return load_data(data, label_column=label_column)
    if label_column is not None:
        raise InvalidInputError(
            f"{data} is a project, so it has no column {label_column!r}.",
            remedy="Leave --label-column out: the labels of the project are taken.",
        )
    from querist.loop import labeled_arrays, warning_of_choice
    from querist.project import Project

    with Project.open(data) as project:
        found = labeled_arrays(project.catalog)
        if told := warning_of_choice(project.catalog):
            errors.print(told, markup=False)
        return found


def _stopped(kept: Path | None) -> None:
    if kept is None:
        errors.print("Stopped. Nothing was kept: with --json FILE a simulation can be resumed.")
    else:
        errors.print(
            f"Stopped. The finished runs are in {kept}; run the same command with --resume to go "
            "on.",
            markup=False,
        )


def _print(found: Simulation) -> None:
    from querist.experiments.words import signed
    from querist.schema import percent

    rows = found.comparison
    output.print("Mean accuracy over the rounds, its gain over random in points, seeds:\n")
    print_table(
        ["strategy", "accuracy", "gain", "95 % interval", "won / tied / lost"],
        (
            (
                row["strategy"],
                percent(row["aulc_mean"]),
                signed(row["aulc_gain"]),
                " to ".join(map(signed, row["gain_ci"] or ())) or DASH,
                f"{row['wins']} / {row['ties']} / {row['losses']}",
            )
            if row["strategy"] != "random"
            else (row["strategy"], percent(row["aulc_mean"]), DASH, DASH, DASH)
            for row in rows
        ),
    )
    output.print("\nLabels for a share of full-data accuracy, time of a round, memory:\n")
    targets = list(rows[0]["labels_at"])
    seeds = int(found.result["settings"]["seeds"])
    print_table(
        ["strategy", *(f"{100 * float(t):g} %" for t in targets), "select s", "train s", "peak MB"],
        (
            (
                row["strategy"],
                *(_labels(row["labels_at"][target], seeds) for target in targets),
                row["select_seconds"],
                row["fit_seconds"],
                round(row["peak_mb"]),
            )
            for row in rows
        ),
    )
    output.print()
    for sentence in found.sentences:
        output.print(sentence, markup=False)


def _labels(found: Mapping[str, Any], seeds: int) -> str:
    if found["strategy"] is None:
        return f"in {found['reached'][0]} of {seeds}"
    return f"{found['strategy']:,.0f}"
