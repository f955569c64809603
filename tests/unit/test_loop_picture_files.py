"""Boxes and polygons to COCO and YOLO, and from COCO, of real pictures."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from querist import Project
from querist.errors import InvalidInputError, NotFoundError, QueristError
from querist.schema import (
    Box,
    BoxesValue,
    LabeledBox,
    LabeledPolygon,
    Polygon,
    PolygonsValue,
    SplitClass,
    TaskKind,
    Value,
)

CLASSES = ("circle", "square")
WIDE, HIGH = 64, 48
BOXES = BoxesValue(
    boxes=(
        LabeledBox(name="square", box=Box(x=1.5, y=2, width=20, height=10)),
        LabeledBox(name="circle", box=Box(x=30, y=8, width=30.25, height=40)),
    )
)
POLYGONS = PolygonsValue(
    polygons=(
        LabeledPolygon(name="square", polygon=Polygon(points=((1, 2), (21, 2), (21, 12.5)))),
        LabeledPolygon(
            name="circle", polygon=Polygon(points=((30, 8), (60, 8), (60, 48), (30, 9)))
        ),
    )
)


def made(folder: Path, task: TaskKind = TaskKind.BOXES) -> Project:
    """A project of three pictures, two of which have the same name in different folders."""
    from PIL import Image

    for number, name in enumerate(("a/p.png", "b/p.png", "b/q.jpg")):
        path = folder / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (WIDE, HIGH), (number * 80, 9, 9)).save(path)
    project = Project.create(folder / "shop", task=task, media="image", classes=list(CLASSES))
    project.add(str(folder / "pictures"))
    return project


def labels_of(project: Project) -> dict[str, Value | None]:
    """The labels that hold, by asset."""
    return {it.asset_id: it.value for it in project.catalog.records.labels.currents()}


def written(folder: Path, body: Any) -> Path:
    """A COCO file with this body."""
    path = folder / "given.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def coco(*annotations: dict[str, Any], file: str = "q.jpg") -> dict[str, Any]:
    """A data set of one picture with these annotations."""
    return {
        "images": [{"id": 7, "file_name": file, "width": WIDE, "height": HIGH}],
        "categories": [{"id": 5, "name": "square"}],
        "annotations": [{"image_id": 7, "category_id": 5, **one} for one in annotations],
    }


@pytest.mark.parametrize("value", [BOXES, POLYGONS])
def test_what_is_written_as_coco_is_read_as_it_was(tmp_path: Path, value: Value) -> None:
    """Shapes, classes and pictures without any come back, also of pictures of one name."""
    task = TaskKind.BOXES if isinstance(value, BoxesValue) else TaskKind.POLYGONS
    nothing = BoxesValue(boxes=()) if task is TaskKind.BOXES else PolygonsValue(polygons=())
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    path = tmp_path / "out.json"
    with made(tmp_path / "first", task) as project:
        given = {"a/p.png": value, "b/p.png": nothing, "b/q.jpg": value}
        for asset_id, label in given.items():
            project.labels.submit(asset_id, label, annotator="ana")
        report = project.export(path)
    assert (report.format, report.written, report.losses[0].count) == ("coco", 3, 3)
    with made(tmp_path / "second", task) as project:
        assert project.import_labels(path)[0] == 3
        assert labels_of(project) == given
        assert project.import_labels(path)[0] == 0


def test_coco_files_are_what_coco_reads(tmp_path: Path) -> None:
    """Ids from 1, sizes of the pictures, sides and area in pixels, classes in their order."""
    with made(tmp_path, TaskKind.POLYGONS) as project:
        project.labels.submit("b/q.jpg", POLYGONS, annotator="ana")
        project.export(tmp_path / "out.json")
    body = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert body["categories"] == [{"id": 1, "name": "circle"}, {"id": 2, "name": "square"}]
    assert body["images"] == [{"id": 1, "file_name": "b/q.jpg", "width": WIDE, "height": HIGH}]
    first, second = body["annotations"]
    assert first == {
        "id": 1,
        "image_id": 1,
        "category_id": 2,
        "bbox": [1, 2, 20, 10.5],
        "area": 105,
        "segmentation": [[1, 2, 21, 2, 21, 12.5]],
        "iscrowd": 0,
    }
    assert (second["id"], second["category_id"]) == (2, 1)


def test_pictures_are_found_by_the_name_of_their_file(tmp_path: Path) -> None:
    """A name without folders is enough where one picture has it; else it names no asset."""
    box = {"bbox": [1, 2, 3, 4]}
    with made(tmp_path) as project:
        assert project.import_labels(written(tmp_path, coco(box)))[0] == 1
        assert set(labels_of(project)) == {"b/q.jpg"}
        with pytest.raises(NotFoundError, match=r"p\.png"):
            project.import_labels(written(tmp_path, coco(box, file="p.png")))


def test_objects_that_are_no_one_outline_leave_their_picture_out(tmp_path: Path) -> None:
    """A crowd, a mask and an object in two parts are told, and nothing of the picture is kept."""
    whole = [1, 2, 21, 2, 21, 12]
    with made(tmp_path, TaskKind.POLYGONS) as project:
        for other in (
            {"segmentation": {"counts": [], "size": [1, 1]}, "iscrowd": 1},
            {"segmentation": {"counts": [], "size": [1, 1]}},
            {"segmentation": [whole, whole]},
        ):
            path = written(tmp_path, coco({"segmentation": [whole]}, other))
            stored, report = project.import_labels(path)
            assert (stored, report.counts) == (0, {"unsupported": 1})
            assert "Annotation 2 of given.json" in report.problems[0].message


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ([], "is a list, as results of a model are"),
        ({"images": []}, "has no usable 'categories'"),
        (coco({"bbox": [1, 2, 3]}), "Annotation 1 of given.json has no usable"),
        (coco({"bbox": [10**400, 2, 3, 4]}), "Annotation 1 of given.json has no usable bbox"),
        (coco({"bbox": "1234"}), "Annotation 1 of given.json has no usable bbox"),
        (coco({"bbox": None}), "Annotation 1 of given.json has no usable bbox"),
        ({**coco(), "annotations": None}, "given.json has no usable list of annotations"),
        ({**coco(), "annotations": 5}, "given.json has no usable list of annotations"),
        ({**coco(), "annotations": {"a": 1}}, "given.json has no usable list of annotations"),
        (coco({"bbox": [1, 2, 0, 4]}), "in 'q.jpg': The box is 0.0 by 4.0 pixels"),
        (coco({"bbox": [1, 2, 90, 4]}), "Annotation 1: In the label of 'b/q.jpg': The box of"),
        (coco({"bbox": [1, 2, 3, 4], "category_id": 9}), "has no usable 9"),
        (
            {**coco({"bbox": [1, 2, 3, 4]}), "categories": [{"id": 5, "name": "hexagon"}]},
            "Annotation 1: In the label of 'b/q.jpg': There is no class named 'hexagon'",
        ),
    ],
)
def test_coco_files_that_cannot_be_read_say_where(tmp_path: Path, body: Any, told: str) -> None:
    """The annotation and the picture are named, and nothing is stored."""
    with made(tmp_path) as project:
        with pytest.raises(QueristError) as refused:
            project.import_labels(written(tmp_path, body))
        assert told in refused.value.message
        assert labels_of(project) == {}


def test_coco_files_of_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    """Their shapes would lie elsewhere; a size of nothing is none that is told."""
    body = coco({"bbox": [1, 2, 3, 4]})
    with made(tmp_path) as project:
        for width, height in ((WIDE * 2, HIGH * 2), (HIGH, WIDE)):
            body["images"][0] |= {"width": width, "height": height}
            with pytest.raises(InvalidInputError, match=f"is {width} by {height} pixels; here"):
                project.import_labels(written(tmp_path, body))
        body["images"][0] |= {"width": 0, "height": 0}
        assert project.import_labels(written(tmp_path, body))[0] == 1


@pytest.mark.parametrize("part", ["images", "categories"])
def test_coco_ids_that_come_twice_are_refused(tmp_path: Path, part: str) -> None:
    """The later would take the annotations of the other: labels of another picture, or class."""
    first = coco({"bbox": [1, 2, 3, 4]})
    second = {"id": first[part][0]["id"], "file_name": "p.png", "name": "circle"}
    with made(tmp_path) as project:
        with pytest.raises(InvalidInputError, match=r"id \d twice"):
            project.import_labels(written(tmp_path, {**first, part: [*first[part], second]}))
        assert labels_of(project) == {}


def test_coco_files_may_begin_with_a_byte_order_mark_and_not_be_endless_brackets(
    tmp_path: Path,
) -> None:
    """Some editors write the mark; what no parser follows is refused in words."""
    path = tmp_path / "given.json"
    with made(tmp_path) as project:
        path.write_text("\ufeff" + json.dumps(coco({"bbox": [1, 2, 3, 4]})), encoding="utf-8")
        assert project.import_labels(path)[0] == 1
        path.write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")
        with pytest.raises(InvalidInputError, match="is not JSON"):
            project.import_labels(path)


@pytest.mark.parametrize("value", [BOXES, POLYGONS])
def test_yolo_is_a_text_a_picture_with_shares_of_its_sides(tmp_path: Path, value: Value) -> None:
    """Middle and sides of boxes, corners of polygons; names beside, nothing where nothing is."""
    task = TaskKind.BOXES if isinstance(value, BoxesValue) else TaskKind.POLYGONS
    nothing = BoxesValue(boxes=()) if task is TaskKind.BOXES else PolygonsValue(polygons=())
    with made(tmp_path, task) as project:
        project.labels.submit("a/p.png", value, annotator="ana")
        project.labels.submit("b/q.jpg", nothing, annotator="ana")
        report = project.export(tmp_path / "out.zip")
    assert (report.format, report.written) == ("yolo", 2)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(texts) == {"data.yaml", "labels/a/p.txt", "labels/b/q.txt"}
    assert texts["labels/b/q.txt"] == ""
    assert '  0: "circle"\n  1: "square"\n' in texts["data.yaml"]
    code, *shares = texts["labels/a/p.txt"].splitlines()[0].split()
    wanted = [11.5 / WIDE, 7 / HIGH, 20 / WIDE, 10 / HIGH]
    if task is TaskKind.POLYGONS:
        wanted = [1 / WIDE, 2 / HIGH, 21 / WIDE, 2 / HIGH, 21 / WIDE, 12.5 / HIGH]
    assert code == "1"
    assert [float(it) for it in shares] == pytest.approx(wanted, abs=1e-6)


def test_other_labels_are_no_boxes(tmp_path: Path) -> None:
    """A project of single classes is told which files hold its labels."""
    with made(tmp_path, TaskKind.CLASSIFICATION) as project:
        for name in ("out.json", "out.zip"):
            with pytest.raises(InvalidInputError, match="holds boxes and polygons"):
                project.export(tmp_path / name)
        with pytest.raises(InvalidInputError, match="holds boxes and polygons"):
            project.import_labels(written(tmp_path, coco()))


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ({"boxes": [{"name": "hexagon", "box": "B"}]}, "There is no class named 'hexagon'"),
        ({"boxes": [{"name": "circle", "box": "ZERO"}]}, "The box is 0.0 by 10.0 pixels"),
        ({"boxes": [{"name": "circle", "box": [1, 2, 3, 4]}]}, "BoxesValue.boxes[0].box is"),
        ({"boxes": [{"name": "circle", "box": "FAR"}]}, "The box of 'circle' reaches from"),
    ],
)
def test_bad_labels_name_their_row_and_asset(tmp_path: Path, label: Any, told: str) -> None:
    """Whatever is wrong: line and asset come first, and nothing is stored."""
    sides = {"B": (1, 1, 4, 4), "ZERO": (1, 1, 0, 10), "FAR": (1, 1, 400, 4)}
    for one in label["boxes"]:
        if isinstance(one["box"], str):
            one["box"] = dict(zip(("x", "y", "width", "height"), sides[one["box"]], strict=True))
    lines = [
        {"id": "a/p.png", "label": {"type": "boxes", "boxes": []}},
        {"id": "b/q.jpg", "label": {"type": "boxes", **label}},
    ]
    path = tmp_path / "bad.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    with made(tmp_path) as project:
        with pytest.raises(QueristError) as refused:
            project.import_labels(path)
        assert refused.value.message.startswith(f"Line 2: In the label of 'b/q.jpg': {told}")
        assert labels_of(project) == {}


def test_bad_spans_name_their_row_and_asset(tmp_path: Path) -> None:
    """Spans that share characters, in a table."""
    classes = ["a"]
    with Project.create(tmp_path / "p", task="spans", media="text", classes=classes) as project:
        project.add([{"id": "t1", "text": "some words to be marked"}])
        spans = [{"name": "a", "span": {"start": s, "end": e}} for s, e in ((0, 5), (3, 9))]
        with pytest.raises(InvalidInputError) as refused:
            project.import_labels([{"id": "t1", "label": {"type": "spans", "spans": spans}}])
    told = "Row 1: In the label of 't1': The spans 0 to 5 and 3 to 9 share characters."
    assert refused.value.message == told


def test_labels_of_a_class_that_is_gone_are_written_on_request(tmp_path: Path) -> None:
    """They name their class, which comes after those of now."""
    with made(tmp_path) as project:
        project.labels.submit("b/q.jpg", BOXES, annotator="ana")
        project.ontology_changes.apply(
            SplitClass(name="circle", into=("disc", "ring")), author="ana"
        )
        project.export(tmp_path / "out.json", earlier=True)
    body = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [it["name"] for it in body["categories"]] == ["disc", "square", "ring", "circle"]
    assert [it["category_id"] for it in body["annotations"]] == [2, 4]
