"""Engines: the conformance kit inline and by a worker, Ctrl-C, stopping, orphans, throttling."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from querist.engine import InlineEngine, WorkerEngine, result_of, run_job, run_worker
from querist.engine.kit import CHECKS, HANDLERS
from querist.errors import NotFoundError, UnavailableError
from querist.schema import Job, JobState, new_id


class MemoryJobs:
    """A JobStore in memory."""

    def __init__(self):
        self.jobs, self.logs, self.reports = {}, {}, []
        self.lock = threading.RLock()

    def add(self, kind, params):
        job = Job(id=new_id("job"), kind=kind, params=dict(params), created_at=datetime.now(UTC))
        with self.lock:
            self.jobs[job.id], self.logs[job.id] = job, []
        return job

    def get(self, job_id):
        if job_id not in self.jobs:
            raise NotFoundError(f"There is no job {job_id!r}.", remedy="List the jobs.")
        return self.jobs[job_id]

    def list(self, *, limit=50):
        return sorted(self.jobs.values(), key=lambda j: j.id, reverse=True)[:limit]

    def _set(self, job_id, **values):
        with self.lock:
            self.jobs[job_id] = replace(self.get(job_id), **values)
            return self.jobs[job_id]

    def claim(self, worker, *, job_id=None):
        with self.lock:
            for job in sorted(self.jobs.values(), key=lambda j: j.id):
                if job.state is JobState.QUEUED and job_id in (None, job.id):
                    now = datetime.now(UTC)
                    return self._set(
                        job.id, state=JobState.RUNNING, worker=worker, started_at=now, heartbeat=now
                    )
        return None

    def report(self, job_id, *, done, total, message):
        self.reports.append((done, total, message))
        now = datetime.now(UTC)
        job = self._set(job_id, done=done, total=total, message=message, heartbeat=now)
        return job.cancel_requested

    def log(self, job_id, line):
        self.logs[job_id].append(line)

    def read_log(self, job_id):
        return self.logs[job_id]

    def finish(self, job_id, *, result=None, error=None, cancelled=False):
        state = JobState.CANCELLED if cancelled else JobState.FAILED if error else JobState.DONE
        now = datetime.now(UTC)
        return self._set(job_id, state=state, result=result, error=error, finished_at=now)

    def request_cancel(self, job_id):
        with self.lock:
            if self.get(job_id).state is JobState.QUEUED:
                self.finish(job_id, cancelled=True)
            return self._set(job_id, cancel_requested=True)

    def requeue_orphans(self, *, older_than_seconds):
        with self.lock:
            return [
                self._set(job.id, state=JobState.QUEUED, worker=None)
                for job in self.jobs.values()
                if job.state is JobState.RUNNING
                and (datetime.now(UTC) - job.heartbeat).total_seconds() > older_than_seconds
            ]


class Inline:
    def __init__(self, store):
        self.store, self.engine = store, InlineEngine(store, HANDLERS)


class Worker:
    def __init__(self, store):
        self.store, self.engine = store, WorkerEngine(store)


@pytest.fixture
def store():
    """An empty store."""
    return MemoryJobs()


@pytest.fixture
def working(store) -> Iterator[None]:
    """A claim loop beside the test."""
    stop = threading.Event()
    thread = threading.Thread(
        target=run_worker,
        args=(store, HANDLERS),
        kwargs={"name": "w1", "stop": stop, "poll_seconds": 0.01, "heartbeat_seconds": 0.05},
    )
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_inline_engine_conforms(store, check):
    """The inline engine passes every check of the kit."""
    check(Inline(store))


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_worker_engine_conforms(store, working, check):
    """The worker engine with a claim loop passes every check of the kit."""
    check(Worker(store))


def test_both_engines_give_the_same_result(store, working):
    """The same job ends with the same result inline and in a worker."""
    inline = Inline(store).engine.submit("kit.count", {"to": 5})
    worker = Worker(store).engine
    queued = worker.submit("kit.count", {"to": 5})
    assert result_of(inline) == result_of(worker.wait(queued.id, timeout=10))


def test_keyboard_interrupt_cancels_the_inline_job(store):
    """Ctrl-C while a job runs inline ends the job as cancelled and returns it."""

    def interrupted(params, progress):
        raise KeyboardInterrupt

    job = InlineEngine(store, {"x": interrupted}).submit("x")
    assert job.state is JobState.CANCELLED
    assert store.get(job.id).finished_at is not None


def test_worker_engine_only_queues(store):
    """Without a worker a submitted job stays queued and waiting for it runs out of time."""
    engine = WorkerEngine(store)
    job = engine.submit("kit.count", {"to": 1})
    assert job.state is JobState.QUEUED
    with pytest.raises(UnavailableError, match="still queued"):
        engine.wait(job.id, timeout=0)


def test_cancelling_a_queued_job_ends_it_at_once(store):
    """A job that nobody has claimed yet is cancelled without a worker."""
    engine = WorkerEngine(store)
    job = engine.submit("kit.count", {"to": 1})
    engine.cancel(job.id)
    assert engine.wait(job.id, timeout=0).state is JobState.CANCELLED


def test_progress_is_throttled_and_the_last_report_is_kept(store):
    """A thousand reports are stored as a handful, and the last one is among them."""

    def busy(params, progress):
        for i in range(1000):
            progress(i + 1, 1000, "working")

    job = store.claim("w") if store.add("busy", {}) else None
    ended = run_job(store, job, {"busy": busy}, report_seconds=60, heartbeat_seconds=60)
    assert len(store.reports) == 2
    assert (ended.done, ended.total) == (1000, 1000)


def test_a_silent_handler_gives_signs_of_life(store):
    """A handler that reports nothing is kept alive by the side thread's heartbeats."""
    seen = threading.Event()

    class Watched(MemoryJobs):
        def report(self, job_id, **values):
            seen.set()
            return super().report(job_id, **values)

    watched = Watched()
    watched.add("silent", {})
    job = watched.claim("w")
    ended = run_job(
        watched,
        job,
        {"silent": lambda params, progress: {"seen": seen.wait(10)}},
        heartbeat_seconds=0.01,
    )
    assert ended.result == {"seen": True}


def test_a_stopped_worker_leaves_its_job_to_the_next(store):
    """A worker told to stop abandons its job; the next one takes the orphan and ends it."""
    stop, runs = threading.Event(), []

    def once(params, progress):
        runs.append(1)
        if len(runs) == 1:
            stop.set()
        progress(1, 1)
        return {"runs": len(runs)}

    job = WorkerEngine(store).submit("once")
    run_worker(store, {"once": once}, name="w1", stop=stop)
    assert store.get(job.id).state is JobState.RUNNING
    stop.clear()
    thread = threading.Thread(
        target=run_worker,
        args=(store, {"once": once}),
        kwargs={"name": "w2", "stop": stop, "orphan_seconds": 0.0, "poll_seconds": 0.01},
    )
    thread.start()
    ended = WorkerEngine(store).wait(job.id, timeout=10)
    stop.set()
    thread.join()
    assert ended.result == {"runs": 2}
    assert ended.worker.startswith("w2-")
    assert sum("stopped" in line for line in store.read_log(job.id)) == 1


def test_a_job_that_ends_its_worker_three_times_is_failed(store, working):
    """A job with three recorded starts is failed with a remedy instead of started again."""
    job = store.add("kit.count", {"to": 1})
    store.jobs.pop(job.id)
    store.logs[job.id] = ["Started by a.", "Started by b.", "Started by c."]
    store.jobs[job.id] = job
    ended = WorkerEngine(store).wait(job.id, timeout=10)
    assert ended.error["code"] == "unavailable"
    assert "3 times" in ended.error["message"]


def test_the_log_tells_phases_not_numbers(store):
    """The log gets one line a phase, however many numbers the phase counts."""

    def phases(params, progress):
        for phase in ("reading", "writing"):
            for i in range(50):
                progress(i, 50, f"{phase} {i} of 50")

    store.add("phases", {})
    run_job(store, store.claim("w"), {"phases": phases}, report_seconds=0)
    assert store.read_log(store.list()[0].id) == ["reading 0 of 50", "writing 0 of 50"]
