"""Labels, skips, opinions and reviews on servers that are killed again and again: none is lost.

On SQLite one server process is killed; on PostgreSQL one of two, and in turn one of the database's
own processes. Run: python -m benchmarks.labeling_crash [--kills 200] [--database sqlite|postgresql]
With --piece 50 each run does so many kills more, and adds them up with those of the runs before.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.crash_clients import WALK_AWAY_SECONDS, Spec
from benchmarks.reporting import RESULTS, Figure, report
from benchmarks.served_project import (
    START_SECONDS,
    Asked,
    Server,
    enroll,
    prepare,
    records_url,
    whole_log,
)
from querist.catalog.records import Records
from querist.schema import Action, Annotation, Origin, Role, TaskState

ASKED = Asked(single=20_000, double=4_000, predicted=False)
PARTS = ("annotator",) * 4 + ("reviewer", "walker")
SHORTEST_LIFE, LONGEST_LIFE = 0.3, 1.5
MOST_REFUSALS = 20
DATABASES = ("sqlite", "postgresql")


def main(kills: int = 200, name: str = "labeling_crash") -> int:
    """Run the people against servers that die; 0 if every promise holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=kills, help="on each database")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--piece", type=int, help="so many of the kills in this run")
    arguments = parser.parse_args()
    both = arguments.database == "both"
    name = name if both else f"{name}_{arguments.database}"
    kept, refusals = _kept(name) if arguments.piece else ({}, [])
    figures: list[Figure] = []
    details: dict[str, Any] = {"people": Counter(PARTS), "seed": arguments.seed}
    for database in DATABASES if both else (arguments.database,):
        before = int(kept.get(f"{database}: kills", 0))
        kills = min(arguments.piece or arguments.kills, arguments.kills - before)
        if kills <= 0:
            raise SystemExit(f"{before} kills are kept: remove the result to begin again.")
        with records_url(database) as url, tempfile.TemporaryDirectory() as folder:
            trial = Trial(Path(folder), url, kills, arguments.seed + before)
            trial.run()
            found = trial.figures(database, arguments.kills)
            figures += [_added(figure, kept.get(figure.name)) for figure in found]
            refusals += trial.refusals()
            details[database] = {**trial.details(), "kills_before": before}
    details["refusals"] = refusals[:MOST_REFUSALS]
    return report(name, figures, details=details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the people heard: acknowledgements, refusals, and how often they tried again."""

    acknowledged: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    tasks: set[int]
    left: set[int]
    refused: list[dict[str, Any]]
    seconds: list[float]
    tries_again: int


class Trial:
    """One project on one database whose servers, or database, are killed at random moments."""

    def __init__(self, folder: Path, url: str, kills: int, seed: int) -> None:
        self._folder = folder / "project"
        self._url = url
        self._kills = kills
        self._rng = random.Random(seed)
        self._servers = [Server(self._folder)]
        if "postgresql" in url:
            self._servers.append(Server(self._folder))
        self._people = [f"{part}-{i}" for i, part in enumerate(PARTS)]
        self._stop = folder / "stop"
        self._killed = Counter[str]()
        self._seconds = 0.0

    def run(self) -> None:
        """Let people work while servers come and go."""
        prepare(self._folder, self._url, ASKED)
        start = time.perf_counter()
        people: list[subprocess.Popen[bytes]] = []
        try:
            for server in self._servers:
                server.start()
            people += self._send_people()
            for turn in itertools.count():
                time.sleep(self._rng.uniform(SHORTEST_LIFE, LONGEST_LIFE))
                self._kill(turn)
                if self._killed.total() == self._kills:
                    break
            time.sleep(LONGEST_LIFE)
            self._stop.touch()
            for person in people:
                person.wait(timeout=START_SECONDS)
        finally:
            for person in people:
                person.kill()
                person.wait()
            for server in self._servers:
                server.stop()
        self._seconds = time.perf_counter() - start

    def figures(self, database: str, kills: int) -> list[Figure]:
        """What became of everything that was acknowledged; ``kills`` are wanted in all."""
        heard = self._heard()
        with Records(self._url, self._folder) as records:
            counts = _lost_or_twice(records, heard)
            counts["left reservations that do not come back"] = _kept_back(records, heard.left)
            log = whole_log(records)
            booked = Counter(
                row["detail"].get("submission_id")
                for row in records.ledger.list()
                if row["unit"] == "labels" and row["quantity"] > 0
            )
        paid = {e.submission_id for e in log if _is_paid(e)}
        labels = {it["submission_id"] for it in heard.acknowledged} & paid
        counts["acknowledged and not booked"] = len(labels - set(booked))
        counts["booked twice"] = sum(n > 1 for n in booked.values())
        counts["refused"] = len(heard.refused)
        slow = sorted(heard.seconds)[int(len(heard.seconds) * 0.95)] if heard.seconds else 0.0
        return [
            Figure(name=f"{database}: kills", value=self._killed.total(), target=kills),
            Figure(
                name=f"{database}: decisions heard",
                value=len(heard.acknowledged),
                target=kills,
            ),
            Figure(name=f"{database}: reviews heard", value=len(heard.reviews), target=1),
            *(
                Figure(name=f"{database}: {what}", value=count, target=0, better="lower")
                for what, count in counts.items()
            ),
            Figure(name=f"{database}: reservations left", value=len(heard.left)),
            Figure(name=f"{database}: sent again", value=heard.tries_again),
            Figure(name=f"{database}: decision, 95th percentile", value=slow * 1000, unit="ms"),
        ]

    def details(self) -> dict[str, Any]:
        """Times, and what was killed."""
        starts = sorted(it for server in self._servers for it in server.starts)
        return {
            "seconds": round(self._seconds, 1),
            "killed": dict(self._killed),
            "median_start_seconds": round(starts[len(starts) // 2], 2),
        }

    def refusals(self) -> list[dict[str, Any]]:
        """What was refused: the status, the answer and the request, word by word."""
        return self._heard().refused

    def _send_people(self) -> list[subprocess.Popen[bytes]]:
        started = []
        for part, name in zip(PARTS, self._people, strict=True):
            role = Role.REVIEWER if part == "reviewer" else Role.ANNOTATOR
            spec = Spec(
                part=part,
                name=name,
                token=enroll(self._folder, [name], role)[0],
                ports=[server.port for server in self._servers],
                log=str(self._log(name)),
                stop=str(self._stop),
            )
            path = self._folder.parent / f"{name}.json"
            path.write_text(json.dumps(asdict(spec)), encoding="utf-8")
            command = [sys.executable, "-m", "benchmarks.crash_clients", str(path)]
            started.append(subprocess.Popen(command))
        return started

    def _kill(self, turn: int) -> None:
        if len(self._servers) > 1 and turn % 2:
            self._killed["database process"] += _kill_backend(self._url, self._rng)
            return
        server = self._rng.choice(self._servers)
        server.kill()
        self._killed["server"] += 1
        if len(self._servers) > 1:
            _wait_for_database(self._url)  # no server starts while it recovers from a kill
        server.start()

    def _log(self, name: str) -> Path:
        return self._folder.parent / f"{name}.jsonl"

    def _heard(self) -> Heard:
        lines = [
            json.loads(line)
            for name in self._people
            if self._log(name).exists()
            for line in self._log(name).read_text().splitlines()
        ]
        told = [line for line in lines if "acknowledged" in line]
        decisions = [line for line in told if line["path"] == "/labels"]
        return Heard(
            acknowledged=[line["acknowledged"] for line in decisions],
            reviews=[line["acknowledged"] for line in told if line["path"] == "/review"],
            tasks={line["task_id"] for line in decisions},
            left={task for line in lines for task in line.get("left", ())},
            refused=[line for line in lines if "refused" in line],
            seconds=[line["seconds"] for line in decisions],
            tries_again=sum("tried_again" in line for line in lines),
        )


def _kept(name: str) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The figures of the runs before, and what was refused in them."""
    path = RESULTS / f"{name}.json"
    if not path.exists():
        return {}, []
    kept = json.loads(path.read_text())
    figures = {it["name"]: it["value"] for it in kept["figures"]}
    return figures, kept["details"].get("refusals", [])


def _added(figure: Figure, before: float | None) -> Figure:
    """With what the runs before have counted; of times the longest."""
    if before is None:
        return figure
    longest = max(figure.value, before)
    return replace(figure, value=longest if figure.unit == "ms" else figure.value + before)


def _lost_or_twice(records: Records, heard: Heard) -> dict[str, int]:
    """How much of what was acknowledged is missing, different, or there twice; all should be 0."""
    log = whole_log(records)
    opinions = records.opinions.list()
    said = [*log, *(it.as_annotation() for it in opinions)]
    stored = {entry.submission_id: entry for entry in said}
    reviews = Counter(it.submission_id for it in records.reviews.list())
    unfinished = [it for it in records.tasks.open(1) if it.sent_to is None]
    own = Counter((it.asset_id, it.annotator, it.version) for it in opinions)
    return {
        "acknowledged and lost": sum(
            it["submission_id"] not in stored for it in heard.acknowledged
        ),
        "acknowledged and stored otherwise": _differing(heard.acknowledged, stored),
        "stored twice": len(said) - len(stored),
        "reviews acknowledged and lost": sum(
            not reviews[it["submission_id"]] for it in heard.reviews
        ),
        "reviews stored twice": sum(n > 1 for n in reviews.values()),
        "assets with a gap in versions": _gaps((it.asset_id, it.version) for it in log)
        + _gaps((f"{it.asset_id} {it.annotator}", it.version) for it in opinions),
        "opinions of one version": sum(n > 1 for n in own.values()),
        "tasks open although answered": len({it.id for it in unfinished} & heard.tasks),
    }


def _kept_back(records: Records, left: set[int]) -> int:
    """How many reservations that somebody left neither came back nor were answered by others."""
    time.sleep(WALK_AWAY_SECONDS)
    records.annotators.ensure("latecomer")
    got = {it.id for it in records.tasks.lease("latecomer", count=1000, seconds=60)}
    return sum(
        task.id not in got and task.state is not TaskState.DONE
        for task in (records.tasks.get(it) for it in left)
    )


def _is_paid(entry: Annotation) -> bool:
    return entry.action is Action.LABEL and entry.origin is Origin.PERSON


def _differing(acknowledged: Sequence[dict[str, Any]], stored: dict[str, Annotation]) -> int:
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


def _gaps(versions: Iterable[tuple[str, int]]) -> int:
    found: dict[str, list[int]] = {}
    for key, version in versions:
        found.setdefault(key, []).append(version)
    return sum(sorted(them) != list(range(1, len(them) + 1)) for them in found.values())


def _wait_for_database(url: str) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _kill_backend(url: str, rng: random.Random) -> int:
    """End one of the processes with which the database serves us; it then recovers by itself."""
    import psycopg

    query = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            pids = [row[0] for row in connection.execute(query)]
    except psycopg.OperationalError:
        return 0  # it still recovers from the last time
    if not pids:
        return 0
    os.kill(rng.choice(pids), signal.SIGKILL)
    return 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
