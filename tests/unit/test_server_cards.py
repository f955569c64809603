"""The cards of named assets over REST, as galleries show them."""

from __future__ import annotations

from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321/api/v1/"


def test_cards_of_some_assets_come_in_their_order(tmp_path):
    """Each named asset's card, as asked; an unknown id is a 404 that names it."""
    with Project.create(tmp_path / "p", media="text", classes=["boot", "shirt"]) as project:
        project.add([{"id": f"t{i}", "text": f"item number {i}"} for i in range(3)])
        project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
        token = project.catalog.records.tokens.issue("ana", kind="api", ttl_seconds=600)
        headers = {"Authorization": f"Bearer {token}"}
        with TestClient(create_app(project), base_url=HOME, headers=headers) as client:
            items = client.get("assets").json()["items"]
            wanted = [items[2], items[0]]
            ids = [card["id"] for card in wanted]
            assert client.get("assets/cards", params={"id": ids}).json() == wanted
            answer = client.get("assets/cards", params={"id": [*ids, "nowhere"]})
            assert answer.status_code == 404
            assert "nowhere" in answer.json()["error"]["message"]
            assert client.get("assets/cards").status_code == 422
