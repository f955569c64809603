"""Every connector keeps the promises of the seam; Label Studio against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from label_studio_server import LabelStudioServer
from querist.errors import UnknownNameError
from querist.labeling.workforces import Access, connector_class, connector_names
from querist.labeling.workforces.folder import ANSWERS, ITEMS, WITHDRAWN, Folder
from querist.labeling.workforces.kit import CONNECTOR_CHECKS
from querist.labeling.workforces.label_studio import LabelStudio
from querist.outside import label_studio_values as values
from querist.schema import to_json

CHECKS = pytest.mark.parametrize("check", CONNECTOR_CHECKS, ids=lambda check: check.__name__)


class FolderDesk:
    """Whoever labels from the files of a shared folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keys(self, place: str) -> list[str]:
        """The keys of the items that were not withdrawn, unless they are answered."""
        gone = {row["key"] for row in self._rows(place, WITHDRAWN)}
        gone -= {row["key"] for row in self._rows(place, ANSWERS)}
        return [row["key"] for row in self._rows(place, ITEMS) if row["key"] not in gone]

    def answer(self, place, item, value, *, person, seconds) -> None:
        """Append an answer."""
        self._append(place, item, person, value=to_json(value), seconds=seconds)

    def skip(self, place, item, *, person) -> None:
        """Append a skip."""
        self._append(place, item, person, skipped=True)

    def _append(self, place: str, item, person: str, **said: Any) -> None:
        row = {"key": item.key, "answer_id": f"a-{item.key}", "person": person, **said}
        row["at"] = datetime.now(UTC).isoformat()
        with (self._folder / place / ANSWERS).open("a") as file:
            file.write(json.dumps(row) + "\n")

    def _rows(self, place: str, name: str) -> list[dict[str, Any]]:
        path = self._folder / place / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class LabelStudioDesk:
    """People who label in Label Studio, through its own API."""

    def __init__(self, server: LabelStudioServer) -> None:
        self._server = server
        self._owner = server.client()

    def keys(self, place: str) -> list[str]:
        """The keys of all tasks of the project."""
        return [task["data"]["querist"] for task in self._tasks(place)]

    def answer(self, place, item, value, *, person, seconds) -> None:
        """Save an annotation; one that the person has made before is changed."""
        body = {"result": values.encode(value, item.asset), "lead_time": seconds}
        self._save(place, item.key, person, body)

    def skip(self, place, item, *, person) -> None:
        """Save an annotation that was cancelled."""
        self._save(place, item.key, person, {"result": [], "was_cancelled": True})

    def close(self) -> None:
        """End the connections."""
        self._owner.close()

    def _save(self, place: str, key: str, person: str, body: dict[str, Any]) -> None:
        (task,) = [task for task in self._tasks(place) if task["data"]["querist"] == key]
        with self._server.client(self._server.user(person)) as client:
            path = f"/api/tasks/{task['id']}/annotations/"
            known = client.get(path).raise_for_status().json()
            if known:
                client.patch(f"/api/annotations/{known[0]['id']}/", json=body).raise_for_status()
            else:
                client.post(path, json=body).raise_for_status()

    def _tasks(self, place: str) -> list[dict[str, Any]]:
        params: dict[str, Any] = {"project": place, "page_size": 1000}
        found: httpx.Response = self._owner.get("/api/tasks", params=params)
        return list(found.raise_for_status().json()["tasks"])


@pytest.fixture
def folder_desk(tmp_path: Path) -> FolderDesk:
    """A shared folder."""
    return FolderDesk(tmp_path)


@pytest.fixture(scope="module")
def label_studio_desk(label_studio: LabelStudioServer) -> Iterator[LabelStudioDesk]:
    """The people of the session's server."""
    desk = LabelStudioDesk(label_studio)
    yield desk
    desk.close()


@CHECKS
def test_the_folder_keeps_the_promises(check, folder_desk, tmp_path):
    """Each check of the kit holds for the folder."""
    check(lambda: Folder(Access(url=tmp_path.as_uri())), folder_desk)


@pytest.mark.slow
@CHECKS
def test_label_studio_keeps_the_promises(check, label_studio, label_studio_desk):
    """Each check of the kit holds for the connector and a real server."""
    made: list[LabelStudio] = []

    def factory() -> LabelStudio:
        made.append(LabelStudio(Access(url=label_studio.url, token=label_studio.token)))
        return made[-1]

    check(factory, label_studio_desk)
    for connector in made:
        connector.close()


def test_every_connector_is_held_to_the_kit():
    """A connector that is built in stands in this file."""
    assert connector_names() == ("folder", "label-studio")
    assert [connector_class(name).name for name in connector_names()] == list(connector_names())
    assert all(connector_class(name).summary for name in connector_names())


def test_an_unknown_connector_is_answered_with_the_nearest():
    """The names are offered."""
    with pytest.raises(UnknownNameError, match="label-studio"):
        connector_class("labelstudio")
