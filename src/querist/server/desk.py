"""Where requests are answered that all people send all the time: many in one transaction.

On SQLite a write waits for the disk, and only one can at a time. Requests that have come in the
meantime are therefore answered together, by one thread: they wait for the disk once, and the
threads of a process do not fight for Python's lock. None is told anything before all is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from querist.catalog.records import Records

T = TypeVar("T")
# A bound on how long the first of them waits for the others.
_MOST = 64


@dataclass(slots=True, kw_only=True)
class _Visit:
    work: Callable[[], Any]
    durable: bool
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    outcome: Any = None
    problem: BaseException | None = None
    postponed: Sequence[Callable[[], object]] = field(default_factory=list)


class Desk:
    """Answers requests in the order in which they come."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._guard = threading.Lock()
        self._waiting = deque[_Visit]()
        self._busy = False
        self._thread = ThreadPoolExecutor(1, "querist-desk")

    async def ask(self, work: Callable[[], T], *, durable: bool) -> T:
        """What ``work`` returns or raises, once all it has written holds.

        Args:
            work: Reads and writes the records; it must neither wait for the threads of others nor
                take long: what does belongs into ``Records.later``.
            durable: Whether the disk must have what it writes.
        """
        if not self._records.are_near:
            return await run_in_threadpool(work)
        loop = asyncio.get_running_loop()
        visit = _Visit(work=work, durable=durable, loop=loop, done=loop.create_future())
        with self._guard:
            self._waiting.append(visit)
            if not self._busy:
                self._busy = True
                self._thread.submit(self._answer_all)
        await visit.done
        # Also of who is refused: the reason may still have to be looked for.
        for each in visit.postponed:
            await run_in_threadpool(each)
        if visit.problem is not None:
            raise visit.problem
        outcome: T = visit.outcome
        return outcome

    def close(self) -> None:
        """Wait for the requests under way, and let go of the thread."""
        self._thread.shutdown()

    def _answer_all(self) -> None:
        while batch := self._next():
            try:
                self._answer(batch)
            except BaseException as problem:  # nothing was written
                for visit in batch:
                    visit.problem, visit.postponed = problem, ()
            for loop in {visit.loop for visit in batch}:
                theirs = [visit for visit in batch if visit.loop is loop]
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                    loop.call_soon_threadsafe(_tell, theirs)

    def _next(self) -> list[_Visit]:
        with self._guard:
            count = min(len(self._waiting), _MOST)
            self._busy = count > 0
            return [self._waiting.popleft() for _ in range(count)]

    def _answer(self, batch: Sequence[_Visit]) -> None:
        durable = any(visit.durable for visit in batch)
        with self._records.together(durable=durable) as postponed:
            for visit in batch:
                try:
                    visit.outcome = visit.work()
                except Exception as problem:  # it is theirs alone
                    visit.problem = problem
                visit.postponed = postponed.copy()
                postponed.clear()


def _tell(visits: Sequence[_Visit]) -> None:
    for visit in visits:
        if not visit.done.done():  # it is, where whoever asked has gone away
            visit.done.set_result(None)
