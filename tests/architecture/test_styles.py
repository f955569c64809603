"""No rule for a narrow screen is lost to the order in which style sheets are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SRC = Path(__file__).parents[2] / "web" / "src"
SHEETS = sorted(SRC.rglob("*.module.css"))
EVERY_WIDTH = 10**6

# A shorthand sets its longhands too.
SHORTHANDS = {
    "grid-template": ("grid-template-rows", "grid-template-columns", "grid-template-areas"),
    "gap": ("row-gap", "column-gap"),
    "padding": tuple(f"padding-{side}" for side in ("top", "right", "bottom", "left")),
    "margin": tuple(f"margin-{side}" for side in ("top", "right", "bottom", "left")),
}


class Declared(NamedTuple):
    """One property of one selector, and the widest screen on which it holds."""

    selector: str
    name: str
    width: int
    value: str


def declarations(css: str, width: int = EVERY_WIDTH) -> Iterator[Declared]:
    """What a sheet declares, in its order; layers and media queries are opened."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    at = 0
    while found := re.compile(r"([^{}]+)\{").search(css, at):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
        head, body, at = found.group(1).strip(), css[found.end() : end - 1], end
        if head.startswith("@"):
            limit = re.search(r"max-width:\s*(\d+)px", head)
            yield from declarations(body, int(limit.group(1)) if limit else width)
            continue
        for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", body):
            for selector in re.split(r",\s*", head):
                for longhand in SHORTHANDS.get(name, (name,)):
                    yield Declared(selector, longhand, width, value.strip())


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.relative_to(SRC).as_posix())
def test_narrow_rules_come_last(sheet):
    """Within a sheet nothing that is wider sets again what a narrower screen has set."""
    narrowest: dict[tuple[str, str], int] = {}
    for one in declarations(sheet.read_text(encoding="utf-8")):
        key = (one.selector, one.name)
        assert one.width <= narrowest.get(key, EVERY_WIDTH), (
            f"{one.selector} sets {one.name} below {narrowest[key]} px, then again for wider ones; "
            "move the media query behind"
        )
        narrowest[key] = one.width


def test_no_page_sets_what_the_parts_change_on_a_narrow_screen():
    """Who composes a part leaves to it what it changes with the width, such as the columns."""
    lost = []
    for sheet in SHEETS:
        declared = list(declarations(sheet.read_text(encoding="utf-8")))
        for composed in [one for one in declared if one.name == "composes"]:
            part, source = re.fullmatch(r'(\w+) from "(.+)"', composed.value).groups()
            base = (sheet.parent / source).resolve().read_text(encoding="utf-8")
            changed = {
                one.name: one.value
                for one in declarations(base)
                if one.selector == f".{part}" and one.width <= 820
            }
            lost += [
                f"{sheet.relative_to(SRC)}: {one.selector} sets {one.name} of the part {part}"
                for one in declared
                if one.selector == composed.selector
                and one.width > 820
                and one.value != changed.get(one.name, one.value)
            ]
    assert not lost, "\n".join(lost)


def test_parts_stand_below_the_pages():
    """Parts are in a layer, so that a page's own rule wins wherever a copy of the part stands."""
    for part in ("page", "drawer"):
        css = (SRC / "parts" / f"{part}.module.css").read_text(encoding="utf-8")
        bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL).strip()
        assert bare.startswith("@layer parts {")
        assert bare.count("@layer") == 1
    assert "@layer reset, parts;" in (SRC / "styles.css").read_text(encoding="utf-8")
