"""The queue in words: how far a round is, who holds what, and what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from querist.catalog import Catalog
from querist.schema import Question, Step, Task, TaskState


def explain(catalog: Catalog, *, own: int, skills: Sequence[str] = ()) -> str:
    """Where the newest round stands, for somebody who holds ``own`` of its tasks."""
    stage = catalog.records.rounds.stage()
    if stage is None:
        return "No round has been started yet. Start one to get assets to label."
    number, step = stage
    if step in (Step.PLAN, Step.SELECT):
        return f"The assets of round {number} are being selected."
    tasks = catalog.records.tasks
    counts = tasks.tally.of(number) if own else tasks.counts(number)
    answered = _answered(counts[TaskState.DONE], sum(counts.values()), number)
    if step is not Step.COLLECT:
        return f"{answered}. {_after(step)}"
    if own:
        return f"{answered}."
    unfinished = tasks.open(number)
    beyond = [it for it in unfinished if it.skill is not None and it.skill not in skills]
    unfinished = [it for it in unfinished if it.skill is None or it.skill in skills]
    held = [task for task in unfinished if task.state is TaskState.LEASED]
    others = {
        task.asset_id
        for task in unfinished
        if task.state is TaskState.OPEN and task.kind in (Question.OPINION, Question.SECOND)
    }
    sent = Counter(task.sent_to for task in unfinished if task.state is TaskState.OPEN)
    told = [_second_opinions(len(others))] if others else []
    if held:
        told.append(_holders(held))
    needed = Counter(it.skill for it in beyond if it.state is TaskState.OPEN)
    told += [f"{n} need the skill {skill}" for skill, n in sorted(_known(needed).items())]
    told += [f"{n} must be looked at again by {who}" for who, n in sorted(_known(sent).items())]
    if told:
        return f"{answered}; {', '.join(told)}."
    return f"{answered}. Finish the round to train on them."


def _known(sent: Counter[str | None]) -> dict[str, int]:
    return {name: count for name, count in sent.items() if name is not None}


def _answered(done: int, total: int, number: int) -> str:
    if not total:
        return f"Round {number} asked for nothing"
    which = f"All {total}" if done == total else f"{done} of {total}"
    return f"{which} in round {number} are answered"


def _after(step: Step) -> str:
    if step is Step.DONE:
        return "Start the next round to go on."
    return "The model is learning from them."


def _second_opinions(count: int) -> str:
    which = "1 asset waits" if count == 1 else f"{count} assets wait"
    return f"{which} for a second opinion by somebody else"


def _holders(tasks: Sequence[Task]) -> str:
    parts = []
    for name in sorted({task.annotator or "somebody" for task in tasks}):
        own = [task for task in tasks if (task.annotator or "somebody") == name]
        until = max(task.leased_until for task in own if task.leased_until is not None)
        verb = "is" if len(own) == 1 else "are"
        parts.append(f"{len(own)} {verb} held by {name} until {_clock(until)}")
    return ", ".join(parts)


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M} UTC"
