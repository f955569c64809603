"""Reviewing in a real browser: by key and by mouse, undone, sent back, fixed in the editor."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from querist.catalog import Settings
from querist.project import Project
from querist.schema import (
    Action,
    Box,
    BoxesValue,
    ClassValue,
    LabeledBox,
    LabeledSpan,
    Origin,
    ReviewState,
    Role,
    Span,
    SpansValue,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def on_stage(page: Page) -> str:
    """The id of the asset on the stage."""
    return page.get_by_test_id("stage").get_attribute("data-asset") or ""


def press(page: Page, key: str) -> str:
    """Press ``key`` and wait for another asset or the end; returns the one it was pressed for."""
    before = on_stage(page)
    page.keyboard.press(key)
    page.wait_for_function(
        "id => document.querySelector('[data-testid=stage]')?.dataset.asset !== id", arg=before
    )
    return before


def saved(page: Page) -> None:
    """Wait until the server has everything."""
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()


def states(folder: Path) -> dict[str, ReviewState]:
    """Where the label of each asset stands."""
    with Project.open(folder) as project:
        found = project.catalog.records.reviews.reviewable()
        return dict(zip(found.asset_ids, found.states, strict=True))


@pytest.fixture
def digits(first_round_template: Path, tmp_path: Path, picture_names: list[str]) -> Path:
    """Pictures after a round with a model, and 20 new labels of ana, six of them wrong."""
    folder = Path(shutil.copytree(first_round_template, tmp_path / "digits"))
    with Project.open(folder) as project:
        held = {entry.asset_id for entry in project.catalog.records.labels.currents()}
        free = [it for it in project.catalog.assets.ids() if it not in held]
        for i, asset_id in enumerate(free[:: len(free) // 20][:20]):
            truth = asset_id.split("/")[-2]
            other = picture_names[(picture_names.index(truth) + 5) % 10]
            said = other if i % 3 == 0 else truth
            project.labels.submit(asset_id, said, annotator="ana", seconds=2.0)
    return folder


def truth_of(asset_id: str) -> str:
    """What a picture of the digits shows, by its folder."""
    return asset_id.split("/")[-2]


def test_doubtful_labels_come_first_and_are_reviewed_by_key(digits, picture_names, serve, join):
    """Enter accepts, a class key fixes, Space leaves, Backspace takes back; all of it is stored."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?annotator=ana")
    page.get_by_test_id("stage").wait_for()
    with Project.open(digits) as project:
        labels = project.catalog.records.labels.currents()
        given = {it.asset_id: it.value.name for it in labels if it.annotator == "ana"}
    wrong = 0
    for _ in range(6):
        page.get_by_test_id("answers").get_by_text("ana").wait_for()
        asset_id = on_stage(page)
        said = page.get_by_test_id("answers").get_by_role("button").first
        expect(said).to_contain_text(given[asset_id])
        right = given[asset_id] == truth_of(asset_id)
        wrong += not right
        key = "Enter" if right else f"{(picture_names.index(truth_of(asset_id)) + 1) % 10}"
        press(page, key)
    assert wrong >= 4, "most of the first six are wrong ones"
    left = press(page, "Space")
    last = press(page, "Enter")
    saved(page)
    assert states(digits)[last] is ReviewState.ACCEPTED
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", last)
    saved(page)
    with Project.open(digits) as project:
        found = states(digits)
        assert found[last] is ReviewState.WAITING
        assert found[left] is ReviewState.WAITING
        fixes = [it for it in project.catalog.records.labels.currents() if it.annotator == "rita"]
        assert len(fixes) == wrong
        assert all(it.origin is Origin.REVIEW for it in fixes)
        assert all(it.value == ClassValue(name=truth_of(it.asset_id)) for it in fixes)
        assert project.catalog.records.reviews.history(last)[0].state is ReviewState.ACCEPTED


def test_a_label_is_sent_back_and_its_author_gets_it_again(digits, serve, join):
    """The author reads the reviewer's word first thing, answers, and it waits for review again."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?annotator=ana")
    page.get_by_test_id("stage").wait_for()
    asset_id = on_stage(page)
    page.keyboard.press("b")
    expect(page.get_by_label("What should ana look at?")).to_be_focused()
    page.keyboard.type("Count the loops.")
    press(page, "Enter")
    saved(page)
    assert states(digits)[asset_id] is ReviewState.SENT_BACK
    with Project.open(digits) as project:
        secret = project.catalog.records.tokens.issue("ana", kind="login", ttl_seconds=600)
    context = page.context
    page.close()
    context.clear_cookies()
    ana = context.new_page()
    ana.goto(f"{server.address}/#token={secret}")
    ana.get_by_role("link", name="Label", exact=True).click()
    ana.get_by_test_id("why").get_by_text("Sent back: Count the loops.").wait_for()
    expect(ana.get_by_test_id("stage")).to_have_attribute("data-asset", asset_id)
    press(ana, "4")
    saved(ana)
    assert states(digits)[asset_id] is ReviewState.WAITING


def test_the_mouse_reviews_filters_and_asks_the_model(digits, serve, join):
    """Buttons do what keys do; a strip entry is taken back; the model speaks only when asked."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.get_by_role("link", name="Review", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    page.get_by_role("link", name="Rounds", exact=True).wait_for()
    expect(page.get_by_test_id("model")).to_have_count(0)
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_test_id("model").get_by_role("listitem").nth(2).wait_for()
    first = on_stage(page)
    page.locator("aside").get_by_role("button", name="Accept").click()
    page.get_by_test_id("strip").get_by_role("button", name=f"{first}: accepted, stored").click()
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", first)
    page.get_by_test_id("why").get_by_text("You accepted this.").wait_for()
    page.locator("aside").get_by_role("button", name="Undo").click()
    saved(page)
    assert states(digits)[first] is ReviewState.WAITING
    page.get_by_role("button", name="Accepted", exact=False).first.click()
    page.get_by_role("heading", name="Nothing is accepted yet").wait_for()
    page.go_back()
    page.get_by_test_id("stage").wait_for()
    page.wait_for_url("**asset=*")


def test_an_accepted_label_is_reopened(digits, serve, join):
    """Under Accepted a label can be made to wait again, and the address leads there."""
    with Project.open(digits) as project:
        held = [it for it in project.catalog.records.labels.currents() if it.annotator == "ana"]
        project.reviews.accept(held[0].asset_id, reviewer="rolf")
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?state=accepted")
    page.get_by_test_id("stage").wait_for()
    page.locator("aside").get_by_text("accepted it").wait_for()
    page.locator("aside").get_by_role("button", name="Reopen").click()
    page.get_by_role("heading", name="Everything here is reviewed").wait_for()
    saved(page)
    assert states(digits)[held[0].asset_id] is ReviewState.WAITING


def test_opinions_stand_side_by_side_and_a_dispute_is_decided(pictures, serve, join):
    """Each person's answer is a row; where none has a majority one key gives the label."""
    settings = Settings.read(pictures)
    policy = replace(settings.policy, overlap=2, overlap_share=1.0, control_share=0.0)
    replace(settings, policy=policy).write(pictures)
    with Project.open(pictures) as project:
        project.next_round(4)
        agreed = project.catalog.records.tasks.open(1)[0].asset_id
        for name, said in (("ana", "zero"), ("ben", "one")):
            for item in project.queue.next(name, 4).items:
                answer = "two" if item.asset.id == agreed else said
                project.labels.submit(
                    item.asset.id, answer, annotator=name, task_id=item.task.id, seconds=1.5
                )
        wanted = {it.asset_id for it in project.opinions.disputes()}
    assert len(wanted) >= 2
    assert agreed not in wanted
    server = serve(pictures)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?state=disputed")
    page.get_by_test_id("stage").wait_for()
    page.get_by_test_id("answers").get_by_text("ben").wait_for()
    page.get_by_test_id("agreement").get_by_text("1 of 2 opinions").wait_for()
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Take ben's answer").wait_for()
    first = press(page, "Enter")
    page.get_by_test_id("stage").wait_for()
    second = press(page, "8")
    saved(page)
    with Project.open(pictures) as project:
        current = project.catalog.records.labels.current
        assert (current(first).value, current(first).annotator) == (ClassValue(name="one"), "rita")
        assert current(second).value == ClassValue(name="seven")
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", second)
    saved(page)
    with Project.open(pictures) as project:
        assert second in {it.asset_id for it in project.opinions.disputes()}


def test_a_fix_of_a_class_begins_where_the_class_keys_work(digits, picture_names, serve, join):
    """After F the keys of the classes and of the actions do what they did; nothing is typed."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?annotator=ana")
    page.get_by_test_id("answers").get_by_text("ana").wait_for()
    asset_id = on_stage(page)
    page.keyboard.press("f")
    page.keyboard.press("b")
    page.get_by_label("What should ana look at?").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    press(page, f"{(picture_names.index(truth_of(asset_id)) + 1) % 10}")
    expect(page.locator("#review-classes")).not_to_be_focused()
    expect(page.get_by_label("Search a class")).to_have_value("")
    saved(page)
    with Project.open(digits) as project:
        assert project.labels.current(asset_id).value.name == truth_of(asset_id)


def test_the_numbers_of_all_views_follow_what_is_reviewed(digits, serve, join):
    """Without a reload each view says what the server counts."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?annotator=ana")
    page.get_by_test_id("answers").get_by_text("ana").wait_for()
    views = page.get_by_role("group", name="Which labels")

    def check() -> None:
        saved(page)
        answer = page.request.get(f"{server.address}/api/v1/review?annotator=ana&limit=1")
        for state, number in answer.json()["counts"].items():
            expect(views).to_contain_text(f"{state.replace('_', ' ').capitalize()} {number}")

    for key in ("Enter", "Enter", "1", "Enter"):
        press(page, key)
    page.keyboard.press("b")
    page.keyboard.type("Look again")
    press(page, "Enter")
    check()
    for view in ("Accepted", "Waiting"):
        views.get_by_role("button", name=view).click()
        check()
    for _ in range(5):
        page.keyboard.press("Backspace")
        check()


def test_boxes_are_looked_at_and_fixed_in_the_editor(tmp_path, picture_folder, serve, join):
    """The author's boxes are on the picture with the name; the editor's answer is the fix."""
    folder = tmp_path / "scenes"
    box = LabeledBox(name="car", box=Box(x=4.0, y=4.0, width=20.0, height=20.0))
    policy = {"batch_size": 4, "audit_size": 0, "control_share": 0.0}
    with Project.create(folder, task="boxes", classes=["car", "bus"], policy=policy) as project:
        project.add(str(picture_folder / "one"))
        for asset_id in list(project.catalog.assets.ids())[:2]:
            project.labels.submit(asset_id, BoxesValue(boxes=(box,)), annotator="ana")
    server = serve(folder)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review")
    page.get_by_test_id("whose").get_by_text("ana").wait_for()
    page.locator("[data-ready]").wait_for()
    page.mouse.move(500, 400)
    page.mouse.down()
    page.mouse.move(600, 500)
    page.mouse.up()
    asset_id = on_stage(page)
    page.keyboard.press("f")
    page.get_by_text("Fix the label of ana").wait_for()
    page.locator("[data-ready]").wait_for()
    page.keyboard.press("+")
    page.keyboard.press("2")
    page.get_by_role("button", name="Fix 2 boxes").click()
    page.get_by_test_id("whose").wait_for()
    saved(page)
    with Project.open(folder) as project:
        entry = project.catalog.records.labels.current(asset_id)
        assert isinstance(entry.value, BoxesValue)
        assert entry.value.boxes[0] == box
        assert [it.name for it in entry.value.boxes] == ["car", "bus"]
        assert entry.origin is Origin.REVIEW
    page.keyboard.press("Backspace")
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", asset_id)
    saved(page)
    with Project.open(folder) as project:
        entry = project.catalog.records.labels.current(asset_id)
        assert entry.value == BoxesValue(boxes=(box,))
        assert entry.action is Action.UNDO


def test_spans_are_looked_at_in_their_text(tmp_path, serve, join):
    """The author's spans are marked in the text and listed below it."""
    source = tmp_path / "letters.csv"
    source.write_text('id,text\nl-1,"Marie Curie was born in Warsaw."\n', encoding="utf-8")
    folder = tmp_path / "letters"
    classes = ["person", "place"]
    with Project.create(folder, task="spans", media="text", classes=classes) as project:
        project.add(str(source))
        spans = (LabeledSpan(name="person", span=Span(start=0, end=11)),)
        project.labels.submit("l-1", SpansValue(spans=spans), annotator="ana")
    server = serve(folder)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review")
    page.get_by_test_id("whose").get_by_text("ana").wait_for()
    page.get_by_role("list", name="Spans").get_by_text("Marie Curie").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Everything here is reviewed").wait_for()
    saved(page)
    assert states(folder) == {"l-1": ReviewState.ACCEPTED}


def test_a_label_that_changed_meanwhile_is_looked_at_again(digits, serve, join, watch):
    """A review that comes too late is not stored; the new label is shown in its place."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review?annotator=ana")
    page.get_by_test_id("stage").wait_for()
    page.route("**/api/v1/asset?*", lambda route: route.abort())
    asset_id = on_stage(page)
    with Project.open(digits) as project:
        project.labels.submit(asset_id, "nine", annotator="bea")
    page.keyboard.press("Enter")
    page.get_by_role("alertdialog").get_by_text("Somebody changed this meanwhile").wait_for()
    page.unroute("**/api/v1/asset?*")
    page.get_by_role("button", name="Look at it again").click()
    page.get_by_test_id("answers").get_by_text("bea").wait_for()
    expect(page.get_by_test_id("stage")).to_have_attribute("data-asset", asset_id)
    press(page, "Enter")
    saved(page)
    assert states(digits)[asset_id] is ReviewState.ACCEPTED
    watch.forgive()  # the browser logs the conflict and the requests that were cut


def test_nothing_to_review_teaches_the_next_step(texts, serve, join):
    """Without labels of others the page says what comes here, and leads on."""
    server = serve(texts)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review")
    page.get_by_role("heading", name="Nothing waits for review").wait_for()
    page.get_by_role("link", name="Go to Home").click()
    page.get_by_role("heading", level=1).wait_for()


def test_who_may_not_review_is_told_so(texts, serve, join):
    """An annotator has no link to the page, and its address explains."""
    server = serve(texts)
    page = join(server, "ana", Role.ANNOTATOR)
    expect(page.get_by_role("link", name="Review", exact=True)).to_have_count(0)
    page.goto(f"{server.address}/review")
    page.get_by_role("heading", name="Review is for a reviewer and above").wait_for()


def test_review_keys_are_on_the_sheet_and_can_be_changed(digits, serve, join):
    """The sheet lists the page's keys; one is given to another key and works there."""
    server = serve(digits)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/review")
    page.get_by_test_id("stage").wait_for()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    sheet.get_by_role("heading", name="Review").wait_for()
    sheet.get_by_text("Send it back with a word").wait_for()
    page.get_by_role("button", name="Change the keys for labelling and reviewing").click()
    page.get_by_role("button", name="Key of Accept the label").click()
    page.keyboard.press("v")
    page.get_by_role("button", name="Done").click()
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")
    done = press(page, "v")
    saved(page)
    assert states(digits)[done] is ReviewState.ACCEPTED
