"""The labelling page over a batch that is asked of two people, with gold questions among it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from querist.catalog import Settings
from querist.project import Project
from querist.schema import Action, ClassValue

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def batch(pictures: Path) -> Path:
    """A project whose first round wants two opinions on each picture."""
    settings = Settings.read(pictures)
    policy = replace(settings.policy, overlap=2, overlap_share=1.0, gold_share=0.4)
    replace(settings, policy=policy).write(pictures)
    with Project.open(pictures) as project:
        project.next_round()
        asked = {task.asset_id for task in project.catalog.records.tasks.open(1)}
        free = [it for it in project.catalog.assets.ids() if it not in asked][:20]
        for asset_id in free:
            project.gold.add(asset_id, "zero", created_by="rev")
    return pictures


def press(page: Page, key: str) -> str:
    """Press ``key`` and wait for the next asset; returns the one it was pressed for."""
    stage = page.get_by_test_id("stage")
    before = stage.get_attribute("data-asset") or ""
    page.keyboard.press(key)
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset !== id", arg=before
    )
    return before


def test_opinions_are_given_changed_and_taken_back_by_key(batch, serve, enter):
    """Every key becomes an opinion or a gold answer and no label; undo asks the same again."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    decided = [press(page, key) for key in "1234123412"]
    saved = page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True)
    saved.wait_for()
    page.keyboard.press("Backspace")
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset === id",
        arg=decided[-1],
    )
    saved.wait_for()
    press(page, "5")
    saved.wait_for()
    page.reload()
    page.get_by_test_id("stage").wait_for()
    page.get_by_test_id("strip").get_by_role(
        "button", name=f"{decided[-1]}: four, stored"
    ).wait_for()
    with Project.open(batch) as project:
        log = project.opinions.list()
        assert [it.asset_id for it in log] == [*decided, decided[-1], decided[-1]]
        assert [it.action for it in log[-2:]] == [Action.UNDO, Action.LABEL]
        assert log[-1].value == ClassValue(name="four")
        assert {it.gold for it in log} == {True, False}
        assert project.catalog.records.labels.last_seq() == 0
