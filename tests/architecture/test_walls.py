"""The walls of the house, as tests."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 400
SOURCES = sorted(
    path
    for folder, pattern in [
        ("src", "**/*.py"),
        ("tests", "**/*.py"),
        ("benchmarks", "**/*.py"),
        ("examples", "**/*.py"),
        ("scripts", "**/*.py"),
        ("web/src", "**/*.ts"),
        ("web/src", "**/*.tsx"),
    ]
    for path in (ROOT / folder).glob(pattern)
    # Generated from the OpenAPI document; nobody reads or edits it.
    if path.name != "schema.d.ts" and "static" not in path.parts
)
PACKAGE = [path for path in SOURCES if (ROOT / "src") in path.parents]


def name(path: Path) -> str:
    """The path as the test's id."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_file_is_small(path: Path) -> None:
    """No source file is longer than 400 lines."""
    assert len(path.read_text().splitlines()) <= LIMIT


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_first_line_says_what_the_file_is_for(path: Path) -> None:
    """Each module of the package opens with a docstring."""
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_no_drawer_for_odds_and_ends(path: Path) -> None:
    """No module is called utils, helpers, common, core or manager."""
    assert path.stem not in {"utils", "helpers", "common", "core", "manager"}
    assert path.parent.name not in {"utils", "helpers", "common", "core", "manager"}


def test_imports_point_downwards() -> None:
    """Every contract of the layers is kept."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(
        [*command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


HEAVY = ["torch", "fastapi", "sqlalchemy", "lance", "sklearn", "pandas", "typer", "transformers"]


def test_import_is_light() -> None:
    """`import querist` loads none of the heavy libraries."""
    script = (
        f"import querist, sys, json; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_query_is_light() -> None:
    """`querist.query` needs neither the platform nor torch."""
    script = (
        "import querist, sys, json, numpy as np; "
        "querist.query('random', n=2, embeddings=np.eye(4, dtype='float32'), random_state=0); "
        "print(json.dumps([m for m in ['torch', 'fastapi', 'sqlalchemy', 'lance', 'typer'] "
        "if m in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_public_names_exist() -> None:
    """Everything in `querist.__all__` can be had, and is documented."""
    import querist

    for public in querist.__all__:
        value = getattr(querist, public)
        assert public in {"UNLABELED", "__version__"} or value.__doc__


def test_rooms_of_the_notebook_are_reached_through_the_package() -> None:
    """What docstrings write, such as `querist.strategies.names()`, works after `import querist`."""
    script = (
        "import querist; print(len(querist.strategies.names()), querist.metrics.accuracy([1], [1]),"
        " querist.errors.QueristError.code, querist.experiments.__name__,"
        " querist.diagnostics.__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def tracked() -> list[Path]:
    """Every text file that git tracks."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    binary = {".npz", ".png", ".ico", ".bin", ".webp"}
    return [ROOT / line for line in listed if Path(line).suffix not in binary]


def test_no_address_of_a_registry_or_machine() -> None:
    """No tracked file names a package registry's host or records a download address."""
    pattern = re.compile(
        r"files\.pythonhosted|registry\.npmjs|pypi\.org/simple|\"resolved\": \"http"
    )
    found = [
        name(path)
        for path in tracked()
        if path.exists() and path != Path(__file__) and pattern.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_changelog_knows_the_version() -> None:
    """The newest version of the changelog is the package's."""
    import querist

    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heading is not None
    assert heading.group(1).strip("[]") in {querist.__version__, "Unreleased"}


def test_decisions_are_short_and_told_in_order() -> None:
    """At most 40 lines each; what was tried and measured at length lies in docs/trials."""
    found = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert found
    for path in found:
        lines = path.read_text("utf-8").splitlines()
        number = int(path.name[:4])
        assert lines[0].startswith(f"# {number}. "), path.name
        assert len(lines) <= 40, path.name
        places = [lines.index(it) for it in ("## Context", "## Decision", "## Consequences")]
        assert places == sorted(places), path.name
