"""Agreement of people on boxes, polygons and spans of a project."""

from __future__ import annotations

import pytest

from querist import Project
from querist.schema import (
    Box,
    BoxesValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
)


def boxes(*rows):
    """Boxes of class a."""
    made = (Box(x=x, y=y, width=w, height=h) for x, y, w, h in rows)
    return BoxesValue(boxes=tuple(LabeledBox(name="a", box=box) for box in made))


def polygons(*rows):
    """Right-angled polygons of class a, from the same numbers as boxes."""
    found = []
    for x, y, w, h in rows:
        points = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        found.append(LabeledPolygon(name="a", polygon=Polygon(points=points)))
    return PolygonsValue(polygons=tuple(found))


def spans(*rows):
    """Spans of class a, of the first and the third number as start and length."""
    made = (Span(start=x, end=x + w) for x, _, w, _ in rows)
    return SpansValue(spans=tuple(LabeledSpan(name="a", span=span) for span in made))


@pytest.mark.parametrize(
    ("task", "media", "value"),
    [("boxes", "image", boxes), ("polygons", "image", polygons), ("spans", "text", spans)],
)
def test_two_people_are_compared_by_what_they_cover(tmp_path, task, media, value):
    """Ana and bob agree on one asset and differ by half a shape on another; cid marks nothing."""
    policy = {"audit_size": 0, "control_share": 0.0, "overlap": 3, "overlap_share": 1.0}
    with Project.create(
        tmp_path / "shop", task=task, media=media, classes=["a", "b"], policy=policy
    ) as project:
        add(project, tmp_path, media)
        project.next_round(2)
        first, second = sorted({it.asset_id for it in project.catalog.records.tasks.open(1)})
        answers = {
            "ana": [value((0, 0, 8, 4)), value((0, 0, 8, 4))],
            "bob": [value((0, 0, 8, 4)), value((4, 0, 8, 4))],
            "cid": [value(), value()],
        }
        for name, said in answers.items():
            project.queue.next(name, 5)
            for asset_id, one in zip((first, second), said, strict=True):
                project.labels.submit(asset_id, one, annotator=name)
        found = project.opinions.agreement()
    pairs = {(it.first, it.second): it for it in found.shapes.pairs}
    ours = pairs["ana", "bob"]
    assert (ours.assets, ours.f1) == (2, 0.5)
    assert ours.iou == pytest.approx((1 + 1 / 3) / 2)
    assert (pairs["ana", "cid"].f1, pairs["ana", "cid"].iou) == (0, None)
    assert (found.assets, found.opinions, found.distance) == (2, 6, "overlap")
    assert -1 <= found.shapes.alpha < 1
    assert found.alpha == found.shapes.alpha


def add(project, folder, media) -> None:
    """Two assets."""
    if media == "text":
        project.add([{"id": f"t{i}", "text": f"{i} some words to be marked"} for i in range(2)])
        return
    from PIL import Image

    (folder / "pictures").mkdir()
    for i in range(2):
        Image.new("RGB", (16, 16), (i * 80, 9, 9)).save(folder / "pictures" / f"p{i}.png")
    project.add(str(folder / "pictures"))


def test_gold_answers_of_shapes_are_as_right_as_they_fit(tmp_path):
    """One of two boxes found is an F1 of two thirds, not a plain mistake."""
    from querist.labeling.shapes import likeness

    right = boxes((0, 0, 4, 4), (8, 8, 4, 4))
    assert likeness(boxes((0, 0, 4, 4)), right) == pytest.approx(2 / 3)
    assert likeness(right, right) == 1
    assert likeness(None, right) == 0
