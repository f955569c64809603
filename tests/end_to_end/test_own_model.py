"""A model in a process of the user's drives a project; what it does wrong costs no label."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from own_model import OwnModelServer
from querist.errors import UnavailableError
from querist.project import Project
from querist.schema import Arm, JobState, Step

pytestmark = pytest.mark.slow

COLOURS = ["amber", "blue", "green"]
TOKEN = "only-for-this-test"
PATIENCE = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OwnModelServer]:
    """The example, with a token."""
    made = OwnModelServer(tmp_path / "models", token=TOKEN)
    yield made
    made.kill()


@pytest.fixture
def project(
    tmp_path: Path, server: OwnModelServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    """Sixty rows in three classes, told apart by a model that lives in the server."""
    monkeypatch.setenv("QUERIST_OWN_MODEL", TOKEN)
    rng = np.random.default_rng(0)
    rows = []
    for i in range(60):
        x, y = rng.normal([(i % 3) * 3.0, (i % 3) * -2.0], 0.5)
        rows.append({"id": f"row-{i:02d}", "x": float(x), "y": float(y)})
    access = {"url": server.url, "token": "env:QUERIST_OWN_MODEL", "seconds": PATIENCE}
    learner = {"name": "remote", "parameters": {**access, "train_seconds": PATIENCE}}
    policy = {"batch_size": 8, "audit_size": 9}
    with Project.create(
        tmp_path / "p", media="table", classes=COLOURS, learner=learner, policy=policy
    ) as made:
        made.add(rows, id_column="id")
        yield made


def with_patience(project: Project, seconds: float) -> Project:
    """The project opened once more, by somebody who waits so long for the model."""
    path = project.folder / "querist.toml"
    text = path.read_text(encoding="utf-8")
    try:
        path.write_text(text.replace(f"seconds = {PATIENCE}", f"seconds = {seconds}"))
        return Project.open(project.folder)
    finally:
        path.write_text(text, encoding="utf-8")


def label_all(project: Project) -> int:
    """Answer every task of the round; returns how many labels there are."""
    for item in project.queue.next("ana", 100).items:
        name = COLOURS[int(item.task.asset_id[-2:]) % 3]
        project.labels.submit(item.task.asset_id, name, annotator="ana")
    return project.status().labeled


def two_rounds(project: Project) -> None:
    """Draw, label and train twice."""
    for _ in range(2):
        project.next_round(8)
        label_all(project)
        project.train()


def test_a_served_model_drives_two_rounds(project: Project, server: OwnModelServer) -> None:
    """It trains, predicts the pool, chooses the second batch, and the audit set says it works."""
    two_rounds(project)
    status = project.status()
    assert [point.round for point in status.curve.active] == [1, 2]
    assert status.curve.active[-1].accuracy.value > 0.8
    second = project.rounds.list()[1]
    assert second.plan is not None
    assert second.plan.model_id == project.rounds.list()[0].model_id
    model = project.catalog.records.models.get(second.model_id)
    assert model.learner == "remote"
    assert TOKEN not in json.dumps(dict(model.parameters))
    assert len(project.catalog.predictions.probabilities(model.id)) == 60


@pytest.mark.parametrize("kind", ["kill", "hang"])
def test_a_server_that_is_gone_costs_no_label(
    project: Project, server: OwnModelServer, kind: str
) -> None:
    """The training fails in words, the last model stays, and once it is back the round goes on."""
    two_rounds(project)
    last = project.rounds.latest().model_id
    project.next_round(8)
    labels = label_all(project)
    getattr(server, kind)()
    with (
        with_patience(project, 1.0) as hasty,
        pytest.raises(UnavailableError, match="The model's server at") as raised,
    ):
        hasty.train()
    assert server.url in raised.value.message
    assert "no label is lost" in raised.value.remedy
    assert project.status().labeled == labels
    assert project.rounds.latest().step is Step.TRAIN
    assert project.catalog.records.models.latest(Arm.ACTIVE).id == last
    assert len(project.catalog.predictions.probabilities(last)) == 60
    project.labels.submit("row-00", COLOURS[0], annotator="ben")
    if kind == "kill":
        server.start()
    else:
        server.go_on()
    assert project.train().id != last
    assert project.rounds.latest().step is Step.DONE


def test_another_learner_takes_over(project: Project, server: OwnModelServer) -> None:
    """With the server gone for good, a learner of here finishes the round that waits."""
    two_rounds(project)
    project.next_round(8)
    label_all(project)
    server.kill()
    with pytest.raises(UnavailableError):
        project.train()
    folder = project.folder
    project.close()
    text = (folder / "querist.toml").read_text()
    before, _, rest = text.partition("[learner")
    after = rest[rest.index("[policy") :]
    (folder / "querist.toml").write_text(before + after)
    with Project.open(folder) as again:
        assert again.train().learner == "logistic-regression"
        assert len(again.status().curve.active) == 3
        assert again.next_round(8).number == 4


def test_a_job_fails_cleanly(project: Project, server: OwnModelServer) -> None:
    """As a job the training ends as failed, with the sentence of the error."""
    two_rounds(project)
    project.next_round(8)
    label_all(project)
    server.kill()
    job = project.jobs.submit("train", {})
    found = project.jobs.wait(job.id)
    assert found.state is JobState.FAILED
    assert found.error is not None
    assert found.error["code"] == "unavailable"
    assert server.url in found.error["message"]
