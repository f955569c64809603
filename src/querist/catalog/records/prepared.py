"""Statements that are asked all the time: compiled once, and sent to SQLite past SQLAlchemy.

On the way of every decision SQLAlchemy's part of a statement takes up to ten times as long as
SQLite's own.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from querist.errors import InvalidInputError

_NOTHING: Mapping[str, Any] = {}
_MOST_VARIABLES = 999  # of a statement; newer versions of SQLite take more


class Prepared:
    """One statement; what it is given and what it finds are as with SQLAlchemy.

    Args:
        statement: A select, or a change, with ``returning`` or without.
        keys: The columns that an insert gives values for.
    """

    def __init__(self, statement: sa.Executable, keys: Sequence[str] = ()) -> None:
        self.statement = statement
        self._keys = list(keys) or None
        self._sent: _Sent | None = None

    def rows(self, connection: sa.Connection, values: Mapping[str, Any] = _NOTHING) -> list[Any]:
        """All that it finds."""
        if connection.dialect.name != "sqlite":
            return list(connection.execute(self.statement, values))
        sent = self._sent_to(connection.dialect)
        return [sent.row(found) for found in _send(connection, sent, values).fetchall()]

    def row(self, connection: sa.Connection, values: Mapping[str, Any] = _NOTHING) -> Any:
        """The one row that it finds at most, or ``None``."""
        found = self.rows(connection, values)
        assert len(found) <= 1, self.statement
        return found[0] if found else None

    def scalar(self, connection: sa.Connection, values: Mapping[str, Any] = _NOTHING) -> Any:
        """The first value of the first row, or ``None``."""
        found = self.rows(connection, values)
        return found[0][0] if found else None

    def run(self, connection: sa.Connection, values: Mapping[str, Any] = _NOTHING) -> int:
        """Change rows; returns how many."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self.statement, values).rowcount
        return int(_send(connection, self._sent_to(connection.dialect), values).rowcount)

    def each(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Change by each of ``rows``; PostgreSQL gets them all at once."""
        if connection.dialect.name == "sqlite":
            for row in rows:
                self.run(connection, row)
        elif rows:
            connection.execute(self.statement, rows)

    def many(self, connection: sa.Connection, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert each row of ``columns``, as many as they are long; equal values bind once."""
        if connection.dialect.name != "sqlite":
            rows = zip(*columns.values(), strict=True)
            connection.execute(self.statement, [dict(zip(columns, it, strict=True)) for it in rows])
            return
        sent = self._sent_to(connection.dialect)
        bound = [_bound(columns[slot.name or ""], slot.bind) for slot in sent.slots]
        raw: Any = connection.connection.driver_connection
        # To begin and end a statement takes SQLite longer than to insert a row.
        most = max(1, _MOST_VARIABLES // len(sent.slots))
        head, values, row = sent.sql.rpartition(" VALUES ")
        wide = head + values + ", ".join([row] * most)
        rows, rest = zip(*bound, strict=True), list[Sequence[Any]]()
        with _told(sent, connection):
            raw.executemany(wide, _in_full(rows, most, rest))
            raw.executemany(sent.sql, rest)

    def _sent_to(self, dialect: Dialect) -> _Sent:
        if self._sent is None:
            self._sent = _compiled(self.statement, self._keys, dialect)
        return self._sent


def check_texts(values: Sequence[Any]) -> None:
    """Refuse texts that PostgreSQL cannot hold, so that SQLite holds the same.

    Raises:
        InvalidInputError: a text has a NUL character.
    """
    for value in values:
        if isinstance(value, str) and "\0" in value:
            raise no_nul(value)


def no_nul(text: str) -> InvalidInputError:
    """The refusal of a text with a NUL character."""
    return InvalidInputError(
        f"A text cannot be stored or looked for, as it has a NUL character: {text[:60]!r}.",
        remedy="Leave out the NUL character (U+0000).",
    )


class _Slot(NamedTuple):
    """One parameter: a value that the statement holds, or the name of one that it is given."""

    name: str | None
    value: Any
    bind: Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A statement as SQLite gets it, and how what it finds is read."""

    sql: str
    slots: Sequence[_Slot]
    named: Callable[[Sequence[Any]], Any]
    readers: Sequence[tuple[int, Callable[[Any], Any]]]

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """What is bound, in order."""
        given = [it.value if it.name is None else values[it.name] for it in self.slots]
        return [
            value if slot.bind is None else slot.bind(value)
            for slot, value in zip(self.slots, given, strict=True)
        ]

    def row(self, found: Sequence[Any]) -> Any:
        """What SQLite has found, as Python's values with names."""
        if self.readers:
            read = list(found)
            for at, reader in self.readers:
                read[at] = reader(read[at])
            found = read
        return self.named(found)


def _compiled(statement: Any, keys: Sequence[str] | None, dialect: Dialect) -> _Sent:
    compiled = statement.compile(
        dialect=dialect, column_keys=keys, compile_kwargs={"render_postcompile": True}
    )
    order: Sequence[str] = compiled.positiontup or ()
    held = compiled.construct_params(_check=False)
    slots = []
    for name in order:
        bind = compiled.binds.get(name)
        kind = sa.types.NullType() if bind is None else bind.type
        slots.append(
            _Slot(
                name=name if bind is not None and bind.required else None,
                value=held[name],
                bind=kind.dialect_impl(dialect).bind_processor(dialect),
            )
        )
    columns = list(getattr(statement, "exported_columns", ()))
    readers = [it.type.dialect_impl(dialect).result_processor(dialect, None) for it in columns]
    names = [getattr(it, "name", "") for it in columns]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # known at run time only
    return _Sent(
        sql=str(compiled),
        slots=slots,
        named=row._make,
        readers=[(at, reader) for at, reader in enumerate(readers) if reader is not None],
    )


def _send(connection: sa.Connection, sent: _Sent, values: Mapping[str, Any]) -> sqlite3.Cursor:
    raw: Any = connection.connection.driver_connection
    parameters = sent.parameters(values)
    check_texts(parameters)
    with _told(sent, connection):
        cursor: sqlite3.Cursor = raw.execute(sent.sql, parameters)
    return cursor


def _in_full(
    rows: Iterator[Sequence[Any]], count: int, rest: list[Sequence[Any]]
) -> Iterator[list[Any]]:
    """``count`` rows at a time, one after the other in one list; ``rest`` gets what is left."""
    while len(taken := list(islice(rows, count))) == count:
        yield list(chain.from_iterable(taken))
    rest += taken


def _bound(values: Sequence[Any], bind: Callable[[Any], Any] | None) -> Iterable[Any]:
    if bind is None:
        return values
    found = {value: bind(value) for value in set(values)}
    return map(found.__getitem__, values)


@contextmanager
def _told(sent: _Sent, connection: sa.Connection) -> Iterator[None]:
    """Raise what SQLite raises as SQLAlchemy does."""
    try:
        yield
    except sqlite3.Error as problem:
        raise sa.exc.DBAPIError.instance(
            sent.sql, None, problem, sqlite3.Error, dialect=connection.dialect
        ) from problem
