"""A real project behind a real server in a real browser, and the rules every page must keep."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from querist.loop import prepare_pages
from querist.project import Project
from querist.schema import Role
from querist_processes import Server, start_server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# The same engine without a window's furniture spares a sixth of the time, where it is installed.
CHROMIUMS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = next((path for path in CHROMIUMS if Path(path).exists()), CHROMIUMS[-1])
# How long a page may take to show what a test waits for: only a test that fails waits so long.
PATIENCE = 120_000
STATIC = Path(__file__).parents[2] / "src" / "querist" / "server" / "static"
SCREENSHOTS = Path(__file__).parents[2] / "artifacts" / "screenshots"
TOPICS = ("invoice", "complaint", "praise")


def pytest_configure(config: pytest.Config) -> None:
    """Bear one deprecation inside pytest-playwright 0.10, which pytest 9.2 announces."""
    config.addinivalue_line(
        "filterwarnings", "ignore:Session-scoped fixtures defined as instance methods"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the browser tests out where there is no browser or no compiled app."""
    driven = [item for item in items if item.get_closest_marker("browser")]
    missing = None
    if not Path(CHROMIUM).exists():
        missing = f"no {CHROMIUM} on this machine"
    elif not (STATIC / "index.html").exists():
        missing = "the web app is not built (make web)"
    if missing is None or not driven:
        return
    if os.environ.get("CI") or os.environ.get("QUERIST_REQUIRE_ALL"):
        raise pytest.UsageError(missing)
    for item in driven:
        item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """Debian's Chromium, in a container."""
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    """One size for all tests; screenshots change it."""
    return browser_context_args | {"viewport": {"width": 1440, "height": 900}}


@dataclass
class Watch:
    """What a page did wrong; a test that breaks something on purpose clears it."""

    problems: list[str]

    def forgive(self) -> None:
        """Forget what happened so far."""
        self.problems.clear()


@pytest.fixture(autouse=True)
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """Fail on console errors, on uncaught errors, and on any request beyond this machine."""
    seen = Watch([])
    if request.node.get_closest_marker("browser") is None:
        yield seen
        return
    context: BrowserContext = request.getfixturevalue("context")

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.problems.append(f"console: {message.text}")

    def on_request(asked: Request) -> None:
        parts = urlsplit(asked.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            seen.problems.append(f"request: {asked.url}")

    def on_page(page: Page) -> None:
        page.on("pageerror", lambda error: seen.problems.append(f"page: {error}"))

    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    context.on("console", on_console)
    context.on("request", on_request)
    context.on("page", on_page)
    yield seen
    assert not seen.problems, "\n".join(seen.problems)


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers and stops them after the test."""
    running: list[Server] = []

    def start(folder: Path, port: int = 0) -> Server:
        running.append(start_server(folder, port))
        return running[-1]

    yield start
    for server in running:
        server.stop()


Join = Callable[[Server, str, Role], "Page"]


@pytest.fixture
def join(context: BrowserContext) -> Join:
    """Lets somebody in by an invitation, in a page of their own."""

    def come_in(server: Server, name: str, role: Role) -> Page:
        with Project.open(server.folder) as project:
            owner = project.catalog.records.annotators.ensure("olga", Role.OWNER)
            _, secret = project.team.invite(role, by=owner)
        for other in context.pages:
            other.close()  # it would ask again, as whoever comes in now
        context.clear_cookies()
        page = context.new_page()
        page.goto(f"{server.address}/#invitation={secret}")
        page.get_by_label("Your name").fill(name)
        page.keyboard.press("Enter")
        page.get_by_role("navigation", name="Pages").wait_for()
        return page

    return come_in


Beside = Callable[[Server, str, Role], "Page"]


@pytest.fixture
def beside(new_context: Callable[..., BrowserContext]) -> Beside:
    """Lets a second person in, in a browser of their own."""

    def come_in(server: Server, name: str, role: Role) -> Page:
        with Project.open(server.folder) as project:
            project.catalog.records.annotators.ensure(name, role=role)
            token = project.catalog.records.tokens.issue(name, kind="login", ttl_seconds=600)
        context = new_context()
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{server.address}/#token={token}")
        page.get_by_role("navigation", name="Pages").wait_for()
        return page

    return come_in


AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
LOOKS = [("light", 1440, 900), ("dark", 1440, 900), ("light", 1024, 768), ("dark", 1024, 768)]

Look = Callable[["Page", str], list[str]]


@pytest.fixture(scope="session")
def look() -> Look:
    """Takes a page's picture in every look; returns axe's serious findings, in words."""

    def take(page: Page, name: str) -> list[str]:
        found: list[str] = []
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for scheme, width, height in LOOKS:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": height})
            settle(page)
            page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{width}.png")
            if width == 1440 and AXE.exists():
                found += [f"{name} {scheme}: {finding}" for finding in axe(page)]
        page.set_viewport_size({"width": 1440, "height": 900})
        settle(page)
        return found

    return take


def settle(page: Page) -> None:
    """Wait until the page is drawn as it is now and nothing on it moves, spinners apart."""
    for _ in range(3):  # what is measured anew is drawn in the next frames
        page.evaluate("() => new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn)))")
    page.wait_for_function(
        """() => document.getAnimations().every(({ playState, effect }) =>
             playState !== 'running' || effect?.getComputedTiming().endTime === Infinity)"""
    )


def axe(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on the page as it is."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{finding['id']} ({finding['impact']}): {node['html'][:160]}"
        for finding in result["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"][:3]
    ]


@pytest.fixture
def scenes(tmp_path: Path) -> Path:
    """Sixteen pictures of 900 by 600 pixels with a few forms on each."""
    import numpy as np
    from PIL import Image, ImageDraw

    source = tmp_path / "scenes"
    source.mkdir()
    for n in range(16):
        rng = np.random.default_rng(n)
        coarse = rng.integers(90, 200, (4, 6, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((900, 600), Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(image)
        for _ in range(7):
            x, y, width, height = (
                int(v) for v in rng.integers((20, 20, 50, 40), (700, 450, 180, 140))
            )
            colour = tuple(int(v) for v in rng.integers(20, 235, 3))
            draw.rectangle((x, y, x + width, y + height), fill=colour)
        image.save(source / f"scene-{n:02d}.jpg", quality=90)
    return source


@pytest.fixture(scope="session")
def picture_names() -> list[str]:
    """The classes of the picture project, whose digits are named in words."""
    return ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory: pytest.TempPathFactory, picture_names: list[str]) -> Path:
    """600 of scikit-learn's digits as PNG files, one folder a class."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    root = tmp_path_factory.mktemp("pictures")
    for name in picture_names:
        (root / name).mkdir()
    for number, (pixels, digit) in enumerate(zip(digits.images[:600], digits.target, strict=False)):
        image = Image.fromarray((255 - pixels * 15.9).astype("uint8")).resize((64, 64))
        image.save(root / picture_names[int(digit)] / f"{number:04d}.png")
    return root


@pytest.fixture(scope="session")
def picture_template(
    tmp_path_factory: pytest.TempPathFactory, picture_folder: Path, picture_names: list[str]
) -> Path:
    """A project of pictures that nobody has touched; tests copy it."""
    folder = tmp_path_factory.mktemp("template") / "digits"
    policy = {"batch_size": 12, "audit_size": 40, "seed": 1}
    with Project.create(
        folder, classes=picture_names, oracle_column="folder", policy=policy
    ) as project:
        project.add(str(picture_folder))
    return folder


@pytest.fixture
def pictures(picture_template: Path, tmp_path: Path) -> Path:
    """A fresh project of 600 pictures whose labels are known in the column ``folder``."""
    return Path(shutil.copytree(picture_template, tmp_path / "digits"))


@pytest.fixture(scope="session")
def first_round_template(picture_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pictures after one round that the known labels answered; tests copy it."""
    return _after_rounds(1, picture_template, tmp_path_factory)


@pytest.fixture(scope="session")
def third_round_template(
    first_round_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The pictures after three rounds that the known labels answered; tests copy it."""
    return _after_rounds(2, first_round_template, tmp_path_factory)


def _after_rounds(count: int, template: Path, factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(template, factory.mktemp("rounds") / "digits"))
    with Project.open(folder) as project:
        for _ in range(count):
            project.next_round()
            project.oracle()
            project.finish_round()
        # Once, and not anew in the server of each copy.
        prepare_pages(project.catalog, project.rounds.list()[-1:])
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A fresh project of 60 short letters."""
    rows = ["id,text"]
    for number in range(60):
        topic = TOPICS[number % 3]
        words = {
            "invoice": f"Please find attached invoice {number} over {number * 7} euro, due soon.",
            "complaint": f"Parcel {number} arrived broken. I want my money back, this is a shame.",
            "praise": f"Thank you so much, order {number} is lovely and came in {number % 5} days!",
        }
        rows.append(f'letter-{number:02d},"{words[topic]}"')
    source = tmp_path / "letters.csv"
    source.write_text("\n".join(rows) + "\n", encoding="utf-8")
    policy = {"batch_size": 6, "audit_size": 6}
    folder = tmp_path / "letters"
    with Project.create(folder, media="text", classes=TOPICS, policy=policy) as project:
        project.add(str(source))
    return folder


@pytest.fixture
def enter(page: Page) -> Callable[[Server], Page]:
    """Signs in by the printed link."""

    def sign_in(server: Server) -> Page:
        page.goto(server.link)
        page.get_by_role("navigation", name="Pages").wait_for()
        return page

    return sign_in
