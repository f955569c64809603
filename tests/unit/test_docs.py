"""The documentation's code runs, and its links lead somewhere."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from pathlib import Path

import pytest

from querist.catalog import LearnerSettings, PolicySettings, Settings
from querist.schema import Limits
from querist.strategies import names

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks of a page run from top to bottom."""
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
    exec(compile(code, page.name, "exec"), {"__name__": page.stem})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links and pictures of a page exist."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("kind", [Settings, Limits, LearnerSettings, PolicySettings])
def test_every_setting_is_documented(kind: type) -> None:
    """Each field of the settings stands in the table of its page."""
    page = (ROOT / "docs" / "settings.md").read_text()
    tables = {"learner", "limits", "policy"}
    names = {field.name for field in dataclasses.fields(kind)} - tables
    assert {name for name in names if f"| `{name}` |" not in page} == set()


def test_the_settings_example_is_accepted() -> None:
    """The example of the settings page is a valid file."""
    page = (ROOT / "docs" / "settings.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert Settings.of(**tomllib.loads(example)).policy.batch_size == 20


def test_every_route_is_documented() -> None:
    """Each route of the OpenAPI document stands in the table of its page, and no other."""
    described = json.loads((ROOT / "web" / "openapi.json").read_text())["paths"]
    routes = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in described.items()
        for method in methods
    }
    page = (ROOT / "docs" / "rest.md").read_text()
    assert set(re.findall(r"\| `([A-Z]+ /\S*)` \|", page)) == routes


def test_strategies_of_the_migration_page_exist() -> None:
    """Every name that the right column of the tables gives is a strategy, a parameter or a call."""
    page = (ROOT / "docs" / "migration.md").read_text()
    right = [line.split("|")[2] for line in page.splitlines() if line.count("|") == 3]
    words = {word for cell in right for word in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", cell)}
    assert words - set(names()) == set()
    assert len(words) > 25
