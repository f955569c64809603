"""Opening records: addresses, migrations, and the errors people meet there."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from querist.catalog.records import Records, migrating
from querist.catalog.records.address import read_address
from querist.catalog.records.tables import metadata, rounds
from querist.errors import InvalidInputError, StorageError
from querist.schema import Round, Step


def _engine(url: str, folder: Path) -> sa.Engine:
    return sa.create_engine(read_address(url, folder).url, poolclass=sa.NullPool)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without any table."""
    if request.param == "sqlite":
        return "records.db"
    return request.getfixturevalue("fresh_postgres_url")


def test_the_migrations_lead_to_exactly_the_tables_of_the_code(empty_url, tmp_path):
    """Alembic finds no difference between a migrated database and the metadata."""
    Records(empty_url, tmp_path).close()
    with _engine(empty_url, tmp_path).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrations_name_every_index(empty_url, tmp_path):
    """A migrated database has each index of the metadata by name, also those on expressions."""
    Records(empty_url, tmp_path).close()
    wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
    with _engine(empty_url, tmp_path).connect() as connection:
        if connection.dialect.name == "sqlite":
            found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type='index'")
        else:
            found = connection.exec_driver_sql("SELECT indexname FROM pg_indexes")
        assert wanted <= set(found.scalars())


def test_the_migrations_can_be_taken_back(empty_url, tmp_path):
    """Downgrading to the start leaves no table or view behind."""
    from alembic import command
    from alembic.config import Config

    Records(empty_url, tmp_path).close()
    config = Config()
    config.set_main_option("script_location", str(Path(migrating.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with _engine(empty_url, tmp_path).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with _engine(empty_url, tmp_path).connect() as connection:
        looked = sa.inspect(connection)
        assert looked.get_table_names() == ["alembic_version"]
        assert looked.get_view_names() == []


def test_the_known_head_is_the_newest_migration():
    """The revision that the fast path of opening compares with is the last script."""
    scripts = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_current_head() == migrating.HEAD


def test_opening_twice_keeps_what_was_stored(records_url, tmp_path):
    """A second opening finds what the first one stored."""
    with Records(records_url, tmp_path) as first:
        first.annotators.ensure("ana")
    with Records(records_url, tmp_path) as second:
        assert [person.name for person in second.annotators.list()] == ["ana"]


def test_many_may_open_an_empty_database_at_once(empty_url, tmp_path):
    """Eight threads that open a new database together all get it, migrated once."""
    problems: list[BaseException] = []

    def work() -> None:
        try:
            Records(empty_url, tmp_path).close()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_records_of_a_newer_querist_are_refused(records_url, tmp_path):
    """A revision this code does not know is an error that says to upgrade."""
    Records(records_url, tmp_path).close()
    with _engine(records_url, tmp_path).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=r"newer Querist .*'9999'") as caught:
        Records(records_url, tmp_path)
    assert "pip install --upgrade" in caught.value.remedy


def test_a_round_of_a_newer_querist_is_refused_by_name(records_url, tmp_path):
    """Its tables may be the same and what a row holds not: the error says so, and to upgrade."""
    with Records(records_url, tmp_path) as records:
        records.rounds.add(Round(number=1, step=Step.PLAN, plan=None, started_at=datetime.now(UTC)))
        with records._database.write() as connection:
            connection.execute(sa.update(rounds).values(findings=[{"foreseen": True}]))
        with pytest.raises(StorageError, match=r"Round 1 .*newer Querist.*foreseen") as caught:
            records.rounds.list()
    assert "pip install --upgrade" in caught.value.remedy


def test_a_sqlite_file_is_safe_against_power_cuts(tmp_path):
    """The file is in WAL mode, and a durable write waits for the disk."""
    with Records("records.db", tmp_path) as records:
        with records._database.write() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() >= 5000
        with records._database.write(durable=False) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1
        with records._database.write() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    plain = sqlite3.connect(tmp_path / "records.db")
    assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


@pytest.mark.parametrize("url", ["mysql://u:secret@h/d", "s3://bucket/records", "http://x"])
def test_other_schemes_are_refused(url, tmp_path):
    """An address with a foreign scheme is invalid input, and its password is not shown."""
    with pytest.raises(InvalidInputError, match="scheme") as caught:
        Records(url, tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["", ":memory:", "sqlite://", "postgresql://h:port/d"])
def test_addresses_that_name_no_place_are_refused(url, tmp_path):
    """An empty, in-memory or unreadable address is invalid input."""
    with pytest.raises(InvalidInputError):
        Records(url, tmp_path)


def test_both_spellings_of_a_postgresql_address_open(fresh_postgres_url, tmp_path):
    """``postgresql://`` and ``postgresql+psycopg://`` lead to the same database."""
    with Records(fresh_postgres_url, tmp_path) as plain:
        plain.annotators.ensure("ana")
    spelled = fresh_postgres_url.replace("postgresql://", "postgresql+psycopg://")
    with Records(spelled, tmp_path) as named:
        assert named.annotators.get("ana").name == "ana"


def test_an_address_may_come_from_the_environment(monkeypatch, tmp_path):
    """``env:NAME`` reads the address from the variable; one that is not set is invalid input."""
    monkeypatch.setenv("RECORDS_HERE", "elsewhere.db")
    Records("env:RECORDS_HERE", tmp_path).close()
    assert (tmp_path / "elsewhere.db").exists()
    monkeypatch.delenv("RECORDS_HERE")
    with pytest.raises(InvalidInputError, match="RECORDS_HERE"):
        Records("env:RECORDS_HERE", tmp_path)


def test_a_missing_folder_is_a_storage_error(tmp_path):
    """The error names the path and says what to check."""
    with pytest.raises(StorageError, match="nowhere") as caught:
        Records("records.db", tmp_path / "nowhere")
    assert "folder" in caught.value.remedy


def test_a_file_that_is_no_database_is_a_storage_error(tmp_path):
    """Garbage in the place of the file is refused, named and left as it is."""
    (tmp_path / "records.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match=r"records\.db"):
        Records("records.db", tmp_path)
    assert (tmp_path / "records.db").read_bytes().startswith(b"not a database")


def test_an_absent_server_is_a_storage_error_without_the_password(tmp_path):
    """A server that does not answer is named by host, never with the password."""
    with pytest.raises(StorageError, match=r"PostgreSQL at 127\.0\.0\.1/shop") as caught:
        Records("postgresql://ana:hunter2@127.0.0.1:1/shop", tmp_path)
    assert "hunter2" not in str(caught.value)
    assert "server" in caught.value.remedy


def test_the_change_token_grows_with_every_write_and_only_then(records):
    """Writes raise the token; reads, idle claims and idle clean-ups do not."""
    seen = [records.change_token()]
    writes = (
        lambda: records.annotators.ensure("ana"),
        lambda: records.jobs.add("train", {}),
        lambda: records.jobs.claim("w1"),
        lambda: records.ledger.add(kind="labels", quantity=1, unit="labels"),
    )
    for write in writes:
        write()
        seen.append(records.change_token())
    assert seen == sorted(set(seen))
    records.jobs.claim("w1")
    records.jobs.requeue_orphans(older_than_seconds=60)
    records.annotators.ensure("ana")
    records.labels.last_seq()
    assert records.change_token() == seen[-1]


def test_text_that_postgresql_cannot_hold_is_invalid_input(fresh_postgres_url, tmp_path):
    """A NUL character never brings the driver's own error to the surface."""
    with Records(fresh_postgres_url, tmp_path) as records:
        job = records.jobs.add("train", {})
        with pytest.raises(InvalidInputError, match="cannot be stored"):
            records.jobs.log(job.id, "a\x00b")


def test_many_may_open_new_records_at_the_same_moment(tmp_path):
    """Nobody is refused while another turns the new file's write-ahead log on."""
    gate = threading.Barrier(6)

    def opened(folder: Path) -> bool:
        gate.wait()
        Records("records.db", folder).close()
        return True

    with ThreadPoolExecutor(6) as threads:
        for number in range(20):
            folder = tmp_path / str(number)
            folder.mkdir()
            assert all(threads.map(opened, [folder] * 6))
