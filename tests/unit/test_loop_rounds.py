"""Rounds on a real project: real storage, encoder and learner, known labels as the oracle."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from querist.errors import (
    ConflictError,
    EmptyPoolError,
    InvalidInputError,
    NotFoundError,
    QueristError,
    UnknownNameError,
)
from querist.project import Project
from querist.schema import Arm, Step

COLOURS = ["amber", "blue", "green"]


def make_table(n: int = 120, seed: int = 0) -> list[dict[str, object]]:
    """Rows of two numbers in three well separated classes."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        code = i % 3
        x, y = rng.normal([code * 3.0, -code * 2.0], 0.6)
        rows.append({"id": f"row-{i:04d}", "x": float(x), "y": float(y), "known": COLOURS[code]})
    return rows


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of 120 table rows whose known labels stand in a metadata column."""
    made = Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        oracle_column="known",
        policy={"batch_size": 6, "audit_size": 24, "control_share": 0.5},
    )
    made.add(make_table(), id_column="id", metadata_columns=["known"])
    return made


def test_round_asks_for_what_the_plan_says(project: Project) -> None:
    """A round draws the batch, the control share and the audit set, without overlap with audit."""
    round_ = project.next_round(6)
    drawn = project.catalog.records.rounds.selected(round=1)
    by_arm = {arm: {row.asset_id for row in drawn if row.arm is arm} for arm in Arm}
    assert round_.step is Step.COLLECT
    assert [len(by_arm[arm]) for arm in (Arm.ACTIVE, Arm.CONTROL, Arm.AUDIT)] == [6, 3, 24]
    assert not by_arm[Arm.AUDIT] & (by_arm[Arm.ACTIVE] | by_arm[Arm.CONTROL])


def test_audit_labels_are_released_a_batch_at_a_time(project: Project) -> None:
    """Nobody has to label the whole audit set before the first model."""
    project.next_round(6)
    tasks = project.catalog.records.tasks.open(1)
    assert sum(Arm.AUDIT in task.arms for task in tasks) == 6


def test_known_labels_run_whole_rounds(project: Project) -> None:
    """Three rounds give three measured points of both arms, advice and a replay that agrees."""
    project.oracle(3)
    found = project.status()
    assert [point.round for point in found.curve.active] == [1, 2, 3]
    assert found.curve.control
    assert all(point.labels == 3 * point.round for point in found.curve.control)
    assert found.audit_labeled == found.audit_wanted == 24
    assert found.curve.active[-1].accuracy.value > 0.9
    assert found.advice is not None
    assert found.advice.reasons
    assert all(project.replay(number) for number in (1, 2, 3))
    plans = [round_.plan for round_ in found.rounds]
    # Of 120 assets 24 measure, and each round asks for 6 of the others.
    assert [plan.candidate_count for plan in plans if plan] == [96, 90, 84]


def test_audit_and_control_never_train_the_active_model(project: Project) -> None:
    """The active model's labels are exactly the labels of assets that the active arm asked for."""
    project.oracle(2)
    records = project.catalog.records
    model = records.models.latest(Arm.ACTIVE)
    assert model is not None
    assert model.label_count == len(records.rounds.arm_ids(Arm.ACTIVE)) == 12


def test_person_labels_a_round_to_its_end(project: Project) -> None:
    """Labels given one by one through the queue finish the round."""
    project.next_round(4)
    known = dict(
        zip(project.catalog.assets.ids(), project.catalog.assets.metadata("known"), strict=True)
    )
    while page := project.queue.next("ana", count=3).items:
        for item in page:
            project.labels.submit(
                item.asset.id,
                known[item.asset.id],
                annotator="ana",
                task_id=item.task.id,
                expected_version=item.version,
                seconds=1.5,
            )
    model = project.train()
    assert model.label_count == 4
    assert project.rounds.list()[-1].step is Step.DONE
    spent = {budget.unit: budget.spent for budget in project.status().budgets}
    assert spent["seconds"] == pytest.approx(1.5 * spent["labels"])


@pytest.mark.parametrize("strategy", ["margin", "bald"])
def test_a_strategy_that_needs_a_model_waits_for_one(tmp_path: Path, strategy: str) -> None:
    """Before there is a model the default draws the batch; after that the one asked for does."""
    made = Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        policy={"strategy": strategy, "batch_size": 6, "audit_size": 0, "control_share": 0.0},
    )
    rows = {str(row["id"]): str(row["known"]) for row in make_table()}
    made.add(make_table(), id_column="id")
    for _ in range(2):
        made.next_round()
        for item in made.queue.next("ana", count=10).items:
            asset = item.task.asset_id
            made.labels.submit(asset, rows[asset], annotator="ana")
        made.train()
    assert [it.plan.strategy for it in made.rounds.list() if it.plan] == ["auto", strategy]
    assert made.replay(1)
    assert made.replay(2)


def test_reasons_name_the_classes_and_replay(tmp_path: Path) -> None:
    """The queue says between which classes the model hesitates; a replay says the same."""
    made = Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        policy={"strategy": "margin", "batch_size": 6, "audit_size": 0, "control_share": 0.0},
    )
    rows = make_table()
    made.add(rows, id_column="id")
    for row in rows[:2]:
        made.labels.submit(str(row["id"]), str(row["known"]), annotator="ana")
    made.train()
    made.next_round()
    for item in made.queue.next("ana", count=6).items:
        assert any(f" {name}" in item.why for name in COLOURS[:2]), item.why
    assert made.replay(1)
    made.catalog.records.ontologies.put(
        made.ontology.of("classification", [*COLOURS, "red"], version=2)
    )
    assert made.replay(1)


@pytest.mark.parametrize("strategy", ["bald", "adversarial"])
def test_a_committee_and_a_head_are_provided_and_replay(tmp_path: Path, strategy: str) -> None:
    """Strategies that look at them draw a round, the same again, and with a class that joined."""
    made = Project.create(
        tmp_path / "p",
        media="table",
        classes=COLOURS,
        policy={"strategy": strategy, "batch_size": 6, "audit_size": 0, "control_share": 0.0},
    )
    rows = make_table()
    made.add(rows, id_column="id")
    for row in rows[:9]:
        made.labels.submit(str(row["id"]), str(row["known"]), annotator="ana")
    made.train()
    made.next_round()
    assert len(made.catalog.records.rounds.selected(round=1)) == 6
    assert made.replay(1)
    made.catalog.records.ontologies.put(
        made.ontology.of("classification", [*COLOURS, "red"], version=2)
    )
    assert made.replay(1)


def test_next_round_closes_the_open_one(project: Project) -> None:
    """What a closed round had not labelled goes back to the pool and may be asked again."""
    project.next_round(6)
    second = project.next_round(6)
    assert second.number == 2
    assert project.rounds.list()[0].step is Step.DONE
    drawn = project.catalog.records.rounds.selected(round=2, arm=Arm.ACTIVE)
    assert len(drawn) == 6


def test_train_without_two_classes_says_so(project: Project) -> None:
    """Training on labels of one class is refused with the reason."""
    project.labels.submit("row-0000", "amber", annotator="ana")
    with pytest.raises(InvalidInputError, match=r"has 1 label of 1 class\."):
        project.train()


def test_a_round_without_a_model_says_why(project: Project) -> None:
    """Too few labels end a round without a model, and the reason stands among its findings."""
    project.next_round(4)
    done = project.finish_round()
    assert done.step is Step.DONE
    assert done.model_id is None
    (finding,) = project.rounds.list()[0].findings
    assert finding.kind == "no_model"
    assert finding.title == "No model was trained: The active arm has 0 labels of 0 classes."
    assert "at least two classes" in finding.remedy


def test_what_asks_for_the_model_of_a_round_without_one_is_told_why(project: Project) -> None:
    """A finished round is not told to be finished, nor is an open one said to be."""
    project.next_round(4)
    with pytest.raises(NotFoundError, match="no model of its labels yet") as refused:
        project.rounds.thresholds("1")
    assert "querist train" in refused.value.remedy
    project.finish_round()
    for ask in (
        partial(project.rounds.compare, 1, 1),
        partial(project.rounds.thresholds, 1),
        partial(project.rounds.reliability, 1),
    ):
        with pytest.raises(NotFoundError, match="trained no model of its labels") as refused:
            ask()
        assert "The active arm has 0 labels" in refused.value.message
        assert "at least two classes" in refused.value.remedy
    with pytest.raises(NotFoundError, match="trained no model of its random labels") as refused:
        project.rounds.compare("1-control", 1)
    assert "control_share" in refused.value.remedy


def test_empty_project_has_no_round(tmp_path: Path) -> None:
    """A round of nothing is refused with the command that adds assets."""
    empty = Project.create(tmp_path / "e", media="table", classes=COLOURS)
    with pytest.raises(EmptyPoolError, match="querist add"):
        empty.next_round()
    with pytest.raises(NotFoundError):
        empty.finish_round()
    assert empty.status().sentence.startswith("No assets yet")


def test_impossible_batches_are_refused(project: Project) -> None:
    """A batch of zero is refused; a batch beyond the pool takes all that is left."""
    with pytest.raises(InvalidInputError):
        project.next_round(0)
    project.next_round(10_000)
    drawn = project.catalog.records.rounds.selected(round=1, arm=Arm.ACTIVE)
    assert len(drawn) == 120 - 24


@pytest.mark.parametrize(
    "asked",
    [{"batch_size": 0}, {"remedy": "9.9"}, {"slice": "nope"}, {"strategy": "nope"}],
    ids=str,
)
def test_what_is_refused_ends_no_open_round(project: Project, asked: dict[str, object]) -> None:
    """People go on labelling the round that collects, whatever was mistyped."""
    project.next_round(6)
    waiting = len(project.catalog.records.tasks.open(1))
    with pytest.raises(QueristError):
        project.next_round(**asked)
    assert [round_.step for round_ in project.rounds.list()] == [Step.COLLECT]
    assert len(project.catalog.records.tasks.open(1)) == waiting


def test_known_labels_begin_no_round_where_there_are_none(tmp_path: Path) -> None:
    """Without the setting, or once it is mistyped, nothing is drawn that people would wait on."""
    with Project.create(tmp_path / "p", media="table", classes=COLOURS) as made:
        made.add(make_table(), id_column="id", metadata_columns=["known"])
        with pytest.raises(InvalidInputError, match="knows no labels"):
            made.oracle(1)
        assert not made.rounds.list()
    settings = tmp_path / "p" / "querist.toml"
    settings.write_text('oracle_column = "knwon"\n' + settings.read_text())
    with Project.open(tmp_path / "p") as made:
        with pytest.raises(UnknownNameError, match="knwon"):
            made.oracle(1)
        assert not made.rounds.list()


def test_replay_of_an_undrawn_round_is_refused(project: Project) -> None:
    """Only a drawn round can be drawn again."""
    project.next_round(4)
    assert project.replay(1)
    with pytest.raises((ConflictError, NotFoundError)):
        project.replay(2)


def test_skipped_assets_are_not_asked_again(project: Project) -> None:
    """A skipped asset leaves the candidates."""
    project.next_round(4)
    asset_id = project.catalog.records.rounds.selected(round=1, arm=Arm.ACTIVE)[0].asset_id
    project.labels.skip(asset_id, annotator="ana", reason="blurred")
    project.next_round(10_000)
    drawn = {
        row.asset_id for row in project.catalog.records.rounds.selected(round=2, arm=Arm.ACTIVE)
    }
    assert asset_id not in drawn


KILLED = """
import os, sys
from querist.project import Project
from querist.loop.rounds import Rounds
step = sys.argv[2]
real = Rounds._move
def move(self, round_, after):
    if after.value == step:
        os.kill(os.getpid(), 9)
    return real(self, round_, after)
Rounds._move = move
project = Project.open(sys.argv[1])
project.oracle(1)
"""


@pytest.mark.parametrize("step", ["select", "train", "evaluate", "diagnose", "decide", "done"])
def test_killed_round_resumes_at_its_step(project: Project, step: str) -> None:
    """A process killed just before any step is stored goes on there and loses no label."""
    folder = project.folder
    project.close()
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), step], check=False)
    assert done.returncode == -9
    with Project.open(folder) as again:
        before = again.status().labeled
        again.oracle(1)
        found = again.status()
        assert found.labeled >= before
        assert [round_.step for round_ in found.rounds] == [Step.DONE]
        assert found.curve.active
        assert again.replay(1)


def test_status_is_plain_json(project: Project) -> None:
    """The status can be printed as JSON."""
    from querist.schema import to_json

    project.oracle(1)
    assert json.loads(json.dumps(to_json(project.status())))["assets"] == 120


def test_rounds_run_on_postgresql(tmp_path: Path, fresh_postgres_url: str) -> None:
    """The same project with its records in PostgreSQL runs, replays, and opens again."""
    folder = tmp_path / "pg"
    with Project.create(
        folder,
        media="table",
        classes=COLOURS,
        records=fresh_postgres_url,
        oracle_column="known",
        policy={"batch_size": 6, "audit_size": 24, "control_share": 0.5},
    ) as made:
        made.add(make_table(), id_column="id")
        made.oracle(2)
        assert made.replay(2)
    assert not (folder / "records.db").exists()
    with Project.open(folder) as again:
        assert [round_.step for round_ in again.status().rounds] == [Step.DONE, Step.DONE]
