"""Scripts in texts, names, pictures, metadata and comments reach nobody as scripts."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from querist import Project
from querist.errors import QueristError
from querist.schema import Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321"
SCRIPT = "<script>alert(1)</script>"
HANDLER = "\"><img src=x onerror='alert(1)'>"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">{SCRIPT}</svg>'
RUNS = re.compile(r"html|svg|xml|javascript|ecmascript", re.IGNORECASE)


def client_of(project):
    """The owner of the project."""
    project.catalog.records.annotators.ensure("ana", role=Role.OWNER)
    token = project.catalog.records.tokens.issue("ana", kind="api", ttl_seconds=600)
    client = TestClient(create_app(project, engine=project.jobs), base_url=HOME)
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Texts, ids, metadata, classes, a label and a review, all with scripts in them."""
    folder = tmp_path_factory.mktemp("p") / "shop"
    with Project.create(folder, media="text", classes=[SCRIPT, HANDLER]) as project:
        rows = [
            {"id": f"{HANDLER}{i}", "text": f"{SCRIPT} {i}", "note": SVG, HANDLER: SCRIPT}
            for i in range(4)
        ]
        project.add(rows, id_column="id", text_column="text")
        project.next_round(2)
        asset = project.queue.next("ben", 1).items[0].asset.id
        project.labels.submit(asset, SCRIPT, annotator="ben")
        project.reviews.send_back(asset, HANDLER, reviewer="rita")
        yield project


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Pictures with a script in their name, in a comment inside, and one that is an SVG."""
    photos = tmp_path_factory.mktemp("photos")
    inner = PngInfo()
    inner.add_text("Comment", SCRIPT)
    pixels = np.zeros((20, 20, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(photos / f"{HANDLER}.png", pnginfo=inner)
    Image.fromarray(pixels + 9).save(photos / "plain.png")
    (photos / "drawing.svg").write_text(SVG)
    (photos / "page.png").write_text(f"<!doctype html>{SCRIPT}")
    with Project.create(tmp_path_factory.mktemp("q") / "shop", classes=["a", "b"]) as project:
        project.add(photos)
        yield project


def check_inert(answer):
    """No browser runs anything of the answer: no type that may hold scripts, and no guessing."""
    assert answer.headers["x-content-type-options"] == "nosniff"
    kind = answer.headers.get("content-type", "")
    assert not RUNS.search(kind), kind
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy or "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    if kind.startswith("application/json"):
        json.loads(answer.text)


PATHS = [
    "/project", "/home", "/assets", "/assets/facets", "/labels/recent", "/labels/export",
    "/labels/export?format=jsonl", "/rounds", "/rounds/1", "/jobs", "/review?any_state=true",
    "/team", "/team/reports", "/team/invitations", "/ontology",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_answers_with_scripts_in_them_are_data(texts, path):
    """Whatever people wrote comes as JSON or as a file to keep, of a type that nothing runs."""
    answer = client_of(texts).get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    check_inert(answer)
    if "export" in path:
        assert answer.headers["content-disposition"].startswith("attachment")


def test_one_asset_and_its_bytes_are_data(texts):
    """An id, a text and metadata full of scripts come back as they are, in JSON; bytes are kept."""
    client = client_of(texts)
    asset = f"{HANDLER}0"
    for path in ("/asset", "/review/history", "/asset/content"):
        answer = client.get(f"/api/v1{path}", params={"id": asset})
        assert answer.status_code in (200, 404), answer.text
        check_inert(answer)
    body = client.get("/api/v1/asset", params={"id": asset}).json()["asset"]
    assert body["text"] == f"{SCRIPT} 0"
    assert body["metadata"]["note"] == SVG


def test_errors_that_repeat_a_script_are_data(texts):
    """Unknown names are named in the error, inside JSON; unknown paths are not repeated as HTML."""
    client = client_of(texts)
    for answer in (
        client.get("/api/v1/asset", params={"id": SCRIPT}),
        client.get(f"/api/v1/{SCRIPT}"),
        client.get(f"/api/v1/jobs/{SCRIPT}"),
        client.post("/api/v1/labels", json={SCRIPT: 1}),
        client.post("/api/v1/assets/add", json={"path": SVG}),
    ):
        check_inert(answer)


def test_the_page_of_the_app_repeats_nothing_of_its_address(texts):
    """A path with a script in it gets the same page as any other."""
    client = client_of(texts)
    page = client.get(f"/label/{SCRIPT}?x={SCRIPT}")
    assert "alert(1)" not in page.text


def test_pictures_are_pixels_and_all_else_is_an_attachment(pictures):
    """A picture with a script inside is served as a picture; a drawing or page is never shown."""
    client = client_of(pictures)
    ids = [card["id"] for card in client.get("/api/v1/assets").json()["items"]]
    assert len(ids) >= 2
    for asset_id in ids:
        for path in ("/asset/content", "/asset/thumbnail"):
            answer = client.get(f"/api/v1{path}", params={"id": asset_id})
            check_inert(answer)
            assert "sandbox" in answer.headers["content-security-policy"]
            kind = answer.headers["content-type"]
            if not kind.startswith("image/"):
                assert "attachment" in answer.headers["content-disposition"]


def test_no_text_can_name_a_person(texts):
    """Names of people, models and skills are plain words: nothing to escape anywhere."""
    for act in (
        lambda: texts.labels.submit(f"{HANDLER}0", SCRIPT, annotator=SCRIPT),
        lambda: texts.team.accept("x", HANDLER),
    ):
        with pytest.raises(QueristError):
            act()
