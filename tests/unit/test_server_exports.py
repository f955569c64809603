"""Labels as a file over REST: what each format holds, and what a format that holds none says."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from querist.project import Project
from querist.schema import Box, BoxesValue, LabeledBox, Role
from querist.server import create_app

SQUARE = LabeledBox(name="square", box=Box(x=4, y=8, width=16, height=12))


@contextmanager
def client_of(project: Project) -> Iterator[TestClient]:
    """A manager's."""
    project.catalog.records.annotators.ensure("mia", role=Role.MANAGER)
    token = project.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(
        create_app(project), base_url="http://127.0.0.1:8321/api/v1/", headers=headers
    ) as client:
        yield client


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[TestClient]:
    """A project of one picture with one box."""
    source = tmp_path / "pictures"
    source.mkdir()
    Image.new("RGB", (64, 32)).save(source / "p.png")
    with Project.create(tmp_path / "shop", task="boxes", classes=["circle", "square"]) as project:
        project.add(str(source))
        project.labels.submit("p.png", BoxesValue(boxes=(SQUARE,)), annotator="ana")
        with client_of(project) as client:
            yield client


def test_boxes_are_saved_as_coco_and_yolo(boxes: TestClient) -> None:
    """A file that detectors read, named and typed as what it is."""
    answer = boxes.get("labels/export", params={"format": "coco"})
    assert answer.headers["content-type"] == "application/json"
    assert 'filename="shop-labels.json"' in answer.headers["content-disposition"]
    (annotation,) = json.loads(answer.text)["annotations"]
    assert (annotation["bbox"], annotation["category_id"]) == ([4, 8, 16, 12], 2)
    answer = boxes.get("labels/export", params={"format": "yolo"})
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="shop-labels.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("labels/p.txt") == b"1 0.187500 0.437500 0.250000 0.375000\n"


def test_a_table_of_columns_comes_too(boxes: TestClient) -> None:
    """As the command writes it."""
    answer = boxes.get("labels/export", params={"format": "parquet"})
    assert answer.content[:4] == b"PAR1"


def test_classes_of_letters_are_no_coco(tmp_path: Path) -> None:
    """The answer says what the format holds, and what to use."""
    with Project.create(tmp_path / "p", media="text", classes=["a", "b"]) as project:
        project.add([{"id": "t1", "text": "hello"}])
        with client_of(project) as client:
            for kind in ("coco", "yolo"):
                answer = client.get("labels/export", params={"format": kind})
                assert answer.status_code == 422, answer.text
                said = answer.json()["error"]
                assert f"{kind.upper()} holds boxes and polygons" in said["message"]
                assert ".csv" in said["remedy"]
