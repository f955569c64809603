"""Labelling in a real browser: by key, by mouse, undone, reloaded, offline, in conflict."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Annotation, ClassValue

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
KEYS = "1234567890"


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


def wait_saved(page: Page) -> None:
    """Wait until nothing is on its way any more."""
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()


def stored(folder: Path) -> dict[str, Annotation]:
    """What the records hold now, by asset."""
    with Project.open(folder) as project:
        return {entry.asset_id: entry for entry in project.catalog.records.labels.currents()}


@pytest.fixture
def batch(pictures: Path) -> Path:
    """A project whose first round waits for labels."""
    with Project.open(pictures) as project:
        project.next_round()
    return pictures


def test_keys_label_and_what_was_pressed_is_stored(batch, serve, enter):
    """Each press of a class key stores that class for the asset on the stage, once."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    pressed = {press_and_advance(page, key): key for key in "123405"}
    wait_saved(page)
    found = stored(batch)
    assert {asset: entry.value for asset, entry in found.items()} == {
        asset: ClassValue(name=NAMES[KEYS.index(key)]) for asset, key in pressed.items()
    }
    assert all(entry.seconds is not None for entry in found.values())
    with Project.open(batch) as project:
        assert project.catalog.records.labels.last_seq() == 6


def test_undo_takes_the_last_label_back_and_asks_again(batch, serve, enter):
    """After Backspace the same asset is on the stage, and another key replaces the label."""
    page = enter(serve(batch))
    page.goto(page.url.split("#")[0] + "label")
    page.get_by_test_id("stage").wait_for()
    first = press_and_advance(page, "1")
    wait_saved(page)
    page.keyboard.press("Backspace")
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset === id", arg=first
    )
    wait_saved(page)
    assert stored(batch)[first].value is None
    press_and_advance(page, "3")
    wait_saved(page)
    assert stored(batch)[first].value == ClassValue(name="two")


def test_a_reload_keeps_decisions_and_goes_on(batch, serve, enter):
    """After a reload the strip shows what was decided, and no decided asset is asked again."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    decided = [press_and_advance(page, key) for key in ("1", "2", " ", "-")]
    wait_saved(page)
    page.reload()
    page.get_by_test_id("stage").wait_for()
    strip = page.get_by_test_id("strip")
    for asset, words in zip(decided, ("zero", "one", "skipped", "cannot tell"), strict=True):
        strip.get_by_role("button", name=f"{asset}: {words}, stored").wait_for()
    seen = {press_and_advance(page, "5") for _ in range(6)}
    assert not seen & set(decided)
    wait_saved(page)


def test_a_picture_is_looked_at_closer_and_the_next_is_whole(batch, serve, enter):
    """Keys, the wheel and a dragging hand look closer; nothing of it labels or stays."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    picture = page.get_by_test_id("stage").locator("img")
    picture.wait_for()
    first, whole = asset_on_stage(page), picture.bounding_box()
    page.keyboard.press("]")
    page.keyboard.press("]")
    page.wait_for_function(
        "width => document.querySelector('[data-testid=stage] img')"
        ".getBoundingClientRect().width > 1.9 * width",
        arg=whole["width"],
    )
    page.keyboard.press("\\")
    expect(page.locator("[data-close]")).to_have_count(0)
    assert picture.bounding_box() == whole
    stage = page.get_by_test_id("stage").bounding_box()
    page.mouse.move(stage["x"] + 300, stage["y"] + 200)
    page.mouse.wheel(0, -600)
    page.locator("[data-close]").wait_for()
    before = picture.bounding_box()
    page.mouse.down()
    page.mouse.move(stage["x"] + 260, stage["y"] + 180, steps=3)
    page.mouse.up()
    after = picture.bounding_box()
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((-40, -20))
    assert asset_on_stage(page) == first
    press_and_advance(page, "3")
    expect(page.locator("[data-close]")).to_have_count(0)
    wait_saved(page)
    assert list(stored(batch)) == [first]


def test_an_earlier_decision_is_changed_by_mouse(batch, serve, enter):
    """A click in the strip brings the asset back, and a click on a class changes its label."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    first = press_and_advance(page, "1")
    press_and_advance(page, "2")
    waiting = asset_on_stage(page)
    page.get_by_test_id("strip").get_by_role("button").first.click()
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset === id", arg=first
    )
    page.get_by_role("complementary", name="Classes").get_by_role("button", name="nine").click()
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset === id", arg=waiting
    )
    wait_saved(page)
    assert stored(batch)[first].value == ClassValue(name="nine")
    press_and_advance(page, " ")
    wait_saved(page)
    assert stored(batch)[waiting].action.value == "skip"


def test_labels_given_offline_survive_a_reload_and_arrive(batch, serve, enter, watch):
    """Without the server decisions wait in the browser, even over a reload; then they arrive."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    page.route("**/api/v1/labels", lambda route: route.abort())
    pressed = [press_and_advance(page, key) for key in "123"]
    page.get_by_test_id("saved-mark").get_by_text("Offline, 3 waiting").wait_for()
    assert stored(batch) == {}
    page.reload()
    page.get_by_test_id("saved-mark").get_by_text("Offline, 3 waiting").wait_for()
    page.get_by_test_id("stage").wait_for()
    assert asset_on_stage(page) not in pressed
    page.unroute("**/api/v1/labels")
    wait_saved(page)
    watch.forgive()
    assert [stored(batch)[asset].value.name for asset in pressed] == ["zero", "one", "two"]


def test_decisions_made_offline_show_their_pictures_in_the_strip(batch, serve, enter, watch):
    """What was fetched ahead is there small as well, when the line has gone."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for key in "123":
        press_and_advance(page, key)
    page.get_by_test_id("saved-mark").get_by_text("Offline, 3 waiting").wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=strip] img')]"
        ".filter(image => image.complete && image.naturalWidth > 0).length === 3"
    )
    page.context.set_offline(False)
    wait_saved(page)
    watch.forgive()


def test_small_pictures_that_failed_come_when_the_line_is_back(batch, serve, enter, watch):
    """No tile of the strip keeps the mark of a broken picture until a reload."""
    page = enter(serve(batch))
    page.route("**/api/v1/asset/thumbnail*", lambda route: route.abort())
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    for key in "12":
        press_and_advance(page, key)
    wait_saved(page)
    pictures = "[...document.querySelectorAll('[data-testid=strip] img')]"
    page.wait_for_function(f"() => {pictures}.filter(it => it.complete).length === 2")
    assert page.evaluate(f"() => {pictures}.every(it => it.naturalWidth === 0)")
    page.unroute("**/api/v1/asset/thumbnail*")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    page.wait_for_function(f"() => {pictures}.filter(it => it.naturalWidth > 0).length === 2")
    watch.forgive()


def strip_says(page: Page, decided: list[str], *words: str) -> None:
    """Wait until the strip ends with these decisions, oldest first."""
    said = page.get_by_test_id("strip").get_by_role("button")
    expected = [f"{asset}: {word}" for asset, word in zip(decided, words, strict=True)]
    for place, one in enumerate(reversed(expected), start=1):
        expect(said.nth(-place)).to_have_attribute("title", one)


def test_undo_after_a_walk_takes_the_newest_back_that_was_on_its_way(batch, serve, enter):
    """Who leaves Label on a slow line finds all decisions there again, and undoes the last."""
    page = enter(serve(batch))
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    decided = [press_and_advance(page, key) for key in "12"]
    wait_saved(page)
    page.route("**/api/v1/labels", lambda route: None)  # held until the route goes
    decided += [press_and_advance(page, key) for key in "34"]
    pages.get_by_role("link", name="Home", exact=True).click()
    page.get_by_test_id("strip").wait_for(state="detached")
    pages.get_by_role("link", name="Label", exact=True).click()
    waiting = ("zero, stored", "one, stored", "two, on its way", "three, on its way")
    strip_says(page, decided, *waiting)
    page.unroute("**/api/v1/labels")
    wait_saved(page)
    strip_says(page, decided, *(f"{name}, stored" for name in NAMES[:4]))
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", decided[3])
    wait_saved(page)
    found = stored(batch)
    assert [found[asset].value and found[asset].value.name for asset in decided] == [
        "zero",
        "one",
        "two",
        None,
    ]


def test_undo_after_a_reload_takes_the_newest_back_that_was_not_sent(batch, serve, enter, watch):
    """A reload without the server keeps the strip; what is undone there never arrives."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    decided = [press_and_advance(page, "1")]
    wait_saved(page)
    page.route("**/api/v1/labels", lambda route: route.abort())
    decided += [press_and_advance(page, key) for key in "23"]
    page.get_by_test_id("saved-mark").get_by_text("Offline, 2 waiting").wait_for()
    page.reload()
    page.get_by_test_id("stage").wait_for()
    strip_says(page, decided, "zero, stored", "one, on its way", "two, on its way")
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", decided[2])
    strip_says(page, decided[:2], "zero, stored", "one, on its way")
    page.unroute("**/api/v1/labels")
    wait_saved(page)
    watch.forgive()
    assert {asset: entry.value.name for asset, entry in stored(batch).items()} == {
        decided[0]: "zero",
        decided[1]: "one",
    }


def test_a_fast_hand_on_a_slow_line_is_told_that_more_comes(batch, serve, enter):
    """Where the next tasks are late, nobody is told that others hold them, and they do come."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    wait_saved(page)
    held: list[Route] = []

    def late(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/tasks/lease", late)
    for key in "12345678":
        page.keyboard.press(key)
    page.get_by_role("heading", name="The next ones are on their way").wait_for()
    page.unroute("**/api/v1/tasks/lease")  # lets those go that are held
    assert held
    page.get_by_test_id("stage").wait_for()
    wait_saved(page)
    assert len(stored(batch)) == 8


def test_a_session_that_ends_keeps_the_label_and_says_so(batch, serve, enter, watch):
    """The sign-in page counts what waits; a new link sends it, under the same name."""
    server = serve(batch)
    page = enter(server)
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    page.context.clear_cookies()
    labelled = asset_on_stage(page)
    page.keyboard.press("4")
    page.get_by_role("status").get_by_text("1 decision of yours waits").wait_for()
    assert stored(batch) == {}
    with Project.open(batch) as project:
        token = project.catalog.records.tokens.issue("owner", kind="login", ttl_seconds=600)
    page.get_by_label("Link or token").fill(token)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Pages").wait_for()
    # The browser logs every refused request, and some were on their way until the new sign-in.
    watch.forgive()
    wait_saved(page)
    assert stored(batch)[labelled].value == ClassValue(name="three")


def test_a_conflict_shows_both_versions_and_asks(batch, serve, enter, watch):
    """A label that somebody else gave meanwhile is not overwritten without a decision."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    contested = asset_on_stage(page)
    with Project.open(batch) as project:
        project.labels.submit(contested, "seven", annotator="bea")
    press_and_advance(page, "1")
    question = page.get_by_role("alertdialog")
    question.get_by_text("bea").wait_for()
    expect(question.get_by_text("seven")).to_be_visible()
    expect(question.get_by_text("zero")).to_be_visible()
    assert stored(batch)[contested].value == ClassValue(name="seven")
    question.get_by_role("button", name="Keep mine").click()
    question.wait_for(state="hidden")
    wait_saved(page)
    watch.forgive()
    assert stored(batch)[contested].value == ClassValue(name="zero")


def test_the_end_of_a_batch_trains_by_itself_and_offers_the_next(batch, serve, enter):
    """With the last answer training starts, its result is shown, and Enter asks for the next."""
    page = enter(serve(batch))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    with Project.open(batch) as project:
        total = len(project.catalog.records.tasks.open(1))
    answered = 0
    while answered < total:
        asset = asset_on_stage(page)
        name = asset.split("/")[0]
        key = "1234567890"[
            ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"].index(
                name
            )
        ]
        page.keyboard.press(key)
        answered += 1
        if answered < total:
            page.wait_for_function(
                "id => document.querySelector('[data-testid=stage]')?.dataset.asset !== id",
                arg=asset,
            )
    page.get_by_text("Round 1 is done").wait_for()
    expect(page.get_by_text("audit of")).to_have_count(1)  # the advice, which tells the accuracy
    expect(page.get_by_text("The model is right in")).to_have_count(0)  # and nothing tells it again
    expect(page.get_by_role("button", name="Label the next 12")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("progress")).to_contain_text("Round 2")


def test_texts_are_labelled_by_key(texts, serve, enter):
    """A project of texts shows the text itself, and keys label it."""
    with Project.open(texts) as project:
        project.next_round()
    page = enter(serve(texts))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    expect(page.get_by_test_id("stage")).to_have_text(re.compile(".{40}"))
    asset = press_and_advance(page, "3")
    wait_saved(page)
    assert stored(texts)[asset].value == ClassValue(name="praise")
