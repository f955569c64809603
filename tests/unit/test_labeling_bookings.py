"""What labelling costs is booked with the entry or not at all, on SQLite and on PostgreSQL."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import Booking, NewTask
from querist.errors import ConflictError, InvalidInputError, UnknownNameError
from querist.labeling import Labels, answer_with_oracle
from querist.schema import Action, Arm, Candidate, ClassValue, Round, Step, TaskState

_SUBMIT = """
import sys
from querist.catalog import Catalog
from querist.labeling import Labels

folder, name = sys.argv[1:]
labels = Labels(Catalog.open(folder))
print("ready", flush=True)
for number in range(100_000):
    entry = labels.submit(
        f"img-{number % 12}", "boot", annotator="ana", seconds=36, submission_id=f"{name}-{number}"
    )
    print(entry.submission_id, flush=True)
"""


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Twelve texts whose labels are known; the hour costs 100."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        oracle_column="known",
        policy={"hourly_cost": 100.0},
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(
        Candidate(id=f"img-{i}", text=f"text {i}", metadata={"known": "boot"}) for i in range(12)
    )
    yield made
    made.close()


@pytest.fixture
def labels(catalog: Catalog) -> Labels:
    """Its labels."""
    return Labels(catalog)


def ask(catalog: Catalog, *asset_ids: str) -> int:
    """Open round 1 that asks about the assets for the active arm; gives the first task's id."""
    new = Round(number=1, step=Step.SELECT, plan=None, started_at=datetime.now(UTC))
    catalog.records.rounds.add(new)
    tasks = [NewTask(asset_id=i, arms=(Arm.ACTIVE,), priority=1.0) for i in asset_ids]
    collecting = Round(number=1, step=Step.COLLECT, plan=None, started_at=new.started_at)
    catalog.records.rounds.select(collecting, expected_step=Step.SELECT, selected=[], tasks=tasks)
    return catalog.records.tasks.for_asset(asset_ids[0])[0].id


def booked(catalog: Catalog) -> list[tuple[str | None, int | None, str, float]]:
    """The rows of the ledger: arm, round, unit and quantity."""
    return [
        (row["arm"], row["round"], row["unit"], row["quantity"])
        for row in catalog.records.ledger.list()
    ]


def at_once(times: int, call: Callable[[], Any]) -> list[Any]:
    """The answers of so many calls at the same moment."""
    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(times)]]


def entry(number: int, **more: Any) -> dict[str, Any]:
    """The fields of a label of asset ``x``."""
    fields = {
        "asset_id": "x",
        "action": Action.LABEL,
        "value": ClassValue(name="boot"),
        "annotator": "ana",
        "ontology_version": 1,
        "submission_id": f"s{number}",
    }
    return {**fields, **more}


def test_a_label_books_a_label_its_time_and_its_money(labels: Labels, catalog: Catalog) -> None:
    """One submission writes the three rows, with its round, arm and submission id."""
    task_id = ask(catalog, "img-1")
    labels.submit("img-1", "boot", annotator="ana", seconds=36, submission_id="s1")
    assert catalog.records.tasks.get(task_id).state is TaskState.DONE
    assert booked(catalog) == [
        ("active", 1, "labels", 1),
        ("active", 1, "seconds", 36),
        ("active", 1, "money", 1),
    ]
    details = [row["detail"] for row in catalog.records.ledger.list()]
    assert details == [{"submission_id": "s1", "arms": ["active"]}] * 3


def test_what_cannot_be_booked_is_not_stored(labels: Labels, catalog: Catalog) -> None:
    """A cost beyond all numbers takes back the label and leaves its task to be answered."""
    task_id = ask(catalog, "img-1")
    catalog.records.annotators.ensure("vendor", hourly_cost=1e308)
    with pytest.raises(InvalidInputError, match="inf"):
        labels.submit("img-1", "boot", annotator="vendor", seconds=86_400, task_id=task_id)
    assert labels.current("img-1") is None
    assert catalog.records.tasks.get(task_id).state is TaskState.OPEN
    assert booked(catalog) == []


def test_a_refused_label_books_nothing(catalog: Catalog) -> None:
    """A stale version is a conflict that costs nothing; a known submission costs nothing again."""
    cost = [Booking(kind="label", quantity=1, unit="labels")]
    log = catalog.records.labels
    first = log.append(**entry(1), bookings=cost)
    with pytest.raises(ConflictError):
        log.append(**entry(2, expected_version=0), bookings=cost)
    assert log.append(**entry(1), bookings=cost) == first
    assert booked(catalog) == [(None, None, "labels", 1)]


def test_unknown_units_cannot_be_booked() -> None:
    """A unit that the ledger does not know is refused with those that it does."""
    with pytest.raises(UnknownNameError, match="seconds"):
        Booking(kind="label", quantity=1, unit="second")  # type: ignore[arg-type]


def test_a_bulk_append_books_what_is_new(catalog: Catalog) -> None:
    """Of entries sent in bulk only those that were not stored before are booked, each once."""

    def cost(new: Any) -> list[Booking]:
        detail = {"ids": [it.submission_id for it in new]}
        return [Booking(kind="label", quantity=len(new), unit="labels", detail=detail)]

    log = catalog.records.labels
    log.append(**entry(1))
    log.append_many([entry(1), entry(2), entry(2), entry(3)], bookings=cost)
    log.append_many([entry(2), entry(3)], bookings=cost)
    [row] = catalog.records.ledger.list()
    assert (row["quantity"], row["detail"]) == (2, {"ids": ["s2", "s3"]})
    with pytest.raises(ConflictError):
        log.append_many([entry(4), entry(5, expected_version=0)], bookings=cost)
    assert len(catalog.records.ledger.list()) == 1


def test_an_undo_at_once_gives_back_once(labels: Labels, catalog: Catalog) -> None:
    """Eight tries of one undo at the same moment give one label back, to its round and arm."""
    ask(catalog, "img-1")
    labels.submit("img-1", "boot", annotator="ana")
    answers = at_once(8, lambda: labels.undo("img-1", "ana", submission_id="u1"))
    assert len({answer.seq for answer in answers}) == 1
    assert booked(catalog) == [("active", 1, "labels", 1), ("active", 1, "labels", -1)]


def test_an_undo_gives_back_only_what_was_spent(labels: Labels, catalog: Catalog) -> None:
    """Neither an undone skip nor an undone import, which cost no label, gives one back."""
    labels.import_many([("img-1", "boot")], "ana")
    labels.skip("img-1", annotator="ana")
    assert labels.undo("img-1", "ana").value == ClassValue(name="boot")
    assert labels.undo("img-1", "ana").value is None
    assert booked(catalog) == []


def test_two_oracles_at_once_book_each_label_once(catalog: Catalog) -> None:
    """Two answers to the same tasks at the same moment book as many labels as hold."""
    ask(catalog, *(f"img-{i}" for i in range(12)))
    at_once(2, lambda: answer_with_oracle(catalog))
    assert len(catalog.records.labels.values()[0]) == 12
    assert sum(row[3] for row in booked(catalog)) == 12


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_kill_leaves_no_label_unbooked(catalog: Catalog, tmp_path: Path) -> None:
    """After kill -9 in the middle of writing every stored label is booked exactly once."""
    acknowledged: list[str] = []
    for attempt in range(3):
        command = [sys.executable, "-c", _SUBMIT, str(catalog.folder), f"p{attempt}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            for _ in range(20 + 7 * attempt):
                acknowledged.append(process.stdout.readline().strip())
            process.send_signal(signal.SIGKILL)
            # The last line may have been cut off by the kill: then nobody was told.
            rest = process.stdout.read().splitlines(keepends=True)
            acknowledged += [line.strip() for line in rest if line.endswith("\n")]
    # A server may still be ending what the killed process had begun: the next write waits for it.
    last = Labels(catalog).submit("img-1", "shirt", annotator="ana", seconds=36)
    stored = [it.submission_id for i in range(12) for it in Labels(catalog).history(f"img-{i}")]
    assert set(acknowledged) <= set(stored)
    assert last.submission_id in stored
    rows = catalog.records.ledger.list()
    count = Counter((row["detail"]["submission_id"], row["unit"]) for row in rows)
    units = ("labels", "seconds", "money")
    assert count == {(submission, unit): 1 for submission in stored for unit in units}
