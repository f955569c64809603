"""Waits for a stored job to end, the same way for every engine."""

from __future__ import annotations

import time

from querist.engine.base import JobStore
from querist.errors import UnavailableError
from querist.schema import Job, JobState

ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


def wait_for(
    store: JobStore, job_id: str, *, timeout: float | None, poll_seconds: float = 0.1
) -> Job:
    """Ask the store until the job has ended.

    Raises:
        UnavailableError: it has not ended after ``timeout`` seconds.
    """
    until = None if timeout is None else time.monotonic() + timeout
    while (job := store.get(job_id)).state not in ENDED:
        if until is not None and time.monotonic() >= until:
            raise UnavailableError(
                f"The job {job.kind!r} ({job.id}) is still {job.state.value} after {timeout} s.",
                remedy="Wait longer, or look whether a worker runs (querist serve starts one).",
                job_id=job.id,
            )
        time.sleep(poll_seconds)
    return job
