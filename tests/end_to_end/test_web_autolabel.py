"""Auto-labels in a real browser: promise, accept, audit and roll back, by mouse and by keyboard."""

from __future__ import annotations

import re
import shutil
from math import log
from pathlib import Path

import pytest
from playwright.sync_api import expect

from querist.loop import prepare_pages
from querist.project import Project
from querist.schema import LabeledSpan, Origin, Role, Span, SpansValue

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def learned(tmp_path_factory, picture_folder, picture_names) -> Path:
    """600 digits after two rounds: random labels enough for a promise of 10 %, not of 2 %."""
    folder = tmp_path_factory.mktemp("learned") / "digits"
    policy = {"batch_size": 40, "audit_size": 40, "seed": 1}
    with Project.create(
        folder, classes=picture_names, oracle_column="folder", policy=policy
    ) as project:
        project.add(str(picture_folder))
        project.oracle(2)
        prepare_pages(project.catalog, project.rounds.list()[-1:])  # not in the server of each copy
    return folder


@pytest.fixture
def digits(learned, tmp_path) -> Path:
    """A fresh copy of it."""
    return Path(shutil.copytree(learned, tmp_path / "digits"))


def _open(page):
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Auto-label").click()
    page.get_by_role("slider", name="Promised error rate").wait_for()
    return page


def _drag(page, rate: float) -> None:
    """Drag the promise to a rate by mouse; the axis is logarithmic between the first and last."""
    page.get_by_test_id("coverage").locator("svg").first.wait_for()  # the line has its place then
    slider = page.get_by_role("slider", name="Promised error rate")
    now = float(slider.get_attribute("aria-valuenow"))
    line = slider.bounding_box()
    x, y = line["x"] + line["width"] / 2, line["y"] + line["height"] / 2
    room = page.get_by_test_id("coverage").bounding_box()["width"] - 48 - 24
    there = x + room * (log(rate) - log(now)) / (log(0.2) - log(0.005))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + there) / 2, y, steps=4)
    page.mouse.move(there, y, steps=4)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", f"{rate}")


def _by_models(folder: Path) -> int:
    """How many labels stand that a model gave."""
    with Project.open(folder) as project:
        states = project.catalog.records.labels.states()
    return sum(
        origin == Origin.MODEL and labeled
        for origin, labeled in zip(states.origins, states.labeled, strict=True)
    )


def test_a_promise_is_dragged_accepted_and_rolled_back_by_mouse(digits, serve, enter):
    """Drag the line, work it out, label what it lets in, and take the set back with a reason."""
    page = _open(enter(serve(digits)))
    page.get_by_role("heading", name="Nothing is labelled by the model yet").wait_for()
    _drag(page, 0.1)
    page.wait_for_url("**promise=0.1*")
    page.get_by_role("button", name="Work out 10").click()
    page.get_by_role("heading", name="at most 10").wait_for()
    accept = page.get_by_role("button", name=re.compile(r"Label \d+ assets"))
    promised = int(re.search(r"\d+", accept.inner_text()).group())
    by_class = page.get_by_role("region", name="By class").get_by_role("row")
    expect(by_class).to_have_count(11)
    accept.click()
    row = page.get_by_test_id("auto-set")
    row.get_by_text("stands").wait_for()
    assert _by_models(digits) == promised > 200
    row.get_by_role("button", name="Roll back").click()
    page.get_by_label("Why").fill("The camera was changed.")
    page.get_by_role("button", name=f"Take back {promised} labels").click()
    row.get_by_text(": The camera was changed.").wait_for()
    row.get_by_text("rolled back", exact=True).wait_for()
    page.get_by_role("heading", name="No auto-labels stand").wait_for()
    assert _by_models(digits) == 0


def test_the_whole_way_goes_by_keyboard(digits, serve, enter):
    """G A, Tab to the line, arrows, then P, A, U and R; the address keeps the proposal."""
    page = enter(serve(digits))
    page.keyboard.press("g")
    page.keyboard.press("a")
    slider = page.get_by_role("slider", name="Promised error rate")
    slider.wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if slider.evaluate("it => it === document.activeElement"):
            break
    expect(slider).to_be_focused()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuenow", "0.2")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuenow", "0.1")
    page.keyboard.press("p")
    page.get_by_role("button", name=re.compile(r"Label \d+ assets")).wait_for()
    page.wait_for_url("**proposal=auto-*")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("assets"))
    page.keyboard.press("a")
    row = page.get_by_test_id("auto-set")
    row.get_by_text("stands").wait_for()
    page.keyboard.press("u")
    row.get_by_text("20 labels asked of people, 0 answered").wait_for()
    page.keyboard.press("r")
    expect(page.get_by_label("Why")).to_be_focused()
    page.keyboard.type("Too soon.")
    page.keyboard.press("Enter")
    row.get_by_text(": Too soon.").wait_for()
    assert _by_models(digits) == 0


def test_missing_checks_are_counted_and_asked_for(digits, serve, enter):
    """A promise of 2 % says how many random labels it lacks, and the button asks for them."""
    with Project.open(digits) as project:
        project.next_round(5)
        waiting = project.status().open_tasks
    page = _open(enter(serve(digits)))
    page.keyboard.press("p")
    page.get_by_role("heading", name="more random checks are needed").wait_for()
    page.get_by_role("textbox", name="How many checks").fill("30")
    page.get_by_role("button", name="Ask for checks").click()
    page.get_by_role("link", name=f"Answer {waiting + 30} questions").click()
    page.get_by_test_id("stage").wait_for()


def test_without_a_model_the_first_round_is_the_next_step(texts, serve, enter):
    """What is missing is said, and the button begins with it."""
    page = enter(serve(texts))
    page.get_by_role("link", name="Auto-label", exact=True).click()
    page.get_by_role("heading", name="A model has to learn first").wait_for()
    page.get_by_role("main").get_by_role("button", name="Label the next").click()
    page.get_by_test_id("stage").wait_for()


def test_a_model_whose_errors_are_not_known_asks_for_the_checks_it_lacks(tmp_path, serve, enter):
    """After a round with an audit of 20 the page says what is missing, and asks people for it."""
    with Project.create(
        tmp_path / "p",
        task="spans",
        media="text",
        classes=["who"],
        policy={"batch_size": 20, "audit_size": 20, "control_share": 0.0},
    ) as project:
        project.add([{"id": f"r{at}", "text": f"Ada saw {at}"} for at in range(120)])
        project.next_round()
        while items := project.queue.next("ana", 100).items:
            for item in items:
                found = SpansValue(spans=(LabeledSpan(name="who", span=Span(start=0, end=3)),))
                project.labels.submit(item.asset.id, found, annotator="ana", task_id=item.task.id)
        project.finish_round()
    page = enter(serve(tmp_path / "p"))
    page.get_by_role("link", name="Auto-label", exact=True).click()
    page.get_by_role("heading", name="How often the model is wrong is not known").wait_for()
    page.get_by_role("main").get_by_text("takes 30 labels that it has not learned").wait_for()
    expect(page.get_by_role("textbox", name="How many checks")).to_have_value("10")
    page.get_by_role("button", name="Ask for checks").click()
    page.get_by_role("button", name="Go on labelling (10 open)").click()
    page.get_by_test_id("stage").wait_for()


def test_a_failure_of_the_job_is_told_where_it_was_asked(digits, serve, enter):
    """Checks without a round that could ask them: the page says what to do."""
    with Project.open(digits) as project:
        proposal = project.autolabel.propose(0.1)
        project.next_round(5)
    server = serve(digits)
    page = enter(server)
    page.goto(f"{server.address}/auto-label?proposal={proposal.id}")
    page.get_by_role("heading", name="at most 10").wait_for()
    with Project.open(digits) as project:
        project.autolabel.ask(10, max_error=0.1)
    page.get_by_role("button", name=re.compile(r"Label \d+ assets")).click()
    page.get_by_role("alert").get_by_text("Other checks were asked").wait_for()
    assert _by_models(digits) == 0


def test_a_level_of_difficulty_opens_its_assets(digits, serve, enter):
    """The number beside a word is what the catalog then shows."""
    page = _open(enter(serve(digits)))
    level = page.get_by_role("region", name="How hard").get_by_role("link").first
    number = re.search(r"\d+", level.inner_text()).group()
    level.click()
    page.get_by_test_id("total").get_by_text(f"{number} assets").wait_for()
    page.get_by_role("button", name="Remove the filter easy").wait_for()
    page.wait_for_url("**difficulty=easy*")


def test_an_annotator_cannot_open_it(digits, serve, join):
    """The bar has no link, and the address says for whom it is."""
    server = serve(digits)
    page = join(server, "ana", Role.ANNOTATOR)
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link", name="Auto-label")).to_have_count(0)
    page.goto(f"{server.address}/auto-label")
    page.get_by_role("heading", name="Auto-label is for a manager and above").wait_for()


def test_it_looks_right_in_every_state(digits, texts, serve, enter, look):
    """Nothing yet, checks missing, a proposal, an audited and a broken set pass axe."""
    server = serve(digits)
    page = _open(enter(server))
    findings = look(page, "autolabel-new")
    page.keyboard.press("p")
    page.get_by_role("heading", name="more random checks are needed").wait_for()
    findings += look(page, "autolabel-missing")
    _drag(page, 0.1)
    page.keyboard.press("p")
    page.get_by_role("button", name=re.compile(r"Label \d+ assets")).wait_for()
    findings += look(page, "autolabel-proposal")
    page.keyboard.press("a")
    row = page.get_by_test_id("auto-set")
    row.get_by_text("stands").wait_for()
    with Project.open(digits) as project:
        project.autolabel.audit(40)
        items = project.queue.next("ana", 15).items
        for item in items:
            truth = str(item.asset.metadata["folder"])
            project.labels.submit(item.asset.id, truth, annotator="ana", task_id=item.task.id)
    page.reload()
    row.get_by_text(re.compile("audited were wrong")).wait_for()
    findings += look(page, "autolabel-audited")
    with Project.open(digits) as project:
        for item in project.queue.next("ana", 25).items:
            wrong = "one" if item.asset.metadata["folder"] != "one" else "two"
            project.labels.submit(item.asset.id, wrong, annotator="ana", task_id=item.task.id)
    page.reload()
    row.get_by_text("broken", exact=True).wait_for()
    page.keyboard.press("r")
    page.get_by_label("Why").wait_for()
    findings += look(page, "autolabel-broken")
    page = enter(serve(texts))
    page.get_by_role("link", name="Auto-label", exact=True).click()
    page.get_by_role("heading", name="A model has to learn first").wait_for()
    findings += look(page, "autolabel-empty")
    assert not findings, "\n".join(findings)
