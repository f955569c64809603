"""autolabel: label the easy rest under a promised error rate, audit it, roll it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table
from querist.schema.wording import counted, percent

if TYPE_CHECKING:
    from querist.autolabel import AutoLabelSet, Proposal

MaxErrorOption = Annotated[
    float, typer.Option("--max-error", help="The error rate to promise, 0 to 1.")
]
ConfidenceOption = Annotated[
    float, typer.Option("--confidence", help="Probability with which the promise holds.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="Label the easy rest under a promised error rate.")
    group.callback(invoke_without_command=True)(autolabel)
    for name, command in (
        ("ask", ask),
        ("audit", audit),
        ("history", history),
        ("roll-back", roll_back),
    ):
        group.command(name)(command)
    app.add_typer(group, name="autolabel")


def autolabel(
    context: typer.Context,
    max_error: MaxErrorOption = 0.02,
    confidence: ConfidenceOption = 0.95,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what could be accepted; label nothing.")
    ] = False,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Label what a promise allows. Example: querist autolabel --max-error 0.02 --confidence 0.95.

    With --dry-run it prints the curve of coverage against the promised error rate, and each class.
    """
    if context.invoked_subcommand is not None:
        return
    with open_project(project) as opened:
        found = opened.autolabel.propose(max_error, confidence)
        accepted = None if dry_run else opened.autolabel.accept(found)
    if as_json:
        print_json(found if accepted is None else accepted)
        return
    if accepted is not None:
        output.print(
            f"{counted(accepted.accepted, 'asset is', 'assets are')} labelled, "
            f"as the set {accepted.id}."
        )
        output.print(f"Take them back with: querist autolabel roll-back {accepted.id}")
        return
    _print(found)


def ask(
    count: Annotated[int, typer.Argument(help="How many checks.")] = 300,
    max_error: MaxErrorOption = 0.02,
    project: ProjectOption = HERE,
) -> None:
    """Ask for checks where the promise is to be made. Example: querist autolabel ask 300."""
    with open_project(project) as opened:
        asked = opened.autolabel.ask(count, max_error=max_error)
    output.print(f"{len(asked):,} checks are asked: querist serve, or querist label.")


def audit(
    count: Annotated[int, typer.Argument(help="So many more labels of each set are asked.")] = 20,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Read the audit, roll back what is broken, ask for more. Example: querist autolabel audit."""
    with open_project(project) as opened:
        _tell(opened.autolabel.audit(count), as_json=as_json)


def history(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """List the accepted sets and their audits. Example: querist autolabel history."""
    with open_project(project) as opened:
        _tell(opened.autolabel.history(), as_json=as_json)


def roll_back(
    set_id: Annotated[str, typer.Argument(help="The set.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "By hand.",
    project: ProjectOption = HERE,
) -> None:
    """Take back what a set still holds. Example: querist autolabel roll-back auto-018f3c9a2b7c."""
    with open_project(project) as opened:
        before = opened.autolabel.roll_back(set_id, reason=reason)
    output.print(before.sentence, markup=False)


def _print(found: Proposal) -> None:
    output.print(found.sentence, markup=False)
    print_table(
        ("error promised", "labelled", "share"),
        [(percent(it.max_error, 2), f"{it.count:,}", percent(it.coverage)) for it in found.curve],
    )
    print_table(
        ("class", "labelled", "left to people", "checked", "wrong", "at most wrong"),
        [
            (it.name, it.count, it.left, it.checked, it.wrong, percent(it.upper))
            for it in found.classes
        ],
    )


def _tell(sets: Sequence[AutoLabelSet], *, as_json: bool) -> None:
    if as_json:
        print_json(list(sets))
        return
    if not sets:
        output.print("Nothing was auto-labelled yet: querist autolabel --dry-run")
        return
    print_table(
        ("set", "promised", "labels", "audited", "wrong", "state"),
        [
            (
                it.id,
                percent(it.max_error),
                it.holding,
                it.answered,
                it.wrong,
                it.sentence,
            )
            for it in sets
        ],
    )
