"""A project with one long round, and `querist serve` processes over it, for benchmarks."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask, Records
from querist.schema import Annotation, Arm, Candidate, ModelVersion, Role, Round, Selected, Step

CLASSES = ("boot", "shirt", "bag")
START_SECONDS = 120.0
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How many assets the one round of a project asks about.

    Attributes:
        single: Assets asked of one annotator.
        double: Assets asked of two, spread evenly among the others.
        predicted: Whether a model has predicted every asset, so that tasks come with suggestions.
    """

    single: int
    double: int = 0
    predicted: bool = True

    @property
    def tasks(self) -> int:
        """How many answers are wanted."""
        return self.single + 2 * self.double

    def opinions(self) -> list[int]:
        """The wanted number of annotators of every asset, in the order of serving."""
        count = self.single + self.double
        marks = np.zeros(count, dtype=np.int64)
        marks[np.linspace(0, count - 1, self.double, dtype=np.int64)] = 1
        return (1 + marks).tolist()


def prepare(folder: Path, url: str, asked: Asked) -> None:
    """Make a project of texts whose round asks for all of them."""
    catalog = Catalog.create(
        folder, Settings.of(name="bench", media="text", classes=list(CLASSES), records=url)
    )
    opinions = asked.opinions()
    ids = [f"text-{i}" for i in range(len(opinions))]
    catalog.assets.ingest(Candidate(id=i, text=f"This is {i}.") for i in ids)
    now = datetime.now(UTC)
    rounds = catalog.records.rounds
    rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=now))
    rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=now),
        expected_step=Step.SELECT,
        selected=[
            Selected(
                round=1, arm=Arm.ACTIVE, asset_id=it, rank=rank, score=0.5, propensity=None,
                reason="The model is in doubt.",
            )
            for rank, it in enumerate(ids)
        ],
        tasks=[
            NewTask(asset_id=it, arms=(Arm.ACTIVE,), priority=-float(rank), opinions=wanted)
            for rank, (it, wanted) in enumerate(zip(ids, opinions, strict=True))
        ],
    )  # fmt: skip
    if asked.predicted:
        _predict(catalog, len(ids), now)
    catalog.close()


def enroll(folder: Path, names: Sequence[str], role: Role = Role.ANNOTATOR) -> list[str]:
    """Make people known; returns an API token for each."""
    catalog = Catalog.open(folder)
    for name in names:
        catalog.records.annotators.ensure(name, role=role)
    issue = catalog.records.tokens.issue
    tokens = [issue(name, kind="api", ttl_seconds=_DAY) for name in names]
    catalog.close()
    return tokens


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Server:
    """One `querist serve` process, started as people start it; it can be killed and come back."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self.folder.parent / f"server-{self.port}.log"
        begin = time.perf_counter()
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "querist", "serve", str(self.folder),
                 "--port", str(self.port), "--no-browser"],
                stdout=output, stderr=output,
            )  # fmt: skip
        while not answers(self.port):
            late = time.perf_counter() - begin > START_SECONDS
            if self.process.poll() is not None or late:
                said = log.read_text(errors="replace")[-3000:]
                raise SystemExit(f"The server does not start:\n{said}")
            time.sleep(0.02)
        self.starts.append(time.perf_counter() - begin)

    def kill(self) -> None:
        """End it without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=START_SECONDS)


@contextlib.contextmanager
def serving(folder: Path, count: int = 1) -> Iterator[list[Server]]:
    """So many server processes over the project in ``folder``."""
    servers = [Server(folder) for _ in range(count)]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()


@contextlib.contextmanager
def records_url(database: str) -> Iterator[str]:
    """Where the records lie: a file for ``sqlite``, a real server for ``postgresql``."""
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


def whole_log(records: Records) -> list[Annotation]:
    """All entries of the label log, oldest first."""
    log: list[Annotation] = []
    while chunk := records.labels.since(log[-1].seq if log else 0, 5_000):
        log += chunk
    return log


def answers(port: int) -> bool:
    """Whether a server on this port says that it is well."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _predict(catalog: Catalog, count: int, now: datetime) -> None:
    catalog.records.models.add(
        ModelVersion(
            id="model-1", arm=Arm.ACTIVE, round=None, learner="logistic-regression",
            parameters={}, encoder="text-tfidf", classes=CLASSES, label_seq=0, label_count=0,
            labels_digest="", seed=0, fit_seconds=0.1, created_at=now,
        )
    )  # fmt: skip
    probabilities = np.random.default_rng(0).dirichlet(np.ones(len(CLASSES)), count)
    catalog.predictions.put("model-1", CLASSES, probabilities)
