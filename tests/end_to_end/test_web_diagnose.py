"""Diagnosing in a real browser: from a finding or a confusion to its assets and the next batch."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from querist.experiments.datasets import load_demo, write_image_folder
from querist.loop import lessons, prepare_pages
from querist.project import Project
from querist.schema import Finding, Role

pytestmark = pytest.mark.browser

FIRST = 1500
TOPICS = ("invoice", "complaint", "praise")


@pytest.fixture(scope="module")
def diagnosed_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,500 articles after three rounds of 40; the second was drawn to mend a finding."""
    demo = load_demo()
    small = replace(demo, images=demo.images[:FIRST], labels=demo.labels[:FIRST])
    root = tmp_path_factory.mktemp("diagnosed")
    write_image_folder(small, root / "photos")
    policy = {
        "batch_size": 40,
        "audit_size": 290,
        "control_share": 0.5,
        "seed": 14,  # a slice is found in the third round
        "strategy": "random",
    }
    with Project.create(
        root / "shop", classes=demo.class_names, oracle_column="folder", policy=policy
    ) as project:
        project.add(str(root / "photos"))
        project.oracle(1)
        project.next_round(40, remedy=mendable(project, 1)[0])
        project.oracle(2)
        prepare_pages(project.catalog, project.rounds.list()[-1:])  # not in the server of each copy
    return root / "shop"


@pytest.fixture
def diagnosed(diagnosed_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the three rounds."""
    return Path(shutil.copytree(diagnosed_template, tmp_path / "shop"))


def mendable(project: Project, number: int) -> tuple[str, Finding]:
    """The finding of a round with a batch that most is to gain from, with its name."""
    findings = project.catalog.records.rounds.get(number).findings
    with_batch = [(at, one) for at, one in enumerate(findings, 1) if one.batch]
    at, found = max(with_batch, key=lambda one: one[1].severity)
    return f"{number}.{at}", found


def drawn_plan(folder: Path):
    """The plan of the newest round."""
    with Project.open(folder) as project:
        plan = project.rounds.list()[-1].plan
    assert plan is not None
    return plan


def asset_of(link) -> str:
    """The id of the asset that a tile opens."""
    return str(link.get_attribute("title"))


def test_a_confusion_opens_its_assets_and_becomes_a_batch(diagnosed, serve, enter):
    """A cell's count is its gallery, a tile opens the drawer, and the batch is like them."""
    page = enter(serve(diagnosed))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    matrix = page.get_by_role("region", name="What it takes for what")
    button = matrix.get_by_role("button", name="taken for").first
    words = button.get_attribute("aria-label")
    count, truth = words.split()[:2]
    button.click()
    cell = page.get_by_test_id("cell")
    tiles = cell.get_by_role("link", name="Open ")
    expect(tiles).to_have_count(min(16, int(count)))
    # The folder an article lies in is its class.
    ids = [asset_of(tile) for tile in tiles.all()]
    assert {Path(asset_id).parent.name for asset_id in ids} == {truth}
    tiles.first.click()
    drawer = page.get_by_role("complementary", name="Asset")
    drawer.get_by_role("heading", name=ids[0]).wait_for()
    page.go_back()
    drawer.wait_for(state="detached")
    page.reload()
    page.get_by_test_id("cell").wait_for()
    page.get_by_role("button", name=f"Next batch from this ({words})").click()
    page.wait_for_url("**/label")
    plan = drawn_plan(diagnosed)
    assert plan.strategy == "mixture"
    with Project.open(diagnosed) as project:
        positions = plan.parameters["parameters"]["similar"]["examples"]
        examples = {project.catalog.assets.ids()[at] for at in positions}
    assert examples <= {*ids}
    assert ids[0] in examples


def test_a_finding_becomes_a_batch_that_the_tray_shows(diagnosed, serve, enter):
    """Its button draws the batch of this very finding, and the job stands in the tray."""
    with Project.open(diagnosed) as project:
        name, found = mendable(project, 3)
    page = enter(serve(diagnosed))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    card = page.get_by_role("listitem", name=found.title)
    card.get_by_role("button", name="Next batch from this").click()
    page.wait_for_url("**/label")
    page.get_by_test_id("job-tray").click()
    page.get_by_text("Choosing the next batch").wait_for()
    assert drawn_plan(diagnosed).remedy == name


def test_a_found_slice_is_kept_followed_and_drawn_from(diagnosed, serve, enter):
    """One click keeps it; in the catalog a narrower one is kept; a batch is drawn from it."""
    page = enter(serve(diagnosed))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    page.get_by_role("button", name="Save slice").first.click()
    page.get_by_role("link", name="Open in the catalog").click()
    with Project.open(diagnosed) as project:
        (found,) = project.rounds.slices.reports()
    page.get_by_test_id("total").get_by_text(f"{found.assets} assets").wait_for()
    page.get_by_role("button", name=re.compile(r"^Labelled \d")).click()
    page.get_by_role("button", name="Save as slice").click()
    page.get_by_label("Name of the slice").fill("labelled ones")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved the slice “labelled ones”").wait_for()
    page.get_by_role("link", name="Diagnose", exact=True).click()
    table = page.get_by_role("region", name="Saved slices")
    row = table.get_by_role("row").filter(has_text=found.rule).first
    right = found.course[-1].accuracy
    assert right is not None
    expect(row).to_contain_text(f"{100 * right.value:.0f}")
    expect(row).to_contain_text(f"of {right.count}")
    table.get_by_role("button", name="Forget the slice labelled ones").click()
    table.get_by_role("link", name="labelled ones").wait_for(state="detached")
    row.get_by_role("button", name="Next batch from this").click()
    page.wait_for_url("**/label")
    assert drawn_plan(diagnosed).strategy == "mixture"


def test_findings_stand_by_expected_gain(diagnosed, serve, enter):
    """Most to gain comes first, and the report on a remedy stands apart."""
    with Project.open(diagnosed) as project:
        findings = project.rounds.list()[-1].findings
    page = enter(serve(diagnosed))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    cards = page.get_by_test_id("finding")
    expected = sorted(
        (one for one in findings if one.kind != "remedy"), key=lambda one: -one.severity
    )
    expect(cards.locator("h3")).to_have_text([one.title for one in expected])
    (report,) = [one for one in findings if one.kind == "remedy"]
    page.get_by_role("region", name="What the remedy did").get_by_text(report.title).wait_for()


def test_an_earlier_round_tells_what_its_remedy_did(diagnosed, serve, enter):
    """The address chooses the round; the finding says which round drew it and what came of it."""
    with Project.open(diagnosed) as project:
        _, found = mendable(project, 1)
        (report,) = [one for one in project.rounds.list()[-1].findings if one.kind == "remedy"]
    server = serve(diagnosed)
    page = enter(server)
    page.goto(f"{server.address}/diagnose?round=1")
    card = page.get_by_role("listitem", name=found.title)
    told = card.get_by_test_id("afterwards")
    expect(told).to_have_text(re.compile("^Round 2 drew the batch"))
    expect(told).to_contain_text(report.title)
    expect(card.get_by_role("button", name="Next batch from this")).to_have_count(0)
    page.get_by_role("link", name="Diagnosis of round 2").click()
    page.get_by_role("heading", name="Round 2:").wait_for()
    page.wait_for_url("**round=2*")


def test_the_keyboard_goes_from_a_cell_to_its_batch(diagnosed, serve, enter):
    """G D, into the matrix, an arrow, Enter, Escape and Enter again, B: no mouse is needed."""
    page = enter(serve(diagnosed))
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.get_by_role("table", name="Rows are labels").wait_for()
    # One stop of the Tab key: the error of most assets.
    entry = page.locator('table button[tabindex="0"]')
    expect(entry).to_have_count(1)
    for _ in range(120):
        page.keyboard.press("Tab")
        if entry.evaluate("one => one === document.activeElement"):
            break
    expect(entry).to_be_focused()
    start = entry.get_attribute("aria-label") or ""
    focused = page.locator("table button:focus")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_attribute("aria-label", start)
    page.keyboard.press("ArrowUp")
    chosen = focused.get_attribute("aria-label") or ""
    page.keyboard.press("Enter")
    page.get_by_test_id("cell").wait_for()
    page.keyboard.press("Escape")
    page.get_by_test_id("cell").wait_for(state="detached")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("cell")).to_have_attribute("aria-label", chosen)
    page.keyboard.press("b")
    page.wait_for_url("**/label")
    assert drawn_plan(diagnosed).strategy == "mixture"


def test_a_reviewer_looks_and_an_annotator_is_told_for_whom_it_is(diagnosed, serve, join):
    """Only who may start a round sees the button; the page is no annotator's."""
    server = serve(diagnosed)
    page = join(server, "rita", Role.REVIEWER)
    page.goto(f"{server.address}/diagnose")
    page.get_by_test_id("finding").first.wait_for()
    page.get_by_role("table").get_by_role("button", name="taken for").first.click()
    page.get_by_test_id("cell").get_by_role("link", name="Open ").first.wait_for()
    expect(page.get_by_role("button", name="Next batch from this")).to_have_count(0)
    page = join(server, "anton", Role.ANNOTATOR)
    page.goto(f"{server.address}/diagnose")
    page.get_by_role("heading", name="Diagnose is for a reviewer and above").wait_for()


def test_a_gallery_of_texts_tells_how_they_begin(texts, serve, enter, look):
    """A tile holds the text, not the id, and has it in its name."""
    with Project.open(texts) as project:
        project.next_round()
        for item in project.queue.next("ana", 100).items:
            topic = TOPICS[int(item.task.asset_id[-2:]) % 3]
            project.labels.submit(item.task.asset_id, topic, annotator="ana")
        project.train()
        assets = project.catalog.assets
        told = {asset.id: asset.text for asset in assets.get_many(assets.ids())}
    page = enter(serve(texts))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    page.get_by_role("table").get_by_role(
        "button", name=re.compile("taken for|found")
    ).first.click()
    tile = page.get_by_test_id("cell").get_by_role("link", name="Open ").first
    text = told[tile.get_attribute("title")]
    expect(tile).to_have_text(text)
    expect(tile).to_have_accessible_name(re.compile(re.escape(text)))
    findings = look(page, "diagnose-texts")
    assert not findings, "\n".join(findings)


def test_before_the_first_round_the_next_step_is_told(pictures, serve, enter):
    """Without a measured model the page says when there is something to see."""
    page = enter(serve(pictures))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    page.get_by_role("heading", name="Nothing to diagnose yet").wait_for()
    page.get_by_role("link", name="Go to Home").click()
    page.wait_for_url(lambda address: address.endswith("/"))


def test_two_rounds_side_by_side_lead_to_a_newly_wrong_asset_and_a_batch(diagnosed, serve, enter):
    """From Rounds to a newly wrong asset, to what both models say of it, to a batch like it."""
    with Project.open(diagnosed) as project:
        found = project.rounds.compare(1, 3)
        low, high = (project.rounds.thresholds(3, confidence=at).kept for at in (0.5, 0.9))
    assert low is not None
    assert high is not None
    assert low.value > high.value
    wrong = found.galleries[0]
    first = wrong.assets[0]
    page = enter(serve(diagnosed))
    page.get_by_role("link", name="Rounds", exact=True).click()
    page.get_by_role("link", name="Compare").click()
    page.wait_for_url("**/rounds/compare")
    page.get_by_label("with").select_option("1")
    page.get_by_role("heading", name=f"{found.count} audit assets").wait_for()
    turned = page.get_by_test_id("turned")
    turned.get_by_text(f"Newly wrong {wrong.count}").click()
    tile = turned.get_by_role("link", name=f"Open {first.id}, {first.truth}")
    tile.click()
    drawer = page.get_by_role("complementary", name="Asset")
    drawer.get_by_role("heading", name=first.id).wait_for()
    said = ("Label", first.truth, "Round 1", first.first, "Round 3", first.second)
    expect(drawer.locator("dl")).to_have_text(re.compile(r"\s*".join(map(re.escape, said))))
    expect(page.get_by_test_id("reliability")).to_contain_text(f"on {found.count} audit assets")
    # The slider answers from the server: fewer answers are left, which are more often right.
    at = page.get_by_test_id("thresholds")
    left = at.locator("dd").first
    before = left.text_content() or ""
    at.get_by_role("slider", name="Confidence").press("End")
    page.wait_for_url("**confidence=1*")
    expect(left).not_to_have_text(before)
    page.reload()
    page.get_by_test_id("turned").wait_for()
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    page.keyboard.press("b")
    page.wait_for_url("**/label")
    plan = drawn_plan(diagnosed)
    with Project.open(diagnosed) as project:
        positions = plan.parameters["parameters"]["similar"]["examples"]
        examples = {project.catalog.assets.ids()[at] for at in positions}
    assert examples == {asset.id for asset in wrong.assets[::2]}


@pytest.mark.slow
def test_the_diagnosis_in_every_look(diagnosed, pictures, serve, enter, look):
    """Findings, an open cell, an open asset, an earlier round and the empty page pass axe."""
    findings: list[str] = []
    with Project.open(diagnosed) as project:
        kinds = [one.kind for one in project.rounds.list()[-1].findings]
        project.rounds.slices.save_found(f"3.{1 + kinds.index('slice')}")
    server = serve(diagnosed)
    page = enter(server)
    page.get_by_role("link", name="Diagnose", exact=True).click()
    page.get_by_test_id("finding").first.wait_for()
    findings += look(page, "diagnose")
    page.get_by_role("table").get_by_role("button", name="taken for").first.click()
    page.get_by_test_id("cell").wait_for()
    findings += look(page, "diagnose-cell")
    page.get_by_test_id("cell").get_by_role("link", name="Open ").first.click()
    page.get_by_role("heading", name="Most similar", exact=True).wait_for()
    findings += look(page, "diagnose-asset")
    page.goto(f"{server.address}/diagnose?round=1")
    page.get_by_test_id("afterwards").wait_for()
    findings += look(page, "diagnose-earlier")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.get_by_role("link", name="Compare").wait_for()
    page.keyboard.press("c")
    page.get_by_test_id("turned").get_by_role("link", name="Open ").first.click()
    page.get_by_test_id("thresholds").wait_for()
    page.get_by_role("link", name="All about it in the catalog").wait_for()
    findings += look(page, "compare")
    page.get_by_test_id("thresholds").scroll_into_view_if_needed()
    findings += look(page, "compare-thresholds")
    empty = serve(pictures)
    page = enter(empty)
    page.get_by_role("link", name="Diagnose", exact=True).click()
    page.get_by_role("heading", name="Nothing to diagnose yet").wait_for()
    findings += look(page, "diagnose-empty")
    page.goto(f"{empty.address}/rounds/compare")
    page.get_by_role("heading", name="No model to compare yet").wait_for()
    findings += look(page, "compare-empty")
    assert not findings, "\n".join(findings)


def test_what_is_not_compared_yet_keeps_nothing_else_waiting(diagnosed, serve, enter):
    """While the first comparison runs its place says so, and the findings are there."""
    page = enter(serve(diagnosed))
    held = []
    # Playwright writes on the function, which a method of a list does not bear.
    page.route("**/api/v1/lessons*", lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request("**/api/v1/lessons*"):
        page.get_by_role("link", name="Diagnose", exact=True).click()
    section = page.get_by_role("region", name="What data taught")
    section.get_by_text("Comparing the model with each batch").wait_for()
    page.get_by_role("heading", name="Findings, most to gain first").wait_for()
    for one in held:
        one.continue_()
    expect(section.get_by_text("Comparing the model with each batch")).to_have_count(0)
    section.get_by_role("listitem", name="Round").first.wait_for()


def test_what_data_taught_names_batches_classes_and_labels(diagnosed, serve, enter):
    """A bar for each batch, a line for each class, and a label that helped opens its asset."""
    with Project.open(diagnosed) as project:
        found = lessons(project.catalog, project.rounds.list()[-1])
    assert found is not None
    page = enter(serve(diagnosed))
    page.get_by_role("link", name="Diagnose", exact=True).click()
    section = page.get_by_role("region", name="What data taught")
    section.get_by_text(found.sentence).wait_for()
    expect(section.get_by_role("listitem", name="Round")).to_have_count(len(found.batches))
    rows = section.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    expect(rows).to_have_count(len(found.classes))
    for header in section.get_by_role("columnheader").all():
        expect(header).not_to_be_empty()
    tile = section.get_by_role("link", name="Open ").first
    helped = found.helpful[0]
    expect(tile).to_have_attribute("title", helped)
    tile.click()
    page.get_by_role("complementary", name="Asset").get_by_role("heading", name=helped).wait_for()


def test_a_remedy_has_room_beside_its_buttons_on_a_phone(diagnosed, serve, enter):
    """On 390 pixels its words are not squeezed, and no button leaves the card."""
    page = enter(serve(diagnosed))
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Diagnose", exact=True).click()
    page.get_by_role("button", name="Next batch from this").first.wait_for()
    for row in page.locator("[class*=_remedy_]").all():
        edge = row.bounding_box()
        assert row.locator("p").bounding_box()["width"] >= 180
        for button in row.get_by_role("button").all():
            box = button.bounding_box()
            assert box["x"] + box["width"] <= edge["x"] + edge["width"] + 1
