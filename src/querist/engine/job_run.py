"""Runs one claimed job: its handler, its progress, its signs of life, and how it ends."""

from __future__ import annotations

import logging
import re
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from querist.engine.base import Handler, JobStore
from querist.errors import (
    JobCancelledError,
    QueristError,
    StorageError,
    UnknownNameError,
    is_disk,
)
from querist.schema import Job, JobState, to_json

HEARTBEAT_SECONDS = 1.0
REPORT_SECONDS = 0.2

logger = logging.getLogger(__name__)


class JobStoppedError(BaseException):
    """The worker itself must end: the job stays undone and is resumed by the next worker.

    Not an ``Exception``, so that no handler swallows it by catching too much.
    """


def run_job(
    store: JobStore,
    job: Job,
    handlers: Mapping[str, Handler],
    *,
    stopping: Callable[[], bool] = lambda: False,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    report_seconds: float = REPORT_SECONDS,
) -> Job:
    """Run a claimed ``job`` to its end and return it as stored.

    Errors of the handler end the job, they are not raised: a ``QueristError`` is stored as it is,
    any other exception under the code ``error`` with its traceback in the job's log.

    Args:
        store: Where the job is kept.
        job: A job that this process has claimed.
        handlers: The handler of each kind.
        stopping: Asked at each progress report; once it is true the job is abandoned.
        heartbeat_seconds: Seconds between two signs of life from a side thread.
        report_seconds: Least seconds between two stored reports of progress.

    Raises:
        JobStoppedError: ``stopping`` became true; the job stays claimed until it is released.
    """
    progress = _StoredProgress(store, job, stopping, report_seconds)
    try:
        with _heartbeat(progress, heartbeat_seconds):
            handler = handlers.get(job.kind)
            if handler is None:
                raise UnknownNameError.of("job kind", job.kind, handlers)
            result = handler(job.params, progress)
        progress.end()
        return store.finish(job.id, result=to_json(dict(result or {})))
    except (JobCancelledError, KeyboardInterrupt):
        store.log(job.id, "Cancelled.")
        return store.finish(job.id, cancelled=True)
    except Exception as error:
        progress.flush()
        return store.finish(job.id, error=_error_json(store, job, error))


def result_of(job: Job) -> Mapping[str, Any]:
    """The result of a job that is done; a failed job's error is raised with its own class.

    Raises:
        QueristError: the job failed (of the class that has the stored code), was cancelled
            (JobCancelledError), or has not ended.
    """
    if job.state is JobState.DONE:
        return job.result or {}
    if job.state is JobState.CANCELLED:
        raise JobCancelledError(
            f"The job {job.kind!r} ({job.id}) was cancelled.",
            remedy="Start it again; what it had finished is kept.",
            job_id=job.id,
        )
    error = job.error or {
        "message": f"The job {job.kind!r} ({job.id}) is {job.state.value}.",
        "remedy": "Wait until it has ended.",
    }
    raise _error_class(str(error.get("code", "error")))(
        str(error.get("message", "")),
        remedy=str(error.get("remedy", "")),
        **dict(error.get("details") or {}),
    )


class _StoredProgress:
    """A Progress that stores at most one report in ``every`` seconds and sees cancel requests."""

    def __init__(
        self, store: JobStore, job: Job, stopping: Callable[[], bool], every: float
    ) -> None:
        self._store, self._job_id, self._stopping, self._every = store, job.id, stopping, every
        self._now: tuple[int, int | None, str] = (job.done, job.total, job.message)
        self._stored = self._now
        self._phase = ""
        self._next = 0.0
        self._cancel = job.cancel_requested
        self._lock = threading.Lock()

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        self._now = (done, total, message or self._now[2])
        if self._stopping():
            raise JobStoppedError
        if time.monotonic() >= self._next:
            self.beat()
        if self._cancel:
            raise JobCancelledError("Somebody asked the job to stop.", remedy="Start it again.")

    def beat(self) -> None:
        """Store where the job stands now; also its sign of life."""
        with self._lock:
            self._next = time.monotonic() + self._every
            done, total, message = self._stored = self._now
            self._cancel |= self._store.report(
                self._job_id, done=done, total=total, message=message
            )
            # A new phase is worth a line in the log, a new number in the same phase is not.
            phase = re.sub(r"[\d.,]+", "#", message)
            if phase and phase != self._phase:
                self._phase = phase
                self._store.log(self._job_id, message)

    def end(self) -> None:
        """Store that all of it is done: the last report of a handler may stand before its end."""
        done, total, message = self._now
        self._now = (done if total is None else total, total, message)
        self.flush()

    def flush(self) -> None:
        """Store a report that was held back."""
        if self._stored != self._now:
            self.beat()


@contextmanager
def _heartbeat(progress: _StoredProgress, every: float) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(every):
            try:
                progress.beat()
            except Exception:
                # A store that is busy for a moment must not end the work; the next beat retries.
                logger.warning("A sign of life could not be stored.", exc_info=True)

    thread = threading.Thread(target=beat, name="querist-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _error_json(store: JobStore, job: Job, error: Exception) -> Mapping[str, Any]:
    if isinstance(error, OSError) and is_disk(error):
        error = StorageError.of(error)
    if not isinstance(error, QueristError):
        logger.error("The job %s (%s) failed.", job.id, job.kind, exc_info=error)
        store.log(job.id, "".join(traceback.format_exception(error)).rstrip())
        error = QueristError(
            f"{type(error).__name__}: {error}",
            remedy="Read the job's log; if the data is fine, report it as a bug of Querist.",
            type=type(error).__name__,
        )
    # Inside of the wire shape: a job's JSON then reads {"error": {"code", "message", …}} as well.
    body: Mapping[str, Any] = to_json(error.to_json()["error"])
    return body


def _error_class(code: str) -> type[QueristError]:
    waiting: list[type[QueristError]] = [QueristError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code:
            return kind
        waiting.extend(kind.__subclasses__())
    return QueristError
