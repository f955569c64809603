"""Home, catalog, rounds and jobs in a real browser, by mouse and by keyboard."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from querist.project import Project

pytestmark = pytest.mark.browser


@pytest.fixture
def learned(third_round_template: Path, tmp_path: Path) -> Path:
    """A project after three rounds that the known labels answered."""
    return Path(shutil.copytree(third_round_template, tmp_path / "digits"))


def test_a_link_signs_in_once_and_leaves_the_address(pictures, serve, enter, watch):
    """The token goes out of the address, the session outlives a reload, and the link works once."""
    server = serve(pictures)
    page = enter(server)
    expect(page).not_to_have_url(re.compile("token"))
    page.reload()
    page.get_by_role("navigation", name="Pages").wait_for()
    page.goto("about:blank")  # a page that is open would ask again
    page.context.clear_cookies()
    page.goto(server.address)
    page.get_by_role("heading", name="Sign in to Querist").wait_for()
    page.get_by_label("Link or token").fill(server.link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    watch.forgive()


def test_home_begins_a_round_and_opens_label(pictures, serve, enter):
    """The primary button draws a batch and leads to the label page when it is there."""
    page = enter(serve(pictures))
    page.get_by_text("the curve begins here").wait_for()
    page.get_by_role("button", name="Label the next 12").click()
    page.get_by_test_id("stage").wait_for()
    page.get_by_role("link", name="Home", exact=True).click()
    page.get_by_role("button", name="Go on labelling").wait_for()


def test_known_labels_answer_rounds_and_the_curve_appears(pictures, serve, enter):
    """The oracle button runs whole rounds; the tray shows the job, and home the curve."""
    page = enter(serve(pictures))
    rounds = page.get_by_label("How many rounds the known labels answer")
    rounds.fill("2")
    page.get_by_role("button", name="Let the known labels answer").click()
    page.get_by_test_id("job-tray").click()
    page.get_by_role("dialog", name="Jobs").get_by_text("Known labels answer").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Active, round 2").wait_for()
    page.get_by_text("Querist advises").wait_for()
    page.get_by_role("link", name="Active, round 2").click()
    page.get_by_role("heading", name="What it chose, and why").wait_for()
    page.wait_for_url("**/rounds/2")


def test_job_tray_lists_finished_jobs_with_their_log(learned, serve, enter):
    """A job that ended stays in the tray, and its log can be read."""
    page = enter(serve(learned))
    page.get_by_role("button", name="Label the next 12").click()
    page.get_by_test_id("stage").wait_for()
    page.get_by_test_id("job-tray").click()
    tray = page.get_by_role("dialog", name="Jobs")
    tray.get_by_text("Choosing the next batch").wait_for()
    tray.get_by_text("done").first.wait_for()
    tray.get_by_role("button", name="Log").first.click()
    tray.locator("pre").wait_for()


def test_catalog_filters_are_in_the_address_and_come_back(learned, serve, enter):
    """A filter narrows the grid, stands in the address, and survives reload and back."""
    page = enter(serve(learned))
    page.get_by_role("link", name="Catalog", exact=True).click()
    page.get_by_test_id("total").get_by_text("600 assets").wait_for()
    filters = page.get_by_role("complementary", name="Filters")
    filters.get_by_role("button", name="Labelled").click()
    page.wait_for_url("**/catalog?state=labeled")
    label = filters.get_by_role("region", name="Label", exact=True)
    label.get_by_role("button", name="three").click()
    page.wait_for_url("**/catalog?state=labeled&label=three")
    with Project.open(learned) as project:
        names = project.catalog.records.labels.values()[1]
    total = page.get_by_test_id("total")
    total.get_by_text(f"{names.count('three')} assets").wait_for()
    page.reload()
    total.get_by_text(f"{names.count('three')} assets").wait_for()
    page.go_back()
    total.get_by_text(f"{len(names)} assets").wait_for()


def test_catalog_by_keyboard_opens_selects_and_searches(learned, serve, enter):
    """Arrows move, Enter opens, Escape closes, X selects, and the slash searches."""
    page = enter(serve(learned))
    page.goto(page.url.split("#")[0] + "catalog")
    page.locator("[data-asset]").first.wait_for()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    drawer = page.get_by_role("complementary", name="Asset", exact=True)
    title = drawer.get_by_role("heading", level=2)
    opened = title.text_content() or ""
    page.keyboard.press("ArrowRight")
    expect(title).not_to_have_text(opened)
    page.keyboard.press("Escape")
    drawer.wait_for(state="hidden")
    page.keyboard.press("x")
    page.get_by_text("1 selected").wait_for()
    page.keyboard.press("a")
    page.get_by_text("600 selected").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("toolbar", name="Selected assets").wait_for(state="hidden")
    page.keyboard.press("/")
    expect(page.locator("#catalog-text")).to_be_focused()
    page.keyboard.type("seven/")
    page.wait_for_url("**/catalog?q=seven%2F")


def test_a_selection_is_labelled_at_once(pictures, serve, enter):
    """Selecting with the mouse and naming a class labels all of it."""
    page = enter(serve(pictures))
    page.goto(page.url.split("#")[0] + "catalog?q=four/")
    page.locator("[data-asset]").first.wait_for()
    page.locator("[data-asset]").nth(0).click(modifiers=["ControlOrMeta"])
    page.locator("[data-asset]").nth(4).click(modifiers=["Shift"])
    page.get_by_text("5 selected").wait_for()
    page.get_by_role("button", name="Label as…").click()
    page.get_by_label("Class for the selected assets").fill("fou")
    expect(page.get_by_role("option", name="five")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("5 assets labelled four").wait_for()
    with Project.open(pictures) as project:
        assert project.catalog.records.labels.values()[1] == ["four"] * 5


def test_drawer_shows_why_history_and_neighbours(learned, serve, enter):
    """The drawer of a chosen asset says why it was asked, what was answered, what is near."""
    page = enter(serve(learned))
    page.goto(page.url.split("#")[0] + "catalog?arm=active")
    page.locator("[data-asset]").first.click()
    drawer = page.get_by_role("complementary", name="Asset", exact=True)
    for title in ("What the model says", "Why it was asked", "Labels over time", "Most similar"):
        drawer.get_by_role("heading", name=title).wait_for()
    before = page.url
    drawer.get_by_role("button", name="Open ").first.click()
    page.wait_for_function("old => location.href !== old", arg=before)


def test_without_a_control_home_and_rounds_say_what_cannot_be_shown(pictures, serve, enter):
    """One calm line that names the setting; with a control there is none."""
    settings = pictures / "querist.toml"
    shared = settings.read_text(encoding="utf-8")
    with Project.open(pictures) as project:
        project.next_round()
    for share, lines in (("0.2", 0), ("0.0", 1)):
        settings.write_text(
            re.sub(r"control_share = \S+", f"control_share = {share}", shared), encoding="utf-8"
        )
        server = serve(pictures)
        page = enter(server)
        page.get_by_role("heading", name="on the audit set").wait_for()
        expect(page.get_by_text("nothing can prove what active learning saves")).to_have_count(
            lines
        )
        page.goto(f"{server.address}/rounds")
        page.get_by_role("heading", name="1 round").wait_for()
        told = page.get_by_text("nothing can prove what active learning saves")
        expect(told).to_have_count(lines)
        if lines:
            expect(told).to_contain_text("control_share under [policy] in querist.toml")


def test_without_an_audit_set_home_rounds_and_diagnose_say_so(tmp_path, serve, enter):
    """No page waits for a measurement that never comes, and the setting is named."""
    with Project.create(
        tmp_path / "p",
        media="table",
        classes=["a", "b"],
        oracle_column="known",
        policy={"batch_size": 10, "audit_size": 0, "control_share": 0.5},
    ) as project:
        project.add(
            [
                {"id": f"r{i}", "x": float(i % 7 + 5 * (i % 2)), "known": "ab"[i % 2]}
                for i in range(90)
            ],
            metadata_columns=["known"],
        )
    server = serve(tmp_path / "p")
    page = enter(server)
    told = page.get_by_text("No audit set is drawn, and without one no model is measured")
    expect(told).to_contain_text("audit_size under [policy] in querist.toml")
    with Project.open(tmp_path / "p") as project:
        project.oracle(2)
    page.reload()
    expect(told).to_contain_text("begin a project with audit_size above 0")
    expect(page.get_by_text("There is no curve: no model is measured.")).to_be_visible()
    expect(page.get_by_text("not drawn yet")).to_have_count(0)
    page.goto(f"{server.address}/rounds")
    page.get_by_role("heading", name="2 rounds, 0 measured").wait_for()
    expect(told).to_have_count(1)
    page.goto(f"{server.address}/diagnose")
    page.get_by_role("heading", name="Round 2: not measured").wait_for()
    page.get_by_role("heading", name="What data taught").wait_for()
    expect(page.get_by_text("as audit_size is 0")).to_be_visible()


def test_rounds_list_leads_to_one_round(learned, serve, enter):
    """The list names every round; one round shows its plan, its evaluation, and whose picks."""
    page = enter(serve(learned))
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.get_by_role("link", name="Round 3").click()
    for title in ("On the audit set", "Plan", "What it chose, and why"):
        page.get_by_role("heading", name=title).wait_for()
    page.goto(page.url.replace("/rounds/3", "/rounds/1"))  # the first draws the audit set
    page.get_by_text(re.compile("^Audit [0-9]")).click()
    expect(page).to_have_url(re.compile("arm=audit"))
    page.reload()
    expect(page.get_by_role("radio", name=re.compile("^Audit"))).to_be_checked()


NONSENSE = [
    ("diagnose?round=abc&truth=two", "diagnose", "Round 3:"),
    ("diagnose?round=0", "diagnose", "Round 3:"),
    ("rounds/compare?confidence=7&overlap=2&second=3", "rounds/compare?second=3", "Round 3"),
    ("review?state=nope&round=-1", "review", "review"),
    ("catalog?min=7&q=a&sort=up", "catalog?q=a", "Catalog"),
]


def test_what_makes_no_sense_in_an_address_is_left_out(learned, serve, enter):
    """The default view comes, and the address keeps only what was understood."""
    server = serve(learned)
    page = enter(server)
    for nonsense, kept, heading in NONSENSE:
        page.goto(f"{server.address}/{nonsense}")
        # Review adds the asset that it shows, as soon as it is there.
        expect(page).to_have_url(
            re.compile(re.escape(f"{server.address}/{kept}") + "([?]asset=[^&]*)?$")
        )
        page.get_by_role("heading", level=1, name=heading).first.wait_for()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text("The request does not fit")).to_have_count(0)


def test_palette_finds_a_class_a_tab_and_an_asset(learned, serve, enter):
    """Ctrl K, a part of the name and Enter open what is called so."""
    page = enter(serve(learned))
    page.get_by_role("link", name="Active, round 3").wait_for()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("textbox", name="Find a page, an action, a class, a slice")
    palette.fill("eigh")
    page.get_by_text("Show what is labelled eight").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalog?label=eight")
    page.keyboard.press("Control+k")
    palette.fill("team agree")
    page.get_by_text("Agreement").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/team?tab=agreement")
    page.keyboard.press("Control+k")
    palette.fill("0007")
    page.get_by_role("button", name="0007").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalog?*asset=*0007*")


def test_question_mark_shows_the_keys(pictures, serve, enter):
    """The sheet of keys opens with its key and closes with Escape."""
    page = enter(serve(pictures))
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    sheet.get_by_text("Accept the suggestion").wait_for()
    page.keyboard.press("Escape")
    sheet.wait_for(state="hidden")


def test_an_empty_project_teaches_how_to_add(tmp_path, picture_folder, picture_names, serve, enter):
    """Without assets home asks for a folder, adds it as a job, and goes on by itself."""
    folder = tmp_path / "empty"
    Project.create(folder, classes=picture_names).close()
    page = enter(serve(folder))
    page.get_by_label("Folder or file to add").fill(str(picture_folder))
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Label the next 50").wait_for()


def test_a_page_that_cannot_be_fetched_says_so_and_comes_back(texts, serve, enter, watch):
    """Without the server the frame stays, the page says what is wrong, and recovers by itself."""
    server = serve(texts)
    page = enter(server)
    page.get_by_role("button", name="Label the next").wait_for()
    server.stop()
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Experiment", exact=True).click()
    failed = page.get_by_role("alert")
    failed.get_by_text("The server cannot be reached.").wait_for()
    failed.get_by_role("button", name="Retry").click()
    failed.get_by_role("button", name="Retry").wait_for()
    pages.get_by_role("link", name="Home", exact=True).click()
    page.get_by_role("button", name="Label the next").wait_for()
    pages.get_by_role("link", name="Experiment", exact=True).click()
    failed.wait_for()
    serve(texts, urlsplit(server.address).port)
    failed.wait_for(state="detached")
    pages.wait_for()
    page.get_by_role("heading", name="There is no choice to judge yet").wait_for()
    assert page.url.endswith("/experiment")
    watch.forgive()


def test_the_catalog_fits_a_phone(pictures, serve, enter):
    """Two pictures a row and nothing beyond the edge; the filters lie over them when asked for."""
    server = serve(pictures)
    page = enter(server)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.address}/catalog")
    tiles = page.get_by_test_id("grid").locator("[data-asset]")
    tiles.nth(2).wait_for()
    first, second, third = (tiles.nth(i).bounding_box() for i in range(3))
    assert first["y"] == second["y"] < third["y"]
    assert second["x"] + second["width"] <= 390
    filters = page.get_by_role("complementary", name="Filters")
    expect(filters).to_be_hidden()
    assert _beyond(page) == []
    page.get_by_role("button", name="Filters", exact=True).click()
    filters.get_by_role("button", name="Skipped").click()
    filters.get_by_role("button", name="Show 0 assets").wait_for()
    assert _beyond(page) == []
    page.keyboard.press("Escape")
    expect(filters).to_be_hidden()
    expect(page.get_by_role("button", name="Filters", exact=True)).to_be_focused()
    page.get_by_role("button", name="Clear the filters").click()
    tiles.first.wait_for()
    page.keyboard.press("a")
    page.get_by_role("toolbar", name="Selected assets").wait_for()
    assert _beyond(page) == []
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(filters).to_be_visible()
    expect(page.get_by_role("button", name="Filters", exact=True)).to_be_hidden()


def _beyond(page) -> list[str]:
    """What of the page reaches beyond the right edge of the screen."""
    return page.locator("main").evaluate(
        """it => [...it.querySelectorAll('*')]
             .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
             .map(one => one.outerHTML.slice(0, 120))"""
    )
