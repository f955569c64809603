"""The REST API over a real project: assets, tasks, labels, rounds, jobs, pictures."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from querist import Project
from querist.schema import Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321"
BATCH = 4


def make_photos(folder):
    """Thirty-two small pictures of two colours, in one folder a class."""
    rng = np.random.default_rng(0)
    for name, channel in (("red", 0), ("green", 1)):
        (folder / name).mkdir(parents=True)
        for i in range(16):
            pixels = rng.integers(0, 90, (20, 24, 3), dtype=np.uint8)
            pixels[..., channel] += 120
            Image.fromarray(pixels).save(folder / name / f"{i:02}.png")
    return folder


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A closed project with thirty-two pictures, known labels in the column ``folder``."""
    photos = make_photos(tmp_path_factory.mktemp("photos"))
    folder = tmp_path_factory.mktemp("template") / "shop"
    with Project.create(
        folder,
        classes=["red", "green"],
        oracle_column="folder",
        policy={"batch_size": BATCH, "audit_size": 4, "control_share": 0.5},
    ) as project:
        project.add(photos)
    return folder


@pytest.fixture
def project(tmp_path, template):
    """A fresh copy of the project."""
    shutil.copytree(template, tmp_path / "shop")
    with Project.open(tmp_path / "shop") as project:
        yield project


@pytest.fixture
def client(project):
    """The owner, with an API token; jobs run at once, in the request."""
    records = project.catalog.records
    records.annotators.ensure("ana", role=Role.OWNER)
    token = records.tokens.issue("ana", kind="api", ttl_seconds=600)
    client = TestClient(create_app(project, engine=project.jobs), base_url=f"{HOME}/api/v1/")
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def get(client, path, /, **params):
    """The JSON of a GET that succeeds."""
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client, path, status=200, /, **body):
    """The JSON of a POST that answers ``status``."""
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def label(client, asset_id, name, submission_id, status=201, **more):
    """Post one class label."""
    value = {"type": "class", "name": name}
    body = {"asset_id": asset_id, "value": value, "submission_id": submission_id, **more}
    return post(client, "labels", status, **body)


def finished(job):
    """The result of a job that is done."""
    assert job["state"] == "done", job
    return job["result"]


def test_the_project_describes_itself(client):
    """Name, task, classes with colours and keys, and counts come in one answer."""
    body = get(client, "project")
    assert (body["task"], body["media"], body["oracle"]) == ("classification", "image", True)
    assert [c["name"] for c in body["ontology"]["classes"]] == ["red", "green"]
    assert (body["asset_count"], body["labeled_count"]) == (32, 0)
    assert body["default_batch_size"] == BATCH


def test_home_of_a_new_project_says_what_to_do(client):
    """Before the first round there is a sentence, empty curves and no advice."""
    body = get(client, "home")
    assert body["sentence"]
    assert body["curve"] == {"active": [], "control": [], "left_out": 0, "measure": "accuracy"}
    assert (body["advice"], body["current_round"], body["rounds"]) == (None, None, [])
    assert body["next_batch_size"] == BATCH
    assert (body["control_share"], body["audit_size"]) == (0.5, 4)


def test_assets_come_in_pages_and_filters_narrow_them(client):
    """Pages do not overlap, and the state filter agrees with the facets."""
    first = get(client, "assets", limit=20)
    rest = get(client, "assets", limit=20, offset=20)
    ids = [card["id"] for card in first["items"] + rest["items"]]
    assert first["total"] == 32
    assert len(set(ids)) == 32
    label(client, ids[0], "red", "s1")
    assert get(client, "assets", state="labeled")["total"] == 1
    assert get(client, "assets", label=["red", "green"])["items"][0]["label"] == "red"
    assert get(client, "assets/facets")["state"]["labeled"] == 1
    assert get(client, "assets", q=ids[3])["items"][0]["id"] == ids[3]


@pytest.mark.parametrize(
    "params",
    [{"limit": 501}, {"limit": 0}, {"offset": -1}, {"state": "x"}, {"min_confidence": 2}],
)
def test_wrong_filters_are_refused(client, params):
    """A filter out of its range is a 422 that names the parameter."""
    answer = client.get("assets", params=params)
    assert answer.status_code == 422
    assert next(iter(params)) in answer.json()["error"]["message"]


def test_a_label_is_stored_and_shown(client):
    """The stored entry has a version, and the asset's page shows it with its history."""
    asset_id = get(client, "assets")["items"][0]["id"]
    entry = label(client, asset_id, "red", "s1", expected_version=0, seconds=1.5)
    assert (entry["version"], entry["annotator"], entry["seconds"]) == (1, "ana", 1.5)
    assert entry["value"] == {"type": "class", "name": "red"}
    detail = get(client, "asset", id=asset_id)
    assert detail["label"] == entry
    assert detail["version"] == 1
    assert detail["history"] == [entry]
    assert detail["asset"]["width"] == 24
    assert len(detail["neighbours"]) > 0
    assert asset_id not in [card["id"] for card in detail["neighbours"]]


def test_the_same_submission_twice_is_stored_once(client):
    """A repeated request answers 200 with the entry that was stored first."""
    asset_id = get(client, "assets")["items"][0]["id"]
    first = label(client, asset_id, "red", "s1")
    again = label(client, asset_id, "red", "s1", status=200)
    assert again == first
    assert len(get(client, "asset", id=asset_id)["history"]) == 1


def test_a_stale_version_is_a_conflict_with_the_current_label(client):
    """Who has not seen the newest entry gets 409, the current entry, and nothing is stored."""
    asset_id = get(client, "assets")["items"][0]["id"]
    current = label(client, asset_id, "red", "s1", expected_version=0)
    error = label(client, asset_id, "green", "s2", status=409, expected_version=0)["error"]
    assert error["code"] == "conflict"
    assert error["details"]["current"]["value"] == current["value"]
    assert error["details"]["current"]["version"] == 1
    assert get(client, "asset", id=asset_id)["version"] == 1


def test_unknown_assets_and_classes_are_named(client):
    """An unknown class is 422 with near names, an unknown asset 404."""
    asset_id = get(client, "assets")["items"][0]["id"]
    error = label(client, asset_id, "rad", "s1", status=422)["error"]
    assert error["code"] == "unknown_name"
    assert "red" in error["details"]["near"]
    assert label(client, "nothing", "red", "s2", status=404)["error"]["code"] == "not_found"
    for path in ("asset", "asset/thumbnail", "asset/content"):
        assert client.get(path, params={"id": "nothing"}).status_code == 404


@pytest.mark.parametrize(
    "asset_id", ["../../etc/passwd", "/etc/passwd", "red/../../x", "..%2f..%2fetc%2fpasswd", "\x00"]
)
def test_asset_ids_are_no_paths(client, asset_id):
    """An id that looks like a path finds nothing: ids are looked up, never opened."""
    for path in ("asset", "asset/thumbnail", "asset/content"):
        assert client.get(path, params={"id": asset_id}).status_code in (404, 422)


def test_a_label_needs_a_value_of_the_right_kind(client):
    """No value, a value of another task, and an impossible box are all 422."""
    asset_id = get(client, "assets")["items"][0]["id"]
    body = {"asset_id": asset_id, "submission_id": "s1"}
    box = {"x": 0, "y": 0, "width": 0, "height": 1}
    for value in (
        None,
        {"type": "number", "number": 1},
        {"type": "boxes", "boxes": [{"name": "red", "box": box}]},
        {"type": "nothing"},
        {"type": "class", "name": "red", "more": 1},
    ):
        assert client.post("labels", json={**body, "value": value}).status_code == 422
    assert get(client, "asset", id=asset_id)["version"] == 0


def test_undo_takes_the_last_decision_back(client):
    """After the undo the asset has no label again, and the log has grown."""
    asset_id = get(client, "assets")["items"][0]["id"]
    label(client, asset_id, "red", "s1")
    undone = post(client, "labels/undo", asset_id=asset_id, submission_id="s2")
    assert (undone["action"], undone["value"], undone["version"]) == ("undo", None, 2)
    assert get(client, "project")["labeled_count"] == 0


def test_bulk_labels_report_what_did_not_work(client):
    """Known assets are labelled, unknown ones come back with their error."""
    ids = [card["id"] for card in get(client, "assets", limit=3)["items"]]
    value = {"type": "class", "name": "green"}
    body = post(client, "labels/bulk", asset_ids=[*ids, "nothing"], value=value)
    assert (body["stored"], body["unchanged"]) == (3, 0)
    assert [c["asset_id"] for c in body["conflicts"]] == ["nothing"]
    assert body["conflicts"][0]["error"]["code"] == "not_found"
    assert get(client, "assets", label="green")["total"] == 3


def test_recent_labels_are_ones_own_newest_first(client):
    """The strip of last decisions shows entry and card together."""
    ids = [card["id"] for card in get(client, "assets", limit=2)["items"]]
    for i, asset_id in enumerate(ids):
        label(client, asset_id, "red", f"s{i}")
    recent = get(client, "labels/recent", limit=5)
    assert [item["annotation"]["asset_id"] for item in recent] == ids[::-1]
    assert [item["card"]["label"] for item in recent] == ["red", "red"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_labels_are_exported(client, kind):
    """The file holds the labelled asset and comes as a download."""
    asset_id = get(client, "assets")["items"][0]["id"]
    label(client, asset_id, "red", "s1")
    answer = client.get("labels/export", params={"format": kind})
    assert answer.status_code == 200, answer.text
    assert asset_id in answer.text
    assert "attachment" in answer.headers["content-disposition"]


def test_thumbnails_are_cached_by_content(client):
    """A picture comes with an ETag of its content, and 304 when the client has it."""
    asset = get(client, "assets")["items"][0]["id"]
    content_hash = get(client, "asset", id=asset)["asset"]["content_hash"]
    for path in ("asset/thumbnail", "asset/content"):
        answer = client.get(path, params={"id": asset})
        assert answer.headers["content-type"].startswith("image/")
        assert content_hash in answer.headers["etag"]
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = client.get(
            path, params={"id": asset}, headers={"If-None-Match": answer.headers["etag"]}
        )
        assert (again.status_code, again.content) == (304, b"")


def test_a_round_by_hand_finishes_itself(client, project):
    """The label on the last open task submits finish_round, which trains and evaluates."""
    assert finished(post(client, "rounds", 202, batch_size=BATCH)) == {"round": 1}
    assert get(client, "home")["current_round"] == 1
    for number in range(40):
        page = post(client, "tasks/lease", count=1)
        if not page["items"]:
            break
        item = page["items"][0]
        asset_id = item["asset"]["id"]
        assert item["version"] == 0
        label(
            client,
            asset_id,
            asset_id.split("/")[0],
            f"s{number}",
            task_id=item["task"]["id"],
            expected_version=item["version"],
        )
    rounds = get(client, "rounds")
    assert [r["step"] for r in rounds] == ["done"]
    jobs = [job["kind"] for job in get(client, "jobs")]
    assert jobs == ["finish_round", "next_round"]
    home = get(client, "home")
    assert home["rounds"][0]["step"] == "done"
    assert home["open_tasks"] == 0
    detail = get(client, "rounds/1")
    assert {row["arm"] for row in detail["selected"]} >= {"active", "audit"}
    assert client.get("rounds/2").status_code == 404


def test_a_round_is_finished_once(client, project):
    """While a job that finishes the round waits, the last label submits no second one."""
    post(client, "rounds", 202, batch_size=1)
    waiting = project.catalog.records.jobs.add("finish_round", {})
    while items := post(client, "tasks/lease", count=1)["items"]:
        asset_id = items[0]["asset"]["id"]
        label(client, asset_id, "red", f"of-{asset_id}", task_id=items[0]["task"]["id"])
    kinds = [job["kind"] for job in get(client, "jobs")]
    assert kinds.count("finish_round") == 1
    assert get(client, f"jobs/{waiting.id}")["state"] == "queued"


def test_known_labels_answer_whole_rounds(client):
    """POST /oracle runs rounds to their end; curves, predictions and findings are there then."""
    job = post(client, "oracle", 202, rounds=2)
    finished(job)
    home = get(client, "home")
    assert [r["number"] for r in home["rounds"]] == [1, 2]
    assert len(home["curve"]["active"]) >= 1
    point = home["curve"]["active"][-1]
    assert 0 <= point["accuracy"]["low"] <= point["accuracy"]["high"] <= 1
    assert home["advice"]["sentence"]
    card = get(client, "assets", sort="confidence")["items"][0]
    prediction = get(client, "asset", id=card["id"])["prediction"]
    assert prediction["predicted"] == card["predicted"]
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)
    assert sum(get(client, "assets/facets")["confidence"]) > 0


def test_a_confusion_leads_to_its_assets_and_to_a_batch_like_them(client, project):
    """GET /confusions names the assets of each cell; POST /rounds draws more like them."""
    assert get(client, "confusions") == {"round": None, "cells": []}
    finished(post(client, "oracle", 202, rounds=2))
    told = get(client, "confusions")
    assert told["round"] == 2
    cell = told["cells"][0]
    assert cell["count"] >= len(cell["asset_ids"]) > 0
    label_ = get(client, "asset", id=cell["asset_ids"][0])["label"]["value"]
    assert label_["name"] == cell["truth"]
    assert get(client, "confusions", round=1)["round"] == 1
    finished(post(client, "rounds", 202, batch_size=2, examples=cell["asset_ids"]))
    assert get(client, "rounds/3")["round"]["plan"]["strategy"] == "mixture"


def test_jobs_are_listed_read_and_cancelled(client, project):
    """A queued job can be cancelled; its log can be read; an unknown one is 404."""
    job = project.catalog.records.jobs.add("embed", {})
    assert get(client, "jobs")[0]["id"] == job.id
    assert post(client, f"jobs/{job.id}/cancel")["state"] == "cancelled"
    assert get(client, f"jobs/{job.id}/log")["lines"] == []
    for path in ("jobs/none", "jobs/none/log"):
        assert client.get(path).status_code == 404


def test_a_failed_job_tells_its_error(client):
    """Adding a folder that is not there fails the job with code, message and remedy."""
    job = post(client, "assets/add", 202, path="/there/is/no/such/folder")
    assert job["state"] == "failed"
    assert set(job["error"]) == {"code", "message", "remedy", "details"}
    assert "no/such/folder" in job["error"]["message"]


def test_tasks_can_be_renewed_and_given_back(client):
    """A released task is leased again, first of all."""
    post(client, "rounds", 202, batch_size=2)
    task = post(client, "tasks/lease", count=1)["items"][0]["task"]
    held = {"ok": True, "task_ids": [task["id"]]}
    assert post(client, "tasks/renew", task_ids=[task["id"]]) == held
    assert post(client, "tasks/release", task_ids=[task["id"]]) == held
    assert post(client, "tasks/lease", count=1)["items"][0]["task"]["id"] == task["id"]


def test_skipping_finishes_the_task(client):
    """A skip stores no value, keeps the reason, and its task is not asked again."""
    post(client, "rounds", 202, batch_size=2)
    item = post(client, "tasks/lease", count=1)["items"][0]
    body = {"asset_id": item["asset"]["id"], "task_id": item["task"]["id"]}
    entry = post(client, "labels", 201, **body, action="skip", reason="blurred", submission_id="s1")
    assert (entry["action"], entry["value"], entry["reason"]) == ("skip", None, "blurred")
    assert post(client, "tasks/lease", count=1)["items"][0]["task"]["id"] != item["task"]["id"]


def test_models_are_compared_and_looked_at_above_a_confidence(client, project):
    """GET /models names what GET /comparison, /comparison/asset and /thresholds take."""
    finished(post(client, "oracle", 202, rounds=2))
    names = [one["name"] for one in get(client, "models")]
    assert {"1", "2", "2-control"} <= set(names)
    told = get(client, "comparison", first="2-control", second="2")
    accuracy = told["measures"]["accuracy"]
    assert accuracy["difference"]["count"] == told["count"] > 0
    assert [one["kind"] for one in told["galleries"]] == [
        "newly_wrong",
        "newly_right",
        "most_wrong",
        "least_confident",
    ]
    asset = told["galleries"][3]["assets"][0]
    said = get(client, "comparison/asset", id=asset["id"], first="2-control", second="2")
    assert said["truth"] == {"type": "class", "name": asset["truth"]}
    assert said["second"]["name"] == asset["second"]
    at = get(client, "thresholds", model="2", confidence=0)
    assert at["precision"]["value"] == accuracy["second"]["value"]
    assert len(at["curve"]) == 101
    assert client.get("comparison", params={"first": "9", "second": "2"}).status_code == 404
    assert client.get("thresholds", params={"model": "2", "confidence": 2}).status_code == 422
