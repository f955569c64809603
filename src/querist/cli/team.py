"""team: who works on a project, invitations, roles."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import errors, output, print_json, print_table
from querist.errors import UnknownNameError
from querist.schema import Annotator, Role

# Whoever may write into the project's folder decides as an owner does.
LOCAL = Annotator(name="owner", role=Role.OWNER)
DAY = 86_400.0

RoleOption = Annotated[str, typer.Option(help="owner, manager, reviewer, annotator or model.")]
CostOption = Annotated[float | None, typer.Option(help="Money an hour.")]
SkillOption = Annotated[list[str], typer.Option("--skill", help="A word; may be given again.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(help="List who works on a project, or: report, invite, change, deactivate.")
    group.callback(invoke_without_command=True)(team)
    for command in (report, invite, change, deactivate):
        group.command()(command)
    app.add_typer(group, name="team")


def team(
    context: typer.Context, project: ProjectOption = HERE, as_json: JsonOption = False
) -> None:
    """List everybody who works on a project. Example: querist team."""
    if context.invoked_subcommand is not None:
        return
    with open_project(project) as opened:
        people = opened.team.people()
        waiting = opened.team.invitations()
    if as_json:
        print_json({"people": people, "invitations": waiting})
        return
    print_table(
        ("name", "role", "hourly cost", "skills", "state"),
        [
            (
                person.name,
                person.role.value,
                "" if person.hourly_cost is None else f"{person.hourly_cost:g}",
                ", ".join(person.skills),
                "active" if person.active else "left",
            )
            for person in people
        ],
    )
    for one in waiting:
        until = f"{one.expires_at:%Y-%m-%d %H:%M} UTC"
        output.print(f"Invitation {one.id}: {one.role.value}, until {until}.", markup=False)


def report(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Say how everybody works: how much, how fast, how right. Example: querist team report."""
    with open_project(project) as opened:
        reports = opened.team.reports()
    if as_json:
        print_json(reports)
        return
    print_table(
        ("name", "answers", "seconds", "accepted in review", "agrees", "confuses most"),
        [
            (
                one.name,
                one.labels,
                "" if one.seconds is None else f"{one.seconds:.1f}",
                "" if one.accuracy is None else f"{one.accuracy} of {one.accuracy.count}",
                "" if one.agreement is None else f"{one.agreement} of {one.agreement.count}",
                ", ".join(f"{it.given} for {it.final}" for it in one.confusions[:2]),
            )
            for one in reports
        ],
    )


def invite(
    role: RoleOption = "annotator",
    days: Annotated[float, typer.Option(min=0.01, max=365, help="How long it is good.")] = 7.0,
    hourly_cost: CostOption = None,
    skill: SkillOption = [],  # noqa: B006 - Typer copies it
    address: Annotated[
        str, typer.Option(help="Where people reach the server.")
    ] = "http://127.0.0.1:8321",
    project: ProjectOption = HERE,
) -> None:
    """Print a link that lets one person in, once. Example: querist team invite --role reviewer."""
    with open_project(project) as opened:
        made, token = opened.team.invite(
            _role(role), by=LOCAL, seconds=days * DAY, hourly_cost=hourly_cost, skills=skill
        )
    print(f"{address.rstrip('/')}/#invitation={token}")  # noqa: T201 - nothing but the link
    errors.print(f"One {made.role.value}, good for {days:g} days.", markup=False)


def change(
    name: Annotated[str, typer.Argument(help="Who.")],
    role: Annotated[str | None, typer.Option(help="The new role.")] = None,
    hourly_cost: CostOption = None,
    skill: SkillOption = [],  # noqa: B006 - Typer copies it
    project: ProjectOption = HERE,
) -> None:
    """Change somebody's role, cost or skills; they may come in again if they had left.

    What is not given stays. Example: querist team change ana --role reviewer.
    """
    with open_project(project) as opened:
        person = opened.catalog.records.annotators.get(name)
        changed = opened.team.change(
            name,
            by=LOCAL,
            role=person.role if role is None else _role(role),
            hourly_cost=person.hourly_cost if hourly_cost is None else hourly_cost,
            skills=skill or person.skills,
            active=True,
        )
    output.print(f"{changed.name} is {changed.role.value}.", markup=False)


def deactivate(
    name: Annotated[str, typer.Argument(help="Who.")], project: ProjectOption = HERE
) -> None:
    """Let somebody in no longer; their labels stay. Example: querist team deactivate ana."""
    with open_project(project) as opened:
        person = opened.catalog.records.annotators.get(name)
        opened.team.change(
            name,
            by=LOCAL,
            role=person.role,
            hourly_cost=person.hourly_cost,
            skills=person.skills,
            active=False,
        )
    output.print(f"{name} cannot come in any more.", markup=False)


def _role(name: str) -> Role:
    if name not in set(Role):
        raise UnknownNameError.of("role", name, [known.value for known in Role])
    return Role(name)
