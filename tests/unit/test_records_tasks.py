"""Tasks and rounds: leases, selections, and steps that move once."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from querist.catalog.records import NewTask, Records
from querist.errors import ConflictError, InvalidInputError, NotFoundError
from querist.schema import (
    Advice,
    Arm,
    Estimate,
    Evaluation,
    Finding,
    Round,
    RoundPlan,
    Selected,
    Step,
    TaskState,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


class _Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def turn(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> _Clock:
    """A clock at a fixed time."""
    return _Clock()


@pytest.fixture
def timed(records_url, tmp_path, clock):
    """Records that tell the time by ``clock``."""
    with Records(records_url, tmp_path, clock=clock) as opened:
        yield opened


def _round(number: int = 1, step: Step = Step.SELECT) -> Round:
    return Round(number=number, step=step, plan=None, started_at=NOW)


def _fill(records: Records, priorities: list[float], number: int = 1) -> list[int]:
    """Make a round with one task a priority; returns the task ids in that order."""
    new = records.rounds.add(_round(number))
    tasks = [
        NewTask(asset_id=f"r{number}-{i}", arms=(Arm.ACTIVE, Arm.CONTROL), priority=priority)
        for i, priority in enumerate(priorities)
    ]
    collecting = dataclasses.replace(new, step=Step.COLLECT)
    records.rounds.select(collecting, expected_step=Step.SELECT, selected=[], tasks=tasks)
    by_asset = {task.asset_id: task.id for task in records.tasks.open(number)}
    return [by_asset[task.asset_id] for task in tasks]


def test_the_highest_priority_is_leased_first_then_the_oldest(timed):
    """Tasks are served by priority, equal ones in the order they were made."""
    ids = _fill(timed, [1.0, 5.0, 1.0, 5.0, -2.0])
    served = timed.tasks.lease("ana", count=10, seconds=60)
    assert [task.id for task in served] == [ids[1], ids[3], ids[0], ids[2], ids[4]]
    first = served[0]
    assert first.arms == (Arm.ACTIVE, Arm.CONTROL)
    assert (first.state, first.annotator) == (TaskState.LEASED, "ana")
    assert first.leased_until == NOW + timedelta(seconds=60)
    assert timed.tasks.get(first.id) == first


def test_no_task_is_leased_twice_at_once(records):
    """Threads of sixteen people share the tasks out without a repeat or a left-over."""
    ids = _fill(records, [float(i % 3) for i in range(96)])

    def work(number: int) -> list[int]:
        got: list[int] = []
        for step in range(3):
            leased = records.tasks.lease(f"p{number}", count=2 * (step + 1), seconds=60)
            got = [task.id for task in leased]
        return got

    with ThreadPoolExecutor(16) as threads:
        served = [task for got in threads.map(work, range(16)) for task in got]
    assert sorted(served) == sorted(ids)


def test_own_live_leases_come_first_and_are_renewed(timed, clock):
    """Somebody who asks again gets what they hold, then more."""
    ids = _fill(timed, [1.0, 2.0, 3.0, 4.0])
    timed.tasks.lease("ana", count=1, seconds=60)
    timed.tasks.lease("bob", count=1, seconds=60)
    clock.turn(30)
    served = timed.tasks.lease("ana", count=2, seconds=60)
    assert [task.id for task in served] == [ids[3], ids[1]]
    assert {task.leased_until for task in served} == {NOW + timedelta(seconds=90)}


def test_an_expired_lease_is_given_again(timed, clock):
    """A lease that has run out is another person's turn, the moment it ends."""
    ids = _fill(timed, [1.0, 2.0])
    timed.tasks.lease("ana", count=2, seconds=60)
    assert timed.tasks.lease("bob", count=2, seconds=60) == []
    clock.turn(60)
    assert [task.id for task in timed.tasks.lease("bob", count=1, seconds=60)] == [ids[1]]
    assert timed.tasks.renew(ids, "ana", 60) == []
    assert timed.tasks.get(ids[0]).annotator is None


def test_leases_can_be_renewed_and_released_only_by_their_holder(timed, clock):
    """Renewing makes a lease longer, releasing opens the task; a stranger does neither."""
    ids = _fill(timed, [1.0])
    timed.tasks.lease("ana", count=1, seconds=60)
    assert timed.tasks.renew(ids, "bob", 60) == []
    assert timed.tasks.release(ids, "bob") == []
    clock.turn(50)
    assert [task.leased_until for task in timed.tasks.renew(ids, "ana", 60)] == [
        NOW + timedelta(seconds=110)
    ]
    clock.turn(50)
    assert timed.tasks.lease("bob", count=1, seconds=60) == []
    assert [task.state for task in timed.tasks.release(ids, "ana")] == [TaskState.OPEN]
    assert [task.id for task in timed.tasks.lease("bob", count=1, seconds=60)] == ids
    assert timed.tasks.renew([], "bob", 60) == []


def test_leases_can_be_limited_to_a_round(timed):
    """Only tasks of the round that was named are served."""
    _fill(timed, [9.0], number=1)
    second = _fill(timed, [1.0, 2.0], number=2)
    served = timed.tasks.lease("ana", count=5, seconds=60, round=2)
    assert [task.id for task in served] == [second[1], second[0]]


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"count": 5000}, {"seconds": 0}, {"seconds": float("nan")}]
)
def test_impossible_leases_are_refused(records, wrong):
    """A count or time out of range is invalid input."""
    with pytest.raises(InvalidInputError):
        records.tasks.lease("ana", **{"count": 1, "seconds": 60, **wrong})


def test_counts_follow_the_tasks(timed):
    """Counts name every state, for one round or all."""
    _fill(timed, [1.0, 2.0], number=1)
    _fill(timed, [1.0], number=2)
    timed.tasks.lease("ana", count=1, seconds=60, round=1)
    nothing = dict.fromkeys(TaskState, 0)
    assert timed.tasks.counts(1) == {**nothing, TaskState.OPEN: 1, TaskState.LEASED: 1}
    assert timed.tasks.counts()[TaskState.OPEN] == 2
    assert timed.tasks.counts(3) == nothing
    assert timed.tasks.any_open(1)
    assert timed.tasks.close_round(1) == 2
    assert timed.tasks.counts(1) == {**nothing, TaskState.RETURNED: 2}
    assert not timed.tasks.any_open(1)
    assert timed.tasks.open(1) == []
    assert len(timed.tasks.open(2)) == 1


def test_an_unknown_task_is_not_found(records):
    """Asking for a task that was never made names it."""
    with pytest.raises(NotFoundError, match="41"):
        records.tasks.get(41)


def _full_round() -> Round:
    estimate = Estimate(value=0.9, low=0.85, high=0.94, count=200)
    return Round(
        number=3,
        step=Step.DONE,
        plan=RoundPlan(
            batch_size=50,
            control_size=10,
            audit_size=0,
            strategy="margin",
            parameters={"beta": 0.5, "nested": {"on": True}},
            seed=2**40,
            encoder="image-descriptor-1",
            model_id="model-1",
            label_seq=77,
            asset_count=1000,
            candidates_digest="ab",
        ),
        model_id="model-2",
        control_model_id="model-3",
        evaluations=(
            Evaluation(
                arm=Arm.ACTIVE,
                model_id="model-2",
                labels=100,
                accuracy=estimate,
                macro_f1=0.88,
                per_class={"boot": estimate},
            ),
        ),
        findings=(Finding(kind="k", title="t", evidence={"n": 3}, remedy="r", asset_ids=("a",)),),
        advice=Advice(stop=False, sentence="Go on.", reasons=("one", "two"), agreement=0.5),
        started_at=NOW,
        finished_at=NOW + timedelta(hours=1),
    )


def test_a_round_comes_back_exactly_as_it_was_given(records):
    """Plan, evaluations, findings, advice and times survive storage."""
    full = _full_round()
    records.rounds.add(full)
    records.rounds.add(_round(1))
    assert records.rounds.get(3) == full
    assert records.rounds.latest() == full
    assert [item.number for item in records.rounds.list()] == [1, 3]


def test_a_round_number_is_taken_once(records):
    """Adding a number again is a conflict and changes nothing."""
    records.rounds.add(_round(1))
    with pytest.raises(ConflictError, match="Somebody else has begun round 1"):
        records.rounds.add(_round(1, Step.TRAIN))
    assert records.rounds.get(1).step is Step.SELECT


def test_no_round_yet(records):
    """Without rounds there is no latest one, and asking for one fails."""
    assert records.rounds.latest() is None
    assert records.rounds.list() == []
    with pytest.raises(NotFoundError):
        records.rounds.get(1)
    with pytest.raises(NotFoundError):
        records.rounds.update(_round(1), expected_step=Step.SELECT)


def test_a_step_moves_once(records):
    """Of eight that move a round from the same step, one does."""
    records.rounds.add(_round(1, Step.TRAIN))
    after = _round(1, Step.EVALUATE)

    def work(_: int) -> bool:
        try:
            records.rounds.update(after, expected_step=Step.TRAIN)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))).count(True) == 1
    assert records.rounds.get(1) == after


def _selected(asset: str, rank: int, arm: Arm = Arm.ACTIVE, number: int = 1) -> Selected:
    return Selected(
        round=number,
        arm=arm,
        asset_id=asset,
        rank=rank,
        score=0.5 if arm is Arm.ACTIVE else None,
        propensity=None if arm is Arm.ACTIVE else 0.01,
        reason="unsure",
    )


def test_a_selection_is_stored_with_its_tasks_and_step(records):
    """Selection, tasks and step appear together, and can be narrowed by round, arm and asset."""
    records.rounds.add(_round(1))
    chosen = [_selected("b", 0), _selected("a", 1), _selected("b", 0, Arm.CONTROL)]
    task = NewTask(asset_id="b", arms=(Arm.ACTIVE, Arm.CONTROL), priority=2.0)
    after = _round(1, Step.COLLECT)
    records.rounds.select(after, expected_step=Step.SELECT, selected=chosen, tasks=[task])
    assert records.rounds.get(1) == after
    assert records.rounds.selected(1) == chosen
    assert records.rounds.selected(1, Arm.CONTROL) == chosen[2:]
    assert records.rounds.selected_for("a") == [chosen[1]]
    assert records.rounds.selected(2) == []
    assert [item.asset_id for item in records.tasks.open(1)] == ["b"]


def test_a_late_selection_stores_nothing(records):
    """When the step has moved, neither selection nor tasks are stored."""
    records.rounds.add(_round(1, Step.TRAIN))
    task = NewTask(asset_id="b", arms=(Arm.ACTIVE,), priority=2.0)
    with pytest.raises(ConflictError, match="'train'"):
        records.rounds.select(
            _round(1, Step.COLLECT),
            expected_step=Step.SELECT,
            selected=[_selected("b", 0)],
            tasks=[task],
        )
    assert records.rounds.selected() == []
    assert records.tasks.open(1) == []


def test_the_assets_of_an_arm_come_in_the_order_of_drawing(records):
    """Each asset of an arm is named once, first drawn first, up to a round if asked."""
    for number, assets in ((1, ["c", "a"]), (2, ["b", "c"])):
        records.rounds.add(_round(number))
        records.rounds.select(
            _round(number, Step.COLLECT),
            expected_step=Step.SELECT,
            selected=[_selected(a, i, Arm.AUDIT, number) for i, a in enumerate(assets)],
            tasks=[],
        )
    assert records.rounds.arm_ids(Arm.AUDIT) == ["c", "a", "b"]
    assert records.rounds.arm_ids(Arm.AUDIT, upto_round=1) == ["c", "a"]
    assert records.rounds.arm_ids(Arm.ACTIVE) == []


def test_who_left_the_audit_set_is_known_of_each_round_that_is_drawn(records):
    """Released assets are of it no more, retired ones measure no more; before that they were."""
    plan = _full_round().plan
    left = {"audit_retired": ("a",), "audit_released": ("c",)}
    for number, joining, how in ((1, "abc", {}), (2, "d", left), (3, "e", {})):
        planned = dataclasses.replace(_round(number), plan=dataclasses.replace(plan, **how))
        records.rounds.add(planned)
        assert records.rounds.audit_retired() == ({"a"} if number > 2 else set())
        records.rounds.select(
            dataclasses.replace(planned, step=Step.COLLECT),
            expected_step=Step.SELECT,
            selected=[_selected(a, i, Arm.AUDIT, number) for i, a in enumerate(joining)],
            tasks=[],
        )
    assert records.rounds.audit_retired() == {"a"}
    assert records.rounds.audit_retired(upto_round=1) == set()
    assert records.rounds.arm_ids(Arm.AUDIT) == ["a", "b", "d", "e"]
    assert records.rounds.arm_ids(Arm.AUDIT, upto_round=1) == ["a", "b", "c"]
