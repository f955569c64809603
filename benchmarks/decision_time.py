"""How long a decision takes by keyboard: from one picture on the screen to the next one on it.

Run: python -m benchmarks.decision_time [--decisions 250]

A key is pressed as soon as the picture can be seen, in a real browser, against a real server with
real pictures (Fashion-MNIST); then the same with texts. A picture counts as seen two frames after
the page holds it decoded: the first one draws it, the second begins once that was handed over.
Nobody's reading time is in the figures, and the way of the key through the browser is.
"""

from __future__ import annotations

import argparse
import csv
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from querist.experiments import load_fashion_mnist, write_image_folder
from querist.project import Project

CHROMIUM = "/usr/bin/chromium"
TEXTS = Path(__file__).parents[2] / "shared" / "data" / "debian_packages.csv"
KINDS = ("pullover", "sandal")
TARGET_MS = 60.0
WARM_UP = 5
# Beyond what is decided: the end of a batch is another story.
SPARE = 30

# What the page does is only watched. ``seen`` holds one entry for each asset that was on the
# screen: its id, when its key went down, and when it could be seen.
WATCH = """() => {
  const stage = document.querySelector('[data-testid=stage]');
  const seen = [{ id: stage.dataset.asset, key: 0, time: performance.now() }];
  let pressed = 0;
  let tell = () => undefined;
  window.addEventListener('keydown', (event) => { pressed = event.timeStamp; }, true);
  const drawn = (id) => requestAnimationFrame(() => requestAnimationFrame(() => {
    if (stage.dataset.asset !== id) return;
    seen.push({ id, key: pressed, time: performance.now() });
    tell();
  }));
  const look = () => {
    const id = stage.dataset.asset;
    const picture = stage.querySelector('img');
    if (!picture) drawn(id);
    else picture.decode().then(() => drawn(id), () => setTimeout(look));
  };
  new MutationObserver(look).observe(stage, { attributeFilter: ['data-asset'] });
  window.seen = seen;
  window.after = (count) => new Promise((resolve) => {
    tell = () => seen.length > count && resolve(seen.length);
    tell();
  });
}"""


def main() -> int:
    """Measure pictures, then texts, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=250)
    decisions = parser.parse_args().decisions
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        for media, target in (("picture", TARGET_MS), ("text", None)):
            make = pictures if media == "picture" else texts
            times = decide(make(Path(folder), decisions), decisions)
            figures += _figures(media, times, target)
    return report("decision-time", figures, details={"decisions": decisions, "cores_shared": True})


def pictures(folder: Path, decisions: int) -> Path:
    """A project with two classes over pictures of the training file."""
    everything = load_fashion_mnist()
    codes = [everything.class_names.index(name) for name in KINDS]
    rows = np.flatnonzero(np.isin(everything.labels, codes))[: decisions + SPARE]
    some = replace(
        everything,
        images=everything.images[rows],
        labels=np.searchsorted(np.sort(codes), everything.labels[rows]),
        class_names=tuple(everything.class_names[code] for code in sorted(codes)),
    )
    write_image_folder(some, folder / "pictures")
    return _project(folder / "picture-project", folder / "pictures", decisions, media="image")


def texts(folder: Path, decisions: int) -> Path:
    """A project with two classes over short descriptions of packages."""
    with TEXTS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["section"] in ("games", "science")]
    source = folder / "texts.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows((row["id"], row["text"]) for row in rows[: decisions + SPARE])
    return _project(folder / "text-project", source, decisions, media="text")


def _project(folder: Path, source: Path, decisions: int, media: str) -> Path:
    policy = {"batch_size": decisions + SPARE, "audit_size": 0, "control_share": 0.0}
    with Project.create(folder, media=media, classes=("this", "that"), policy=policy) as project:
        project.add(str(source))
        project.next_round()
    return folder


def decide(project: Path, decisions: int) -> list[dict[str, Any]]:
    """Press a key for each asset as soon as it is seen; returns what was seen when."""
    with opened(project) as page:
        page.evaluate(WATCH)
        for number in range(1, decisions + WARM_UP + 1):
            page.keyboard.press("12"[number % 2])
            page.evaluate("count => window.after(count)", number)
        saved = page.get_by_test_id("saved-mark").get_by_text("Saved", exact=True)
        saved.wait_for()
        seen: list[dict[str, Any]] = page.evaluate("window.seen")
    with Project.open(project) as opened_again:
        stored = opened_again.status().labeled
    if stored != len(seen) - 1 or len({one["id"] for one in seen}) != len(seen):
        raise RuntimeError(f"{len(seen) - 1} decisions were made, {stored} labels are stored.")
    return seen


@contextmanager
def opened(project: Path) -> Iterator[Any]:
    """The labelling page of a served project, with its first asset on the stage."""
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
            page.get_by_test_id("stage").wait_for()
            page.wait_for_timeout(1_000)
            yield page
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def _figures(media: str, seen: list[dict[str, Any]], target: float | None) -> Iterator[Figure]:
    kept = seen[WARM_UP:]
    times = np.array([one["time"] for one in kept])
    waits = np.diff(times)
    keys = times[1:] - np.array([one["key"] for one in kept[1:]])
    for name, values, limit in (
        (f"{media} to {media}", waits, target),
        (f"key to {media}", keys, None),
    ):
        yield _figure(f"{name}, median", values, 0.5, limit)
        yield _figure(f"{name}, 95 % within", values, 0.95, None)


def _figure(name: str, values: NDArray[Any], share: float, target: float | None) -> Figure:
    value = float(np.quantile(values, share))
    return Figure(name=name, value=value, target=target, unit="ms", better="lower")


if __name__ == "__main__":
    raise SystemExit(main())
