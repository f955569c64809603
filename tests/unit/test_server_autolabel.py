"""Facts about auto-labels over HTTP: a proposal, its set, its audit and its end."""

from __future__ import annotations

import numpy as np
import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app

API = "/api/v1"


@pytest.fixture
def client(tmp_path):
    """A manager's client of a project with checks that were answered."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 2, 400)
    rows = [
        {"id": f"a{i}", "truth": "ab"[k], "x": float(5 * k + rng.normal())}
        for i, k in enumerate(codes.tolist())
    ]
    truth = {row["id"]: row["truth"] for row in rows}
    project = Project.create(
        tmp_path / "served",
        media="table",
        classes=["a", "b"],
        oracle_column="truth",
        policy={"audit_size": 40, "batch_size": 20},
    )
    with project:
        project.add(rows)
        project.oracle(1)
        project.next_round(5)
        for asset_id in project.autolabel.ask(60, max_error=0.1):
            project.labels.submit(asset_id, truth[asset_id], annotator="ana")
        project.catalog.records.annotators.ensure("mia", Role.MANAGER)
        token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
        served = create_app(project, engine=project.jobs)
        opened = TestClient(served, base_url="http://127.0.0.1:8321")
        opened.headers["Authorization"] = f"Bearer {token}"
        yield opened


def _result(client: TestClient, path: str, **body: object) -> dict:
    """What a job brought; it runs inside the request."""
    job = client.post(f"{API}/autolabel/{path}", json=body).json()
    assert job["state"] == "done", job
    return job["result"]


def test_a_set_is_proposed_accepted_audited_and_rolled_back(client) -> None:
    """Each step is one request, and the next one sees what it did."""
    proposal = _result(client, "proposals", max_error=0.1)
    assert proposal["count"] > 0
    kept = client.get(f"{API}/autolabel/proposals/{proposal['id']}").json()
    assert kept["sentence"] == proposal["sentence"]
    made = _result(client, "sets", proposal=proposal["id"])
    assert made["accepted"] == proposal["count"]
    (audited,) = client.post(f"{API}/autolabel/audit", json={"count": 10}).json()
    assert audited["asked"] == 10
    path = f"{API}/autolabel/sets/{made['id']}/roll-back"
    assert client.post(path, json={"reason": "Tried out."}).json()["holding"] == 0
    (listed,) = client.get(f"{API}/autolabel/sets").json()
    assert listed["reason"] == "Tried out."
    hard = client.get(f"{API}/assets", params={"difficulty": "hard"}).json()
    assert {item["difficulty"] for item in hard["items"]} <= {"hard"}


def test_a_promise_out_of_range_is_refused(client) -> None:
    """The body is checked before a job begins."""
    answer = client.post(f"{API}/autolabel/proposals", json={"max_error": 1.5})
    assert answer.status_code == 422
