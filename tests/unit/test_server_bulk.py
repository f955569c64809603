"""Bulk labels over REST: what was seen, skipping many, and taking it back."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app

GREEN = {"type": "class", "name": "green"}


@pytest.fixture
def project(tmp_path):
    """Three texts, two classes."""
    with Project.create(tmp_path / "shop", media="text", classes=["red", "green"]) as project:
        rows = [{"id": f"t{n}", "text": f"Text {n}."} for n in range(3)]
        project.add(rows, id_column="id", text_column="text")
        yield project


@pytest.fixture
def client(project):
    """A reviewer with an API token."""
    records = project.catalog.records
    records.annotators.ensure("rita", role=Role.REVIEWER)
    token = records.tokens.issue("rita", kind="api", ttl_seconds=600)
    home = "http://127.0.0.1:8321/api/v1/"
    client = TestClient(create_app(project, engine=project.jobs), base_url=home)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def cards(client, **params):
    """The cards that fit."""
    return client.get("assets", params=params).json()["items"]


def post(client, path, status=200, /, **body):
    """The JSON of a POST that answers ``status``."""
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_newer_decisions_are_left_alone_and_the_others_taken_back(client, project):
    """Cards say up to which entry they were seen; the undo leaves what was decided since."""
    found = cards(client)
    ids, seen = [card["id"] for card in found], [card["seq"] for card in found]
    assert seen == [0, 0, 0]
    project.labels.submit(ids[0], "red", annotator="ben")
    body = {"asset_ids": ids, "seen": seen, "submission_id": "b1"}
    given = post(client, "labels/bulk", **body, value=GREEN)
    assert (given["stored"], given["conflicts"][0]["error"]["code"]) == (2, "conflict")
    assert cards(client)[0]["label"] == "red"
    project.labels.submit(ids[1], "red", annotator="ben")
    undone = post(client, "labels/bulk/undo", asset_ids=ids, submission_id="b1")
    assert (undone["stored"], undone["unchanged"]) == (1, 1)
    assert [it["asset_id"] for it in undone["conflicts"]] == [ids[1]]
    assert cards(client, label="green") == []


def test_a_client_that_says_nothing_of_what_it_saw_is_served_as_before(client, project):
    """It replaces labels of others, and gives no id of its own."""
    project.labels.submit("t0", "red", annotator="ben")
    given = post(client, "labels/bulk", asset_ids=["t0", "t1"], value=GREEN)
    assert (given["stored"], given["unchanged"], given["conflicts"]) == (2, 0, [])


def test_many_assets_are_skipped(client):
    """A skip has no value, and is no edit of a set; what was seen is said of each asset."""
    ids = ["t0", "t1"]
    assert post(client, "labels/bulk", asset_ids=ids, action="skip")["stored"] == 2
    assert [card["id"] for card in cards(client, state="skipped")] == ids
    for wrong in (
        {"action": "skip", "value": GREEN},
        {"action": "skip", "how": "add"},
        {"action": "label"},
        {"value": GREEN, "seen": [0]},
    ):
        post(client, "labels/bulk", 422, asset_ids=ids, **wrong)


def test_home_has_no_next_batch_once_each_asset_is_labelled_or_skipped(client):
    """A batch of one was offered, and refused."""
    assert client.get("home").json()["next_batch_size"] == 3
    post(client, "labels/bulk", asset_ids=["t0", "t1"], value=GREEN)
    assert client.get("home").json()["next_batch_size"] == 1
    post(client, "labels/bulk", asset_ids=["t2"], action="skip")
    assert client.get("home").json()["next_batch_size"] == 0
