"""A real server process: address with its token, live events, worker, clean stop."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from querist import Project
from querist.errors import InvalidInputError, UnavailableError
from querist.schema import Role
from querist.server import serve
from querist.server.run import OWNER, listen, login_token

SERVER = """
import sys
from querist import Project
from querist.server import serve
from querist.server.run import OWNER, listen, login_token
with Project.open(sys.argv[1]) as project:
    serve(project, port=0, open_browser=False, announce=lambda line: print(line, flush=True))
print("ended", flush=True)
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of four texts."""
    folder = tmp_path_factory.mktemp("live") / "shop"
    with Project.create(folder, media="text", classes=["a", "b"]) as project:
        project.add([{"id": f"t{i}", "text": f"some words {i}"} for i in range(4)])
        yield project


@pytest.fixture
def server(project):
    """A server process and the address it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(project.folder)], stdout=subprocess.PIPE, text=True
    )
    line = process.stdout.readline()
    yield process, re.search(r"http://\S+", line).group()
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def client():
    """A browser, as far as the server can tell."""
    with httpx.Client(timeout=30, headers={"X-Querist": "1"}) as client:
        yield client


def read_event(lines, wanted, condition):
    """The data of the next event of a kind that fits."""
    kind = ""
    for line in lines:
        if line.startswith("event: "):
            kind = line.removeprefix("event: ")
        elif line.startswith("data: ") and kind == wanted:
            data = json.loads(line.removeprefix("data: "))
            if condition(data):
                return data
    raise AssertionError(f"the stream ended without such an event {wanted}")


def children(pid):
    """Process ids of the worker processes of ``pid``."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def test_a_real_server_streams_events_runs_jobs_and_stops(server, client):
    """Login by the printed address, a label arrives as an event, a job runs, SIGTERM ends all."""
    process, address = server
    home, token = address.split("/#token=")
    client.base_url = f"{home}/api/v1/"
    assert client.post("session", json={"token": token}).json()["role"] == "owner"
    workers = children(process.pid) if sys.platform == "linux" else []
    with client.stream("GET", "events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        before = read_event(lines, "change", lambda data: True)
        stored = client.post(
            "labels",
            json={
                "asset_id": "t1",
                "value": {"type": "class", "name": "a"},
                "submission_id": "live-1",
            },
        )
        assert stored.status_code == 201, stored.text
        after = read_event(lines, "change", lambda data: data["seq"] > before["seq"])
        assert after["labeled"] == before["labeled"] + 1
        client.post("slices", json={"name": "first"}, params={"label": "a"}).raise_for_status()
        saved = read_event(lines, "change", lambda data: data["slices"] != after["slices"])
        client.delete("slices", params={"name": "first"}).raise_for_status()
        read_event(lines, "change", lambda data: data["slices"] not in ("", saved["slices"]))
        job = client.post("rounds", json={"batch_size": 2}).json()
        ended = read_event(
            lines, "job", lambda data: data["id"] == job["id"] and data["finished_at"]
        )
        assert ended["state"] == "done", ended
        assert ended["worker"].startswith("worker")
        process.send_signal(signal.SIGTERM)
        # The stream is still open: the server ends it, it does not wait for us.
        for _ in lines:
            pass
    assert process.wait(60) == 0
    assert "ended" in process.stdout.read()
    for pid in workers:
        assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_worker_ends_with_a_killed_server(server):
    """SIGKILL of the server leaves no worker behind."""
    process, _ = server
    workers = children(process.pid)
    assert workers
    process.kill()
    process.wait()
    end = time.monotonic() + 30
    while any(os.path.exists(f"/proc/{pid}") for pid in workers):
        assert time.monotonic() < end, "the worker outlived the server"
        time.sleep(0.05)


def test_a_taken_port_is_refused_with_a_remedy(project):
    """Two servers on one port: the second says which port and what to do, before it starts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=str(port)) as caught:
            serve(project, port=port, open_browser=False, announce=print)
    assert "--port" in caught.value.remedy


def test_answers_do_not_wait_for_acknowledgements():
    """The listener names TCP, without which asyncio leaves Nagle's 40 ms in every answer."""
    listener = listen("127.0.0.1", 0)
    assert listener.proto == socket.IPPROTO_TCP
    listener.close()


def test_an_address_of_another_machine_is_refused():
    """A host that is not ours is an invalid input, not a taken port."""
    with pytest.raises(InvalidInputError, match=r"192\.0\.2\.1"):
        listen("192.0.2.1", 0)


def test_the_owner_is_an_owner_whatever_was_stored(project):
    """Somebody who labelled as ``owner`` before does not take the owner's rights away."""
    records = project.catalog.records
    records.annotators.ensure(OWNER)
    records.annotators.update(OWNER, role=Role.ANNOTATOR, hourly_cost=None)
    assert records.tokens.redeem(login_token(project)).role is Role.OWNER
