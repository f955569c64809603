"""workforce: people outside who label with a tool of their own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import errors, output, print_json, print_table
from querist.errors import UnavailableError
from querist.schema.wording import money

if TYPE_CHECKING:
    from querist.labeling import Collected

NameArgument = Annotated[str, typer.Argument(help="The workforce.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="People outside who label: add, send, collect, status, withdraw, subscribe, retire."
    )
    for command in (add, send, collect, status, withdraw, subscribe, retire):
        group.command()(command)
    app.add_typer(group, name="workforce")


def add(
    name: Annotated[str, typer.Argument(help="Its name; its people appear as NAME.person.")],
    url: Annotated[str, typer.Argument(help="Where its tool is.")],
    kind: Annotated[str, typer.Option(help="The connector: label-studio or folder.")],
    token: Annotated[
        str | None,
        typer.Option(help="Where the tool's token is: env:QUERIST_NAME or file:PATH."),
    ] = None,
    price: Annotated[float | None, typer.Option(help="Money for each answer.")] = None,
    hourly_cost: Annotated[float | None, typer.Option(help="Money an hour.")] = None,
    project: ProjectOption = HERE,
) -> None:
    """Make a workforce known; prints the secret of its webhook, once.

    Example: querist workforce add crowd https://ls.example.com --kind label-studio
    --token env:QUERIST_CROWD
    """
    with open_project(project) as opened:
        made, secret = opened.workforces.add(
            name, kind=kind, url=url, token=token, price=price, hourly_cost=hourly_cost
        )
    print(secret)  # noqa: T201 - nothing but the secret, so that a script can keep it
    errors.print(f"{made.name} gets batches through {made.kind}.", markup=False)


def send(
    name: NameArgument,
    count: Annotated[int, typer.Argument(help="At most so many tasks of the queue.")],
    days: Annotated[float, typer.Option(help="After so many days they come back.")] = 7.0,
    prelabels: Annotated[bool, typer.Option(help="Send the model's suggestions along.")] = False,
    opinions: Annotated[
        int, typer.Option(help="So many of its people answer each asset that wants several.")
    ] = 1,
    share_at: Annotated[
        str | None,
        typer.Option(help="Where the tool reaches this server: pictures go as signed addresses."),
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Send the next tasks of the queue. Example: querist workforce send crowd 100."""
    with open_project(project) as opened:
        sent = opened.workforces.send(
            name, count, days=days, prelabels=prelabels, opinions=opinions, share_at=share_at
        )
    resumed = f", {sent.resumed} of them from an earlier call" if sent.resumed else ""
    output.print(f"{sent.items} tasks are out with {name}{resumed}.", markup=False)


def collect(
    name: NameArgument,
    every: Annotated[
        float | None, typer.Option(min=1, help="Go on, and look again after so many seconds.")
    ] = None,
    as_json: JsonOption = False,
    project: ProjectOption = HERE,
) -> None:
    """Store the answers that are new. Example: querist workforce collect crowd --every 60."""
    with open_project(project) as opened:
        while True:
            try:
                _tell(name, opened.workforces.collect(name), as_json)
            except UnavailableError as error:
                if every is None:
                    raise
                errors.print(str(error), markup=False)
            if every is None:
                return
            time.sleep(every)


def status(
    name: Annotated[str | None, typer.Argument(help="Ask its tool too.")] = None,
    as_json: JsonOption = False,
    project: ProjectOption = HERE,
) -> None:
    """Say what is out, what it cost and how good it is. Example: querist workforce status."""
    with open_project(project) as opened:
        if name is not None:
            output.print(opened.workforces.status(name), markup=False)
        currency = opened.settings.policy.currency
        reports = [
            it for it in opened.workforces.reports() if name is None or it.workforce.name == name
        ]
    if as_json:
        print_json(reports)
        return
    print_table(
        ("name", "out", "answered", "refused", "back", "money", "hours", "agrees", "gold"),
        [
            (
                it.workforce.name,
                it.in_flight,
                it.answered,
                it.refused,
                it.returned,
                money(it.money, currency),
                "" if it.hours is None else f"{it.hours:.2f}",
                "" if it.agreement is None else f"{it.agreement} of {it.agreement.count}",
                "" if it.gold_accuracy is None else str(it.gold_accuracy),
            )
            for it in reports
        ],
    )


def withdraw(
    name: NameArgument,
    asset: Annotated[
        list[str] | None, typer.Option("--asset", help="Only this asset; may be given again.")
    ] = None,
    project: ProjectOption = HERE,
) -> None:
    """Take back what is out and not answered. Example: querist workforce withdraw crowd."""
    with open_project(project) as opened:
        count = opened.workforces.withdraw(name, asset_ids=asset or None)
    output.print(f"{count} tasks came back from {name}.", markup=False)


def subscribe(
    name: NameArgument,
    address: Annotated[str, typer.Argument(help="Where the tool reaches this server.")],
    project: ProjectOption = HERE,
) -> None:
    """Have the tool send answers by itself, as they are given.

    Example: querist workforce subscribe crowd https://querist.example.com
    """
    with open_project(project) as opened:
        places = opened.workforces.subscribe(name, address)
    can = f"{name} sends answers of {places} of its projects."
    cannot = f"The tool of {name} cannot send answers by itself. Collect them."
    output.print(can if places else cannot, markup=False)


def retire(name: NameArgument, project: ProjectOption = HERE) -> None:
    """Send it nothing any more; answers still come in. Example: querist workforce retire crowd."""
    with open_project(project) as opened:
        opened.workforces.retire(name)
    output.print(f"{name} gets no batches any more.", markup=False)


def _tell(name: str, done: Collected, as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    told = [f"{done.labels} answers from {name}"]
    told += [f"{done.corrections} of them corrections"] if done.corrections else []
    told += [f"{done.surplus} more to what was answered already"] if done.surplus else []
    told += [f"{done.refused} refused"] if done.refused else []
    output.print(", ".join(told) + ".", markup=False)
    for problem in done.problems:
        errors.print(f"  {problem}", markup=False)
