"""Fifty annotators on one server: how long a task and an answer take, and whether any is lost.

Run: python -m benchmarks.labeling_load [--part sqlite --part postgresql --part throughput --part
million] [--seconds 300]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.labeling_clients import Notes, Shift
from benchmarks.reporting import Figure, report
from benchmarks.served_project import (
    CLASSES,
    START_SECONDS,
    Asked,
    answers,
    enroll,
    free_port,
    prepare,
    records_url,
    serving,
    whole_log,
)
from querist.catalog.records import Records
from querist.schema import Action, Origin

PEOPLE, BROWSERS = 50, 10
PAUSE = 0.9  # with the two requests about one decision a second
HANDS = 4
LIMIT_MS = 50.0
LARGE = Asked(single=80_000, double=10_000)  # 100,000 tasks
PLAIN = Asked(single=100_000)
TURNS, TURN_SECONDS = 3, 12.0
PARTS = ("sqlite", "postgresql", "throughput", "million")


def main() -> int:
    """Measure the chosen parts; 0 if every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help="all by default")
    parser.add_argument("--seconds", type=float, default=300.0, help="of work in a part with load")
    arguments = parser.parse_args()
    chosen = arguments.part or list(PARTS)
    figures: list[Figure] = []
    details: dict[str, Any] = {"people": PEOPLE, "browsers": BROWSERS, "pause_seconds": PAUSE}
    for part in chosen:
        begin = time.perf_counter()
        if part == "throughput":
            figures += throughput()
        elif part == "million":
            figures += million(min(arguments.seconds, 60.0))
        else:
            found, notes = load(part, 1 if part == "sqlite" else 3, arguments.seconds)
            figures += found
            details[f"{part}: p95 in each fifth of the time, ms"] = _fifths(notes)
        details[f"{part}: seconds in all"] = round(time.perf_counter() - begin, 1)
    name = "labeling_load" if len(chosen) > 1 else f"labeling_load_{chosen[0]}"
    return report(name, figures, details=details)


def load(database: str, servers: int, seconds: float) -> tuple[list[Figure], Notes]:
    """Fifty annotators at about one decision a second each, then what the records hold."""
    with records_url(database) as url, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        prepare(folder, url, LARGE)
        with serving(folder, servers) as running:
            notes = people(folder, [it.port for it in running], seconds)
        with Records(url, folder) as records:
            outcome = _outcome(records, notes)
    rate = notes.timed_decisions / notes.timed_seconds
    figures = [
        *_times(database, notes),
        Figure(name=f"{database}: decisions", value=rate, target=0.9 * PEOPLE, unit="/s"),
        *(
            Figure(name=f"{database}: {name}", value=count, target=0, better="lower")
            for name, count in outcome.items()
        ),
    ]
    return figures, notes


def throughput() -> list[Figure]:
    """Four clients without a pause, in turns on this server and on the bare prototype."""
    rates: dict[str, list[float]] = {"querist": [], "prototype": []}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        prepare(folder, "records.db", PLAIN)
        tokens = enroll(folder, [f"hand-{i}" for i in range(HANDS)])
        for turn in range(TURNS):
            with serving(folder) as running:
                rates["querist"].append(_hands(running[0].port, tokens, Path(temporary)))
            with _prototype(Path(temporary) / f"bare-{turn}.db") as port:
                rates["prototype"].append(_hands(port, tokens, Path(temporary)))
    ours, bare = (float(np.median(rates[name])) for name in ("querist", "prototype"))
    return [
        Figure(name="4 clients: querist", value=ours, unit="next+submit/s"),
        Figure(name="4 clients: bare prototype", value=bare, unit="next+submit/s"),
        Figure(name="4 clients: of the prototype", value=ours / bare, target=0.5),
    ]


def million(seconds: float) -> list[Figure]:
    """The time of the next task among a million against that among a hundred thousand."""
    found = {}
    for name, size in (("100,000", 1), ("1,000,000", 10)):
        asked = Asked(single=size * LARGE.single, double=size * LARGE.double)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "project"
            prepare(folder, "records.db", asked)
            with serving(folder) as running:
                notes = people(folder, [running[0].port], seconds)
        found[name] = float(np.percentile(notes.next_ms, 95))
    small, large = found.values()
    return [
        *(Figure(name=f"next of {name}: p95", value=ms, unit="ms") for name, ms in found.items()),
        Figure(name="1,000,000 against 100,000", value=large / small, target=2.0, better="lower"),
    ]


def people(folder: Path, ports: Sequence[int], seconds: float) -> Notes:
    """Let the annotators work, in a process of their own."""
    tokens = enroll(folder, [f"person-{i}" for i in range(PEOPLE)])
    shift = Shift(
        ports=ports, tokens=tokens, classes=CLASSES, seconds=seconds, pause=PAUSE,
        warm_up=5.0, browsers=BROWSERS,
    )  # fmt: skip
    return _run(shift, folder.parent)


def _hands(port: int, tokens: Sequence[str], folder: Path) -> float:
    shift = Shift(ports=[port], tokens=tokens, classes=CLASSES, seconds=TURN_SECONDS, pause=0.0)
    notes = _run(shift, folder)
    if notes.refused:
        raise SystemExit(f"A client was refused: {notes.refused[0]}")
    return notes.timed_decisions / notes.timed_seconds


def _run(shift: Shift, folder: Path) -> Notes:
    spec, log = folder / "shift.json", folder / "notes.json"
    spec.write_text(json.dumps(asdict(shift)), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "benchmarks.labeling_clients", str(spec), str(log)], check=True
    )
    return Notes(**json.loads(log.read_text(encoding="utf-8")))


def _times(name: str, notes: Notes) -> list[Figure]:
    return [
        Figure(
            name=f"{name}: {what} p{share}",
            value=float(np.percentile(times, share)),
            target=LIMIT_MS if share == 95 else None,
            unit="ms",
            better="lower",
        )
        for what, times in (("next", notes.next_ms), ("submit", notes.submit_ms))
        for share in (50, 95, 99)
    ]


def _fifths(notes: Notes) -> dict[str, list[float]]:
    return {
        what: [round(float(np.percentile(part, 95)), 1) for part in np.array_split(times, 5)]
        for what, times in (("next", notes.next_ms), ("submit", notes.submit_ms))
    }


def _outcome(records: Records, notes: Notes) -> dict[str, int]:
    """What became of the answers, from the records alone; every number should be 0."""
    stored = Counter[str]()
    said: dict[str, set[str]] = defaultdict(set)
    answers_of = Counter[str]()
    given = (it for it in whole_log(records) if it.origin is not Origin.CONSENSUS)
    for entry in (*given, *records.opinions.list()):
        stored[entry.submission_id] += 1
        answers_of[entry.asset_id] += entry.action is Action.LABEL
        said[entry.submission_id].add(f"{entry.asset_id} {entry.annotator}")
    wanted = dict(zip((f"text-{i}" for i in range(LARGE.single + LARGE.double)), LARGE.opinions(),
                      strict=True))  # fmt: skip
    holders: dict[str, set[str]] = defaultdict(set)
    for asset_id, token in notes.handed_out:
        holders[asset_id].add(token)
    acknowledged = Counter(it["submission_id"] for it in notes.acknowledged)
    return {
        "handed to more people than wanted": sum(
            len(found) > wanted[asset_id] for asset_id, found in holders.items()
        ),
        "answered by more people than wanted": sum(
            count > wanted[asset_id] for asset_id, count in answers_of.items()
        ),
        "acknowledged and lost": len(set(acknowledged) - set(stored)),
        "acknowledged and stored otherwise": sum(
            said[it["submission_id"]] != {f"{it['asset_id']} {it['annotator']}"}
            for it in notes.acknowledged
        ),
        "stored twice": sum(count > 1 for count in stored.values()),
        "stored but not acknowledged": len(set(stored) - set(acknowledged)),
        "refused": len(notes.refused),
    }


@contextlib.contextmanager
def _prototype(database: Path) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.lease_prototype", str(database)]
    process = subprocess.Popen([*command, str(PLAIN.tasks), str(port)])
    try:
        begin = time.perf_counter()
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - begin > START_SECONDS:
                raise SystemExit("The prototype does not start.")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
