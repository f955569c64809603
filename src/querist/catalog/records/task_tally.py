"""How many tasks are in each state, for pages that show it again and again."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.tables import tasks
from querist.schema import TaskState

# So few are counted anew each time; where there are more, counting gets a fiftieth of the time.
_FEW = 2_000
_SHARE = 0.02
_OLDEST_SECONDS = 10.0

# Counting all by an index, and the few gold ones by another, beats looking at each kind.
_ALL = sa.select(tasks.c.round, tasks.c.state, sa.func.count()).group_by(
    tasks.c.round, tasks.c.state
)
_GOLD = sa.select(tasks.c.round, tasks.c.state).where(tasks.c.beside.is_not(None))


class TaskTally:
    """Counts of tasks that are exact while there are few, and a moment old where there are many.

    A million tasks take a tenth of a second to count, too long for whoever waits for one of them:
    then the last figures hold for fifty times as long as it took to count them. Gold questions
    do not count.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = threading.Lock()
        self._counts: Counter[tuple[int, str]] = Counter()
        self._made = self._good_until = float("-inf")

    def of(self, round: int | None = None) -> Mapping[TaskState, int]:
        """How many tasks are in each state, of one round or of all."""
        counts = self._newest()
        found = dict.fromkeys(TaskState, 0)
        for (number, state), count in counts.items():
            if round in (None, number):
                found[TaskState(state)] += count
        return found

    def _newest(self) -> Counter[tuple[int, str]]:
        asked = time.monotonic()
        if asked < self._good_until:
            return self._counts
        few = sum(self._counts.values()) <= _FEW
        if few or asked > self._made + _OLDEST_SECONDS:
            self._renew(asked, wait=True)
        else:
            self._database.later(partial(self._renew, asked, wait=False))
        return self._counts

    def _renew(self, asked: float, *, wait: bool) -> None:
        # While somebody counts many, others take what is there rather than wait.
        if not self._counting.acquire(blocking=wait):
            return
        try:
            if asked < self._made:
                return
            start = time.monotonic()
            counts = self._count()
            took = time.monotonic() - start
            many = sum(counts.values()) > _FEW
            self._counts, self._made = counts, start
            self._good_until = start + took / _SHARE if many else start
        finally:
            self._counting.release()

    def _count(self) -> Counter[tuple[int, str]]:
        with self._database.read() as connection:
            found = Counter({(row[0], row[1]): row[2] for row in connection.execute(_ALL)})
            found.subtract((row[0], row[1]) for row in connection.execute(_GOLD))
        return found
