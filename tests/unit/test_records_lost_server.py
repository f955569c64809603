"""PostgreSQL ends its processes or lets nobody in: whoever asks again is served."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest
from fastapi.testclient import TestClient

from postgres_server import PostgresServer, server_binaries
from querist import Project
from querist.catalog.records import NewTask, Records
from querist.errors import StorageError, UnavailableError
from querist.schema import Arm, Role, Round, Step
from querist.server import create_app

THROW_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


@contextmanager
def locked(url: str) -> Iterator[None]:
    """The database throws all out and lets nobody in."""
    place, _, name = url.rpartition("/")
    with psycopg.connect(f"{place}/postgres", autocommit=True) as outside:
        outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        outside.execute(THROW_OUT, [name])
        yield
        outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def ask_for(records: Records, *asset_ids: str) -> None:
    """A round that collects labels of some assets."""
    now = datetime.now(UTC)
    records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=now))
    records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=now),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[NewTask(asset_id=it, arms=(Arm.ACTIVE,), priority=0.0) for it in asset_ids],
    )


def test_a_connection_that_is_ended_within_a_write_can_be_tried_again(fresh_postgres_url, tmp_path):
    """Nothing of the write holds; the error says to ask again, and then it is written."""
    with Records(fresh_postgres_url, tmp_path) as records:

        def write() -> None:
            with records._database.write() as connection:
                connection.exec_driver_sql("DELETE FROM alembic_version")
                connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

        with pytest.raises(UnavailableError, match="terminating connection") as raised:
            write()
        assert raised.value.remedy.startswith("Try again")
        assert records.annotators.ensure("ana").name == "ana"
    Records(fresh_postgres_url, tmp_path).close()


def test_a_server_that_is_away_comes_back_but_must_be_there_at_first(fresh_postgres_url, tmp_path):
    """Records in use ask to try again; opening them says what to check."""
    with Records(fresh_postgres_url, tmp_path) as records:
        with locked(fresh_postgres_url):
            with pytest.raises(UnavailableError, match="does not answer"):
                records.annotators.ensure("ana")
            with pytest.raises(StorageError) as raised:
                Records(fresh_postgres_url, tmp_path)
            assert "password" in raised.value.remedy
        assert records.annotators.ensure("ana").name == "ana"


@pytest.mark.slow
def test_an_answer_that_found_no_database_is_stored_when_it_comes_again(
    fresh_postgres_url, tmp_path
):
    """The server says 503 and when to come again, to leases and labels; then each is there once."""
    with Project.create(
        tmp_path / "shop", media="text", classes=["a", "b"], records=fresh_postgres_url
    ) as project:
        project.add([{"id": "x", "text": "one"}], text_column="text")
        records = project.catalog.records
        ask_for(records, "x")
        records.annotators.ensure("ana", role=Role.ANNOTATOR)
        token = records.tokens.issue("ana", kind="api", ttl_seconds=600)
        client = TestClient(create_app(project), base_url="http://127.0.0.1:8321/api/v1/")
        client.headers["Authorization"] = f"Bearer {token}"
        body = {
            "asset_id": "x",
            "value": {"type": "class", "name": "a"},
            "submission_id": "sub_1",
            "expected_version": 0,
        }
        sent = (("tasks/lease", {}), ("labels", body), ("labels/undo", {"asset_id": "x"}))
        with locked(fresh_postgres_url):
            for path, content in sent:
                answer = client.post(path, json=content)
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["Retry-After"]) > 0
                assert answer.json()["error"]["code"] == "unavailable"
        (item,) = client.post("tasks/lease", json={}).json()["items"]
        body["task_id"] = item["task"]["id"]
        assert [client.post("labels", json=body).status_code for _ in range(2)] == [201, 200]
        assert [it.submission_id for it in records.labels.since(0)] == ["sub_1"]


@pytest.mark.slow
@pytest.mark.usefixtures("postgres_server")  # which skips where there is none
def test_a_reservation_outlives_the_end_of_a_database_process(tmp_path):
    """Whoever was told of it holds it when PostgreSQL has recovered from the loss of a process."""
    own = PostgresServer(server_binaries())
    try:
        url = own.url(own.new_database())
        with Records(url, tmp_path) as records:
            ask_for(records, "x", "y")
            with records._database.read() as connection:
                served_by = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            (held,) = records.tasks.lease("ana", count=1, seconds=600)
            os.kill(served_by, signal.SIGKILL)
            with pytest.raises(UnavailableError):
                records.tasks.get(held.id)
            found = again(lambda: records.tasks.get(held.id))
            assert (found.annotator, found.state) == ("ana", held.state)
            (theirs,) = records.tasks.lease("ben", count=1, seconds=600)
            assert theirs.asset_id != held.asset_id
    finally:
        own.stop()


def again(work):
    """What ``work`` returns, asked until the database answers."""
    until = time.monotonic() + 60
    while True:
        try:
            return work()
        except UnavailableError:
            assert time.monotonic() < until
            time.sleep(0.05)
