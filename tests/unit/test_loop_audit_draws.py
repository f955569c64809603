"""The audit set of a pool that grows: a uniform sample of all of it, and no larger than wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import AssetQuery, in_random_order, run
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
    rounds = project.catalog.records.rounds
    return [
        int(it) for it in rounds.arm_ids(Arm.AUDIT, upto) if it not in rounds.audit_retired(upto)
    ]


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
    assert {int(it) for it in (*plan.audit_retired, *plan.audit_released)} == before - stayed
    assert plan.audit_size == 24 - len(stayed)
    assert project.replay(2)


def test_who_left_with_an_answer_measures_no_more_and_trains_nothing(tmp_path: Path) -> None:
    """All rounds are measured on those of now; no model learns what measured an earlier one."""
    project = begun(tmp_path / "p", 120)
    grown(project, 360)
    plan = project.catalog.records.rounds.get(2).plan
    assert plan is not None
    assert len(plan.audit_retired) == plan.audit_size > 10
    assert plan.audit_released == ()
    asked = {task.asset_id for task in project.catalog.records.tasks.open(2)}
    project.oracle(1)
    project.oracle(2)
    seen = snapshot.take(project.catalog)
    learned = {seen.ids[i] for arm in Arm for i in seen.training(arm).tolist()}
    chosen = {seen.ids[i] for i in seen.candidates().tolist()}
    for names in (learned, chosen, asked):
        assert names.isdisjoint(plan.audit_retired)
    counts = {e.accuracy.count for it in project.rounds.list() for e in it.evaluations}
    assert counts == {24}
    status = project.status()
    assert (status.audit_labeled, status.audit_wanted) == (24, 24)
    grid = run(project.catalog, AssetQuery(arm=Arm.AUDIT))
    assert grid.total == 24


def test_an_asset_that_left_unanswered_may_be_chosen(tmp_path: Path) -> None:
    """It was kept for measuring only, and never did; now it is a candidate as all others are."""
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
    assert plan.audit_retired == ()
    assert len(plan.audit_released) > 10
    seen = snapshot.take(project.catalog)
    assert set(plan.audit_released) <= {seen.ids[i] for i in seen.candidates().tolist()}
    one, rounds = plan.audit_released[0], project.catalog.records.rounds
    assert Arm.AUDIT in {it.arm for it in rounds.selected_for(one)}
    assert Arm.AUDIT not in {it.arm for it in rounds.standing_for(one)}
    member = audit(project)[0]
    assert Arm.AUDIT in {it.arm for it in rounds.standing_for(f"{member:05d}")}
    project.labels.submit(one, "amber", annotator="ana")
    assert one in {seen.ids[i] for i in snapshot.take(project.catalog).training(Arm.ACTIVE)}
    project.export(tmp_path / "labels.csv")
    assert "to measure" not in (tmp_path / "labels.csv").read_text("utf-8")


def test_those_that_join_are_asked_among_the_others() -> None:
    """The order is the same with and without them, and says nothing of when they came."""
    before, after = [[f"{it:05d}" for it in range(count)] for count in (240, 480)]
    order = in_random_order(after, 0)
    assert [it for it in order if it in before] == in_random_order(before, 0)
    assert sorted(order) == after
    assert 40 < sum(it in before for it in order[:120]) < 80
    assert order != in_random_order(after, 1)


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
    project = begun(tmp_path / "p", 4, batch_size=2, audit_size=200)
    assert audit(project) == []
    grown(project, 400)
    assert len(audit(project)) == 80


def test_no_audit_is_begun_among_what_was_learned(tmp_path: Path) -> None:
    """Nobody knows which of those without an audit set would have been in it."""
    project = begun(tmp_path / "p", 120, audit_size=0)
    settings = project.settings
    project.close()
    replace(settings, policy=replace(settings.policy, audit_size=24)).write(tmp_path / "p")
    with Project.open(tmp_path / "p") as again:
        grown(again, 120)
        assert audit(again) == []


SIZES = {
    "at once": [120, 480],
    "by little and by much": [120, 121, 124, 360, 480],
    "from a trial": [10, 40, 200, 480],
    "by three": [45, *range(48, 480, 3), 480],
}


@pytest.mark.parametrize("way", SIZES)
def test_what_is_in_it_is_a_uniform_sample_of_all(way: str) -> None:
    """Over many draws, in pools that grow by little and by much, no part of the pool is favoured.

    Each of 48 parts of ten assets is to hold a 48th of all members; the largest of 48 differences
    of independent draws lies below four standard errors.
    """
    counts = np.zeros(480)
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        members = np.empty(0, np.int64)
        before = 0
        for count in SIZES[way]:
            joining, leaving = followed(len(members), before, count, wanted=24, rng=rng)
            fresh = rng.choice(np.arange(before, count), joining, replace=False)
            members = np.concatenate([np.delete(members, leaving), fresh])
            before = count
        assert len(members) <= 24
        counts[members] += 1
    total = counts.sum()
    assert total > 1000 * 18
    shares = counts.reshape(48, 10).sum(axis=1) / total
    assert np.abs(shares - 1 / 48).max() < 4 * np.sqrt(1 / 48 / total)


def test_one_that_is_large_already_keeps_its_size() -> None:
    """Earlier versions let it grow with the pool; what was labelled goes on measuring."""
    joining, leaving = followed(2000, 10_000, 20_000, wanted=200, rng=np.random.default_rng(0))
    assert joining == len(leaving)
    assert joining in (1000, 1001)


def test_nothing_changes_while_nothing_is_added() -> None:
    """Another audit_size under [policy] waits for assets."""
    joining, leaving = followed(24, 480, 480, wanted=200, rng=np.random.default_rng(0))
    assert joining == len(leaving) == 0


def test_what_came_with_its_label_measures_no_model(tmp_path: Path) -> None:
    """It may have trained one; who joins had no label, and all others train."""
    project = begun(tmp_path / "p", 120)
    project.next_round()
    more = rows(240, 120)
    project.add(more, id_column="id", metadata_columns=["known"])
    given = [str(row["id"]) for row in more[::2]]
    for row in more[::2]:
        project.labels.submit(str(row["id"]), str(row["known"]), annotator="ana")
    project.oracle(1)
    project.next_round()
    now = audit(project)
    joined = {it for it in now if it >= 120}
    assert len(now) == 24
    assert len(joined) in (12, 13)
    assert joined.isdisjoint(map(int, given))
    seen = snapshot.take(project.catalog)
    assert set(given) <= {seen.ids[i] for i in seen.training(Arm.ACTIVE).tolist()} | set(
        project.catalog.records.rounds.arm_ids(Arm.CONTROL)
    )
    assert project.replay(3)
