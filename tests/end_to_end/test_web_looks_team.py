"""Review and Team in both themes and two sizes: no serious axe finding, pictures to look at."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.catalog import Settings
from querist.experiments.datasets import load_demo, write_image_folder
from querist.project import Project
from querist.schema import Box, BoxesValue, LabeledBox, LabeledSpan, Span, SpansValue

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PEOPLE = {"ana": 0.95, "ben-with-a-rather-long-name": 0.6, "cia": 0.85}


@pytest.fixture(scope="module")
def shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's articles after a round with a model, and one that three people answered."""
    demo = load_demo()
    photos = tmp_path_factory.mktemp("photos") / "photos"
    write_image_folder(demo, photos)
    policy = {"batch_size": 40, "audit_size": 20, "hourly_cost": 24.0}
    folder = tmp_path_factory.mktemp("template") / "shop"
    with Project.create(
        folder, classes=demo.class_names, oracle_column="folder", policy=policy
    ) as project:
        project.add(str(photos))
        project.next_round()
        project.oracle()
        project.finish_round()
    settings = Settings.read(folder)
    overlap = replace(settings.policy, overlap=3, overlap_share=1.0)
    replace(settings, policy=overlap).write(folder)
    rng = np.random.default_rng(3)
    names = demo.class_names
    with Project.open(folder) as project:
        project.next_round()
        for who, skill in PEOPLE.items():
            for item in project.queue.next(who, 40).items:
                truth = str(item.asset.metadata["folder"])
                said = truth if rng.random() < skill else names[(names.index(truth) + 6) % 10]
                project.labels.submit(
                    item.asset.id,
                    said,
                    annotator=who,
                    task_id=item.task.id,
                    seconds=float(rng.uniform(1, 6)),
                )
        held = [e for e in project.catalog.records.labels.currents() if e.round == 2 and e.value]
        for entry in held[:12]:
            project.reviews.accept(entry.asset_id, reviewer="rolf")
        for entry in held[12:16]:
            truth = str(project.catalog.assets.get(entry.asset_id).metadata["folder"])
            project.reviews.fix(entry.asset_id, truth, reviewer="rolf", comment="Look at the sole.")
        free = [i for i in project.catalog.assets.ids() if i not in {e.asset_id for e in held}]
        for asset_id in free[500:560]:
            truth = str(project.catalog.assets.get(asset_id).metadata["folder"])
            project.labels.submit(asset_id, truth, annotator="ana", seconds=2.5)
        for entry in held[16:18]:
            project.gold.add(entry.asset_id, entry.value, created_by="rolf", note="Seen by two.")
    return folder


@pytest.fixture
def shop(shop_template: Path, tmp_path: Path) -> Path:
    """A project of one test's own."""
    return Path(shutil.copytree(shop_template, tmp_path / "shop"))


def test_review_of_a_living_project(shop, serve, enter, look):
    """The queue, the model's opinion, a word back, disputes, suspects and the end pass axe."""
    server = serve(shop)
    page = enter(server)
    findings: list[str] = []
    page.get_by_role("link", name="Review", exact=True).click()
    stage = page.get_by_test_id("stage")
    page.get_by_test_id("agreement").wait_for()
    findings += look(page, "review")
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_test_id("model").wait_for()
    for _ in range(3):
        before = stage.get_attribute("data-asset") or ""
        page.keyboard.press("Enter")
        expect(stage).not_to_have_attribute("data-asset", before)
    page.get_by_role("button", name="Send back").first.click()
    page.get_by_label("look at?").fill("The sole is missing.")
    findings += look(page, "review-send-back")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")
    findings += look(page, "review-back")
    page.goto(f"{server.address}/review?state=disputed")
    page.get_by_role("heading", name="No opinions are in dispute").wait_for()
    findings += look(page, "review-no-dispute")
    page.goto(f"{server.address}/review?state=sent_back")
    page.get_by_role("heading", name="Nothing is sent back").wait_for()
    findings += look(page, "review-nothing")
    page.goto(f"{server.address}/review?state=suspect")
    page.locator("li[data-asset]").first.wait_for()
    findings += look(page, "suspects")
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.get_by_role("button", name="2 labels").first.wait_for()
    findings += look(page, "suspects-chosen")
    assert not findings, "\n".join(findings)


def test_team_of_a_living_project(shop, serve, enter, look):
    """Each tab of the team page, one person's report and how people are asked pass axe."""
    server = serve(shop)
    page = enter(server)
    findings: list[str] = []
    page.get_by_role("link", name="Team", exact=True).click()
    page.get_by_role("region", name="People").wait_for()
    findings += look(page, "team")
    page.goto(f"{server.address}/team?person=ben-with-a-rather-long-name")
    dialog = page.get_by_role("dialog", name="ben-with-a-rather-long-name")
    dialog.get_by_role("heading", name="Takes one for another").wait_for()
    dialog.locator("button[aria-expanded]").first.click()
    dialog.get_by_role("link", name="Open ").first.wait_for()
    findings += look(page, "team-person")
    page.goto(f"{server.address}/team?tab=agreement&person=ana&with=cia")
    page.get_by_role("heading", name="ana and cia differ on").wait_for()
    findings += look(page, "team-agreement")
    page.goto(f"{server.address}/team?tab=disputes")
    page.get_by_role("button", name="See what changes").click()
    page.get_by_text("It would change").wait_for()
    findings += look(page, "team-disputes")
    page.goto(f"{server.address}/team?tab=gold")
    page.get_by_role("heading", name="2 gold questions").wait_for()
    findings += look(page, "team-gold")
    page.goto(f"{server.address}/team?tab=invitations")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_label("The link, shown only now").wait_for()
    findings += look(page, "team-invitations")
    page.goto(f"{server.address}/team?tab=workforces")
    page.get_by_label("Name").fill("crowd")
    page.get_by_role("combobox", name="Labels with").click()
    page.get_by_role("option", name="Folder").click()
    page.get_by_label("Address").fill((shop / "exchange").as_uri())
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("region", name="crowd").wait_for()
    findings += look(page, "team-workforces")
    page.goto(f"{server.address}/settings/labeling")
    page.get_by_role("combobox", name="Add a class").click()
    page.get_by_role("option").first.click()
    findings += look(page, "settings-labeling")
    assert not findings, "\n".join(findings)


def test_review_of_boxes_spans_and_disputes(tmp_path, scenes, serve, enter, look):
    """Shapes on their picture, spans in their text and opinions that differ pass axe."""
    findings: list[str] = []
    boxes = tmp_path / "boxes"
    policy = {"batch_size": 8, "audit_size": 0, "control_share": 0.0}
    with Project.create(boxes, task="boxes", classes=["car", "bus"], policy=policy) as project:
        project.add(str(scenes))
        made = tuple(
            LabeledBox(name=name, box=Box(x=x, y=120.0, width=150.0, height=110.0))
            for name, x in (("car", 60.0), ("bus", 320.0), ("car", 610.0))
        )
        for asset_id in list(project.catalog.assets.ids())[:3]:
            project.labels.submit(asset_id, BoxesValue(boxes=made[:2]), annotator="ben")
            project.labels.submit(asset_id, BoxesValue(boxes=made), annotator="ana")
    source = tmp_path / "letters.csv"
    words = "Marie Curie was born in Warsaw in 1867 and moved to Paris. " * 6
    source.write_text(f'id,text\nl-1,"{words}"\n', encoding="utf-8")
    letters = tmp_path / "letters"
    classes = ["person", "place"]
    with Project.create(letters, task="spans", media="text", classes=classes) as project:
        project.add(str(source))
        spans = tuple(
            LabeledSpan(name=name, span=Span(start=start, end=end))
            for name, start, end in (("person", 0, 11), ("place", 24, 30), ("place", 52, 57))
        )
        project.labels.submit("l-1", SpansValue(spans=spans), annotator="ana")
    quarrel = tmp_path / "quarrel"
    policy = {**policy, "overlap": 2, "overlap_share": 1.0}
    with Project.create(quarrel, classes=["car", "bus"], policy=policy) as project:
        project.add(str(scenes))
        project.next_round()
        for who, said in (("ana", "car"), ("ben", "bus")):
            for item in project.queue.next(who, 8).items:
                project.labels.submit(
                    item.asset.id, said, annotator=who, task_id=item.task.id, seconds=2.0
                )
    server = serve(quarrel)
    page = enter(server)
    page.goto(f"{server.address}/review?state=disputed")
    page.get_by_test_id("answers").get_by_text("ben").wait_for()
    findings += look(page, "review-dispute")
    page.goto(f"{server.address}/team?tab=disputes")
    page.get_by_role("heading", name="8 assets without a majority").wait_for()
    findings += look(page, "team-dispute")
    for folder, stage in ((boxes, "[data-ready]"), (letters, "[data-testid=text]")):
        server = serve(folder)
        page = enter(server)
        page.goto(f"{server.address}/review")
        page.get_by_test_id("whose").get_by_text("ana").wait_for()
        page.locator(stage).wait_for()
        findings += look(page, f"review-{folder.name}")
        page.keyboard.press("f")
        page.get_by_text("Fix the label of ana").wait_for()
        page.locator(stage).wait_for()
        findings += look(page, f"review-{folder.name}-fix")
    assert not findings, "\n".join(findings)
