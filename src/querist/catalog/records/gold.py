"""Gold questions: assets whose answer is known; changes are appended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.label_rows import value_of
from querist.catalog.records.tables import annotation_log, gold, opinions, tasks
from querist.catalog.records.task_serving import one_by_one, task_of
from querist.errors import NotFoundError
from querist.schema import Gold, Question, Task, TaskState, Value, to_json

# Greatest distance between the ids of two tasks where gold questions may lie between them.
GAP = 256

# Inside the class `list` is a method.
_Golds = list[Gold]


class GoldList:
    """The gold questions, and who has answered them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, asset_id: str, value: Value, *, note: str, created_by: str) -> Gold:
        """Make an asset a gold question, or correct its answer."""
        return self._append(asset_id, to_json(value), note, created_by, retired=False)

    def retire(self, asset_id: str, *, note: str, created_by: str) -> Gold:
        """Ask it no more; answers that were given count on. Raises NotFoundError."""
        held = self.get(asset_id)
        return self._append(asset_id, to_json(held.value), note, created_by, retired=True)

    def get(self, asset_id: str) -> Gold:
        """The gold question that is asked; raises NotFoundError."""
        found = [it for it in self.list() if it.asset_id == asset_id]
        if not found:
            raise NotFoundError(
                f"{asset_id!r} is no gold question.", remedy="List the gold questions."
            )
        return found[0]

    def list(self, *, retired: bool = False) -> _Golds:
        """The gold questions that are asked, by asset id; ``retired`` gives the others instead."""
        later = gold.alias("later")
        successor = sa.exists().where(later.c.asset_id == gold.c.asset_id, later.c.id > gold.c.id)
        query = sa.select(gold).where(~successor, gold.c.retired == retired)
        with self._database.read() as connection:
            return [_gold(row) for row in connection.execute(query.order_by(gold.c.asset_id))]

    def unanswered(self, annotator: str) -> _Golds:
        """The gold questions that may be asked of the annotator, by asset id.

        Left out is what they have said something about, and what a task asks of anybody now.
        """
        unfinished = (TaskState.OPEN.value, TaskState.LEASED.value)
        found = self.list()
        ids = [it.asset_id for it in found]
        mine = tasks.c.annotator == annotator
        queries = (
            sa.select(log.c.asset_id).where(log.c.asset_id.in_(ids), log.c.annotator == annotator)
            for log in (opinions, annotation_log)
        )
        asked = sa.select(tasks.c.asset_id).where(
            tasks.c.asset_id.in_(ids),
            sa.or_(mine, sa.and_(tasks.c.state.in_(unfinished), tasks.c.kind != Question.GOLD)),
        )
        with self._database.read() as connection:
            seen = {it for query in (*queries, asked) for it in connection.scalars(query)}
        return [it for it in found if it.asset_id not in seen]

    def lease_beside(
        self,
        beside: Task,
        annotator: str,
        *,
        seconds: float,
        asset_ids: Sequence[str],
        rng: np.random.Generator,
    ) -> Task | None:
        """Reserve a gold question to be served just before another task; once for each of those.

        Args:
            beside: The task, held by the annotator.
            annotator: Whom it is asked of.
            seconds: How long it is reserved.
            asset_ids: Gold questions, the one to be asked first.
            rng: Draws its id from the gap before that of ``beside``.

        Returns:
            The task; ``None`` where it was asked already, or there is no question or no room.
        """
        until = self._database.now() + timedelta(seconds=seconds)
        lease = {"state": TaskState.LEASED.value, "leased_until": until}
        mine = tasks.c.beside == beside.id, tasks.c.annotator == annotator
        with self._database.write(durable=False) as connection:
            one_by_one(connection, annotator)
            held = connection.execute(sa.select(tasks).where(*mine)).one_or_none()
            if held is not None:
                again = sa.update(tasks).where(*mine, tasks.c.state == TaskState.RETURNED.value)
                found = connection.execute(again.values(lease).returning(*tasks.c)).one_or_none()
                return None if found is None else task_of(found)
            free = _free_ids(connection, beside)
            if not free or not asset_ids:
                return None
            number = int(rng.choice(free))
            row = {
                "id": number,
                "asset_id": asset_ids[0],
                "round": beside.round,
                "arms": [arm.value for arm in beside.arms],
                "priority": float(-number),
                "annotator": annotator,
                "kind": Question.GOLD.value,
                "beside": beside.id,
                **lease,
            }
            made = connection.execute(sa.insert(tasks).values(row).returning(*tasks.c))
            return task_of(made.one())

    def _append(
        self, asset_id: str, value: Any, note: str, created_by: str, *, retired: bool
    ) -> Gold:
        row = {
            "asset_id": asset_id,
            "value": value,
            "note": note,
            "created_by": created_by,
            "retired": retired,
            "created_at": self._database.now(),
        }
        with self._database.write() as connection:
            return _gold(connection.execute(sa.insert(gold).values(row).returning(*gold.c)).one())


def _free_ids(connection: sa.Connection, beside: Task) -> list[int]:
    """The ids between a task and the one before it that no gold question has."""
    lower = tasks.c.id < beside.id
    before = sa.select(sa.func.max(tasks.c.id)).where(lower, tasks.c.kind != Question.GOLD.value)
    start = max(connection.execute(before).scalar() or 0, beside.id - GAP)
    taken = set(connection.scalars(sa.select(tasks.c.id).where(lower, tasks.c.id > start)))
    return [number for number in range(start + 1, beside.id) if number not in taken]


def _gold(row: sa.Row[Any]) -> Gold:
    value = value_of(row.value, None)
    assert value is not None
    return Gold(
        asset_id=row.asset_id,
        value=value,
        note=row.note,
        created_by=row.created_by,
        created_at=row.created_at,
    )
