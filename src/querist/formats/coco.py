"""Boxes and polygons of pictures as COCO's JSON has them: labels out and in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from querist.errors import InvalidInputError, QueristError
from querist.formats.base import LossReport, ReadReport
from querist.formats.files import check_is_text, existing_file, replacing
from querist.formats.picture_labels import PictureLabel, lost
from querist.schema import (
    Box,
    BoxesValue,
    LabeledBox,
    LabeledPolygon,
    Polygon,
    PolygonsValue,
    TaskKind,
    is_whole,
)

NAME = "coco"
SUMMARY = "Boxes or polygons of all pictures in one JSON file, as COCO has them"
_FORM = (
    "Give COCO's instances: an object with images (id, file_name), categories (id, name) and "
    "annotations (image_id, category_id, bbox or segmentation)."
)


def write_coco(labels: Iterable[PictureLabel], classes: Sequence[str], path: Path) -> LossReport:
    """Write one JSON file, all or nothing: ids from 1 on, categories in the order of the classes.

    Boxes are left, top, width and height in pixels of the upright picture. A picture in which there
    is nothing has no annotation.

    Raises:
        StorageError: the file cannot be written; an older one stays as it was.
    """
    category = {name: number for number, name in enumerate(classes, start=1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, label in enumerate(labels, start=1):
        size = {"width": label.width, "height": label.height}
        arm = {} if label.arm is None else {"arm": label.arm}
        images.append({"id": number, "file_name": label.file_name, **size, **arm})
        for name, shape in _shapes(label.value):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": category[name],
                    **shape,
                    "iscrowd": 0,
                }
            )
    body = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in category.items()],
    }
    with replacing(path) as part:
        part.write_text(json.dumps(body), encoding="utf-8")
    return LossReport(path=path, format=NAME, written=len(images), losses=lost(len(images)))


def read_coco(
    path: Path, task: TaskKind
) -> tuple[dict[str, BoxesValue | PolygonsValue], ReadReport, dict[str, tuple[int, int]]]:
    """The label of each picture by the name of its file, also of those in which there is nothing.

    The third are width and height by file, in pixels, where the file tells them.

    A picture with a crowd, or with an object of several outlines, is left out and reported: without
    that object its label would be wrong.

    Args:
        path: The file.
        task: Whether boxes (``bbox``) or polygons (``segmentation``) are read.

    Raises:
        NotFoundError: there is no such file.
        InvalidInputError: the file is not of COCO's form, or a shape is none.
    """
    check_is_text(existing_file(path))
    images, names, annotations, sizes = _parts(path)
    report = ReadReport()
    found: dict[str, list[Any]] = {file: [] for file in images.values()}
    if len(found) < len(images):
        raise InvalidInputError(
            f"{path.name} names a picture twice.", remedy="Give each file_name one image."
        )
    left_out: set[str] = set()
    for number, one in enumerate(annotations, start=1):
        where = f"Annotation {number} of {path.name}"
        try:
            file, name = images[one["image_id"]], names[one["category_id"]]
            report.places.setdefault(file, f"annotation {number}")
            reason = _unusable(one, task)
            if reason is None:
                found[file].append(_shape(one, name, task))
        except QueristError as problem:
            raise InvalidInputError(
                f"{where}, in {file!r}: {problem.message}", remedy=problem.remedy
            ) from None
        except (KeyError, TypeError, ValueError) as problem:
            raise InvalidInputError(f"{where} has no usable {problem}.", remedy=_FORM) from None
        if reason is not None and file not in left_out:
            left_out.add(file)
            report.leave_out(file, "unsupported", f"{where} {reason}.")
    found = {file: shapes for file, shapes in found.items() if file not in left_out}
    return {file: _value(shapes, task) for file, shapes in found.items()}, report, sizes


def _parts(
    path: Path,
) -> tuple[dict[Any, str], dict[Any, str], Sequence[Mapping[str, Any]], dict[str, tuple[int, int]]]:
    """Files and classes by their numbers, the annotations, and the sizes of files."""
    try:
        body = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise InvalidInputError(f"{path.name} is not JSON: {problem}.", remedy=_FORM) from None
    if isinstance(body, list):
        raise InvalidInputError(
            f"{path.name} is a list, as results of a model are.",
            remedy="Import those with: querist import-predictions",
        )
    try:
        images = _by_id(body["images"], "file_name", "image", path)
        names = _by_id(body["categories"], "name", "category", path)
        annotations = body["annotations"]
        if not isinstance(annotations, list):
            raise TypeError("list of annotations")
        sizes = {
            str(it["file_name"]): (it["width"], it["height"])
            for it in body["images"]
            if is_whole(it.get("width")) and is_whole(it.get("height"))
        }
    except (KeyError, TypeError) as problem:
        raise InvalidInputError(f"{path.name} has no usable {problem}.", remedy=_FORM) from None
    return images, names, annotations, sizes


def _by_id(rows: Iterable[Mapping[str, Any]], field: str, what: str, path: Path) -> dict[Any, str]:
    """A field of each row by the id of the row, which may not come twice: it would mean either."""
    found: dict[Any, str] = {}
    for row in rows:
        if row["id"] in found:
            raise InvalidInputError(
                f"{path.name} gives the {what} id {row['id']!r:.40} twice.",
                remedy=f"Give each {what} an id of its own.",
            )
        found[row["id"]] = str(row[field])
    return found


def _shapes(value: BoxesValue | PolygonsValue) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(value, BoxesValue):
        return [(it.name, {"bbox": _sides(it.box), "area": it.box.area}) for it in value.boxes]
    return [
        (
            it.name,
            {
                "bbox": _sides(it.polygon.bounds),
                "area": it.polygon.area,
                "segmentation": [[side for point in it.polygon.points for side in point]],
            },
        )
        for it in value.polygons
    ]


def _value(shapes: Sequence[Any], task: TaskKind) -> BoxesValue | PolygonsValue:
    if task is TaskKind.BOXES:
        return BoxesValue(boxes=tuple(shapes))
    return PolygonsValue(polygons=tuple(shapes))


def _sides(box: Box) -> list[float]:
    return [box.x, box.y, box.width, box.height]


def _unusable(one: Mapping[str, Any], task: TaskKind) -> str | None:
    """Why what it marks is no one object here."""
    if one.get("iscrowd"):
        return "marks a crowd"
    if task is TaskKind.BOXES:
        return None
    outlines = one["segmentation"]
    if not isinstance(outlines, list):
        return "is a mask, not an outline"
    return None if len(outlines) == 1 else f"has {len(outlines)} outlines"


def _shape(one: Mapping[str, Any], name: str, task: TaskKind) -> LabeledBox | LabeledPolygon:
    if task is TaskKind.BOXES:
        x, y, width, height = _numbers("bbox", one["bbox"])
        return LabeledBox(name=name, box=Box(x=x, y=y, width=width, height=height))
    sides = _numbers("segmentation", one["segmentation"][0])
    points = tuple(zip(sides[::2], sides[1::2], strict=True))
    return LabeledPolygon(name=name, polygon=Polygon(points=points))


def _numbers(field: str, given: Any) -> list[float]:
    try:
        if isinstance(given, list):
            return [float(side) for side in given]
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{field}: it is no list of numbers")
