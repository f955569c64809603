"""Blocks whose reads and writes are one transaction on SQLite, each write kept by itself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from querist.catalog.records import Records
from querist.errors import NotFoundError, StorageError
from querist.schema import Role


def names(records: Records) -> list[str]:
    """Who is known."""
    return [it.name for it in records.annotators.list()]


def test_a_write_that_fails_takes_back_itself_alone(records: Records) -> None:
    """What was written before and after it holds; what it had written itself does not."""

    def wrong() -> None:
        with records._database.write() as connection:
            connection.execute(sa.text("DELETE FROM annotators"))
            raise ZeroDivisionError

    with records.together(durable=True):
        records.annotators.ensure("ana", role=Role.OWNER)
        with pytest.raises(ZeroDivisionError):
            wrong()
        with pytest.raises(NotFoundError):
            records.tasks.get(7)
        records.annotators.ensure("cleo")
    assert names(records) == ["ana", "cleo"]


def test_others_see_the_writes_of_a_block_at_its_end_and_at_once(
    records: Records, records_url: str, tmp_path
) -> None:
    """On SQLite no write can be seen before all of them hold, with one change of the token."""
    with Records(records_url, tmp_path) as other:
        with records.together(durable=True):
            records.annotators.ensure("ana")
            records.annotators.ensure("ben")
            assert names(records) == ["ana", "ben"]
            seen, token = names(other), other.change_token()
        assert names(other) == ["ana", "ben"]
        if records.are_near:
            assert seen == []
            assert other.change_token() == token + 1


def test_an_error_of_the_block_takes_all_back_on_sqlite(records: Records) -> None:
    """Where the block itself fails, nothing of it is there; afterwards all works as before."""

    def wrong() -> None:
        with records.together(durable=False):
            records.annotators.ensure("ana")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wrong()
    assert names(records) == ([] if records.are_near else ["ana"])
    records.annotators.ensure("ben")
    assert "ben" in names(records)


def test_a_transaction_that_sqlite_has_ended_is_not_taken_for_one_that_holds(
    records: Records,
) -> None:
    """As it does when the disk is full: the block fails, and so do later writes in it."""

    def lose() -> None:
        with records.together(durable=True):
            records.annotators.ensure("ana")
            with records._database.read() as connection:
                connection.connection.driver_connection.execute("ROLLBACK")
            with pytest.raises(StorageError, match="that others share"):
                records.annotators.ensure("ben")

    if records.are_near:  # PostgreSQL has a transaction for each write there
        with pytest.raises(StorageError, match="that others share"):
            lose()
    assert names(records) == []


def test_work_for_later_is_done_after_the_block_and_else_at_once(records: Records) -> None:
    """A block yields what is to be done when it has ended; without a block nothing waits."""
    done: list[str] = []
    records.later(lambda: done.append("now"))
    with records.together(durable=False) as postponed:
        records.later(lambda: done.append("then"))
        assert done == ["now"]
    assert len(postponed) == 1
    postponed[0]()
    records.later(lambda: done.append("again"))
    assert done == ["now", "then", "again"]
