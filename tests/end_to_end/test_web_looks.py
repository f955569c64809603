"""Every page in both themes and two sizes: no serious axe finding, and a screenshot to look at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from querist.experiments.datasets import load_demo, write_image_folder
from querist.loop import prepare_pages
from querist.project import Project

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's articles after four rounds, and a fifth that waits for labels."""
    demo = load_demo()
    photos = tmp_path_factory.mktemp("photos") / "photos"
    write_image_folder(demo, photos)
    policy = {"batch_size": 25, "audit_size": 120, "budget_labels": 600}
    folder = tmp_path_factory.mktemp("template") / "shop"
    with Project.create(
        folder, classes=demo.class_names, oracle_column="folder", policy=policy
    ) as project:
        project.add(str(photos))
        for _ in range(4):
            project.next_round()
            project.oracle()
            project.finish_round()
        prepare_pages(project.catalog, project.rounds.list()[-1:])  # not in the server of each copy
        project.next_round()
    return folder


@pytest.fixture
def shop(shop_template: Path, tmp_path: Path) -> Path:
    """A project of one test's own."""
    return Path(shutil.copytree(shop_template, tmp_path / "shop"))


def test_pages_of_a_living_project(shop, serve, enter, watch, look):
    """Home, catalog, drawer, label, rounds and one round pass axe in light and dark."""
    server = serve(shop)
    page = enter(server)
    findings: list[str] = []
    page.get_by_role("link", name="Active, round 4").wait_for()
    findings += look(page, "home")
    page.goto(f"{server.address}/catalog?sort=margin")
    page.locator("[data-asset] img").first.wait_for()
    findings += look(page, "catalog")
    page.locator("[data-asset]").nth(7).click()
    page.get_by_role("heading", name="Most similar").wait_for()
    findings += look(page, "drawer")
    page.goto(f"{server.address}/catalog?state=labeled&label={demo_class(shop)}")
    page.locator("[data-asset]").first.wait_for()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.get_by_text("2 selected").wait_for()
    findings += look(page, "selection")
    page.goto(f"{server.address}/label")
    stage = page.get_by_test_id("stage")
    for key in "123456 7-90":
        before = stage.get_attribute("data-asset") or ""
        page.keyboard.press(key)
        expect(stage).not_to_have_attribute("data-asset", before)
    page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    findings += look(page, "label")
    page.keyboard.press("ArrowLeft")
    earlier = page.get_by_text("Looking at an earlier decision")
    earlier.wait_for()
    findings += look(page, "label-edit")
    page.keyboard.press("Escape")
    earlier.wait_for(state="detached")
    contested = stage.get_attribute("data-asset") or ""
    with Project.open(shop) as project:
        project.labels.submit(contested, "sandal", annotator="bea")
    page.keyboard.press("1")
    page.get_by_role("alertdialog").get_by_text("bea").wait_for()
    findings += look(page, "label-conflict")
    watch.forgive()
    page.get_by_role("button", name="Keep theirs").click()
    page.get_by_test_id("job-tray").click()
    page.get_by_role("dialog", name="Jobs").wait_for()
    findings += look(page, "jobs")
    page.keyboard.press("Escape")
    page.goto(f"{server.address}/rounds")
    page.get_by_role("link", name="Round 4").wait_for()
    findings += look(page, "rounds")
    page.get_by_role("link", name="Round 4").click()
    page.get_by_role("heading", name="Plan").wait_for()
    findings += look(page, "round")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    findings += look(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_text("Ask for the next batch").wait_for()
    findings += look(page, "palette")
    assert not findings, "\n".join(findings)


def demo_class(folder: Path) -> str:
    """The project's first class."""
    with Project.open(folder) as project:
        return project.ontology.names[0]


def test_pages_of_a_new_project(tmp_path, pictures, serve, enter, look):
    """A project without rounds, without assets, and without a session teaches the next step."""
    server = serve(pictures)
    page = enter(server)
    findings: list[str] = []
    page.get_by_text("the curve begins here").wait_for()
    findings += look(page, "home-new")
    page.goto(f"{server.address}/label")
    page.get_by_role("button", name="Label the next 12").wait_for()
    findings += look(page, "label-nothing")
    page.goto(f"{server.address}/rounds")
    page.get_by_role("heading", name="No round yet").wait_for()
    findings += look(page, "rounds-none")
    empty = tmp_path / "empty"
    Project.create(empty, classes=["a", "b"]).close()
    bare = serve(empty)
    enter(bare)
    page.get_by_label("Folder or file to add").wait_for()
    findings += look(page, "home-empty")
    assert not findings, "\n".join(findings)


def test_sign_in_page(pictures, serve, page, watch, look):
    """Without a session the page says how to get a link."""
    page.goto(serve(pictures).address)
    page.get_by_role("heading", name="Sign in to Querist").wait_for()
    findings = look(page, "sign-in")
    watch.forgive()
    assert not findings, "\n".join(findings)


def test_texts_and_many_classes_with_long_names(tmp_path, serve, enter, look):
    """Texts read well, and 300 classes with long names are found by search."""
    classes = [f"topic {n:03d} with a name that is rather long for a button" for n in range(300)]
    source = tmp_path / "texts.csv"
    words = "The delivery came late and the box was open; the lamp inside still works, though. "
    rows = [f'note-{n},"{words * (1 + n % 5)}Note {n}."' for n in range(40)]
    source.write_text("id,text\n" + "\n".join(rows) + "\n", encoding="utf-8")
    folder = tmp_path / "a project with quite a long name"
    policy = {"batch_size": 10, "audit_size": 5}
    with Project.create(folder, media="text", classes=classes, policy=policy) as project:
        project.add(str(source))
        project.next_round()
    server = serve(folder)
    page = enter(server)
    findings: list[str] = []
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_test_id("stage").wait_for()
    findings += look(page, "label-text")
    page.keyboard.press("/")
    page.keyboard.type("277")
    page.keyboard.press("Enter")
    page.get_by_test_id("strip").get_by_role("button", name="topic 277").wait_for()
    page.get_by_role("link", name="Catalog", exact=True).click()
    page.locator("[data-asset]").first.wait_for()
    findings += look(page, "catalog-text")
    assert not findings, "\n".join(findings)


def scene_project(folder: Path, source: Path, task: str) -> Path:
    """A project of coloured scenes for a task, whose first round waits for labels."""
    limits = {"lowest": 0, "highest": 40, "unit": "kg"} if task == "regression" else {}
    classes = [] if task == "regression" else ["car", "bicycle", "person", "traffic light", "bus"]
    policy = {"batch_size": 8, "audit_size": 4, "control_share": 0.0}
    with Project.create(folder, task=task, classes=classes, policy=policy, limits=limits) as made:
        made.add(str(source))
        made.next_round()
    return folder


def test_editors_of_pictures(tmp_path, scenes, serve, enter, look):
    """Sets of classes, numbers, boxes with suggestions and polygons pass axe in both themes."""
    findings: list[str] = []
    for task, keys in (
        ("multi_label", "13"),
        ("regression", "12.5"),
        ("boxes", ""),
        ("polygons", ""),
    ):
        server = serve(scene_project(tmp_path / task, scenes, task))
        page = enter(server)
        if task == "boxes":
            page.route("**/api/v1/tasks/lease", suggest)
        page.goto(f"{server.address}/label")
        page.get_by_test_id("stage").wait_for()
        if task in ("boxes", "polygons"):
            page.locator("[data-ready]").wait_for()
            for key in ("+", "1", "Shift+ArrowLeft", "Shift+ArrowUp", "Control+d", "3"):
                page.keyboard.press(key)
        page.keyboard.type(keys)
        page.get_by_test_id("unsent").wait_for()
        findings += look(page, f"label-{task}")
    page.keyboard.press("?")
    page.get_by_role("button", name="Change the keys for labelling").click()
    page.get_by_role("button", name="Key of Skip").click()
    page.keyboard.press("1")
    page.get_by_role("alert").wait_for()
    findings += look(page, "keys-change")
    assert not findings, "\n".join(findings)


def suggest(route) -> None:
    """Give every leased picture four boxes that a model might have found."""
    answer = route.fetch()
    body = answer.json()
    boxes = [
        {"name": name, "confidence": confidence}
        | {"box": {"x": 60 + 190 * n, "y": 80 + 110 * (n % 3), "width": 120, "height": 90}}
        for n, (name, confidence) in enumerate(
            (("car", 0.93), ("person", 0.81), ("bus", 0.66), ("bicycle", 0.41))
        )
    ]
    for item in body["items"]:
        item["prelabel"] = {"type": "boxes", "boxes": boxes}
    route.fulfill(response=answer, json=body)


def test_editor_of_spans_and_ten_thousand_classes(tmp_path, serve, enter, look):
    """Spans in a text and a list of ten thousand classes pass axe in both themes."""
    source = tmp_path / "letters.csv"
    words = (
        "Marie Curie was born in Warsaw in 1867 and moved to Paris, where she met Pierre Curie. "
    )
    rows = [f'letter-{n},"{words * 3}Letter {n}."' for n in range(16)]
    source.write_text("id,text\n" + "\n".join(rows) + "\n", encoding="utf-8")
    findings: list[str] = []
    many = [f"topic {n:05d}" for n in range(10_000)]
    for task, classes in (("spans", ["person", "place", "date"]), ("multi_label", many)):
        folder = tmp_path / task
        policy = {"batch_size": 6, "audit_size": 3}
        with Project.create(
            folder, task=task, media="text", classes=classes, policy=policy
        ) as project:
            project.add(str(source))
            project.next_round()
        server = serve(folder)
        page = enter(server)
        page.goto(f"{server.address}/label")
        page.get_by_test_id("stage").wait_for()
        if task == "spans":
            for key in ("ArrowRight", "Shift+ArrowRight", "1", *["ArrowRight"] * 4, "2"):
                page.keyboard.press(key)
            page.keyboard.press("ArrowRight")
        else:
            for text in ("04711", "00042"):
                page.keyboard.press("/")
                page.keyboard.type(text)
                page.keyboard.press("Enter")
        page.get_by_test_id("unsent").wait_for()
        findings += look(page, f"label-{task}-text")
    assert not findings, "\n".join(findings)


def test_ontology_editor(tmp_path, shop, serve, enter, watch, look):
    """Classes, previews, a refusal, the history and ten thousand long names pass axe."""
    server = serve(shop)
    page = enter(server)
    findings: list[str] = []
    page.goto(f"{server.address}/settings/ontology")
    classes = page.get_by_test_id("ontology-classes")
    panel = page.get_by_role("complementary", name="Change the classes")
    classes.get_by_role("link").first.wait_for()
    findings += look(page, "ontology")
    for name in ("boot", "sandal"):
        classes.get_by_role("button", name=f"Choose also {name}").click()
    findings += look(page, "ontology-chosen")
    page.keyboard.press("m")
    panel.get_by_label("Into").fill("footwear of every kind")
    panel.get_by_text("labels read in another way").wait_for()
    findings += look(page, "ontology-merge")
    page.keyboard.press("Enter")
    classes.locator("[data-name^=footwear]").wait_for()
    page.keyboard.press("s")
    panel.get_by_label("Into").fill("boots\nsandals\nbag")
    panel.get_by_role("alert").wait_for()
    findings += look(page, "ontology-refused")
    panel.get_by_label("Into").fill("boots\nsandals")
    panel.get_by_text("asked again").wait_for()
    findings += look(page, "ontology-split")
    panel.get_by_role("button", name="Split Ctrl ⏎").click()
    classes.locator("[data-name=sandals]").wait_for()
    panel.get_by_role("button", name="Go back to version 1").click()
    panel.get_by_text("labels read in another way").wait_for()
    findings += look(page, "ontology-back")
    many = [f"topic {n:05d} {'of a long name ' * (n % 9)}".strip() for n in range(10_000)]
    with Project.create(tmp_path / "many", media="text", classes=many) as project:
        project.add([{"id": f"t{n}", "text": f"words {n}"} for n in range(4)])
    server = serve(tmp_path / "many")
    page = enter(server)
    page.goto(f"{server.address}/settings/ontology")
    classes.get_by_role("button", name="topic 00008").first.click()
    classes.get_by_role("button", name="Choose also topic 00007").click()
    findings += look(page, "ontology-many")
    watch.forgive()  # the browser logs every refused request
    assert not findings, "\n".join(findings)
