"""What an export writes an import reads: labels of every task, in every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from querist import Project
from querist.errors import InvalidInputError
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    Value,
)

_CORNERS = ((1.5, 1.0), (9.0, 1.0), (9.0, 8.25))
_BOX = Box(x=1.5, y=2.0, width=8.0, height=4.25)
LABELS: dict[str, tuple[str, Value, Value]] = {
    "multi_label": ("text", ClassesValue(names=("a", "b")), ClassesValue(names=())),
    "boxes": ("image", BoxesValue(boxes=(LabeledBox(name="a", box=_BOX),)), BoxesValue(boxes=())),
    "polygons": (
        "image",
        PolygonsValue(polygons=(LabeledPolygon(name="b", polygon=Polygon(points=_CORNERS)),)),
        PolygonsValue(polygons=()),
    ),
    "spans": (
        "text",
        SpansValue(spans=(LabeledSpan(name="b", span=Span(start=2, end=7)),)),
        SpansValue(spans=()),
    ),
}


def project(folder: Path, task: str, media: str) -> Project:
    """A project of two assets."""
    made = Project.create(folder, task=task, media=media, classes=["a", "b"])
    if media == "text":
        made.add([{"id": "one", "text": "some words"}, {"id": "two", "text": "other words"}])
        return made
    pictures = folder / "pictures"
    pictures.mkdir()
    for name, grey in (("one", 90), ("two", 140)):
        Image.fromarray(np.full((12, 12, 3), grey, np.uint8)).save(pictures / f"{name}.png")
    made.add(pictures)
    return made


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("task", list(LABELS))
def test_labels_come_back_as_they_were(tmp_path: Path, task: str, suffix: str) -> None:
    """Sets and shapes, empty ones too, are the same labels in another project of the assets."""
    media, *values = LABELS[task]
    with project(tmp_path / "here", task, media) as here:
        ids = sorted(here.catalog.assets.ids())
        for asset_id, value in zip(ids, values, strict=True):
            here.labels.submit(asset_id, value, annotator="ana")
        here.export(tmp_path / f"labels.{suffix}")
    with project(tmp_path / "there", task, media) as there:
        stored, _ = there.import_labels(tmp_path / f"labels.{suffix}")
        assert stored == 2
        found = [there.labels.current(asset_id) for asset_id in ids]
        assert [entry and entry.value for entry in found] == values


def test_labels_of_another_task_are_refused(tmp_path: Path) -> None:
    """Boxes are no sets of classes, and nothing of such a file is stored."""
    (tmp_path / "labels.csv").write_text('id,label\none,"{""type"": ""boxes"", ""boxes"": []}"\n')
    with project(tmp_path / "there", "multi_label", "text") as there:
        with pytest.raises(InvalidInputError, match="kind 'boxes'"):
            there.import_labels(tmp_path / "labels.csv")
        assert there.labels.current("one") is None


def test_a_list_of_names_is_a_set(tmp_path: Path) -> None:
    """A cell may list the names of a set as JSON; a name alone is a set of one."""
    (tmp_path / "labels.csv").write_text('id,label\none,"[""b"", ""a""]"\ntwo,b\n')
    with project(tmp_path / "there", "multi_label", "text") as there:
        assert there.import_labels(tmp_path / "labels.csv")[0] == 2
        found = [there.labels.current(asset_id) for asset_id in ("one", "two")]
        assert [entry and entry.value for entry in found] == [
            ClassesValue(names=("b", "a")),
            ClassesValue(names=("b",)),
        ]
