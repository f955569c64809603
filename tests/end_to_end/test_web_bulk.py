"""One label for a selection of the grid, as the task asks; labels that others gave meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Action, BoxesValue, ClassesValue, ClassValue, NumberValue, Role, Value

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

CLASSES = ("invoice", "complaint", "praise")


@pytest.fixture
def letters(tmp_path: Path) -> Callable[..., Path]:
    """Makes a project of twelve letters for a task."""

    def make(task: str, classes: tuple[str, ...] = CLASSES, **settings: Any) -> Path:
        folder = tmp_path / task
        with Project.create(
            folder, task=task, media="text", classes=classes, policy={"batch_size": 4}, **settings
        ) as project:
            rows = [{"id": f"letter-{n:02d}", "text": f"Letter {n} of many."} for n in range(12)]
            project.add(rows, id_column="id", text_column="text")
        return folder

    return make


def values(folder: Path) -> dict[str, Value | None]:
    """The labels that hold now, by asset."""
    with Project.open(folder) as project:
        return {entry.asset_id: entry.value for entry in project.catalog.records.labels.currents()}


def select(page: Page, number: int) -> Locator:
    """Choose the first assets of the catalog by keys; returns the bar of the selection."""
    page.get_by_role("link", name="Catalog", exact=True).click()
    page.get_by_test_id("grid").locator("[data-asset]").nth(number).wait_for()
    for _ in range(number):
        page.keyboard.press("x")
        page.keyboard.press("ArrowRight")
    bar = page.get_by_role("toolbar", name="Selected assets")
    bar.get_by_text(f"{number} selected").wait_for()
    return bar


def test_a_set_of_classes_for_a_selection(letters, serve, enter):
    """Classes are found by typing, Enter takes them, and each asset gets exactly these.

    Then some are added and taken away, the others stay; the filter finds a class in a set.
    """
    folder = letters("multi_label")
    page = enter(serve(folder))
    select(page, 3).get_by_role("button", name="Label as…").click()
    form = page.get_by_role("dialog", name="Label as…")
    form.get_by_role("button", name="Add 0 classes to 3 assets").wait_for()
    form.get_by_text("Replace", exact=True).click()
    form.get_by_role("button", name="Give 3 assets none of the classes").wait_for()
    form.get_by_role("combobox", name="Classes").focus()
    for text, name in (("prai", "praise"), ("inv", "invoice")):
        page.keyboard.type(text)
        expect(form.get_by_role("option")).to_have_text([name])
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    stays(form)
    form.get_by_role("button", name="Give 3 assets 2 classes").click()
    page.get_by_text("3 assets labelled invoice, praise").wait_for()
    wanted = ClassesValue(names=("invoice", "praise"))
    assert values(folder) == {f"letter-{n:02d}": wanted for n in range(3)}
    filters = page.get_by_role("complementary", name="Filters")
    label = filters.get_by_role("region", name="Label", exact=True)
    label.get_by_role("button", name="praise 3").click()
    edit(page, 2, 3, "Take away", "praise", "Take 1 class from 2 assets")
    page.get_by_text("praise taken from 2 assets").wait_for()
    label.get_by_role("button", name="praise 1").click()
    edit(page, 4, 12, "Add", "praise", "Add 1 class to 4 assets")
    told = page.get_by_role("alert").filter(has_text="praise added to 3 assets")
    told.get_by_text("1 was so already").wait_for()
    both, alone = ClassesValue(names=("invoice", "praise")), ClassesValue(names=("praise",))
    assert values(folder) == {f"letter-{n:02d}": both if n < 3 else alone for n in range(4)}


def edit(page: Page, number: int, shown: int, how: str, name: str, button: str) -> None:
    """Add a class to the first of the assets that are ``shown``, or take it away."""
    expect(page.get_by_test_id("total")).to_have_text(f"{shown} assets")
    tiles = page.get_by_test_id("grid").get_by_role("button", name="Select")
    expect(tiles).to_have_count(shown)
    for at in range(number):
        tiles.nth(at).click()
    bar = page.get_by_role("toolbar", name="Selected assets")
    bar.get_by_text(f"{number} selected").wait_for()
    bar.get_by_role("button", name="Label as…").click()
    form = page.get_by_role("dialog", name="Label as…")
    form.get_by_text(how, exact=True).click()
    form.get_by_role("combobox", name="Classes").fill(name)
    form.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")
    stays(form)
    form.get_by_role("button", name=button).click()


def stays(form: Locator) -> None:
    """Escape closed the list of classes and left the form, which would have faded by now."""
    expect(form.get_by_role("option")).to_have_count(0)
    form.page.wait_for_timeout(400)
    expect(form).to_be_visible()


def test_a_number_for_a_selection(letters, serve, enter):
    """A number out of range is refused in words, one within goes to every asset by Enter."""
    folder = letters("regression", (), limits={"lowest": 0, "highest": 40, "unit": "kg"})
    page = enter(serve(folder))
    select(page, 2).get_by_role("button", name="Label as…").click()
    field = page.get_by_label("Number")
    field.fill("41")
    page.get_by_text("The highest number is 40").wait_for()
    page.keyboard.press("Enter")
    field.fill("12,5")
    page.get_by_role("button", name="Give 2 assets 12.5 kg").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("2 assets labelled 12.5 kg").wait_for()
    assert values(folder) == {f"letter-{n:02d}": NumberValue(number=12.5) for n in range(2)}


def test_a_selection_by_keys_leaves_newer_labels_alone_and_is_taken_back(letters, serve, enter):
    """L labels, U takes back; what ben said since stays, and the grid has the keys again."""
    folder = letters("classification")
    server = serve(folder)
    page = enter(server)
    select(page, 3)
    with Project.open(folder) as project:
        project.labels.submit("letter-01", "invoice", annotator="ben")
    page.keyboard.press("l")
    expect(page.get_by_label("Class for the selected assets")).to_be_focused()
    page.keyboard.type("prai")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    told = page.get_by_role("alert").filter(has_text="2 assets labelled praise")
    told.get_by_text("1 had changed meanwhile and was left alone").wait_for()
    invoice, praise = ClassValue(name="invoice"), ClassValue(name="praise")
    assert values(folder) == {"letter-00": praise, "letter-01": invoice, "letter-02": praise}
    expect(page.get_by_test_id("grid").locator("[data-asset]:focus")).to_have_count(1)
    page.keyboard.press("u")
    page.get_by_role("alert").filter(has_text="Taken back from 2 assets").wait_for()
    assert values(folder) == {"letter-00": None, "letter-01": invoice, "letter-02": None}


def test_a_range_that_is_skipped(letters, serve, enter):
    """Shift and X select the range, S skips it, and the toast takes that back."""
    folder = letters("classification")
    page = enter(serve(folder))
    bar = select(page, 1)
    page.keyboard.press("End")
    page.keyboard.press("Shift+X")
    bar.get_by_text("12 selected").wait_for()
    page.keyboard.press("s")
    told = page.get_by_role("alert").filter(has_text="12 assets skipped")
    told.wait_for()
    with Project.open(folder) as project:
        actions = {entry.action for entry in project.catalog.records.labels.currents()}
    assert actions == {Action.SKIP}
    told.get_by_role("button", name="Undo").click()
    page.get_by_role("alert").filter(has_text="Taken back from 12 assets").wait_for()


def test_what_is_left_when_the_server_goes_away_stays_selected(letters, serve, enter, watch):
    """It is said that nothing was stored, and the same assets can be labelled later."""
    page = enter(serve(letters("classification")))
    bar = select(page, 2)
    page.route("**/labels/bulk", lambda route: route.abort())
    page.keyboard.press("s")
    told = page.get_by_role("alert").filter(has_text="0 assets skipped")
    told.get_by_text("2 are still selected").wait_for()
    bar.get_by_text("2 selected").wait_for()
    watch.forgive()  # the browser logs the lost request


def test_no_boxes_on_a_selection(tmp_path, picture_folder, serve, enter):
    """Boxes are not drawn for many at once, but one click says that there are none."""
    folder = tmp_path / "boxes"
    with Project.create(folder, task="boxes", classes=CLASSES) as project:
        project.add(str(picture_folder / "zero"))
    page = enter(serve(folder))
    select(page, 2).get_by_role("button", name="No boxes").click()
    page.get_by_text("2 assets labelled 0 boxes").wait_for()
    assert list(values(folder).values()) == [BoxesValue(boxes=())] * 2


def test_two_people_label_one_asset(texts, serve, enter, beside, watch):
    """Ben labels what ana has open: she is told, chooses hers, and the history holds both."""
    with Project.open(texts) as project:
        project.next_round()
    server = serve(texts)
    ana = enter(server)
    ana.get_by_role("link", name="Label", exact=True).click()
    ana.get_by_test_id("stage").wait_for()
    asset = ana.get_by_test_id("stage").get_attribute("data-asset") or ""
    ben = beside(server, "ben", Role.MANAGER)
    ben.goto(f"{server.address}/catalog")
    ben.locator(f'[data-asset="{asset}"]').wait_for()
    ben.get_by_role("button", name=f"Select {asset}").click()
    ben.get_by_role("button", name="Label as…").click()
    ben.get_by_role("option", name="praise").click()
    ben.get_by_text("1 asset labelled praise").wait_for()
    ana.keyboard.press("1")
    question = ana.get_by_role("alertdialog")
    question.get_by_text("ben").wait_for()
    question.get_by_text("invoice").wait_for()
    question.get_by_role("button", name="Keep mine").click()
    question.wait_for(state="hidden")
    ana.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    watch.forgive()  # the browser logs the refused request
    with Project.open(texts) as project:
        history = project.catalog.records.labels.history(asset)
    said = [(entry.annotator, entry.value) for entry in history]
    me = said[-1][0]
    assert said == [("ben", ClassValue(name="praise")), (me, ClassValue(name="invoice"))]
    ben.locator(f'[data-asset="{asset}"]').click()
    labels = ben.get_by_role("complementary", name="Asset")
    labels.get_by_role("heading", name="Labels over time").wait_for()
    labels.get_by_text(f"{me}, ", exact=False).first.wait_for()
