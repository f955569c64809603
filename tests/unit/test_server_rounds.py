"""Rounds over REST: what two who ask for the next batch at once get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.errors import ConflictError
from querist.schema import Arm, JobState, Role, Step
from querist.server import create_app


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Sixty rows of two classes."""
    rng = np.random.default_rng(0)
    rows = [{"id": f"r{i}", "x": float(rng.normal(i % 2)), "y": i % 2} for i in range(60)]
    policy = {"batch_size": 4, "audit_size": 4}
    with Project.create(
        tmp_path / "p", media="table", classes=["0", "1"], policy=policy
    ) as project:
        project.add(rows, id_column="id")
        yield project


@pytest.fixture
def client(project: Project) -> TestClient:
    """A manager; jobs run at once, in the request."""
    records = project.catalog.records
    records.annotators.ensure("ana", role=Role.MANAGER)
    token = records.tokens.issue("ana", kind="api", ttl_seconds=600)
    home = "http://127.0.0.1:8321/api/v1/"
    client = TestClient(create_app(project, engine=project.jobs), base_url=home)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_a_batch_that_somebody_else_began_is_not_ended(
    client: TestClient, project: Project
) -> None:
    """Who has not seen it is refused; who has, or does not say, ends it with what it has."""
    assert client.post("rounds", json={"after": 0}).status_code == 202
    late = client.post("rounds", json={"after": 0})
    assert late.status_code == 409
    assert "Round 1 was begun meanwhile" in late.json()["error"]["message"]
    assert [it.step for it in project.rounds.list()] == [Step.COLLECT]
    with pytest.raises(ConflictError, match="Round 1"):
        project.rounds.check_newest(0)
    assert client.post("rounds", json={"after": 1}).status_code == 202
    assert client.post("rounds", json={}).status_code == 202
    assert [it.number for it in project.rounds.list()] == [1, 2, 3]


def test_while_a_batch_is_drawn_no_second_one_is_asked_for(
    client: TestClient, project: Project
) -> None:
    """Nobody can have seen a round that is not there yet; a script that does not say may queue."""
    jobs = project.catalog.records.jobs
    waiting = jobs.add("next_round", {})
    refused = client.post("rounds", json={"after": 0})
    assert refused.status_code == 409
    assert "being drawn already" in refused.json()["error"]["message"]
    assert [it.state for it in jobs.list() if it.id == waiting.id] == [JobState.QUEUED]
    assert len(jobs.list()) == 1
    assert client.post("rounds", json={}).status_code == 202


def test_a_half_drawn_batch_is_gone_on_with(project: Project) -> None:
    """A process killed while it drew left a round that its job has not seen."""
    round_ = project.next_round()
    records = project.catalog.records.rounds
    project.rounds.check_newest(round_.number)
    records.update(replace(round_, step=Step.SELECT), expected_step=round_.step)
    project.rounds.check_newest(round_.number - 1)


def test_a_round_tells_what_it_drew(client: TestClient, project: Project) -> None:
    """Fewer than asked for where no more were left, and nothing while it is planned."""
    drawn = project.next_round(500)
    told = client.get("home").json()["rounds"][0]["drawn"]
    assert 0 < told < 60
    assert told == len(project.catalog.records.rounds.selected(drawn.number, Arm.ACTIVE))
    project.catalog.records.rounds.update(
        replace(drawn, step=Step.SELECT), expected_step=drawn.step
    )
    assert client.get("home").json()["rounds"][0]["drawn"] is None
