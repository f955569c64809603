"""What a project says whose models are not measured: no audit set, or equal numbers in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from querist.catalog import Settings
from querist.cli.app import app
from querist.errors import QueristError
from querist.project import Project
from querist.schema import TaskKind


def _said(*command: str) -> str:
    """What a command prints, on one line."""
    return " ".join(CliRunner().invoke(app, list(command), env={"COLUMNS": "200"}).output.split())


def test_without_an_audit_set_nothing_is_said_of_one(tmp_path: Path) -> None:
    """The status names the setting, the diagnosis tells lessons and finds nothing on no audit."""
    rng = np.random.default_rng(0)
    policy = {"batch_size": 10, "audit_size": 0, "control_share": 0.5}
    folder = tmp_path / "p"
    with Project.create(
        folder, media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        rows = [
            {"id": f"r{i}", "x": float(rng.normal(2 * (i % 2))), "known": "ab"[i % 2]}
            for i in range(120)
        ]
        project.add(rows, metadata_columns=["known"])
        project.oracle(2)
        told = "No audit set is drawn, as audit_size is 0, so that no model is measured."
        assert project.status().sentence == f"20 labels. {told} Go on."
    for command in (
        ["thresholds", "2"],
        ["reliability", "2"],
        ["compare", "1", "2"],
        ["experiment", "--arms"],
    ):
        refused = CliRunner().invoke(app, [*command, "--project", str(folder)]).exception
        assert isinstance(refused, QueristError)
        assert "no audit label" in refused.message
        assert refused.remedy.startswith("This project has no audit set, and none is drawn among")
    said = _said("diagnose", "--project", str(folder))
    assert f"Round 2: {told}" in said
    assert "nothing stands out" not in said
    assert "What data taught" in said
    settings = Settings.read(folder)
    replace(settings, policy=replace(settings.policy, audit_size=24)).write(folder)
    with Project.open(folder) as project:
        project.oracle(1)
        assert (
            "No audit set is drawn, as none was with the first round" in project.status().sentence
        )


def test_of_equal_numbers_the_errors_are_told(tmp_path: Path) -> None:
    """R² has no meaning there; MAE and RMSE do, and the audit set is labelled."""
    rng = np.random.default_rng(0)
    policy = {"batch_size": 20, "audit_size": 20, "control_share": 0.0}
    folder = tmp_path / "p"
    with Project.create(
        folder, task=TaskKind.REGRESSION, media="table", oracle_column="known", policy=policy
    ) as project:
        project.add(
            [{"id": f"r{i}", "x": float(rng.normal()), "known": 3.0} for i in range(120)],
            metadata_columns=["known"],
        )
        project.oracle(1)
        told = "R² is not defined where all numbers of the audit set are the same: MAE 0, RMSE 0, "
        assert f"{told}audit of 20. Go on." in project.status().sentence
    assert told in _said("diagnose", "--project", str(folder))
