"""What the command line says about itself and about a project."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from querist.cli.app import app
from querist.cli.projects import _computed
from querist.errors import InvalidInputError, StorageError
from querist.loop.compute import Compute
from querist.project import Project
from querist.schema import AddClass, ClassesValue, LabeledSpan, Span, SpansValue

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


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["team", "invite", "--hourly-cost", "-5"], "The hourly cost is -5.0"),
        (["team", "invite", "--hourly-cost", "nan"], "The hourly cost is nan"),
        (["team", "invite", "--hourly-cost", "1e12"], "The hourly cost is 1000000000000.0"),
        (["team", "change", "ana", "--hourly-cost", "-5"], "The hourly cost is -5.0"),
        (
            ["workforce", "add", "w", "file:///x", "--kind", "folder", "--price", "-1"],
            "price is -1",
        ),
        (["workforce", "add", "w", "https://ls.example.com", "--kind", "label-studio"], "no token"),
        (["token", "bot", "--days", "1e300"], "--days"),
        (["token", "import"], "Querist itself writes in that name"),
        (["token", "majority", "--role", "model"], "Querist itself writes in that name"),
        (["serve", ".", "--port", "99999"], "--port"),
        (["serve", ".", "--port", "-1"], "--port"),
        (["demo", "--port", "99999"], "--port"),
        (["demo", "--seed", "-1"], "--seed"),
        (["stream", "--seed", "-1"], "--seed"),
    ],
)
def test_numbers_that_cannot_be_meant_are_refused_in_words(
    tmp_path: Path, command: list[str], words: str
) -> None:
    """The option or its number is named; nothing is made, and there is no traceback."""
    with Project.create(tmp_path / "p", media="text", classes=["boot"]) as project:
        project.catalog.records.annotators.ensure("ana")
    where = [] if command[0] in ("serve", "demo", "stream") else ["-p", str(tmp_path / "p")]
    done = CliRunner().invoke(app, [*command, *where])
    assert done.exit_code != 0
    refused = isinstance(done.exception, (InvalidInputError, SystemExit))
    assert refused, repr(done.exception)
    assert words in f"{done.output} {done.exception}"
    with Project.open(tmp_path / "p") as project:
        assert project.team.invitations() == []
        assert list(project.workforces.list()) == []
        assert project.catalog.records.annotators.get("ana").hourly_cost is None


@pytest.mark.parametrize(("report", "words"), [("absent/x.html", "no folder"), ("", "a folder")])
def test_a_report_that_cannot_be_written_is_refused_before_the_experiment(
    tmp_path: Path, report: str, words: str
) -> None:
    """The file is looked at before the labels, of which there are none."""
    Project.create(tmp_path / "p", media="text", classes=["boot", "shirt"]).close()
    asked = ["experiment", "--report", str(tmp_path / report), "-p", str(tmp_path / "p")]
    done = CliRunner().invoke(app, asked)
    assert isinstance(done.exception, StorageError)
    assert words in str(done.exception)


def _run(folder: Path, *words: str) -> tuple[int, str]:
    shown = CliRunner().invoke(app, [*words, "-p", str(folder)])
    return shown.exit_code, " ".join(f"{shown.output} {shown.exception or ''}".split())


def test_a_set_is_labelled_by_its_classes_one_after_the_other(tmp_path: Path) -> None:
    """All of them, one, or none; of single classes more than one is refused with what to do."""
    for task in ("multi_label", "classification"):
        with Project.create(
            tmp_path / task, task=task, media="text", classes=["boot", "wet"]
        ) as made:
            made.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(3)])
    folder = tmp_path / "multi_label"
    assert _run(folder, "label", "t0", "boot", "wet")[1].startswith("t0 is boot, wet (version 1).")
    assert _run(folder, "label", "t1", "wet")[0] == 0
    assert _run(folder, "label", "t2", "[]")[0] == 0
    with Project.open(folder) as project:
        said = [project.labels.current(f"t{i}").value for i in range(3)]
    assert said == [ClassesValue(names=names) for names in (("boot", "wet"), ("wet",), ())]
    code, told = _run(tmp_path / "classification", "label", "t0", "boot", "wet")
    assert code != 0
    assert "2 labels are given for 't0': boot, wet." in told


def test_a_number_with_a_comma_is_refused_with_how_to_write_it(tmp_path: Path) -> None:
    """Whether it stands for a point is not known."""
    with Project.create(tmp_path / "p", task="regression", media="text") as project:
        project.add([{"id": "t0", "text": "one"}])
        with pytest.raises(InvalidInputError, match="'1,5' is not a number") as refused:
            project.labels.submit("t0", "1,5", annotator="ana")
    assert "with a point" in refused.value.remedy


def test_a_class_in_a_condition_is_told_its_option(tmp_path: Path) -> None:
    """Conditions are of metadata; a column of that name goes before."""
    with Project.create(tmp_path / "p", media="text", classes=["nine", "ten"]) as project:
        project.add([{"id": "t0", "text": "one", "site": "a"}])
    told = {
        name: _slice(tmp_path / "p", f"{name}=nine") for name in ("class", "predicted", "colour")
    }
    assert "Give --label nine. Did you mean" in told["class"]
    assert "Give --predicted nine." in told["predicted"]
    assert "--label" not in told["colour"]


def _slice(folder: Path, where: str) -> str:
    shown = CliRunner().invoke(app, ["slices", "save", "x", "--where", where, "-p", str(folder)])
    return f"{shown.exception} {getattr(shown.exception, 'remedy', '')}"


def test_what_a_machine_cost_is_called_money() -> None:
    """A bare number beside seconds says nothing."""
    used = Compute(
        rounds=(), seconds=10.3, examples=13_559, money=0.01, full_seconds=2.0, full_money=0.002
    )
    assert _computed(used, None) == [
        ("compute so far", "10.3 s, 0.010 in money, 13,559 examples"),
        ("one training on all", "about 2.0 s, 0.0020 in money"),
    ]
    assert _computed(used, "USD")[1] == (
        "one training on all",
        "about 2.0 s, USD\N{NO-BREAK SPACE}0.0020",
    )


def test_labels_to_review_are_told_in_words(tmp_path: Path) -> None:
    """Spans by how many and which, on one line, not as the fields they are stored in."""
    with Project.create(tmp_path / "p", task="spans", media="text", classes=["a", "b"]) as project:
        project.add([{"id": "t1", "text": "some words to be marked"}])
        spans = (("a", 0, 4), ("b", 5, 10))
        value = SpansValue(
            spans=tuple(LabeledSpan(name=n, span=Span(start=s, end=e)) for n, s, e in spans)
        )
        project.labels.submit("t1", value, annotator="ana")
    shown = CliRunner().invoke(app, ["review", "-p", str(tmp_path / "p")]).output
    assert "2 spans: a, b" in shown
    assert "1 label." in shown
    assert "{" not in shown


def test_a_folder_that_may_not_be_written_is_told_in_words(tmp_path: Path) -> None:
    """Not in a traceback, and with the folder."""
    with Project.create(tmp_path / "p", media="text", classes=["a", "b"]) as project:
        project.add([{"id": f"t{i}", "text": f"thing {i} {i % 2}"} for i in range(8)])
        project.labels.import_many([(f"t{i}", "ab"[i % 2]) for i in range(8)], "files")
    models = tmp_path / "p" / "models"
    models.mkdir(exist_ok=True)
    models.chmod(0o500)
    # Whoever is root may write anywhere, unless this right is laid down.
    down = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if os.geteuid() == 0 and shutil.which(down[0]) is None:
        pytest.skip("root cannot lay down its rights here")
    command = [sys.executable, "-m", "querist", "train", "-p", str(tmp_path / "p")]
    command = [*down, *command] if os.geteuid() == 0 else command
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == StorageError.exit_code
    assert str(models) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_replay_compares_assets_and_names_the_version_that_drew_others(tmp_path: Path) -> None:
    """Scores differ in their last digits between machines; an order that differs is told."""
    folder = tmp_path / "p"
    with Project.create(folder, media="text", classes=["good", "bad"]) as project:
        project.add([{"id": f"t{i}", "text": f"text {i} of many"} for i in range(30)])
        project.next_round(6)
    with closing(sqlite3.connect(folder / "records.db")) as records:
        records.execute("update selected set score = score + 1e-9")
        records.commit()
    code, text = _run(folder, "replay", "1")
    assert (code, text) == (0, "Round 1 drawn again: the same assets.")
    with closing(sqlite3.connect(folder / "records.db")) as records:
        records.execute("update selected set rank = 9 - rank where arm = 'active'")
        records.commit()
    code, text = _run(folder, "replay", "1")
    assert code == 1
    assert "DIFFERENT assets" in text
    assert "drew it" not in text
    with closing(sqlite3.connect(folder / "records.db")) as records:
        records.execute("update rounds set plan = json_remove(plan, '$.querist')")
        records.commit()
    code, text = _run(folder, "replay", "1")
    assert "An earlier version of Querist drew it; this is" in text
