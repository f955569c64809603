"""Labels acknowledged by a server that is killed again and again: none lost, none twice, no gaps.

Run: python -m benchmarks.crash_labels [--kills 100] [--database sqlite|postgresql|both]
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.reporting import Figure, report
from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask, Records
from querist.schema import Action, Annotation, Arm, Candidate, Round, Step, TaskState, new_id

CLASSES = ("boot", "shirt", "bag")
ASSETS = 20_000
CLIENTS = 4
SHORTEST_LIFE, LONGEST_LIFE = 0.3, 1.5
START_SECONDS = 120.0
LEASE = 10


def main() -> int:
    """Run the clients against one server after another; 0 if every promise holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        port, token, name, log, stop = arguments.client
        Client(int(port), token, name, Path(log), Path(stop)).run()
        return 0
    chosen = ("sqlite", "postgresql") if arguments.database == "both" else (arguments.database,)
    figures: list[Figure] = []
    details: dict[str, Any] = {"clients": CLIENTS, "seed": arguments.seed}
    for database in chosen:
        with _records_url(database) as url, tempfile.TemporaryDirectory() as folder:
            trial = Trial(Path(folder) / "project", url, arguments.kills, arguments.seed)
            trial.run()
            figures += trial.figures(database, arguments.kills)
            details[database] = trial.details()
    return report("crash_labels", figures, details=details)


class Client:
    """One annotator's program: leases tasks, answers them, and sends again until it hears back."""

    def __init__(self, port: int, token: str, name: str, log: Path, stop: Path) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._log = log.open("a", encoding="utf-8", buffering=1)
        self._stop = stop
        self._rng = random.Random(name)
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Answer tasks until the file ``stop`` is there; what was begun is finished first."""
        while not self._stop.exists():
            status, page = self._send("/api/v1/tasks/lease", {"count": LEASE, "seconds": 30})
            if status != 200 or not page["items"]:
                self._note({"refused": status, "body": page})
                time.sleep(0.2)
                continue
            for item in page["items"]:
                self._answer(item)

    def _answer(self, item: dict[str, Any]) -> None:
        skips = self._rng.random() < 0.1
        body = {
            "asset_id": item["asset"]["id"],
            "action": "skip" if skips else "label",
            "value": None if skips else {"type": "class", "name": self._rng.choice(CLASSES)},
            "expected_version": item["version"],
            "seconds": round(self._rng.uniform(0.5, 4), 3),
            "task_id": item["task"]["id"],
            "submission_id": new_id("sub"),
        }
        # One in twenty is sent once more although it was acknowledged, as impatient clients do.
        for _ in range(2 if self._rng.random() < 0.05 else 1):
            start = time.perf_counter()
            status, stored = self._send("/api/v1/labels", body)
            if status not in (200, 201):
                self._note({"refused": status, "body": stored, "sent": body})
                return
            names = ("submission_id", "asset_id", "seq", "version", "action", "value")
            acknowledged = {name: stored[name] for name in names}
            self._note({"acknowledged": acknowledged, "seconds": time.perf_counter() - start})

    def _send(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        while True:
            try:
                if self._connection is None:
                    self._connection = http.client.HTTPConnection(
                        "127.0.0.1", self._port, timeout=30
                    )
                self._connection.request("POST", path, json.dumps(body), self._headers)
                answer = self._connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                if self._connection is not None:
                    self._connection.close()
                self._connection = None
                self._note({"tried_again": path})
                time.sleep(0.02)

    def _note(self, entry: dict[str, Any]) -> None:
        # One write a line: a client that is ended here leaves whole lines.
        self._log.write(json.dumps(entry) + "\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the clients heard: acknowledgements, refusals, and how often they had to try again."""

    acknowledged: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    seconds: list[float]
    tries_again: int


class Trial:
    """One project on one database, its server killed at random moments."""

    def __init__(self, folder: Path, url: str, kills: int, seed: int) -> None:
        self._folder = folder
        self._url = url
        self._kills = kills
        self._rng = random.Random(seed)
        self._port = _free_port()
        self._starts: list[float] = []
        self._logs = [folder.parent / f"client-{i}.jsonl" for i in range(CLIENTS)]
        self._stop = folder.parent / "stop"
        self._seconds = 0.0

    def run(self) -> None:
        """Let four clients label while servers come and go."""
        tokens = self._prepare()
        start = time.perf_counter()
        server = self._serve()
        clients = [
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.crash_labels", "--client", str(self._port),
                 token, f"client-{i}", str(log), str(self._stop)],
            )
            for i, (token, log) in enumerate(zip(tokens, self._logs, strict=True))
        ]  # fmt: skip
        try:
            for kill in range(self._kills):
                time.sleep(self._rng.uniform(SHORTEST_LIFE, LONGEST_LIFE))
                server.send_signal(signal.SIGKILL)
                server.wait()
                if (kill + 1) % 10 == 0:
                    print(f"  {kill + 1} kills after {time.perf_counter() - start:.0f} s")
                server = self._serve()
            time.sleep(LONGEST_LIFE)
            self._stop.touch()
            for client in clients:
                client.wait(timeout=START_SECONDS)
        finally:
            for process in (*clients, server):
                process.terminate()
            for process in (*clients, server):
                process.wait(timeout=START_SECONDS)
        self._seconds = time.perf_counter() - start

    def figures(self, database: str, kills: int) -> list[Figure]:
        """What became of the labels."""
        heard = self._heard()
        with Records(self._url, self._folder) as records:
            log = _whole_log(records)
            undone = _tasks_left(records, log)
            booked = Counter(
                row["detail"].get("submission_id")
                for row in records.ledger.list()
                if row["unit"] == "labels"
            )
        stored = {entry.submission_id: entry for entry in log}
        labels = [e.submission_id for e in log if e.action is Action.LABEL]
        acknowledged = {body["submission_id"] for body in heard.acknowledged}

        unheard = len(set(stored) - acknowledged)

        def count(name: str, value: float) -> Figure:
            return Figure(name=f"{database}: {name}", value=value, target=0, better="lower")

        slow = sorted(heard.seconds)[int(len(heard.seconds) * 0.95)] if heard.seconds else 0.0
        return [
            Figure(name=f"{database}: kills", value=self._kills, target=kills),
            Figure(name=f"{database}: acknowledged labels", value=len(acknowledged), target=kills),
            count("acknowledged and lost", len(acknowledged - set(stored))),
            count("acknowledged and stored otherwise", _differing(heard.acknowledged, stored)),
            count("stored twice", len(log) - len(stored)),
            count("assets with a gap in versions", _gaps(log)),
            count("tasks open although answered", undone),
            count("refused", len(heard.refused)),
            count("acknowledged and not booked", len(acknowledged & set(labels) - set(booked))),
            count("booked twice", sum(n > 1 for n in booked.values())),
            Figure(name=f"{database}: stored, not acknowledged", value=unheard),
            Figure(name=f"{database}: sent again", value=heard.tries_again),
            Figure(name=f"{database}: label, 95th percentile", value=slow * 1000, unit="ms"),
        ]

    def details(self) -> dict[str, Any]:
        """Times, and the first refusals word by word."""
        return {
            "seconds": round(self._seconds, 1),
            "median_start_seconds": round(sorted(self._starts)[len(self._starts) // 2], 2),
            "refusals": self._heard().refused[:5],
        }

    def _prepare(self) -> list[str]:
        """A project whose one round asks for every text; returns a token for each client."""
        settings = Settings.of(name="crash", media="text", classes=list(CLASSES), records=self._url)
        catalog = Catalog.create(self._folder, settings)
        ids = [f"text-{i}" for i in range(ASSETS)]
        catalog.assets.ingest(Candidate(id=i, text=f"This is {i}.") for i in ids)
        now = datetime.now(UTC)
        opened = Round(number=1, step=Step.SELECT, plan=None, started_at=now)
        catalog.records.rounds.add(opened)
        catalog.records.rounds.select(
            Round(number=1, step=Step.COLLECT, plan=None, started_at=now),
            expected_step=Step.SELECT,
            selected=[],
            tasks=[NewTask(asset_id=i, arms=(Arm.ACTIVE,), priority=0.0) for i in ids],
        )
        tokens = []
        for i in range(CLIENTS):
            catalog.records.annotators.ensure(f"client-{i}")
            tokens.append(
                catalog.records.tokens.issue(f"client-{i}", kind="api", ttl_seconds=86_400)
            )
        catalog.close()
        return tokens

    def _serve(self) -> subprocess.Popen[bytes]:
        """Start the server as people do, and wait until it answers."""
        start = time.perf_counter()
        with (self._folder.parent / "server.log").open("ab") as output:
            server = subprocess.Popen(
                [sys.executable, "-m", "querist", "serve", str(self._folder),
                 "--port", str(self._port), "--no-browser"],
                stdout=output, stderr=output,
            )  # fmt: skip
        while not _answers(self._port):
            if server.poll() is not None or time.perf_counter() - start > START_SECONDS:
                log = (self._folder.parent / "server.log").read_text(errors="replace")
                raise SystemExit(f"The server does not start:\n{log[-3000:]}")
            time.sleep(0.02)
        self._starts.append(time.perf_counter() - start)
        return server

    def _heard(self) -> Heard:
        lines = [json.loads(line) for log in self._logs for line in log.read_text().splitlines()]
        return Heard(
            acknowledged=[line["acknowledged"] for line in lines if "acknowledged" in line],
            refused=[line for line in lines if "refused" in line],
            seconds=[line["seconds"] for line in lines if "seconds" in line],
            tries_again=sum("tried_again" in line for line in lines),
        )


def _whole_log(records: Records) -> list[Annotation]:
    log: list[Annotation] = []
    while chunk := records.labels.since(log[-1].seq if log else 0, 5_000):
        log += chunk
    return log


def _tasks_left(records: Records, log: list[Annotation]) -> int:
    """Answered assets whose task still waits; and answers without one, which cannot be."""
    waiting = {task.asset_id for task in records.tasks.open(1)}
    done = records.tasks.counts(1)[TaskState.DONE]
    answered = {entry.asset_id for entry in log}
    return len(answered & waiting) + abs(len(answered) - done)


def _differing(acknowledged: list[dict[str, Any]], stored: dict[str, Annotation]) -> int:
    wrong = 0
    for body in acknowledged:
        entry = stored.get(body["submission_id"])
        if entry is None:
            continue
        name = None if entry.value is None else getattr(entry.value, "name", None)
        told = None if body["value"] is None else body["value"]["name"]
        same = (entry.asset_id, entry.seq, entry.version, entry.action.value, name)
        wrong += same != (body["asset_id"], body["seq"], body["version"], body["action"], told)
    return wrong


def _gaps(log: list[Annotation]) -> int:
    versions: dict[str, list[int]] = {}
    for entry in log:
        versions.setdefault(entry.asset_id, []).append(entry.version)
    return sum(found != list(range(1, len(found) + 1)) for found in versions.values())


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _records_url(database: str) -> Iterator[str]:
    if database == "sqlite":
        yield "records.db"
        return
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from postgres_server import PostgresServer, server_binaries

    binaries = server_binaries()
    if binaries is None:
        raise SystemExit("There is no PostgreSQL server (initdb, pg_ctl) on this machine.")
    server = PostgresServer(binaries, durable=True)
    try:
        yield server.url(server.new_database())
    finally:
        server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
