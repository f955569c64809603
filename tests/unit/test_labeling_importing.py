"""Importing labels over what people decided here and took back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from querist.catalog import Catalog, Settings
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
