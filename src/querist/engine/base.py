"""The engine seam: jobs, where they are kept, and what runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from querist.errors import JobCancelledError
from querist.schema import Job

T = TypeVar("T")
# Items between two reports: a thousandth of a second of the quickest of them.
_REPORTED = 1_024


class JobStore(Protocol):
    """Where jobs are kept; the catalog's records implement it on SQLite and PostgreSQL."""

    def add(self, kind: str, params: Mapping[str, Any]) -> Job:
        """Store a queued job."""
        ...

    def get(self, job_id: str) -> Job:
        """The job; raises NotFoundError."""
        ...

    def list(self, *, limit: int = 50) -> Sequence[Job]:
        """The newest jobs first."""
        ...

    def claim(self, worker: str, *, job_id: str | None = None) -> Job | None:
        """Atomically give the oldest queued job (or exactly ``job_id``) to ``worker``, or None."""
        ...

    def report(self, job_id: str, *, done: int, total: int | None, message: str) -> bool:
        """Store progress and a sign of life; returns whether somebody asked to cancel."""
        ...

    def log(self, job_id: str, line: str) -> None:
        """Append one line to the job's log."""
        ...

    def read_log(self, job_id: str) -> Sequence[str]:
        """The lines of the job's log, oldest first."""
        ...

    def finish(
        self,
        job_id: str,
        *,
        result: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
        cancelled: bool = False,
    ) -> Job:
        """Close the job as done, failed or cancelled."""
        ...

    def request_cancel(self, job_id: str) -> Job:
        """Ask the job to stop; a queued one is cancelled at once."""
        ...

    def release(self, job_id: str, *, worker: str) -> Job:
        """Put the running job back into the queue if ``worker`` still holds it."""
        ...

    def requeue_orphans(self, *, older_than_seconds: float) -> Sequence[Job]:
        """Put running jobs without a recent sign of life back into the queue."""
        ...


class Progress(Protocol):
    """What a running job tells the world; also what any long function of the house takes."""

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None:
        """Report units done; raises JobCancelledError once somebody asked to stop."""
        ...


Handler = Callable[[Mapping[str, Any], Progress], Mapping[str, Any] | None]


class Engine(Protocol):
    """Runs jobs somewhere."""

    name: str

    def submit(self, kind: str, params: Mapping[str, Any] | None = None) -> Job:
        """Queue a job (the inline engine also runs it) and return it as stored."""
        ...

    def wait(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Wait until the job has ended; raises UnavailableError when the time is up."""
        ...

    def cancel(self, job_id: str) -> Job:
        """Ask the job to stop at its next progress report."""
        ...


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A Progress that tells nobody."""


def reporting(
    items: Iterable[T], progress: Progress, message: str, total: int | None = None
) -> Iterator[T]:
    """The items as they come; ``progress`` is told now and then how many there were.

    Raises:
        JobCancelledError: somebody asked to stop.
    """
    for done, item in enumerate(items):
        if done % _REPORTED == 0:
            progress(done, total, message)
        yield item


__all__ = ["Engine", "Handler", "JobCancelledError", "JobStore", "Progress", "reporting", "silent"]
