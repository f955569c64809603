"""Editors of the labelling page: sets of classes, numbers, spans; own keys, drafts."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import (
    ClassesValue,
    LabeledSpan,
    NumberValue,
    Span,
    SpansValue,
    Value,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

CLASSES = ("invoice", "complaint", "praise")
LETTER = "Marie Curie 🧪 moved to Paris in 1891, says letter {}."


@pytest.fixture
def letters(tmp_path: Path) -> Any:
    """Makes a project of 24 letters for a task, with a round that waits for labels."""

    def make(task: str, classes: tuple[str, ...] = CLASSES, **settings: Any) -> Path:
        source = tmp_path / "letters.csv"
        rows = [f'letter-{n:02d},"{LETTER.format(n)}"' for n in range(24)]
        source.write_text("id,text\n" + "\n".join(rows) + "\n", encoding="utf-8")
        folder = tmp_path / "letters"
        policy = {"batch_size": 8, "audit_size": 4, "control_share": 0.0}
        with Project.create(
            folder, task=task, media="text", classes=classes, policy=policy, **settings
        ) as project:
            project.add(str(source))
            project.next_round()
        return folder

    return make


def open_label(page: Page) -> None:
    """Go to the labelling page and wait for an asset."""
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()


def on_stage(page: Page) -> str:
    """The id of the asset that is shown."""
    return page.get_by_test_id("stage").get_attribute("data-asset") or ""


def wait_for_other(page: Page, before: str) -> None:
    """Wait until another asset than ``before`` is on the stage."""
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset !== id", arg=before
    )


def wait_saved(page: Page) -> None:
    """Wait until nothing is on its way any more."""
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()


def values(folder: Path) -> dict[str, Value | None]:
    """The labels that hold now, by asset."""
    with Project.open(folder) as project:
        return {entry.asset_id: entry.value for entry in project.catalog.records.labels.currents()}


def test_a_set_of_classes_by_keys_and_none_of_them(letters, serve, enter):
    """Keys switch classes on and off, Enter submits; submitting none is an answer too."""
    folder = letters("multi_label")
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    for key in "1321":
        page.keyboard.press(key)
    page.get_by_role("button", name="Submit 2 classes").wait_for()
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    second = on_stage(page)
    page.keyboard.press("Enter")
    wait_for_other(page, second)
    wait_saved(page)
    assert values(folder) == {
        first: ClassesValue(names=("complaint", "praise")),
        second: ClassesValue(names=()),
    }


def test_a_set_of_classes_by_mouse_and_undone_after_the_submit(letters, serve, enter):
    """Undo takes the answer back with its classes ticked; another submit stores the change."""
    folder = letters("multi_label")
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    panel = page.get_by_role("complementary", name="Classes")
    panel.get_by_role("button", name="praise").click()
    panel.get_by_role("button", name="Submit 1 class").click()
    wait_for_other(page, first)
    wait_saved(page)
    panel.get_by_role("button", name="Undo").click()
    panel.get_by_role("button", name="praise", pressed=True).wait_for()
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", first)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    wait_saved(page)
    assert values(folder)[first] == ClassesValue(names=("invoice", "praise"))


def test_a_draft_survives_a_reload(letters, serve, enter):
    """What was ticked but not submitted is there after a reload, and nothing is stored yet."""
    folder = letters("multi_label")
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    page.keyboard.press("2")
    page.get_by_test_id("unsent").wait_for()
    page.reload()
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", first)
    page.get_by_role("button", name="complaint", pressed=True).wait_for()
    assert values(folder) == {}
    page.keyboard.press("Control+z")
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    wait_saved(page)
    assert values(folder)[first] is not None


def test_a_number_by_keys_within_its_range(letters, serve, enter):
    """Digits type, arrows step, a number beyond the range is refused in words, Enter submits."""
    folder = letters("regression", (), limits={"lowest": 0, "highest": 40, "unit": "kg"})
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    page.keyboard.type("99")
    page.get_by_text("The highest number is 40").wait_for()
    page.keyboard.press("Enter")
    assert on_stage(page) == first
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("12,5")
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Submit 13 kg").wait_for()
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    second = on_stage(page)
    page.keyboard.press("x")
    wait_for_other(page, second)
    wait_saved(page)
    assert values(folder) == {first: NumberValue(number=13.0), second: None}


def test_a_number_by_mouse(letters, serve, enter):
    """The slider moves the number and the button submits it."""
    folder = letters("regression", (), limits={"lowest": 0, "highest": 10})
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    page.get_by_role("slider", name="Number").locator("xpath=ancestor::*[3]").click()
    page.get_by_role("button", name=re.compile(r"Submit \d")).click()
    wait_for_other(page, first)
    wait_saved(page)
    number = values(folder)[first]
    assert isinstance(number, NumberValue)
    assert 4 <= number.number <= 6


def test_spans_by_keys(letters, serve, enter):
    """Arrow keys take in words, a class key makes a span, and offsets count code points."""
    folder = letters("spans", ("person", "place"))
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    for key in ("ArrowRight", "Shift+ArrowRight", "1"):
        page.keyboard.press(key)
    about = page.get_by_test_id("about-span")
    about.get_by_text("Marie Curie").wait_for()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "2"):
        page.keyboard.press(key)
    about.get_by_text("“Paris”").wait_for()
    page.keyboard.press("Tab")
    about.get_by_text("Span 1 of 2").wait_for()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    about.get_by_text("may not overlap").wait_for()
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    wait_saved(page)
    start = LETTER.index("Paris")
    assert values(folder)[first] == SpansValue(
        spans=(
            LabeledSpan(name="person", span=Span(start=0, end=11)),
            LabeledSpan(name="place", span=Span(start=start, end=start + 5)),
        )
    )


def test_spans_by_mouse_are_changed_and_removed(letters, serve, enter):
    """Dragging over words makes a span; a click chooses it; keys rename, remove, bring back."""
    folder = letters("spans", ("person", "place"))
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    left, top, right = page.evaluate(
        """() => {
          const text = document.querySelector('[data-testid=text] > div').firstChild;
          const range = document.createRange();
          range.setStart(text, 0);
          range.setEnd(text, 11);
          const box = range.getClientRects()[0];
          return [box.left, (box.top + box.bottom) / 2, box.right];
        }"""
    )
    page.mouse.move(left + 1, top)
    page.mouse.down()
    page.mouse.move(left + 40, top, steps=3)
    page.mouse.move(right, top, steps=3)
    page.mouse.up()
    about = page.get_by_test_id("about-span")
    about.get_by_text("“Marie Curie”").wait_for()
    page.keyboard.press("Escape")
    page.mouse.click(left + 20, top)
    about.get_by_text("Span 1 of 1").wait_for()
    page.keyboard.press("2")
    page.keyboard.press("Delete")
    about.get_by_text("0 spans").wait_for()
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Submit 1 span").click()
    wait_for_other(page, first)
    wait_saved(page)
    assert values(folder)[first] == SpansValue(
        spans=(LabeledSpan(name="place", span=Span(start=0, end=11)),)
    )


def test_suggested_spans_are_counted_down_and_not_passed_over(letters, serve, enter):
    """Enter over suggested spans asks; = takes them, and then none is left."""
    folder = letters("spans", ("person", "place"))
    page = enter(serve(folder))
    start = LETTER.index("Paris")
    spans = [
        {"name": "person", "span": {"start": 0, "end": 11}, "confidence": 0.9},
        {"name": "place", "span": {"start": start, "end": start + 5}, "confidence": 0.8},
    ]

    def suggest(route: Route) -> None:
        found = route.fetch()
        body = found.json()
        for item in body["items"]:
            item["prelabel"] = {"type": "spans", "spans": spans}
        route.fulfill(response=found, body=json.dumps(body))

    page.route("**/api/v1/tasks/lease", suggest)
    open_label(page)
    first = on_stage(page)
    about = page.get_by_test_id("about-span")
    about.get_by_text("2 suggestions").wait_for()
    page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    page.get_by_text("2 suggestions are left: = takes them, ⏎ again submits none").wait_for()
    assert on_stage(page) == first
    page.keyboard.press("=")
    about.get_by_text("2 spans").wait_for()
    expect(about.get_by_text("suggestion")).to_have_count(0)
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    wait_saved(page)
    found = values(folder)[first]
    assert isinstance(found, SpansValue)
    assert [one.name for one in found.spans] == ["person", "place"]


def test_one_of_ten_thousand_classes(letters, serve, enter):
    """A search finds the class, few rows are drawn, and the last used come first afterwards."""
    names = tuple(f"topic {n:05d}" for n in range(10_000))
    folder = letters("classification", names)
    page = enter(serve(folder))
    open_label(page)
    first = on_stage(page)
    rows = page.get_by_test_id("classes").get_by_role("button")
    rows.nth(10).wait_for()
    assert rows.count() < 60
    wanted = random.Random(0).randrange(5_000, 9_999)
    page.keyboard.press("/")
    page.keyboard.type(f"{wanted:05d}")
    expect(rows).to_have_count(1)
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    page.get_by_text("Last used").wait_for()
    expect(rows.first).to_contain_text(f"topic {wanted:05d}")
    second = on_stage(page)
    rows.first.click()
    wait_for_other(page, second)
    wait_saved(page)
    found = values(folder)
    assert found[first] == found[second]
    assert getattr(found[first], "name", None) == f"topic {wanted:05d}"


def test_keys_are_changed_and_stay_changed(letters, serve, enter):
    """A new key works, is shown on the control, takes itself from who had it, and survives."""
    folder = letters("multi_label")
    page = enter(serve(folder))
    open_label(page)
    page.keyboard.press("?")
    page.get_by_role("button", name="Change the keys for labelling").click()
    page.get_by_role("button", name="Key of Skip").click()
    page.keyboard.press("2")
    page.get_by_role("alert").get_by_text("“complaint”").wait_for()
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Key of Redo").click()
    page.keyboard.press("Control+w")
    page.get_by_text("Browsers keep").wait_for()
    page.get_by_role("button", name="Leave it", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    page.reload()
    page.get_by_test_id("stage").wait_for()
    first = on_stage(page)
    page.get_by_role("button", name="Skip 2").wait_for()
    page.keyboard.press("2")
    wait_for_other(page, first)
    wait_saved(page)
    assert values(folder) == {first: None}
