"""The audit set of a pool that grows: a uniform sample of all of it, and no larger than wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from querist.loop import snapshot
from querist.loop.audit_draws import followed
from querist.project import Project
from querist.schema import Arm

COLOURS = ["amber", "blue", "green"]


def rows(count: int, first: int = 0) -> list[dict[str, object]]:
    """Rows of two numbers in three classes, named by their number."""
    rng = np.random.default_rng(first)
    made = []
    for i in range(first, first + count):
        x, y = rng.normal([i % 3 * 3.0, i % 3 * -2.0], 0.6)
        made.append({"id": f"{i:05d}", "x": float(x), "y": float(y), "known": COLOURS[i % 3]})
    return made


def begun(folder: Path, count: int, **policy: object) -> Project:
    """A project of so many assets after its first round."""
    wanted = {"batch_size": 12, "audit_size": 24, "control_share": 0.5, **policy}
    project = Project.create(
        folder, media="table", classes=COLOURS, oracle_column="known", policy=wanted
    )
    project.add(rows(count), id_column="id", metadata_columns=["known"])
    project.oracle(1)
    return project


def grown(project: Project, count: int) -> None:
    """Add so many assets and begin the next round."""
    first = project.catalog.assets.count()
    project.add(rows(count, first), id_column="id", metadata_columns=["known"])
    project.next_round()


def audit(project: Project, upto: int | None = None) -> list[int]:
    """The numbers of the assets that measure."""
    return [int(it) for it in project.catalog.records.rounds.arm_ids(Arm.AUDIT, upto)]


def test_a_pool_ten_times_as_large_keeps_its_audit_size(tmp_path: Path) -> None:
    """A tenth of those of before stay, new ones take the places of the others."""
    project = begun(tmp_path / "p", 120)
    before = set(audit(project))
    grown(project, 1080)
    now = audit(project)
    assert len(now) == len(set(now)) == 24
    stayed = before & set(now)
    assert len(stayed) in (2, 3)
    assert all(it >= 120 for it in set(now) - stayed)
    assert set(audit(project, upto=1)) == before
    plan = project.catalog.records.rounds.get(2).plan
    assert plan is not None
    assert {int(it) for it in plan.audit_leaving} == before - stayed
    assert plan.audit_size == 24 - len(stayed)
    assert project.replay(2)


def test_who_left_trains_and_measures_no_more(tmp_path: Path) -> None:
    """Labels of those that left are learned as all are, and what measures now is of now alone."""
    project = begun(tmp_path / "p", 120)
    before = set(audit(project))
    grown(project, 360)
    plan = project.catalog.records.rounds.get(2).plan
    assert plan is not None
    seen = snapshot.take(project.catalog)
    learned = {seen.ids[i] for i in seen.given(Arm.ACTIVE).tolist()}
    control = set(project.catalog.records.rounds.arm_ids(Arm.CONTROL))
    assert len(learned & set(plan.audit_leaving)) > 10
    assert set(plan.audit_leaving) <= learned | control
    assert learned.isdisjoint(f"{it:05d}" for it in audit(project))
    project.oracle(1)
    counts = {e.accuracy.count for it in project.rounds.list() for e in it.evaluations}
    assert counts == {24}
    assert len(before & set(audit(project))) == 24 - plan.audit_size
    asked = {task.asset_id for task in project.catalog.records.tasks.open(2)}
    assert asked.isdisjoint(plan.audit_leaving)


def test_an_asset_that_left_unanswered_may_be_chosen(tmp_path: Path) -> None:
    """It was kept for measuring only; now it is a candidate as all others are."""
    project = Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        policy={"batch_size": 3, "audit_size": 24, "control_share": 0.0},
    )
    project.add(rows(120), id_column="id", metadata_columns=["known"])
    project.next_round()
    grown(project, 360)
    plan = project.catalog.records.rounds.get(2).plan
    assert plan is not None
    seen = snapshot.take(project.catalog)
    free = {seen.ids[i] for i in seen.candidates().tolist()}
    asked = {it.asset_id for it in project.catalog.records.tasks.open(1)}
    left = {it for it in plan.audit_leaving if it not in asked}
    assert len(left) > 10
    assert left <= free


def test_a_small_trial_grows_into_the_wanted_size(tmp_path: Path) -> None:
    """A fifth of a small pool measures; of a large one as many as were wanted, and no more."""
    project = begun(tmp_path / "p", 40)
    assert len(audit(project)) == 8
    grown(project, 40)
    assert len(audit(project)) == 16
    project.oracle(1)
    grown(project, 4000)
    assert len(audit(project)) == 24


def test_a_handful_to_begin_with_does_not_cost_the_audit(tmp_path: Path) -> None:
    """A fifth of four assets is none; the pool that follows is measured all the same."""
    project = begun(tmp_path / "p", 4, batch_size=2)
    assert audit(project) == []
    grown(project, 400)
    assert len(audit(project)) == 24


def test_no_audit_is_begun_among_what_was_learned(tmp_path: Path) -> None:
    """Nobody knows which of those without an audit set would have been in it."""
    project = begun(tmp_path / "p", 120, audit_size=0)
    settings = project.settings
    project.close()
    replace(settings, policy=replace(settings.policy, audit_size=24)).write(tmp_path / "p")
    with Project.open(tmp_path / "p") as again:
        grown(again, 120)
        assert audit(again) == []


@pytest.mark.parametrize("sizes", [[120, 480], [120, 121, 124, 360, 480], [10, 40, 200, 480]])
def test_what_is_in_it_is_a_uniform_sample_of_all(sizes: list[int]) -> None:
    """Over many draws, in pools that grow by little and by much, no part of the pool is favoured.

    Each of 48 parts of ten assets is to hold a 48th; over 2,000 draws of 24 the standard error of
    a share is at most .00066, so that the largest of 48 differences is below four of them.
    """
    counts = np.zeros(sizes[-1])
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        members: list[str] = []
        before = 0
        for count in sizes:
            change = followed(members, before, count, wanted=24, rng=rng)
            fresh = rng.choice(np.arange(before, count), change.joining, replace=False)
            members = [it for it in members if it not in change.leaving]
            members += [str(it) for it in fresh]
            before = count
        assert len(members) == 24
        counts[np.array(members, int)] += 1
    shares = counts.reshape(48, 10).sum(axis=1) / (2000 * 24)
    assert np.abs(shares - 1 / 48).max() < 4 * np.sqrt(1 / 48 / (2000 * 24))


def test_one_that_is_large_already_keeps_its_size() -> None:
    """Earlier versions let it grow with the pool; what was labelled goes on measuring."""
    members = [str(it) for it in range(2000)]
    change = followed(members, 10_000, 20_000, wanted=200, rng=np.random.default_rng(0))
    assert change.joining == len(change.leaving)
    assert change.joining in (1000, 1001)


def test_nothing_changes_while_nothing_is_added() -> None:
    """Another audit_size under [policy] waits for assets."""
    members = [str(it) for it in range(24)]
    assert followed(members, 480, 480, wanted=200, rng=np.random.default_rng(0)).joining == 0
