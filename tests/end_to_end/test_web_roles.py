"""What each role sees in a real browser: its pages, and a plain word where a page is not for it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Role

pytestmark = pytest.mark.browser

EVERYBODY = ["Home", "Label", "Rounds"]
BROWSING = ["Home", "Catalog", "Label", "Review", "Rounds", "Diagnose", "Experiment"]
EVERYTHING = [*BROWSING, "Auto-label", "Team", "Settings"]
PAGES = {
    Role.OWNER: EVERYTHING,
    Role.MANAGER: EVERYTHING,
    Role.REVIEWER: BROWSING,
    Role.ANNOTATOR: EVERYBODY,
}
ADDRESSES = {
    "Catalog": "/catalog",
    "Review": "/review",
    "Diagnose": "/diagnose",
    "Experiment": "/experiment",
    "Auto-label": "/auto-label",
    "Team": "/team",
    "Settings": "/settings/ontology",
}


@pytest.mark.parametrize("role", PAGES, ids=str)
def test_a_role_sees_its_pages_and_is_told_of_the_others(role, texts, serve, join):
    """The bar links what one may open; any other address says for whom it is, without an error."""
    with Project.open(texts) as project:
        project.next_round()
    server = serve(texts)
    page = join(server, f"a-{role.value}", role)
    links = page.get_by_role("navigation", name="Pages").get_by_role("link")
    expect(links).to_have_text(PAGES[role])
    for name, address in ADDRESSES.items():
        page.goto(f"{server.address}{address}")
        page.get_by_role("navigation", name="Pages").wait_for()
        closed = page.get_by_role("heading", name="and above")
        if name in PAGES[role]:
            main = page.locator("main")
            main.get_by_role("button").or_(main.get_by_role("link")).first.wait_for()
            expect(closed).to_have_count(0)
        else:
            closed.wait_for()
            page.get_by_text(f"You are signed in as {role.value}.").wait_for()
    page.goto(f"{server.address}/label")
    page.get_by_test_id("stage").wait_for()
    page.keyboard.press("1")
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    with Project.open(texts) as project:
        given = list(project.catalog.records.labels.currents())
    assert [entry.annotator for entry in given] == [f"a-{role.value}"]


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER], ids=str)
def test_who_may_not_draw_a_batch_is_told_who_does(role, texts, serve, join):
    """At the end of a batch there is no button that the server refuses; the next one comes up."""
    server = serve(texts)
    page = join(server, "ann", role)
    page.goto(f"{server.address}/label")
    page.get_by_text("A manager of the project draws the next batch").wait_for()
    expect(page.get_by_role("link", name="See the curve")).to_be_visible()
    expect(page.get_by_role("button", name="Label the next")).to_have_count(0)
    with Project.open(texts) as project:
        project.next_round()
        opened = [task.asset_id for task in project.catalog.records.tasks.open(1)]
    page.reload()
    page.get_by_test_id("stage").wait_for()
    with Project.open(texts) as project:
        for asset in opened:
            project.labels.submit(asset, "praise", annotator="olga")
    page.reload()
    page.get_by_role("heading", name="All of round 1 is labelled").wait_for()
    page.get_by_text("a manager of the project starts it again").wait_for()
    expect(page.locator("main").get_by_role("button", name="Train and measure")).to_have_count(0)


def test_an_annotator_reads_of_a_round_what_they_may(texts, serve, join, beside):
    """A round names what it chose to everybody; the texts, and the way to them, to reviewers."""
    with Project.open(texts) as project:
        project.next_round()
        chosen = project.catalog.records.tasks.open(1)[0].asset_id
        text = project.catalog.assets.get(chosen).text
    server = serve(texts)
    page = join(server, "ann", Role.ANNOTATOR)
    refused: list[str] = []
    page.on("response", lambda it: refused.append(it.url) if it.status == 403 else None)
    page.goto(f"{server.address}/rounds/1")
    gallery = page.get_by_role("region", name="What it chose, and why")
    gallery.get_by_role("listitem").first.wait_for()
    page.wait_for_load_state("networkidle")
    expect(gallery.get_by_role("link")).to_have_count(0)
    assert not refused
    reviewer = beside(server, "rita", Role.REVIEWER)
    reviewer.goto(f"{server.address}/rounds/1")
    reviewer.get_by_role("link", name=text[:30]).first.wait_for()


def test_who_may_not_add_assets_is_told_who_does(tmp_path, serve, join):
    """An empty project offers its form to those whom the server lets add."""
    Project.create(tmp_path / "empty", media="text", classes=["praise", "blame"]).close()
    server = serve(tmp_path / "empty")
    for name, role in (("ann", Role.ANNOTATOR), ("mia", Role.MANAGER)):
        page = join(server, name, role)
        page.goto(server.address)
        page.get_by_text("An owner of the project adds some").wait_for()
        expect(page.get_by_role("button", name="Add")).to_have_count(0)
