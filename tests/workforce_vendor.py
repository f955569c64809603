"""A project and a workforce outside that shares a folder with it, for the tests of both."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from querist import Project
from querist.catalog import Catalog
from querist.labeling.workforces.folder import ANSWERS, ITEMS

ANA, BEN = "ana@example.com", "ben@example.com"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Vendor:
    """Whoever labels from the shared folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers = 0

    def items(self) -> list[dict[str, Any]]:
        """All items of all places, in the order of sending."""
        paths = sorted(self.folder.glob(f"*/{ITEMS}"))
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]

    def answer(self, item, name: str | None, *, person: str = ANA, **more: Any) -> dict[str, Any]:
        """Answer an item by a class, or skip it."""
        self.answers += 1
        said = {"skipped": True} if name is None else {"value": {"type": "class", "name": name}}
        row = {
            "key": item["key"],
            "answer_id": f"{item['key']}-{person}",
            "at": datetime.now(UTC).isoformat(),
            "person": person,
            "seconds": 3.6,
            **said,
            **more,
        }
        (place,) = [
            path.parent
            for path in self.folder.glob(f"*/{ITEMS}")
            if any(json.loads(line)["key"] == item["key"] for line in path.read_text().splitlines())
        ]
        with (place / ANSWERS).open("a") as file:
            file.write(json.dumps(row) + "\n")
        return row


def text_shop(folder: Path, records_url: str) -> Project:
    """Forty texts, a round of twelve; an hour of work costs 36."""
    made = Project.create(
        folder,
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"audit_size": 0, "control_share": 0.0, "hourly_cost": 36.0},
    )
    made.add([{"id": f"t{i:02}", "text": f"text number {i}"} for i in range(40)])
    made.next_round(12)
    return made


def paid(project: Project) -> list[float]:
    """What was paid for answers, one after the other."""
    booked = project.catalog.records.ledger.list()
    return [it["quantity"] for it in booked if it["detail"].get("workforce")]


def entries(catalog: Catalog) -> list[Any]:
    """The whole label log."""
    return list(catalog.records.labels.since(0))


def deliveries(project: Project) -> list[Any]:
    """Everything sent to the crowd."""
    return list(project.workforces.deliveries("crowd"))
