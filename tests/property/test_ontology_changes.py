"""Changes of an ontology: any sequence of them keeps what labels mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.errors import InvalidInputError, NotFoundError, UnknownNameError
from querist.schema import (
    AddClass,
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    MergeClasses,
    NumberValue,
    Ontology,
    OntologyChange,
    OntologyReading,
    OntologyVersion,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
    apply_change,
    from_json,
    to_json,
)

POOL = [f"c{i}" for i in range(8)]
START = OntologyVersion(ontology=Ontology.of("classification", ["c0", "c1", "c2"]))


def evolve(*changes) -> list[OntologyVersion]:
    """The versions that the changes make of three classes."""
    versions = [START]
    for change in changes:
        ontology = apply_change(versions, change)
        versions.append(OntologyVersion(ontology=ontology, change=change))
    return versions


@st.composite
def histories(draw, kinds=("rename", "merge", "split", "retire", "add", "revert")):
    """Versions made by up to six changes that are possible."""
    versions = [START]
    for _ in range(draw(st.integers(0, 6))):
        names = versions[-1].ontology.names
        kind = draw(st.sampled_from(kinds))
        free = [name for name in POOL if name not in names]
        name = draw(st.sampled_from(names))
        change = None
        if kind == "rename" and free:
            change = RenameClass(name=name, to=draw(st.sampled_from(free)))
        elif kind == "merge" and len(names) > 1:
            picked = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True))
            change = MergeClasses(names=tuple(picked), into=draw(st.sampled_from([*picked, *free])))
        elif kind == "split" and len(free) > 1:
            parts = draw(
                st.lists(st.sampled_from([name, *free]), min_size=2, max_size=3, unique=True)
            )
            change = SplitClass(name=name, into=tuple(parts))
        elif kind == "retire" and len(names) > 1:
            change = RetireClass(name=name)
        elif kind == "add" and free:
            change = AddClass(name=draw(st.sampled_from(free)))
        elif kind == "revert" and len(versions) > 1:
            change = RevertOntology(version=draw(st.integers(1, len(versions) - 1)))
        if change is not None:
            ontology = apply_change(versions, change)
            versions.append(OntologyVersion(ontology=ontology, change=change))
    return versions


@given(histories())
@settings(max_examples=150, deadline=None)
def test_every_class_of_every_version_has_a_meaning_now(versions) -> None:
    """It is one or more classes of the newest version, or none of them; never an unknown one."""
    reading = OntologyReading(versions)
    known = {*reading.ontology.names, None}
    for version in versions:
        for name in version.ontology.names:
            now = reading.of(name, version.ontology.version)
            assert now
            assert set(now) <= known
            assert len(set(now)) == len(now)
    for name in reading.ontology.names:
        assert reading.name(name, reading.ontology.version) == name


@given(histories(kinds=("rename", "merge", "add")))
@settings(max_examples=100, deadline=None)
def test_no_label_is_lost_by_renaming_merging_and_adding(versions) -> None:
    """Each reads as exactly one class."""
    reading = OntologyReading(versions)
    for version in versions:
        for name in version.ontology.names:
            assert reading.name(name, version.ontology.version) in reading.ontology.names


@given(histories(), st.data())
@settings(max_examples=150, deadline=None)
def test_going_back_gives_labels_from_then_their_meaning_of_then(versions, data) -> None:
    """Whatever happened since, every label made until then reads as it did."""
    number = data.draw(st.integers(1, len(versions)))
    if number == len(versions):
        return
    change = RevertOntology(version=number)
    after = [*versions, OntologyVersion(ontology=apply_change(versions, change), change=change)]
    then, now = OntologyReading(versions[:number]), OntologyReading(after)
    assert now.ontology.names == then.ontology.names
    for version in versions[:number]:
        for name in version.ontology.names:
            made = version.ontology.version
            assert now.of(name, made) == then.of(name, made)


@given(histories(kinds=("rename", "merge", "split", "retire", "add")))
@settings(max_examples=100, deadline=None)
def test_reading_at_once_is_reading_version_by_version(versions) -> None:
    """What a class became in the end is what it became, step after step."""
    whole = OntologyReading(versions)
    for start, version in enumerate(versions):
        for name in version.ontology.names:
            now = {name}
            for i in range(start + 1, len(versions)):
                step = OntologyReading(versions[: i + 1])
                before = versions[i - 1].ontology.version
                now = {n for old in now for n in ([None] if old is None else step.of(old, before))}
            assert set(whole.of(name, version.ontology.version)) == now


@given(histories(), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_probabilities_of_any_version_stay_probabilities(versions, seed) -> None:
    """Rows sum to one, and a class that reads as one class keeps what it had, or more."""
    reading = OntologyReading(versions)
    rng = np.random.default_rng(seed)
    for version in versions:
        names, made = version.ontology.names, version.ontology.version
        table = rng.dirichlet(np.ones(len(names)), 4).astype(np.float32)
        now = reading.probabilities(table, names, made)
        assert now.shape == (4, len(reading.ontology.names))
        np.testing.assert_allclose(now.sum(axis=1), 1, atol=1e-5)
        for column, name in enumerate(names):
            single = reading.name(name, made)
            if single is not None:
                place = reading.ontology.index(single)
                assert (now[:, place] >= table[:, column] - 1e-6).all()


@given(histories())
@settings(max_examples=50, deadline=None)
def test_changes_survive_json(versions) -> None:
    """A change read from its JSON form is the same change."""
    for version in versions[1:]:
        assert from_json(OntologyChange, to_json(version.change)) == version.change


def test_merged_probabilities_add_up_and_split_ones_are_shared() -> None:
    """Two classes made one have their sum; a class in two parts gives each half."""
    table = np.array([[0.5, 0.3, 0.2]], dtype=np.float32)
    merged = OntologyReading(evolve(MergeClasses(names=("c0", "c1"), into="c9")))
    np.testing.assert_allclose(merged.probabilities(table, ["c0", "c1", "c2"], 1), [[0.8, 0.2]])
    split = OntologyReading(evolve(SplitClass(name="c0", into=("c0", "c9"))))
    np.testing.assert_allclose(
        split.probabilities(table, ["c0", "c1", "c2"], 1), [[0.25, 0.3, 0.2, 0.25]]
    )
    retired = OntologyReading(evolve(RetireClass(name="c0")))
    np.testing.assert_allclose(retired.probabilities(table, ["c0", "c1", "c2"], 1), [[0.6, 0.4]])


def test_a_class_that_joined_has_nothing_and_the_last_one_can_go() -> None:
    """Columns are added at the end as zeros; a retired last class leaves the others its share."""
    table = np.array([[0.5, 0.3, 0.2]], dtype=np.float32)
    classes = ["c0", "c1", "c2"]
    grown, gone = (
        OntologyReading(evolve(c)) for c in (AddClass(name="c9"), RetireClass(name="c2"))
    )
    np.testing.assert_allclose(grown.probabilities(table, classes, 1), [[0.5, 0.3, 0.2, 0]])
    np.testing.assert_allclose(gone.probabilities(table, classes, 1), [[0.625, 0.375]])
    assert grown.only_grew(classes, 1)
    assert not gone.only_grew(classes, 1)


def test_a_split_that_is_merged_again_gives_its_labels_back() -> None:
    """As long as the parts are one class, the old labels name it."""
    versions = evolve(
        SplitClass(name="c0", into=("c8", "c9")), MergeClasses(names=("c8", "c9"), into="c0")
    )
    assert OntologyReading(versions[:2]).name("c0", 1) is None
    assert OntologyReading(versions).name("c0", 1) == "c0"


def test_a_retired_part_leaves_the_label_unknown() -> None:
    """What was split is not the part that is left just because the other one was retired."""
    versions = evolve(SplitClass(name="c0", into=("c8", "c9")), RetireClass(name="c9"))
    assert OntologyReading(versions).name("c0", 1) is None


def test_a_new_class_of_an_old_name_is_another_class() -> None:
    """Labels of the retired one do not come back with the name."""
    versions = evolve(RetireClass(name="c0"), AddClass(name="c0"))
    assert OntologyReading(versions).name("c0", 1) is None
    assert OntologyReading(versions).name("c0", 3) == "c0"


def test_labels_of_other_kinds_are_read_class_by_class() -> None:
    """Sets and shapes lose retired classes, are renamed, and are nothing while undecided."""
    reading = OntologyReading(evolve(RenameClass(name="c0", to="c9"), RetireClass(name="c1")))
    box = Box(x=0, y=0, width=1, height=1)
    boxes = BoxesValue(boxes=tuple(LabeledBox(name=n, box=box) for n in ("c0", "c1")))
    assert reading.value(ClassValue(name="c1"), 1) is None
    assert reading.value(ClassesValue(names=("c0", "c1")), 1) == ClassesValue(names=("c9",))
    assert reading.value(boxes, 1) == BoxesValue(boxes=(LabeledBox(name="c9", box=box),))
    assert reading.value(NumberValue(number=2), 1) == NumberValue(number=2)
    split = OntologyReading(evolve(SplitClass(name="c0", into=("c8", "c9"))))
    assert split.value(ClassesValue(names=("c0", "c1")), 1) is None
    assert split.value(boxes, 1) is None


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (RenameClass(name="c7", to="c8"), UnknownNameError),
        (RenameClass(name="c0", to="c1"), InvalidInputError),
        (RenameClass(name="c0", to=" "), InvalidInputError),
        (MergeClasses(names=("c0", "c0"), into="c0"), InvalidInputError),
        (MergeClasses(names=("c0", "c1"), into="c2"), InvalidInputError),
        (SplitClass(name="c0", into=("c0",)), InvalidInputError),
        (SplitClass(name="c0", into=("c8", "c8")), InvalidInputError),
        (SplitClass(name="c0", into=("c1", "c8")), InvalidInputError),
        (RetireClass(name="c7"), UnknownNameError),
        (AddClass(name="c0"), InvalidInputError),
        (RevertOntology(version=1), NotFoundError),
    ],
)
def test_impossible_changes_are_refused(change, error) -> None:
    """Unknown and taken names, merges and splits of one, and versions that are not earlier."""
    with pytest.raises(error):
        apply_change([START], change)


def test_the_last_class_cannot_be_retired() -> None:
    """Nobody could label any more."""
    with pytest.raises(InvalidInputError, match="only class"):
        apply_change(evolve(RetireClass(name="c0"), RetireClass(name="c1")), RetireClass(name="c2"))


@given(histories())
@settings(max_examples=150, deadline=None)
def test_classes_share_no_colour_and_each_has_a_key_while_there_are_free_ones(versions) -> None:
    """A new class takes what is free, not what belongs to its place in the list."""
    for version in versions:
        classes = version.ontology.classes
        assert len({one.colour for one in classes}) == len(classes)
        assert all(one.hotkey for one in classes)
        assert len({one.hotkey for one in classes}) == len(classes)
