"""What the label log does to tasks: a label finishes one, an undo takes it up again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from querist.catalog.records.tables import rounds, tasks
from querist.errors import InvalidInputError, NotFoundError
from querist.schema import Step, TaskState

_COLLECTING = (Step.PLAN.value, Step.SELECT.value, Step.COLLECT.value)

_FINISH = (
    sa.update(tasks)
    .where(
        tasks.c.id == sa.bindparam("task"),
        tasks.c.asset_id == sa.bindparam("asset"),
        tasks.c.state != TaskState.RETURNED.value,
    )
    .values(state=TaskState.DONE.value, annotator=sa.bindparam("who"), leased_until=None)
)


def finish_task(connection: sa.Connection, task_id: int, asset_id: str, annotator: str) -> None:
    """Mark the task as done by ``annotator``, whoever held it; one of a closed round stays.

    Raises:
        NotFoundError: there is no such task.
        InvalidInputError: it asks about another asset.
    """
    found = connection.execute(_FINISH, {"task": task_id, "asset": asset_id, "who": annotator})
    if found.rowcount:
        return
    asks = connection.execute(sa.select(tasks.c.asset_id).where(tasks.c.id == task_id)).scalar()
    if asks is None:
        raise NotFoundError(f"There is no task {task_id}.", remedy="Lease the next task.")
    if asks != asset_id:
        raise InvalidInputError(
            f"Task {task_id} asks about {asks!r}, not {asset_id!r}.",
            remedy="Send the label with its own task, or with none.",
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
