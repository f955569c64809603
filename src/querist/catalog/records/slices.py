"""Saved slices: names for queries of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.tables import ID_TEXT, JSON, UtcTime, metadata
from querist.errors import ConflictError, NotFoundError
from querist.schema import SavedSlice

slices = sa.Table(
    "slices",
    metadata,
    sa.Column("name", ID_TEXT, primary_key=True),
    sa.Column("query", JSON, nullable=False),
    sa.Column("finding", sa.Text, nullable=True),
    sa.Column("created_by", ID_TEXT, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

# Inside the class `list` is a method.
_Slices = list[SavedSlice]


class SliceList:
    """The slices that people saved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, name: str, query: Mapping[str, Any], *, finding: str | None, created_by: str
    ) -> SavedSlice:
        """Keep a query under a name; the same again keeps what is there.

        Raises:
            ConflictError: another query has that name.
        """
        row = {
            "name": name,
            "query": dict(query),
            "finding": finding,
            "created_by": created_by,
            "created_at": self._database.now(),
        }
        with self._database.write() as connection:
            self._database.insert_new(connection, slices, row)
            held = _slice(connection.execute(_named(name)).one())
        if held.query != row["query"]:
            raise ConflictError(
                f"There is a slice called {name!r} already.",
                remedy="Choose another name, or remove that one first.",
            )
        return held

    def get(self, name: str) -> SavedSlice:
        """One slice; raises NotFoundError."""
        with self._database.read() as connection:
            row = connection.execute(_named(name)).one_or_none()
        if row is None:
            raise _unknown(name)
        return _slice(row)

    def list(self) -> _Slices:
        """All of them, oldest first."""
        query = sa.select(slices).order_by(slices.c.created_at, slices.c.name)
        with self._database.read() as connection:
            return [_slice(row) for row in connection.execute(query)]

    def state(self) -> str:
        """What changes with every slice that is saved or forgotten: how many, and the newest."""
        query = sa.select(sa.func.count(), sa.func.max(slices.c.created_at)).select_from(slices)
        with self._database.read() as connection:
            number, newest = connection.execute(query).one()
        return f"{number}" if newest is None else f"{number} {newest.isoformat()}"

    def remove(self, name: str) -> None:
        """Forget one; raises NotFoundError."""
        with self._database.write() as connection:
            gone = connection.execute(sa.delete(slices).where(slices.c.name == name))
            if not gone.rowcount:
                raise _unknown(name)


def _named(name: str) -> sa.Select[Any]:
    return sa.select(slices).where(slices.c.name == name)


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"There is no slice {name!r}.", remedy="List them: querist slices list")


def _slice(row: sa.Row[Any]) -> SavedSlice:
    return SavedSlice(
        name=row.name,
        query=row.query,
        finding=row.finding,
        created_by=row.created_by,
        created_at=row.created_at,
    )
