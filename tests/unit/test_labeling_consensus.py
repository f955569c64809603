"""Consensus over all opinions: made anew by a method, taken back, and never over a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import Catalog, Settings
from querist.catalog.records import NewTask
from querist.errors import InvalidInputError, UnknownNameError
from querist.labeling import Labels, Opinions
from querist.labeling.consensus import majority
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassesValue,
    ClassValue,
    NumberValue,
    Opinion,
    Role,
    Round,
    Step,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLASSES = ["boot", "shirt", "bag"]
ASSETS = 40
SURE = ("ana", "bob")
POOR = ("eve", "fay", "gil")


def said(*values, action: Action = Action.LABEL) -> list[Opinion]:
    """One opinion a value."""
    return [
        Opinion(
            seq=i, asset_id="x", annotator=f"p{i}", version=1, action=action, value=value,
            seconds=None, reason=None, round=1, ontology_version=1, prelabel=None, model_id=None,
            submission_id=f"s{i}", task_id=None, gold=False, created_at=NOW,
        )
        for i, value in enumerate(values)
    ]  # fmt: skip


def names(*words: str) -> list[ClassValue]:
    """The classes as values."""
    return [ClassValue(name=word) for word in words]


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Forty texts that are asked of five people each."""
    settings = Settings.of(name="shop", media="text", classes=CLASSES, records=records_url)
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"t{i:02}", text=f"text {i}") for i in range(ASSETS))
    made.records.rounds.add(Round(number=1, step=Step.SELECT, plan=None, started_at=NOW))
    made.records.rounds.select(
        Round(number=1, step=Step.COLLECT, plan=None, started_at=NOW),
        expected_step=Step.SELECT,
        selected=[],
        tasks=[
            NewTask(asset_id=f"t{i:02}", arms=(Arm.ACTIVE,), priority=-i, opinions=5)
            for i in range(ASSETS)
        ],
    )
    yield made
    made.close()


def answer(catalog: Catalog) -> dict[str, str]:
    """Two are always right, three mostly say the same wrong class; gives the truth by asset."""
    rng = np.random.default_rng(3)
    truth = {f"t{i:02}": CLASSES[i % 3] for i in range(ASSETS)}
    labels = Labels(catalog)
    for asset_id, right in truth.items():
        for name in SURE:
            labels.submit(asset_id, right, annotator=name)
        for name in POOR:
            wrong = CLASSES[(CLASSES.index(right) + 1) % 3]
            labels.submit(asset_id, right if rng.random() < 0.35 else wrong, annotator=name)
    return truth


def share_right(catalog: Catalog, truth: dict[str, str]) -> float:
    """How many of the labels that hold are right."""
    pairs = zip(*catalog.records.labels.values(), strict=True)
    return float(np.mean([truth[asset_id] == name for asset_id, name in pairs]))


def test_a_method_that_weighs_annotators_corrects_the_majority(catalog):
    """Dawid-Skene sees through three who err alike; the run can be taken back and done again."""
    truth = answer(catalog)
    opinions, log = Opinions(catalog), catalog.records.labels
    first = share_right(catalog, truth)
    run = opinions.recompute("dawid-skene")
    better = share_right(catalog, truth)
    assert (run.assets, first < 0.8, better > first + 0.1) == (ASSETS, True, True)
    changed = [entry for entry in log.currents() if entry.annotator == "dawid-skene"]
    assert len(changed) == run.changed > 0
    assert catalog.records.annotators.get("dawid-skene").role is Role.MODEL
    assert opinions.recompute("dawid-skene").changed == 0
    assert opinions.take_back(run.run) == run.changed
    assert opinions.take_back(run.run) == 0
    assert share_right(catalog, truth) == first
    actions = [entry.action for entry in log.history(changed[0].asset_id)]
    assert actions == [Action.LABEL, Action.LABEL, Action.UNDO]
    assert opinions.recompute("dawid-skene").changed == run.changed
    assert share_right(catalog, truth) == better


def test_a_preview_tells_what_a_run_would_change_and_writes_nothing(catalog):
    """The assets, what holds and what would: exactly those that the run then changes."""
    answer(catalog)
    labels, opinions, log = Labels(catalog), Opinions(catalog), catalog.records.labels
    labels.submit("t00", "bag", annotator="rev")
    labels.undo("t01", "ana")
    held = {entry.asset_id: entry for entry in log.currents()}
    changes = opinions.preview("dawid-skene")
    assert {entry.asset_id: entry for entry in log.currents()} == held
    assert not {"t00", "t01"} & {it.asset_id for it in changes}
    assert all(it.before == held[it.asset_id].value != it.after for it in changes)
    assert opinions.recompute("dawid-skene").changed == len(changes) > 0
    after = {entry.asset_id: entry.value for entry in log.currents()}
    assert all(after[it.asset_id] == it.after for it in changes)
    assert opinions.preview("dawid-skene") == []


def test_what_a_person_decided_and_what_still_waits_is_left_alone(catalog):
    """A run writes no label over a reviewer's, and none for an asset with a task to do."""
    answer(catalog)
    catalog.records.annotators.ensure("rev", Role.REVIEWER)
    labels = Labels(catalog)
    labels.submit("t00", "bag", annotator="rev")
    labels.undo("t01", "ana")
    Opinions(catalog).recompute("dawid-skene")
    assert labels.current("t00").annotator == "rev"
    assert labels.current("t01").value is None
    assert Opinions(catalog).consensus("t00") is None
    assert Opinions(catalog).consensus("t02").origin.value == "consensus"


@pytest.mark.parametrize("method", ["glad", "majority"])
def test_other_methods_write_in_their_own_name(catalog, method):
    """Each label that a run changes carries the method's name; majority changes nothing."""
    answer(catalog)
    run = Opinions(catalog).recompute(method)
    own = [it for it in catalog.records.labels.currents() if it.annotator == method]
    assert len(own) == (ASSETS if method == "majority" else run.changed)
    assert run.changed == 0 if method == "majority" else run.changed >= 0


def test_an_unknown_method_is_named_with_those_that_exist(catalog):
    """A typing error offers the nearest method."""
    with pytest.raises(UnknownNameError, match="dawid") as caught:
        Opinions(catalog).recompute("dawid-skeen")
    assert "dawid-skene" in caught.value.remedy


def test_crowdlab_without_embeddings_says_so(catalog):
    """The method that needs a model is refused where nothing is embedded."""
    answer(catalog)
    with pytest.raises(InvalidInputError, match="embeddings"):
        Opinions(catalog).recompute("crowdlab")


def test_disputes_are_what_a_reviewer_has_to_decide(catalog):
    """A tie is a dispute until somebody decides; an asset that waits is none."""
    labels, opinions = Labels(catalog), Opinions(catalog)
    for name, label in zip((*SURE, *POOR), ("boot", "boot", "bag", "bag", "shirt"), strict=True):
        labels.submit("t00", label, annotator=name)
    labels.submit("t01", "boot", annotator="ana")
    labels.submit("t01", "bag", annotator="bob")
    [dispute] = opinions.disputes()
    assert (dispute.asset_id, len(dispute.opinions)) == ("t00", 5)
    catalog.records.annotators.ensure("rev", Role.REVIEWER)
    labels.submit("t00", "boot", annotator="rev")
    assert opinions.disputes() == []


def test_the_reports_tell_good_annotators_from_poor_ones(catalog):
    """Shares of agreement with the labels of Dawid-Skene, and kappas of pairs, follow the skill."""
    answer(catalog)
    Opinions(catalog).recompute("dawid-skene")
    found = Opinions(catalog).agreement()
    share = {it.annotator: it.agreement for it in found.annotators}
    assert min(share[name] for name in SURE) > max(share[name] for name in POOR)
    kappa = {(it.first, it.second): it.kappa for it in found.pairs}
    assert kappa["ana", "bob"] == 1.0
    assert kappa["ana", "eve"] < 0.5
    assert (found.assets, found.opinions, len(kappa)) == (ASSETS, 5 * ASSETS, 10)


def test_the_majority_of_classes_sets_and_numbers():
    """Sets are equal in any order, numbers give the median, ties and skips decide as stated."""
    assert majority(said(*names("boot", "bag", "boot"))).value == ClassValue(name="boot")
    assert majority(said(*names("boot", "bag"))) is None
    sets = [ClassesValue(names=it) for it in (("a", "b"), ("b", "a"), ("c",))]
    assert set(majority(said(*sets)).value.names) == {"a", "b"}
    numbers = said(*(NumberValue(number=it) for it in (1.0, 9.0, 2.0)))
    assert majority(numbers).value == NumberValue(number=2.0)
    skips = said(None, None, action=Action.SKIP)
    assert majority(skips).action is Action.SKIP
    mixed = [*said(None, action=Action.SKIP), *said(None, action=Action.CANNOT_TELL)]
    assert majority(mixed).action is Action.CANNOT_TELL
    assert majority([*skips, *said(*names("bag"))]).value == ClassValue(name="bag")
