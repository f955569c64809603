"""Tasks: who labels what next; one task is never given to two people at once.

An asset that is asked of n annotators has n tasks, and nobody gets two of them.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.tables import opinions, tasks
from querist.catalog.records.task_tally import TaskTally
from querist.catalog.records.workforce_tables import IN_FLIGHT_ASSETS
from querist.errors import InvalidInputError, NotFoundError
from querist.schema import Arm, Question, Task, TaskState, check_name

_OPEN, _LEASED = TaskState.OPEN.value, TaskState.LEASED.value
# Written into the SQL, not bound: only then do the planners see that the partial indexes fit.
_IS_OPEN = tasks.c.state == sa.literal_column(f"'{_OPEN}'")
_IS_LEASED = tasks.c.state == sa.literal_column(f"'{_LEASED}'")
_IS_SENT = sa.and_(_IS_OPEN, tasks.c.sent_to.is_not(None))
_IS_FREE = sa.and_(_IS_OPEN, tasks.c.sent_to.is_(None))
# Others may have what is given back, but a gold question is asked of one person: it waits for them.
_IS_GOLD = tasks.c.kind == Question.GOLD.value
_FREE = {
    "state": sa.case((_IS_GOLD, TaskState.RETURNED.value), else_=_OPEN),
    "annotator": sa.case((_IS_GOLD, tasks.c.annotator)),
    "leased_until": None,
}
_UNFINISHED = sa.and_(tasks.c.state.in_((_OPEN, _LEASED)), tasks.c.sent_to.is_(None))
_ORDER = (tasks.c.priority.desc(), tasks.c.id)
_MOST = 1000

# Built once: every decision asks these, and building takes longer than running.
_BY_ID = sa.select(tasks).where(tasks.c.id == sa.bindparam("id"))
_BY_ASSET = sa.select(tasks).where(tasks.c.asset_id == sa.bindparam("asset")).order_by(tasks.c.id)
_UPCOMING = (
    sa.select(tasks.c.asset_id)
    .where(_IS_FREE)
    .order_by(*_ORDER)
    .limit(sa.bindparam("most", type_=sa.Integer))
)
_ANY_OPEN = sa.select(
    sa.exists().where(_UNFINISHED, tasks.c.round == sa.bindparam("of_round"), ~_IS_GOLD)
)
_SENT_BACK = sa.select(tasks.c.sent_to, sa.func.count()).where(_IS_SENT).group_by(tasks.c.sent_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task to be made: the asset, the arms it serves, and its priority (higher comes first).

    With ``opinions`` above one it becomes so many tasks, each for another annotator. With
    ``again`` it asks for another opinion on an asset that has a label. With ``skill`` only who has
    that skill is served it.
    """

    asset_id: str
    arms: tuple[Arm, ...]
    priority: float
    opinions: int = 1
    again: bool = False
    skill: str | None = None

    @property
    def kind(self) -> Question:
        """What the answers become."""
        if self.again:
            return Question.SECOND
        return Question.OPINION if self.opinions > 1 else Question.LABEL


class TaskList:
    """The tasks of all rounds.

    Attributes:
        tally: How many there are in each state, for pages that show it again and again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tally = TaskTally(database)

    def lease(
        self,
        annotator: str,
        *,
        count: int,
        seconds: float,
        round: int | None = None,
        skills: Sequence[str] = (),
    ) -> list[Task]:
        """Reserve tasks for an annotator, highest priority first, then oldest.

        Those the annotator holds already come first and are reserved anew, then those that were
        sent back to them, which nobody else gets; leases that have run out are given again. Of an
        asset that is asked of several, nobody who has a task of it in the round, reserved or
        answered, gets another one, and nobody is asked for another opinion than their own.

        Args:
            annotator: Who asks.
            count: At most so many tasks, 1 to 1000.
            seconds: How long they are reserved.
            round: Only tasks of this round.
            skills: What the annotator knows; tasks that need another skill are passed over.

        Raises:
            InvalidInputError: ``count`` or ``seconds`` is out of range.
        """
        check_name("annotator", annotator)
        _check(count, seconds)
        now = self._database.now()
        until = now + timedelta(seconds=seconds)
        with self._database.write(durable=False) as connection:
            one_by_one(connection, annotator)
            connection.execute(_TAKE_BACK, {"now": now})
            values = {"who": annotator, "until": until, "now": now, "of_round": round}
            values["skills"] = list(skills)
            held = _take(connection, "held", values, count)
            if len(held) < count:
                held += _take(connection, "sent", values, count - len(held))
            if count - len(held) > 1:
                # Of several tasks of one asset only the first, so that no two of them are taken.
                held += _take(connection, "first", values, count - len(held))
            if not held or len(held) == count - 1:
                # One is wanted, or all the first ones are on their way to others just now.
                held += _take(connection, "open", values, 1)
        return held

    def renew(self, task_ids: Sequence[int], annotator: str, seconds: float) -> list[Task]:
        """Reserve held tasks for longer; returns those that the annotator still holds."""
        _check(1, seconds)
        until = self._database.now() + timedelta(seconds=seconds)
        return self._change_held(task_ids, annotator, {"leased_until": until})

    def release(self, task_ids: Sequence[int], annotator: str) -> list[Task]:
        """Give held tasks back to the queue; returns those that the annotator held."""
        return self._change_held(task_ids, annotator, _FREE)

    def get(self, task_id: int) -> Task:
        """The task; raises NotFoundError."""
        found = self._list(_BY_ID, {"id": task_id})
        if not found:
            raise NotFoundError(f"There is no task {task_id}.", remedy="Lease the next task.")
        return found[0]

    def for_asset(self, asset_id: str) -> list[Task]:
        """All tasks that ask about an asset, oldest first."""
        return self._list(_BY_ASSET, {"asset": asset_id})

    def upcoming(self, count: int) -> list[str]:
        """The assets of the free tasks that are served next, in the order of serving."""
        with self._database.read() as connection:
            return list(connection.scalars(_UPCOMING, {"most": count}))

    def open(self, round: int) -> list[Task]:
        """The tasks of a round that nobody has finished, leased ones included, in serving order.

        Gold questions hold no round up: they do not count here, nor below.
        """
        return self._list(
            sa.select(tasks)
            .where(tasks.c.round == round, tasks.c.state.in_((_OPEN, _LEASED)), ~_IS_GOLD)
            .order_by(*_ORDER)
        )

    def any_open(self, round: int) -> bool:
        """Whether somebody still has to finish a task of the round; cheap at any size.

        Tasks that were sent back to one person hold up no round.
        """
        with self._database.read() as connection:
            return bool(connection.execute(_ANY_OPEN, {"of_round": round}).scalar())

    def sent_back(self) -> dict[str, int]:
        """How many tasks wait for one person alone, by person."""
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(_SENT_BACK)}

    def asked(self) -> set[str]:
        """The assets that somebody is or will be asked about; gold questions do not count.

        What is out with a workforce is asked also when the round of its task has closed.
        """
        query = sa.select(tasks.c.asset_id).where(tasks.c.state.in_((_OPEN, _LEASED)), ~_IS_GOLD)
        with self._database.read() as connection:
            return set(connection.scalars(query)) | set(connection.scalars(IN_FLIGHT_ASSETS))

    def counts(self, round: int | None = None) -> dict[TaskState, int]:
        """How many tasks are in each state, of one round or of all."""
        query = sa.select(tasks.c.state, sa.func.count()).group_by(tasks.c.state)
        if round is not None:
            query = query.where(tasks.c.round == round)
        with self._database.read() as connection:
            found = Counter({row[0]: row[1] for row in connection.execute(query)})
            # Counting all by an index, then the few gold ones, beats looking at each kind.
            gold = connection.execute(query.where(tasks.c.beside.is_not(None)))
            found.subtract({row[0]: row[1] for row in gold})
        return {state: found[state.value] for state in TaskState}

    def close_round(self, round: int) -> int:
        """Return all unfinished tasks of a round to the pool; returns how many.

        Those that were sent back to one person stay: only that person may take them up.
        """
        with self._database.write() as connection:
            return connection.execute(
                sa.update(tasks)
                .where(_UNFINISHED, tasks.c.round == round)
                .values({**_FREE, "state": TaskState.RETURNED.value})
            ).rowcount

    def _change_held(
        self, task_ids: Sequence[int], annotator: str, values: dict[str, Any]
    ) -> list[Task]:
        if not task_ids:
            return []
        update = (
            sa.update(tasks)
            .where(
                tasks.c.id.in_(list(task_ids)),
                _IS_LEASED,
                tasks.c.annotator == annotator,
            )
            .values(values)
            .returning(*tasks.c)
        )
        with self._database.write(durable=False) as connection:
            return _sorted(connection.execute(update).all())

    def _list(self, query: sa.Select[Any], values: Mapping[str, Any] | None = None) -> list[Task]:
        with self._database.read() as connection:
            return [task_of(row) for row in connection.execute(query, values)]


def one_by_one(connection: sa.Connection, annotator: str) -> None:
    """Let an annotator's writes in one by one, so that each sees which tasks they have.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"who": f"querist.annotator.{annotator}"})


_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtext(:who))")


def task_rows(task: NewTask, round: int) -> list[dict[str, Any]]:
    """The rows of a new task of a round: as many as it wants opinions."""
    row = {
        "asset_id": task.asset_id,
        "round": round,
        "arms": [arm.value for arm in task.arms],
        "priority": task.priority,
        "state": _OPEN,
        "annotator": None,
        "leased_until": None,
        "sent_to": None,
        "note": None,
        "kind": task.kind.value,
        "skill": task.skill,
    }
    return [row] * task.opinions


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
    .where(*_SIBLING, _other.c.state == sa.literal_column(f"'{_OPEN}'"), _other.c.id < tasks.c.id)
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
_MAY_ANSWER = sa.and_(
    sa.or_(_ASKS_FOR_LABEL, sa.and_(_HAS_NO_TASK, sa.or_(~_IS_SECOND, _HAS_SAID_NOTHING))),
    sa.or_(tasks.c.skill.is_(None), tasks.c.skill.in_(sa.bindparam("skills", expanding=True))),
)
_TAKEN = {
    "held": (
        _IS_LEASED,
        tasks.c.annotator == sa.bindparam("who"),
        tasks.c.leased_until > sa.bindparam("now"),
    ),
    "sent": (_IS_SENT, tasks.c.sent_to == sa.bindparam("who")),
    "first": (_IS_FREE, _MAY_ANSWER, _IS_FIRST),
    "open": (_IS_FREE, _MAY_ANSWER),
}
# SQLite has no row locks and leaves the clause out.
_EXPIRED = sa.select(tasks.c.id).where(_IS_LEASED, tasks.c.leased_until <= sa.bindparam("now"))
_TAKE_BACK = (
    sa.update(tasks).where(tasks.c.id.in_(_EXPIRED.with_for_update(skip_locked=True))).values(_FREE)
)


@functools.cache
def _taking(which: str, of_round: bool) -> sa.Update:
    """The statement that reserves tasks; kept, since building it takes as long as running it."""
    query = sa.select(tasks.c.id).where(*_TAKEN[which])
    if of_round:
        query = query.where(tasks.c.round == sa.bindparam("of_round"))
    query = query.order_by(*_ORDER).limit(sa.bindparam("most", type_=sa.Integer))
    # One's own are waited for: whoever looks for open ones may hold their locks for a moment, since
    # PostgreSQL locks a row before it sees that it is open no more. Leases that have run out are
    # left to whoever takes them back, or two people could wait for each other.
    query = query.with_for_update(skip_locked=which != "held")
    # Materialised first: PostgreSQL could run a plain sub-query, and its locks, again.
    picked = query.cte("picked").prefix_with("MATERIALIZED", dialect="postgresql")
    return (
        sa.update(tasks)
        .where(tasks.c.id.in_(sa.select(picked.c.id)))
        .values(state=_LEASED, annotator=sa.bindparam("who"), leased_until=sa.bindparam("until"))
        .returning(*tasks.c)
    )


def take_from(connection: sa.Connection, annotator: str) -> None:
    """Give back all tasks that somebody holds, also those that wait for them alone."""
    held = sa.update(tasks).where(_IS_LEASED, tasks.c.annotator == annotator)
    connection.execute(held.values(_FREE))
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
    connection.execute(_TAKE_BACK, {"now": now})
    values = {"who": annotator, "until": until, "now": now, "of_round": None}
    return _take(connection, "first", {**values, "skills": list(skills)}, count)


def give_back(connection: sa.Connection, task_id: int, annotator: str) -> None:
    """Give a task back that somebody holds."""
    held = sa.update(tasks).where(tasks.c.id == task_id, _IS_LEASED, tasks.c.annotator == annotator)
    connection.execute(held.values(_FREE))


def _take(
    connection: sa.Connection, which: str, values: Mapping[str, Any], count: int
) -> list[Task]:
    statement = _taking(which, values["of_round"] is not None)
    return _sorted(connection.execute(statement, {**values, "most": count}).all())


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


def _sorted(rows: Sequence[sa.Row[Any]]) -> list[Task]:
    return sorted((task_of(row) for row in rows), key=lambda task: (-task.priority, task.id))


def _check(count: int, seconds: float) -> None:
    if not 1 <= count <= _MOST:
        raise InvalidInputError(
            f"The number of tasks is {count}.", remedy=f"Ask for 1 to {_MOST} tasks."
        )
    if not 0 < seconds <= 7 * 24 * 3600:
        raise InvalidInputError(
            f"The reservation lasts {seconds} s.", remedy="Give more than 0 s, at most a week."
        )
