"""Boxes and polygons of pictures as YOLO reads them: a zip of one text a picture."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from querist.errors import InvalidInputError
from querist.formats.base import LossReport
from querist.formats.files import replacing
from querist.formats.picture_labels import PictureLabel, lost
from querist.schema import BoxesValue

NAME = "yolo"
_LISTS = ("train.txt", "val.txt")
SUMMARY = "Boxes or polygons as YOLO reads them: a text a picture and data.yaml, in one zip"


def write_yolo(labels: Iterable[PictureLabel], classes: Sequence[str], path: Path) -> LossReport:
    """Write ``data.yaml`` and ``labels/NAME.txt`` of each picture into one zip, all or nothing.

    What measures models, of audit, control and checks, is listed in ``val.txt``, the rest in
    ``train.txt``. Where nothing does, both name the folder of the pictures.

    A line is the number of the class, from 0 in the order of the classes, and the middle, width and
    height of a box, or the corners of a polygon, each as a share of the picture's width or height.
    A picture in which there is nothing has an empty file.

    Raises:
        InvalidInputError: two pictures differ in the ending of their name only.
        StorageError: the file cannot be written; an older one stays as it was.
    """
    number = {name: at for at, name in enumerate(classes)}
    written: dict[str, str] = {}
    with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        parts: dict[bool, list[str]] = {True: [], False: []}
        for label in labels:
            name = f"labels/{PurePosixPath(label.file_name).with_suffix('.txt')}"
            if name in written:
                raise InvalidInputError(
                    f"{written[name]!r} and {label.file_name!r} would both have {name}.",
                    remedy="Write COCO (.json), or rename one of the pictures.",
                )
            written[name] = label.file_name
            parts[label.trains].append(f"./images/{label.file_name}\n")
            archive.writestr(name, "".join(_lines(label, number)))
        apart = all(parts.values())
        archive.writestr("data.yaml", _described(classes, apart=apart))
        for trains, listed in parts.items():
            if apart:
                archive.writestr(_LISTS[not trains], "".join(listed))
    return LossReport(path=path, format=NAME, written=len(written), losses=lost(len(written)))


def _described(classes: Sequence[str], *, apart: bool) -> str:
    """The text of ``data.yaml``; a name in quotes of JSON is one of YAML too."""
    train, val = _LISTS if apart else ("images", "images")
    names = "".join(f"  {at}: {json.dumps(name)}\n" for at, name in enumerate(classes))
    return f"path: .\ntrain: {train}\nval: {val}\nnames:\n{names}"


def _lines(label: PictureLabel, number: dict[str, int]) -> Iterable[str]:
    across, down = label.width, label.height
    if isinstance(label.value, BoxesValue):
        for it in label.value.boxes:
            box = it.box
            middle = (box.x + box.width / 2) / across, (box.y + box.height / 2) / down
            yield _line(number[it.name], [*middle, box.width / across, box.height / down])
        return
    for outline in label.value.polygons:
        corners = [part for x, y in outline.polygon.points for part in (x / across, y / down)]
        yield _line(number[outline.name], corners)


def _line(code: int, shares: Sequence[float]) -> str:
    # Editors round, so that a shape may reach a pixel beyond its picture; a share may not.
    return " ".join([str(code), *(f"{min(max(it, 0.0), 1.0):.6f}" for it in shares)]) + "\n"
