"""Saved slices when the classes that they speak of are changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from querist.catalog import AssetQuery, run
from querist.cli.app import app
from querist.errors import InvalidInputError
from querist.project import Project
from querist.schema import (
    AddClass,
    MergeClasses,
    OntologyChange,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
)

CLASSES = ["cap", "hat", "shoe"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two finished rounds of three classes, two of which are alike; caps are rare and missed."""
    made = tmp_path_factory.mktemp("changed") / "p"
    rng = np.random.default_rng(0)
    centres = [(1.0, 1.2), (0.0, 0.0), (2.4, -1.8)]
    rows = []
    for i in range(600):
        code = 0 if i % 16 == 0 else 1 + i % 2
        x, y = rng.normal(centres[code], 0.7)
        rows.append({"id": f"row-{i:03d}", "x": float(x), "y": float(y), "known": CLASSES[code]})
    policy = {"batch_size": 40, "audit_size": 200, "control_share": 0.2, "strategy": "random"}
    with Project.create(
        made, media="table", classes=CLASSES, oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(1)
    return made


@pytest.fixture
def project(folder: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of the project, whose classes a test may change."""
    with Project.open(Path(shutil.copytree(folder, tmp_path / "p"))) as opened:
        yield opened


def change(project: Project, *changes: OntologyChange) -> None:
    """Change the classes."""
    for one in changes:
        project.ontology_changes.apply(one, author="ana")


def reported(project: Project) -> dict[str, tuple[int, str, str | None]]:
    """Assets, rule and problem of each saved slice."""
    found = project.rounds.slices.reports()
    return {one.slice.name: (one.assets, one.rule, one.problem) for one in found}


@pytest.mark.parametrize("by", ["label", "predicted"])
def test_a_slice_follows_its_class_through_renames(project: Project, by: str) -> None:
    """The same assets and the same course, even when a new class takes the old name."""
    slices = project.rounds.slices
    slices.save("hats", AssetQuery(**{by: ("hat",)}))
    (before,) = slices.reports()
    inside = run_slice(project, "hats")
    change(project, RenameClass(name="hat", to="beret"), RenameClass(name="beret", to="bonnet"))
    change(project, AddClass(name="hat"))
    (after,) = slices.reports()
    assert after.assets == before.assets > 0
    assert after.course == before.course
    assert after.rule == f"{by} is bonnet (saved as hat)"
    assert run_slice(project, "hats") == inside


def run_slice(project: Project, name: str) -> list[str]:
    """The assets that a slice narrows the catalog to."""
    model = project.rounds.list()[0].model_id
    query = AssetQuery(within=project.rounds.slices.query(name), limit=1000)
    return run(project.catalog, query, model).ids


def test_a_slice_of_a_merged_class_is_of_the_class_it_became(project: Project) -> None:
    """And what is saved later by the new name means the same."""
    slices = project.rounds.slices
    slices.save("caps", AssetQuery(label=("cap",)))
    slices.save("both", AssetQuery(within=AssetQuery(label=("hat", "cap"))))
    _, both = slices.reports()
    change(project, MergeClasses(names=("cap", "hat"), into="headwear"))
    slices.save("headwear", AssetQuery(label=("headwear",)))
    found = reported(project)
    assert found["caps"][0] == found["both"][0] == found["headwear"][0] == both.assets > 0
    assert found["both"][1] == "label is headwear (saved as hat or cap)"
    assert found["headwear"][1] == "label is headwear"


def test_a_slice_of_a_split_class_is_of_every_part(project: Project) -> None:
    """Its labels are asked for again: who is given one of the parts belongs to it."""
    slices = project.rounds.slices
    slices.save("hats", AssetQuery(label=("hat",)))
    change(project, SplitClass(name="hat", into=("hat", "beret")))
    found = reported(project)
    assert found["hats"][:2] == (0, "label is hat or beret (saved as hat)")
    first, second = project.catalog.assets.ids()[1:3]
    project.labels.submit(first, "beret", annotator="ana")
    project.labels.submit(second, "hat", annotator="ana")
    assert set(run_slice(project, "hats")) == {first, second}


def test_a_slice_of_a_retired_class_says_so_and_never_holds_everything(project: Project) -> None:
    """The others are told, and going back brings it back."""
    slices = project.rounds.slices
    slices.save("caps", AssetQuery(label=("cap",)))
    slices.save("caps and hats", AssetQuery(label=("cap", "hat")))
    slices.save("hats", AssetQuery(label=("hat",)))
    before = reported(project)
    change(project, RetireClass(name="cap"))
    found = reported(project)
    assert found["caps"][0] == 0
    assert "'cap'" in str(found["caps"][2])
    assert found["caps and hats"][:2] == (
        before["hats"][0],
        "label is hat (saved as cap or hat)",
    )
    assert found["hats"] == before["hats"]
    with pytest.raises(InvalidInputError, match=r"'cap'.*is no class any more"):
        slices.query("caps")
    said = CliRunner().invoke(app, ["slices", "list", "--project", str(project.folder)])
    assert "caps and hats: label is hat (saved as cap or hat)." in said.output
    change(project, RevertOntology(version=1))
    assert reported(project) == before
