"""slices: queries of the catalog that people keep, and how right each round's model is on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table
from querist.errors import InvalidInputError, UnknownNameError
from querist.schema.wording import number, percent

if TYPE_CHECKING:
    from querist.catalog import AssetQuery
    from querist.loop import SlicePoint, SliceReport, Slices
    from querist.schema import SavedSlice

# How right a model is of an asset; closeness is 1 less the error by the spread of the labels.
_CALLED = {"accuracy": "right", "f1": "F1 of an asset", "closeness": "closeness"}
# What people call a class in a condition, which are of metadata only.
_OPTIONS = {
    "class": "--label",
    "label": "--label",
    "predicted": "--predicted",
    "prediction": "--predicted",
}
NameArgument = Annotated[str, typer.Argument(help="What the slice is called.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(help="COLUMN=VALUE or COLUMN=LOW..HIGH of the metadata; may be given again."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(
        help="Saved slices: list, save, remove. Example: querist slices save night --where "
        "light=dark"
    )
    group.command(name="list")(list_slices)
    for command in (save, remove):
        group.command()(command)
    app.add_typer(group, name="slices")


def list_slices(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Tell each slice under the models of all rounds, on audit labels.

    Example: querist slices list
    """
    with open_project(project) as opened:
        found = opened.rounds.slices.reports()
    if as_json:
        print_json(found)
    elif not found:
        output.print(
            "No slice is saved. Keep one that a diagnosis found: querist slices save -f 3.2"
        )
    else:
        print_slices(found)
        for report in found:
            # What was found is called by its rule; classes that changed since are told in it.
            if report.rule != report.slice.name:
                output.print(f"{report.slice.name}: {report.rule}.", markup=False)


def save(
    name: Annotated[
        str | None, typer.Argument(help="What to call it; the rule of the finding by default.")
    ] = None,
    finding: Annotated[
        str | None, typer.Option("--finding", "-f", help="A slice that a diagnosis found.")
    ] = None,
    where: WhereOption = None,
    label: Annotated[list[str] | None, typer.Option(help="Labels of one of these.")] = None,
    predicted: Annotated[list[str] | None, typer.Option(help="Predicted as one of these.")] = None,
    text: Annotated[str, typer.Option(help="The id or the text holds this.")] = "",
    project: ProjectOption = HERE,
) -> None:
    """Keep a slice: one that was found, or a query of the catalog of your own.

    Examples: querist slices save --finding 3.2; querist slices save "small at night"
    --where light=dark --where size=..40
    """
    from querist.catalog import AssetQuery, Condition

    query = AssetQuery(
        where=tuple(map(Condition.read, where or ())),
        label=tuple(label or ()),
        predicted=tuple(predicted or ()),
        text=text,
    )
    if (finding is None) == (query == AssetQuery()):
        raise InvalidInputError(
            "A slice is either a finding or a query.",
            remedy="Give --finding 3.2, or --where, --label, --predicted or --text.",
        )
    with open_project(project) as opened:
        slices = opened.rounds.slices
        if finding is not None:
            saved = slices.save_found(finding, name=name)
        else:
            saved = _save(slices, name or "", query)
        (report,) = [it for it in slices.reports() if it.slice.name == saved.name]
    output.print(f"Saved {saved.name!r}: {report.rule}.", markup=False)
    print_slices([report])


def _save(slices: Slices, name: str, query: AssetQuery) -> SavedSlice:
    """Save a query; who asks for a class as if it were a column is told the option for it."""
    try:
        return slices.save(name, query)
    except UnknownNameError as problem:
        asked = {it.column: it.words for it in query.where}
        column = problem.details.get("name")
        option = _OPTIONS.get(str(column).lower())
        if option is None or column not in asked:
            raise
        remedy = f"Give {option} {asked[column] or 'CLASS'}. {problem.remedy}"
        raise UnknownNameError(problem.message, remedy=remedy, **problem.details) from None


def remove(name: NameArgument, project: ProjectOption = HERE) -> None:
    """Forget a slice; its assets and labels stay. Example: querist slices remove night."""
    with open_project(project) as opened:
        opened.rounds.slices.remove(name)
    output.print(f"{name!r} is no slice any more.", markup=False)


def print_slices(reports: list[SliceReport]) -> None:
    """One row a slice: where it stands, how it differs from the rest, and its course."""
    right = _CALLED[reports[0].measure] if reports else ""
    print_table(
        ("slice", "assets", right, "audit labels", "against the rest", "course"),
        [_row(report) for report in reports],
    )


def _row(report: SliceReport) -> tuple[object, ...]:
    head = (report.slice.name, report.assets)
    if report.problem is not None or not report.course:
        return (*head, "", "", report.problem or "no round has a model yet", "")
    newest = report.course[-1]
    shares = [
        "?" if it.accuracy is None else number(100 * it.accuracy.value, ".0f")
        for it in report.course
    ]
    sure = "" if newest.accuracy is None else _interval(newest)
    count = 0 if newest.accuracy is None else newest.accuracy.count
    return (*head, sure, count, _against(newest), " ".join(shares))


def _interval(point: SlicePoint) -> str:
    assert point.accuracy is not None
    low, high = number(100 * point.accuracy.low), number(100 * point.accuracy.high)
    return f"{percent(point.accuracy.value)} ({low} to {high})"


def _against(point: SlicePoint) -> str:
    if point.difference is None or point.verdict == "too few":
        return "too few audit labels"
    low, high = 100 * point.difference.low, 100 * point.difference.high
    searched = ", found on these labels" if point.searched else ""
    return (
        f"{point.verdict}: {number(100 * point.difference.value, '+.1f')} points "
        f"({number(low, '+.1f')} to {number(high, '+.1f')}){searched}"
    )
