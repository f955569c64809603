"""Boxes and spans of a label and of two models, drawn over each other in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.learners import Guesses
from querist.project import Project
from querist.schema import (
    Arm,
    Box,
    BoxesValue,
    LabeledBox,
    LabeledSpan,
    ModelVersion,
    Span,
    SpansValue,
    Value,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

CLASSES = ("car", "bus", "tree")
COUNT = 24
TEXT = "Letter {n}: Ada Lovelace took a bus in London, and then a car to Oxford."


def boxes(*drawn: tuple[str, int, int, float | None]) -> BoxesValue:
    """Boxes of 90 by 70 pixels by class, place and confidence."""
    return BoxesValue(
        boxes=tuple(
            LabeledBox(name=name, box=Box(x=x, y=y, width=90, height=70), confidence=sure)
            for name, x, y, sure in drawn
        )
    )


def spans(text: str, *words: tuple[str, str, float | None]) -> SpansValue:
    """Spans by class, word and confidence."""
    return SpansValue(
        spans=tuple(
            LabeledSpan(
                name=name,
                span=Span(start=text.index(word), end=text.index(word) + len(word)),
                confidence=sure,
            )
            for name, word, sure in words
        )
    )


def tell(project: Project, model_id: str, values: list[Value]) -> None:
    """Make a model version that has said these values of all assets."""
    catalog = project.catalog
    doubt = np.linspace(0.1, 0.9, len(values), dtype=np.float32)
    catalog.value_predictions.put(model_id, CLASSES, [Guesses(values=values, uncertainty=doubt)])
    catalog.records.models.add(
        ModelVersion(
            id=model_id,
            arm=Arm.ACTIVE,
            round=None,
            learner=model_id,
            encoder=catalog.embeddings.keys()[0],
            classes=CLASSES,
            label_seq=0,
            label_count=4,
            labels_digest="",
            seed=0,
            fit_seconds=0.0,
            created_at=datetime.now(UTC),
            ontology_version=project.ontology.version,
        )
    )


def made(folder: Path, task: str, media: str, source: Path, **said: list[Value]) -> Path:
    """A project of 24 assets, some of them audited, all labelled with ``said["truth"]``."""
    policy = {"batch_size": COUNT, "audit_size": COUNT, "control_share": 0.0}
    with Project.create(folder, task=task, media=media, classes=CLASSES, policy=policy) as project:
        project.add(str(source))
        project.next_round()
        for asset_id, value in zip(project.catalog.assets.ids(), said["truth"], strict=True):
            project.labels.submit(asset_id, value, annotator="ana")
        for model_id in ("older", "newer"):
            tell(project, model_id, said[model_id])
    return folder


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """Pictures with a car and a bus; the older model says car twice, the newer adds a tree."""
    from PIL import Image

    source = tmp_path / "streets"
    source.mkdir()
    for n in range(COUNT):
        coarse = np.random.default_rng(n).integers(60, 200, (8, 12, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((480, 320)).save(source / f"street-{n}.png")
    return made(
        tmp_path / "boxes",
        "boxes",
        "image",
        source,
        truth=[boxes(("car", 40, 40, None), ("bus", 300, 180, None))] * COUNT,
        older=[boxes(("car", 44, 43, 0.9), ("car", 302, 178, 0.8))] * COUNT,
        newer=[boxes(("car", 44, 43, 0.9), ("bus", 310, 186, 0.7), ("tree", 180, 20, 0.6))] * COUNT,
    )


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Letters with a car and a bus; the older model misses the bus, the newer sees a tree."""
    source = tmp_path / "letters.csv"
    texts = [TEXT.format(n=n) for n in range(COUNT)]
    rows = [f'letter-{n},"{text}"' for n, text in enumerate(texts)]
    source.write_text("id,text\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return made(
        tmp_path / "spans",
        "spans",
        "text",
        source,
        truth=[spans(it, ("bus", "bus", None), ("car", "car", None)) for it in texts],
        older=[spans(it, ("car", "car", 0.9)) for it in texts],
        newer=[
            spans(it, ("bus", "bus", 0.8), ("car", "car", 0.9), ("tree", "Oxford", 0.6))
            for it in texts
        ],
    )


def inked(page: Page, low: int, high: int) -> int:
    """How many pixels of the canvas over the picture hold anything, once they are so many."""
    found = page.wait_for_function(
        """([low, high]) => {
             const canvas = document.querySelector('[data-testid=easel] canvas');
             const { width, height } = canvas;
             const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
             let n = 0; for (let i = 3; i < data.length; i += 4) if (data[i] > 0) n += 1;
             const stands = canvas.inkedBefore === n;  // it is drawn in the next frames
             canvas.inkedBefore = n;
             return stands && low <= n && n <= high && { n }; }""",
        arg=[low, high],
    )
    return int(found.json_value()["n"])


def told(row: Locator, *errors: str) -> None:
    """Wait until the last cells of a row, what became of its class, say ``errors``."""
    cells = row.get_by_role("cell")
    for at, said in enumerate(errors, 4):
        expect(cells.nth(at)).to_have_text(said)


@pytest.mark.slow
def test_boxes_of_label_and_models_over_each_other(streets, serve, enter, look):
    """Each can be taken away; a stricter overlap leaves the newer model's bus unmatched."""
    with Project.open(streets) as project:
        found = project.rounds.compare("older", "newer")
        near, exact = (project.rounds.thresholds("newer", overlap=at) for at in (0.5, 0.75))
    assert [(one.name, one.missed, one.spurious) for one in near.classes] == [
        ("car", 0, 0),
        ("bus", 0, 0),
        ("tree", 0, found.count),
    ]
    assert [one.missed for one in exact.classes] == [0, found.count, 0]
    many = str(found.count)
    server = serve(streets)
    page = enter(server)
    page.goto(f"{server.address}/rounds/compare?first=older&second=newer")
    page.get_by_test_id("turned").get_by_text("Got better").first.click()
    page.get_by_test_id("turned").get_by_role("link", name="Open ").first.click()
    drawer = page.get_by_role("complementary", name="Asset")
    drawer.get_by_test_id("easel").locator("img").wait_for()
    problems = look(page, "compare-boxes")
    both = inked(page, 1, 10**9)
    drawer.get_by_label("Label", exact=True).uncheck()
    alone = inked(page, 1, both - 1)
    drawer.get_by_text("None", exact=True).click()
    assert both > alone > inked(page, 0, 0) == 0
    at = page.get_by_test_id("thresholds")
    row = at.get_by_role("row").filter(has_text="bus")
    told(row, many, "0", "0", "0")
    for _ in range(5):
        at.get_by_role("slider", name="Overlap").press("ArrowRight")
    page.wait_for_url("**overlap=0.75*")
    told(row, "0", many, "0", many)
    assert found.measures["map50"].difference.value > 0
    row.get_by_role("button", name=f"{many} bus missed").click()
    page.wait_for_url("**of=bus&fate=missed*")
    page.get_by_test_id("fate").get_by_role("link", name="Open ").first.click()
    expect(page.get_by_test_id("fate").get_by_role("link")).to_have_count(found.count)
    at.scroll_into_view_if_needed()
    problems += look(page, "compare-boxes-thresholds")
    drawer.get_by_role("link", name="All about it in the catalog").click()
    page.wait_for_url("**/catalog?asset=*")
    both = inked(page, 1, 10**9)
    drawer.get_by_label("Label", exact=True).uncheck()
    inked(page, 1, both - 1)
    drawer.get_by_text("Most similar").wait_for()
    expect(drawer.locator("li").filter(has_text="bus").first).to_contain_text("car")
    problems += look(page, "catalog-boxes")
    assert not problems, "\n".join(problems)


@pytest.mark.slow
def test_spans_of_label_and_models_over_each_other(letters, serve, enter, look):
    """What the newer model says stands below the label, word by word; less sure words go."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/rounds/compare?first=older&second=newer")
    page.get_by_test_id("turned").get_by_text("Got better").first.click()
    tile = page.get_by_test_id("turned").get_by_role("link", name="Open ").first
    expect(tile).to_have_text(TEXT.format(n=tile.get_attribute("title").removeprefix("letter-")))
    tile.click()
    drawer = page.get_by_role("complementary", name="Asset")
    drawer.get_by_test_id("text").get_by_text("Ada Lovelace").wait_for()
    problems = look(page, "compare-spans")
    expect(drawer.locator("dl")).to_contain_text("tree")
    page.get_by_test_id("thresholds").get_by_role("slider", name="Confidence").press("End")
    page.wait_for_url("**confidence=1*")
    drawer.get_by_text("tree").wait_for(state="detached")
    assert not problems, "\n".join(problems)


def test_a_held_key_acts_once_and_a_mended_label_is_heard(letters, serve, enter):
    """X that stays down swaps the models once; figures of the audit set are read anew."""
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/rounds/compare?first=older&second=newer")
    page.get_by_test_id("reliability").wait_for()
    page.keyboard.down("x")
    for _ in range(4):
        page.keyboard.down("x")
    page.keyboard.up("x")
    page.wait_for_url("**first=newer&second=older*")
    page.get_by_test_id("reliability").get_by_text("older").wait_for()
    answer = spans(TEXT.format(n=0), ("car", "car", None))
    with Project.open(letters) as project, page.expect_response(lambda it: "/reliab" in it.url):
        project.labels.submit(project.catalog.assets.ids()[0], answer, annotator="ana")


def test_compare_says_that_a_new_batch_ends_the_open_round(letters, serve, enter):
    """Before key B is pressed, the page tells what becomes of the labels still asked for."""
    with Project.open(letters) as project:
        for asset_id in project.catalog.assets.ids()[:2]:
            project.labels.undo(asset_id, annotator="ana")
        assert len(project.catalog.records.tasks.open(1)) == 2
    server = serve(letters)
    page = enter(server)
    page.goto(f"{server.address}/rounds/compare?first=older&second=newer")
    page.get_by_role("button", name="Next batch from this").wait_for()
    note = "Round 1 still waits for 2 labels; a new batch ends it"
    expect(page.get_by_text(note)).to_be_visible()
