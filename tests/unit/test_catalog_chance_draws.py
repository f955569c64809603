"""What chance drew judges models: in turn, by labels of people, and by none that they learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from querist.autolabel.evidence import gather
from querist.catalog import drawn_by_chance, in_random_order, unlabelled_draws
from querist.loop import labeled_arrays, snapshot, warning_of_choice
from querist.loop.evaluating import state
from querist.project import Project
from querist.schema import Arm, Role

NAMES = ["boot", "shirt"]


def made(folder: Path, count: int = 120, **policy: object) -> Project:
    """A project of rows in two classes that overlap; even numbers are boots."""
    rng = np.random.default_rng(0)
    wanted = {"batch_size": 6, "audit_size": 24, "control_share": 0.5, **policy}
    project = Project.create(folder, media="table", classes=NAMES, policy=wanted)
    rows = [
        {"id": f"{i:03d}", "x": float(x), "y": float(y)}
        for i, (x, y) in enumerate(rng.normal(size=(count, 2)) + np.arange(count)[:, None] % 2)
    ]
    project.add(rows, id_column="id")
    return project


def name(asset_id: str) -> str:
    """The class of an asset."""
    return NAMES[int(asset_id) % 2]


def imported(project: Project, ids: list[str]) -> None:
    """Bring labels in."""
    rows = [{"id": it, "label": name(it)} for it in ids]
    project.import_labels(rows, id_column="id", label_column="label")


def answered(project: Project) -> None:
    """Answer all that the round asks, and end it."""
    for task in project.catalog.records.tasks.open(project.rounds.list()[-1].number):
        project.labels.submit(task.asset_id, name(task.asset_id), annotator="ana")
    project.finish_round()


def audit(project: Project) -> list[str]:
    """The audit set in the order of asking."""
    return in_random_order(project.catalog.records.rounds.arm_ids(Arm.AUDIT), 0)


def measuring(project: Project) -> list[str]:
    """Who measures, in the order of asking."""
    seen = snapshot.take(project.catalog)
    return in_random_order([seen.ids[i] for i in seen.audited().tolist()], 0)


def state_of(project: Project) -> str:
    """The state of the project in words, as its next round would tell it."""
    seen, status = snapshot.take(project.catalog), project.status()
    return state(project.catalog, status.curve, 0, seen=seen)


def test_imported_labels_measure_once_all_before_them_do(tmp_path: Path) -> None:
    """Else the audit is of what somebody chose to import, which is the easy part of a pool."""
    project = made(tmp_path / "p")
    imported(project, [f"{i:03d}" for i in range(60)])
    project.next_round()
    order = audit(project)
    inside = {it for it in order if int(it) < 60}
    assert len(inside) > 6
    first = next(at for at, it in enumerate(order) if it not in inside)
    assert measuring(project) == order[:first]
    answered(project)
    known = [it for it in order if it not in inside][6]
    assert measuring(project) == order[: order.index(known)]
    assert project.rounds.list()[-1].evaluations[0].accuracy.count == order.index(known)
    while len(measuring(project)) < 24:
        project.next_round()
        answered(project)
    assert measuring(project) == order


def test_labels_out_of_turn_wait_for_those_before_them(tmp_path: Path) -> None:
    """Whoever labels what the model doubts in the catalog makes no audit of doubts."""
    project = made(tmp_path / "p")
    project.next_round()
    answered(project)
    order = audit(project)
    assert measuring(project) == order[:6]
    for it in order[10:20]:
        project.labels.submit(it, name(it), annotator="ana")
    imported(project, order[20:])
    assert measuring(project) == order[:6]
    assert "; 14 more count once those before them are answered" in state_of(project)
    project.next_round()
    answered(project)
    assert measuring(project) == order


def test_what_was_taken_back_holds_up_nobody(tmp_path: Path) -> None:
    """It is out, and the others measure as before."""
    project = made(tmp_path / "p")
    project.next_round()
    answered(project)
    order = audit(project)
    project.labels.undo(order[1], "ana")
    assert measuring(project) == [order[0], *order[2:6]]


def test_those_that_join_hold_up_others_once_their_round_is_over(tmp_path: Path) -> None:
    """Who looks meanwhile sees those of before; then they count among them, in their turn."""
    project = made(tmp_path / "p", audit_size=12, batch_size=3)
    for _ in range(4):
        project.next_round()
        answered(project)
    before = measuring(project)
    assert len(before) == 12
    more = [{"id": f"{i:03d}", "x": 0.0, "y": float(i % 2)} for i in range(120, 360)]
    project.add(more, id_column="id")
    project.next_round()
    plan = project.catalog.records.rounds.list()[-1].plan
    assert plan is not None
    stay = [it for it in before if it not in plan.audit_retired]
    assert measuring(project) == stay
    answered(project)
    order = [it for it in audit(project) if it not in plan.audit_retired]
    new = [it for it in order if int(it) >= 120]
    assert len(new) > 3
    assert measuring(project) == order[: order.index(new[3])]
    count = project.rounds.list()[-1].evaluations[0].accuracy.count
    assert count == order.index(new[3]) < len(stay) + 3


def test_a_promise_rests_on_what_had_no_label_when_it_was_drawn(tmp_path: Path) -> None:
    """What is labelled without a person had none; imported labels say nothing of it."""
    project = made(tmp_path / "p", control_share=1.0)
    imported(project, [f"{i:03d}" for i in range(60)])
    while not project.rounds.list() or len(measuring(project)) < 24:
        project.next_round()
        answered(project)
    records, seen = project.catalog.records, gather(project.catalog)
    random = {seen.ids[i] for i in np.flatnonzero(seen.drawn).tolist()}
    assert random == {it for it in random if int(it) >= 60}
    assert {it for it in audit(project) if int(it) >= 60} <= random
    control = [it for it in records.rounds.arm_ids(Arm.CONTROL) if int(it) < 60]
    assert control
    assert random.isdisjoint(control)
    fresh = unlabelled_draws(project.catalog, Arm.CONTROL)
    assert min(map(int, fresh)) >= 60


def test_a_model_of_before_the_audit_is_measured_on_what_it_did_not_learn(tmp_path: Path) -> None:
    """It learned the labels that were there when the audit set was drawn."""
    project = made(tmp_path / "p")
    early = [f"{i:03d}" for i in range(60)]
    imported(project, early)
    model = project.train()
    while not project.rounds.list() or len(measuring(project)) < 24:
        project.next_round()
        answered(project)
    unlearned = [it for it in audit(project) if it not in early]
    number = project.rounds.list()[-1].number
    assert project.rounds.compare(model.id, number).count == len(unlearned)
    assert project.rounds.compare(number - 1, number).count == 24


@pytest.mark.parametrize("method", ["crowdlab", "lean-crowd"])
def test_no_model_decides_what_measures_it(tmp_path: Path, method: str) -> None:
    """Ties of the audit set and the control wait for a reviewer, others go to the model's voice."""
    policy = {"overlap": 2, "overlap_share": 1.0, "consensus": method, "batch_size": 12}
    project = made(tmp_path / "p", **policy)
    for who in ("ana", "ben"):
        project.catalog.records.annotators.ensure(who, Role.ANNOTATOR)
    for number in (1, 2):
        project.next_round()
        for who in ("ana", "ben"):
            for item in project.queue.next(who, 500).items:
                said = int(item.asset.id) + (who == "ben" and number == 2)
                project.labels.submit(
                    item.asset.id, NAMES[said % 2], annotator=who, task_id=item.task.id
                )
        project.finish_round()
    asked = {it.asset_id for it in project.catalog.records.opinions.standing(round=2)}
    measure = drawn_by_chance(project.catalog, sorted(asked))
    assert {*audit(project)} & asked
    assert {*audit(project)} & asked <= measure
    labels = project.catalog.records.labels.currents_of(sorted(asked))
    held = {it.asset_id: it for it in labels if it.value is not None}
    assert measure.isdisjoint(held)
    assert {it.annotator for it in held.values()} <= {"crowdlab", method}
    assert held
    waits = {it.asset_id for it in project.opinions.disputes()}
    assert measure <= waits
    seen = gather(project.catalog)
    drawn = {seen.ids[i] for i in np.flatnonzero(seen.drawn & seen.declined).tolist()}
    assert {*audit(project)} & asked <= drawn
    dispute = len({*audit(project)} & asked)
    assert f"; {dispute} more are in dispute, likely hard ones." in project.status().sentence


def test_the_curve_costs_what_was_given_here(tmp_path: Path) -> None:
    """Imported labels train, but took nobody's time and no money."""
    project = made(tmp_path / "p", hourly_cost=36.0)
    imported(project, [f"{i:03d}" for i in range(60)])
    for _ in range(2):
        project.next_round()
        for task in project.catalog.records.tasks.open(len(project.rounds.list())):
            project.labels.submit(task.asset_id, name(task.asset_id), annotator="ana", seconds=10.0)
        project.finish_round()
    status, seen = project.status(), snapshot.take(project.catalog)
    learned = seen.training(Arm.ACTIVE)
    here = int(seen.paid[learned].sum())
    assert 0 < here < len(learned) - 40
    first, last = status.curve.active
    assert (last.labels, last.seconds) == (len(learned), pytest.approx(10.0 * here))
    assert last.money == pytest.approx(0.1 * here)
    assert first.seconds is not None
    assert 0 < first.seconds < last.seconds


def test_who_simulates_on_chosen_labels_is_told(tmp_path: Path) -> None:
    """Random draws from what a strategy chose there, and from nothing out of turn."""
    project = made(tmp_path / "p", batch_size=12)
    imported(project, [f"{i:03d}" for i in range(40)])
    assert warning_of_choice(project.catalog) is None
    project.next_round()
    answered(project)
    seen = snapshot.take(project.catalog)
    learned = seen.training(Arm.ACTIVE)
    chosen = int(seen.active[learned].sum())
    told = warning_of_choice(project.catalog)
    assert told is not None
    assert told.startswith(f"Of {len(learned)} labels to draw from, a strategy chose {chosen}:")
    assert seen.out_of_turn[seen.labeled].any()
    data = labeled_arrays(project.catalog)
    assert len(data.y) == int((seen.labeled & ~seen.out_of_turn).sum())


def test_an_audit_without_some_known_labels_is_measured_whole(tmp_path: Path) -> None:
    """Nobody can tell those that have none: they hold up nobody until a task asks for them."""
    policy = {"batch_size": 6, "audit_size": 24, "control_share": 0.0}
    project = Project.create(
        tmp_path / "p", media="table", classes=NAMES, oracle_column="known", policy=policy
    )
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"{i:03d}", "x": float(x), "known": NAMES[i % 2] if i % 3 else None}
        for i, x in enumerate(rng.normal(size=120) + np.arange(120) % 2)
    ]
    project.add(rows, id_column="id", metadata_columns=["known"])
    project.oracle(1)
    known = [it for it in audit(project) if int(it) % 3]
    assert 6 < len(known) < 24
    assert measuring(project) == known
    assert project.rounds.list()[0].evaluations[0].accuracy.count == len(known)
