"""Review, team and ontology over REST and on the command line, on a real project."""

from __future__ import annotations

import json
import re

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist import Project
from querist.cli.app import app as command_line
from querist.schema import Origin, Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321"
ASSETS = [f"t{i}" for i in range(8)]


@pytest.fixture
def project(tmp_path):
    """Eight texts, two classes, one round that collects, and one label of ben's."""
    with Project.create(
        tmp_path / "shop", media="text", classes=["a", "b"], policy={"batch_size": 4}
    ) as made:
        rows = [{"id": name, "text": f"words {name}"} for name in ASSETS]
        made.add(rows, id_column="id", text_column="text")
        made.next_round()
        made.labels.submit("t0", "a", annotator="ben")
        yield made


@pytest.fixture
def as_role(project):
    """Gives a client that is logged in as somebody of that role."""
    served = create_app(project, engine=project.jobs)

    def log_in(role: Role, name: str = "") -> TestClient:
        records = project.catalog.records
        person = records.annotators.ensure(name or role.value, role=role)
        client = TestClient(served, base_url=f"{HOME}/api/v1/")
        token = records.tokens.issue(person.name, kind="api", ttl_seconds=600)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    return log_in


def sent(client, method, path, status, /, **body):
    """The JSON of a request that answers ``status``."""
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_review_runs_from_the_queue_to_the_author_and_back(project, as_role):
    """The reviewer sends a label back, its author sees why and answers, the reviewer accepts."""
    rita, ben = as_role(Role.REVIEWER, "rita"), as_role(Role.ANNOTATOR, "ben")
    (item,) = sent(rita, "GET", "review", 200)["items"]
    assert (item["annotation"]["asset_id"], item["state"], item["card"]["id"]) == (
        "t0",
        "waiting",
        "t0",
    )
    seq = item["annotation"]["seq"]
    body = {"asset_id": "t0", "action": "send_back", "comment": "Look again.", "label_seq": seq}
    made = sent(rita, "POST", "review", 201, submission_id="r1", **body)
    assert sent(rita, "POST", "review", 201, submission_id="r1", **body) == made
    first = sent(ben, "POST", "tasks/lease", 200)["items"][0]
    assert (first["asset"]["id"], first["why"]) == ("t0", "Sent back: Look again.")
    answer = {"asset_id": "t0", "value": {"type": "class", "name": "b"}, "submission_id": "l2"}
    sent(ben, "POST", "labels", 201, **answer)
    stale = {"asset_id": "t0", "action": "accept", "label_seq": seq, "submission_id": "r2"}
    assert sent(rita, "POST", "review", 409, **stale)["error"]["code"] == "conflict"
    stale.pop("label_seq")
    assert sent(rita, "POST", "review", 201, **stale)["state"] == "accepted"
    undone = sent(rita, "POST", "review/undo", 200, asset_id="t0", submission_id="r3")
    assert (undone["action"], undone["state"]) == ("undo", "waiting")
    told = sent(rita, "GET", "review/history?id=t0", 200)["reviews"]
    assert [one["action"] for one in told] == ["send_back", "accept", "undo"]


def test_a_fix_needs_a_value_and_the_others_none(as_role):
    """The field that is wrong is named; nobody reviews their own label."""
    rita = as_role(Role.REVIEWER, "rita")
    value = {"type": "class", "name": "b"}
    for action, given in (("fix", None), ("accept", value)):
        body = {"asset_id": "t0", "action": action, "value": given, "submission_id": "r"}
        assert sent(rita, "POST", "review", 422, **body)["error"]["code"] == "invalid_input"
    body = {"asset_id": "t0", "action": "fix", "value": value, "submission_id": "r"}
    assert sent(rita, "POST", "review", 201, **body)["state"] == "fixed"
    own = {"asset_id": "t0", "action": "accept", "submission_id": "r2"}
    assert sent(rita, "POST", "review", 403, **own)["error"]["code"] == "forbidden"


def test_an_invitation_opens_a_session_that_a_deactivation_ends(project, as_role):
    """The link lets one person in; once they are sent away, the next request is refused."""
    mia = as_role(Role.MANAGER, "mia")
    link = sent(mia, "POST", "team/invitations", 201, role="annotator", skills=["x-ray"])
    assert re.fullmatch(r"/#invitation=\S+", link["path"])
    guest = TestClient(mia.app, base_url=f"{HOME}/api/v1/")
    me = sent(guest, "POST", "invitations/accept", 201, token=link["token"], name="nina")
    assert (me["name"], me["role"]) == ("nina", "annotator")
    assert sent(guest, "GET", "session", 200)["name"] == "nina"
    sent(guest, "POST", "invitations/accept", 401, token=link["token"], name="otto")
    person = next(p for p in sent(mia, "GET", "team", 200) if p["name"] == "nina")
    assert (person["skills"], person["active"]) == (["x-ray"], True)
    sent(mia, "PUT", "team/people/nina", 200, role="annotator", active=False)
    sent(guest, "GET", "session", 401)
    sent(mia, "PUT", "team/people/nina", 403, role="owner")
    assert sent(mia, "GET", "team/reports", 200)[0]["name"] == "ben"


def test_a_labels_origin_says_whether_a_model_gave_it(project, as_role):
    """A program with the role of a model labels like anybody, and the log tells."""
    bot = as_role(Role.MODEL, "bot")
    asked = next(it.asset_id for it in project.catalog.records.tasks.open(1) if it.asset_id != "t0")
    answer = {"asset_id": asked, "value": {"type": "class", "name": "b"}, "submission_id": "m1"}
    assert sent(bot, "POST", "labels", 201, **answer)["origin"] == Origin.MODEL


def test_a_change_of_the_classes_is_shown_before_it_is_made(project, as_role):
    """The preview and the change tell the same; a change of an older version is a conflict."""
    mia = as_role(Role.MANAGER, "mia")
    change = {"type": "split", "name": "a", "into": ["a", "c"]}
    assert sent(mia, "GET", "ontology", 200)["labels"] == {"a": 1}
    preview = sent(mia, "POST", "ontology/preview", 200, change=change)
    assert (preview["labels"], preview["undecided"], preview["tasks"]) == (1, 1, 1)
    assert [c["name"] for c in preview["after"]["classes"]] == ["a", "b", "c"]
    assert sent(mia, "POST", "ontology/changes", 201, change=change, expected_version=1) == preview
    sent(mia, "POST", "ontology/changes", 409, change=change, expected_version=1)
    told = sent(mia, "GET", "ontology", 200)
    assert [v["words"] for v in told["versions"]] == ["", preview["words"]]
    assert told["versions"][1]["author"] == "mia"
    assert told["labels"] == {}  # nobody knows which part t0 is
    assert sent(mia, "GET", "asset?id=t0", 200)["label"]["value"] is None


def told(*words):
    """What the command line prints; it must succeed."""
    done = CliRunner().invoke(command_line, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_line_reviews_invites_and_changes_classes(project):
    """Each step is one command, and lists come as tables or JSON."""
    here = ["-p", str(project.folder)]
    assert "t0" in told("review", *here)
    told("review", "send-back", "t0", "Look again.", *here)
    told("review", "undo", "t0", *here)
    told("review", "fix", "t0", "b", *here)
    page = json.loads(told("review", "--state", "fixed", "--json", *here))
    assert page["items"][0]["annotation"]["value"]["name"] == "b"
    told("review", "reopen", "t0", "-r", "rolf", *here)
    told("review", "accept", "t0", "-r", "rolf", *here)
    link = told("team", "invite", "--role", "reviewer", "--skill", "x-ray", *here)
    assert "/#invitation=q" in link
    told("team", "change", "ben", "--role", "reviewer", "--hourly-cost", "20", *here)
    told("team", "deactivate", "ben", *here)
    people = json.loads(told("team", "--json", *here))
    ben = next(one for one in people["people"] if one["name"] == "ben")
    assert (ben["role"], ben["hourly_cost"], ben["active"]) == ("reviewer", 20.0, False)
    assert len(people["invitations"]) == 1
    reports = json.loads(told("team", "report", "--json", *here))
    assert [one["name"] for one in reports] == ["ben", "me"]
    assert "Would touch 1 label (" in told("ontology", "rename", "b", "c", "--preview", *here)
    told("ontology", "rename", "b", "c", *here)
    told("ontology", "add", "d", *here)
    told("ontology", "merge", "c", "d", "--into", "cd", *here)
    told("ontology", "split", "cd", "--into", "e", "--into", "f", *here)
    told("ontology", "retire", "f", *here)
    told("ontology", "revert", "1", *here)
    shown = json.loads(told("ontology", "show", "--json", *here))
    assert [c["name"] for c in shown["ontology"]["classes"]] == [
        "a",
        "b",
    ]
    assert len(shown["versions"]) == 7
    assert "version 1 again" in told("ontology", "show", *here)
    assert "ben" in told("team", *here)
    assert "ben" in told("team", "report", *here)
