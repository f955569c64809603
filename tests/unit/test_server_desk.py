"""The desk: requests that come together share a transaction, and each is told of its own alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from querist import Project
from querist.catalog.records import Records
from querist.errors import NotFoundError, StorageError
from querist.labeling import known_assets
from querist.server.desk import Desk


@pytest.fixture
def near(tmp_path) -> Records:
    """Records on SQLite."""
    with Records("records.db", tmp_path) as records:
        yield records


def at_once(records: Records, works: list[Callable[[], object]]) -> list[object]:
    """What comes of works that all wait while the desk is busy with another one."""

    async def run() -> list[object]:
        desk = Desk(records)
        busy, free = threading.Event(), threading.Event()

        def hold() -> None:
            busy.set()
            free.wait(10)

        first = asyncio.create_task(desk.ask(hold, durable=False))
        await asyncio.to_thread(busy.wait, 10)
        others: list[Awaitable[object]] = [
            asyncio.create_task(desk.ask(work, durable=True)) for work in works
        ]
        await asyncio.sleep(0)
        free.set()
        await first
        found = await asyncio.gather(*others, return_exceptions=True)
        await asyncio.to_thread(desk.close)
        return found

    # In a thread of its own: after browser tests this one has an event loop that runs already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()


def test_requests_that_wait_share_one_transaction(near: Records) -> None:
    """Twenty writes raise the change token once, and all of them hold."""
    before = near.change_token()
    works = [lambda i=i: near.annotators.ensure(f"p-{i:02}").name for i in range(20)]
    wanted = [f"p-{i:02}" for i in range(20)]
    assert at_once(near, works) == wanted
    assert [it.name for it in near.annotators.list()] == wanted
    assert near.change_token() == before + 2  # the one that held the desk, then all others


def test_an_error_is_told_to_whoever_made_it(near: Records) -> None:
    """The requests beside it are answered as if it had not been there."""
    works = [
        lambda: near.annotators.ensure("ana").name,
        lambda: near.annotators.get("nobody"),
        lambda: near.annotators.ensure("ben").name,
    ]
    first, wrong, last = at_once(near, works)
    assert (first, last) == ("ana", "ben")
    assert isinstance(wrong, NotFoundError)


def test_nobody_is_told_of_a_write_that_does_not_hold(near: Records) -> None:
    """Where the transaction is lost, all requests in it fail, also those that were through."""

    def lose() -> None:
        with near._database.read() as connection:
            connection.connection.driver_connection.execute("ROLLBACK")

    works = [lambda: near.annotators.ensure("ana"), lose, lambda: near.annotators.ensure("ben")]
    assert all(isinstance(it, StorageError) for it in at_once(near, works))
    assert near.annotators.list() == []
    assert at_once(near, works[:1])[0].name == "ana"


def test_what_takes_long_is_done_after_the_transaction_and_before_the_answer(
    near: Records,
) -> None:
    """Others can read and write meanwhile; whoever asked hears when it is done."""
    seen: list[list[str]] = []

    def slow() -> None:
        seen.append([it.name for it in near.annotators.list()])
        near.annotators.ensure("cleo")

    def work() -> str:
        name = near.annotators.ensure("ana").name
        near.later(slow)
        return name

    assert at_once(near, [work, lambda: near.annotators.ensure("ben").name]) == ["ana", "ben"]
    assert seen == [["ana", "ben"]]
    assert [it.name for it in near.annotators.list()] == ["ana", "ben", "cleo"]


def test_ids_like_a_wrong_one_are_looked_for_after_the_transaction(tmp_path, monkeypatch) -> None:
    """Whoever sent it is told of them as ever, and the search holds nobody up."""
    with Project.create(tmp_path / "shop", media="text", classes=["a"]) as project:
        project.add([{"id": f"text-{i}", "text": f"This is {i}."} for i in range(9)])
        held = project.catalog.records._database._held
        shared: list[bool] = []

        def search(*given: object) -> list[str]:
            shared.append(held.whole is not None)
            return nearest_ids(*given)

        nearest_ids = known_assets.nearest_ids
        monkeypatch.setattr(known_assets, "nearest_ids", search)
        works = [lambda: project.labels.current("text-x"), lambda: held.whole is not None]
        wrong, shares = at_once(project.catalog.records, works)
        assert isinstance(wrong, NotFoundError)
        assert (shares, shared) == (True, [False])
        with pytest.raises(NotFoundError) as raised:
            project.labels.current("text-x")
        assert wrong.to_json() == raised.value.to_json()
        assert wrong.details["near"]
        assert wrong.details["near"][0] in wrong.remedy
