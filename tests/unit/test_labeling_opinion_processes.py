"""Several processes answer an overlap at once, and are killed while they do."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.labeling import Labels, Queue
from querist.schema import Arm, Candidate, Origin, Round, Step

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASSETS, WANTED = 20, 3

_ANSWER = """
import sys
from querist.catalog import Catalog
from querist.labeling import Labels, Queue

folder, name, lease = sys.argv[1:]
catalog = Catalog.open(folder)
labels, queue = Labels(catalog), Queue(catalog)
print("ready", flush=True)
while True:
    items = queue.next(name, 2, lease_seconds=float(lease)).items
    if not items and not catalog.records.tasks.any_open(1):
        break
    for item in items:
        entry = labels.submit(
            item.asset.id, "boot", annotator=name, seconds=36, task_id=item.task.id,
            submission_id=f"{name}-{item.task.id}",
        )
        print(entry.submission_id, flush=True)
"""


@pytest.fixture
def catalog(records_url, tmp_path):
    """Twenty texts in a round that wants three opinions on each; an hour costs 100."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"hourly_cost": 100.0},
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"t{i}", text=f"text {i}") for i in range(ASSETS))
    made.records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    made.records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[
            NewTask(asset_id=f"t{i}", arms=(Arm.ACTIVE,), priority=-i, opinions=WANTED)
            for i in range(ASSETS)
        ],
    )
    yield made
    made.close()


def start(catalog, name, lease=600.0):
    """A process that answers as somebody until nothing is open."""
    command = [sys.executable, "-W", "error", "-c", _ANSWER, str(catalog.folder), name, str(lease)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def check(catalog):
    """Three different annotators an asset, one label each, each opinion booked exactly once."""
    said = catalog.records.opinions.list()
    people = Counter(it.asset_id for it in said)
    assert people == {f"t{i}": WANTED for i in range(ASSETS)}
    assert len({(it.asset_id, it.annotator) for it in said}) == ASSETS * WANTED
    entries = [it for i in range(ASSETS) for it in Labels(catalog).history(f"t{i}")]
    assert [it.origin for it in entries] == [Origin.CONSENSUS] * ASSETS
    rows = catalog.records.ledger.list()
    booked = Counter((row["detail"]["submission_id"], row["unit"]) for row in rows)
    units = ("labels", "seconds", "money")
    assert booked == {(it.submission_id, unit): 1 for it in said for unit in units}


def test_processes_serve_each_asset_to_exactly_three(catalog):
    """Four processes of four people share sixty tasks out, none twice to one person."""
    started = [start(catalog, f"p{i}") for i in range(4)]
    told = [line for process in started for line in process.communicate(timeout=120)[0].split()]
    assert [process.returncode for process in started] == [0] * 4
    assert len(told) == len(set(told)) == ASSETS * WANTED
    check(catalog)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_kill_leaves_no_opinion_unbooked_and_no_task_behind(catalog):
    """After kill -9 in the middle of answering the leases run out and others go on."""
    told = []
    for attempt in range(2):
        process = start(catalog, f"killed{attempt}", lease=0.5)
        told += [process.stdout.readline().strip() for _ in range(3 + 4 * attempt)]
        process.send_signal(signal.SIGKILL)
        lines = process.communicate()[0].splitlines(keepends=True)
        told += [line.strip() for line in lines if line.endswith("\n")]
    labels, queue = Labels(catalog), Queue(catalog)
    while catalog.records.tasks.any_open(1):
        for name in ("ana", "bob", "cid"):
            for item in queue.next(name, 5).items:
                labels.submit(
                    item.asset.id, "boot", annotator=name, seconds=36, task_id=item.task.id
                )
    assert set(told) <= {it.submission_id for it in catalog.records.opinions.list()}
    check(catalog)
