"""Live events: one poll of the records for all clients, fanned out to their streams."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
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
        self._clients: set[asyncio.Queue[ServerSentEvent | None]] = set()
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
                    self._send([_job(job) for job in seen.values() if jobs.get(job.id) != job])
                    if fresh != change:
                        self._send([_change(fresh)])
                    jobs, change = seen, fresh
            except Exception:
                # A store that is away for a moment must not silence the stream for good.
                logger.warning("The records could not be polled for events.", exc_info=True)
            await asyncio.sleep(self._poll_seconds)

    async def subscribe(self) -> AsyncIterator[ServerSentEvent]:
        """The state now, then everything that changes, until the client or the server leaves."""
        queue: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue(MAX_WAITING)
        self._clients.add(queue)
        self._listening.set()
        try:
            change, jobs = await run_in_threadpool(self._look)
            yield _change(change)
            for job in jobs.values():
                if job.finished_at is None:
                    yield _job(job)
            while not self._closed and (event := await queue.get()) is not None:
                yield event
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

    def _send(self, events: list[ServerSentEvent]) -> None:
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


def _put(queue: asyncio.Queue[ServerSentEvent | None], event: ServerSentEvent | None) -> None:
    if queue.full():
        with contextlib.suppress(asyncio.QueueEmpty):
            queue.get_nowait()
    queue.put_nowait(event)


def _change(change: wire.ChangeEvent) -> ServerSentEvent:
    return ServerSentEvent(event="change", data=change)


def _job(job: Job) -> ServerSentEvent:
    return ServerSentEvent(event="job", data=wire.Job.of(job))
