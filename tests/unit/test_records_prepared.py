"""Prepared statements say what SQLAlchemy says, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from querist.catalog.records import Records
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import annotators
from querist.errors import ConflictError, InvalidInputError

ROW = {
    "name": "ana",
    "role": "owner",
    "hourly_cost": 12.5,
    "active": True,
    "skills": ["bird", "Käfer"],
    "created_at": datetime(2026, 11, 26, 2, 3, 4, 567, tzinfo=UTC),
}
INSERT = Prepared(sa.insert(annotators).returning(annotators.c.name), list(ROW))
SELECT = Prepared(sa.select(annotators).where(annotators.c.name == sa.bindparam("name")))
COUNT = Prepared(sa.select(sa.func.count()).where(annotators.c.role.in_(("owner", "manager"))))
CHANGE = Prepared(sa.update(annotators).where(annotators.c.active).values(hourly_cost=None))


def test_values_go_in_and_come_out_as_with_sqlalchemy(records: Records) -> None:
    """Times, JSON, booleans and numbers are read as they were given, by name and by position."""
    with records._database.write() as connection:
        assert INSERT.scalar(connection, ROW) == "ana"
        found = SELECT.row(connection, {"name": "ana"})
        plain = connection.execute(SELECT.statement, {"name": "ana"}).one()
        assert tuple(found) == tuple(plain) == tuple(ROW.values())
        assert found.skills == plain.skills == ROW["skills"]
        assert COUNT.scalar(connection) == 1
        assert CHANGE.run(connection) == 1
        assert SELECT.row(connection, {"name": "ben"}) is None
        assert SELECT.rows(connection, {"name": "ana"})[0].hourly_cost is None


@pytest.mark.parametrize("count", [3, 996, 1_000])
def test_many_rows_go_in_at_once(records: Records, count: int) -> None:
    """As with one statement a row, in order, whatever their number and where values repeat."""
    skills = [("bird",) if i % 3 else () for i in range(count)]
    names = [f"{i:04}" for i in range(count)]
    columns = {key: [value] * count for key, value in ROW.items()}
    columns |= {"name": names, "skills": skills}
    insert = Prepared(sa.insert(annotators).inline(), list(ROW))
    with records._database.write() as connection:
        insert.many(connection, columns)
    found = [(it.name, it.skills) for it in records.annotators.list()]
    assert found == list(zip(names, skills, strict=True))


def test_errors_are_those_of_the_records(records: Records) -> None:
    """A key that is taken is a conflict, and a value that cannot be stored is invalid."""

    def insert(row: dict[str, Any]) -> None:
        with records._database.write() as connection:
            INSERT.run(connection, ROW)
            INSERT.run(connection, row)

    with pytest.raises(ConflictError):
        insert(ROW)
    with pytest.raises(InvalidInputError):
        insert({**ROW, "name": "ben", "hourly_cost": float("nan")})
    assert records.annotators.list() == []
