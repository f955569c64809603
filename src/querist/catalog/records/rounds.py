"""Rounds, and why each asset was selected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.gold import GAP
from querist.catalog.records.label_queries import queue_up
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.second_opinions import open_up
from querist.catalog.records.stored import from_row, in_parts
from querist.catalog.records.tables import rounds, selected
from querist.catalog.records.tables import tasks as task_table
from querist.catalog.records.tasks import NewTask, insert_tasks
from querist.errors import ConflictError, NotFoundError
from querist.schema import Arm, Round, RoundPlan, Selected, Step, to_json

_STAGE = Prepared(
    sa.select(rounds.c.number, rounds.c.step).order_by(rounds.c.number.desc()).limit(1)
)
# By asset alone: with the round beside it SQLite would walk through the whole round.
_FOR = Prepared(
    sa.select(selected)
    .where(selected.c.asset_id == sa.bindparam("asset"))
    .order_by(selected.c.round, selected.c.arm, selected.c.rank)
)
_FIELDS = tuple(column.name for column in rounds.c)
_REASONS = ("round", "asset_id", "rank", "score", "propensity", "reason", "draw_chance")
_SELECT = Prepared(sa.insert(selected).inline(), (*_REASONS, "arm"))
_TIMES = ("started_at", "finished_at")
_UNDRAWN = (Step.PLAN.value, Step.SELECT.value)
_RENEW_SEQUENCE = (
    "SELECT setval(pg_get_serial_sequence('tasks', 'id'), (SELECT max(id) FROM tasks))"
)

# Inside the class `list` is a method.
_Rounds = list[Round]
_Selections = list[Selected]
_Ids = list[str]
_Counts = dict[int, int]


class RoundList:
    """All rounds of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._plans: dict[int, RoundPlan | None] = {}

    def add(self, new: Round) -> Round:
        """Store a new round; raises ConflictError if its number is taken."""
        with self._database.write() as connection:
            if not self._database.insert_new(connection, rounds, _row(new)):
                raise ConflictError(
                    f"Somebody else has begun round {new.number} meanwhile.",
                    remedy="Look at it, and ask for a batch again if you want the next one.",
                )
        return new

    def get(self, number: int) -> Round:
        """The round; raises NotFoundError."""
        found = self._list(sa.select(rounds).where(rounds.c.number == number))
        if not found:
            raise NotFoundError(f"There is no round {number}.", remedy="List the rounds.")
        return found[0]

    def plan(self, number: int) -> RoundPlan | None:
        """The plan of a round that has tasks, which never changes; kept after the first look."""
        if number not in self._plans:
            self._plans[number] = self.get(number).plan
        return self._plans[number]

    def latest(self) -> Round | None:
        """The round with the highest number, or ``None``."""
        found = self._list(sa.select(rounds).order_by(rounds.c.number.desc()).limit(1))
        return found[0] if found else None

    def stage(self) -> tuple[int, Step] | None:
        """Number and step of the round with the highest number, or ``None``."""
        with self._database.read() as connection:
            found = _STAGE.row(connection)
        return None if found is None else (found.number, Step(found.step))

    def list(self) -> _Rounds:
        """All rounds, oldest first."""
        return self._list(sa.select(rounds).order_by(rounds.c.number))

    def update(self, after: Round, *, expected_step: Step) -> Round:
        """Store what a step has brought.

        Raises:
            ConflictError: the round is in another step than ``expected_step`` by now.
            NotFoundError: there is no such round.
        """
        with self._database.write() as connection:
            _update(connection, after, expected_step)
        return after

    def select(
        self,
        after: Round,
        *,
        expected_step: Step,
        selected: Sequence[Selected],
        tasks: Sequence[NewTask],
        spread: np.random.Generator | None = None,
    ) -> Round:
        """Store a selection, its tasks and the round's new state in one transaction.

        Args:
            after: The round as it is then.
            expected_step: The step it is in now.
            selected: The selection.
            tasks: Its tasks.
            spread: Draws gaps between the ids of the tasks, so that gold questions asked later
                can lie among them.

        Raises:
            ConflictError: the round is in another step than ``expected_step`` by now.
            NotFoundError: there is no such round.
        """
        with self._database.write() as connection:
            queue_up(connection)
            _update(connection, after, expected_step)
            _insert_selection(connection, after.number, selected, tasks, spread)
            self._database.refresh_statistics(connection, task_table, len(tasks))
        return after

    def selected(self, round: int | None = None, arm: Arm | None = None) -> _Selections:
        """Why assets were selected, in the order of round, arm and rank; filters narrow it."""
        query = sa.select(selected).order_by(selected.c.round, selected.c.arm, selected.c.rank)
        if round is not None:
            query = query.where(selected.c.round == round)
        if arm is not None:
            query = query.where(selected.c.arm == arm.value)
        with self._database.read() as connection:
            return [_selected(row) for row in connection.execute(query)]

    def drawn(self, arm: Arm) -> _Counts:
        """How many assets each round that drew any chose for an arm, by the round's number."""
        query = (
            sa.select(selected.c.round, sa.func.count())
            .where(selected.c.arm == arm.value)
            .group_by(selected.c.round)
        )
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def selected_for(self, asset_id: str) -> _Selections:
        """Why an asset was selected, in the order of round, arm and rank."""
        with self._database.read() as connection:
            return [_selected(row) for row in _FOR.rows(connection, {"asset": asset_id})]

    def standing_for(self, asset_id: str) -> _Selections:
        """As ``selected_for``, without a place in the audit set that it left unanswered."""
        found = self.selected_for(asset_id)
        if any(row.arm is Arm.AUDIT for row in found):
            with self._database.read() as connection:
                if asset_id in _left(connection, "audit_released", None):
                    return [row for row in found if row.arm is not Arm.AUDIT]
        return found

    def arm_ids(self, arm: Arm, upto_round: int | None = None) -> _Ids:
        """The distinct assets of an arm, first drawn first, up to and including a round.

        Of the audit set also those that measure no more (``audit_retired``), since they train
        nothing either, but not those that left it unanswered.
        """
        return [*self.drawn_in(arm, upto_round)]

    def drawn_in(self, arm: Arm, upto_round: int | None = None) -> dict[str, int]:
        """The assets of an arm as ``arm_ids``, and the round that drew each first."""
        query = sa.select(selected.c.asset_id, selected.c.round).where(selected.c.arm == arm.value)
        if upto_round is not None:
            query = query.where(selected.c.round <= upto_round)
        query = query.order_by(selected.c.round, selected.c.rank)
        found: dict[str, int] = {}
        with self._database.read() as connection:
            for asset_id, number in connection.execute(query):
                found.setdefault(asset_id, number)
            left = _left(connection, "audit_released", upto_round) if arm is Arm.AUDIT else set()
        return {it: number for it, number in found.items() if it not in left}

    def in_arms(self, asset_ids: Sequence[str], *arms: Arm) -> set[str]:
        """Those of the assets that any round drew for one of the arms."""
        found: set[str] = set()
        with self._database.read() as connection:
            for part in in_parts(asset_ids):
                query = sa.select(selected.c.asset_id).where(
                    selected.c.asset_id.in_(part), selected.c.arm.in_([it.value for it in arms])
                )
                found.update(connection.scalars(query))
        return found

    def audit_retired(self, upto_round: int | None = None) -> set[str]:
        """The assets that measured and do no more, up to and including a round."""
        with self._database.read() as connection:
            return _left(connection, "audit_retired", upto_round)

    def _list(self, query: sa.Select[Any]) -> _Rounds:
        with self._database.read() as connection:
            return [_round(row) for row in connection.execute(query)]


def _left(connection: sa.Connection, how: str, upto_round: int | None) -> set[str]:
    """The assets that left the audit set with a draw, by the plans that say so."""
    names = rounds.c.plan[how]
    query = sa.select(names).where(
        sa.cast(names, sa.Text).not_in(("[]", "null")), rounds.c.step.not_in(_UNDRAWN)
    )
    if upto_round is not None:
        query = query.where(rounds.c.number <= upto_round)
    return {it for some in connection.scalars(query) for it in some}


def _update(connection: sa.Connection, after: Round, expected_step: Step) -> None:
    moved = connection.execute(
        sa.update(rounds)
        .where(rounds.c.number == after.number, rounds.c.step == expected_step.value)
        .values(_row(after))
    )
    if moved.rowcount:
        return
    step = connection.execute(
        sa.select(rounds.c.step).where(rounds.c.number == after.number)
    ).scalar()
    if step is None:
        raise NotFoundError(f"There is no round {after.number}.", remedy="List the rounds.")
    raise ConflictError(
        f"Round {after.number} is in step {step!r} by now, not {expected_step.value!r}.",
        remedy="Read the round again and continue from there.",
        step=step,
        expected_step=expected_step.value,
    )


def _insert_selection(
    connection: sa.Connection,
    number: int,
    chosen: Sequence[Selected],
    new_tasks: Sequence[NewTask],
    spread: np.random.Generator | None,
) -> None:
    if chosen:
        columns = {name: [getattr(it, name) for it in chosen] for name in _REASONS}
        _SELECT.many(connection, {**columns, "arm": [it.arm.value for it in chosen]})
    if new_tasks:
        opened = set(open_up(connection, [it.asset_id for it in new_tasks if it.again], number))
        wanted = [it for it in new_tasks if not it.again or it.asset_id in opened]
        if spread is None:
            insert_tasks(connection, wanted, number)
            return
        last = connection.execute(sa.select(sa.func.max(task_table.c.id))).scalar() or 0
        insert_tasks(connection, wanted, number, partial(_spread_out, last=last, rng=spread))
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(_RENEW_SEQUENCE)


def _spread_out(
    priorities: Sequence[float], *, last: int, rng: np.random.Generator
) -> tuple[list[int], list[float]]:
    """Ids in the order of serving; priorities follow them, so that neither tells."""
    ids = last + np.cumsum(rng.integers(1, GAP + 1, len(priorities)))
    spread = np.empty_like(ids)
    spread[np.argsort(-np.asarray(priorities), kind="stable")] = ids
    return spread.tolist(), (-spread.astype(np.float64)).tolist()


def _row(item: Round) -> dict[str, Any]:
    body: dict[str, Any] = to_json(item)
    return {**body, **{name: getattr(item, name) for name in _TIMES}}


def _round(row: sa.Row[Any]) -> Round:
    body = {name: getattr(row, name) for name in _FIELDS}
    times = {name: to_json(body[name]) for name in _TIMES}
    return from_row(Round, {**body, **times}, f"Round {row.number}")


def _selected(row: sa.Row[Any]) -> Selected:
    return Selected(
        round=row.round,
        arm=Arm(row.arm),
        asset_id=row.asset_id,
        rank=row.rank,
        score=row.score,
        propensity=row.propensity,
        reason=row.reason,
        draw_chance=row.draw_chance,
    )
