"""Handing tasks out and taking them back: the statements, each within somebody's transaction."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import opinions, tasks
from querist.schema import Arm, Question, Task, TaskState

OPEN, LEASED = TaskState.OPEN.value, TaskState.LEASED.value
# Written into the SQL, not bound: only then do the planners see that the partial indexes fit, and
# SQLite plans anew at each execution of a statement that could fit one.
_OPEN = sa.literal_column(f"'{OPEN}'", sa.Text)
_LEASED = sa.literal_column(f"'{LEASED}'", sa.Text)
IS_OPEN = tasks.c.state == _OPEN
IS_LEASED = tasks.c.state == _LEASED
IS_UNFINISHED = tasks.c.state.in_((_OPEN, _LEASED))
IS_SENT = sa.and_(IS_OPEN, tasks.c.sent_to.is_not(None))
IS_FREE = sa.and_(IS_OPEN, tasks.c.sent_to.is_(None))
# Others may have what is given back, but a gold question is asked of one person: it waits for them.
IS_GOLD = tasks.c.kind == sa.literal_column(f"'{Question.GOLD.value}'")
FREE = {
    "state": sa.case((IS_GOLD, TaskState.RETURNED.value), else_=OPEN),
    "annotator": sa.case((IS_GOLD, tasks.c.annotator)),
    "leased_until": None,
}
_MANY = 500
ORDER = (tasks.c.priority.desc(), tasks.c.id)


def one_by_one(connection: sa.Connection, annotator: str) -> None:
    """Let an annotator's writes in one by one, so that each sees which tasks they have.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"who": f"querist.annotator.{annotator}"})


_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext(:who))")


_other = tasks.alias("other")
_ASKS_FOR_LABEL = tasks.c.kind == sa.literal_column("'label'")
_SIBLING = (
    _other.c.kind != sa.literal_column("'label'"),
    _other.c.asset_id == tasks.c.asset_id,
    _other.c.round == tasks.c.round,
)
# Scalar sub-queries: PostgreSQL evaluates them row by row down the index, and never turns them
# into a join over the whole table.
_IS_FIRST = sa.or_(
    _ASKS_FOR_LABEL,
    sa.select(_other.c.id)
    .where(*_SIBLING, _other.c.state == sa.literal_column(f"'{OPEN}'"), _other.c.id < tasks.c.id)
    .limit(1)
    .scalar_subquery()
    .is_(None),
)
_HAS_NO_TASK = (
    sa.select(_other.c.id)
    .where(*_SIBLING, _other.c.annotator == sa.bindparam("who"))
    .limit(1)
    .scalar_subquery()
    .is_(None)
)
_HAS_SAID_NOTHING = (
    sa.select(opinions.c.seq)
    .where(opinions.c.asset_id == tasks.c.asset_id, opinions.c.annotator == sa.bindparam("who"))
    .where(~opinions.c.gold)
    .limit(1)
    .scalar_subquery()
    .is_(None)
)
_IS_SECOND = tasks.c.kind == sa.literal_column("'second'")
_MAY_ANSWER = sa.or_(_ASKS_FOR_LABEL, sa.and_(_HAS_NO_TASK, sa.or_(~_IS_SECOND, _HAS_SAID_NOTHING)))
_TAKEN = {
    "held": (
        IS_LEASED,
        tasks.c.annotator == sa.bindparam("who"),
        tasks.c.leased_until > sa.bindparam("now"),
    ),
    "sent": (IS_SENT, tasks.c.sent_to == sa.bindparam("who")),
    "first": (IS_FREE, _MAY_ANSWER, _IS_FIRST),
    "open": (IS_FREE, _MAY_ANSWER),
}
_OWN = ("held", "sent")
_KEPT = 256  # one statement for each set of skills
# SQLite has no row locks and leaves the clause out.
_EXPIRED = sa.select(tasks.c.id).where(IS_LEASED, tasks.c.leased_until <= sa.bindparam("now"))
_TAKE_BACK = (
    sa.update(tasks).where(tasks.c.id.in_(_EXPIRED.with_for_update(skip_locked=True))).values(FREE)
)


_LOOK = Prepared(
    sa.select(
        *(sa.select(tasks.c.id).where(*_TAKEN[which]).limit(1).scalar_subquery() for which in _OWN),
        _EXPIRED.limit(1).scalar_subquery(),
    )
)


def serve(connection: sa.Connection, values: Mapping[str, Any], count: int) -> list[Task]:
    """Reserve tasks for somebody: those they hold, those sent back to them, then free ones.

    Args:
        connection: The transaction.
        values: What the statements are given: ``who``, ``until``, ``now``, ``skills`` and
            ``of_round``, which is ``None`` for any.
        count: At most so many.
    """
    # Mostly there is nothing of all this: one look takes less time than three updates.
    holds, waits, expired = _LOOK.row(connection, values)
    if expired is not None:
        _take_back(connection, values["now"])
        holds, waits, _ = _LOOK.row(connection, values)
    held = _take(connection, "held", values, count) if holds is not None else []
    if waits is not None and len(held) < count:
        held += _take(connection, "sent", values, count - len(held))
    if count - len(held) > 1:
        # Of several tasks of one asset only the first, so that no two of them are taken.
        held += _take(connection, "first", values, count - len(held))
    if not held or len(held) == count - 1:
        # One is wanted, or all the first ones are on their way to others just now.
        held += _take(connection, "open", values, 1)
    return held


@functools.lru_cache(_KEPT)
def _taking(which: str, of_round: bool, skills: tuple[str, ...]) -> Prepared:
    """The statement that reserves tasks; kept, since building it takes as long as running it."""
    query = sa.select(tasks.c.id).where(*_TAKEN[which])
    if which not in _OWN:
        suits = (tasks.c.skill == skill for skill in skills)
        query = query.where(sa.or_(tasks.c.skill.is_(None), *suits))
    if of_round:
        query = query.where(tasks.c.round == sa.bindparam("of_round"))
    query = query.order_by(*ORDER).limit(sa.bindparam("most", type_=sa.Integer))
    # One's own are waited for: whoever looks for open ones may hold their locks for a moment, since
    # PostgreSQL locks a row before it sees that it is open no more. Leases that have run out are
    # left to whoever takes them back, or two people could wait for each other.
    query = query.with_for_update(skip_locked=which != "held")
    # Materialised first: PostgreSQL could run a plain sub-query, and its locks, again.
    picked = query.cte("picked").prefix_with("MATERIALIZED", dialect="postgresql")
    return Prepared(
        sa.update(tasks)
        .where(tasks.c.id.in_(sa.select(picked.c.id)))
        .values(state=LEASED, annotator=sa.bindparam("who"), leased_until=sa.bindparam("until"))
        .returning(*tasks.c)
    )


def take_from(connection: sa.Connection, annotator: str) -> None:
    """Give back all tasks that somebody holds, also those that wait for them alone."""
    held = sa.update(tasks).where(IS_LEASED, tasks.c.annotator == annotator)
    connection.execute(held.values(FREE))
    connection.execute(sa.update(tasks).where(tasks.c.sent_to == annotator).values(sent_to=None))


def take_free(
    connection: sa.Connection,
    annotator: str,
    *,
    count: int,
    until: datetime,
    now: datetime,
    skills: Sequence[str],
) -> list[Task]:
    """Reserve free tasks for somebody in the order of serving, one an asset."""
    _take_back(connection, now)
    values = {"who": annotator, "until": until, "now": now, "of_round": None}
    return _take(connection, "first", {**values, "skills": list(skills)}, count)


def take_beside(
    connection: sa.Connection, taken: Sequence[Task], holders: Sequence[str], until: datetime
) -> dict[int, list[Task]]:
    """Reserve further opinions on assets of which one is reserved just now, one a holder.

    Returns:
        By the id of the task that is reserved already, as many as there are holders; assets that
        want fewer are left out.
    """
    asked = {
        (it.asset_id, it.round): it.id for it in taken if it.kind is Question.OPINION and holders
    }
    keys = list(asked)
    free: dict[int, list[int]] = {}
    for start in range(0, len(keys), _MANY):
        part = keys[start : start + _MANY]
        query = sa.select(tasks.c.id, tasks.c.asset_id, tasks.c.round).where(
            IS_FREE,
            tasks.c.kind == Question.OPINION.value,
            tasks.c.asset_id.in_([asset_id for asset_id, _ in part]),
        )
        query = query.order_by(tasks.c.id).with_for_update(skip_locked=True)
        for task_id, asset_id, number in connection.execute(query):
            lead = asked.get((asset_id, number))
            if lead is not None and len(free.setdefault(lead, [])) < len(holders):
                free[lead].append(task_id)
    found: dict[int, list[Task]] = {}
    for lead, ids in free.items():
        if len(ids) < len(holders):
            continue
        for task_id, holder in zip(ids, holders, strict=True):
            hold = sa.update(tasks).where(tasks.c.id == task_id)
            values = {"state": LEASED, "annotator": holder, "leased_until": until}
            row = connection.execute(hold.values(values).returning(*tasks.c)).one()
            found.setdefault(lead, []).append(task_of(row))
    return found


def give_back(connection: sa.Connection, task_id: int, annotator: str) -> None:
    """Give a task back that somebody holds."""
    held = sa.update(tasks).where(tasks.c.id == task_id, IS_LEASED, tasks.c.annotator == annotator)
    connection.execute(held.values(FREE))


def _take_back(connection: sa.Connection, now: datetime) -> None:
    connection.execute(_TAKE_BACK, {"now": now})


def _take(
    connection: sa.Connection, which: str, values: Mapping[str, Any], count: int
) -> list[Task]:
    statement = _taking(which, values["of_round"] is not None, tuple(sorted(values["skills"])))
    return in_order(statement.rows(connection, {**values, "most": count}))


def task_of(row: sa.Row[Any]) -> Task:
    """The schema object of a row."""
    return Task(
        id=row.id,
        asset_id=row.asset_id,
        round=row.round,
        arms=tuple(Arm(arm) for arm in row.arms),
        priority=row.priority,
        state=TaskState(row.state),
        annotator=row.annotator,
        leased_until=row.leased_until,
        sent_to=row.sent_to,
        note=row.note,
        kind=Question(row.kind),
        skill=row.skill,
    )


def in_order(rows: Sequence[sa.Row[Any]]) -> list[Task]:
    """The tasks of rows in the order of serving."""
    return sorted((task_of(row) for row in rows), key=lambda task: (-task.priority, task.id))
