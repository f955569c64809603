"""What no number or text can be is told alike on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app

HUGE = 99_999_999_999
NUL = "a\0b"


@pytest.fixture
def project(records_url: str, tmp_path: Path) -> Iterator[Project]:
    """Four texts, two classes, and a round that collects."""
    with Project.create(
        tmp_path / "shop", media="text", classes=["a", "b"], records=records_url
    ) as made:
        made.add([{"id": f"t{i}", "text": f"words {i}"} for i in range(4)])
        made.next_round(4)
        yield made


@pytest.fixture
def as_role(project: Project):
    """Gives a client that is logged in as somebody of that role."""
    served = create_app(project, engine=project.jobs)

    def log_in(role: Role, name: str) -> TestClient:
        records = project.catalog.records
        person = records.annotators.ensure(name, role=role)
        client = TestClient(served, base_url="http://127.0.0.1:8321/api/v1/")
        token = records.tokens.issue(person.name, kind="api", ttl_seconds=600)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    return log_in


def decision(asset_id: str = "t1", **other: object) -> dict[str, object]:
    """A label of class a."""
    value = {"type": "class", "name": "a"}
    return {"asset_id": asset_id, "value": value, "submission_id": "s1", **other}


def test_what_no_column_holds_is_told_alike(as_role) -> None:
    """A number that cannot exist is not found; a NUL character is refused and never stored."""
    mia = as_role(Role.MANAGER, "mia")
    for number in (HUGE, 2**70):
        assert mia.get(f"rounds/{number}").status_code == 404
    for body in (
        decision(submission_id=NUL),
        decision(asset_id=NUL),
        {**decision(), "action": "skip", "value": None, "reason": NUL},
        decision(model_id=NUL, prelabel={"type": "class", "name": NUL}),
        decision(prelabel={"type": "class", "name": NUL}),
    ):
        answer = mia.post("labels", json=body)
        assert answer.status_code in (404, 422), (body, answer.text)
        assert answer.status_code == 422 or body["asset_id"] == NUL
    assert mia.get("labels/recent").json() == []
    told = mia.post("labels", json=decision(submission_id=NUL)).json()["error"]
    assert "stored or looked for" in told["message"]
    assert mia.post("labels", json=decision(reason="C:\\u0000")).status_code == 201


def test_a_working_time_of_more_than_a_day_is_refused(as_role) -> None:
    """Nobody can make the sums of the home page overflow."""
    ana, mia = as_role(Role.ANNOTATOR, "ana"), as_role(Role.MANAGER, "mia")
    answer = ana.post("labels", json=decision(seconds=1e308))
    assert answer.status_code == 422
    assert "milliseconds" in answer.json()["error"]["remedy"]
    assert mia.get("home").status_code == 200


def test_renewing_tells_which_tasks_are_still_held(project, as_role) -> None:
    """What somebody else holds by now is neither held for longer nor given back."""
    ana, ben = as_role(Role.ANNOTATOR, "ana"), as_role(Role.ANNOTATOR, "ben")
    (item,) = ana.post("tasks/lease", json={"count": 1}).json()["items"]
    ids = {"task_ids": [item["task"]["id"], HUGE]}
    held = {"ok": True, "task_ids": [item["task"]["id"]]}
    assert ana.post("tasks/renew", json=ids).json() == held
    for path in ("tasks/renew", "tasks/release"):
        assert ben.post(path, json=ids).json() == {"ok": True, "task_ids": []}
    assert ana.post("tasks/release", json=ids).json() == held


def test_an_export_says_what_it_leaves_out(as_role) -> None:
    """In a header, and nothing is left out where earlier classes are asked for."""
    mia = as_role(Role.MANAGER, "mia")
    assert mia.post("labels", json=decision()).status_code == 201
    assert "x-querist-warnings" not in mia.get("labels/export").headers
    change = {"change": {"type": "retire", "name": "a"}, "expected_version": 1}
    assert mia.post("ontology/changes", json=change).status_code == 201
    answer = mia.get("labels/export")
    assert "t1" not in answer.text
    assert "1 label is left out" in answer.headers["x-querist-warnings"]
    answer = mia.get("labels/export", params={"earlier": True})
    assert "t1,a," in answer.text
    assert "x-querist-warnings" not in answer.headers


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("labels/bulk", r'{"asset_ids": ["\ud800"], "value": {"type": "class", "name": "a"}}'),
        ("labels/bulk", r'{"asset_ids": ["t1"], "value": {"type": "class", "name": "\ud800"}}'),
        ("zero-shot", r'{"describe": {"\ud800": "words"}}'),
    ],
)
def test_half_a_surrogate_pair_is_refused_wherever_it_stands(as_role, path, body) -> None:
    """JSON can write it; neither the records nor an answer can hold it. A whole pair is a text."""
    mia = as_role(Role.MANAGER, "mia")
    headers = {"content-type": "application/json"}
    answer = mia.post(path, content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "surrogate" in answer.json()["error"]["message"]
    whole = mia.post(path, content=body.replace(r"\ud800", r"\ud83d\ude00"), headers=headers)
    assert "surrogate" not in whole.text
