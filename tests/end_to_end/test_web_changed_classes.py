"""Labels that waited on a lost line while the classes changed, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Annotation, ClassValue

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LABELS = "**/api/v1/labels"


@pytest.fixture
def batch(pictures: Path) -> Path:
    """A project whose first round waits for labels; the keys 1 and 2 are zero and one."""
    with Project.open(pictures) as project:
        project.next_round()
    return pictures


def asset_on_stage(page: Page) -> str:
    """The id of the asset that is shown."""
    return page.get_by_test_id("stage").get_attribute("data-asset") or ""


def press_and_advance(page: Page, key: str) -> str:
    """Press ``key`` and wait for the next asset; returns the one it was pressed for."""
    before = asset_on_stage(page)
    page.keyboard.press(key)
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset !== id", arg=before
    )
    return before


def decide_offline(page: Page, keys: str) -> list[str]:
    """Open Label, lose the line for labels, and press a class key for each of some assets."""
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    page.route(LABELS, lambda route: route.abort())
    decided = [press_and_advance(page, key) for key in keys]
    page.get_by_test_id("saved-mark").get_by_text(f"Offline, {len(keys)} waiting").wait_for()
    return decided


def change_classes(page: Page, address: str, **change: Any) -> None:
    """Change the classes as somebody else would, and wait until the page shows it."""
    page.request.post(
        f"{address}/api/v1/ontology/changes",
        headers={"X-Querist": "1"},
        data={"change": change},
        fail_on_status_code=True,
    )
    shown = {"rename": change.get("to"), "split": (change.get("into") or [""])[0]}
    name = shown[change["type"]]
    page.get_by_role("button", name=re.compile(rf"^{name}\b")).first.wait_for()


def back_online(page: Page) -> None:
    """Give the line back, as a browser notices."""
    page.unroute(LABELS)
    page.evaluate("window.dispatchEvent(new Event('online'))")


def wait_saved(page: Page) -> None:
    """Wait until nothing is on its way any more, and nothing is to be settled."""
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    assert page.get_by_role("alertdialog").count() == 0


def log(folder: Path, asset: str) -> list[Annotation]:
    """All that is stored of an asset."""
    with Project.open(folder) as project:
        return project.labels.history(asset)


def names(folder: Path, *assets: str) -> list[list[str]]:
    """The classes in the log of each asset, oldest first."""
    found = [[entry.value for entry in log(folder, asset)] for asset in assets]
    return [[it.name for it in each if isinstance(it, ClassValue)] for each in found]


def test_labels_that_waited_are_stored_under_the_new_name_of_their_class(
    batch, serve, enter, watch
):
    """Nobody has to do anything, and the strip tells the name they are stored under."""
    server = serve(batch)
    page = enter(server)
    first, second = decide_offline(page, "12")
    change_classes(page, server.address, type="rename", name="zero", to="nought")
    back_online(page)
    wait_saved(page)
    watch.forgive()  # the browser logs the requests that were cut
    assert names(batch, first, second) == [["nought"], ["one"]]
    tile = page.get_by_test_id("strip").get_by_role("button", name=f"{first}: nought, stored")
    expect(tile).to_be_visible()


def test_labels_of_a_class_that_was_split_are_decided_anew_by_key(batch, serve, enter, watch):
    """The page says why they are not stored; the new decision takes the place of the old one."""
    server = serve(batch)
    page = enter(server)
    refused = decide_offline(page, "1111")
    change_classes(page, server.address, type="split", name="zero", into=["round", "slim"])
    back_online(page)
    question = page.get_by_role("alertdialog", name="This could not be stored")
    question.get_by_text("The class 'zero' was split since").wait_for()
    expect(question).to_contain_text("1 of 4")
    expect(question.get_by_role("button", name="Send again")).to_have_count(0)
    watch.forgive()
    page.reload()
    question.get_by_text("The class 'zero' was split since").wait_for()
    expect(
        page.get_by_test_id("strip").get_by_role("button", name=re.compile("needs you"))
    ).to_have_count(4)
    waiting = asset_on_stage(page)
    assert waiting not in refused

    page.keyboard.press("!")
    expect(question.get_by_role("button", name="Decide anew")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question.get_by_role("button", name="Decide anew")).not_to_be_focused()
    assert asset_on_stage(page) == waiting
    page.keyboard.press("!")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", refused[0])
    expect(question).to_be_hidden()
    press_and_advance(page, "1")
    expect(question).to_contain_text("1 of 3")

    # By its small picture in the strip it is the same.
    strip = page.get_by_test_id("strip")
    strip.get_by_role("button", name=f"{refused[1]}: zero, needs you").click()
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", refused[1])
    press_and_advance(page, "1")

    question.get_by_role("button", name="Drop all 2").click()
    expect(question).to_be_hidden()
    assert [press_and_advance(page, "1"), press_and_advance(page, "1")] == refused[2:]
    wait_saved(page)
    watch.forgive()
    assert names(batch, *refused) == [["round"]] * 4
    assert asset_on_stage(page) == waiting


def test_undo_takes_a_refused_decision_back(batch, serve, enter, watch):
    """It was never stored, so there is nothing to undo but the decision in this browser."""
    server = serve(batch)
    page = enter(server)
    (asset,) = decide_offline(page, "1")
    change_classes(page, server.address, type="split", name="zero", into=["round", "slim"])
    back_online(page)
    page.get_by_role("alertdialog", name="This could not be stored").wait_for()
    page.keyboard.press("u")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", asset)
    wait_saved(page)
    press_and_advance(page, "2")
    wait_saved(page)
    watch.forgive()
    assert names(batch, asset) == [["one"]]


def test_what_was_decided_twice_before_the_change_needs_nobody(batch, serve, enter, watch):
    """The second decision stands; that the first one is no class any more is nobody's concern."""
    server = serve(batch)
    page = enter(server)
    (asset,) = decide_offline(page, "1")
    page.get_by_test_id("strip").get_by_role("button").last.click()
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", asset)
    press_and_advance(page, "2")
    change_classes(page, server.address, type="split", name="zero", into=["round", "slim"])
    back_online(page)
    wait_saved(page)
    watch.forgive()
    assert names(batch, asset) == [["one"]]
