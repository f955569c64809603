"""token: let a person or a program in."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli.options import HERE, ProjectOption, open_project
from querist.cli.printing import errors
from querist.errors import UnknownNameError
from querist.schema import Role, check_person

DAY = 86_400.0


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(token)


def token(
    name: Annotated[str, typer.Argument(help="Whose token; made known if new.")],
    role: Annotated[
        str, typer.Option(help="owner, manager, reviewer, annotator or model.")
    ] = "annotator",
    days: Annotated[
        float, typer.Option(min=0.01, max=36_500, help="How long it is good for.")
    ] = 90.0,
    project: ProjectOption = HERE,
) -> None:
    """Print a new API token, once; only its hash is kept. Example: querist token bot.

    Send it as the header "Authorization: Bearer TOKEN".
    """
    if role not in set(Role):
        raise UnknownNameError.of("role", role, [known.value for known in Role])
    with open_project(project) as opened:
        records = opened.catalog.records
        # Also where it is known: what is known then is most likely what Querist wrote.
        known = records.annotators.ensure(check_person("annotator", name), role=Role(role))
        secret = records.tokens.issue(known.name, kind="api", ttl_seconds=days * DAY)
    print(secret)  # noqa: T201 - nothing but the token, so that a script can keep it
    errors.print(f"{known.name} is {known.role.value}; good for {days:g} days.", markup=False)
