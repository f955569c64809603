"""Boxes and polygons in a real browser: drawn, changed, suggested, kept over a reload."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from querist.project import Project
from querist.schema import Box, BoxesValue, LabeledBox, PolygonsValue, Value

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.browser

CLASSES = ("car", "bus", "tree")
WIDTH, HEIGHT = 600, 400
PATIENCE = 60.0

Make = Callable[[str], Path]


@pytest.fixture
def scenes(tmp_path: Path) -> Make:
    """Makes a project of 16 pictures of 600 by 400 pixels with a round that waits for shapes."""
    from PIL import Image

    source = tmp_path / "scenes"
    source.mkdir()
    for n in range(16):
        rng = np.random.default_rng(n)
        coarse = rng.integers(60, 200, (10, 15, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((WIDTH, HEIGHT)).save(source / f"scene-{n:02d}.png")

    def make(task: str) -> Path:
        folder = tmp_path / task
        policy = {"batch_size": 6, "audit_size": 3, "control_share": 0.0}
        with Project.create(folder, task=task, classes=CLASSES, policy=policy) as project:
            project.add(str(source))
            project.next_round()
        return folder

    return make


class Easel:
    """The picture on the page, spoken to in its own pixels."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> Easel:
        """Go to the labelling page and wait for the picture."""
        self.page.get_by_role("link", name="Label", exact=True).click()
        return self.wait()

    def wait(self, other_than: str = "") -> Easel:
        """Wait for a picture, another one than ``other_than``."""
        self.page.wait_for_function(
            """id => { const easel = document.querySelector('[data-testid=easel]');
                 return easel?.dataset.ready && easel.dataset.ready !== id; }""",
            arg=other_than,
        )
        return self

    @property
    def asset(self) -> str:
        """The id of the asset that is shown."""
        return self.page.get_by_test_id("easel").get_attribute("data-ready") or ""

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a pixel of the picture is on the page."""
        box = self.page.get_by_test_id("easel").locator("img").bounding_box()
        assert box is not None
        return box["x"] + x * box["width"] / WIDTH, box["y"] + y * box["height"] / HEIGHT

    @property
    def width(self) -> float:
        """How wide the picture is on the page."""
        return self.at(WIDTH, 0)[0] - self.at(0, 0)[0]

    def until(self, so: Callable[[], bool]) -> None:
        """Wait until it is so: the picture moves in the next frames, and glides there."""
        end = time.monotonic() + PATIENCE
        while not so():
            assert time.monotonic() < end
            self.page.wait_for_timeout(50)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one pixel, let go at another."""
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down()
        self.page.mouse.move(*self.at((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
        self.page.mouse.move(*self.at(*end))
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def says(self, text: str) -> None:
        """Wait until the panel says ``text``."""
        self.page.get_by_test_id("about-shape").get_by_text(text).first.wait_for()

    def submit(self) -> None:
        """Press Enter, and wait for the next picture and for the answer to be stored."""
        before = self.asset
        self.press("Enter")
        self.wait(other_than=before)
        self.page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()


def values(folder: Path) -> dict[str, Value | None]:
    """The labels that hold now, by asset."""
    with Project.open(folder) as project:
        return {entry.asset_id: entry.value for entry in project.catalog.records.labels.currents()}


def near(found: Box, *wanted: float) -> bool:
    """Whether a box is the wanted one to within two pixels."""
    return np.allclose((found.x, found.y, found.width, found.height), wanted, atol=2)


def test_boxes_by_mouse_in_pixels_of_the_picture(scenes, serve, enter):
    """A drag draws, a corner resizes, inside moves as far as the picture; a class key names."""
    folder = scenes("boxes")
    easel = Easel(enter(serve(folder))).open()
    first = easel.asset
    easel.drag((50, 60), (150, 160))
    easel.says("Box 1 of 1")
    easel.press("2")
    easel.drag((150, 160), (200, 180))
    easel.says("150 × 120 pixels")
    easel.drag((100, 100), (110, 120))
    easel.says("at 60, 80")
    easel.drag((100, 100), (20, 10))
    easel.says("at 0, 0")
    easel.says("150 × 120 pixels")
    easel.page.get_by_role("button", name="tree 3").click()
    easel.page.get_by_test_id("easel").press("Escape")
    easel.drag((300, 200), (360, 240))
    easel.says("Box 2 of 2")
    easel.submit()
    found = values(folder)[first]
    assert isinstance(found, BoxesValue)
    assert [item.name for item in found.boxes] == ["tree", "tree"]
    assert near(found.boxes[0].box, 0, 0, 150, 120)
    assert near(found.boxes[1].box, 300, 200, 60, 40)


def test_boxes_by_keys_alone(scenes, serve, enter):
    """A box is made, named, moved, resized, duplicated, walked to, removed, brought back."""
    folder = scenes("boxes")
    easel = Easel(enter(serve(folder))).open()
    first = easel.asset
    easel.press("+", "3", "Shift+ArrowLeft", "ArrowUp", "Control+ArrowRight")
    easel.says("Box 1 of 1")
    easel.press("Control+d", "1", "Tab", "Delete")
    easel.says("1 box")
    easel.press("Control+z", "Control+Shift+z", "Control+z")
    easel.says("2 boxes")
    easel.submit()
    found = values(folder)[first]
    assert isinstance(found, BoxesValue)
    tree, car = found.boxes
    assert (tree.name, car.name) == ("tree", "car")
    assert tree.box.width == pytest.approx(tree.box.height + 2)
    assert car.box.x - tree.box.x == pytest.approx(8, abs=0.11)


def test_no_boxes_is_an_answer_and_shapes_are_pasted_onto_the_next(scenes, serve, enter):
    """Enter without shapes says that there are none; a copied box lies in the same place next."""
    folder = scenes("boxes")
    easel = Easel(enter(serve(folder))).open()
    first = easel.asset
    easel.submit()
    second = easel.asset
    easel.drag((10, 10), (60, 50))
    easel.says("Box 1 of 1")
    easel.press("Control+c")
    easel.submit()
    third = easel.asset
    easel.press("Control+v")
    easel.says("Box 1 of 1")
    easel.submit()
    found = values(folder)
    assert found[first] == BoxesValue(boxes=())
    assert found[third] == found[second] != found[first]


def test_a_reload_in_mid_edit_and_undo_across_the_submit(scenes, serve, enter):
    """Unsent boxes are there after a reload; undo after the submit brings them back to change."""
    folder = scenes("boxes")
    easel = Easel(enter(serve(folder))).open()
    first = easel.asset
    easel.drag((50, 50), (100, 100))
    easel.drag((200, 200), (260, 230))
    easel.says("Box 2 of 2")
    easel.page.reload()
    easel.wait()
    assert easel.asset == first
    easel.says("2 boxes")
    assert values(folder) == {}
    easel.submit()
    easel.press("Backspace")
    easel.page.wait_for_function(
        "id => document.querySelector('[data-testid=easel]')?.dataset.ready === id", arg=first
    )
    easel.says("2 boxes")
    easel.press("Tab", "Delete")
    easel.submit()
    found = values(folder)[first]
    assert isinstance(found, BoxesValue)
    assert len(found.boxes) == 1


def suggest(page: Page, *confidences: float) -> None:
    """Let every picture come with a car for each confidence, side by side."""
    suggested = [
        {"name": "car", "box": {"x": 10 + 60 * i, "y": 10, "width": 40, "height": 40}}
        | {"confidence": confidence}
        for i, confidence in enumerate(confidences)
    ]

    def answer(route: Route) -> None:
        found = route.fetch()
        body = found.json()
        for item in body["items"]:
            item["prelabel"] = {"type": "boxes", "boxes": suggested}
        route.fulfill(response=found, body=json.dumps(body))

    page.route("**/api/v1/tasks/lease", answer)


def test_suggestions_are_not_passed_over_by_one_press_too_many(scenes, serve, enter):
    """Enter over undecided suggestions asks, and counts when pressed again on purpose."""
    folder = scenes("boxes")
    page = enter(serve(folder))
    suggest(page, 0.94, 0.93, 0.91)
    easel = Easel(page).open()
    first = easel.asset
    page.wait_for_timeout(500)
    easel.press("Enter", "Enter", "Enter")
    page.get_by_text("3 suggestions are left: = takes them, ⏎ again submits none").wait_for()
    page.wait_for_timeout(500)
    assert easel.asset == first
    easel.submit()
    second = easel.asset
    easel.press("Enter", "PageUp")
    easel.wait(other_than=second)
    page.get_by_test_id("suggestions").get_by_text("3 of 3").wait_for()
    assert values(folder) == {first: BoxesValue(boxes=())}
    easel.press("=")
    easel.says("3 boxes")
    easel.submit()
    assert easel.asset == second
    found = values(folder)
    assert list(found) == [first]
    assert len(found[first].boxes) == 3


def test_suggestions_are_taken_only_on_request(scenes, serve, enter):
    """The threshold shows and hides suggestions; one is refused, one renamed, the rest taken."""
    folder = scenes("boxes")
    page = enter(serve(folder))
    suggest(page, 0.95, 0.85, 0.75, 0.3)
    easel = Easel(page).open()
    first = easel.asset
    panel = page.get_by_test_id("suggestions")
    panel.get_by_text("3 of 4").wait_for()
    easel.says("0 boxes")
    easel.press("<", "<", "<", "<")
    panel.get_by_text("4 of 4").wait_for()
    easel.press(">", ">", ">", ">")
    easel.press("Tab")
    easel.says("Suggestion")
    easel.press("Delete")
    panel.get_by_text("2 of 4").wait_for()
    easel.press("Tab", "2")
    easel.says("Box 1 of 1")
    panel.get_by_role("button", name="Take 1 shown").click()
    panel.get_by_text("0 of 4").wait_for()
    easel.submit()
    found = values(folder)[first]
    boxes = [Box(x=10 + 60 * i, y=10, width=40, height=40) for i in range(4)]
    assert found == BoxesValue(
        boxes=(LabeledBox(name="bus", box=boxes[1]), LabeledBox(name="car", box=boxes[2]))
    )


def test_classes_are_hidden_and_the_picture_is_zoomed_and_moved(scenes, serve, enter):
    """A hidden class cannot be chosen; wheel, keys and the right button look at other parts."""
    folder = scenes("boxes")
    page = enter(serve(folder))
    easel = Easel(page).open()
    easel.drag((100, 100), (140, 140))
    easel.says("Box 1 of 1")
    easel.press("Escape", ";")
    page.mouse.click(*easel.at(120, 120))
    easel.says("1 box")
    page.get_by_role("button", name="Hide car").click()
    page.mouse.click(*easel.at(120, 120))
    easel.says("Box 1 of 1")
    before = easel.width
    easel.press(".")
    easel.until(lambda: easel.width > before)
    stage = page.get_by_test_id("easel").bounding_box()
    assert stage is not None
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    easel.until(lambda: np.allclose(easel.at(120, 120), middle, atol=2))
    page.mouse.move(*middle)
    page.mouse.down(button="right")
    page.mouse.move(middle[0] + 80, middle[1] + 30)
    page.mouse.up(button="right")
    moved = (middle[0] + 80, middle[1] + 30)
    easel.until(lambda: np.allclose(easel.at(120, 120), moved, atol=2))
    zoomed = easel.width
    page.mouse.wheel(0, 400)
    easel.until(lambda: easel.width < zoomed)
    page.get_by_role("button", name="Whole picture").click()
    easel.until(lambda: easel.width == pytest.approx(before, abs=1))


def test_polygons_by_mouse_and_closed_by_enter(scenes, serve, enter):
    """The first point closes a polygon, Enter another; points are moved and steps undone."""
    folder = scenes("polygons")
    page = enter(serve(folder))
    easel = Easel(page).open()
    first = easel.asset
    for point in ((50, 50), (150, 50), (100, 150), (50, 50)):
        page.mouse.click(*easel.at(*point))
    easel.says("Polygon 1 of 1")
    easel.press("Escape")
    for point in ((300, 200), (400, 200), (400, 300), (350, 350)):
        page.mouse.click(*easel.at(*point))
    easel.press("Control+z", "Enter", "3")
    easel.says("Polygon 2 of 2")
    easel.drag((400, 300), (420, 330))
    easel.says("120 × 130 pixels")
    easel.press("Escape")
    for point in ((450, 50), (550, 50), (580, 150), (450, 150), (450, 50)):
        page.mouse.click(*easel.at(*point))
    easel.says("Polygon 3 of 3")
    page.mouse.click(*easel.at(580, 150))
    page.locator(".a9s-handle-selected").wait_for(state="attached")
    easel.press("Delete")
    easel.says("100 × 100 pixels")
    easel.submit()
    found = values(folder)[first]
    assert isinstance(found, PolygonsValue)
    assert [item.name for item in found.polygons] == ["car", "tree", "tree"]
    assert np.allclose(found.polygons[0].polygon.points, [(50, 50), (150, 50), (100, 150)], atol=1)
    wanted = [(300, 200), (400, 200), (420, 330)]
    assert np.allclose(found.polygons[1].polygon.points, wanted, atol=2)


def test_shapes_ask_for_pictures(tmp_path, serve, enter):
    """A project of boxes over texts says what does not fit together, and what to do."""
    folder = tmp_path / "wrong"
    with Project.create(folder, task="boxes", media="text", classes=CLASSES) as project:
        project.add([{"id": "a", "text": "one"}, {"id": "b", "text": "two"}])
    page = enter(serve(folder))
    page.get_by_role("link", name="Label", exact=True).click()
    page.get_by_text("needs assets of the kind image").wait_for()


def test_two_people_on_one_picture(scenes, serve, enter, watch):
    """Boxes that somebody else gave meanwhile stay until a person chooses; both are in the log."""
    folder = scenes("boxes")
    easel = Easel(enter(serve(folder))).open()
    first = easel.asset
    theirs = BoxesValue(
        boxes=tuple(LabeledBox(name="bus", box=Box(x=n, y=0, width=9, height=9)) for n in (0, 20))
    )
    with Project.open(folder) as project:
        project.labels.submit(first, theirs, annotator="bea")
    easel.drag((50, 50), (100, 100))
    easel.says("Box 1 of 1")
    easel.press("Enter")
    question = easel.page.get_by_role("alertdialog")
    question.get_by_text("2 boxes").wait_for()
    expect(question.get_by_text("1 box", exact=True)).to_be_visible()
    assert values(folder)[first] == theirs
    question.get_by_role("button", name="Keep mine").click()
    question.wait_for(state="hidden")
    easel.page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True).wait_for()
    watch.forgive()
    with Project.open(folder) as project:
        history = project.labels.history(first)
    assert history[0].annotator == "bea"
    assert len(history) == 2
    assert values(folder)[first] != theirs
