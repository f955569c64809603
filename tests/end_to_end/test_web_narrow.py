"""Every page on a phone and on a small laptop: nothing is cut, squeezed or laid over another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from querist.loop import prepare_pages
from querist.project import Project

pytestmark = pytest.mark.browser

PAGES = [
    "/",
    "/catalog",
    "/label",
    "/review",
    "/review?state=suspect",
    "/rounds",
    "/rounds/2",
    "/rounds/compare",
    "/diagnose",
    "/experiment",
    "/auto-label",
    *[
        f"/team?tab={tab}"
        for tab in ("people", "agreement", "disputes", "gold", "workforces", "invitations")
    ],
    "/settings/ontology",
    "/settings/labeling",
    "/settings/import",
    "/guesses",
]

# The page's own part is there, and nothing in it is a placeholder any more.
DRAWN = """() => document.querySelector('main > *:not(h1)')
  && !document.querySelector('main .mantine-Skeleton-root, main [role=status]')"""

# What stands beyond the window, unless it scrolls in a frame of its own; what is squeezed until
# each word has a line; and cards and halves of a page that lie over each other.
WRONG = """() => {
  const seen = (e) => {
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && e.checkVisibility() ? box : null;
  };
  const name = (e) => `${e.tagName} "${e.textContent.trim().slice(0, 50)}"`;
  const scrolls = (e) => {
    for (let up = e.parentElement; up && up.id !== 'page'; up = up.parentElement)
      if (getComputedStyle(up).overflowX !== 'visible') return true;
    return false;
  };
  const found = [];
  for (const e of document.querySelectorAll('main *')) {
    const box = seen(e);
    if (!box) continue;
    if ((box.right > innerWidth + 1 || box.left < -1) && !scrolls(e))
      found.push(`beyond the window: ${name(e)}`);
    const own = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join(' ');
    if (own.trim().split(/\\s+/).length > 5 && box.width < 88 && box.height > 100)
      found.push(`squeezed: ${name(e)}`);
  }
  const page = document.querySelector('main');
  if (page.scrollWidth > page.clientWidth + 1) found.push(`the page is ${page.scrollWidth} wide`);
  const cards = [...document.querySelectorAll('main [class*=_card_], main aside, main section')];
  for (const [i, one] of cards.entries())
    for (const other of cards.slice(i + 1)) {
      if (one.contains(other) || other.contains(one) || scrolls(one) !== scrolls(other)) continue;
      const a = seen(one);
      const b = seen(other);
      if (!a || !b) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 2 && height > 2) found.push(`over each other: ${name(one)} and ${name(other)}`);
    }
  return found.slice(0, 6);
}"""


@pytest.fixture(scope="module")
def living_template(picture_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds with a model, a third that waits, and labels of two people that differ."""
    folder = Path(shutil.copytree(picture_template, tmp_path_factory.mktemp("living") / "digits"))
    with Project.open(folder) as project:
        project.oracle(2)
        prepare_pages(project.catalog, project.rounds.list()[-1:])  # not in the server of each copy
        project.next_round()
        for asset_id in list(project.catalog.assets.ids())[:30]:
            for who, said in (("ana", "zero"), ("ben-with-a-rather-long-name", "one")):
                project.labels.submit(asset_id, said, annotator=who, seconds=2.0)
    return folder


@pytest.fixture
def living(living_template: Path, tmp_path: Path) -> Path:
    """A project of one test's own."""
    return Path(shutil.copytree(living_template, tmp_path / "digits"))


def test_every_page_fits_a_phone_and_a_small_laptop(living, serve, enter):
    """On 390 and on 1024 pixels all stands within the window and beside each other."""
    server = serve(living)
    page = enter(server)
    wrong = []
    for path in PAGES:
        page.goto(f"{server.address}{path}")
        for width, height in ((390, 844), (1024, 768)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function(DRAWN)
            wrong += [f"{path} at {width}: {what}" for what in page.evaluate(WRONG)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/settings/ontology", "[data-testid=ontology-classes]"),
        ("/review", "[aria-label='Label to review'] [class*=_stage_]"),
        ("/label", "[data-testid=stage]"),
    ],
)
def test_what_is_worked_on_keeps_a_height_when_zoomed_in(path, part, living, serve, enter):
    """1440 by 900 at 200 % is 720 by 450: the page scrolls before its main part is a line."""
    server = serve(living)
    page = enter(server)
    page.set_viewport_size({"width": 720, "height": 450})
    page.goto(f"{server.address}{path}")
    page.wait_for_function(DRAWN)
    box = page.locator(part).first.bounding_box()
    assert box["height"] >= 144, box
    page.get_by_role("complementary").first.scroll_into_view_if_needed()
    page.mouse.move(360, 300)
    page.locator("main").evaluate("(main) => main.scrollTo(0, main.scrollHeight)")
    side = page.get_by_role("complementary").first.bounding_box()
    assert side["y"] + side["height"] <= 451, side


def test_the_open_page_is_in_sight_among_the_names_on_a_phone(living, serve, enter):
    """Where the names of the pages scroll, the one that is open is scrolled to."""
    server = serve(living)
    page = enter(server)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.address}/settings/labeling")
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Settings")
    page.wait_for_function(
        "() => document.querySelector('[aria-label=Pages] [data-within]')"
        "?.getBoundingClientRect().right <= innerWidth"
    )
    assert link.bounding_box()["x"] >= 0


def test_a_page_looks_the_same_after_others(living, serve, enter):
    """The sheets of pages that are loaded later change nothing on the first."""
    server = serve(living)
    page = enter(server)
    columns = (
        "() => getComputedStyle(document.querySelector('[class*=_columns_]')).gridTemplateColumns"
    )
    page.get_by_role("heading", name="Rounds", exact=True).wait_for()
    before = page.evaluate(columns)
    for name in ("Team", "Auto-label", "Experiment", "Home"):
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
        page.wait_for_function(DRAWN)
    page.get_by_role("heading", name="Rounds", exact=True).wait_for()
    assert page.evaluate(columns) == before


COVERED = """() => {
  const drawer = document.querySelector('aside[aria-label=Asset]').getBoundingClientRect();
  const over = (x, y) => !!document.elementFromPoint(x, y).closest('aside[aria-label=Asset]');
  const names = document.querySelector('nav[aria-label=Pages]').getBoundingClientRect();
  const spots = [[8, 8], [drawer.width - 8, 8], [drawer.width - 8, drawer.height / 2]];
  return spots.every(([x, y]) => over(drawer.left + x, drawer.top + y))
    && drawer.top >= names.bottom - 1 && drawer.right <= innerWidth + 1;
}"""


def test_an_open_asset_lies_over_the_grid_and_below_the_names_of_the_pages(living, serve, enter):
    """Nothing of the grid's tools lies over it, from a phone to where it stands beside the grid."""
    page = enter(serve(living))
    page.get_by_role("link", name="Catalog", exact=True).click()
    page.get_by_test_id("grid").locator("[data-asset]").first.click()
    page.get_by_role("complementary", name="Asset").get_by_role("heading").first.wait_for()
    for width in (390, 700, 721, 800, 900, 950, 1000, 1001, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(100)
        assert page.evaluate(COVERED), width
