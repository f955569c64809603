"""Several processes on the same records, and one that is killed while it writes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from querist.catalog.records import NewTask, Records
from querist.schema import Action, Annotation, Arm, ClassValue, Round, Step, TaskState

_APPEND = """
import sys
from querist.catalog.records import Records
from querist.schema import Action, ClassValue

url, folder, name, count = sys.argv[1:]
records = Records(url, folder)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(count)):
    entry = records.labels.append(
        asset_id=f"shared-{number % 5}", action=Action.LABEL, value=ClassValue(name=name),
        annotator=name, ontology_version=1, submission_id=f"{name}-{number}",
    )
    print(entry.seq, entry.submission_id, flush=True)
"""

_LEASE = """
import sys
from querist.catalog.records import Records
from querist.schema import Action

url, folder, name = sys.argv[1:]
records = Records(url, folder)
print("ready", flush=True)
sys.stdin.readline()
while True:
    leased = records.tasks.lease(name, count=2, seconds=600)
    if not leased:
        break
    for task in leased:
        print(task.id, flush=True)
        records.labels.append(
            asset_id=task.asset_id, action=Action.SKIP, value=None, annotator=name,
            ontology_version=1, submission_id=f"t{task.id}", expected_version=0, task_id=task.id,
        )
"""


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., list[subprocess.Popen[str]]]]:
    """Start processes that run a script, let them go together, and end them all at last."""
    started: list[subprocess.Popen[str]] = []

    def begin(script: str, *argument_lists: list[object]) -> list[subprocess.Popen[str]]:
        fresh = []
        for arguments in argument_lists:
            command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
            with (tmp_path / "problems.txt").open("a") as problems:
                pipe = subprocess.PIPE
                fresh.append(
                    subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=problems, text=True)
                )
        started.extend(fresh)
        for process in fresh:
            assert process.stdout.readline() == "ready\n", (tmp_path / "problems.txt").read_text()
        for process in fresh:
            process.stdin.write("go\n")
            process.stdin.flush()
        return fresh

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def _output(process: subprocess.Popen[str], folder: Path) -> list[str]:
    """What the process says until it ends well."""
    lines = process.stdout.read().splitlines()
    assert process.wait(timeout=60) == 0, (folder / "problems.txt").read_text()
    return lines


def test_processes_append_without_loss_or_gap(records_url, tmp_path, start):
    """Three processes on five assets: every answer is in the log, versions have no gap."""
    answers: dict[str, int] = {}
    for process in start(_APPEND, *([records_url, tmp_path, f"p{i}", 60] for i in range(3))):
        lines = _output(process, tmp_path)
        answers |= {line.split()[1]: int(line.split()[0]) for line in lines}
    with Records(records_url, tmp_path) as records:
        log = records.labels.since(0)
        assert {entry.submission_id: entry.seq for entry in log} == answers
        assert len(log) == 180
        for number in range(5):
            versions = [entry.version for entry in records.labels.history(f"shared-{number}")]
            assert versions == list(range(1, 37))


def test_processes_share_the_tasks_out(records_url, tmp_path, start):
    """Three processes answer all tasks; none is served to two of them."""
    with Records(records_url, tmp_path) as records:
        new = Round(number=1, step=Step.SELECT, plan=None, started_at=datetime.now(UTC))
        records.rounds.add(new)
        tasks = [NewTask(asset_id=f"a{i}", arms=(Arm.ACTIVE,), priority=1.0) for i in range(60)]
        records.rounds.select(new, expected_step=Step.SELECT, selected=[], tasks=tasks)
    served: list[str] = []
    for process in start(_LEASE, *([records_url, tmp_path, f"p{i}"] for i in range(3))):
        served += _output(process, tmp_path)
    assert len(served) == len(set(served)) == 60
    with Records(records_url, tmp_path) as records:
        assert records.tasks.counts(1)[TaskState.DONE] == 60


def test_a_killed_writer_loses_nothing_it_acknowledged(records_url, tmp_path, start):
    """After kill -9 in the middle of writing, every acknowledged entry is there."""
    acknowledged: list[str] = []
    for attempt in range(3):
        [process] = start(_APPEND, [records_url, tmp_path, f"p{attempt}", 100_000])
        for _ in range(20 + 7 * attempt):
            acknowledged.append(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
        # The last line may have been cut off by the kill: then nobody was told.
        acknowledged += [line for line in rest if line.endswith("\n")]
    with Records(records_url, tmp_path) as records:
        log = _all(records)
        stored = {entry.submission_id: entry.seq for entry in log}
        for line in acknowledged:
            seq, submission = line.split()
            assert stored[submission] == int(seq)
        # At most the one append in flight at each kill may be there without an answer.
        assert len(log) <= len(acknowledged) + 3
        entry = records.labels.append(
            asset_id="after",
            action=Action.LABEL,
            value=ClassValue(name="x"),
            annotator="ana",
            ontology_version=1,
            submission_id="after",
        )
        assert entry.seq > log[-1].seq


def _all(records: Records) -> list[Annotation]:
    log: list[Annotation] = []
    while page := records.labels.since(log[-1].seq if log else 0):
        log += page
    return log
