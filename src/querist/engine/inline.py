"""The engine that runs each job at once, in this process and thread."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from querist.engine.base import Handler, JobStore
from querist.engine.job_run import run_job
from querist.engine.waiting import wait_for
from querist.schema import Job


class InlineEngine:
    """Runs jobs where they are submitted: for notebooks, the command line and tests.

    ``submit`` returns when the job has ended. Ctrl-C while it runs cancels the job, which is then
    returned as cancelled. A failed job is returned too; :func:`querist.engine.result_of` raises
    its error.
    """

    name = "inline"

    def __init__(self, store: JobStore, handlers: Mapping[str, Handler]) -> None:
        self._store = store
        self._handlers = handlers

    def submit(self, kind: str, params: Mapping[str, Any] | None = None) -> Job:
        """Store the job, run it, and return it as it ended."""
        job = self._store.add(kind, params or {})
        claimed = self._store.claim(f"{self.name}-{os.getpid()}", job_id=job.id)
        if claimed is None:
            # A worker on the same project was quicker: its result is as good.
            return self.wait(job.id)
        return run_job(self._store, claimed, self._handlers)

    def wait(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Wait until the job has ended; raises UnavailableError when the time is up."""
        return wait_for(self._store, job_id, timeout=timeout)

    def cancel(self, job_id: str) -> Job:
        """Ask the job to stop at its next progress report (from another thread or process)."""
        return self._store.request_cancel(job_id)
