"""compare, thresholds, reliability, doubt: models side by side, how far to trust one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table, progress_bar
from querist.schema import percent
from querist.schema.measure import Measure
from querist.schema.wording import number

if TYPE_CHECKING:
    from querist.loop import Comparison
    from querist.metrics import Paired, Reliability

_NAMED = 5


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(compare)
    app.command()(thresholds)
    app.command()(reliability)
    app.command()(doubt)


def compare(
    first: Annotated[
        str, typer.Argument(help="A round, its control as 3-control, or a model's name.")
    ],
    second: Annotated[str, typer.Argument(help="What is compared with it.")],
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Compare two models on the same audit assets. Example: querist compare 3 5."""
    with open_project(project) as opened:
        found = opened.rounds.compare(first, second)
    if as_json:
        print_json(found)
        return
    output.print(
        f"[bold]{found.first.title} and {found.second.title}[/] on {found.count} audit assets; "
        "differences have 95 % intervals."
    )
    heads = ["measure", found.first.title, found.second.title, "difference", "interval"]
    print_table(heads, ((name, *_cells(pair)) for name, pair in found.measures.items()))
    for title, parts in (("class", found.classes), ("slice", found.slices)):
        if parts:
            print_table(
                [title, "assets", *heads[1:]],
                ((one.name, one.count, *_cells(one.right)) for one in parts),
            )
    _print_turned(found)


def _p_value(chance: float) -> str:
    return "p < 0.001" if chance < 0.001 else f"p = {chance:.3f}"


def _print_turned(found: Comparison) -> None:
    decides = found.chance is not None
    better, worse = ("newly right", "newly wrong") if decides else ("better", "worse")
    chance = "" if found.chance is None else f" (by chance alone: {_p_value(found.chance)})"
    output.print(f"{found.gained} {better}, {found.lost} {worse}{chance}.")
    words = {"newly_right": better, "newly_wrong": worse}
    for gallery in found.galleries[:2]:
        for asset in gallery.assets[:_NAMED]:
            said = f": {asset.truth}, {asset.first} → {asset.second}" if asset.truth else ""
            output.print(f"  {words[gallery.kind]}  {asset.id}{said}", markup=False)


def thresholds(
    model: Annotated[
        str, typer.Argument(help="A round, its control as 3-control, or a model's name.")
    ],
    confidence: Annotated[float, typer.Option(min=0, max=1, help="Answers count from here.")] = 0.5,
    overlap: Annotated[float, typer.Option(help="Of boxes: the same from this IoU on.")] = 0.5,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say how right a model is above a confidence. Example: querist thresholds 5 --confidence .9.

    Measured on the audit set, in all and by class.
    """
    with open_project(project) as opened:
        found = opened.rounds.thresholds(model, confidence=confidence, overlap=overlap)
    if as_json:
        print_json(found)
        return
    at = "" if found.overlap is None else f" and an overlap of {found.overlap:g}"
    output.print(
        f"[bold]{found.model.title}[/] at a confidence of {found.confidence:g}{at}: "
        f"{_share(found.kept)} of its answers are left, {_share(found.precision)} of them right; "
        f"they find {_share(found.recall)} of all there is."
    )
    boxes = found.overlap is not None
    extra = ["AP", "matched", "missed", "confused", "spurious"] if boxes else []
    print_table(
        ["class", "there", "said", "precision", "recall", *extra],
        (
            (
                one.name,
                one.count,
                one.said,
                _share(one.precision),
                _share(one.recall),
                *(
                    (
                        "–" if one.average_precision is None else percent(one.average_precision),
                        *(one.matched, one.missed, one.confused, one.spurious),
                    )
                    if boxes
                    else ()
                ),
            )
            for one in found.classes
        ),
    )


def reliability(
    model: Annotated[
        str, typer.Argument(help="A round, its control as 3-control, or a model's name.")
    ],
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say how often a model is right beside what it claims. Example: querist reliability 5.

    Measured on the audit set, as it claims and after calibration out of fold.
    """
    with open_project(project) as opened:
        found = opened.rounds.reliability(model)
    if as_json:
        print_json(found)
        return
    told = found.diagram
    output.print(
        f"[bold]{found.model.title}[/] on {found.assets} audit assets: calibration error "
        f"{_share(told.claimed_error)} as it claims{_after(told)}."
    )
    # Where no calibration serves, its table would be that of the claims again.
    after = () if told.method == "none" else told.calibrated
    for title, points in (("it claims", told.claimed), ("calibrated", after)):
        if points:
            rows = ((percent(it.claimed), _share(it.right), it.right.count) for it in points)
            print_table([title, "right", "answers"], rows)


def _after(told: Reliability) -> str:
    if told.calibrated_error is None:
        return ", too few answers to calibrate by"
    if told.method == "none":
        return "; no calibration serves better"
    return f", {_share(told.calibrated_error)} calibrated (method: {told.method})"


def doubt(
    assets: Annotated[list[str], typer.Argument(help="Ids of assets.")],
    source: Annotated[str, typer.Option(help="models or views of the asset.")] = "models",
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Say why the newest model is unsure of assets. Example: querist doubt img-7 img-9.

    In nats: what is in the data, and what more labels would teach.
    """
    with open_project(project) as opened, progress_bar() as progress:
        found = opened.models.doubts(assets, source=source, progress=progress)
    if as_json:
        print_json(found)
        return
    print_table(
        ["asset", "doubt", "in the data", "in the model"],
        (
            (it.asset_id, f"{it.total:.3f}", f"{it.aleatoric:.3f}", f"{it.epistemic:.3f}")
            for it in found
        ),
    )


def _cells(pair: Paired) -> tuple[str, str, str, str]:
    gap = pair.difference
    return (
        f"{pair.first.value:.3f}",
        f"{pair.second.value:.3f}",
        number(gap.value, "+.3f"),
        f"{number(gap.low, '+.3f')} to {number(gap.high, '+.3f')}",
    )


def _share(one: Measure | None) -> str:
    return "–" if one is None else f"{percent(one.value)} ({percent(one.low)}–{percent(one.high)})"
