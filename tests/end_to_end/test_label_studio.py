"""A batch at a real Label Studio: sent, answered, collected, with kills in between."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from label_studio_server import LabelStudioServer
from querist import Project
from querist.errors import UnavailableError
from querist.schema import ClassValue, DeliveryState, Role

pytestmark = pytest.mark.slow
PEOPLE = ("ana@example.com", "ben@example.com")
CLASSES = ("boot", "shirt")
VARIABLE = "QUERIST_LABEL_STUDIO_TEST"
POLICY = {"audit_size": 0, "control_share": 0.0}


class Crowd:
    """People who work through the tasks of one project in Label Studio."""

    def __init__(self, server: LabelStudioServer, place: str) -> None:
        self._server = server
        self._clients = [server.client(server.user(mail)) for mail in PEOPLE]
        params: dict[str, Any] = {"project": place, "page_size": 1000}
        found = self._clients[0].get("/api/tasks", params=params).raise_for_status().json()
        self.tasks: list[dict[str, Any]] = found["tasks"]
        self.given: dict[str, tuple[str, str]] = {}

    def answer(self, start: int, end: int) -> None:
        """Label some of the tasks, one person after the other."""
        for number in range(start, end):
            task, name = self.tasks[number], CLASSES[number % 3 % 2]
            region = {"from_name": "label", "to_name": "asset", "type": "choices"}
            body = {"result": [region | {"value": {"choices": [name]}}], "lead_time": 2.5}
            who = number % len(PEOPLE)
            path = f"/api/tasks/{task['id']}/annotations/"
            self._clients[who].post(path, json=body).raise_for_status()
            self.given[task["data"]["querist"]] = (f"crowd.{PEOPLE[who]}", name)

    def close(self) -> None:
        """End the connections."""
        for client in self._clients:
            client.close()


@pytest.fixture
def environment(label_studio: LabelStudioServer, monkeypatch) -> dict[str, str]:
    """The environment of processes that know the server's token."""
    monkeypatch.setenv(VARIABLE, label_studio.token)
    return os.environ | {VARIABLE: label_studio.token}


@pytest.fixture
def texts(label_studio: LabelStudioServer, environment, tmp_path: Path) -> Iterator[Project]:
    """A project of forty texts with a round of 35, and the workforce ``crowd``."""
    with Project.create(
        tmp_path / "texts", media="text", classes=CLASSES, policy=POLICY
    ) as project:
        project.add([{"id": f"t{i}", "text": f"a text with the number {i} 🧪"} for i in range(40)])
        project.next_round(35)
        add_crowd(project, label_studio)
        yield project


def add_crowd(project: Project, server: LabelStudioServer) -> None:
    """Make the people of the server known."""
    project.workforces.add(
        "crowd", kind="label-studio", url=server.url, token=f"env:{VARIABLE}", price=0.1
    )


def run(environment: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    """The command line as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "querist", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def check(project: Project, crowd: Crowd) -> None:
    """Every answer is there once, as it was given, and was paid once."""
    sent = {it.key: it for it in project.workforces.deliveries("crowd")}
    assert len(crowd.given) == 30
    log = list(project.catalog.records.labels.since(0))
    assert Counter(it.asset_id for it in log) == Counter(sent[k].asset_id for k in crowd.given)
    by_asset = {it.asset_id: it for it in log}
    for key, (person, name) in crowd.given.items():
        entry = by_asset[sent[key].asset_id]
        assert (entry.annotator, entry.value) == (person, ClassValue(name=name))
        assert entry.seconds == 2.5
    totals = project.catalog.records.ledger.totals()
    spent = {it["unit"]: it["quantity"] for it in totals if it["kind"] == "label"}
    assert spent == {"labels": 30, "seconds": 75, "money": pytest.approx(3.0)}


def test_thirty_texts_by_poll_with_kills(label_studio, environment, texts):
    """The process that collects is killed again and again: nothing is lost, nothing is twice."""
    sending = run(environment, "workforce", "send", "crowd", "30", "-p", str(texts.folder))
    said, _ = sending.communicate(timeout=120)
    assert sending.returncode == 0, said
    sent = texts.workforces.deliveries("crowd")
    assert {it.state for it in sent} == {DeliveryState.SENT}
    crowd = Crowd(label_studio, sent[0].place)
    assert len(crowd.tasks) == 30
    rng = random.Random(7)
    for step in range(6):
        crowd.answer(5 * step, 5 * step + 5)
        collecting = run(environment, "workforce", "collect", "crowd", "-p", str(texts.folder))
        time.sleep(rng.uniform(0.5, 3.5))
        collecting.kill()
        collecting.communicate(timeout=60)
    collecting = run(environment, "workforce", "collect", "crowd", "-p", str(texts.folder))
    said, _ = collecting.communicate(timeout=120)
    assert collecting.returncode == 0, said
    check(texts, crowd)
    done = texts.workforces.collect("crowd")
    assert (done.labels, done.problems) == (0, ())
    crowd.close()


def test_a_server_that_is_away_is_told_and_costs_nothing(label_studio, texts):
    """While Label Studio is dead nothing is booked; afterwards all goes on."""
    texts.workforces.send("crowd", 3)
    label_studio.kill()
    for call in (
        lambda: texts.workforces.send("crowd", 3),
        lambda: texts.workforces.collect("crowd"),
        lambda: texts.workforces.withdraw("crowd"),
        lambda: texts.workforces.status("crowd"),
    ):
        with pytest.raises(UnavailableError, match="ConnectError"):
            call()
    assert len(texts.workforces.deliveries("crowd")) == 3
    label_studio.start()
    assert texts.workforces.status("crowd").startswith("Label Studio 1.")
    assert texts.workforces.withdraw("crowd") == 3
    assert texts.workforces.send("crowd", 3).items == 3


def test_thirty_pictures_by_webhook_with_a_kill(label_studio, environment, tmp_path):
    """Answers come in as they are given; what is given while we are dead is collected later."""
    folder = tmp_path / "pictures"
    with Project.create(folder, media="image", classes=CLASSES, policy=POLICY) as project:
        images = tmp_path / "images"
        images.mkdir()
        for i in range(40):
            file = io.BytesIO()
            Image.new("RGB", (40, 30), (i * 6, 200 - i * 4, 90)).save(file, format="PNG")
            (images / f"p{i:02}.png").write_bytes(file.getvalue())
        project.add(images)
        project.next_round(35)
        owner = project.catalog.records.annotators.ensure("owner", role=Role.OWNER)
        token = project.catalog.records.tokens.issue(owner.name, kind="api", ttl_seconds=3600)
        port = free_port()
        api = httpx.Client(
            base_url=f"http://127.0.0.1:{port}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
        )
        server = serve(environment, folder, port, api)
        try:
            body = {"name": "crowd", "kind": "label-studio", "url": label_studio.url}
            body |= {"token": f"env:{VARIABLE}", "price": 0.1}
            made = api.post("/workforces", json=body).raise_for_status().json()
            assert made["workforce"]["token"] == f"env:{VARIABLE}"
            finish(api, api.post("/workforces/crowd/send", json={"count": 30}))
            here = {"address": f"http://127.0.0.1:{port}"}
            subscribed = api.post("/workforces/crowd/subscribe", json=here)
            assert subscribed.raise_for_status().json() == {"places": 1}
            crowd = Crowd(label_studio, project.workforces.deliveries("crowd")[0].place)
            assert crowd.tasks[0]["data"]["asset"].startswith("data:image/png;base64,")
            crowd.answer(0, 10)
            wait_for(project, 10)
            stop(server)
            crowd.answer(10, 20)
            assert project.catalog.records.labels.last_seq() == 10
            server = serve(environment, folder, port, api)
            crowd.answer(20, 30)
            wait_for(project, 20)
            for _ in range(2):
                finish(api, api.post("/workforces/crowd/collect"))
            (report,) = api.get("/workforces").raise_for_status().json()
            assert (report["answered"], report["in_flight"], report["people"]) == (30, 0, 2)
            check(project, crowd)
            crowd.close()
        finally:
            stop(server)
            api.close()


def serve(
    environment: dict[str, str], folder: Path, port: int, api: httpx.Client
) -> subprocess.Popen[bytes]:
    """A real server with its worker, ready to answer."""
    words = ["serve", str(folder), "--port", str(port), "--no-browser"]
    server = subprocess.Popen(
        [sys.executable, "-m", "querist", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with contextlib.suppress(httpx.TransportError):
            if api.get("/health").is_success:
                return server
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


def stop(server: subprocess.Popen[bytes]) -> None:
    """Kill it at once, its worker too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


def finish(api: httpx.Client, submitted: httpx.Response) -> None:
    """Wait until a job is done."""
    job = submitted.raise_for_status().json()
    until = time.monotonic() + 120
    while job["state"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.1)
        job = api.get(f"/jobs/{job['id']}").raise_for_status().json()
    assert job["state"] == "done", job


def wait_for(project: Project, labels: int) -> None:
    """Wait until so many labels are stored; a webhook may still be on its way."""
    until = time.monotonic() + 120
    while project.catalog.records.labels.last_seq() < labels and time.monotonic() < until:
        time.sleep(0.1)
    assert project.catalog.records.labels.last_seq() == labels


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_two_people_there_make_a_label_together(label_studio, environment, tmp_path):
    """Label Studio serves each text to both and to nobody else; two opinions make the label."""
    policy = POLICY | {"overlap": 2, "overlap_share": 1.0}
    with Project.create(tmp_path / "p", media="text", classes=CLASSES, policy=policy) as project:
        project.add([{"id": f"t{i}", "text": f"a text with the number {i}"} for i in range(8)])
        project.next_round(4)
        add_crowd(project, label_studio)
        assert project.workforces.send("crowd", 3, opinions=2).items == 3
        (place,) = {it.place for it in project.workforces.deliveries("crowd")}
        for mail in PEOPLE:
            with label_studio.client(label_studio.user(mail)) as client:
                served = [label_next(client, place) for _ in range(3)]
                assert len(set(served)) == 3
                assert label_next(client, place) is None
        with label_studio.client(label_studio.user("cid@example.com")) as client:
            assert label_next(client, place) is None
        done = project.workforces.collect("crowd")
        assert (done.labels, done.surplus, done.problems) == (6, 0, ())
        made = list(project.catalog.records.labels.currents())
        assert [(it.annotator, it.value.name) for it in made] == [("majority", "boot")] * 3
        said = project.opinions.standing(asset_id=made[0].asset_id)
        assert sorted(it.annotator for it in said) == [f"crowd.{mail}" for mail in PEOPLE]
        project.workforces.close()


def label_next(client: httpx.Client, place: str) -> int | None:
    """Label what Label Studio serves next to somebody; ``None`` where it has nothing for them."""
    found = client.get(f"/api/projects/{place}/next")
    if found.status_code == 404:
        return None
    task = found.raise_for_status().json()["id"]
    region = {"from_name": "label", "to_name": "asset", "type": "choices"}
    body = {"result": [region | {"value": {"choices": ["boot"]}}], "lead_time": 2.0}
    client.post(f"/api/tasks/{task}/annotations/", json=body).raise_for_status()
    return int(task)


def test_the_model_answers_there_as_a_backend(label_studio, environment, tmp_path):
    """Connected as an ML backend, the model pre-labels tasks of a project that is only there."""
    port = free_port()
    words = {"boot": "sole lace leather", "shirt": "sleeve collar cotton"}
    policy = POLICY | {"batch_size": 20}
    with Project.create(tmp_path / "p", media="text", classes=CLASSES, policy=policy) as project:
        names = [CLASSES[i % 2] for i in range(30)]
        project.add([{"id": f"{n}-{i}", "text": f"{words[n]} {i}"} for i, n in enumerate(names)])
        project.next_round()
        for item in project.queue.next("ana", 50).items:
            name = item.asset.id.partition("-")[0]
            project.labels.submit(item.asset.id, name, annotator="ana")
        model = project.train()
        records = project.catalog.records
        records.annotators.ensure("owner", role=Role.OWNER)
        token = records.tokens.issue("owner", kind="api", ttl_seconds=600)
    address = f"http://127.0.0.1:{port}/api/v1"
    there = label_studio.client()
    with httpx.Client(base_url=address, timeout=120) as api:
        server = serve(environment, tmp_path / "p", port, api)
        try:
            config = (
                '<View><Text name="t" value="$words"/><Choices name="kind" toName="t">'
                '<Choice value="boot"/><Choice value="shirt"/></Choices></View>'
            )
            made = there.post("/api/projects", json={"title": "Backend", "label_config": config})
            place = made.raise_for_status().json()["id"]
            tasks = [{"words": words[CLASSES[i % 2]]} for i in range(4)]
            there.post(f"/api/projects/{place}/import", json=tasks).raise_for_status()
            backend = {
                "project": place,
                "url": f"{address}/ml-backend",
                "auth_method": "BASIC_AUTH",
                "basic_auth_user": "querist",
                "basic_auth_pass": token,
            }
            connected = there.post("/api/ml", json=backend)
            assert connected.status_code == 201, connected.text
            asked = {"selectedItems": {"all": True, "excluded": []}}
            path = f"/api/dm/actions?id=retrieve_tasks_predictions&project={place}"
            there.post(path, json=asked).raise_for_status()
            found = there.get("/api/predictions", params={"project": place}).json()
            said = {it["task"]: it for it in found}
            assert len(said) == len(tasks)
            names = [said[task]["result"][0]["value"]["choices"] for task in sorted(said)]
            assert names == [[CLASSES[i % 2]] for i in range(4)]
            assert {it["model_version"] for it in found} == {model.id}
        finally:
            stop(server)
            there.close()
