"""Quality over REST and on the command line: second opinions, sway, what one may label."""

from __future__ import annotations

import json

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist import Project
from querist.cli.app import app as command_line
from querist.schema import Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321"
CLASSES = ["boot", "shirt"]
WRONG = "t7"


@pytest.fixture
def project(tmp_path):
    """Sixty rows of two clear classes, 40 labelled by ana, one wrongly; and a model."""
    policy = {"audit_size": 0, "control_share": 0.0, "strategy": "random", "batch_size": 40}
    new = Project.create(tmp_path / "shop", media="table", classes=CLASSES, policy=policy)
    points = np.random.default_rng(0).normal(size=(60, 3))
    points += np.where(np.arange(60) % 2, 2, -2)[:, None]
    rows = [dict(zip("abc", point, strict=True)) for point in points.tolist()]
    new.add([{"id": f"t{i}", **row} for i, row in enumerate(rows)])
    new.next_round()
    for item in new.queue.next("ana", 40).items:
        asset_id = item.asset.id
        code = (int(asset_id[1:]) + (asset_id == WRONG)) % 2
        new.labels.submit(asset_id, CLASSES[code], annotator="ana", task_id=item.task.id)
    assert new.labels.current(WRONG) is not None
    new.train()
    yield new
    new.close()


@pytest.fixture
def client(project):
    """Gives a client of somebody."""
    served = create_app(project, engine=project.jobs)

    def log_in(name: str, role: Role = Role.ANNOTATOR) -> TestClient:
        records = project.catalog.records
        records.annotators.ensure(name, role=role)
        made = TestClient(served, base_url=f"{HOME}/api/v1/")
        token = records.tokens.issue(name, kind="api", ttl_seconds=600)
        made.headers["Authorization"] = f"Bearer {token}"
        return made

    return log_in


def sent(who, method, path, status, /, **body):
    """The JSON of a request that answers ``status``."""
    answer = who.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def label(asset_id, name="boot", **more):
    """The body of a label."""
    value = {"type": "class", "name": name}
    return {"asset_id": asset_id, "value": value, "submission_id": f"{asset_id}-{name}", **more}


def unasked(project) -> str:
    """An asset that no task asks about."""
    return next(f"t{i}" for i in range(60) if not project.catalog.records.tasks.for_asset(f"t{i}"))


def test_a_suspect_goes_to_somebody_else_blind(project, client):
    """The manager sends it; bob gets it with nothing that tells the label, ana gets nothing."""
    mia, ana, bob = client("mia", Role.MANAGER), client("ana"), client("bob")
    first = sent(mia, "GET", "suspects?limit=5", 200)[0]
    assert (first["asset_id"], first["given"], first["suggested"]) == (WRONG, "boot", "shirt")
    assert sent(mia, "POST", "second-opinions", 201, count=1) == {"asset_ids": [WRONG]}
    assert sent(ana, "POST", "tasks/lease", 200, count=3)["items"] == []
    (item,) = sent(bob, "POST", "tasks/lease", 200, count=3)["items"]
    assert (item["asset"]["id"], item["prelabel"], item["model_id"], item["version"]) == (
        WRONG,
        None,
        None,
        0,
    )
    assert "boot" not in json.dumps(item)
    given = sent(bob, "POST", "labels", 201, **label(WRONG, "shirt", expected_version=0))
    assert (given["annotator"], given["version"]) == ("bob", 1)
    assert [it["asset_id"] for it in sent(mia, "GET", "opinions/disputes", 200)] == [WRONG]
    assert sent(mia, "POST", "second-opinions", 201, asset_ids=[WRONG, unasked(project)]) == {
        "asset_ids": [WRONG]
    }


def test_annotators_label_only_what_they_are_asked(project, client):
    """An asset no task asks about is refused to annotators and models, not to reviewers."""
    asset_id = unasked(project)
    for name, role in (("bob", Role.ANNOTATOR), ("bot", Role.MODEL)):
        error = sent(client(name, role), "POST", "labels", 403, **label(asset_id))["error"]
        assert (error["details"]["needed"], error["details"]["role"]) == ("reviewer", role.value)
    assert project.labels.current(asset_id) is None
    sent(client("rita", Role.REVIEWER), "POST", "labels", 201, **label(asset_id))


def test_annotators_may_change_what_they_decided_and_no_label_of_others(project, client):
    """Ana changes her own; bob, who was never asked, is refused and told no label."""
    ana, bob = client("ana"), client("bob")
    sent(ana, "POST", "labels", 201, **label(WRONG, "shirt", expected_version=1))
    error = sent(bob, "POST", "labels", 403, **label(WRONG, "boot", expected_version=0))["error"]
    assert "shirt" not in json.dumps(error)


def test_two_who_were_served_meet_in_a_conflict(project, client):
    """Bob's lease ran out and cid answered: bob hears of the other version and may keep his."""
    project.next_round(5)
    bob, cid = client("bob"), client("cid")
    (item,) = sent(bob, "POST", "tasks/lease", 200)["items"]
    asset_id, task = item["asset"]["id"], item["task"]["id"]
    sent(bob, "POST", "tasks/release", 200, task_ids=[task])
    sent(cid, "POST", "labels", 201, **label(asset_id, "shirt", task_id=task, expected_version=0))
    own = label(asset_id, "boot", task_id=task, expected_version=0)
    error = sent(bob, "POST", "labels", 409, **own)["error"]
    assert error["details"]["current"]["value"]["name"] == "shirt"
    sent(bob, "POST", "labels", 201, **{**own, "expected_version": 1})
    assert project.labels.current(asset_id).annotator == "bob"


def test_what_waits_in_the_queue_may_be_labelled_by_who_has_the_skill(project, client):
    """Without a lease too, but not without the skill the task needs."""
    project.next_round(3, skill="leather")
    asset_id = project.catalog.records.tasks.open(2)[0].asset_id
    sent(client("bob"), "POST", "labels", 403, **label(asset_id))
    records = project.catalog.records
    records.annotators.ensure("lea")
    records.annotators.settle(
        "lea", role=Role.ANNOTATOR, hourly_cost=36.0, skills=["leather"], active=True
    )
    sent(client("lea"), "POST", "labels", 201, **label(asset_id, seconds=10))
    money = [it for it in records.ledger.list() if it["unit"] == "money"]
    assert [it["quantity"] for it in money] == [pytest.approx(0.1)]


def test_a_batch_is_wished_for_over_rest(project, client):
    """The wishes of ``POST /rounds`` stand in the plan; nonsense is refused."""
    mia = client("mia", Role.MANAGER)
    sent(mia, "POST", "rounds", 202, batch_size=6, overlap=2, overlap_share=1, blind_share=0.5)
    plan = project.rounds.latest().plan
    assert (plan.batch_size, plan.overlap, plan.blind_share) == (6, 2, 0.5)
    sent(mia, "POST", "rounds", 422, again_share=2)


def test_sway_is_told_over_rest(project, client):
    """With a share served without suggestions both sides are counted."""
    project.next_round(20, blind_share=0.5)
    ana = client("ana")
    for item in sent(ana, "POST", "tasks/lease", 200, count=20)["items"]:
        body = label(item["asset"]["id"], CLASSES[int(item["asset"]["id"][1:]) % 2])
        extra = {name: item[name] for name in ("prelabel", "model_id")}
        sent(ana, "POST", "labels", 201, task_id=item["task"]["id"], **body, **extra)
    found = sent(client("rita", Role.REVIEWER), "GET", "sway", 200)
    assert found["shown"]["count"] + found["withheld"]["count"] == 20
    assert found["difference"]["low"] < 0.5


def test_the_command_line_finds_sends_and_reports(project):
    """suspects, second-opinions and agreement, in words and as JSON."""

    def run(*words):
        done = CliRunner().invoke(command_line, [*words, "-p", str(project.folder)])
        assert done.exit_code == 0, done.output
        return done.output

    assert WRONG in run("suspects", "--limit", "3")
    found = json.loads(run("suspects", "--json"))
    assert found[0]["annotation"]["asset_id"] == WRONG
    assert "1 label waits" in run("second-opinions", "1")
    assert "0 labels wait" in run("second-opinions", "--asset", WRONG)
    project.labels.submit(WRONG, "shirt", annotator="bob")
    assert "1 asset has several opinions" in run("agreement")
    assert json.loads(run("agreement", "--json"))["agreement"]["assets"] == 1
    assert "Round 2 asks for" in run("next", "4", "--again-share", "0.5")


@pytest.mark.parametrize(
    ("task", "classes", "answers", "distance", "said"),
    [
        ("multi_label", ["a", "b"], [["a"], ["a", "b"]], "masi", "MASI distance of sets"),
        ("regression", [], [3.0, 3.5], "interval", "squared difference"),
    ],
)
def test_agreement_of_sets_and_numbers_is_told(tmp_path, task, classes, answers, distance, said):
    """Over REST and on the command line: how many answered, alpha, and its distance."""
    policy = {"audit_size": 0, "control_share": 0.0, "overlap": 2, "overlap_share": 1.0}
    folder = tmp_path / "shop"
    with Project.create(folder, task=task, media="table", classes=classes, policy=policy) as shop:
        shop.add([{"id": f"t{i}", "x": float(i)} for i in range(4)])
        shop.next_round(4)
        for at, who in enumerate(("ana", "bob")):
            for number, item in enumerate(shop.queue.next(who, 4).items):
                value = answers[at] if number else answers[0]
                shop.labels.submit(item.asset.id, value, annotator=who, task_id=item.task.id)
        alpha = shop.opinions.agreement().alpha
        records = shop.catalog.records
        records.annotators.ensure("rita", role=Role.REVIEWER)
        rita = TestClient(create_app(shop, engine=shop.jobs), base_url=f"{HOME}/api/v1/")
        token = records.tokens.issue("rita", kind="api", ttl_seconds=600)
        rita.headers["Authorization"] = f"Bearer {token}"
        found = sent(rita, "GET", "agreement", 200)
    assert (found["assets"], found["opinions"], found["distance"]) == (4, 8, distance)
    assert found["alpha"] == found["pairs"][0]["alpha"] == pytest.approx(alpha)
    assert (found["fleiss"], found["pairs"][0]["kappa"], found["shapes"]) == (None, None, None)
    told = CliRunner().invoke(command_line, ["agreement", "-p", str(folder)]).output
    assert "4 assets have several opinions, 8 in all." in told
    assert said in told
    assert f"{alpha:.3f}" in told
