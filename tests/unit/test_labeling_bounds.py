"""Facts about labels that reach beyond their asset: no way in takes one, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from querist.errors import InvalidInputError
from querist.learners.label_studio_answers import read_answer
from querist.project import Project
from querist.schema import (
    Asset,
    Bounds,
    Box,
    BoxesValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    Media,
    Ontology,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
    check_value,
    check_within,
    cut_to,
)
from querist.server import create_app

TEXT = "Ada saw 😀 Kyoto"  # 15 code points, 16 units of UTF-16
HOME = "http://127.0.0.1:8321"
POLICY = {"audit_size": 2, "batch_size": 3, "overlap": 2, "overlap_share": 1.0, "seed": 1}
NAN, INF = float("nan"), float("inf")
WAYS: dict[str, Callable[[Project, str, Value], Any]] = {
    "submit": lambda project, it, value: project.labels.submit(it, value, annotator="ana"),
    "import": lambda project, it, value: project.labels.import_many([(it, value)], "files"),
    "review": lambda project, it, value: project.reviews.fix(it, value, reviewer="rita"),
    "gold": lambda project, it, value: project.gold.add(it, value, created_by="rita"),
}


def _span(end: int, start: int = 0) -> SpansValue:
    return SpansValue(spans=(LabeledSpan(name="a", span=Span(start=start, end=end)),))


def _box(x: float, y: float, width: float, height: float) -> BoxesValue:
    box = Box(x=x, y=y, width=width, height=height)
    return BoxesValue(boxes=(LabeledBox(name="a", box=box, confidence=0.7),))


def _ring(*points: tuple[float, float]) -> PolygonsValue:
    return PolygonsValue(polygons=(LabeledPolygon(name="a", polygon=Polygon(points=points)),))


@pytest.fixture(scope="module")
def spans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of eight short texts, the first of which has a label."""
    folder: Path = tmp_path_factory.mktemp("spans") / "p"
    with Project.create(folder, task="spans", media="text", classes=["a"], policy=POLICY) as made:
        made.add([{"id": f"t{row}", "text": f"{TEXT} {row}"[:15]} for row in range(1)])
        made.add([{"id": f"t{row}", "text": TEXT[:-1] + str(row)} for row in range(1, 8)])
        made.labels.submit("t0", _span(3), annotator="ana")
        yield made


@pytest.mark.parametrize("way", WAYS)
def test_a_span_beyond_its_text_is_refused_and_the_label_stays(spans: Project, way: str) -> None:
    """Whoever says it: the error names asset, span and length, and nothing is written."""
    before = spans.labels.history("t0")
    with pytest.raises(InvalidInputError, match=r"'t0'.*'a' runs from 0 to 16.* 15 char") as told:
        WAYS[way](spans, "t0", _span(16))
    assert "code points" in (told.value.remedy or "")
    assert spans.labels.history("t0") == before


def test_a_span_to_the_end_of_its_text_is_taken(spans: Project) -> None:
    """The end is counted in code points and excluded, so it may be the length of the text."""
    assert spans.labels.submit("t1", _span(15), annotator="ana").value == _span(15)


def test_an_opinion_beyond_its_text_is_refused(spans: Project) -> None:
    """An asset that is asked of several takes no such opinion, over REST as in Python."""
    spans.next_round()
    item = spans.queue.next("ben", 1).items[0]
    with pytest.raises(InvalidInputError, match="15 characters"):
        spans.labels.submit(item.asset.id, _span(99), annotator="ben", task_id=item.task.id)
    token = spans.catalog.records.tokens.issue("ben", kind="api", ttl_seconds=600)
    headers = {"Authorization": f"Bearer {token}"}
    value = {"type": "spans", "spans": [{"name": "a", "span": {"start": 2, "end": 99}}]}
    body = {"asset_id": item.asset.id, "task_id": item.task.id, "value": value}
    body |= {"action": "label", "submission_id": "s1", "expected_version": 0}
    with TestClient(create_app(spans), base_url=HOME, headers=headers) as client:
        answer = client.post("/api/v1/labels", json=body)
        assert answer.status_code == 422
        assert "has 15 characters" in answer.json()["error"]["message"]
        value["spans"][0]["span"]["end"] = 9
        assert client.post("/api/v1/labels", json=body).status_code < 300
    assert len(spans.opinions.standing(asset_id=item.asset.id)) == 1


def test_a_file_of_predictions_with_a_span_beyond_its_text_is_refused(
    spans: Project, tmp_path: Path
) -> None:
    """Such a span counts other units or is of another text: the line is told, nothing is stored."""
    lines = [
        {"id": f"t{row}", "label": {"spans": [{"name": "a", "span": {"start": 0, "end": end}}]}}
        for row, end in ((1, 3), (0, 40))
    ]
    path = tmp_path / "said.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    with pytest.raises(InvalidInputError, match=r"In line 2: .* 0 to 40, the text has 15"):
        spans.models.import_predictions(str(path), partial=True)


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of three pictures of 40 by 30 pixels, the first of which has a label."""
    folder: Path = tmp_path_factory.mktemp("boxes")
    for at in range(3):
        Image.new("RGB", (40, 30), (at, 0, 0)).save(folder / f"{at}.png")
    with Project.create(folder / "p", task="boxes", media="image", classes=["a"]) as made:
        made.add(folder)
        made.labels.submit("0.png", _box(0, 0, 40, 30), annotator="ana")
        yield made


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "value", [_box(30, 5, 20, 20), _box(-9, 0, 12, 9), _box(50, 50, 4, 4), _box(0, NAN, 5, 5)]
)
def test_a_box_beyond_its_picture_is_refused_and_the_label_stays(
    boxes: Project, way: str, value: BoxesValue
) -> None:
    """A person's box is refused, not cut, wherever it comes in."""
    before = boxes.labels.history("0.png")
    with pytest.raises(InvalidInputError, match=r"40 by 30 pixels|has the sides"):
        WAYS[way](boxes, "0.png", value)
    assert boxes.labels.history("0.png") == before


def test_a_models_boxes_are_cut_to_the_picture(boxes: Project) -> None:
    """As detectors here do it: what is wholly beyond is left out, the rest keeps its confidence."""
    said = [
        {"id": "0.png", "label": _box(30, 5, 20, 20)},
        {"id": "1.png", "label": _box(50, 50, 4, 4)},
        {"id": "2.png", "label": _box(1, 2, 3, 4)},
    ]
    found = boxes.models.import_predictions(said, name="mine")
    kept = boxes.catalog.value_predictions.values(found.model.id, range(3))
    assert kept == [_box(30, 5, 10, 20), BoxesValue(boxes=()), _box(1, 2, 3, 4)]


def test_a_backends_boxes_are_cut_and_its_spans_refused() -> None:
    """A backend made for Label Studio is held to the same rule as a file."""
    ontology = Ontology.of(TaskKind.BOXES, ["a"])
    asset = Asset(id="x", media=Media.IMAGE, width=100, height=50)
    value = {"x": 90, "y": 0, "width": 20, "height": 50, "rectanglelabels": ["a"]}
    answer = {"result": [{"type": "rectanglelabels", "value": value, "score": 0.7}]}
    assert read_answer(answer, asset, ontology)[0] == _box(90, 0, 10, 25)
    wrong = {"result": [{"type": "labels", "value": {"start": 0, "end": 9, "labels": ["a"]}}]}
    text = Asset(id="y", media=Media.TEXT, text="short")
    with pytest.raises(InvalidInputError, match="does not fit the text"):
        read_answer(wrong, text, Ontology.of(TaskKind.SPANS, ["a"]))


@pytest.mark.parametrize(
    ("value", "task"),
    [
        (_box(NAN, 0, 1, 1), "boxes"),
        (_box(0, 0, INF, 1), "boxes"),
        (_ring((0, 0), (5, 5), (9, 9)), "polygons"),
        (_ring((0, 0), (NAN, 5), (9, 0)), "polygons"),
    ],
)
def test_shapes_without_sides_or_area_are_refused(value: Value, task: str) -> None:
    """NaN, infinity, and points in one line are no shape of any picture."""
    with pytest.raises(InvalidInputError, match="'a' has"):
        check_value(value, Ontology.of(TaskKind(task), ["a"]))


def test_a_rounding_beyond_the_edge_is_taken() -> None:
    """Editors and percentages round: one pixel beyond is no error; unknown sizes bound nothing."""
    bounds = Bounds(width=40, height=30)
    check_within(_box(-0.6, 0, 41.5, 30.9), bounds)
    check_within(_ring((0, 0), (40.9, 0), (40, 30.4)), bounds)
    with pytest.raises(InvalidInputError, match="polygon of 'a' reaches from 0, 0 to 44, 30"):
        check_within(_ring((0, 0), (44, 0), (40, 30)), bounds)
    assert cut_to(_box(99, 0, 5, 5), Bounds()) == _box(99, 0, 5, 5)


def test_a_box_of_nan_over_rest_is_refused(boxes: Project) -> None:
    """The wire takes finite numbers only, and says which one is not."""
    token = boxes.catalog.records.tokens.issue("ana", kind="api", ttl_seconds=600)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    value = (
        '{"type": "boxes", "boxes": [{"name": "a", "box": {"x": NaN, "y": 0, "width": 1, '
        '"height": 1}}]}'
    )
    rest = '"action": "label", "submission_id": "s1", "expected_version": 1'
    content = f'{{"asset_id": "0.png", {rest}, "value": {value}}}'
    with TestClient(create_app(boxes), base_url=HOME, headers=headers) as client:
        answer = client.post("/api/v1/labels", content=content)
    assert answer.status_code == 422, answer.text
    message = answer.json()["error"]["message"]
    assert "box.x: Input should be a finite number" in message
