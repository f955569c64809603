"""Facts about files that a browser sends: read as those on the server are, and removed then."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from querist.catalog.uploads import Uploads
from querist.engine import InlineEngine, WorkerEngine, silent
from querist.engine.job_run import JobStoppedError
from querist.errors import InvalidInputError, NotFoundError, UnavailableError
from querist.project import Project
from querist.schema import Arm, Role
from querist.server import create_app, receiving

HOME = "http://127.0.0.1:8321"
SENT, VECTORS = "/api/v1/predictions/upload", "/api/v1/embeddings/upload"
IDS = [f"r{at}" for at in range(12)]
ROWS = [{"id": it, "a": 0.1 * (at % 9), "b": 1 - 0.1 * (at % 9)} for at, it in enumerate(IDS)]
CSV = "\n".join(["id,a,b", *(f"{it['id']},{it['a']},{it['b']}" for it in ROWS)])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of twelve rows of a table."""
    folder = tmp_path_factory.mktemp("uploads") / "p"
    with Project.create(folder, media="table", classes=["a", "b"]) as made:
        made.add([{"id": it, "x": float(at)} for at, it in enumerate(IDS)])
        yield made


@pytest.fixture(scope="module")
def app(project: Project) -> FastAPI:
    """The app; jobs run at once."""
    return create_app(project, engine=InlineEngine(project.catalog.records.jobs, project.handlers))


@pytest.fixture(scope="module")
def client(project: Project, app: FastAPI) -> Iterator[TestClient]:
    """An owner's client."""
    project.catalog.records.annotators.ensure("olga", role=Role.OWNER)
    token = project.catalog.records.tokens.issue("olga", kind="api", ttl_seconds=600)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(app, base_url=HOME, headers=headers) as opened:
        yield opened


@pytest.fixture(autouse=True)
def nothing_is_left(project: Project) -> Iterator[None]:
    """Whatever became of a file, it is gone when the request is answered."""
    yield
    folder = project.folder / "uploads"
    assert not folder.exists() or not list(folder.iterdir())


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("said.csv", CSV.encode()),
        ("said.JSONL", "\n".join(map(json.dumps, ROWS)).encode()),
        ("../../out of here/said.npz", _npz(ids=IDS, probabilities=np.tile([0.3, 0.7], (12, 1)))),
    ],
)
def test_a_sent_file_becomes_a_model(
    client: TestClient, project: Project, filename: str, content: bytes
) -> None:
    """The job reads it by its ending, whatever path its name claims."""
    job = client.post(SENT, params={"filename": filename, "name": "mine"}, content=content)
    assert job.status_code == 202, job.text
    assert (job.json()["state"], job.json()["result"]["told"]) == ("done", 12), job.text
    assert project.catalog.records.models.latest(Arm.ACTIVE).parameters["model"] == "mine"


def test_sent_vectors_are_stored(client: TestClient) -> None:
    """Vectors come by the same way, for owners."""
    content = _npz(ids=IDS, vectors=np.eye(12, dtype=np.float32))
    told = {"filename": "v.npz", "name": "clip", "use": False}
    job = client.post(VECTORS, params=told, content=content).json()
    assert (job["result"]["stored"], job["result"]["dimensions"]) == (12, 12), job


@pytest.mark.parametrize(
    ("filename", "content", "wanted"),
    [
        (
            "said.csv",
            CSV.replace("r3,", "r99,").encode(),
            "no assets of the project, such as 'r99'",
        ),
        ("said.csv", CSV.replace("0.1", "0.5").encode(), "rows are no probabilities"),
        ("said.npz", _npz(ids=np.array([{}], object), probabilities=[[1]]), "cannot be read"),
        ("said.parquet", b"no parquet", "said.parquet cannot be read"),
    ],
)
def test_a_wrong_file_is_told_by_its_job(
    client: TestClient, filename: str, content: bytes, wanted: str
) -> None:
    """It is checked as a file of the server is; a pickle inside is never loaded."""
    job = client.post(SENT, params={"filename": filename}, content=content).json()
    assert job["state"] == "failed"
    assert wanted in job["error"]["message"]
    assert "uploads" not in job["error"]["message"]


@pytest.mark.parametrize(
    ("filename", "content", "wanted"),
    [
        ("said.exe", b"MZ", "no kind that can be read"),
        (".csv", b"id", "no kind"),
        ("a.csv", b"", "empty"),
    ],
)
def test_what_is_no_such_file_starts_no_job(
    client: TestClient, filename: str, content: bytes, wanted: str
) -> None:
    """Another ending, or nothing at all, is refused at once."""
    before = client.get("/api/v1/jobs").json()
    answer = client.post(SENT, params={"filename": filename}, content=content)
    assert answer.status_code == 422
    assert wanted in answer.json()["error"]["message"]
    assert client.get("/api/v1/jobs").json() == before


@pytest.mark.parametrize("tells_its_size", [True, False])
def test_a_file_beyond_the_limit_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tells_its_size: bool
) -> None:
    """By the size that it claims, or as soon as more has come."""
    monkeypatch.setattr(receiving, "MOST_BYTES", 1 << 10)
    content = b"x" * 2_000 if tells_its_size else iter([b"x" * 600] * 3)
    answer = client.post(SENT, params={"filename": "said.csv"}, content=content)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["most_bytes"] == 1 << 10


def test_a_file_that_breaks_off_leaves_nothing(client: TestClient, app: FastAPI) -> None:
    """Somebody who cancels, or whose line is cut, has sent nothing."""
    token = client.headers["authorization"]
    waiting: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"id,a,b\n", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8321"), (b"authorization", token.encode())]
    scope = {"type": "http", "method": "POST", "path": SENT, "query_string": b"filename=a.csv"}
    scope |= {"headers": headers, "http_version": "1.1", "scheme": "http", "root_path": ""}
    before = client.get("/api/v1/jobs").json()
    assert client.portal is not None
    client.portal.call(app, scope, receive, send)
    assert client.get("/api/v1/jobs").json() == before
    assert sent[0]["status"] == 422


def test_a_worker_that_is_stopped_leaves_the_file_to_the_next_one(project: Project) -> None:
    """The job begins again after a restart of the server, and only then removes what it read."""
    with project.catalog.uploads.receive("said.csv", (".csv",)) as (key, file):
        file.write(CSV.encode())
    read = project.handlers["import_predictions"]

    def stopped(done: int, total: int | None = None, message: str = "") -> None:
        raise JobStoppedError

    with pytest.raises(JobStoppedError):
        read({"upload": key}, stopped)
    assert read({"upload": key}, silent)["told"] == 12


def test_a_job_that_is_cancelled_before_it_began_takes_its_file_along(project: Project) -> None:
    """Nobody would read it, and the next sweep may be long in coming."""
    app = create_app(project, engine=WorkerEngine(project.catalog.records.jobs))
    token = project.catalog.records.tokens.issue("olga", kind="api", ttl_seconds=600)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(app, base_url=HOME, headers=headers) as opened:
        job = opened.post(SENT, params={"filename": "said.csv"}, content=CSV.encode()).json()
        assert project.catalog.uploads.path(job["params"]["upload"]).is_file()
        answer = opened.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert answer.json()["state"] == "cancelled"
    # ``nothing_is_left`` looks at the folder.


def test_a_file_whose_job_cannot_be_queued_leaves_nothing(
    client: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would ever read it."""

    def refuse(*_: object, **__: object) -> None:
        raise UnavailableError("The database does not answer.", remedy="Try again.")

    monkeypatch.setattr(project.catalog.records.jobs, "add", refuse)
    answer = client.post(SENT, params={"filename": "said.csv"}, content=CSV.encode())
    assert answer.status_code == 503, answer.text


@pytest.mark.parametrize(
    "filename",
    ["字" * 200 + ".csv", "x" * 60 + "-. " * 5 + "y" * 50 + ".csv", "- .. x.csv", "😀.csv"],
)
def test_every_name_that_ends_well_can_be_stored_found_and_removed(
    tmp_path: Path, filename: str
) -> None:
    """However long it is, in whatever letters, and wherever it is cut."""
    uploads = Uploads(tmp_path)
    with uploads.receive(filename, (".csv",)) as (key, _):
        pass
    assert uploads.path(key).suffix == ".csv"
    uploads.remove(key)
    assert not list((tmp_path / "uploads").iterdir())


def test_a_file_that_is_still_coming_is_not_swept(tmp_path: Path) -> None:
    """A slow line may take longer than an hour: what counts is the last write."""
    uploads = Uploads(tmp_path)
    with uploads.receive("slow.csv", (".csv",)) as (key, file):
        file.write(b"1")
        long_ago = time.time() - 4_000
        os.utime(uploads.path(key).parent, (long_ago, long_ago))
        uploads.sweep(set())
    assert uploads.path(key).read_bytes() == b"1"


def test_uploads_that_no_job_waits_for_are_swept_after_an_hour(tmp_path: Path) -> None:
    """A server that was killed leaves files; those of waiting jobs and fresh ones stay."""
    uploads = Uploads(tmp_path)
    keys = []
    for name in ("old.csv", "waiting.csv", "fresh.csv"):
        with uploads.receive(name, (".csv",)) as (key, file):
            file.write(b"1")
        keys.append(key)
        if name != "fresh.csv":
            long_ago = time.time() - 4_000
            for path in (uploads.path(key), uploads.path(key).parent):
                os.utime(path, (long_ago, long_ago))
    uploads.sweep({keys[1]})
    assert [uploads.path(it).name for it in keys[1:]] == ["waiting.csv", "fresh.csv"]
    with pytest.raises(NotFoundError, match="gone"):
        uploads.path(keys[0])
    with pytest.raises(NotFoundError):
        uploads.path("../querist.toml")
    with pytest.raises(InvalidInputError), uploads.receive("x.sh", (".csv",)):
        pass
