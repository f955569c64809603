"""What people type into fields in a real browser: what cannot be meant is said, not guessed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import ClassValue, NumberValue, Role, Value

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

CLASSES = ("invoice", "complaint", "praise")


@pytest.fixture
def numbers(tmp_path: Path) -> Path:
    """A project whose labels are numbers, with a round that waits for them."""
    source = tmp_path / "letters.csv"
    rows = "\n".join(f"letter-{n:02d},A parcel of {n} things" for n in range(16))
    source.write_text(f"id,text\n{rows}\n", encoding="utf-8")
    folder = tmp_path / "weights"
    policy = {"batch_size": 8, "audit_size": 4, "control_share": 0.0}
    with Project.create(
        folder, task="regression", media="text", classes=(), policy=policy
    ) as project:
        project.add(str(source))
        project.next_round()
    return folder


@pytest.fixture
def letters(texts: Path) -> Path:
    """Letters of three classes, with a round that waits for labels."""
    with Project.open(texts) as project:
        project.next_round()
    return texts


def on_stage(page: Page) -> str:
    """The asset that is shown."""
    return page.get_by_test_id("stage").get_attribute("data-asset") or ""


def open_label(page: Page) -> str:
    """Go to the labelling page; returns the asset that is shown."""
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    return on_stage(page)


def wait_for_other(page: Page, asset_id: str) -> None:
    """Wait until another asset is on the stage, and all is saved."""
    expect(page.get_by_test_id("stage")).not_to_have_attribute("data-asset", asset_id)
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()


def stored(folder: Path) -> dict[str, Value | None]:
    """What the records hold now, by asset."""
    with Project.open(folder) as project:
        return {it.asset_id: it.value for it in project.catalog.records.labels.currents()}


def said(field: Locator) -> str:
    """What the browser says against sending a form with this field."""
    return str(field.evaluate("field => field.validationMessage"))


def test_a_few_classes_are_searched_too(letters, serve, enter):
    """After `/` letters search, though each is a key else; Enter chooses, the field is gone."""
    page = enter(serve(letters))
    first = open_label(page)
    field = page.get_by_label("Search a class")
    expect(field).not_to_be_in_viewport(ratio=0.9)
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("x -1u")  # cannot tell, skip, a class, undo
    assert (on_stage(page), field.input_value()) == (first, "x -1u")
    page.get_by_text("No class has this name").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("classes").get_by_role("button")).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("com")
    expect(page.get_by_test_id("classes").get_by_role("button")).to_have_count(1)
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    expect(field).not_to_be_focused()
    assert stored(letters) == {first: ClassValue(name="complaint")}


def test_a_class_found_among_a_few_is_clicked(letters, serve, enter):
    """The list stays as it is while the mouse is down, so that no neighbour is taken."""
    page = enter(serve(letters))
    first = open_label(page)
    page.keyboard.press("/")
    page.keyboard.type("pra")
    row = page.get_by_test_id("classes").get_by_role("button", name="praise")
    expect(page.get_by_test_id("classes").get_by_role("button")).to_have_count(1)
    box = row.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 20)
    page.mouse.down()
    assert row.bounding_box() == box
    page.mouse.up()
    wait_for_other(page, first)
    assert stored(letters) == {first: ClassValue(name="praise")}
    page.keyboard.press("1")
    page.get_by_test_id("strip").get_by_role("button", name="invoice").wait_for()


def test_a_number_that_may_be_two_is_not_stored(numbers, serve, enter):
    """1,234 is named with both readings; "1 234" skips nothing; 1,5 is one and a half."""
    page = enter(serve(numbers))
    first = open_label(page)
    page.keyboard.type("1,234")
    page.get_by_text("“1,234” may be 1234 or 1.234: type one of these").wait_for()
    page.keyboard.press("Enter")
    field = page.get_by_label("Number", exact=True)
    field.fill("")
    page.keyboard.type("1 234")
    page.get_by_text("“1 234” is not a number").wait_for()
    page.keyboard.press("Enter")
    assert (on_stage(page), field.input_value(), stored(numbers)) == (first, "1 234", {})
    field.fill("1,5")
    page.keyboard.press("Enter")
    wait_for_other(page, first)
    second = on_stage(page)
    page.keyboard.press(" ")  # in an empty field it skips, as everywhere
    wait_for_other(page, second)
    assert stored(numbers) == {first: NumberValue(number=1.5), second: None}


COST = re.compile("Hourly cost")


def test_a_negative_cost_is_refused_where_it_is_typed(letters, serve, enter):
    """It stays in sight with the reason, and neither form is sent; a real cost is stored."""
    server = serve(letters)
    with Project.open(letters) as project:
        project.catalog.records.annotators.ensure("ana", role=Role.ANNOTATOR)
    page = enter(server)
    for path, button in (
        ("/team?person=ana", "Save"),
        ("/team?tab=invitations", "Make a link"),
    ):
        page.goto(server.address + path)
        cost = page.get_by_label(COST)
        cost.fill("-5")
        page.get_by_text("The lowest number is 0").wait_for()
        page.get_by_role("button", name=button).click()
        expect(cost).to_have_value("-5")
        expect(cost).to_be_focused()
        assert said(cost) == "The lowest number is 0"
    with Project.open(letters) as project:
        assert project.team.invitations() == []
        assert project.catalog.records.annotators.get("ana").hourly_cost is None
    cost.fill("1,234")
    page.get_by_text("may be 1234 or 1.234").wait_for()
    cost.fill("12,5")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_label("The link, shown only now").wait_for()
    with Project.open(letters) as project:
        assert [it.hourly_cost for it in project.team.invitations()] == [12.5]


def test_a_cleared_percent_says_what_is_missing(letters, serve, enter):
    """Nothing is saved while a share is empty or beyond its range; 0 is written as 0."""
    page = enter(serve(letters))
    page.get_by_role("link", name="Settings", exact=True).click()
    page.get_by_role("link", name="Labelling", exact=True).click()
    page.get_by_label(COST).fill("20")
    gold = page.get_by_label("Gold questions")
    for text, problem in (
        ("", "Type a number: 0 to 50 %"),
        ("60", "The highest number is 50"),
        ("a few", "“a few” is not a number such as 1234.5"),
    ):
        gold.fill(text)
        page.get_by_text(problem).wait_for()
        page.get_by_role("button", name="Save").click()
        expect(gold).to_be_focused()
        assert said(gold) == problem
    with Project.open(letters) as project:
        assert project.settings.policy.hourly_cost is None
    page.get_by_role("button", name="As it was").click()
    expect(page.get_by_label(COST)).to_have_value("")
    gold.fill("12,5")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("it holds from the next batch on").wait_for()
    with Project.open(letters) as project:
        assert project.settings.policy.gold_share == 0.125


def test_a_workforce_is_refused_with_its_address_and_no_secret(letters, serve, enter, watch):
    """The address, why, and what to do; Label Studio is not taken without a token."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/team?tab=workforces")
    page.get_by_label("Name").fill("crowd")
    address, variable = page.get_by_label("Address"), page.get_by_label("Variable of the token")
    address.fill("https://ls.example.com")
    page.get_by_role("button", name="Add it").click()
    expect(variable).to_be_focused()
    variable.fill("QUERIST_CROWD")
    for wrong, why in (
        ("ls.example.com:8080", "'ls.example.com:8080' cannot be used: it does not begin with"),
        ("ftp://ls.example.com", "'ftp://ls.example.com' cannot be used: it does not begin with"),
        ("https://ana:hunter2@ls.example.com", "'https://…@ls.example.com' cannot be used"),
        ("https://ls.example.com/?token=hunter2", "'https://ls.example.com…' cannot be used"),
    ):
        address.fill(wrong)
        page.get_by_role("button", name="Add it").click()
        alert = page.get_by_role("alert").filter(has_text=why)
        alert.get_by_text("Write http:// or https://").wait_for()
        expect(alert).not_to_contain_text("hunter2")
    watch.forgive()  # the browser logs every refused request
    with Project.open(letters) as project:
        assert list(project.workforces.list()) == []


def test_two_enters_make_one_link(letters, serve, enter):
    """The second comes when the first is answered, and means the same."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/team?tab=invitations")
    page.get_by_label("Good for").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
        page.wait_for_timeout(120)
    page.get_by_label("The link, shown only now").wait_for()
    with Project.open(letters) as project:
        assert len(project.team.invitations()) == 1


def test_a_model_from_a_file_has_its_name_on_compare(letters, serve, enter):
    """What it was called when it came in, in the choice and in the sentence."""
    with Project.open(letters) as project:
        for name, chance in (("resnet-7", 0.8), ("clip-2", 0.5)):
            others = (1 - chance) / 2
            shares = {"invoice": chance, "complaint": others, "praise": others}
            rows = [{"id": f"letter-{n:02d}", **shares} for n in range(60)]
            project.models.import_predictions(rows, name=name)
        for task in project.catalog.records.tasks.open(1):
            name = CLASSES[int(task.asset_id[-2:]) % 3]
            project.labels.submit(task.asset_id, name, annotator="ana")
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/rounds/compare")
    names = ["clip-2 (imported, 0 labels)", "resnet-7 (imported, 0 labels)"]
    expect(page.get_by_label("Compare", exact=True).get_by_role("option")).to_have_text(names)
    for name in names:
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
