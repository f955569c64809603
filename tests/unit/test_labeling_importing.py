"""Importing labels over what people decided here and took back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from querist import Project
from querist.catalog import Catalog, Settings
from querist.cli.app import app
from querist.labeling import Labels
from querist.schema import Candidate, ClassValue


@pytest.fixture
def labels(records_url: str, tmp_path: Path) -> Iterator[Labels]:
    """The labels of four texts, of two classes."""
    settings = Settings.of(
        name="shop", media="text", classes=["boot", "shirt"], records=records_url
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"img-{i}", text=f"text {i}") for i in range(4))
    yield Labels(made)
    made.close()


def test_import_replaces_what_people_took_back(labels: Labels) -> None:
    """An undo decides nothing: nothing holds after it, or what it left, an import or a decision."""
    labels.import_many([("img-2", "boot")], "import")
    for asset_id in ("img-1", "img-2", "img-3"):
        labels.submit(asset_id, "shirt", annotator="ana")
    labels.submit("img-3", "boot", annotator="ben")
    for asset_id, who in (("img-1", "ana"), ("img-2", "ana"), ("img-3", "ben")):
        labels.undo(asset_id, who)
    pairs = [("img-1", "boot"), ("img-2", "shirt"), ("img-3", "boot")]
    assert labels.import_many(pairs, "import") == 2
    held = [labels.current(f"img-{i}") for i in (1, 2, 3)]
    assert [entry and entry.value for entry in held] == [
        ClassValue(name="boot"),
        ClassValue(name="shirt"),
        ClassValue(name="shirt"),
    ]
    assert [entry and entry.annotator for entry in held[:2]] == ["import", "import"]


def test_import_tells_what_it_keeps(tmp_path: Path) -> None:
    """Where people said something else, on the command line and in the report; the same is none."""
    said = tmp_path / "said.csv"
    said.write_text("id,label\nt0,a\nt1,a\nt2,a\nt3,a\n")
    folder = tmp_path / "shop"
    with Project.create(folder, media="text", classes=["a", "b"]) as project:
        project.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(4)])
        for asset_id, name in (("t0", "b"), ("t1", "b"), ("t2", "a")):
            project.labels.submit(asset_id, name, annotator="ana")
        project.labels.undo("t1", "ana")
        stored, report = project.import_labels(said)
        assert (stored, report.counts) == (2, {"kept": 1})
    done = CliRunner().invoke(app, ["import", str(said), "-p", str(folder)])
    assert "Imported 0 labels." in done.output
    assert "Kept what people decided here of 1 asset." in done.output
