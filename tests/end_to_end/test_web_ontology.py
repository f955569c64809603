"""Changing the classes in a real browser: by key, by mouse, previewed, taken back, refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import AddClass, ClassValue, MergeClasses, RevertOntology, Role

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

LABELS = {"invoice": 4, "complaint": 3, "praise": 2}


@pytest.fixture
def labelled(texts: Path) -> Path:
    """The letters with a round that waits for labels, and nine labels of ana's."""
    with Project.open(texts) as project:
        project.next_round()
        asked = {task.asset_id for task in project.catalog.records.tasks.open(1)}
        free = iter([it for it in project.catalog.assets.ids() if it not in asked])
        for name, number in LABELS.items():
            for _ in range(number):
                project.labels.submit(next(free), name, annotator="ana")
    return texts


def open_editor(page: Page) -> Locator:
    """Go to the page by keys; returns the panel beside the classes."""
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.get_by_test_id("ontology-classes").get_by_role("button").first.wait_for()
    return page.get_by_role("complementary", name="Change the classes")


def row(page: Page, name: str) -> Locator:
    """The row of a class."""
    return page.get_by_test_id("ontology-classes").locator(f'[data-name="{name}"]')


def touched(page: Page, *lines: str) -> None:
    """Wait until the preview says each of ``lines``."""
    preview = page.get_by_label("What it touches")
    for line in lines:
        preview.get_by_text(line).wait_for()


def names(folder: Path) -> tuple[str, ...]:
    """The classes that are stored now."""
    with Project.open(folder) as project:
        return project.ontology.names


def test_a_label_of_several_classes_is_one_label(tmp_path, serve, enter):
    """The title counts labels, as Home does; each row counts those that name its class."""
    with Project.create(
        tmp_path / "p", task="multi_label", media="table", classes=["low", "mid", "high"]
    ) as project:
        project.add([{"id": f"r{at}", "x": float(at)} for at in range(5)])
        for at in range(3):
            project.labels.submit(f"r{at}", ["low", "mid"], annotator="ana")
        project.labels.submit("r3", [], annotator="ana")
    page = enter(serve(tmp_path / "p"))
    panel = open_editor(page)
    page.get_by_role("heading", name="3 classes, 4 labels.").wait_for()
    row(page, "low").click()
    panel.get_by_text("3 labels", exact=True).wait_for()
    page.keyboard.press("Shift+ArrowDown")
    panel.get_by_text("2 classes, named 6 times in labels").wait_for()


def test_a_class_is_renamed_by_keys_alone(labelled, serve, enter):
    """Arrows find the row, R asks for the name, the preview counts, Enter renames, focus stays."""
    page = enter(serve(labelled))
    open_editor(page)
    page.get_by_role("heading", name="3 classes, 9 labels.").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("c")
    page.keyboard.press("Backspace")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("() => document.activeElement.dataset.name === 'complaint'")
    page.keyboard.press("r")
    expect(page.get_by_label("New name")).to_be_focused()
    page.get_by_text("Type another name").wait_for()
    page.keyboard.type("grievance")
    page.get_by_label("What it touches").locator("dt", has_text=re.compile("^3$")).wait_for()
    touched(page, "labels read in another way")
    expect(page.get_by_role("button", name="Rename ⏎")).to_be_enabled()
    assert names(labelled) == ("invoice", "complaint", "praise")
    page.keyboard.press("Enter")
    row(page, "grievance").wait_for()
    page.wait_for_function("() => document.activeElement.dataset.name === 'grievance'")
    assert names(labelled) == ("invoice", "grievance", "praise")
    page.get_by_role("link", name="Show 3 labels of grievance").click()
    expect(page.get_by_test_id("grid").locator("[data-asset]")).to_have_count(3)
    page.wait_for_url("**label=grievance*")


def test_the_news_of_a_change_may_come_before_its_answer(labelled, serve, enter):
    """The live stream brings the new classes first: the page asks nothing of a class now gone."""
    page = enter(serve(labelled))
    open_editor(page)

    def answer_late(route):
        answered = route.fetch()
        page.wait_for_timeout(1_500)
        route.fulfill(response=answered)

    page.route("**/api/v1/ontology/changes", answer_late)
    row(page, "complaint").click()
    page.keyboard.press("r")
    page.get_by_label("New name").fill("grievance")
    expect(page.get_by_role("button", name="Rename ⏎")).to_be_enabled()
    page.keyboard.press("Enter")
    row(page, "grievance").wait_for()
    expect(page.get_by_label("New name")).to_have_count(0)


def test_classes_are_merged_by_mouse_and_the_way_back_is_shown(labelled, serve, enter):
    """Two ticks and a click merge; the history leads back, and that is shown before it is done."""
    page = enter(serve(labelled))
    panel = open_editor(page)
    row(page, "praise").click()
    page.get_by_role("button", name="Choose also complaint").click()
    panel.get_by_role("button", name="Merge").click()
    expect(panel.get_by_label("Into")).to_have_value("complaint")
    touched(page, "labels read in another way")
    panel.get_by_label("Into").fill("feedback")
    page.get_by_label("What it touches").locator("dt", has_text=re.compile("^5$")).wait_for()
    expect(panel.get_by_role("button", name="Merge ⏎")).to_be_enabled()
    panel.get_by_role("button", name="Merge ⏎").click()
    page.get_by_role("link", name="Show 5 labels of feedback").wait_for()
    assert names(labelled) == ("invoice", "feedback")
    panel.get_by_role("button", name="Go back to version 1").click()
    touched(page, "labels read in another way")
    expect(panel.get_by_role("button", name="Go back to version 1 ⏎")).to_be_enabled()
    panel.get_by_role("button", name="Go back to version 1 ⏎").click()
    page.get_by_role("link", name="Show 3 labels of complaint").wait_for()
    page.get_by_role("link", name="Show 2 labels of praise").wait_for()
    with Project.open(labelled) as project:
        changes = [one.change for one in project.ontology_changes.versions()]
    assert changes == [
        None,
        MergeClasses(names=("praise", "complaint"), into="feedback"),
        RevertOntology(version=1),
    ]


def test_a_split_sends_its_labels_back_to_the_annotator(labelled, serve, enter, beside):
    """The preview says how many are asked again; an annotator's open page gets exactly these."""
    with Project.open(labelled) as project:
        sent = {
            entry.asset_id
            for entry in project.catalog.records.labels.currents()
            if entry.value == ClassValue(name="complaint")
        }
    server = serve(labelled)
    page = enter(server)
    panel = open_editor(page)
    row(page, "complaint").click()
    page.keyboard.press("s")
    panel.get_by_label("Into").fill("broken parcel\nlate parcel")
    touched(page, "asked again", "3 tasks now, the most doubtful first.")
    page.keyboard.press("Control+Enter")
    row(page, "late parcel").wait_for()
    ben = beside(server, "ben", Role.ANNOTATOR)
    ben.goto(f"{server.address}/label")
    asked = set()
    for _ in range(3):
        ben.get_by_test_id("stage").wait_for()
        asset = ben.get_by_test_id("stage").get_attribute("data-asset")
        ben.get_by_test_id("why").get_by_text("which one is it?").wait_for()
        ben.get_by_test_id("classes").get_by_role("button", name="late parcel").click()
        ben.wait_for_function(
            "id => document.querySelector('[data-testid=stage]')?.dataset.asset !== id", arg=asset
        )
        asked.add(asset)
    assert asked == sent
    ben.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    page.get_by_role("link", name="Show 3 labels of late parcel").wait_for()


def test_what_cannot_be_done_is_said_before_and_after(labelled, serve, enter, watch):
    """A name that is taken is refused in the preview; classes that changed meanwhile stay."""
    page = enter(serve(labelled))
    panel = open_editor(page)
    page.keyboard.press("n")
    expect(panel.get_by_label("Name")).to_be_focused()
    page.keyboard.type("praise")
    panel.get_by_role("alert").get_by_text("There is a class 'praise' already.").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert names(labelled) == ("invoice", "complaint", "praise")
    page.route("**/api/v1/events", lambda route: route.abort())
    page.reload()
    row(page, "invoice").click()
    page.keyboard.press("d")
    touched(page, "kept, but count no more")
    expect(panel.get_by_role("button", name="Retire ⏎")).to_be_enabled()
    with Project.open(labelled) as project:
        project.ontology_changes.apply(AddClass(name="offer"), author="mia")
    panel.get_by_role("button", name="Retire ⏎").click()
    panel.get_by_role("alert").get_by_text("has version 2 by now").wait_for()
    page.unroute("**/api/v1/events")
    row(page, "offer").wait_for()
    assert names(labelled) == ("invoice", "complaint", "praise", "offer")
    watch.forgive()  # the browser logs every refused request


def test_ten_thousand_classes_with_long_names(tmp_path, serve, enter):
    """Few rows are drawn, search and keys reach the last one, and a name of 200 signs fits."""
    long = "a name that goes on and on " * 7
    many = [f"topic {n:05d}" for n in range(9_999)]
    with Project.create(tmp_path / "many", media="text", classes=[*many, long.strip()]) as project:
        project.add([{"id": f"t{n}", "text": f"words {n}"} for n in range(4)])
    page = enter(serve(tmp_path / "many"))
    panel = open_editor(page)
    rows = page.get_by_test_id("ontology-classes").locator("li")
    rows.nth(10).wait_for()
    assert rows.count() < 60
    page.keyboard.press("/")
    expect(page.get_by_label("Search a class")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.activeElement.dataset.name === 'topic 00000'")
    page.keyboard.press("End")
    page.wait_for_function("() => document.activeElement.dataset.name?.startsWith('a name')")
    assert rows.count() < 60
    page.keyboard.press("r")
    panel.get_by_label("New name").fill("short")
    touched(page, "No label, no prediction and no model is touched.")
    expect(panel.get_by_role("button", name="Rename ⏎")).to_be_enabled()
    page.keyboard.press("Enter")
    row(page, "short").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert names(tmp_path / "many")[-1] == "short"


def test_only_managers_change_classes(labelled, serve, page, watch):
    """A reviewer has no such page in the bar, and its address says who can help."""
    server = serve(labelled)
    with Project.open(labelled) as project:
        project.catalog.records.annotators.ensure("rita", role=Role.REVIEWER)
        token = project.catalog.records.tokens.issue("rita", kind="login", ttl_seconds=600)
    page.goto(f"{server.address}/#token={token}")
    pages = page.get_by_role("navigation", name="Pages")
    pages.wait_for()
    expect(pages.get_by_role("link", name="Settings")).to_have_count(0)
    page.goto(f"{server.address}/settings/ontology")
    page.get_by_role("heading", name="Settings is for a manager and above").wait_for()
