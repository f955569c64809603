"""Many entries of the label log at once: order, all or nothing, tasks."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime

import pytest

from querist.catalog.records import NewTask, Records
from querist.errors import ConflictError, InvalidInputError
from querist.schema import Action, Arm, ClassValue, Origin, Round, Step, TaskState

_NUMBERS = itertools.count()


def _round_with_task(records: Records, asset: str = "img-1") -> int:
    new = Round(number=1, step=Step.SELECT, plan=None, started_at=datetime.now(UTC))
    records.rounds.add(new)
    collecting = dataclasses.replace(new, step=Step.COLLECT)
    task = NewTask(asset_id=asset, arms=(Arm.ACTIVE,), priority=1.0)
    records.rounds.select(collecting, expected_step=Step.SELECT, selected=[], tasks=[task])
    return records.tasks.for_asset(asset)[0].id


def _many(count: int, **more) -> list[dict]:
    return [
        {
            "asset_id": f"x{i % 700}",
            "action": Action.LABEL,
            "value": ClassValue(name=f"c{i % 3}"),
            "annotator": "import",
            "ontology_version": 1,
            "submission_id": f"import-{i}",
            "origin": Origin.IMPORT,
            **more,
        }
        for i in range(count)
    ]


def test_many_entries_are_stored_in_order(records):
    """A bulk append gives versions and positions as single appends would, and repeats nothing."""
    records.labels.append_many(_many(1, asset_id="x0", submission_id="first"))
    stored = records.labels.append_many(_many(1500))
    assert [entry.submission_id for entry in stored] == [f"import-{i}" for i in range(1500)]
    assert [entry.seq for entry in stored] == sorted({entry.seq for entry in stored})
    assert [entry.version for entry in records.labels.history("x0")] == [1, 2, 3, 4]
    assert records.labels.current("x99") == stored[1499]
    again = records.labels.append_many([*_many(1500), *_many(1501)[1500:]])
    assert again[:1500] == stored
    assert records.labels.last_seq() == again[1500].seq


def test_a_bulk_append_is_all_or_nothing(records):
    """One stale entry among many takes all of them back."""
    entries = _many(1200)
    entries[1100]["expected_version"] = 5
    with pytest.raises(ConflictError):
        records.labels.append_many(entries)
    assert records.labels.last_seq() == 0
    entries[1100].pop("annotator")
    with pytest.raises(InvalidInputError, match="annotator"):
        records.labels.append_many(entries)
    assert records.labels.append_many([]) == []


def test_a_bulk_append_finishes_tasks(records):
    """Tasks named in a bulk append are done."""
    task_id = _round_with_task(records, "x0")
    records.labels.append_many(_many(1, task_id=task_id))
    assert records.tasks.get(task_id).state is TaskState.DONE
