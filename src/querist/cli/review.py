"""review: the labels that are most likely wrong, and what to do with them."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table
from querist.errors import UnknownNameError
from querist.schema import ReviewState
from querist.schema.wording import counted, value_text

AssetArgument = Annotated[str, typer.Argument(help="The asset.")]
ReviewerOption = Annotated[str, typer.Option("--reviewer", "-r", help="Who reviews.")]
CommentOption = Annotated[str | None, typer.Option("--comment", "-c", help="Why.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="List labels to look at again, or: accept, fix, send-back, reopen, undo."
    )
    group.callback(invoke_without_command=True)(review)
    for name, command in (
        ("accept", accept),
        ("fix", fix),
        ("send-back", send_back),
        ("reopen", reopen),
        ("undo", undo),
    ):
        group.command(name)(command)
    app.add_typer(group, name="review")


def review(
    context: typer.Context,
    annotator: Annotated[str | None, typer.Option(help="Only labels of this person.")] = None,
    label: Annotated[str | None, typer.Option(help="Only labels of this class.")] = None,
    round: Annotated[int | None, typer.Option(help="Only labels of this round.")] = None,
    state: Annotated[
        str, typer.Option(help="waiting, accepted, fixed, sent_back or any.")
    ] = "waiting",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """List labels to look at, the most doubtful first. Example: querist review --annotator ana."""
    if context.invoked_subcommand is not None:
        return
    if state not in {*ReviewState, "any"}:
        known = [*(one.value for one in ReviewState), "any"]
        raise UnknownNameError.of("state of the review", state, known)
    with open_project(project) as opened:
        page = opened.reviews.queue(
            annotator=annotator,
            name=label,
            round=round,
            state=None if state == "any" else ReviewState(state),
            limit=limit,
        )
        unit = opened.ontology.limits.unit
    if as_json:
        print_json(page)
        return
    print_table(
        ("asset", "label", "by", "state", "expected error", "comment"),
        [
            (
                item.annotation.asset_id,
                value_text(item.annotation.value, unit),
                item.annotation.annotator,
                item.state.value,
                "" if item.expected_error is None else f"{item.expected_error:.3f}",
                (item.review.comment if item.review else None) or "",
            )
            for item in page.items
        ],
    )
    output.print(f"{counted(page.total, 'label')}.")


def accept(
    asset_id: AssetArgument,
    reviewer: ReviewerOption = "me",
    comment: CommentOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Say that a label is right. Example: querist review accept img-7."""
    with open_project(project) as opened:
        opened.reviews.accept(asset_id, reviewer=reviewer, comment=comment)
    output.print(f"The label of {asset_id} is accepted.", markup=False)


def fix(
    asset_id: AssetArgument,
    name: Annotated[str, typer.Argument(help="The right class.")],
    reviewer: ReviewerOption = "me",
    comment: CommentOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Give the right label. Example: querist review fix img-7 boot."""
    with open_project(project) as opened:
        opened.reviews.fix(asset_id, name, reviewer=reviewer, comment=comment)
    output.print(f"{asset_id} is {name}.", markup=False)


def send_back(
    asset_id: AssetArgument,
    comment: Annotated[str, typer.Argument(help="Why; the author reads it.")],
    reviewer: ReviewerOption = "me",
    project: ProjectOption = HERE,
) -> None:
    """Ask the author to look again. Example: querist review send-back img-7 "Look at the sole"."""
    with open_project(project) as opened:
        made = opened.reviews.send_back(asset_id, comment, reviewer=reviewer)
    output.print(f"{asset_id} is sent back to {made.author}.", markup=False)


def reopen(
    asset_id: AssetArgument,
    reviewer: ReviewerOption = "me",
    comment: CommentOption = None,
    project: ProjectOption = HERE,
) -> None:
    """Let a reviewed label wait for another review. Example: querist review reopen img-7."""
    with open_project(project) as opened:
        opened.reviews.reopen(asset_id, reviewer=reviewer, comment=comment)
    output.print(f"The label of {asset_id} waits for a review.", markup=False)


def undo(
    asset_id: AssetArgument, reviewer: ReviewerOption = "me", project: ProjectOption = HERE
) -> None:
    """Take back one's last review of an asset. Example: querist review undo img-7."""
    with open_project(project) as opened:
        made = opened.reviews.undo(asset_id, reviewer)
    output.print(f"The label of {asset_id} is {made.state.value} again.", markup=False)
