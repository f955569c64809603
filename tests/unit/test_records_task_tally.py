"""Counts of tasks for pages that show them again and again, on both databases."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from querist.catalog.records import NewTask, Records
from querist.schema import Arm, Round, Step, TaskState

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _ask(records: Records, count: int, number: int = 1) -> None:
    """A round with so many tasks."""
    records.rounds.add(Round(number=number, step=Step.SELECT, plan=None, started_at=NOW))
    tasks = [
        NewTask(asset_id=f"r{number}-{i}", arms=(Arm.ACTIVE,), priority=0.0) for i in range(count)
    ]
    collecting = Round(number=number, step=Step.COLLECT, plan=None, started_at=NOW)
    records.rounds.select(collecting, expected_step=Step.SELECT, selected=[], tasks=tasks)


def test_few_are_counted_anew_each_time(records: Records) -> None:
    """After every change the tally says what counting says, of one round and of all."""
    assert sum(records.tasks.tally.of().values()) == 0
    _ask(records, 3)
    _ask(records, 2, number=2)
    for leased in (1, 2):
        records.tasks.lease(f"p{leased}", count=1, seconds=60, round=2)
        for number in (1, 2, None):
            assert records.tasks.tally.of(number) == records.tasks.counts(number)
    assert records.tasks.tally.of(2)[TaskState.LEASED] == 2


def test_many_are_right_after_a_moment(records: Records) -> None:
    """The tally of many tasks may lag behind a change, but not for ever."""
    _ask(records, 2_500)
    assert records.tasks.tally.of(1)[TaskState.OPEN] == 2_500
    records.tasks.lease("ana", count=500, seconds=600)
    deadline = time.monotonic() + 60
    while records.tasks.tally.of(1)[TaskState.LEASED] != 500:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert records.tasks.tally.of(1) == records.tasks.counts(1)
