"""Labels on real storage, with records on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from querist.catalog import AssetQuery, Catalog, Settings, run
from querist.catalog.records import NewTask
from querist.errors import ConflictError, InvalidInputError, NotFoundError, UnknownNameError
from querist.labeling import Labels, OntologyChanges
from querist.schema import (
    Action,
    Arm,
    Candidate,
    ClassesValue,
    ClassValue,
    NumberValue,
    Origin,
    Role,
    Round,
    Selected,
    SplitClass,
    Step,
    TaskState,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def catalog(records_url: str, tmp_path: Path) -> Iterator[Catalog]:
    """Twelve texts, two classes, an hour of labelling at 36."""
    settings = Settings.of(
        name="shop",
        media="text",
        classes=["boot", "shirt"],
        records=records_url,
        policy={"hourly_cost": 36.0},
    )
    made = Catalog.create(tmp_path / "shop", settings)
    made.assets.ingest(Candidate(id=f"img-{i}", text=f"text {i}") for i in range(12))
    yield made
    made.close()


@pytest.fixture
def labels(catalog: Catalog) -> Labels:
    """Its labels."""
    return Labels(catalog)


def ask(catalog: Catalog, *asset_ids: str, number: int = 1, arms=(Arm.ACTIVE,)) -> Round:
    """Open a round that asks about the assets, and collects."""
    planned = Round(number=number, step=Step.SELECT, plan=None, started_at=NOW)
    catalog.records.rounds.add(planned)
    collecting = Round(number=number, step=Step.COLLECT, plan=None, started_at=NOW)
    catalog.records.rounds.select(
        collecting,
        expected_step=Step.SELECT,
        selected=[
            Selected(
                round=number,
                arm=arm,
                asset_id=asset_id,
                rank=i,
                score=None,
                propensity=None,
                reason=f"{arm.value} wants {asset_id}.",
            )
            for arm in arms
            for i, asset_id in enumerate(asset_ids)
        ],
        tasks=[
            NewTask(asset_id=asset_id, arms=tuple(arms), priority=-i)
            for i, asset_id in enumerate(asset_ids)
        ],
    )
    return collecting


def spent(catalog: Catalog) -> dict[str, float]:
    """What labelling cost, by unit."""
    rows = [row for row in catalog.records.ledger.totals() if row["kind"] == "label"]
    return {row["unit"]: row["quantity"] for row in rows if row["quantity"]}


def test_class_name_becomes_a_label(labels: Labels) -> None:
    """A plain class name is stored as a class value of version 1 by a person."""
    entry = labels.submit("img-7", "boot", annotator="ana", seconds=2.5)
    assert entry.value == ClassValue(name="boot")
    assert (entry.version, entry.origin, entry.seconds) == (1, Origin.PERSON, 2.5)
    assert labels.current("img-7") == entry
    assert labels.history("img-7") == [entry]
    assert labels.recent("ana") == [entry]


def test_unknown_asset_offers_the_nearest(labels: Labels) -> None:
    """A mistyped id is refused with the ids that are most like it."""
    with pytest.raises(NotFoundError, match=r"'img_11'.*Did you mean img-11") as caught:
        labels.submit("img_11", "boot", annotator="ana")
    assert caught.value.details["near"][0] == "img-11"


def test_unknown_class_offers_the_nearest(labels: Labels) -> None:
    """A mistyped class is refused with the classes that are most like it."""
    with pytest.raises(UnknownNameError, match=r"'boots'.*boot"):
        labels.submit("img-1", "boots", annotator="ana")
    assert labels.current("img-1") is None


@pytest.mark.parametrize(
    "label", [3.5, True, None, ["boot"], ClassesValue(names=("boot",)), NumberValue(number=1)]
)
def test_label_of_another_kind_is_refused(labels: Labels, label: object) -> None:
    """What is no single class does not fit a classification."""
    with pytest.raises(InvalidInputError):
        labels.submit("img-1", label, annotator="ana")  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [-1.0, 86_401, 1e308, float("nan"), float("inf")])
def test_impossible_working_time_is_refused(labels: Labels, seconds: float) -> None:
    """Working time is 0 s to a day: sums of it are told, and must stay numbers."""
    with pytest.raises(InvalidInputError, match=r"working time.*milliseconds"):
        labels.submit("img-1", "boot", annotator="ana", seconds=seconds)


@pytest.mark.parametrize("label", ["boot", np.str_("boot")])
def test_a_text_of_numpy_is_a_class(labels: Labels, label: str) -> None:
    """What comes out of an array is stored as Python's own text."""
    stored = labels.submit("img-1", label, annotator="ana")
    assert isinstance(stored.value, ClassValue)
    assert type(stored.value.name) is str


def test_bad_annotator_name_is_refused(labels: Labels, catalog: Catalog) -> None:
    """A name with a line break is refused before anything is written."""
    with pytest.raises(InvalidInputError, match="annotator name"):
        labels.submit("img-1", "boot", annotator="ana\n")
    assert catalog.records.annotators.list() == []


def test_annotator_is_made_known(labels: Labels, catalog: Catalog) -> None:
    """Whoever labels first is known afterwards, with the role of an annotator."""
    labels.submit("img-1", "boot", annotator="ana")
    assert [(a.name, a.role) for a in catalog.records.annotators.list()] == [
        ("ana", Role.ANNOTATOR)
    ]


def test_stale_version_is_a_conflict(labels: Labels, catalog: Catalog) -> None:
    """Who saw an older label changes nothing, and pays nothing."""
    labels.submit("img-1", "boot", annotator="ana", expected_version=0)
    with pytest.raises(ConflictError):
        labels.submit("img-1", "shirt", annotator="ben", expected_version=0)
    current = labels.current("img-1")
    assert current is not None
    assert current.value == ClassValue(name="boot")
    assert spent(catalog) == {"labels": 1}
    assert labels.submit("img-1", "shirt", annotator="ben", expected_version=1).version == 2


def test_same_submission_is_stored_and_booked_once(labels: Labels, catalog: Catalog) -> None:
    """Sending a submission again gives back the stored entry, even with a stale version."""
    first = labels.submit(
        "img-1", "boot", annotator="ana", submission_id="s1", seconds=10, expected_version=0
    )
    again = labels.submit(
        "img-1", "boot", annotator="ana", submission_id="s1", seconds=10, expected_version=0
    )
    assert again == first
    assert len(labels.history("img-1")) == 1
    assert spent(catalog) == {"labels": 1, "seconds": 10, "money": pytest.approx(0.1)}


def test_same_submission_at_once_is_booked_once(labels: Labels, catalog: Catalog) -> None:
    """Eight tries of one submission at the same moment cost one label."""
    start = threading.Barrier(8)

    def send() -> None:
        start.wait()
        labels.submit("img-1", "boot", annotator="ana", submission_id="s1", seconds=1)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(labels.history("img-1")) == 1
    assert spent(catalog)["labels"] == 1


def test_own_hourly_cost_goes_before_the_project(labels: Labels, catalog: Catalog) -> None:
    """Money is the annotator's own hourly cost times the time, where it is known."""
    catalog.records.annotators.ensure("vendor", hourly_cost=72.0)
    labels.submit("img-1", "boot", annotator="vendor", seconds=50)
    assert spent(catalog)["money"] == pytest.approx(1.0)


def test_skip_and_cannot_tell_cost_time_but_no_label(labels: Labels, catalog: Catalog) -> None:
    """A decision without a label books its seconds only, and keeps its reason."""
    skipped = labels.skip("img-1", annotator="ana", reason="blurred", seconds=3)
    told = labels.cannot_tell("img-2", annotator="ana", seconds=4)
    assert (skipped.action, skipped.value, skipped.reason) == (Action.SKIP, None, "blurred")
    assert told.action is Action.CANNOT_TELL
    assert spent(catalog) == {"seconds": 7, "money": pytest.approx(0.07)}


def test_label_finishes_its_task(labels: Labels, catalog: Catalog) -> None:
    """A label with its task ends it and carries its round; the ledger knows the arm."""
    ask(catalog, "img-1", "img-2", arms=(Arm.CONTROL,))
    task = catalog.records.tasks.lease("ana", count=1, seconds=60)[0]
    entry = labels.submit("img-1", "boot", annotator="ana", task_id=task.id)
    assert entry.round == 1
    assert catalog.records.tasks.get(task.id).state is TaskState.DONE
    assert [row["arm"] for row in catalog.records.ledger.list(1)] == ["control"]


def test_label_without_naming_the_task_finishes_it_too(labels: Labels, catalog: Catalog) -> None:
    """A label given from a notebook ends the task that asks for the asset."""
    ask(catalog, "img-1")
    entry = labels.submit("img-1", "boot", annotator="ana")
    assert entry.round == 1
    assert catalog.records.tasks.open(1) == []


def test_label_without_any_task_is_fine(labels: Labels) -> None:
    """Nobody has to ask for a label."""
    assert labels.submit("img-1", "boot", annotator="ana").round is None


def test_task_of_another_asset_is_refused(labels: Labels, catalog: Catalog) -> None:
    """A label cannot finish a task that asks about another asset."""
    ask(catalog, "img-1")
    task = catalog.records.tasks.open(1)[0]
    with pytest.raises(InvalidInputError):
        labels.submit("img-2", "boot", annotator="ana", task_id=task.id)
    assert labels.current("img-2") is None


def test_undo_takes_the_label_and_its_cost_back(labels: Labels, catalog: Catalog) -> None:
    """After an undo the label before holds, the label spent is given back, the time is not."""
    labels.submit("img-1", "boot", annotator="ana", seconds=5)
    labels.submit("img-1", "shirt", annotator="ana", seconds=5)
    undone = labels.undo("img-1", "ana", submission_id="u1")
    assert undone.action is Action.UNDO
    assert undone.value == ClassValue(name="boot")
    assert labels.undo("img-1", "ana", submission_id="u1") == undone
    assert spent(catalog) == {"labels": 1, "seconds": 10, "money": pytest.approx(0.1)}


def test_undo_of_another_person_is_a_conflict(labels: Labels) -> None:
    """Nobody takes back what somebody else decided."""
    labels.submit("img-1", "boot", annotator="ana")
    with pytest.raises(ConflictError):
        labels.undo("img-1", "ben")


def test_undo_of_nothing_is_refused(labels: Labels) -> None:
    """An asset without a decision has nothing to take back."""
    with pytest.raises(InvalidInputError):
        labels.undo("img-1", "ana")


def test_import_is_the_same_twice_as_once(labels: Labels, catalog: Catalog) -> None:
    """Importing again stores nothing new and costs nothing."""
    pairs = [("img-1", "boot"), ("img-2", "shirt")]
    assert labels.import_many(pairs, "import") == 2
    assert labels.import_many(pairs, "import") == 0
    assert spent(catalog) == {}
    current = labels.current("img-1")
    assert current is not None
    assert current.origin is Origin.IMPORT


def test_import_never_replaces_what_a_person_said(labels: Labels) -> None:
    """A correction by a person outlives a second import; an older import is replaced."""
    labels.import_many([("img-1", "boot"), ("img-2", "boot"), ("img-3", "boot")], "import")
    labels.submit("img-1", "shirt", annotator="ana")
    labels.skip("img-2", annotator="ana")
    pairs = [("img-1", "boot"), ("img-2", "boot"), ("img-3", "shirt")]
    assert labels.import_many(pairs, "import") == 1
    held = [labels.current(f"img-{i}") for i in (1, 2, 3)]
    assert [entry and entry.value for entry in held] == [
        ClassValue(name="shirt"),
        None,
        ClassValue(name="shirt"),
    ]


def test_import_of_unknown_assets_stores_nothing(labels: Labels) -> None:
    """One unknown id refuses the import, unless unknown ones may be passed over."""
    pairs = [("img-1", "boot"), ("nobody", "boot")]
    with pytest.raises(NotFoundError, match="nobody"):
        labels.import_many(pairs, "import")
    assert labels.current("img-1") is None
    assert labels.import_many(pairs, "import", skip_unknown=True) == 1


def test_import_of_unknown_classes_stores_nothing(labels: Labels) -> None:
    """One unknown class refuses the import."""
    with pytest.raises(UnknownNameError, match="sandal"):
        labels.import_many([("img-1", "boot"), ("img-2", "sandal")], "import")
    assert labels.current("img-1") is None


def test_known_labels_are_booked_as_labels(labels: Labels, catalog: Catalog) -> None:
    """Known labels that stand in for people count against the budget of labels."""
    pairs = [(f"img-{i}", "boot") for i in range(5)]
    labels.import_many(pairs, "known-labels", origin=Origin.ORACLE)
    assert spent(catalog) == {"labels": 5}
    assert catalog.records.annotators.get("known-labels").role is Role.MODEL


def test_labels_of_other_tasks_are_understood(tmp_path: Path) -> None:
    """Several names label a multi-label task and a number a regression; odd ones are refused."""
    for task, given, wanted, bad in (
        ("multi_label", ["b", "a"], ClassesValue(names=("b", "a")), ["a", "a"]),
        ("regression", "2.5", NumberValue(number=2.5), float("nan")),
        ("regression", np.float32(2.5), NumberValue(number=2.5), np.float32("nan")),
        ("regression", np.int64(2), NumberValue(number=2.0), np.bool_(True)),
    ):
        classes = ["a", "b"] if task == "multi_label" else []
        settings = Settings.of(name=task, task=task, media="text", classes=classes)
        made = Catalog.create(tmp_path / f"{task} {type(given).__name__}", settings)
        made.assets.ingest([Candidate(id="x", text="x")])
        labels = Labels(made)
        assert labels.submit("x", given, annotator="ana").value == wanted
        assert labels.current("x") is not None
        assert labels.history("x")[0].value == wanted
        with pytest.raises(InvalidInputError):
            labels.submit("x", bad, annotator="ana")
        made.close()


@pytest.fixture
def sets(tmp_path: Path) -> Iterator[Catalog]:
    """Four texts whose labels are sets of three classes; two have one."""
    settings = Settings.of(
        name="sets", media="text", task="multi_label", classes=["boot", "shirt", "bag"]
    )
    made = Catalog.create(tmp_path / "sets", settings)
    made.assets.ingest(Candidate(id=f"img-{i}", text=f"text {i}") for i in range(4))
    Labels(made).submit("img-0", ["boot", "bag"], annotator="ana")
    Labels(made).submit("img-1", [], annotator="ana")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("asset_id", "edit", "wanted"),
    [
        ("img-0", {"add": ["shirt"]}, ("boot", "shirt", "bag")),
        ("img-0", {"remove": ["boot"]}, ("bag",)),
        ("img-0", {"add": ["boot"]}, None),
        ("img-0", {"remove": ["shirt"]}, None),
        ("img-1", {"add": ["bag"]}, ("bag",)),
        ("img-2", {"add": ["bag", "boot"]}, ("boot", "bag")),
        ("img-2", {"remove": ["bag"]}, None),
    ],
)
def test_a_set_is_edited_class_by_class(sets: Catalog, asset_id: str, edit, wanted) -> None:
    """Others stay, the order is the ontology's, and what would change nothing is not stored."""
    before = len(Labels(sets).history(asset_id))
    made = Labels(sets).edit_classes(asset_id, annotator="rita", **edit)
    assert (made and made.value.names) == wanted
    assert len(Labels(sets).history(asset_id)) == before + (wanted is not None)


def test_class_edits_refuse_what_they_cannot_mean(sets: Catalog, labels: Labels) -> None:
    """A class nobody knows, a task without sets, and a set with a class that was split."""
    with pytest.raises(UnknownNameError):
        Labels(sets).edit_classes("img-0", add=["boots"], annotator="rita")
    with pytest.raises(InvalidInputError, match="sets"):
        labels.edit_classes("img-0", add=["boot"], annotator="rita")
    OntologyChanges(sets).apply(SplitClass(name="boot", into=("left", "right")), author="olga")
    with pytest.raises(ConflictError, match="split"):
        Labels(sets).edit_classes("img-0", add=["bag"], annotator="rita")
    assert run(sets, AssetQuery(label=("bag",))).ids == []
    assert run(sets, AssetQuery(state="labeled")).ids == ["img-1"]
