"""Engines: the conformance kit inline and by a worker, Ctrl-C, stopping, orphans, throttling."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from querist.catalog.records import Records
from querist.engine import InlineEngine, JobStore, WorkerEngine, result_of, run_job, run_worker
from querist.engine.kit import CHECKS, HANDLERS, check_resume
from querist.errors import UnavailableError
from querist.schema import JobState


class Inline:
    def __init__(self, store):
        self.store, self.engine = store, InlineEngine(store, HANDLERS)


class Worker:
    def __init__(self, store):
        self.store, self.engine = store, WorkerEngine(store)


@pytest.fixture
def store(tmp_path) -> Iterator[JobStore]:
    """An empty store: the project's own records."""
    with Records("records.db", tmp_path) as records:
        yield records.jobs


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
    assert result_of(inline) == result_of(worker.wait(queued.id, timeout=60))


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


class Watched:
    """The store, with an event for the first report and a list of all."""

    def __init__(self, store):
        self._store, self.reports, self.reported = store, [], threading.Event()

    def __getattr__(self, name):
        return getattr(self._store, name)

    def report(self, job_id, **values):
        self.reports.append(values)
        self.reported.set()
        return self._store.report(job_id, **values)


def test_progress_is_throttled_and_the_last_report_is_kept(store):
    """A thousand reports are stored as two, and the last one is among them."""

    def busy(params, progress):
        for i in range(1000):
            progress(i + 1, 1000, "working")

    store.add("busy", {})
    watched = Watched(store)
    ended = run_job(
        watched, store.claim("w"), {"busy": busy}, report_seconds=60, heartbeat_seconds=60
    )
    assert [values["done"] for values in watched.reports] == [1, 1000]
    assert (ended.done, ended.total) == (1000, 1000)


def test_a_job_that_is_done_stands_at_its_end(store):
    """A handler whose last report stands before its end has done all of it."""

    def early(params, progress):
        progress(6, 8, "Reading")

    store.add("early", {})
    ended = run_job(store, store.claim("w"), {"early": early})
    assert (ended.state, ended.done, ended.total) == (JobState.DONE, 8, 8)


def test_a_job_that_fails_stands_where_it_was(store):
    """What it had done is not more because it ended."""

    def breaks(params, progress):
        progress(6, 8, "Reading")
        raise ValueError("no")

    store.add("breaks", {})
    ended = run_job(store, store.claim("w"), {"breaks": breaks})
    assert (ended.state, ended.done, ended.total) == (JobState.FAILED, 6, 8)


def test_a_silent_handler_gives_signs_of_life(store):
    """A handler that reports nothing is kept alive by the side thread's heartbeats."""
    store.add("silent", {})
    watched = Watched(store)
    ended = run_job(
        watched,
        store.claim("w"),
        {"silent": lambda params, progress: {"seen": watched.reported.wait(10)}},
        heartbeat_seconds=0.01,
    )
    assert ended.result == {"seen": True}


def test_a_stopped_worker_leaves_its_job_to_the_next(store):
    """A worker told to stop gives its job back; the next one takes it at once and ends it."""
    stop, runs = threading.Event(), []

    def once(params, progress):
        runs.append(1)
        if len(runs) == 1:
            stop.set()
        progress(1, 1)
        return {"runs": len(runs)}

    job = WorkerEngine(store).submit("once")
    run_worker(store, {"once": once}, name="w1", stop=stop)
    left = store.get(job.id)
    assert (left.state, left.worker, left.heartbeat) == (JobState.QUEUED, None, None)
    stop.clear()
    thread = threading.Thread(
        target=run_worker,
        args=(store, {"once": once}),
        kwargs={"name": "w2", "stop": stop, "orphan_seconds": 600.0, "poll_seconds": 0.01},
    )
    thread.start()
    ended = WorkerEngine(store).wait(job.id, timeout=60)
    stop.set()
    thread.join()
    assert ended.result == {"runs": 2}
    assert ended.worker.startswith("w2-")
    assert sum("stopped" in line for line in store.read_log(job.id)) == 1


def test_a_job_that_ends_its_worker_three_times_is_failed(store):
    """A job with three recorded starts is failed with a remedy instead of started again."""
    job = store.add("kit.count", {"to": 1})
    for name in "abc":
        store.log(job.id, f"Started by {name}.")
    stop = threading.Event()
    thread = threading.Thread(
        target=run_worker,
        args=(store, HANDLERS),
        kwargs={"name": "w1", "stop": stop, "poll_seconds": 0.01},
    )
    thread.start()
    ended = WorkerEngine(store).wait(job.id, timeout=60)
    stop.set()
    thread.join()
    assert ended.error["code"] == "unavailable"
    assert "3 times" in ended.error["message"]


WORKER = """
import sys, os
from querist.catalog.records import Records
from querist.engine import run_worker, until_parent_ends
from querist.engine.kit import HANDLERS
with Records("records.db", sys.argv[1]) as records:
    run_worker(
        records.jobs, HANDLERS, name="w", stop=until_parent_ends(),
        poll_seconds=0.02, heartbeat_seconds=0.05, orphan_seconds=0.5,
    )
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_job_outlives_a_killed_worker(store, tmp_path):
    """SIGKILL of the worker process: the next one takes the job and ends it."""
    children = []

    def start():
        command = [sys.executable, "-c", WORKER, str(tmp_path)]
        children.append(subprocess.Popen(command))

    def kill():
        children[-1].kill()
        children[-1].wait()

    try:
        check_resume(
            store,
            WorkerEngine(store),
            marker=tmp_path / "marker",
            start_worker=start,
            kill_worker=kill,
        )
    finally:
        children[-1].terminate()
        assert children[-1].wait(60) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_orderly_stop_of_the_worker_leaves_a_queued_job(store, tmp_path):
    """SIGTERM of a worker process in the middle of a job: the job is in the queue when it ends."""
    job = store.add("kit.endless", {})
    child = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)])
    try:
        end = time.monotonic() + 30
        while store.get(job.id).done < 5:
            assert time.monotonic() < end, "the worker did not start"
            time.sleep(0.02)
        child.terminate()
        assert child.wait(60) == 0
    finally:
        child.kill()
        child.wait()
    left = store.get(job.id)
    assert (left.state, left.worker) == (JobState.QUEUED, None)
    assert left.done >= 5
    assert store.claim("next").id == job.id


def test_the_log_tells_phases_not_numbers(store):
    """The log gets one line a phase, however many numbers the phase counts."""

    def phases(params, progress):
        for phase in ("reading", "writing"):
            for i in range(50):
                progress(i, 50, f"{phase} {i} of 50")

    store.add("phases", {})
    run_job(store, store.claim("w"), {"phases": phases}, report_seconds=0)
    assert store.read_log(store.list()[0].id) == ["reading 0 of 50", "writing 0 of 50"]
