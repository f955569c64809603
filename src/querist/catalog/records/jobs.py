"""Jobs kept in SQL: the JobStore of the engines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.tables import job_lines, jobs
from querist.errors import NotFoundError
from querist.schema import Job, JobState, check_name, new_id

_FIELDS = tuple(column for column in jobs.c if column.name != "ordinal")
_QUEUED, _RUNNING = JobState.QUEUED.value, JobState.RUNNING.value
_CANCELLED = JobState.CANCELLED.value


class JobList:
    """All jobs of a project; implements ``querist.engine.base.JobStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, params: Mapping[str, Any]) -> Job:
        """Store a queued job."""
        check_name("job kind", kind)
        row = {
            "id": new_id("job"),
            "kind": kind,
            "params": dict(params),
            "state": _QUEUED,
            "done": 0,
            "message": "",
            "cancel_requested": False,
            "created_at": self._database.now(),
        }
        with self._database.write() as connection:
            added = sa.insert(jobs).values(row).returning(*_FIELDS)
            return _job(connection.execute(added).one())

    def get(self, job_id: str) -> Job:
        """The job; raises NotFoundError."""
        with self._database.read() as connection:
            return _get(connection, job_id)

    def list(self, *, limit: int = 50) -> Sequence[Job]:
        """The newest jobs first."""
        query = sa.select(*_FIELDS).order_by(jobs.c.ordinal.desc()).limit(limit)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(query)]

    def claim(self, worker: str, *, job_id: str | None = None) -> Job | None:
        """Atomically give the oldest queued job (or exactly ``job_id``) to ``worker``, or None."""
        query = sa.select(jobs.c.id).where(jobs.c.state == _QUEUED)
        if job_id is not None:
            query = query.where(jobs.c.id == job_id)
        query = query.order_by(jobs.c.ordinal).limit(1)
        # An idle worker asks all day long: it must not write, nor wait for those who do.
        with self._database.read() as connection:
            if connection.execute(query).one_or_none() is None:
                return None
        now = self._database.now()
        picked = self._database.skip_locked(query).cte("picked")
        picked = picked.prefix_with("MATERIALIZED", dialect="postgresql")
        update = (
            sa.update(jobs)
            .where(jobs.c.id.in_(sa.select(picked.c.id)))
            .values(
                state=_RUNNING,
                worker=worker,
                heartbeat=now,
                started_at=sa.func.coalesce(
                    jobs.c.started_at, sa.literal(now, jobs.c.started_at.type)
                ),
            )
            .returning(*_FIELDS)
        )
        with self._database.write() as connection:
            row = connection.execute(update).one_or_none()
        return None if row is None else _job(row)

    def report(self, job_id: str, *, done: int, total: int | None, message: str) -> bool:
        """Store progress and a sign of life; returns whether somebody asked to cancel.

        Progress may be lost in a power cut, so that this need not wait for the disk.
        """
        values = {"done": done, "total": total, "message": message}
        update = (
            sa.update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == _RUNNING)
            .values(**values, heartbeat=self._database.now())
            .returning(jobs.c.cancel_requested)
        )
        with self._database.write(durable=False) as connection:
            asked = connection.execute(update).scalar()
            # A job that has ended meanwhile (cancelled, or given to another) must stop as well.
            return _get(connection, job_id).state is not JobState.QUEUED if asked is None else asked

    def log(self, job_id: str, line: str) -> None:
        """Append one line to the job's log."""
        row = {"job_id": job_id, "line": line, "created_at": self._database.now()}
        with self._database.write(durable=False) as connection:
            _get(connection, job_id)
            connection.execute(sa.insert(job_lines).values(row))

    def read_log(self, job_id: str) -> Sequence[str]:
        """The lines of the job's log, oldest first; raises NotFoundError."""
        query = sa.select(job_lines.c.line).where(job_lines.c.job_id == job_id)
        with self._database.read() as connection:
            _get(connection, job_id)
            return list(connection.scalars(query.order_by(job_lines.c.id)))

    def finish(
        self,
        job_id: str,
        *,
        result: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
        cancelled: bool = False,
    ) -> Job:
        """Close the job as done, failed or cancelled; one that has ended stays as it is."""
        state = JobState.FAILED if error is not None else JobState.DONE
        values = {
            "state": (JobState.CANCELLED if cancelled else state).value,
            "result": None if result is None else dict(result),
            "error": None if error is None else dict(error),
            "finished_at": self._database.now(),
        }
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state.in_((_QUEUED, _RUNNING)))
                .values(values)
            )
            return _get(connection, job_id)

    def request_cancel(self, job_id: str) -> Job:
        """Ask the job to stop; a queued one is cancelled at once, an ended one stays."""
        now = self._database.now()
        one = jobs.c.id == job_id
        with self._database.write() as connection:
            connection.execute(
                sa.update(jobs)
                .where(one, jobs.c.state == _QUEUED)
                .values(state=_CANCELLED, cancel_requested=True, finished_at=now)
            )
            connection.execute(
                sa.update(jobs).where(one, jobs.c.state == _RUNNING).values(cancel_requested=True)
            )
            return _get(connection, job_id)

    def release(self, job_id: str, *, worker: str) -> Job:
        """Put the running job back into the queue if ``worker`` still holds it.

        One that is to be cancelled ends instead. It keeps its place: it is the next to be claimed.
        """
        held = sa.and_(jobs.c.id == job_id, jobs.c.state == _RUNNING, jobs.c.worker == worker)
        with self._database.write() as connection:
            _give_back(connection, held, self._database.now())
            return _get(connection, job_id)

    def requeue_orphans(self, *, older_than_seconds: float) -> Sequence[Job]:
        """Put running jobs without a recent sign of life back; those to be cancelled end."""
        now = self._database.now()
        lost = sa.and_(
            jobs.c.state == _RUNNING, jobs.c.heartbeat < now - timedelta(seconds=older_than_seconds)
        )
        with self._database.read() as connection:
            if connection.execute(sa.select(jobs.c.id).where(lost).limit(1)).one_or_none() is None:
                return []
        with self._database.write() as connection:
            return _give_back(connection, lost, now)


def _give_back(
    connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime
) -> Sequence[Job]:
    back = {"state": _QUEUED, "worker": None, "heartbeat": None}
    ended = {"state": _CANCELLED, "worker": None, "finished_at": now}
    return [
        _job(row)
        for asked, values in ((True, ended), (False, back))
        for row in connection.execute(
            sa.update(jobs)
            .where(which, jobs.c.cancel_requested.is_(asked))
            .values(values)
            .returning(*_FIELDS)
        )
    ]


def _get(connection: sa.Connection, job_id: str) -> Job:
    row = connection.execute(sa.select(*_FIELDS).where(jobs.c.id == job_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no job {job_id!r}.", remedy="List the jobs.")
    return _job(row)


def _job(row: sa.Row[Any]) -> Job:
    values = row._asdict()
    return Job(**{**values, "state": JobState(values["state"])})
