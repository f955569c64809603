"""Labels saved as a file in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Box, BoxesValue, LabeledBox, RetireClass

pytestmark = pytest.mark.browser


def saved(page, words: str):
    """What the browser saves when the palette is told to."""
    palette = opened(page, words)
    page.get_by_text(f"Export the labels as {words}").wait_for()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    palette.wait_for(state="detached")
    return download.value


def opened(page, words: str):
    """The palette, with words in it."""
    page.keyboard.press("Control+k")
    palette = page.get_by_role("textbox", name="Find a page, an action, a class, a slice")
    palette.fill(words)
    return palette


def test_boxes_are_saved_as_coco_and_yolo(tmp_path, scenes, serve, enter):
    """The palette names the formats that hold boxes."""
    folder = tmp_path / "boxes"
    with Project.create(folder, task="boxes", classes=["car", "bus"]) as project:
        project.add(str(scenes))
        first, second = list(project.catalog.assets.ids())[:2]
        for asset_id, name in ((first, "bus"), (second, "car")):
            box = LabeledBox(name=name, box=Box(x=60, y=120, width=150, height=110))
            project.labels.submit(asset_id, BoxesValue(boxes=(box,)), annotator="ana")
    page = enter(serve(folder))
    file = saved(page, "COCO")
    assert file.suggested_filename == "boxes-labels.json"
    body = json.loads(file.path().read_text("utf-8"))
    assert [it["bbox"] for it in body["annotations"]] == [[60, 120, 150, 110]] * 2
    assert saved(page, "YOLO").suggested_filename == "boxes-labels.zip"


def test_letters_are_saved_as_a_table(texts, serve, enter):
    """What the file leaves out is told, and no format is offered that holds none of them."""
    with Project.open(texts) as project:
        project.labels.submit("letter-00", "invoice", annotator="ana")
    page = enter(serve(texts))
    file = saved(page, "CSV")
    assert file.suggested_filename == "letters-labels.csv"
    assert "letter-00,invoice" in file.path().read_text("utf-8")
    with Project.open(texts) as project:
        project.ontology_changes.apply(RetireClass(name="invoice"), author="ana")
    saved(page, "CSV")
    page.get_by_text("The labels are saved").wait_for()
    page.get_by_text("1 label is left out").wait_for()
    opened(page, "coco")
    page.get_by_text("Nothing has this name").wait_for()
    expect(page.get_by_text("Export the labels as COCO")).to_have_count(0)
