"""Labels that waited on a lost line while the classes changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from querist.catalog import Catalog, Settings
from querist.errors import ConflictError, InvalidInputError, UnknownNameError
from querist.labeling import Labels, OntologyChanges
from querist.schema import (
    Candidate,
    ClassesValue,
    ClassValue,
    MergeClasses,
    RenameClass,
    RetireClass,
    SplitClass,
)


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Six texts and two classes."""
    settings = Settings.of(
        name="shop", media="text", classes=["boot", "shirt"], records=records_url
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"img-{i}", text=f"text {i}") for i in range(6))
    yield made
    made.close()


@pytest.fixture
def labels(catalog: Catalog) -> Labels:
    """Its labels."""
    return Labels(catalog)


def test_a_label_decided_under_earlier_classes_is_stored_in_those_of_now(labels, catalog) -> None:
    """What waited while a class was renamed or merged counts as the class it became."""
    changes = OntologyChanges(catalog)
    catalog.records.ontologies.put(catalog.records.ontologies.current().with_class("cap"))
    decided = catalog.records.ontologies.newest_version()
    changes.apply(RenameClass(name="boot", to="wellington"), author="mia")
    changes.apply(MergeClasses(names=("shirt", "cap"), into="top"), author="mia")
    said = {
        "img-1": ("boot", decided, "wellington"),
        "img-2": ("cap", decided, "top"),
        # A suggestion that waited longer than the page's classes.
        "img-3": ("boot", decided + 2, "wellington"),
        "img-4": ("wellington", decided + 1, "wellington"),
    }
    for asset_id, (name, version, now) in said.items():
        made = labels.submit(
            asset_id,
            name,
            annotator="ana",
            ontology_version=version,
            prelabel=ClassValue(name=name),
        )
        assert made.value == made.prelabel == ClassValue(name=now)
        assert made.ontology_version == decided + 2
    with pytest.raises(UnknownNameError):
        labels.submit("img-5", "boot", annotator="ana")
    with pytest.raises(UnknownNameError):
        labels.submit("img-5", "hat", annotator="ana", ontology_version=decided)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (RetireClass(name="boot"), "'boot' was retired since.* Choose another"),
        (SplitClass(name="boot", into=("low", "high")), "'boot' was split since.*: low, high"),
    ],
)
def test_what_is_no_class_of_now_is_refused_with_words(labels, catalog, change, words) -> None:
    """Nobody but who decided can say what the label is now; what was stored before stays."""
    sent = {"annotator": "ana", "submission_id": "s1", "ontology_version": 1}
    first = labels.submit("img-1", "boot", **sent)
    OntologyChanges(catalog).apply(change, author="mia")
    with pytest.raises(InvalidInputError, match=words):
        labels.submit("img-2", "boot", annotator="ana", ontology_version=1)
    assert labels.history("img-2") == []
    # Its acknowledgement was lost, and it comes again.
    assert labels.submit("img-1", "boot", **sent) == first
    with pytest.raises(ConflictError, match="another decision"):
        labels.submit("img-2", "boot", **sent)


def test_sets_decided_under_earlier_classes_lose_nothing(tmp_path: Path) -> None:
    """A set is refused where a class of it is gone, and names of several versions may mix."""
    settings = Settings.of(
        name="sets", media="text", task="multi_label", classes=["boot", "shirt", "bag"]
    )
    sets = Catalog.create(tmp_path / "sets", settings)
    sets.assets.ingest(Candidate(id=f"img-{i}", text=f"text {i}") for i in range(4))
    labels, changes = Labels(sets), OntologyChanges(sets)
    changes.apply(RenameClass(name="bag", to="tote"), author="mia")
    made = labels.submit("img-2", ["bag", "tote", "boot"], annotator="ana", ontology_version=2)
    assert made.value == ClassesValue(names=("tote", "boot"))
    changes.apply(RetireClass(name="boot"), author="mia")
    with pytest.raises(InvalidInputError, match="'boot' was retired"):
        labels.submit("img-3", ["boot", "bag"], annotator="ana", ontology_version=1)
    sets.close()


def test_an_ontology_version_that_is_not_there_is_refused(labels: Labels) -> None:
    """The error says which versions there are."""
    with pytest.raises(InvalidInputError, match=r"version 9 .* newest is 1"):
        labels.submit("img-1", "boot", annotator="ana", ontology_version=9)


def test_importing_again_after_a_rename_stores_nothing(labels, catalog) -> None:
    """A label that was imported under an older name of its class says the same."""
    labels.import_many([("img-1", "boot")], "files")
    OntologyChanges(catalog).apply(RenameClass(name="boot", to="wellington"), author="mia")
    assert labels.import_many([("img-1", "wellington")], "files") == 0
