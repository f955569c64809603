"""The connection to the records: one engine, short reads, and writes that are safe once done."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from querist.catalog.records.address import Address
from querist.catalog.records.prepared import check_texts, no_nul
from querist.catalog.records.writer_lock import WriterLock
from querist.errors import (
    ConflictError,
    InvalidInputError,
    MissingDependencyError,
    NotFoundError,
    QueristError,
    StorageError,
    UnavailableError,
)

Clock = Callable[[], datetime]
Postponed = list[Callable[[], object]]
_BUSY_SECONDS = 30.0
_MANY = 1000
_RESTED_SECONDS = 1.0
# PostgreSQL's codes for what is over in a moment: the connection broke, two transactions were in
# each other's way, all connections are taken, the server ends or restarts.
_PASSING = ("08", "40", "53300", "57P")
_OUT_OF_RANGE = "22003"
# How SQLite and PostgreSQL's driver say that something is no value of a column.
_NO_VALUE = ("Error binding parameter", "datatype mismatch", "cannot adapt type")


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class Database:
    """One engine on SQLite or PostgreSQL.

    Reads and writes are transactions in ``with`` blocks; an exception takes everything back, and
    errors of the driver come out as Querist's own.
    """

    def __init__(self, address: Address, *, clock: Clock = utc_now) -> None:
        self.address = address
        self.now = clock
        self.is_sqlite = address.path is not None
        self._lock = _lock(address.path) if address.path else None
        self._engine = _engine(address, self._lock)
        # On PostgreSQL the queries of a reading transaction see no one moment either: it would only
        # have to be begun and ended.
        alone = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reads = self._engine.execution_options(**alone)
        self._writes = self._engine.execution_options(querist="durable")
        self._relaxed = self._engine.execution_options(querist="relaxed")
        self._held = _Held()
        self._was_reached = False

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Make all that this thread reads in the block one transaction, which is faster.

        Nothing may be written in it: the reads that follow would not see it.
        """
        with self.read() as connection:
            held, self._held.moment = self._held.moment, connection
            try:
                yield
            finally:
                self._held.moment = held

    @contextmanager
    def together(self, *, durable: bool) -> Iterator[Postponed]:
        """Make all that this thread reads and writes in the block one transaction, on SQLite.

        So many writes wait for the disk once. Each is kept or taken back by itself, but none holds
        before the block has ended: only then may anybody be told of it. PostgreSQL does this for
        all its clients by itself: there each write stays a transaction of its own.

        Args:
            durable: Whether the end of the block waits until the disk has it.

        Yields:
            What was postponed by ``later``, to be called after the block.
        """
        postponed = self._held.postponed = []
        try:
            if self.is_sqlite:
                with self.write(durable=durable) as connection:
                    self._held.whole = connection
                    yield postponed
                    _check_unbroken(connection)
            else:
                yield postponed
        finally:
            self._held.whole = self._held.postponed = None

    def later(self, work: Callable[[], object]) -> None:
        """Do ``work`` now, or after the ``together`` block, which it would hold up."""
        if self._held.postponed is None:
            work()
        else:
            self._held.postponed.append(work)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads; all its queries see one moment on SQLite."""
        held = self._held.moment or self._held.whole
        if held is not None:
            yield held
            return
        try:
            with self._reads.begin() as connection:
                self._was_reached = True
                yield connection
        except (sa.exc.SQLAlchemyError, OverflowError) as problem:
            if _is_too_large(problem):
                raise NotFoundError(
                    "There is nothing with a number as large as that.",
                    remedy="Look up its number, and give that.",
                ) from problem
            raise self._translated(problem) from problem

    @contextmanager
    def write(self, *, durable: bool = True, counted: bool = True) -> Iterator[sa.Connection]:
        """A transaction that writes, alone on SQLite.

        Args:
            durable: Whether the end of the block waits until the disk has it. What may be lost in
                a power cut without harm (leases, progress) need not wait. PostgreSQL always waits:
                there it would be lost when one of the database's own processes ends.
            counted: Whether it raises the change token (off only before the tables exist).
        """
        assert self._held.moment is None, "a write inside a moment"
        whole = self._held.whole
        engine = self._writes if durable else self._relaxed
        try:
            if whole is not None:
                with _part_of(whole):
                    yield whole
                return
            with self._lock.held() if self._lock else nullcontext(), engine.begin() as connection:
                if self.is_sqlite and counted:
                    connection.exec_driver_sql("UPDATE change_counter SET value = value + 1")
                yield connection
        except (sa.exc.SQLAlchemyError, OverflowError) as problem:
            raise self._translated(problem) from problem

    def insert_new(
        self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]
    ) -> bool:
        """Insert ``row`` unless a row with the same key is there; returns whether it was new."""
        insert: Any = (sqlite if self.is_sqlite else postgresql).insert(table).values(row)
        added = insert.on_conflict_do_nothing().returning(sa.literal(1))
        return connection.execute(added).one_or_none() is not None

    def refresh_statistics(self, connection: sa.Connection, table: sa.Table, grown: int) -> None:
        """Tell PostgreSQL at once that a table has grown by many rows; its plans need to know."""
        if not self.is_sqlite and grown >= _MANY:
            connection.exec_driver_sql(f"ANALYZE {table.name}")

    def skip_locked(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """Lock the rows of ``query`` and pass over those that others hold; SQLite needs neither."""
        return query if self.is_sqlite else query.with_for_update(skip_locked=True)

    def close(self) -> None:
        """Close all connections; the last one of SQLite also folds the log into the file."""
        if self._lock is None:
            self._engine.dispose()
            return
        with self._lock.held():
            self._engine.dispose()
        self._lock.close()

    def _translated(self, problem: BaseException) -> QueristError:
        shown = self.address.shown
        if self._was_reached and _passes(problem):
            return UnavailableError(
                f"{shown} does not answer: {_first_line(problem)}.",
                remedy="Try again in a moment; if this lasts, see whether its server runs.",
            )
        return translate(problem, shown)


class _Held(threading.local):
    """What one thread has open: a moment, a whole transaction, and what waits for its end."""

    moment: sa.Connection | None = None
    whole: sa.Connection | None = None
    postponed: Postponed | None = None


@contextmanager
def _part_of(whole: sa.Connection) -> Iterator[None]:
    """A write within a larger one, taken back by itself where it fails."""
    _check_unbroken(whole)
    raw: Any = whole.connection.driver_connection
    raw.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if raw.in_transaction:
            raw.execute("ROLLBACK TO part")
            raw.execute("RELEASE part")
        raise
    raw.execute("RELEASE part")


def _check_unbroken(whole: sa.Connection) -> None:
    """Refuse to go on where SQLite has taken back all, as it does when the disk is full."""
    raw: Any = whole.connection.driver_connection
    if not raw.in_transaction:
        raise StorageError(
            "SQLite has ended a transaction that others share.",
            remedy="Check that the disk is not full, then try again; nothing was written.",
        )


def translate(problem: BaseException, shown: str) -> QueristError:
    """The Querist error for an error of the driver; ``shown`` names the database."""
    cause = _cause(problem)
    if isinstance(cause, QueristError):
        return cause
    text = _first_line(problem)
    if isinstance(problem, OverflowError) or any(words in text for words in _NO_VALUE):
        return InvalidInputError(
            f"A value cannot be stored or looked for: {text}.",
            remedy="Give numbers, texts and dates, whole numbers of at most 63 bits.",
        )
    if isinstance(problem, sa.exc.IntegrityError):
        return ConflictError(
            f"{shown} already holds this, or lacks what it refers to: {text}.",
            remedy="Read the present state and try again.",
        )
    if isinstance(problem, sa.exc.DataError) or (
        isinstance(problem, sa.exc.StatementError) and not isinstance(problem, sa.exc.DBAPIError)
    ):
        return InvalidInputError(
            f"A value cannot be stored or looked for: {text}.",
            remedy="Use finite numbers, JSON values, and text without NUL characters.",
        )
    if isinstance(problem, sa.exc.TimeoutError) or "database is locked" in text:
        return UnavailableError(f"{shown} is busy: {text}.", remedy="Try again in a moment.")
    return StorageError(
        f"{shown} cannot be used: {text}.",
        remedy="Check that it exists, that you may write to it, and that the disk is not full."
        if "PostgreSQL" not in shown
        else "Check that the server runs, and the user, password and database in the URL.",
    )


def _is_too_large(problem: BaseException) -> bool:
    """Whether a whole number is beyond what PostgreSQL's column, or SQLite, holds."""
    return isinstance(problem, OverflowError) or (
        getattr(_cause(problem), "sqlstate", None) == _OUT_OF_RANGE
    )


def _passes(problem: BaseException) -> bool:
    """Whether it is PostgreSQL's trouble and over in a moment, so that asking again helps."""
    if isinstance(_cause(problem), sqlite3.Error) or not isinstance(problem, sa.exc.DBAPIError):
        return False
    code = getattr(_cause(problem), "sqlstate", None)
    if code is not None:
        return str(code).startswith(_PASSING)
    # A connection that broke, or was refused, tells no code.
    return problem.connection_invalidated or isinstance(problem, sa.exc.OperationalError)


def _cause(problem: BaseException) -> BaseException:
    return getattr(problem, "orig", None) or problem


def _first_line(problem: BaseException) -> str:
    return (str(_cause(problem)).strip().splitlines() or [""])[0]


def _lock(path: Path) -> WriterLock:
    return WriterLock(path.with_name(path.name + ".lock"), timeout=_BUSY_SECONDS)


def _engine(address: Address, lock: WriterLock | None) -> sa.Engine:
    options: dict[str, Any] = {"json_serializer": _dumps, "pool_timeout": _BUSY_SECONDS}
    if lock is not None:
        engine = sa.create_engine(address.url, pool_size=10, max_overflow=90, **options)
        sa.event.listen(engine, "connect", lambda raw, _record: _prepare_sqlite(raw, lock))
        sa.event.listen(engine, "begin", _begin_sqlite)
        sa.event.listen(engine, "before_cursor_execute", _check_sent)
        return engine
    try:
        engine = sa.create_engine(
            address.url,
            pool_size=8,
            max_overflow=24,
            connect_args={"connect_timeout": 10},
            **options,
        )
    except ImportError:
        raise MissingDependencyError.of("Records on PostgreSQL", "postgres") from None
    sa.event.listen(engine, "checkout", partial(_check_alive, engine.dialect))
    sa.event.listen(engine, "checkin", _note_use)
    return engine


def _check_alive(dialect: sa.Dialect, raw: Any, record: Any, _fairy: Any) -> None:
    """Ask a connection that has rested whether its server is still there; if not, take another.

    To ask each time would take as long as a small read.
    """
    rested = time.monotonic() - record.info.get("used_at", time.monotonic())
    if rested < _RESTED_SECONDS:
        return
    try:
        dialect.do_ping(raw)
    except dialect.loaded_dbapi.Error:
        raise sa.exc.InvalidatePoolError from None


def _note_use(_raw: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _prepare_sqlite(connection: Any, lock: WriterLock) -> None:
    # Transactions are begun by hand below: the driver's own rules would begin them too late.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        # SQLite does not wait here: of two that open a new file at once, one would be refused.
        with lock.held():
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StorageError(
            f"SQLite cannot keep a write-ahead log here (mode {mode!r}).",
            remedy="Keep the project on a local disk, or its records on PostgreSQL.",
        )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA cache_size = -65536")


def _begin_sqlite(connection: sa.Connection) -> None:
    kind = connection.get_execution_options().get("querist")
    raw: Any = connection.connection.driver_connection
    if kind is None:
        raw.execute("BEGIN")
        return
    raw.execute(f"PRAGMA synchronous = {'FULL' if kind == 'durable' else 'NORMAL'}")
    raw.execute("BEGIN IMMEDIATE")


def _check_sent(
    _connection: sa.Connection, _cursor: Any, _sql: str, sent: Any, _context: Any, many: bool
) -> None:
    for row in sent if many else (sent,):
        check_texts(row)


def _dumps(value: Any) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as problem:
        raise InvalidInputError(
            f"A value cannot be stored as JSON: {problem}.",
            remedy="Use finite numbers, text, lists and objects with text keys.",
        ) from None
    # A NUL is written as an escape; the backslash of a text is written twice.
    if "\\u0000" in text and "\\u0000" in text.replace("\\\\", ""):
        raise no_nul(text)
    return text
