"""What the command line says about itself and about a project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from querist.cli.app import app
from querist.project import Project
from querist.schema import AddClass

GROUPS = {name: one for name, one in get_group(app).commands.items() if hasattr(one, "commands")}
LISTED = [name for name, one in GROUPS.items() if ":" in (one.help or "").partition(".")[0]]


def test_groups_that_list_commands_are_found() -> None:
    """The next test looks at something."""
    assert {"review", "team", "ontology", "slices", "workforce"} <= set(LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_the_help_of_a_group_lists_the_commands_that_are_there(name: str) -> None:
    """All of them, and none that is not."""
    group = GROUPS[name]
    listed = group.help.partition(".")[0].partition(": ")[2].split(", ")
    assert sorted(listed) == sorted(group.commands)


def test_versions_of_classes_end_in_one_full_stop(tmp_path: Path) -> None:
    """The first has no change to tell."""
    with Project.create(tmp_path / "p", media="text", classes=["boot", "shirt"]) as project:
        project.ontology_changes.apply(AddClass(name="hat"), author="ana")
    shown = CliRunner().invoke(app, ["ontology", "show", "-p", str(tmp_path / "p")])
    first, second = [line for line in shown.output.splitlines() if line.startswith("Version")]
    assert re.fullmatch(r"Version 1, \d{4}-\d\d-\d\d\.", first)
    assert second.endswith(" (ana): hat is new.")
