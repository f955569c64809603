"""Ingest: streams candidates into the asset table in durable commits that a kill cannot tear."""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from querist.catalog.asset_rows import AssetRow, batch_of, schema
from querist.catalog.preparing import Known, Preparer, Present
from querist.catalog.roots import Roots
from querist.catalog.tables import BATCH_ROWS, Table, scan
from querist.engine.base import Progress
from querist.errors import JobCancelledError
from querist.schema import AddReport, Candidate, Media, Problem

_CHUNK = 64
_COMMIT_BYTES = 128 * 1024 * 1024
_COMMIT_SECONDS = 10.0
_TELL_SECONDS = 0.1
_Outcome = AssetRow | Present | Problem


def ingest(
    table: Table,
    candidates: Iterable[Candidate],
    *,
    media: Media,
    roots: Roots,
    total: int | None,
    progress: Progress,
) -> AddReport:
    """Add what is new among ``candidates``; see ``Assets.ingest``."""
    started = time.monotonic()
    with table.writing(wait_seconds=1.0):
        intake = _Intake(table, media, roots)
        workers = min(8, os.cpu_count() or 1)
        with (
            ThreadPoolExecutor(1, thread_name_prefix="querist-commit") as disk,
            ThreadPoolExecutor(workers, thread_name_prefix="querist-ingest") as pool,
        ):
            intake.run(candidates, pool, disk, workers, total, progress)
        if intake.added:
            table.tidy()
    return AddReport(
        added=intake.added,
        present=intake.present,
        problems=tuple(intake.problems),
        seconds=time.monotonic() - started,
    )


class _Intake:
    """One run: what the catalog knows, the rows that wait for a commit, and the counts.

    A commit is one append of up to 8,192 rows. Lance makes it visible all at once and it is synced
    before it counts, so a kill leaves whole commits only and the next run skips what they hold.
    One is under way at most, while the rows of the next are prepared.
    """

    def __init__(self, table: Table, media: Media, roots: Roots) -> None:
        self._table = table
        self._known = _known(table)
        # Equal rows of a table are other things with equal values; equal files are copies.
        self._one_each = media is not Media.TABLE
        self._owners = {known.content_hash: key for key, known in self._known.items()}
        self._fresh: set[str] = set()
        self._next = len(self._known)
        self._rows: list[AssetRow] = []
        self._weight = 0
        self._under_way: Future[None] | None = None
        self._committed_at = time.monotonic()
        self._prepare = Preparer(media, roots, self._known)
        self.added = 0
        self.present = 0
        self.problems: list[Problem] = []

    def run(
        self,
        candidates: Iterable[Candidate],
        pool: ThreadPoolExecutor,
        disk: ThreadPoolExecutor,
        workers: int,
        total: int | None,
        progress: Progress,
    ) -> None:
        """Prepare in parallel, accept in order, commit in batches; what is done stays done."""
        done, told_at = 0, 0.0
        progress(0, total, "Adding")
        try:
            for outcomes in self._prepared(candidates, pool, workers):
                for outcome in outcomes:
                    self._accept(outcome)
                done += len(outcomes)
                committed = self._commit_if_due(disk)
                if committed or time.monotonic() - told_at >= _TELL_SECONDS:
                    progress(done, total, "Adding")
                    told_at = time.monotonic()
        except JobCancelledError:
            self._commit(disk)
            self._wait()
            raise
        self._commit(disk)
        self._wait()
        progress(done, total if total is not None else done, "Added")

    def _prepared(
        self, candidates: Iterable[Candidate], pool: ThreadPoolExecutor, workers: int
    ) -> Iterator[list[_Outcome]]:
        """Outcomes in order, computed a few chunks ahead at most, so that memory is bounded."""
        waiting: deque[Future[list[_Outcome]]] = deque()
        stream = iter(candidates)
        try:
            while chunk := list(itertools.islice(stream, _CHUNK)):
                waiting.append(pool.submit(self._prepare_chunk, chunk))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _prepare_chunk(self, chunk: list[Candidate]) -> list[_Outcome]:
        return [self._prepare(candidate) for candidate in chunk]

    def _accept(self, outcome: _Outcome) -> None:
        if isinstance(outcome, Problem):
            self.problems.append(outcome)
        elif isinstance(outcome, Present):
            self.present += 1
        elif outcome.id in self._known:
            self._accept_repeated(outcome)
        elif self._one_each and outcome.content_hash in self._owners:
            owner = self._owners[outcome.content_hash]
            self._refuse(outcome, f"Its content is the same as that of {owner!r}.")
        else:
            self._known[outcome.id] = Known(
                content_hash=outcome.content_hash, size=outcome.size, mtime_ns=outcome.mtime_ns
            )
            self._owners[outcome.content_hash] = outcome.id
            self._rows.append(outcome)
            self._weight += outcome.weight

    def _accept_repeated(self, row: AssetRow) -> None:
        """An id that came twice in this very run."""
        if self._known[row.id].content_hash == row.content_hash:
            self.present += 1
        else:
            self._refuse(row, "The source uses this id twice; the first one was added.")

    def _refuse(self, row: AssetRow, message: str) -> None:
        self.problems.append(Problem(name=row.id, kind="duplicate", message=message))

    def _commit_if_due(self, disk: ThreadPoolExecutor) -> bool:
        waited = time.monotonic() - self._committed_at
        full = len(self._rows) >= BATCH_ROWS or self._weight >= _COMMIT_BYTES
        if full or (self._rows and waited >= _COMMIT_SECONDS):
            self._commit(disk)
            return True
        return False

    def _commit(self, disk: ThreadPoolExecutor) -> None:
        self._wait()
        if self._rows:
            self._under_way = disk.submit(self._write, self._rows, self._next)
            self._next += len(self._rows)
            self.added += len(self._rows)
            self._rows = []
            self._weight = 0
        self._committed_at = time.monotonic()

    def _write(self, rows: list[AssetRow], first_position: int) -> None:
        self._table.append(schema(), [batch_of(rows, first_position)])

    def _wait(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None


def _known(table: Table) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for batch in scan(table.dataset(), ["id", "content_hash", "size", "mtime_ns"]):
        columns = (batch.column(i).to_pylist() for i in range(batch.num_columns))
        for asset_id, content_hash, size, mtime_ns in zip(*columns, strict=True):
            known[asset_id] = Known(content_hash=content_hash, size=size, mtime_ns=mtime_ns)
    return known
