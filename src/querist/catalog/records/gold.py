"""Gold questions: assets whose answer is known; changes are appended."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.label_rows import value_of
from querist.catalog.records.tables import gold, opinions, tasks
from querist.errors import NotFoundError
from querist.schema import Gold, TaskState, Value, to_json

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
        """The gold questions that were never asked of the annotator in any way, by asset id."""
        with self._database.read() as connection:
            seen = {
                *connection.scalars(
                    sa.select(opinions.c.asset_id).where(opinions.c.annotator == annotator)
                ),
                *connection.scalars(
                    sa.select(tasks.c.asset_id).where(
                        tasks.c.annotator == annotator, tasks.c.state == TaskState.LEASED.value
                    )
                ),
            }
        return [it for it in self.list() if it.asset_id not in seen]

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
