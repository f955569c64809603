"""People who label and review on servers that die: they send again until they hear back.

Run by `labeling_crash` as processes of their own: python -m benchmarks.crash_clients SPEC
"""

from __future__ import annotations

import http.client
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.served_project import CLASSES
from querist.schema import new_id

LEASE = 10
WALK_AWAY_SECONDS = 5
_SAID = ("submission_id", "asset_id", "seq", "version", "action", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One person's program.

    Attributes:
        part: ``annotator``, ``reviewer``, or ``walker``, who reserves tasks and walks away.
        name: Who.
        token: The token.
        ports: Servers; when one does not answer the next one is asked.
        log: File of what was heard, one JSON object a line.
        stop: When this file is there, what was begun is finished, and nothing more.
    """

    part: str
    name: str
    token: str
    ports: Sequence[int]
    log: str
    stop: str


class Person:
    """What all have in common: the connection, and the notes of what was heard."""

    def __init__(self, spec: Spec) -> None:
        self.rng = random.Random(spec.name)
        self._ports = list(spec.ports)
        self.rng.shuffle(self._ports)
        self._headers = {
            "Authorization": f"Bearer {spec.token}",
            "Content-Type": "application/json",
        }
        log = Path(spec.log)
        self._log = log.open("a", encoding="utf-8", buffering=1)
        self._stop = Path(spec.stop)
        self._connection: http.client.HTTPConnection | None = None

    @property
    def goes_on(self) -> bool:
        """Whether there is still work to begin."""
        return not self._stop.exists()

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask until somebody answers; a failure of the server is no answer."""
        while True:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection(
                        "127.0.0.1", self._ports[0], timeout=30
                    )
                text = None if body is None else json.dumps(body)
                self._connection.request(method, f"/api/v1{path}", text, self._headers)
                answer = self._connection.getresponse()
                status, content = answer.status, json.loads(answer.read())
                if status < 500:
                    return status, content
            except (OSError, http.client.HTTPException, ValueError):
                if self._connection is not None:
                    self._connection.close()
                self._connection = None
                self._ports.append(self._ports.pop(0))
            self.note({"tried_again": path})
            time.sleep(0.05)

    def tell(self, path: str, body: dict[str, Any], **about: Any) -> None:
        """Send a decision, and note that it was heard, or why it was refused."""
        # One in twenty is sent once more although it was acknowledged, as impatient clients do.
        for _ in range(2 if self.rng.random() < 0.05 else 1):
            start = time.perf_counter()
            status, stored = self.send("POST", path, body)
            if status not in (200, 201):
                self.note({"refused": status, "body": stored, "sent": body})
                return
            heard = {name: stored[name] for name in _SAID if name in stored}
            seconds = time.perf_counter() - start
            self.note({"acknowledged": heard, "path": path, "seconds": seconds, **about})

    def note(self, entry: dict[str, Any]) -> None:
        """Write down what happened; whoever is ended here leaves whole lines."""
        self._log.write(json.dumps(entry) + "\n")


def annotate(person: Person) -> None:
    """Reserve tasks and answer them, one in ten by a skip."""
    while person.goes_on:
        status, page = person.send("POST", "/tasks/lease", {"count": LEASE, "seconds": 60})
        if status != 200 or not page["items"]:
            person.note({"refused": status, "body": page})
            time.sleep(0.2)
            continue
        for item in page["items"]:
            skips = person.rng.random() < 0.1
            name = person.rng.choice(CLASSES)
            body = {
                "asset_id": item["asset"]["id"],
                "action": "skip" if skips else "label",
                "value": None if skips else {"type": "class", "name": name},
                "expected_version": item["version"],
                "seconds": round(person.rng.uniform(0.5, 4), 3),
                "task_id": item["task"]["id"],
                "submission_id": new_id("sub"),
            }
            person.tell("/labels", body, task_id=item["task"]["id"])


def review(person: Person) -> None:
    """Look at what others have labelled: accept most, fix some, send some back."""
    while person.goes_on:
        status, page = person.send("GET", "/review?limit=10")
        if status != 200 or not page["items"]:
            time.sleep(0.2)
            continue
        for item in page["items"]:
            action = person.rng.choice(["accept", "accept", "fix", "send_back"])
            name = person.rng.choice(CLASSES)
            body = {
                "asset_id": item["annotation"]["asset_id"],
                "action": action,
                "label_seq": item["annotation"]["seq"],
                "value": {"type": "class", "name": name} if action == "fix" else None,
                "comment": "Look again." if action == "send_back" else None,
                "submission_id": new_id("rev"),
            }
            person.tell("/review", body)


def walk_away(person: Person) -> None:
    """Reserve tasks for a short time, again and again, and answer none."""
    while person.goes_on:
        wish = {"count": LEASE, "seconds": WALK_AWAY_SECONDS}
        status, page = person.send("POST", "/tasks/lease", wish)
        if status == 200:
            person.note({"left": [item["task"]["id"] for item in page["items"]]})
        time.sleep(1.3 * WALK_AWAY_SECONDS)


def main() -> int:
    """Do one person's part."""
    spec = Spec(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    {"annotator": annotate, "reviewer": review, "walker": walk_away}[spec.part](Person(spec))
    return 0


if __name__ == "__main__":
    sys.exit(main())
