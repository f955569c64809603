"""The doubt of an asset over REST: a request trains nothing, a job does."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from querist.engine import InlineEngine
from querist.project import Project
from querist.schema import Role
from querist.server import create_app


def test_the_doubt_is_told_once_a_job_has_trained_what_tells_it(tmp_path: Path) -> None:
    """Before it the answer says what to do, and comes at once."""
    with Project.create(tmp_path / "p", media="table", classes=["a", "b"]) as project:
        project.add([{"id": f"r{i}", "x": float(i % 2) + 0.01 * i} for i in range(20)])
        for i in range(10):
            project.labels.submit(f"r{i}", "ab"[i % 2], annotator="ana")
        assert "no model yet" in str(project.models.doubt_state().problem)
        project.train()
        project.catalog.records.annotators.ensure("rita", role=Role.REVIEWER)
        token = project.catalog.records.tokens.issue("rita", kind="api", ttl_seconds=600)
        app = create_app(
            project, engine=InlineEngine(project.catalog.records.jobs, project.handlers)
        )
        headers = {"Authorization": f"Bearer {token}"}
        with TestClient(app, base_url="http://127.0.0.1:8321", headers=headers) as client:
            assert client.get("/api/v1/doubt").json() == {"ready": False, "problem": None}
            early = client.get("/api/v1/asset/doubt", params={"id": "r15"})
            assert (early.status_code, early.json()["error"]["code"]) == (409, "not_fitted")
            assert "POST /api/v1/doubt" in early.json()["error"]["remedy"]
            assert not (project.folder / "cache" / "doubt").exists()
            job = client.post("/api/v1/doubt")
            assert (job.status_code, job.json()["state"]) == (202, "done")
            assert client.get("/api/v1/doubt").json()["ready"]
            found = client.get("/api/v1/asset/doubt", params={"id": "r15"}).json()
    assert found["drawn"] == 8
    assert found["total"] == pytest.approx(found["aleatoric"] + found["epistemic"])
