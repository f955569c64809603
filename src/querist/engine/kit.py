"""Conformance kit of the engine seam: what every engine must do, as functions to call in tests.

    from querist.engine import kit

    def test_my_engine(tmp_path):
        for check in kit.CHECKS:
            check(MyHarness(tmp_path))

A harness hands the kit an engine over an empty store whose jobs run the kit's own ``HANDLERS``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from querist.engine.base import Engine, Handler, JobStore, Progress
from querist.engine.job_run import result_of
from querist.errors import ConflictError, JobCancelledError, UnknownNameError
from querist.schema import Job, JobState

TIMEOUT = 30.0


class Harness(Protocol):
    """What an engine must bring to be tested."""

    @property
    def store(self) -> JobStore:
        """The store that the engine uses."""
        ...

    @property
    def engine(self) -> Engine:
        """The engine; its jobs must run ``HANDLERS``."""
        ...


def check_result(harness: Harness) -> None:
    """A handler's result, its last progress and its times arrive in the stored job."""
    job = _run(harness, "kit.count", {"to": 3})
    _require(job.state is JobState.DONE, f"the job is {job.state}")
    _require(job.result == {"counted": 3, "seen": [0, 1, 2]}, f"the result is {job.result}")
    _require((job.done, job.total) == (3, 3), f"its progress is {job.done} of {job.total}")
    _require(job.started_at is not None and job.finished_at is not None, "its times are missing")
    _require(result_of(job) == job.result, "result_of gives another result")


def check_error(harness: Harness) -> None:
    """A handler's QueristError arrives with its code, message, remedy and details."""
    job = _run(harness, "kit.refuse", {})
    _require(job.state is JobState.FAILED, f"the job is {job.state}")
    error = dict(job.error or {})
    _require(
        error
        == {
            "code": "conflict",
            "message": "The kit refuses 7.",
            "remedy": "Ask for 8.",
            "details": {"value": 7},
        },
        f"the error is {error}",
    )
    _require(_raised(job, ConflictError), "result_of does not raise the error's own class")


def check_unexpected_error(harness: Harness) -> None:
    """An unexpected exception arrives under the code ``error``, its traceback in the log."""
    job = _run(harness, "kit.crash", {})
    _require(job.state is JobState.FAILED, f"the job is {job.state}")
    error = dict(job.error or {})
    _require(error.get("code") == "error", f"the code is {error.get('code')}")
    _require("ZeroDivisionError" in str(error.get("message")), "the type is not named")
    log = "\n".join(harness.store.read_log(job.id))
    _require("Traceback" in log and "_crash" in log, "the log holds no traceback")


def check_unknown_kind(harness: Harness) -> None:
    """A kind without a handler fails as an unknown name and does not stop the queue."""
    job = _run(harness, "kit.nothing", {})
    _require(_raised(job, UnknownNameError), f"the error is {job.error}")
    check_result(harness)


def check_cancel(harness: Harness) -> None:
    """A cancelled job stops at its next progress report and ends as cancelled."""
    store, jobs = harness.store, list[Job]()
    before = {job.id for job in store.list()}
    thread = threading.Thread(target=lambda: jobs.append(_run(harness, "kit.endless", {})))
    thread.start()
    running = _until(
        lambda: next(
            (j for j in store.list() if j.id not in before and j.state is JobState.RUNNING), None
        )
    )
    harness.engine.cancel(running.id)
    thread.join(TIMEOUT)
    _require(bool(jobs), "the job did not stop")
    _require(jobs[0].state is JobState.CANCELLED, f"the job is {jobs[0].state}")
    _require(_raised(jobs[0], JobCancelledError), "result_of does not say that it was cancelled")


def check_order(harness: Harness) -> None:
    """Jobs end in the order in which they were submitted, each exactly once."""
    jobs = [harness.engine.submit("kit.count", {"to": n}) for n in (1, 2, 3)]
    ended = [harness.engine.wait(job.id, timeout=TIMEOUT) for job in jobs]
    _require([dict(j.result or {}).get("counted") for j in ended] == [1, 2, 3], "results mixed up")
    times = [job.finished_at for job in ended]
    _require(times == sorted(t for t in times if t is not None), f"the order is {times}")


CHECKS: tuple[Callable[[Harness], None], ...] = (
    check_result,
    check_error,
    check_unexpected_error,
    check_unknown_kind,
    check_cancel,
    check_order,
)


def check_resume(
    store: JobStore,
    engine: Engine,
    *,
    marker: Path,
    start_worker: Callable[[], None],
    kill_worker: Callable[[], None],
) -> None:
    """A job whose worker was killed without warning is run to its end by the next worker.

    Args:
        store: The store.
        engine: An engine whose jobs run in a worker process.
        marker: A path that does not exist yet, in a temporary folder.
        start_worker: Starts a worker process that runs ``HANDLERS``.
        kill_worker: Ends it as SIGKILL does.
    """
    start_worker()
    job = engine.submit("kit.stuck_once", {"marker": str(marker)})
    first = _until(lambda: store.get(job.id) if marker.exists() else None)
    kill_worker()
    start_worker()
    ended = engine.wait(job.id, timeout=TIMEOUT)
    _require(ended.state is JobState.DONE, f"the job is {ended.state}: {ended.error}")
    _require(ended.worker != first.worker, "the same worker is named")


def _count(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    seen = list(range(params["to"]))
    for i in seen:
        progress(i, len(seen), "counting")
    progress(len(seen), len(seen))
    return {"counted": len(seen), "seen": seen}


def _refuse(params: Mapping[str, Any], progress: Progress) -> None:  # noqa: ARG001
    raise ConflictError("The kit refuses 7.", remedy="Ask for 8.", value=7)


def _crash(params: Mapping[str, Any], progress: Progress) -> None:  # noqa: ARG001
    _ = 1 / len(params)


def _endless(params: Mapping[str, Any], progress: Progress) -> None:  # noqa: ARG001
    for i in range(int(TIMEOUT / 0.005)):
        progress(i, None, "turning")
        time.sleep(0.005)


def _stuck_once(params: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    marker = Path(params["marker"])
    progress(1, 2, "half way")
    if not marker.exists():
        marker.touch()
        # No progress and no end: only a kill gets this worker off the job.
        time.sleep(2 * TIMEOUT)
    progress(2, 2)
    return {"ended": True}


HANDLERS: dict[str, Handler] = {
    "kit.count": _count,
    "kit.refuse": _refuse,
    "kit.crash": _crash,
    "kit.endless": _endless,
    "kit.stuck_once": _stuck_once,
}


def _run(harness: Harness, kind: str, params: Mapping[str, Any]) -> Job:
    job = harness.engine.submit(kind, params)
    return harness.engine.wait(job.id, timeout=TIMEOUT)


def _raised(job: Job, kind: type[Exception]) -> bool:
    try:
        result_of(job)
    except kind:
        return True
    return False


def _until(look: Callable[[], Job | None]) -> Job:
    end = time.monotonic() + TIMEOUT
    while (found := look()) is None:
        _require(time.monotonic() < end, "nothing happened in time")
        time.sleep(0.01)
    return found


def _require(condition: bool, complaint: str) -> None:
    if not condition:
        raise AssertionError(f"The engine does not conform: {complaint}.")
