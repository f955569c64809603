"""Frames a second with 2,000 boxes on one picture, while a hand pans, zooms, draws, resizes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reporting import Figure, report
from querist.project import Project

CHROMIUM = "/usr/bin/chromium"
BOXES = 2_000
CLASSES = ("car", "bicycle", "person", "traffic light", "bus")
FPS = 30.0
START = """() => {
  window.frames_seen = [];
  window.counting = true;
  const next = (time) => {
    window.frames_seen.push(time);
    if (window.counting) requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
}"""
STOP = "() => { window.counting = false; return window.frames_seen; }"
Hand = Callable[[Any, float, float], None]


def main() -> int:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder))
        with opened(project) as page:
            figures = [
                figure for name, hand in HANDS.items() for figure in measure(page, name, hand)
            ]
    return report("labeling-shapes", figures, details={"boxes": BOXES})


def make_project(folder: Path) -> Path:
    """A project of boxes over pictures of 1,600 by 1,200 pixels, with a round that waits."""
    from PIL import Image

    (folder / "pictures").mkdir()
    for n in range(6):
        pixels = np.random.default_rng(n).integers(0, 255, (1200, 1600, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{n}.jpg", quality=80)
    policy = {"batch_size": 4, "audit_size": 0, "control_share": 0.0}
    with Project.create(
        folder / "project", task="boxes", classes=CLASSES, policy=policy
    ) as project:
        project.add(str(folder / "pictures"))
        project.next_round()
    return folder / "project"


@contextmanager
def opened(project: Path) -> Iterator[Any]:
    """The labelling page of a served project with ``BOXES`` boxes of a draft on the picture."""
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "querist", "serve", str(project), "--port", "0"]
    server = subprocess.Popen([*command, "--no-browser"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = next(found[0] for line in server.stdout if (found := re.search(r"http://\S+", line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(url)
            page.get_by_role("link", name="Label", exact=True).click()
            page.locator("[data-ready]").wait_for()
            asset = page.locator("[data-ready]").get_attribute("data-ready")
            me = page.evaluate("fetch('/api/v1/session').then((answer) => answer.json())")
            key = f"querist-draft:project/{me['name']}:{asset}"
            page.evaluate(
                "([key, draft]) => localStorage.setItem(key, draft)", [key, json.dumps(draft())]
            )
            page.reload()
            page.locator("[data-ready]").wait_for()
            page.get_by_text(f"{BOXES:,} boxes").first.wait_for()
            page.wait_for_timeout(500)
            yield page
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def draft() -> dict[str, object]:
    """A draft of boxes in 40 rows of 50."""
    shapes = [
        {
            "id": f"box-{n}",
            "name": CLASSES[n % len(CLASSES)],
            "form": {"kind": "box", "x": n % 50 * 31, "y": n // 50 * 29, "width": 24, "height": 22},
        }
        for n in range(BOXES)
    ]
    return {"shapes": shapes, "settled": []}


def pan(page: Any, x: float, y: float) -> None:
    """Move the picture with the right button."""
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    for n in range(120):
        page.mouse.move(x + n % 30 * 8 - 100, y + n % 20 * 6 - 60)
    page.mouse.up(button="right")


def zoom(page: Any, x: float, y: float) -> None:
    """Turn the wheel, in and out again."""
    page.mouse.move(x, y)
    for n in range(40):
        page.mouse.wheel(0, -60 if n < 20 else 60)


def draw(page: Any, x: float, y: float) -> None:
    """Draw one box slowly; it stays, and is let go."""
    page.mouse.move(x - 200, y - 150)
    page.mouse.down()
    for n in range(80):
        page.mouse.move(x - 200 + n * 5, y - 150 + n * 3)
    page.mouse.up()
    page.keyboard.press("Escape")


def resize(page: Any, _x: float, _y: float) -> None:
    """Choose a box and hold its corner: Annotorious has that one, the canvas all the others."""
    page.keyboard.press("Tab")
    page.keyboard.press(".")
    page.wait_for_timeout(200)
    corner = page.locator(".a9s-corner-handle-bottomright").bounding_box()
    page.mouse.move(corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
    page.mouse.down()
    for n in range(80):
        page.mouse.move(corner["x"] + n, corner["y"] + n / 2)
    page.mouse.up()


HANDS: dict[str, Hand] = {"pan": pan, "zoom": zoom, "draw": draw, "resize": resize}


def measure(page: Any, name: str, hand: Hand) -> Iterator[Figure]:
    """Frames a second while ``hand`` moves, and the slowest of 20 frames."""
    box = page.get_by_test_id("easel").bounding_box()
    page.evaluate(START)
    hand(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    times = page.evaluate(STOP)
    gaps = np.diff(times)
    fps = 1000 / float(gaps.mean())
    yield Figure(name=f"{name}, frames a second", value=fps, target=FPS)
    slow = float(np.quantile(gaps, 0.95))
    yield Figure(name=f"{name}, 95 % of frames within", value=slow, unit="ms")


if __name__ == "__main__":
    raise SystemExit(main())
