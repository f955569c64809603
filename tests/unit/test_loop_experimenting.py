"""Facts about the experiment on a real project: its own arms, or both repeated from scratch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist.cli.app import app
from querist.errors import InvalidInputError
from querist.project import Project
from querist.schema import Arm, Role
from querist.server import create_app

NAMES = ["amber", "blue", "green"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three rounds of 12 with as many random ones, on 240 rows of known classes."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(240):
        x, y = rng.normal([(i % 3) * 1.5, -(i % 2)], 0.8)
        rows.append({"id": f"row-{i:03d}", "x": float(x), "y": float(y), "known": NAMES[i % 3]})
    made = tmp_path_factory.mktemp("experiment") / "p"
    policy = {"batch_size": 12, "audit_size": 48, "control_share": 1.0, "strategy": "margin"}
    with Project.create(
        made, media="table", classes=NAMES, oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(3)
    return made


def test_the_arms_of_the_project_are_compared_on_its_audit_set(folder: Path) -> None:
    """Equal sizes, every class, the audit rows alone, and the last point is the round's own."""
    with Project.open(folder) as project:
        found = project.experiments.run("arms")
        last = project.status().curve.active[-1]
    result = found.result
    assert (result.size, result.repeats, found.test) == (36, 1, "audit")
    assert [row.name for row in result.classes] == NAMES
    assert sum(row.count for row in result.classes) == 48
    assert result.active_curve[-1].accuracy.value == pytest.approx(last.accuracy.value, abs=0.04)
    assert found.strategy == "auto, margin"  # the first batch has no model to go by


def test_the_same_labels_and_seeds_give_the_same_experiment(folder: Path) -> None:
    """Its id is a digest of all it rests on: run again it is equal, with other labels another."""
    with Project.open(folder) as project:
        one, again = (project.experiments.run("repeated", seeds=2, rounds=3) for _ in range(2))
        other = project.experiments.run("repeated", seeds=3, rounds=3)
        kept = project.experiments.list()
    assert (again.id, again.result) == (one.id, one.result)
    assert other.id != one.id
    assert {it.id for it in kept} >= {one.id, other.id}
    assert kept[0] == other
    assert one.seeds == (0, 1)
    assert len(one.digests["pool"]) == 64


def test_audit_and_control_rows_never_reach_the_other_arm(folder: Path) -> None:
    """The digest of the active set is that of the newest active model, of the control likewise."""
    with Project.open(folder) as project:
        digests = project.experiments.run("arms").digests
        models = project.catalog.records.models
        for arm in (Arm.ACTIVE, Arm.CONTROL):
            assert digests[arm.value] == models.latest(arm).labels_digest


def test_projects_without_labels_are_refused(tmp_path: Path) -> None:
    """The reason is told before anything runs."""
    with Project.create(tmp_path / "e", media="table", classes=NAMES) as project:
        project.add([{"id": f"r{i}", "x": float(i)} for i in range(10)])
        with pytest.raises(InvalidInputError, match="audit"):
            project.experiments.run()
        with pytest.raises(InvalidInputError, match="10 of 10"):
            project.experiments.run("repeated")


def test_the_command_prints_classes_and_writes_the_report(folder: Path, tmp_path: Path) -> None:
    """One command: figures of each class, the sentence, JSON, and a page that loads nothing."""
    page = tmp_path / "experiment.html"
    asked = ["experiment", "-p", str(folder), "--arms", "--report", str(page)]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert all(name in shown.output for name in NAMES)
    assert "random needs" in shown.output
    html = page.read_text("utf-8")
    assert "Class by class" in html
    assert "src=" not in html
    body = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert body["result"]["size"] == 36


def test_one_request_runs_it_and_the_list_shows_it(folder: Path) -> None:
    """The job's result names the experiment that the list then leads with."""
    with Project.open(folder) as project:
        project.catalog.records.annotators.ensure("mia", Role.MANAGER)
        token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
        served = create_app(project, engine=project.jobs)
        client = TestClient(served, base_url="http://127.0.0.1:8321")
        client.headers["Authorization"] = f"Bearer {token}"
        job = client.post("/api/v1/experiments", json={"source": "arms"}).json()
        assert job["state"] == "done", job
        newest = client.get("/api/v1/experiments").json()[0]
    assert newest["id"] == job["result"]["id"]
    assert (
        newest["result"]["gain"]["accuracy"]["low"] <= newest["result"]["gain"]["accuracy"]["value"]
    )
