"""What the machine was used for, and what saves it work: growing batches, sub-pools."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.diagnostics import check_proxy
from querist.errors import InvalidInputError
from querist.learners import create_learner
from querist.loop import snapshot
from querist.loop.compute import full_training
from querist.project import Project
from querist.schema import Arm, ModelVersion

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_rounds_book_what_they_used_and_grow_within_a_sub_pool(tmp_path: Path) -> None:
    """Three rounds of 10, 15 and 22 among 40 assets each; seconds, examples and money add up."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(x + 4 * (i % 2)), "y": float(y), "known": "ab"[i % 2]}
        for i, (x, y) in enumerate(rng.normal(size=(200, 2)))
    ]
    policy = {
        "batch_size": 10,
        "batch_growth": 1.5,
        "sub_pool": 40,
        "audit_size": 20,
        "control_share": 0.0,
        "compute_cost": 3.6,
    }
    with Project.create(
        tmp_path / "p", media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(3)
        status = project.status()
        plans = [it.plan for it in status.rounds]
        assert [it.batch_size for it in plans if it] == [10, 15, 22]
        assert {it.sub_pool for it in plans if it} == {40}
        assert project.rounds.replay(3)
    used = status.compute
    assert [it.round for it in used.rounds] == [1, 2, 3]
    assert all(min(it.train, it.predict, it.select) > 0 for it in used.rounds)
    # The third trains on 47 labels and predicts 200 assets.
    assert used.rounds[2].examples == 47 + 200
    assert used.seconds == pytest.approx(sum(it.seconds for it in used.rounds))
    assert used.money == pytest.approx(used.seconds / 1_000)
    assert used.full_seconds is None  # three trainings on 10 to 47 labels tell nothing of 200


def test_no_training_where_hardly_a_prediction_would_change(tmp_path: Path) -> None:
    """Once two classes far apart are told, the model before stays; by default each round trains."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(x + 9 * (i % 2)), "y": float(y), "known": "ab"[i % 2]}
        for i, (x, y) in enumerate(rng.normal(size=(120, 2)))
    ]
    for least, trained in ((0.0, 5), (0.05, 1)):
        policy = {"batch_size": 8, "audit_size": 20, "control_share": 0.0, "retrain_change": least}
        with Project.create(
            tmp_path / str(trained),
            media="table",
            classes=["a", "b"],
            oracle_column="known",
            policy=policy,
        ) as project:
            project.add(rows, id_column="id", metadata_columns=["known"])
            project.oracle(5)
            rounds = project.status().rounds
        assert len({it.model_id for it in rounds}) == trained
        assert all(it.evaluations for it in rounds)


def model(labels: int, seconds: float) -> ModelVersion:
    """A training that took so long."""
    return ModelVersion(
        id="m",
        arm=Arm.ACTIVE,
        round=1,
        learner="torch",
        parameters={},
        encoder="e",
        classes=("a", "b"),
        label_seq=1,
        label_count=labels,
        labels_digest="",
        seed=0,
        ontology_version=1,
        fit_seconds=seconds,
        created_at=NOW,
    )


def test_a_full_training_is_told_from_how_trainings_grew() -> None:
    """A start-up of 0.2 s and a growth with labels to the power of 1.5 are continued."""
    grown = [model(n, 0.2 + 0.001 * n**1.5) for n in (50, 100, 200, 400, 800)]
    told = full_training(grown, 3_200)
    assert told == pytest.approx(0.2 + 0.001 * 3_200**1.5, rel=0.2)


def test_a_full_training_is_not_told_before_it_is_known() -> None:
    """Few trainings, close label counts, another learner, or times of starting up say nothing."""
    assert full_training([], 600) is None
    assert full_training([model(n, 0.01 * n) for n in (20, 80, 320)], 600) is None
    assert full_training([model(n, 0.01 * n) for n in (100, 150, 200, 250)], 600) is None
    assert full_training([model(n, 0.0) for n in (20, 40, 80, 160)], 600) is None
    others = [replace(model(n, 0.01 * n), learner="other") for n in (20, 40, 80)]
    assert full_training([*others, model(160, 1.6)], 600) is None
    startup = [model(n, s) for n, s in ((20, 0.11), (40, 0.09), (60, 0.12), (80, 0.1), (100, 0.13))]
    assert full_training(startup, 60_000) is None


def test_one_slow_training_moves_the_full_one_little() -> None:
    """A training that waited for the machine ten times as long is an outlier."""
    grown = [model(n, 0.01 * n) for n in (50, 100, 150, 200, 250, 300, 350, 400)]
    slow = [replace(it, fit_seconds=15.0) if it.label_count == 150 else it for it in grown]
    told = full_training(slow, 800)
    assert told is not None
    assert 4 < told < 16


def test_a_proxy_is_fit_where_it_doubts_what_the_model_has_wrong() -> None:
    """Doubt that follows the errors is fit, doubt at random is not, and one kind says nothing."""
    rng = np.random.default_rng(0)
    wrong = rng.random(400) < 0.3
    knowing = check_proxy(wrong + rng.normal(size=400), wrong, rng)
    guessing = check_proxy(rng.normal(size=400), wrong, rng)
    assert knowing.fit
    assert knowing.low <= knowing.area <= knowing.high
    assert not guessing.fit
    assert not check_proxy(np.ones(5), np.zeros(5), rng).fit
    with pytest.raises(InvalidInputError):
        check_proxy(np.ones(3), np.zeros(4), rng)


def proxied(folder: Path, batch: int, **policy: object) -> Project:
    """Three answered rounds of two classes that overlap; naive Bayes learns, a linear one helps."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(x + 1.5 * (i % 2)), "y": float(y), "known": "ab"[i % 2]}
        for i, (x, y) in enumerate(rng.normal(size=(500, 2)))
    ]
    project = Project.create(
        folder,
        media="table",
        classes=["a", "b"],
        oracle_column="known",
        learner={"name": "naive-bayes"},
        policy={
            "batch_size": batch,
            "audit_size": 20,
            "control_share": 0.0,
            "strategy": "random",
            **policy,
        },
    )
    project.add(rows, id_column="id", metadata_columns=["known"])
    project.oracle(3)
    return project


@pytest.mark.slow
def test_a_proxy_chooses_between_the_trainings_of_the_model(tmp_path: Path) -> None:
    """The third round keeps the model and says why; the batch after it is the proxy's by margin."""
    with proxied(tmp_path / "p", 60, proxy="logistic-regression") as project:
        models = [it.model_id for it in project.rounds.list()]
        assert models[0] != models[1] == models[2]
        second, third = (it.advice for it in project.rounds.list()[1:])
        assert second is not None
        assert third is not None
        assert "so it learns again" in second.reasons[-1]
        assert "logistic-regression chooses for the model" in third.reasons[-1]
        round_ = project.next_round(12, strategy="margin")
        assert round_.plan is not None
        assert round_.plan.proxy == "logistic-regression"
        assert round_.plan.model_id == models[1]
        seen = snapshot.take(project.catalog)
        trained, vectors = (
            seen.training(Arm.ACTIVE),
            project.catalog.embeddings.matrix(round_.plan.encoder),
        )
        learner = create_learner("logistic-regression")
        learner.fit(
            vectors[trained], seen.codes[trained], class_count=2, rng=np.random.default_rng(0)
        )
        doubt = -np.abs(np.diff(learner.predict_proba(vectors), axis=1)[:, 0])
        free = np.setdiff1d(np.arange(len(seen.ids)), np.flatnonzero(seen.labeled | seen.audit))
        best = {seen.ids[i] for i in free[np.argsort(-doubt[free])[:12]]}
        drawn = project.catalog.records.rounds.selected(round=4, arm=Arm.ACTIVE)
        assert {it.asset_id for it in drawn} == best
        assert project.rounds.replay(4)


def test_a_proxy_that_nothing_speaks_for_does_not_choose(tmp_path: Path) -> None:
    """Too few new labels to check it: every round trains; a proxy that reads assets is refused."""
    with proxied(tmp_path / "p", 15, proxy="logistic-regression") as project:
        assert len({it.model_id for it in project.rounds.list()}) == 3
        advice = project.rounds.list()[-1].advice
        assert advice is not None
        assert "15 labels since the model's training tell too little" in advice.reasons[-1]
        plan = project.next_round(5, strategy="margin").plan
        assert plan is not None
        assert plan.proxy is None
    for name, told in (
        ("transformers-text", "reads the assets"),
        ("logistic-regresion", "learner"),
    ):
        with Project.create(
            tmp_path / name, media="table", classes=["a", "b"], policy={"proxy": name}
        ) as project:
            project.add([{"id": "1", "x": 1.0}, {"id": "2", "x": 2.0}], id_column="id")
            with pytest.raises(InvalidInputError, match=told):
                project.next_round(1)
