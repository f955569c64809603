"""What the logs do to tasks: a label or an opinion finishes one, an undo takes it up again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import rounds, tasks
from querist.errors import ConflictError, InvalidInputError, NotFoundError
from querist.schema import Question, Step, Task, TaskState

_OF_SEVERAL = (Question.OPINION.value, Question.SECOND.value)
_COLLECTING = (Step.PLAN.value, Step.SELECT.value, Step.COLLECT.value)

_FINISH = Prepared(
    sa.update(tasks)
    .where(
        tasks.c.id == sa.bindparam("task"),
        tasks.c.asset_id == sa.bindparam("asset"),
        tasks.c.state != sa.literal_column(f"'{TaskState.RETURNED.value}'"),
    )
    .values(state=TaskState.DONE.value, annotator=sa.bindparam("who"), leased_until=None)
    .returning(tasks.c.round, tasks.c.kind)
)


_MINE = sa.and_(
    tasks.c.annotator == sa.bindparam("who"),
    tasks.c.state.in_(
        [sa.literal_column(f"'{it.value}'") for it in (TaskState.LEASED, TaskState.DONE)]
    ),
)
_MAY_BE_ANSWERED = (
    tasks.c.asset_id == sa.bindparam("asset"),
    # A sum, or SQLite would look for the asset among all tasks of the round.
    tasks.c.round + 0 == sa.bindparam("of_round"),
    tasks.c.kind == sa.bindparam("of_kind"),
    sa.or_(_MINE, tasks.c.state == TaskState.OPEN.value),
)
_FIRST_USABLE = (
    sa.select(tasks.c.id)
    .where(*_MAY_BE_ANSWERED)
    .order_by(sa.case((_MINE, 0), (tasks.c.id == sa.bindparam("which"), 1), else_=2), tasks.c.id)
    .limit(1)
)
_USABLE = Prepared(_FIRST_USABLE)
_ANSWER = Prepared(
    sa.update(tasks)
    # Asked again: on PostgreSQL somebody may lease the one that was found.
    .where(tasks.c.id == _FIRST_USABLE.scalar_subquery(), *_MAY_BE_ANSWERED)
    .values(state=TaskState.DONE.value, annotator=sa.bindparam("who"), leased_until=None)
    .returning(tasks.c.id)
)


def finish_task(connection: sa.Connection, task_id: int, asset_id: str, annotator: str) -> None:
    """Mark the task as done by ``annotator``, whoever held it; one of a closed round stays.

    Where the asset was asked of several, a label from elsewhere answers for them all.

    Raises:
        NotFoundError: there is no such task.
        InvalidInputError: it asks about another asset.
    """
    values = {"task": task_id, "asset": asset_id, "who": annotator}
    found = _FINISH.row(connection, values)
    if found is not None:
        if found.kind in _OF_SEVERAL:
            _return_others(connection, asset_id, found.round)
        return
    asks = connection.execute(sa.select(tasks.c.asset_id).where(tasks.c.id == task_id)).scalar()
    if asks is None:
        raise NotFoundError(f"There is no task {task_id}.", remedy="Lease the next task.")
    if asks != asset_id:
        raise InvalidInputError(
            f"Task {task_id} asks about {asks!r}, not {asset_id!r}.",
            remedy="Send the label with its own task, or with none.",
        )


def _return_others(connection: sa.Connection, asset_id: str, round: int) -> None:
    unfinished = tasks.c.state.in_((TaskState.OPEN.value, TaskState.LEASED.value))
    connection.execute(
        sa.update(tasks)
        .where(tasks.c.asset_id == asset_id, tasks.c.round == round, unfinished)
        .values(state=TaskState.RETURNED.value, annotator=None, leased_until=None)
    )


def answer_task(connection: sa.Connection, task: Task, annotator: str) -> int:
    """Mark the annotator's task among those of the asset as done, and return its id.

    That is the one they have, then the one they name if it is free, then any that is free. A late
    answer to a task whose round has closed leaves it as it is.

    Raises:
        ConflictError: the task was given to somebody else meanwhile, and no other is free.
    """
    values = {
        "which": task.id,
        "asset": task.asset_id,
        "of_round": task.round,
        "of_kind": task.kind.value,
        "who": annotator,
    }
    while (answered := _ANSWER.scalar(connection, values)) is None:
        if _USABLE.scalar(connection, values) is None:
            break
    else:
        return int(answered)
    state = connection.execute(sa.select(tasks.c.state).where(tasks.c.id == task.id)).scalar()
    if state == TaskState.RETURNED.value:
        return task.id
    raise ConflictError(
        f"The task {task.id} was given to somebody else meanwhile.",
        remedy="Lease the next task; nothing was written.",
        task_id=task.id,
    )


def reopen_task(connection: sa.Connection, task_id: int, annotator: str, until: datetime) -> None:
    """Lease the finished task to ``annotator`` again if its round still collects labels."""
    open_rounds = sa.select(rounds.c.number).where(rounds.c.step.in_(_COLLECTING))
    connection.execute(
        sa.update(tasks)
        .where(
            tasks.c.id == task_id,
            tasks.c.state == TaskState.DONE.value,
            tasks.c.round.in_(open_rounds),
        )
        .values(state=TaskState.LEASED.value, annotator=annotator, leased_until=until)
    )
