"""Budgets and the end of the pool: what a round may still ask, and when none is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from querist import Project
from querist.errors import BudgetSpentError, EmptyPoolError
from querist.loop import curve
from querist.loop.budget import labels_left
from querist.loop.curve import Curve, CurvePoint
from querist.loop.saved import _of_new_labels
from querist.schema import Arm, Estimate, Evaluation, Step


def known(folder: Path, count: int = 100, **policy: Any) -> Project:
    """Rows of two classes that take turns, with their labels known."""
    project = Project.create(
        folder, media="table", classes=["low", "high"], oracle_column="known", policy=policy
    )
    rows = [{"id": f"r{i}", "x": i % 7, "known": ["low", "high"][i % 2]} for i in range(count)]
    project.add(rows, id_column="id", metadata_columns=["known"])
    return project


def spent(project: Project) -> float:
    """Labels spent so far."""
    return project.status().budgets[0].spent


def test_a_batch_is_cut_to_what_is_left_of_the_budget(tmp_path: Path) -> None:
    """Control and audit shrink with it, the audit counts, and no label too many is asked."""
    policy = {"batch_size": 20, "audit_size": 10, "control_share": 0.5, "budget_labels": 60}
    with known(tmp_path / "p", **policy) as project:
        sizes = []
        while (labels_left(project.catalog) or 0) > 2:
            plan = project.next_round().plan
            assert plan is not None
            assert spent(project) + project.status().open_tasks <= 60
            sizes.append((plan.batch_size, plan.control_size))
            project.oracle()
        assert sizes[0] == (20, 10)
        assert sizes[1][0] < 20
        assert sizes[1][1] == round(sizes[1][0] / 2)
        assert spent(project) <= 60
        project.catalog.change_policy(budget_labels=int(spent(project)))
        with pytest.raises(BudgetSpentError) as refused:
            project.next_round()
        assert "The budget of" in refused.value.message
        assert "Raise budget_labels" in refused.value.remedy
        assert project.status().current_round is None
        with pytest.raises(BudgetSpentError):
            project.oracle(3)


def test_the_audit_that_known_labels_answer_stays_within_the_budget(tmp_path: Path) -> None:
    """Where the whole audit set would not fit, a random part of it is answered."""
    with known(tmp_path / "p", batch_size=5, audit_size=20, budget_labels=18) as project:
        assert project.oracle(5) <= 18
        assert 0 < project.status().audit_labeled < 20
        assert spent(project) <= 18


def test_a_spent_budget_ends_no_round_that_people_still_label(tmp_path: Path) -> None:
    """Refused, the round collects on; raised, the next one is drawn."""
    with known(tmp_path / "p", batch_size=6, audit_size=0, budget_labels=7) as project:
        project.next_round()
        for item in project.queue.next("ana", 3).items:
            project.labels.submit(item.task.asset_id, "low", annotator="ana")
        for name in ("r80", "r81", "r82", "r83"):
            project.labels.submit(name, "high", annotator="ana")
        with pytest.raises(BudgetSpentError, match="budget of 7 labels is spent"):
            project.next_round()
        assert project.rounds.list()[0].step is Step.COLLECT
        project.catalog.change_policy(budget_labels=50)
        assert project.next_round().number == 2


def test_a_budget_of_money_goes_by_the_mean_cost_of_a_label(tmp_path: Path) -> None:
    """Ten labels at a hundredth each leave five of fifteen."""
    policy = {"batch_size": 10, "audit_size": 0, "control_share": 0, "hourly_cost": 36.0}
    with known(tmp_path / "p", budget_money=0.155, **policy) as project:
        project.next_round()
        for item in project.queue.next("ana", 10).items:
            project.labels.submit(item.task.asset_id, "low", annotator="ana", seconds=1.0)
        plan = project.next_round().plan
        assert plan is not None
        assert plan.batch_size == 5


def test_a_pool_in_which_all_is_labelled_draws_no_round(tmp_path: Path) -> None:
    """The last batch may be smaller; after it the next round is refused, and none is made."""
    with known(tmp_path / "p", count=30, batch_size=20, audit_size=5) as project:
        project.oracle(9)
        count = len(project.rounds.list())
        assert count < 9
        with pytest.raises(EmptyPoolError, match="Nothing is left to ask"):
            project.next_round()
        assert len(project.rounds.list()) == count
        with pytest.raises(EmptyPoolError):
            project.oracle(1)


def point(number: int, labels: int) -> CurvePoint:
    """A round's point."""
    told = Estimate(value=0.8, low=0.7, high=0.9, count=100)
    return CurvePoint(round=number, labels=labels, accuracy=told, seconds=None, money=None)


def test_rounds_that_share_a_model_are_told_as_one() -> None:
    """A model that learned 10 of 30 labels says so, and measured twice it is one round."""
    same = Curve(active=(point(1, 10), point(2, 10)), control=(point(1, 2), point(2, 2)))
    told = curve.sentence(same, 30)
    assert told.startswith("The model learned 10 of 30 labels. 80.0")
    assert "so far there is 1." in told
    assert curve.sentence(same, 10).startswith("10 labels. 80.0")


def test_rounds_without_a_new_label_do_not_move_a_saving() -> None:
    """Of evaluations with as many labels the newest is kept."""
    told = Estimate(value=0.8, low=0.7, high=0.9, count=100)
    found = [
        Evaluation(
            arm=Arm.ACTIVE, model_id=name, labels=labels, accuracy=told, macro_f1=None, per_class={}
        )
        for name, labels in (("a", 10), ("b", 20), ("c", 20), ("d", 30), ("d", 30))
    ]
    assert [it.labels for it in _of_new_labels(found)] == [10, 20, 30]
    assert [it.model_id for it in _of_new_labels(found)] == ["a", "c", "d"]
