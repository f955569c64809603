"""The routes that are asked most answer as FastAPI's own do, whatever they are sent."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app
from querist.server.failures import add_failure_handlers
from querist.server.routes.labels import create_label
from querist.server.routes.tasks import lease_tasks

HOME = "http://127.0.0.1:8321"
JSON = {"Content-Type": "application/json"}
LABEL = b'{"asset_id": "a", "submission_id": "s", "value": {"type": "class", "name": "a"}'
REQUESTS = [
    ("/tasks/lease", b"{}", JSON),
    ("/tasks/lease", b"", JSON),
    ("/tasks/lease", b"{", JSON),
    ("/tasks/lease", b"\xff", JSON),
    ("/tasks/lease", b"[]", JSON),
    ("/tasks/lease", b"null", JSON),
    ("/tasks/lease", b'{"count": 0}', JSON),
    ("/tasks/lease", b'{"count": "2"}', JSON),
    ("/tasks/lease", b'{"count": 1.5, "seconds": NaN}', JSON),
    ("/tasks/lease", b'{"more": 1}', JSON),
    ("/tasks/lease", b"{}", {"Content-Type": "application/json; charset=utf-8"}),
    ("/tasks/lease", b"{}", {"Content-Type": "text/plain"}),
    ("/tasks/lease", b"{}", {}),
    ("/labels", b"{}", JSON),
    ("/labels", LABEL + b"}", JSON),
    ("/labels", LABEL + b', "action": "guess"}', JSON),
    ("/labels", LABEL + b', "expected_version": -1}', JSON),
    ("/labels", LABEL + b', "seconds": Infinity}', JSON),
    ("/labels", LABEL + b', "prelabel": {"type": "color"}}', JSON),
    ("/labels", b'{"asset_id": "a", "submission_id": "s"}', JSON),
    ("/labels", b"[" * 100_000, JSON),
]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The app, the same two endpoints as FastAPI serves them, and an owner's token."""
    folder = tmp_path_factory.mktemp("p") / "shop"
    with Project.create(folder, media="text", classes=["a", "b"]) as project:
        app = create_app(project)
        usual = FastAPI()
        usual.state.service = app.state.service
        usual.add_api_route("/api/v1/tasks/lease", lease_tasks, methods=["POST"])
        usual.add_api_route("/api/v1/labels", create_label, methods=["POST"])
        add_failure_handlers(usual)
        project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
        token = project.catalog.records.tokens.issue("ana", kind="api", ttl_seconds=60)
        yield TestClient(app, base_url=HOME), TestClient(usual, base_url=HOME), token


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
@pytest.mark.parametrize(("path", "body", "headers"), REQUESTS)
def test_a_hot_route_answers_as_any_other(answers, path, body, headers, known):
    """Status and words are the same, for fitting and wrong bodies, with and without a token."""
    *clients, token = answers
    sent = {**headers, "Authorization": f"Bearer {token}"} if known else headers
    hot, usual = (it.post(f"/api/v1{path}", content=body, headers=sent) for it in clients)
    assert (hot.status_code, hot.json()) == (usual.status_code, usual.json())


def test_a_cookie_needs_the_header_of_our_pages(answers):
    """Another site's page, which can send the cookie only, reserves nothing."""
    hot, _, _ = answers
    records = hot.app.state.service.project.catalog.records
    secret = records.tokens.issue("ana", kind="session", ttl_seconds=60)
    cookie = {"Cookie": f"{hot.app.state.service.cookie}={secret}", **JSON}
    assert hot.post("/api/v1/tasks/lease", content=b"{}", headers=cookie).status_code == 403
    ours = {**cookie, "X-Querist": "1"}
    assert hot.post("/api/v1/tasks/lease", content=b"{}", headers=ours).status_code == 200
