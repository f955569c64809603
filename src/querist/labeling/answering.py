"""Which task a decision answers, and what becomes of an answer that is one opinion of several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from querist.catalog import Catalog
from querist.catalog.records import Booking, Entry
from querist.errors import ConflictError, InvalidInputError
from querist.labeling import consensus, spending
from querist.labeling.blindness import is_veiled
from querist.labeling.decision import Decision
from querist.schema import (
    Action,
    Annotation,
    Annotator,
    Opinion,
    Question,
    Role,
    Task,
    TaskState,
    Value,
    new_id,
)

_UNFINISHED = (TaskState.OPEN, TaskState.LEASED)


def task_of(
    catalog: Catalog, wanted: Decision, annotator: Annotator, asked: Sequence[Task]
) -> Task | None:
    """The task that a decision answers, ``None`` where nobody asked.

    The one that is named; else the annotator's own, reserved or, where the asset is asked of
    several, answered before; else one that is free. ``asked`` are the tasks of the asset.

    Raises:
        NotFoundError: there is no such task.
        ConflictError: the asset waits for the opinions of others.
    """
    if wanted.task_id is not None:
        known = next((task for task in asked if task.id == wanted.task_id), None)
        named = known or catalog.records.tasks.get(wanted.task_id)
        if named.asset_id != wanted.asset_id:
            raise InvalidInputError(
                f"Task {named.id} asks about {named.asset_id!r}, not {wanted.asset_id!r}.",
                remedy="Send the label with its own task, or with none.",
            )
        if named.kind is not Question.GOLD or named.annotator == annotator.name:
            return named
    waiting = [task for task in asked if task.state in _UNFINISHED]
    own = [task for task in waiting if task.annotator == annotator.name]
    if own:
        return own[0]
    several = [task for task in asked if task.kind is not Question.LABEL]
    said = catalog.records.opinions.last(wanted.asset_id, annotator.name)
    stands = said is not None and said.action is not Action.UNDO and not said.gold
    newest = max((task.round for task in several), default=0)
    answered = [
        task
        for task in several
        if (task.round, task.annotator, task.state) == (newest, annotator.name, TaskState.DONE)
    ]
    decides = annotator.role not in (Role.ANNOTATOR, Role.MODEL)
    if answered and (waiting or not decides):
        return answered[-1]
    # Another opinion than one's own is asked for: who has said something changes what they said.
    closed = {Question.GOLD, Question.SECOND} if stands else {Question.GOLD}
    free = [task for task in waiting if task.kind not in closed]
    if not free and stands and not decides:
        earlier = [it for it in several if it.annotator == annotator.name]
        return earlier[-1] if earlier else None
    open_ = [task for task in free if task.state is TaskState.OPEN]
    if not open_ and any(task.kind is not Question.LABEL for task in free):
        if decides:
            return None
        raise ConflictError(
            f"{wanted.asset_id!r} waits for the opinions of others.",
            remedy="Lease the next task; a reviewer may decide it at once.",
            asset_id=wanted.asset_id,
        )
    return next(iter(open_ or free), None)


def give_opinion(
    catalog: Catalog,
    wanted: Decision,
    value: Value | None,
    task: Task,
    annotator: Annotator,
    ontology_version: int,
) -> Annotation:
    """Store an answer to a task that is asked of several, or to a gold question.

    Returns:
        The opinion, in the form of a label.

    Raises:
        ConflictError: as ``OpinionLog.append``.
    """
    rule = consensus.majority_rule(catalog, ontology_version)
    gold = task.kind is Question.GOLD
    entry = Entry(
        asset_id=wanted.asset_id,
        action=wanted.action,
        value=value,
        annotator=wanted.annotator,
        ontology_version=rule.ontology_version,
        submission_id=wanted.submission_id or new_id("sub"),
        expected_version=wanted.expected_version,
        seconds=wanted.seconds,
        reason=wanted.reason,
        round=task.round,
        prelabel=wanted.prelabel,
        model_id=wanted.model_id,
    )

    def bookings(before: Opinion | None) -> Sequence[Booking]:
        return spending.of_opinion(
            entry.submission_id,
            wanted.action,
            before,
            gold=gold,
            task=task,
            seconds=wanted.seconds,
            hourly_cost=spending.hourly_cost(catalog, annotator),
        )

    made, tied = catalog.records.opinions.append(
        entry, task=task, gold=gold, rule=rule, bookings=bookings
    )
    # A label that others doubt holds until its round is over: the model has learned from it.
    if tied and task.kind is not Question.SECOND:
        # It weighs all opinions of the round, which others need not wait for.
        catalog.records.later(partial(consensus.break_ties, catalog, made.asset_id))
    return made.as_annotation()


def undo_opinion(catalog: Catalog, asset_id: str, annotator: str, submission_id: str) -> Annotation:
    """Take the annotator's opinion back; what it promises is said at ``Labels.undo``."""
    arms = {task.round: task.arms for task in catalog.records.tasks.for_asset(asset_id)}

    def bookings(undone: Opinion | None) -> Sequence[Booking]:
        if undone is None or undone.gold:
            return []
        return spending.of_undo(undone.as_annotation(), submission_id=submission_id, arms=arms)

    made = catalog.records.opinions.undo(
        asset_id=asset_id,
        annotator=annotator,
        submission_id=submission_id,
        rule=consensus.majority_rule(catalog, catalog.records.ontologies.current().version),
        bookings=bookings,
    )
    consensus.break_ties(catalog, asset_id)
    return made.as_annotation()


def check_may_undo(catalog: Catalog, asset_id: str, annotator: str) -> None:
    """Refuse to tell who is veiled that somebody else has decided on an asset.

    Raises:
        InvalidInputError: they have made no decision on it.
    """
    person = catalog.records.annotators.ensure_person(annotator)
    if not is_veiled(catalog, person):
        return
    if all(it.annotator != annotator for it in catalog.records.labels.history(asset_id)):
        raise InvalidInputError(
            f"{asset_id!r} has no decision to undo.", remedy="Label it first.", asset_id=asset_id
        )


def is_opinion(catalog: Catalog, asset_id: str, annotator: str, submission_id: str) -> bool:
    """Whether an undo of the annotator's last decision on the asset takes an opinion back."""
    opinions = catalog.records.opinions
    last = opinions.last(asset_id, annotator)
    if last is None:
        return False
    if opinions.of_submission(submission_id) is not None:
        return True
    if last.action is Action.UNDO:
        return False
    mine = [it for it in catalog.records.labels.history(asset_id) if it.annotator == annotator]
    same = bool(mine) and mine[-1].submission_id == last.submission_id
    return not mine or same or mine[-1].created_at < last.created_at
