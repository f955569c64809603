"""The engine that only queues, and the loop of the worker process that claims and runs."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from typing import Any

from querist.engine.base import Handler, JobStore
from querist.engine.job_run import HEARTBEAT_SECONDS, JobStoppedError, run_job
from querist.engine.supervisor import SUPERVISED
from querist.engine.waiting import wait_for
from querist.errors import UnavailableError
from querist.schema import Job, to_json

ORPHAN_SECONDS = 10.0
MAX_STARTS = 3
STOP_GRACE_SECONDS = 5.0
STARTED = "Started by "
LEFT = "The worker was stopped; the next one resumes the job."

logger = logging.getLogger(__name__)


class WorkerEngine:
    """Queues jobs in the store; a worker process elsewhere claims and runs them."""

    name = "worker"

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def submit(self, kind: str, params: Mapping[str, Any] | None = None) -> Job:
        """Queue a job and return it at once."""
        return self._store.add(kind, params or {})

    def wait(self, job_id: str, *, timeout: float | None = None) -> Job:
        """Wait until the job has ended; raises UnavailableError when the time is up."""
        return wait_for(self._store, job_id, timeout=timeout)

    def cancel(self, job_id: str) -> Job:
        """Ask the job to stop at its next progress report; a queued one is cancelled at once."""
        return self._store.request_cancel(job_id)


def run_worker(
    store: JobStore,
    handlers: Mapping[str, Handler],
    *,
    name: str,
    stop: threading.Event,
    poll_seconds: float = 0.25,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    orphan_seconds: float = ORPHAN_SECONDS,
) -> int:
    """Claim and run jobs, oldest first, until ``stop`` is set; returns how many it ran.

    The jobs know the worker by ``name`` and its process id.

    Jobs whose worker died (no sign of life for ``orphan_seconds``) go back into the queue when
    the loop starts and whenever it is idle. When ``stop`` is set while a job runs, the job goes
    back into the queue at its next progress report and the next worker resumes it at once. A job
    that has ended its worker three times is failed, so that it cannot block the queue for ever.
    """
    name, ran, orphans_at = f"{name}-{os.getpid()}", 0, 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= orphans_at:
                orphans_at = time.monotonic() + orphan_seconds / 4
                for orphan in store.requeue_orphans(older_than_seconds=orphan_seconds):
                    store.log(orphan.id, f"Its worker gave no sign of life: {orphan.state.value}.")
            job = store.claim(name)
            if job is None:
                stop.wait(poll_seconds)
                continue
            ran += 1
            # What is loaded by now stays: looking for garbage in it takes a third of an import.
            gc.collect()
            gc.freeze()
            if _fit_to_start(store, job, name):
                _run(store, job, handlers, name, stop, heartbeat_seconds)
        except Exception:
            # The store may be away for a moment (a locked file, a restarted server).
            logger.exception("The worker %s goes on after an error.", name)
            stop.wait(1.0)
    return ran


def until_parent_ends() -> threading.Event:
    """An event for ``run_worker`` that is set on SIGTERM, on Ctrl-C, and when the parent ends.

    A worker that :class:`LocalWorker` started watches its standard input: the pipe closes when
    the parent ends, however it ends. A handler that reports no progress for five more seconds
    does not keep the process: it leaves, and the job is resumed by the next worker.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_watch_parent, args=(stop,), daemon=True).start()
    return stop


def _run(
    store: JobStore,
    job: Job,
    handlers: Mapping[str, Handler],
    name: str,
    stop: threading.Event,
    heartbeat_seconds: float,
) -> None:
    try:
        run_job(store, job, handlers, stopping=stop.is_set, heartbeat_seconds=heartbeat_seconds)
    except JobStoppedError:
        # The line first: the next worker counts by it that this start was no failure.
        store.log(job.id, LEFT)
        store.release(job.id, worker=name)


def _watch_parent(stop: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1):
            pass
    stop.set()
    time.sleep(STOP_GRACE_SECONDS)
    os._exit(1)


def _fit_to_start(store: JobStore, job: Job, name: str) -> bool:
    lines = store.read_log(job.id)
    starts = sum(line.startswith(STARTED) for line in lines) - lines.count(LEFT)
    if starts < MAX_STARTS:
        store.log(job.id, f"{STARTED}{name}.")
        return True
    error = UnavailableError(
        f"The job {job.kind!r} ({job.id}) ended its worker {starts} times.",
        remedy="The machine may be short of memory: use fewer or smaller assets, or more memory.",
        starts=starts,
    )
    store.finish(job.id, error=to_json(error.to_json()["error"]))
    return False
