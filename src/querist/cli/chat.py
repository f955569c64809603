"""ask-model: let a language or vision model behind a chat endpoint suggest classes."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, progress_bar
from querist.schema.wording import counted, money


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="ask-model")(ask_model)


def ask_model(
    url: Annotated[str, typer.Argument(help="The endpoint, up to and with /v1.")],
    model: Annotated[str, typer.Argument(help="The model's name there.")],
    count: Annotated[int, typer.Option(help="Ask about so many assets in all.")] = 100,
    token: Annotated[
        str | None, typer.Option(help="env:QUERIST_NAME or file:PATH of the token.")
    ] = None,
    instructions: Annotated[str, typer.Option(help="What the classes mean, in words.")] = "",
    price_in: Annotated[float, typer.Option(help="Money for a million tokens read.")] = 0.0,
    price_out: Annotated[float, typer.Option(help="Money for a million tokens written.")] = 0.0,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Let a model suggest. Example: querist ask-model http://127.0.0.1:8000/v1 qwen --count 50.

    Texts, rows or pictures are sent there. Its answers are suggestions, never labels.
    """
    with open_project(project) as opened, progress_bar() as progress:
        found = opened.models.ask_chat(
            url,
            model,
            token=token,
            count=count,
            instructions=instructions,
            price_in=price_in,
            price_out=price_out,
            progress=progress,
        )
        currency = opened.settings.policy.currency
    if as_json:
        print_json(found)
        return
    kept = counted(found.kept, "was", "were")
    unclear = counted(found.unclear, "answer names", "answers name")
    output.print(
        f"{model} was asked about {counted(found.asked, 'asset')}, {kept} kept from before, "
        f"{unclear} no class; it cost {money(found.money, currency)}.",
        markup=False,
    )
    evaluation = found.predictions.evaluation
    if evaluation is not None:
        measured = evaluation.accuracy
        output.print(f"{measured} right on the audit set of {measured.count:,}.", markup=False)
