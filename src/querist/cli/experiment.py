"""experiment: the active set beside a random control of the same size, on the project's labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, check_folder, open_project
from querist.cli.printing import output, print_json, print_table, progress_bar
from querist.schema.wording import number

if TYPE_CHECKING:
    from querist.experiments import Experiment
    from querist.schema.measure import Measure

DASH = "\N{EN DASH}"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: querist experiment --report experiment.html")(experiment)


def experiment(
    repeated: Annotated[
        bool | None,
        typer.Option(
            "--repeated/--arms",
            help="Run both arms again from scratch, which needs all labels known; or compare the "
            "labels of the project's own arms. Default: single classes repeated where they can be, "
            "else the arms.",
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Repetitions.")] = 8,
    rounds: Annotated[int, typer.Option(help="Batches of each repetition.")] = 10,
    batch: Annotated[int | None, typer.Option(help="Labels of a batch.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write curves and tables to this HTML file.")
    ] = None,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Compare the active set with as many random labels: same learner, class by class.

    Single classes by accuracy, sets of classes and spans by micro F1, boxes by mAP50, numbers by
    R²: what the rounds are judged by. Each class has its precision, recall and F1, boxes AP50.
    """
    check_folder(report)
    with open_project(project) as opened, progress_bar() as progress:
        found = opened.experiments.run(
            None if repeated is None else ("repeated" if repeated else "arms"),
            seeds=seeds,
            rounds=rounds,
            batch_size=batch,
            progress=progress,
        )
    if report is not None:
        from querist.experiments import experiment_report

        report.write_text(experiment_report(found), encoding="utf-8")
    if as_json:
        print_json(found)
    else:
        _print(found)
    if report is not None and not as_json:
        output.print(f"Wrote {report}.", markup=False)


def _print(found: Experiment) -> None:
    from querist.experiments.comparing import class_measure, class_names, whole_names

    result = found.result
    rows = [("all", result.active, result.control, result.gain)]
    rows += [(row.name, row.active, row.control, row.gain) for row in result.classes]
    # What has no classes is judged as a whole.
    names, judged = class_names(result.measure), class_measure(result.measure)
    if not names:
        names, judged = whole_names(result.measure), "accuracy"
    columns = [text for name in names.values() for text in (_small(name), "random")]
    print_table(
        ["class", *columns, f"{_small(names[judged])} gain, points"],
        (
            (
                name,
                *(_share(getattr(arm, kind)) for kind in names for arm in arms),
                _gain(getattr(gain, judged)),
            )
            for name, *arms, gain in rows
        ),
    )
    times = "once" if result.repeats == 1 else f"{result.repeats} times"
    output.print(f"\n[bold]{found.sentence}[/]")
    mean = "all is the mean over the classes; " if result.classes else ""
    output.print(
        f"Experiment {found.id}, {found.source}, {times}, {result.size:,} labels each, in %; "
        f"{mean}run it again for the same figures.",
        markup=False,
    )


def _small(name: str) -> str:
    """The name of a figure at the head of a column: ``precision``, but ``AP50`` and ``F1``."""
    return name if name[1:] != name[1:].lower() or len(name) <= 2 else name.lower()


def _share(found: Measure | None) -> str:
    # The intervals of each are in the report and in the JSON: here the table has to fit a terminal.
    if found is None:
        return DASH
    return number(100 * found.value)


def _gain(found: Measure | None) -> str:
    from querist.experiments.comparing import points

    if found is None:
        return DASH
    return points(found).replace(" points", "")
