"""Live events: one poll of the records for all clients, fanned out to their streams."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from querist.schema import Job, TaskState
from querist.server import schemas as wire

if TYPE_CHECKING:
    from querist.project import Project
    from querist.server.labeled_count import LabeledCount

POLL_SECONDS = 0.25
MAX_WAITING = 200
# Counts of many tasks are a moment old: after a change it is looked again until they are not.
_COUNTED_SECONDS = 5.0

logger = logging.getLogger(__name__)

_News = Job | wire.ChangeEvent
_Shown = Callable[[Job], wire.Job]


class Broadcaster:
    """Polls the records' change token and tells every subscriber what is new.

    Reading runs in a thread and only while somebody listens. A client that does not keep up
    loses its oldest events, never its newest: each event carries the whole state it speaks of.
    """

    def __init__(
        self, project: Project, labeled: LabeledCount, *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        self._project = project
        self._labeled = labeled
        self._poll_seconds = poll_seconds
        self._clients: set[asyncio.Queue[_News | None]] = set()
        self._listening = asyncio.Event()
        self._closed = False

    async def run(self) -> None:
        """Poll for ever; one task for the whole server."""
        token, jobs, change = -1, dict[str, Job](), None
        until = 0.0
        while not self._closed:
            await self._listening.wait()
            try:
                now = await run_in_threadpool(self._project.catalog.records.change_token)
                moment = asyncio.get_running_loop().time()
                if now != token:
                    token, until = now, moment + _COUNTED_SECONDS
                if moment < until:
                    fresh, seen = await run_in_threadpool(self._look)
                    self._send([job for job in seen.values() if jobs.get(job.id) != job])
                    if fresh != change:
                        self._send([fresh])
                    jobs, change = seen, fresh
            except Exception:
                # A store that is away for a moment must not silence the stream for good.
                logger.warning("The records could not be polled for events.", exc_info=True)
            await asyncio.sleep(self._poll_seconds)

    async def subscribe(self, shown: _Shown) -> AsyncIterator[ServerSentEvent]:
        """The state now, then everything that changes, until the client or the server leaves.

        Args:
            shown: What of a job may be told to this client.
        """
        queue: asyncio.Queue[_News | None] = asyncio.Queue(MAX_WAITING)
        self._clients.add(queue)
        self._listening.set()
        try:
            change, jobs = await run_in_threadpool(self._look)
            yield _event(change, shown)
            for job in jobs.values():
                if job.finished_at is None:
                    yield _event(job, shown)
            while not self._closed and (event := await queue.get()) is not None:
                yield _event(event, shown)
        finally:
            self._clients.discard(queue)
            if not self._clients and not self._closed:
                self._listening.clear()

    def close(self) -> None:
        """End every stream, so that the server can stop; call it inside the event loop."""
        self._closed = True
        self._listening.set()
        for queue in self._clients:
            _put(queue, None)

    def _send(self, events: list[_News]) -> None:
        for queue in self._clients:
            for event in events:
                _put(queue, event)

    def _look(self) -> tuple[wire.ChangeEvent, dict[str, Job]]:
        records = self._project.catalog.records
        number, step = records.rounds.stage() or (None, None)
        counts = {} if number is None else records.tasks.tally.of(number)
        labeled, seq = self._labeled.read()
        change = wire.ChangeEvent(
            labeled=labeled,
            open_tasks=counts.get(TaskState.OPEN, 0) + counts.get(TaskState.LEASED, 0),
            round=number,
            step=step,
            seq=seq,
            ontology=records.ontologies.newest_version(),
            slices=records.slices.state(),
        )
        return change, {job.id: job for job in reversed(records.jobs.list())}


def _put(queue: asyncio.Queue[_News | None], event: _News | None) -> None:
    if queue.full():
        with contextlib.suppress(asyncio.QueueEmpty):
            queue.get_nowait()
    queue.put_nowait(event)


def _event(news: _News, shown: _Shown) -> ServerSentEvent:
    if isinstance(news, Job):
        return ServerSentEvent(event="job", data=shown(news))
    return ServerSentEvent(event="change", data=news)
