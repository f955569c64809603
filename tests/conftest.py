"""Fixtures that several rooms share: records on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from label_studio_server import LabelStudioServer, program
from postgres_server import PostgresServer, server_binaries
from querist.catalog.records import Records

BROWSER = "tests/end_to_end/test_web_"
# What one worker does as a whole, since all of it needs the one slow server.
WITH_LABEL_STUDIO = ("tests/conformance/test_connectors", "tests/end_to_end/test_label_studio")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in a browser last: what a room does wrong shows before what its pages do."""
    items.sort(key=lambda item: item.nodeid.startswith(BROWSER))


@pytest.hookimpl(optionalhook=True)  # there is no such hook without pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Hand out whole files in their order, so that no worker makes the fixtures of another."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if nodeid.startswith(WITH_LABEL_STUDIO):
                return "Label Studio"
            return str(super()._split_scope(nodeid))

    config.option.loadscopereorder = False  # its own order begins with the many browser tests
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL server for the whole session; the test is skipped where there is none."""
    binaries = server_binaries()
    if binaries is None:
        reason = "no PostgreSQL server (initdb, pg_ctl) on this machine"
        if os.environ.get("CI") or os.environ.get("QUERIST_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = PostgresServer(binaries)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of an empty PostgreSQL database that the tests of the session share."""
    return postgres_server.url(postgres_server.new_database())


@pytest.fixture
def fresh_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty PostgreSQL database for one test."""
    name = postgres_server.new_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def _migrated_database(postgres_server: PostgresServer, tmp_path_factory) -> str:
    name = postgres_server.new_database()
    Records(postgres_server.url(name), tmp_path_factory.mktemp("template")).close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def records_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of empty records for one test, on each kind of database."""
    if request.param == "sqlite":
        yield "records.db"
        return
    server = request.getfixturevalue("postgres_server")
    name = server.new_database(request.getfixturevalue("_migrated_database"))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def records(records_url: str, tmp_path: Path) -> Iterator[Records]:
    """Empty records, opened, on each kind of database."""
    with Records(records_url, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def label_studio() -> Iterator[LabelStudioServer]:
    """One Label Studio server for the whole session; skipped where there is none installed."""
    path = program()
    if path is None:
        reason = "no Label Studio in .venv-label-studio (make test installs it)"
        if os.environ.get("CI") or os.environ.get("QUERIST_REQUIRE_ALL"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = LabelStudioServer(path)
    yield server
    server.stop()
