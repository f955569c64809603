"""Beside a real Label Studio: loops of four people, import and export of 100,000 texts.

Run: python -m benchmarks.labeling_peers [--texts 100000] [--seconds 40] (needs .venv-label-studio)

One server at a time on one machine, SQLite both, the same texts, four people with a client process
each, the same small client. What is stored is counted in both databases, not what was answered.
Label Studio runs as its pip package does, by Django's development server; with PostgreSQL and uwsgi
it will be faster.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import http.client
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reporting import Figure, report
from querist import loop
from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask, Records
from querist.labeling import Labels
from querist.outside import label_studio_values as values
from querist.schema import Arm, Media, Ontology, Origin, Role, Round, Step, TaskKind, new_id

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from label_studio_server import LabelStudioServer, program

CLASSES = ("boot", "shirt", "bag")
PEOPLE = 4
WORDS = 40
LS_BATCH = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one server did.

    Attributes:
        import_seconds: Until all texts could be labelled.
        export_seconds: Until all of them were in a file.
        submits: Labels that are stored.
        assets: Different texts among them.
        seconds: How long the loops ran.
        next_ms: Each wait for the next text.
        submit_ms: Each wait for a label to be stored.
        exported: Rows of the export.
    """

    import_seconds: float
    export_seconds: float
    submits: int
    assets: int
    seconds: float
    next_ms: Sequence[float]
    submit_ms: Sequence[float]
    exported: int

    @property
    def rate(self) -> float:
        """Different texts labelled a second: the second label of a text is of no use."""
        return self.assets / self.seconds


class Line:
    """One HTTP connection that stays open."""

    def __init__(self, port: int, authorization: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": authorization, "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """The status and the bytes of the answer."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, self._headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer that is a success."""
        status, content = self.send(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {content[:300]!r}")
        return json.loads(content) if content else None


def main() -> int:
    """Measure one server after the other; 0 if every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--client", nargs=6, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.client:
        peer, port, authorization, project, seconds, log = arguments.client
        work(peer, Line(int(port), authorization), project, float(seconds), Path(log))
        return 0
    path = program()
    if path is None:
        print("There is no Label Studio in .venv-label-studio: run make test once.")
        return 1
    texts = make_texts(arguments.texts)
    with tempfile.TemporaryDirectory(prefix="querist-peers-") as folder:
        theirs = label_studio(path, texts, arguments.seconds, Path(folder))
        _tell("Label Studio", theirs)
        ours, embedding = querist(texts, arguments.seconds, Path(folder))
        _tell("Querist", ours)
    return report(
        "labeling_peers",
        figures(theirs, ours, embedding),
        details={
            "texts": arguments.texts,
            "people": PEOPLE,
            "label_studio": "1.23.2, development server, SQLite",
            **{name: _kept(it) for name, it in (("theirs", theirs), ("ours", ours))},
        },
    )


def figures(theirs: Result, ours: Result, embedding: float) -> list[Figure]:
    """The figures and their targets."""
    wasted = 100 * (1 - theirs.assets / max(theirs.submits, 1))
    return [
        Figure(name="submits/s, Querist", value=ours.rate, unit="/s"),
        Figure(name="submits/s, Label Studio", value=theirs.rate, unit="/s"),
        Figure(name="submits/s, times", value=ours.rate / theirs.rate, target=50, unit="x"),
        Figure(name="import, times", value=theirs.import_seconds / ours.import_seconds,
               target=10, unit="x"),
        Figure(name="export, times", value=theirs.export_seconds / ours.export_seconds,
               target=10, unit="x"),
        Figure(name="import, Querist", value=ours.import_seconds, unit="s"),
        Figure(name="import, Label Studio", value=theirs.import_seconds, unit="s"),
        Figure(name="vectors of all texts besides (Querist)", value=embedding, unit="s"),
        Figure(name="export, Querist", value=ours.export_seconds, unit="s"),
        Figure(name="export, Label Studio", value=theirs.export_seconds, unit="s"),
        Figure(name="next p95, Querist", value=_p95(ours.next_ms), unit="ms"),
        Figure(name="next p95, Label Studio", value=_p95(theirs.next_ms), unit="ms"),
        Figure(name="submit p95, Querist", value=_p95(ours.submit_ms), unit="ms"),
        Figure(name="submit p95, Label Studio", value=_p95(theirs.submit_ms), unit="ms"),
        Figure(name="labels wasted on doubles, Querist",
               value=100 * (1 - ours.assets / max(ours.submits, 1)), target=0, unit="%",
               better="lower"),
        Figure(name="labels wasted on doubles, Label Studio", value=wasted, unit="%"),
    ]  # fmt: skip


def make_texts(count: int) -> list[str]:
    """Texts of forty words."""
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(5000)]
    return [" ".join(rng.choices(words, k=WORDS)) + f" {i}" for i in range(count)]


def label_studio(path: Path, texts: Sequence[str], seconds: float, folder: Path) -> Result:
    """Import, let four people label, export; through its API alone."""
    server = LabelStudioServer(path)
    try:
        owner = Line(server.port, f"Token {server.token}")
        tokens = [server.user(f"person-{i}@example.com") for i in range(PEOPLE)]
        ontology = Ontology.of(TaskKind.CLASSIFICATION, CLASSES)
        body = {"title": "peers", "label_config": values.configuration(ontology, Media.TEXT)}
        project = owner.json("POST", "/api/projects", body | {"maximum_annotations": 1})["id"]
        start = time.perf_counter()
        for first in range(0, len(texts), LS_BATCH):
            rows = [{"data": {values.SHOWN: text}} for text in texts[first : first + LS_BATCH]]
            owner.json("POST", f"/api/projects/{project}/import", rows)
        imported = time.perf_counter() - start
        heard = loops("label-studio", server.port, [f"Token {it}" for it in tokens], str(project),
                      seconds, folder)  # fmt: skip
        with contextlib.closing(server.database()) as database:
            count = "SELECT count(*), count(DISTINCT task_id) FROM task_completion"
            submits, assets = database.execute(count).fetchone()
        start = time.perf_counter()
        query = "exportType=JSON&download_all_tasks=true"
        status, content = owner.send("GET", f"/api/projects/{project}/export?{query}")
        exported = time.perf_counter() - start
        assert status == 200, content[:300]
        return Result(
            import_seconds=imported,
            export_seconds=exported,
            submits=submits,
            assets=assets,
            exported=len(json.loads(content)),
            **heard,
        )
    finally:
        server.stop()


def querist(texts: Sequence[str], seconds: float, folder: Path) -> tuple[Result, float]:
    """The same with a served project; also the seconds that vectors take, which nobody else has."""
    place = folder / "project"
    settings = Settings.of(name="peers", media="text", classes=list(CLASSES))
    # The peer's server runs already when its import begins: ours has its libraries loaded too.
    with contextlib.closing(Catalog.create(folder / "warm-up", settings)) as catalog:
        loop.add(catalog, [{"id": "a", "text": "a text"}], text_column="text")
    gc.collect()
    gc.freeze()  # as the worker of a server does before each job
    with contextlib.closing(Catalog.create(place, settings)) as catalog:
        start = time.perf_counter()
        rows = [{"id": f"text-{i}", "text": text} for i, text in enumerate(texts)]
        added = loop.add(catalog, rows, text_column="text")
        assert added.added == len(texts), added.problems[:3]
        _ask_for_all(catalog, [row["id"] for row in rows])
        imported = time.perf_counter() - start
        start = time.perf_counter()
        loop.embed(catalog)
        embedding = time.perf_counter() - start
        tokens = [_token(catalog, f"person-{i}", Role.ANNOTATOR) for i in range(PEOPLE)]
        owner = _token(catalog, "owner", Role.OWNER)
    with _served(place, folder) as port:
        heard = loops("querist", port, [f"Bearer {it}" for it in tokens], "", seconds, folder)
    with contextlib.closing(Catalog.open(place)) as catalog:
        log = _whole_log(catalog.records)
        submits, assets = len(log), len(set(log))
        # The export holds a label of every text, which is more than the peer's has to.
        rest = ((row["id"], CLASSES[0]) for row in rows)
        Labels(catalog).import_many(rest, "earlier", origin=Origin.IMPORT)
    with _served(place, folder) as port:
        line = Line(port, f"Bearer {owner}")
        start = time.perf_counter()
        status, content = line.send("GET", "/api/v1/labels/export?format=jsonl")
        exported = time.perf_counter() - start
        assert status == 200, content[:300]
    result = Result(
        import_seconds=imported,
        export_seconds=exported,
        submits=submits,
        assets=assets,
        exported=content.count(b"\n"),
        **heard,
    )
    return result, embedding


def loops(
    peer: str, port: int, headers: Sequence[str], project: str, seconds: float, folder: Path
) -> dict[str, Any]:
    """Let each person work in a process of its own; what they waited."""
    logs = [folder / f"{peer}-{i}.json" for i in range(len(headers))]
    start = time.perf_counter()
    clients = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.labeling_peers", "--client", peer, str(port),
             header, project, str(seconds), str(log)]
        )
        for header, log in zip(headers, logs, strict=True)
    ]  # fmt: skip
    codes = [client.wait() for client in clients]
    assert not any(codes), f"{peer}: a client failed"
    print(f"  {peer}: {time.perf_counter() - start:.0f} s with four people")
    said = [json.loads(log.read_text(encoding="utf-8")) for log in logs]
    return {
        "seconds": float(np.mean([it["seconds"] for it in said])),
        "next_ms": [ms for it in said for ms in it["next"]],
        "submit_ms": [ms for it in said for ms in it["submit"]],
    }


def work(peer: str, line: Line, project: str, seconds: float, log: Path) -> None:
    """One person: take the next text, label it at once, until the time is over."""
    take = _next_of_label_studio if peer == "label-studio" else _next_of_querist
    said: dict[str, Any] = {"next": [], "submit": []}
    rng = random.Random(str(log))
    start = time.perf_counter()
    while time.perf_counter() < start + seconds:
        before = time.perf_counter()
        found = take(line, project, rng.choice(CLASSES))
        said["next"].append((time.perf_counter() - before) * 1000)
        if found is None:
            continue
        before = time.perf_counter()
        line.json("POST", *found)
        said["submit"].append((time.perf_counter() - before) * 1000)
    said["seconds"] = time.perf_counter() - start
    log.write_text(json.dumps(said), encoding="utf-8")


def _next_of_label_studio(line: Line, project: str, name: str) -> tuple[str, Any] | None:
    status, content = line.send("GET", f"/api/projects/{project}/next")
    if status != 200:
        return None
    region = {"from_name": values.CONTROL, "to_name": values.OBJECT, "type": "choices"}
    body = {"result": [region | {"value": {"choices": [name]}}], "lead_time": 1.0}
    return f"/api/tasks/{json.loads(content)['id']}/annotations/?project={project}", body


def _next_of_querist(line: Line, _: str, name: str) -> tuple[str, Any] | None:
    items = line.json("POST", "/api/v1/tasks/lease", {})["items"]
    if not items:
        return None
    body = {
        "asset_id": items[0]["asset"]["id"],
        "value": {"type": "class", "name": name},
        "expected_version": items[0]["version"],
        "task_id": items[0]["task"]["id"],
        "submission_id": new_id("sub"),
        "seconds": 1.0,
    }
    return "/api/v1/labels", body


def _ask_for_all(catalog: Catalog, ids: Sequence[str]) -> None:
    now = datetime.now(UTC)
    rounds = catalog.records.rounds
    rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=now))
    rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=now),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[NewTask(asset_id=it, arms=(Arm.ACTIVE,), priority=0.0) for it in ids],
    )


def _token(catalog: Catalog, name: str, role: Role) -> str:
    catalog.records.annotators.ensure(name, role)
    return catalog.records.tokens.issue(name, kind="api", ttl_seconds=86_400)


@contextlib.contextmanager
def _served(place: Path, folder: Path) -> Iterator[int]:
    """A server as people start it, on a free port."""
    port = _free_port()
    with (folder / "server.log").open("ab") as output:
        words = ["serve", str(place), "--port", str(port), "--no-browser"]
        server = subprocess.Popen(
            [sys.executable, "-m", "querist", *words], stdout=output, stderr=output
        )
        try:
            until = time.monotonic() + 120
            while time.monotonic() < until:
                with contextlib.suppress(OSError):
                    if Line(port, "").send("GET", "/api/v1/health")[0] == 200:
                        break
                time.sleep(0.1)
            yield port
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _whole_log(records: Records) -> list[str]:
    found: list[str] = []
    seq = 0
    while entries := records.labels.since(seq, limit=10_000):
        found += [entry.asset_id for entry in entries]
        seq = entries[-1].seq
    return found


def _p95(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95)) if times else float("nan")


def _kept(result: Result) -> dict[str, Any]:
    body = asdict(result)
    for name in ("next_ms", "submit_ms"):
        times = body.pop(name)
        body[name] = {f"p{p}": round(float(np.percentile(times, p)), 2) for p in (50, 95, 99)}
    return body


def _tell(name: str, result: Result) -> None:
    print(f"  {name}: {result.rate:.1f} labels/s, import {result.import_seconds:.1f} s, "
          f"export {result.export_seconds:.1f} s of {result.exported:,} rows")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
