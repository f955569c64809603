"""suspects, second-opinions, agreement: how good the labels are, and whom to ask again."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table
from querist.schema.wording import counted, number

# What alpha takes for the distance of two answers.
_DISTANCES = {
    "nominal": "same class or not",
    "masi": "MASI distance of sets",
    "interval": "squared difference",
    "overlap": "1 minus what both cover",
}


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(suspects)
    app.command(name="second-opinions")(second_opinions)
    app.command()(agreement)


def suspects(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List labels that are probably wrong, the least credible first. Example: querist suspects."""
    with open_project(project) as opened:
        found = opened.suspects.list(limit)
    if as_json:
        print_json(found)
        return
    print_table(
        ("asset", "label", "by", "probably", "confidence"),
        [
            (it.annotation.asset_id, it.given, it.annotation.annotator, it.suggested, it.confidence)
            for it in found
        ],
    )


def second_opinions(
    count: Annotated[int | None, typer.Argument(help="So many suspects; all by default.")] = None,
    asset: Annotated[
        list[str] | None, typer.Option("--asset", help="This label instead; may be given again.")
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Ask somebody else about labels, blind to the first. Example: querist second-opinions 20."""
    with open_project(project) as opened:
        asked = opened.suspects.send(count, asset_ids=asset or None)
    output.print(f"{counted(len(asked), 'label waits', 'labels wait')} for a second opinion.")


def agreement(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Say how far annotators agree, and how far suggestions sway them.

    Example: querist agreement.
    """
    with open_project(project) as opened:
        found, sway = opened.opinions.agreement(), opened.opinions.sway()
    if as_json:
        print_json({"agreement": found, "sway": sway})
        return
    output.print(
        f"{counted(found.assets, 'asset has', 'assets have')} several opinions, "
        f"{found.opinions:,} in all."
    )
    distance = "" if found.distance is None else f" ({_DISTANCES[found.distance]})"
    figures = {
        "Fleiss' kappa": found.fleiss,
        f"Krippendorff's alpha{distance}": found.alpha,
        "mean IoU of matched shapes": found.shapes.iou if found.shapes else None,
        "F1 of shapes": found.shapes.f1 if found.shapes else None,
        "expected accuracy of the consensus": found.accuracy,
    }
    print_table(("figure", "value"), [(k, v) for k, v in figures.items() if v is not None])
    print_table(
        ("annotator", "opinions", "agrees", "gold", "accuracy"),
        [
            (it.annotator, it.opinions, *map(_share, (it.agreement, it.gold_accuracy, it.accuracy)))
            for it in found.annotators
        ],
    )
    if sway.shown and sway.withheld and sway.difference:
        output.print(
            f"With the suggestion shown {sway.shown} agree with it, without {sway.withheld}: "
            f"a difference of {number(100 * sway.difference.value)} points "
            f"({number(100 * sway.difference.low)} to {number(100 * sway.difference.high)})."
        )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
