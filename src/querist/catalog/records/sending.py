"""Sends a label back: its task waits for the one person who gave the label."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from querist.catalog.records.tables import annotators, rounds, selected, tasks
from querist.errors import InvalidInputError
from querist.schema import BY_PEOPLE, Arm, Question, TaskState

# Above every priority that a strategy gives: whoever may take it up gets it first.
FIRST = 1e6


def send_to(connection: sa.Connection, decision: Any, note: str) -> int:
    """Open a task about ``decision`` for its author again; for anybody if the author is gone.

    The task that had asked is used, or a new one in the decision's round, or in the newest.

    Returns:
        The id of the task.

    Raises:
        InvalidInputError: there is no round that a task could belong to.
    """
    values = {
        "state": TaskState.OPEN.value,
        "annotator": None,
        "leased_until": None,
        "priority": FIRST,
        "sent_to": _author(connection, decision),
        "note": note,
    }
    # Tasks that collect opinions stay what they are: whoever answers now decides.
    task = tasks.c.id == decision.task_id, tasks.c.kind == Question.LABEL.value
    again = sa.update(tasks).where(*task).values(values).returning(tasks.c.id)
    known = connection.execute(again).scalar()
    if known is not None:
        return int(known)
    row = {
        **values,
        "asset_id": decision.asset_id,
        "round": _round(connection, decision),
        "arms": arms_of(connection, decision.asset_id),
    }
    found = connection.execute(sa.insert(tasks).values(row).returning(tasks.c.id))
    return int(found.scalar_one())


def close_sent(connection: sa.Connection, task_id: int | None, author: str) -> None:
    """Close a task that was sent back: it is done by its author, as it was before."""
    connection.execute(
        sa.update(tasks)
        .where(tasks.c.id == task_id)
        .values(
            state=TaskState.DONE.value,
            annotator=author,
            leased_until=None,
            sent_to=None,
            note=None,
        )
    )


def arms_of(connection: sa.Connection, asset_id: str) -> list[str]:
    """The arms an asset was drawn for, the active arm if for none."""
    query = sa.select(selected.c.arm).where(selected.c.asset_id == asset_id).distinct()
    return sorted(connection.scalars(query)) or [Arm.ACTIVE.value]


def newest_round(connection: sa.Connection) -> int | None:
    """The round with the highest number, if there is one."""
    return connection.execute(sa.select(sa.func.max(rounds.c.number))).scalar()


def _author(connection: sa.Connection, decision: Any) -> str | None:
    if decision.origin not in BY_PEOPLE:
        return None
    query = sa.select(annotators.c.active).where(annotators.c.name == decision.annotator)
    return decision.annotator if connection.execute(query).scalar() else None


def _round(connection: sa.Connection, decision: Any) -> int:
    found = decision.round if decision.round is not None else newest_round(connection)
    if found is None:
        raise InvalidInputError(
            f"{decision.asset_id!r} cannot be sent back: tasks belong to rounds, and there is "
            "none yet.",
            remedy="Start a round, or fix the label.",
        )
    return int(found)
