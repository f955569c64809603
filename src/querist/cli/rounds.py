"""next, train, diagnose, replay, oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from querist._version import __version__
from querist.cli.lessons import print_lessons
from querist.cli.options import HERE, JsonOption, ProjectOption, open_project
from querist.cli.printing import output, print_json, print_table, progress_bar
from querist.cli.slices import print_slices
from querist.errors import NotFoundError
from querist.schema import Arm, Round, RoundPlan, Selected, Step, Task
from querist.schema.wording import counted


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(name="next")(next_round)
    for command in (train, diagnose, replay, oracle):
        app.command()(command)


def next_round(  # noqa: PLR0913, PLR0917 - each option is an argument
    batch_size: Annotated[int | None, typer.Argument(help="How many to ask for.")] = None,
    strategy: Annotated[str | None, typer.Option(help="For this batch.")] = None,
    overlap: Annotated[int | None, typer.Option(help="Annotators an asset.")] = None,
    overlap_share: Annotated[float | None, typer.Option(help="Of the batch, 0 to 1.")] = None,
    again_share: Annotated[
        float | None, typer.Option(help="Share that asks again about labelled assets, 0 to 1.")
    ] = None,
    blind_share: Annotated[
        float | None, typer.Option(help="Share that is served without suggestions, 0 to 1.")
    ] = None,
    skill: Annotated[str | None, typer.Option(help="Only who has it is served.")] = None,
    remedy: Annotated[
        str | None, typer.Option(help="Draw the batch that mends this finding of diagnose.")
    ] = None,
    from_slice: Annotated[
        str | None, typer.Option("--slice", help="Draw half of the batch like this saved slice.")
    ] = None,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Select what to label next. Example: querist next 50 --again-share 0.2."""
    from querist.loop import next_batch_size

    with open_project(project) as opened:
        wanted = batch_size or next_batch_size(opened.catalog)
        round_ = opened.next_round(
            batch_size,
            strategy=strategy,
            overlap=overlap,
            overlap_share=overlap_share,
            again_share=again_share,
            blind_share=blind_share,
            skill=skill,
            remedy=remedy,
            slice=from_slice,
        )
        selected = opened.catalog.records.rounds.selected(round=round_.number)
        tasks = opened.catalog.records.tasks.open(round_.number)
    if json:
        print_json({"round": round_, "selected": selected})
        return
    active = [row for row in selected if row.arm is Arm.ACTIVE]
    output.print(_asked(round_, selected, tasks))
    if round_.plan is not None and (left := _left_audit(round_.plan)):
        output.print(left)
    if round_.plan is not None and round_.plan.batch_size < wanted:
        output.print(f"The batch is cut from {wanted:,} to what the budget still pays for.")
    print_table(["asset", "why"], ((row.asset_id, row.reason) for row in active))


def _left_audit(plan: RoundPlan) -> str:
    """How the audit set followed the pool, where assets left it for some that were added."""
    left = len(plan.audit_retired) + len(plan.audit_released)
    if not left:
        return ""
    joined = counted(plan.audit_size, "added asset takes", "added assets take")
    return f"The audit set follows the pool: {joined} the place of {left:,} in it."


def _asked(round_: Round, selected: Sequence[Selected], tasks: Sequence[Task]) -> str:
    """What people are asked, and what of the round holds a label already and asks nobody."""
    asked = {task.asset_id for task in tasks}
    drawn = {arm: {row.asset_id for row in selected if row.arm is arm} for arm in Arm}
    chosen = drawn[Arm.ACTIVE] & asked
    random = (drawn[Arm.CONTROL] & asked) - chosen
    told = (
        f"Round {round_.number} asks for {counted(len(chosen), 'asset')} chosen by "
        f"{round_.plan.strategy if round_.plan else 'hand'}, {len(random):,} random as the "
        f"control, and {len(asked - chosen - random):,} of the audit set."
    )
    labeled = len((drawn[Arm.ACTIVE] | drawn[Arm.CONTROL]) - asked)
    if not labeled:
        return told
    return f"{told} {counted(labeled, 'more has', 'more have')} a label already."


def train(project: ProjectOption = HERE) -> None:
    """Train on all labels now; finishes the round when nothing in it is open."""
    with open_project(project) as opened:
        model = opened.train()
        found = opened.status()
    learned = counted(model.label_count, "label")
    output.print(f"Trained {model.id} on {learned} in {model.fit_seconds:.2f} s.")
    output.print(f"[bold]{found.sentence}[/]")


def diagnose(
    taught: Annotated[
        bool | None,
        typer.Option(help="Tell what each batch and class taught; by default not as JSON."),
    ] = None,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Show what the newest round's model gets wrong, what to do about it, and what data taught."""
    from querist.loop import lessons, standing_findings, unmeasured

    taught = not json if taught is None else taught
    with open_project(project) as opened:
        rounds = [r for r in opened.rounds.list() if r.step is Step.DONE]
        findings = standing_findings(opened.catalog, rounds[-1]) if rounds else ()
        found = lessons(opened.catalog, rounds[-1]) if taught and rounds else None
        saved = [] if json else opened.rounds.slices.reports()
        measured = any(it.arm is Arm.ACTIVE for it in rounds[-1].evaluations) if rounds else False
        why = "" if measured else unmeasured(opened.catalog)
    if not rounds:
        raise NotFoundError(
            "No round is finished yet.", remedy="Label the open batch, then: querist train"
        )
    if json:
        print_json({"findings": findings, "taught": found} if taught else findings)
        return
    if not findings:
        output.print(f"Round {rounds[-1].number}: {why or 'nothing stands out on the audit set.'}")
    for place, finding in enumerate(findings, start=1):
        name = f"{rounds[-1].number}.{place}"
        output.print(f"{name}  {finding.title}\n     {finding.remedy}", markup=False)
        if finding.batch is not None:
            output.print(f"     Next batch from this: querist next --remedy {name}", markup=False)
        if finding.kind == "slice":
            output.print(f"     Keep it: querist slices save --finding {name}", markup=False)
    if saved:
        print_slices(saved)
    if found is not None:
        print_lessons(found)


def replay(
    number: Annotated[int, typer.Argument(help="The round.")], project: ProjectOption = HERE
) -> None:
    """Draw a past round again from its provenance and compare."""
    with open_project(project) as opened:
        same = opened.replay(number)
        plan = opened.catalog.records.rounds.get(number).plan
    output.print(
        f"Round {number} drawn again: {'the same assets' if same else 'DIFFERENT assets'}."
    )
    if same:
        return
    if plan is not None and plan.querist != __version__:
        drew = f"Querist {plan.querist}" if plan.querist else "An earlier version of Querist"
        output.print(f"{drew} drew it; this is {__version__}, which may choose otherwise.")
    raise typer.Exit(1)


def oracle(
    rounds: Annotated[int, typer.Argument(help="How many rounds.")] = 1,
    project: ProjectOption = HERE,
) -> None:
    """Let the known labels answer (needs oracle_column in querist.toml)."""
    with open_project(project) as opened:
        with progress_bar() as progress:
            answered = opened.oracle(rounds, progress=progress)
        found = opened.status()
    output.print(f"The known labels gave {counted(answered, 'label')}.")
    output.print(f"[bold]{found.sentence}[/]")
