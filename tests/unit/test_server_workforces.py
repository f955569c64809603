"""Workforces over REST and on the command line, on a real project."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from typer.testing import CliRunner

from querist import Project
from querist.catalog.records import Records
from querist.cli.app import app as command_line
from querist.schema import DeliveryState, Role
from querist.server import create_app
from querist.server.routes.workforces import MOST_BYTES

HOME = "http://127.0.0.1:8321"
TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Twelve pictures, a round of eight, and a folder for a workforce."""
    monkeypatch.setenv("QUERIST_CROWD", TOKEN)
    images = tmp_path / "images"
    images.mkdir()
    for i in range(12):
        file = io.BytesIO()
        Image.new("RGB", (30, 20), (i * 20, 90, 200 - i * 10)).save(file, format="PNG")
        (images / f"p{i:02}.png").write_bytes(file.getvalue())
    policy = {"audit_size": 0, "control_share": 0.0}
    with Project.create(tmp_path / "shop", classes=["a", "b"], policy=policy) as made:
        made.add(images)
        made.next_round(8)
        yield made


@pytest.fixture
def client(project):
    """A client that is logged in as the owner; jobs run at once."""
    served = TestClient(create_app(project, engine=project.jobs), base_url=f"{HOME}/api/v1/")
    records = project.catalog.records
    owner = records.annotators.ensure("owner", role=Role.OWNER)
    token = records.tokens.issue(owner.name, kind="api", ttl_seconds=600)
    served.headers["Authorization"] = f"Bearer {token}"
    return served


def sent(client, method, path, status, /, **body):
    """The JSON of a request that answers ``status``."""
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def answers(items, name="a"):
    """Answers to items, as the tool would send them."""
    return [
        {
            "key": item["key"],
            "answer_id": f"a-{item['key']}",
            "at": datetime.now(UTC).isoformat(),
            "person": "eve",
            "value": {"type": "class", "name": name},
        }
        for item in items
    ]


def out_with(folder):
    """The items in the folder."""
    return [
        json.loads(line)
        for path in folder.glob("*/items.jsonl")
        for line in path.read_text().splitlines()
    ]


def test_a_batch_goes_out_and_comes_in(client, project, tmp_path):
    """Added, sent, received by webhook, collected, reported, withdrawn, retired."""
    folder = tmp_path / "exchange"
    made = sent(client, "POST", "workforces", 201, name="crowd", kind="folder",
                url=folder.as_uri(), token="env:QUERIST_CROWD", price=2.0)  # fmt: skip
    secret = {"X-Querist-Secret": made["secret"]}
    job = sent(client, "POST", "workforces/crowd/send", 202, count=5)
    assert job["kind"] == "send_batch"
    items = out_with(folder)
    assert len(items) == 5
    anybody = TestClient(client.app, base_url=f"{HOME}/api/v1/")
    done = anybody.post("workforces/crowd/webhook", json=answers(items[:2]), headers=secret)
    assert (done.status_code, done.json()["labels"]) == (200, 2)
    (place,) = [path.parent for path in folder.glob("*/items.jsonl")]
    with (place / "answers.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in answers(items[:3]))
    sent(client, "POST", "workforces/crowd/collect", 202)
    (report,) = sent(client, "GET", "workforces", 200)
    assert (report["answered"], report["in_flight"], report["money"]) == (3, 2, 6.0)
    assert sent(client, "POST", "workforces/crowd/withdraw", 200) == {"count": 2}
    assert sent(client, "GET", "workforces/crowd/status", 200)["tool"] == f"Folder {folder}"
    assert sent(client, "POST", "workforces/crowd/retire", 200)["active"] is False
    everything = client.get("workforces").text + client.get("jobs").text + json.dumps(made)
    assert TOKEN not in everything


def test_the_last_answer_finishes_the_round(client, project, tmp_path):
    """As the last label of people here does, whichever way it comes."""
    folder = tmp_path / "exchange"
    made = sent(client, "POST", "workforces", 201, name="crowd", kind="folder",
                url=folder.as_uri())  # fmt: skip
    sent(client, "POST", "workforces/crowd/send", 202, count=8)
    items = out_with(folder)
    body = answers(items[:4]) + answers(items[4:], "b")
    for start in (0, 4):
        client.post("workforces/crowd/webhook", json=body[start : start + 4],
                    headers={"X-Querist-Secret": made["secret"]})  # fmt: skip
        kinds = [job["kind"] for job in sent(client, "GET", "jobs", 200)]
        assert ("finish_round" in kinds) == (start == 4)


def test_only_the_secret_opens_the_webhook(client, project, tmp_path):
    """None, a wrong one, somebody's token instead, an unknown workforce, too much: nothing."""
    folder = tmp_path / "exchange"
    made = sent(client, "POST", "workforces", 201, name="crowd", kind="folder",
                url=folder.as_uri())  # fmt: skip
    sent(client, "POST", "workforces/crowd/send", 202, count=1)
    body = answers(out_with(folder))
    right = {"X-Querist-Secret": made["secret"]}
    wrong = {"X-Querist-Secret": "wrong"}
    assert client.post("workforces/crowd/webhook", json=body).status_code == 422
    assert client.post("workforces/crowd/webhook", json=body, headers=wrong).status_code == 401
    assert client.post("workforces/nobody/webhook", json=body, headers=right).status_code == 401
    large = b" " * (MOST_BYTES + 1)
    refused = client.post("workforces/crowd/webhook", content=large, headers=right)
    assert (refused.status_code, "larger than" in refused.text) == (422, True)
    assert project.catalog.records.labels.last_seq() == 0
    assert client.post("workforces/crowd/webhook", json=body, headers=right).json()["labels"] == 1


def test_what_cannot_be_added_over_rest(client, tmp_path):
    """A token itself, a file as its place, a variable of another program."""
    body = {"name": "crowd", "kind": "folder", "url": tmp_path.as_uri()}
    for token in (TOKEN, "file:/etc/passwd", "env:AWS_SECRET_ACCESS_KEY", "env:PATH"):
        answer = client.post("workforces", json=body | {"token": token})
        assert answer.status_code == 422
    assert client.get("workforces").json() == []


def test_label_studio_needs_a_token_over_rest(client):
    """What the form asks for by the connector, the server refuses too; the address is named."""
    needs = {it["name"]: it["needs_token"] for it in client.get("workforces/connectors").json()}
    assert needs == {"folder": False, "label-studio": True}
    body = {"name": "crowd", "kind": "label-studio", "url": "https://ls.example.com"}
    problem = sent(client, "POST", "workforces", 422, **body)["error"]
    assert "'crowd' has no token" in problem["message"]
    assert "env:QUERIST_NAME" in problem["remedy"]
    body |= {"url": f"https://ana:{TOKEN}@ls.example.com", "token": "env:QUERIST_CROWD"}
    problem = sent(client, "POST", "workforces", 422, **body)["error"]
    assert "'https://…@ls.example.com' cannot be used" in problem["message"]
    assert TOKEN not in json.dumps(problem)
    assert client.get("workforces").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "settings/labeling", {}),
        ("POST", "team/invitations", {"role": "annotator"}),
        ("PUT", "team/people/owner", {"role": "owner"}),
        ("POST", "workforces", {"name": "crowd", "kind": "folder", "url": "file:///x"}),
    ],
)
def test_a_cost_below_nothing_is_refused_and_named(client, method, path, body):
    """Wherever an hour has a cost: the field and its number are in the message."""
    for cost in (-5.0, 1e12):
        wrong = sent(client, method, path, 422, **body, hourly_cost=cost)["error"]
        assert "hourly_cost" in wrong["message"]
        assert f"not {cost!r}" in wrong["message"]
    raw = json.dumps({**body, "hourly_cost": float("nan")})
    answer = client.request(method, path, content=raw)
    assert answer.status_code == 422, answer.text


def test_pictures_are_shared_by_signed_addresses(project, client, tmp_path):
    """Good for who was given them, as long as the delivery lasts; any other sign is refused."""
    folder = tmp_path / "exchange"
    project.workforces.add("crowd", kind="folder", url=folder.as_uri(), token="env:QUERIST_CROWD")
    project.workforces.send("crowd", 2, share_at=HOME)
    first, second = out_with(folder)
    assert "content" not in first
    anybody = TestClient(client.app, base_url=HOME)
    shown = anybody.get(first["url"])
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["cross-origin-resource-policy"] == "cross-origin"
    asset_id = project.workforces.deliveries("crowd")[0].asset_id
    content, _ = project.catalog.assets.content(asset_id)
    assert shown.content == (content.read_bytes() if isinstance(content, Path) else content)
    words = {key: value[0] for key, value in parse_qs(urlsplit(first["url"]).query).items()}
    path = urlsplit(first["url"]).path
    other = parse_qs(urlsplit(second["url"]).query)["key"][0]
    for change in (
        {"key": other},
        {"until": str(int(words["until"]) + 9)},
        {"signature": "0" * 64},
        {"signature": "ü"},
    ):
        assert anybody.get(path, params=words | change).status_code == 401
    for name in ("nobody", "owner"):
        changed = path.replace("crowd", name)
        assert anybody.get(changed, params=words).status_code == 401
    project.workforces.withdraw("crowd", asset_ids=[asset_id])
    assert anybody.get(first["url"]).status_code == 404
    assert anybody.get(second["url"]).status_code == 200


def test_what_was_answered_is_still_shown_until_it_is_taken_back(project, client, tmp_path):
    """A refused answer can be corrected at the tool only where its picture can be seen."""
    folder = tmp_path / "exchange"
    project.workforces.add("crowd", kind="folder", url=folder.as_uri(), token="env:QUERIST_CROWD")
    project.workforces.send("crowd", 3, share_at=HOME)
    items = out_with(folder)
    rows = answers(items[:2])
    rows[1]["value"]["name"] = "sandal"
    (place,) = (path.parent for path in folder.glob("*/items.jsonl"))
    (place / "answers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    project.workforces.collect("crowd")
    states = [it.state for it in project.workforces.deliveries("crowd")]
    assert states == [DeliveryState.ANSWERED, DeliveryState.REFUSED, DeliveryState.SENT]
    project.workforces.withdraw("crowd")
    anybody = TestClient(client.app, base_url=HOME)
    assert [anybody.get(item["url"]).status_code for item in items] == [200, 200, 404]


def test_strangers_are_not_told_which_variable_holds_a_token(project, client, monkeypatch):
    """An unset token, no token and no workforce are the same to whoever has no login."""
    project.workforces.add("crowd", kind="folder", url="file:///x", token="env:QUERIST_CROWD")
    monkeypatch.delenv("QUERIST_CROWD")
    anybody = TestClient(client.app, base_url=f"{HOME}/api/v1/")
    words = {"key": "a", "until": "9", "signature": "b"}
    said = [anybody.get(f"workforces/{name}/content", params=words) for name in ("crowd", "nobody")]
    assert [it.status_code for it in said] == [401, 401]
    assert said[0].text == said[1].text


def test_a_signed_address_ends_with_its_time(project, client, tmp_path, monkeypatch):
    """After the delivery's last day there is no picture, whoever has the address."""
    folder = tmp_path / "exchange"
    project.workforces.add("crowd", kind="folder", url=folder.as_uri(), token="env:QUERIST_CROWD")
    project.workforces.send("crowd", 1, days=0.01, share_at=HOME)
    (item,) = out_with(folder)
    records: Records = project.catalog.records
    late = datetime.now(UTC) + timedelta(days=1)
    monkeypatch.setattr(records.deliveries._database, "now", lambda: late)
    assert TestClient(client.app, base_url=HOME).get(item["url"]).status_code == 404


def run(project, *words):
    """What the command line prints, as one line after the other."""
    done = CliRunner().invoke(command_line, ["workforce", *words, "-p", str(project.folder)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_line_does_it_all(project, tmp_path):
    """Add, send, collect, status, withdraw, retire; each says what it did."""
    folder = tmp_path / "exchange"
    secret = run(project, "add", "crowd", folder.as_uri(), "--kind", "folder", "--price", "0.5")
    assert secret.startswith("q")
    assert "4 tasks are out with crowd" in run(project, "send", "crowd", "4")
    items = out_with(folder)
    (place,) = [path.parent for path in folder.glob("*/items.jsonl")]
    with (place / "answers.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in answers(items[:3]))
        file.write(json.dumps(answers(items[3:], "no class")[0]) + "\n")
    assert "3 answers from crowd, 1 refused." in run(project, "collect", "crowd")
    assert json.loads(run(project, "collect", "crowd", "--json"))["known"] == 4
    (report,) = json.loads(run(project, "status", "--json"))
    assert (report["answered"], report["refused"], report["money"]) == (3, 1, 2.0)
    run(project, "send", "crowd", "2")
    assert "2 tasks came back from crowd" in run(project, "withdraw", "crowd")
    assert "cannot send answers by itself" in run(project, "subscribe", "crowd", HOME)
    assert "gets no batches" in run(project, "retire", "crowd")
    states = {it.state for it in project.workforces.deliveries("crowd")}
    assert states == {DeliveryState.ANSWERED, DeliveryState.REFUSED, DeliveryState.WITHDRAWN}
