"""Tasks: who labels what next; one task is never given to two people at once.

An asset that is asked of n annotators has n tasks, and nobody gets two of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import rounds, tasks
from querist.catalog.records.task_serving import (
    FREE,
    IS_FREE,
    IS_GOLD,
    IS_LEASED,
    IS_SENT,
    IS_UNFINISHED,
    LEASED,
    OPEN,
    ORDER,
    in_order,
    one_by_one,
    serve,
    task_of,
)
from querist.catalog.records.task_tally import TaskTally
from querist.catalog.records.workforce_tables import IN_FLIGHT_ASSETS
from querist.errors import InvalidInputError, NotFoundError
from querist.schema import Arm, Question, Step, Task, TaskState, check_name, is_number, is_whole

_UNFINISHED = sa.and_(IS_UNFINISHED, tasks.c.sent_to.is_(None))
_MOST = 1000

# Built once: every decision asks these, and building takes longer than running.
_BY_ID = Prepared(sa.select(tasks).where(tasks.c.id == sa.bindparam("id")))
_BY_ASSET = Prepared(
    sa.select(tasks).where(tasks.c.asset_id == sa.bindparam("asset")).order_by(tasks.c.id)
)
_UPCOMING = (
    sa.select(tasks.c.asset_id)
    .where(IS_FREE)
    .order_by(*ORDER)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def _any_unfinished(round: Any) -> sa.ColumnElement[bool]:
    """Whether a task of the round is unfinished, by the first one that waits or is leased.

    Each in the order of its index: asked for any at all, PostgreSQL reads the table from its start,
    past all that are done.
    """
    of_round = (tasks.c.round == round, tasks.c.sent_to.is_(None), ~IS_GOLD)
    first = sa.select(tasks.c.id).limit(1)
    waits = first.where(IS_FREE, *of_round).order_by(*ORDER).scalar_subquery()
    leased = first.where(IS_LEASED, *of_round).order_by(tasks.c.leased_until).scalar_subquery()
    return waits.is_not(None) | leased.is_not(None)


_ANY_OPEN = Prepared(sa.select(_any_unfinished(sa.bindparam("of_round"))))
_COLLECTS = rounds.c.step == Step.COLLECT.value
_NEWEST = sa.select(sa.func.max(rounds.c.number)).scalar_subquery()
_IS_ANSWERED = Prepared(
    sa.select(sa.exists().where(rounds.c.number == _NEWEST, _COLLECTS) & ~_any_unfinished(_NEWEST))
)
_GIVEN = ("asset_id", "round", "arms", "priority", "state", "kind", "skill")
_INSERT = Prepared(sa.insert(tasks).inline(), _GIVEN)
_INSERT_AT = Prepared(sa.insert(tasks).inline(), (*_GIVEN, "id"))
_SENT_BACK = Prepared(
    sa.select(tasks.c.sent_to, sa.func.count()).where(IS_SENT).group_by(tasks.c.sent_to)
)


# Not frozen, as a frozen one takes several times as long to make and a round may ask for millions.
@dataclass(slots=True, kw_only=True)
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
            values = {"who": annotator, "until": until, "now": now, "of_round": round}
            values["skills"] = list(skills)
            return serve(connection, values, count)

    def renew(self, task_ids: Sequence[int], annotator: str, seconds: float) -> list[Task]:
        """Reserve held tasks for longer; returns those that the annotator still holds."""
        _check(1, seconds)
        until = self._database.now() + timedelta(seconds=seconds)
        return self._change_held(task_ids, annotator, {"leased_until": until})

    def release(self, task_ids: Sequence[int], annotator: str) -> list[Task]:
        """Give held tasks back to the queue; returns those that the annotator held."""
        return self._change_held(task_ids, annotator, FREE)

    def get(self, task_id: int) -> Task:
        """The task; raises NotFoundError."""
        with self._database.read() as connection:
            found = _BY_ID.row(connection, {"id": task_id})
        if found is None:
            raise NotFoundError(f"There is no task {task_id}.", remedy="Lease the next task.")
        return task_of(found)

    def for_asset(self, asset_id: str) -> list[Task]:
        """All tasks that ask about an asset, oldest first."""
        with self._database.read() as connection:
            return [task_of(row) for row in _BY_ASSET.rows(connection, {"asset": asset_id})]

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
            .where(tasks.c.round == round, tasks.c.state.in_((OPEN, LEASED)), ~IS_GOLD)
            .order_by(*ORDER)
        )

    def any_open(self, round: int) -> bool:
        """Whether somebody still has to finish a task of the round; cheap at any size.

        Tasks that were sent back to one person hold up no round.
        """
        with self._database.read() as connection:
            return bool(_ANY_OPEN.scalar(connection, {"of_round": round}))

    def is_answered(self) -> bool:
        """Whether the newest round collects labels and nobody has to finish a task of it."""
        with self._database.read() as connection:
            return bool(_IS_ANSWERED.scalar(connection))

    def sent_back(self) -> dict[str, int]:
        """How many tasks wait for one person alone, by person."""
        with self._database.read() as connection:
            return {row[0]: row[1] for row in _SENT_BACK.rows(connection)}

    def asked(self) -> set[str]:
        """The assets that somebody is or will be asked about; gold questions do not count.

        What is out with a workforce is asked also when the round of its task has closed.
        """
        query = sa.select(tasks.c.asset_id).where(tasks.c.state.in_((OPEN, LEASED)), ~IS_GOLD)
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

    def earlier(self, current: int | None) -> tuple[int, int]:
        """Labels that anybody may give of rounds other than the one that collects labels.

        Opinions that only some may give do not count, nor what is out with a workforce.

        Args:
            current: The round that collects labels; ``None`` counts those of all rounds.

        Returns:
            How many are asked again, for which the task says why, and how many others wait, as
            those that check auto-labels do.
        """
        again = sa.case((tasks.c.note.is_not(None), 1))
        query = sa.select(sa.func.count(again), sa.func.count()).where(
            _UNFINISHED,
            tasks.c.kind == Question.LABEL.value,
            tasks.c.asset_id.not_in(IN_FLIGHT_ASSETS),
        )
        if current is not None:
            query = query.where(tasks.c.round != current)
        with self._database.read() as connection:
            asked_again, all_of_them = connection.execute(query).one()
        return asked_again, all_of_them - asked_again

    def close_round(self, round: int) -> int:
        """Return all unfinished tasks of a round to the pool; returns how many.

        Those that were sent back to one person stay: only that person may take them up.
        """
        with self._database.write() as connection:
            return connection.execute(
                sa.update(tasks)
                .where(_UNFINISHED, tasks.c.round == round)
                .values({**FREE, "state": TaskState.RETURNED.value})
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
                IS_LEASED,
                tasks.c.annotator == annotator,
            )
            .values(values)
            .returning(*tasks.c)
        )
        with self._database.write(durable=False) as connection:
            return in_order(connection.execute(update).all())

    def _list(self, query: sa.Select[Any]) -> list[Task]:
        with self._database.read() as connection:
            return [task_of(row) for row in connection.execute(query)]


def insert_tasks(
    connection: sa.Connection,
    new: Sequence[NewTask],
    round: int,
    serving: Callable[[Sequence[float]], tuple[Sequence[int], Sequence[float]]] | None = None,
) -> None:
    """Store the tasks of a round, as many of each as it wants opinions.

    Args:
        connection: The transaction.
        new: The tasks.
        round: The round.
        serving: Gives the tasks ids, and other priorities; by default they get the next ids.
    """
    each = [task for task in new for _ in range(task.opinions)]
    if not each:
        return
    columns: dict[str, Sequence[Any]] = {
        "asset_id": [task.asset_id for task in each],
        "round": [round] * len(each),
        "arms": [task.arms for task in each],
        "priority": [task.priority for task in each],
        "state": [OPEN] * len(each),
        "kind": [task.kind.value for task in each],
        "skill": [task.skill for task in each],
    }
    if serving is None:
        _INSERT.many(connection, columns)
        return
    columns["id"], columns["priority"] = serving(columns["priority"])
    _INSERT_AT.many(connection, columns)


def task_rows(task: NewTask, round: int) -> list[dict[str, Any]]:
    """The rows of a new task of a round: as many as it wants opinions."""
    row = {
        "asset_id": task.asset_id,
        "round": round,
        "arms": [arm.value for arm in task.arms],
        "priority": task.priority,
        "state": OPEN,
        "annotator": None,
        "leased_until": None,
        "sent_to": None,
        "note": None,
        "kind": task.kind.value,
        "skill": task.skill,
    }
    return [row] * task.opinions


def _check(count: int, seconds: float) -> None:
    if not (is_whole(count) and 1 <= count <= _MOST):
        raise InvalidInputError(
            f"The number of tasks is {count!r}.", remedy=f"Ask for 1 to {_MOST} tasks."
        )
    if not (is_number(seconds) and 0 < seconds <= 7 * 24 * 3600):
        raise InvalidInputError(
            f"The reservation lasts {seconds!r} s.", remedy="Give more than 0 s, at most a week."
        )
