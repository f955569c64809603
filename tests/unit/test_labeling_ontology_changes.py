"""Changing the classes while people label, with records on SQLite and on PostgreSQL."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from querist import Project
from querist.catalog import AssetQuery, Settings, run
from querist.catalog.records import Records
from querist.cli.app import app
from querist.errors import ConflictError, InvalidInputError, UnknownNameError
from querist.loop import snapshot
from querist.schema import (
    AddClass,
    Arm,
    ClassValue,
    MergeClasses,
    Ontology,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
)

CLASSES = ("boot", "sandal", "shirt")
COUNT = 60


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def trained_shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """Sixty rows in three clusters, two rounds, on each kind of database; and its name there."""
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    database = server.new_database() if server else ""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i:02}", "x": float(x), "y": float(y), "kind": CLASSES[i % 3]}
        for i, (x, y) in enumerate(rng.normal(0, 0.3, (COUNT, 2)) + _centres())
    ]
    folder = tmp_path_factory.mktemp("trained") / "shop"
    with Project.create(
        folder,
        media="table",
        classes=CLASSES,
        records=server.url(database) if server else "records.db",
        oracle_column="kind",
        policy={"batch_size": 12, "audit_size": 12, "control_share": 0.5},
    ) as made:
        made.add(rows, id_column="id")
        made.oracle(rounds=2)
    yield folder, database
    if server:
        server.drop_database(database)


@pytest.fixture
def project(
    trained_shop: tuple[Path, str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Project]:
    """A copy of it, with all records, for one test."""
    template, database = trained_shop
    folder = Path(shutil.copytree(template, tmp_path / "shop"))
    server = request.getfixturevalue("postgres_server") if database else None
    copy = server.new_database(database) if server else ""
    if server:
        replace(Settings.read(folder), records=server.url(copy)).write(folder)
    with Project.open(folder) as opened:
        yield opened
    if server:
        server.drop_database(copy)


def _centres() -> np.ndarray:
    return np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])[np.arange(COUNT) % 3]


def trained(project: Project) -> dict[str, int]:
    """How many labels the active arm trains on, by class now."""
    seen = snapshot.take(project.catalog)
    codes = seen.codes[seen.training(Arm.ACTIVE)]
    return {name: int((codes == i).sum()) for i, name in enumerate(project.ontology.names)}


def history(project: Project) -> list[str]:
    """The whole label log in words."""
    return [str(entry) for entry in project.catalog.records.labels.since(0, 10_000)]


def test_a_renamed_class_keeps_its_labels_model_and_figures(project) -> None:
    """Nothing is written to the log; training, grid, export and audit speak of the new name."""
    before, log, point = trained(project), history(project), project.status().curve.active[-1]
    seen = project.ontology_changes.apply(RenameClass(name="boot", to="wellington"), author="mia")
    assert seen.labels > before["boot"]
    assert (seen.undecided, seen.set_aside, seen.tasks) == (0, 0, 0)
    assert trained(project) == {
        "wellington": before["boot"],
        "sandal": before["sandal"],
        "shirt": before["shirt"],
    }
    assert history(project) == log
    assert project.status().curve.active[-1] == point
    page = run(project.catalog, AssetQuery(label=("wellington",)))
    assert page.total == seen.labels
    asset = page.ids[0]
    assert project.labels.current(asset).value == ClassValue(name="boot")
    assert project.labels.read(asset).value == ClassValue(name="wellington")
    with pytest.raises(UnknownNameError):
        project.labels.submit(asset, "boot", annotator="ana")


@pytest.mark.parametrize("name", ["a" * 201, "boot\nsandal", "tab\tbed", " ", " clog", "boot "])
def test_a_new_class_has_a_name_that_people_can_read(project, name) -> None:
    """Names too long, blank or with control characters are refused, and nothing changes."""
    for change in (AddClass(name=name), RenameClass(name="boot", to=name)):
        with pytest.raises(InvalidInputError, match=r"too long or holds control|no name|a blank"):
            project.ontology_changes.apply(change, author="mia")
    assert project.ontology.names == CLASSES


def test_class_names_of_a_new_project_neither_begin_nor_end_with_a_blank(tmp_path) -> None:
    """They would look alike; an earlier project that has one opens, and can rename it."""
    with pytest.raises(InvalidInputError, match=r"'a ' begins or ends with a blank") as refused:
        Project.create(tmp_path / "new", media="text", classes=["a", "a "])
    assert refused.value.remedy == "Write 'a'."
    assert not (tmp_path / "new" / "querist.toml").exists()

    old = Settings.of(name="old", media="text", classes=["a", "b"])
    Project.create(tmp_path / "old", media="text", classes=["a", "b"]).close()
    replace(old, classes=("a", "a ")).write(tmp_path / "old")
    with pytest.raises(InvalidInputError, match="begins or ends with a blank"):
        Project.open(tmp_path / "old")

    records = Records("records.db", tmp_path / "old")
    records.ontologies.put(Ontology.of("classification", ["a", "b", "a "], version=2))
    records.close()
    with Project.open(tmp_path / "old") as project:
        project.ontology_changes.apply(RenameClass(name="a ", to="c"), author="mia")
        assert project.ontology.names == ("a", "b", "c")


def test_merged_classes_are_one_for_training_and_for_earlier_rounds(project) -> None:
    """The old models are measured again: what they confused within the merger is right now."""
    before = trained(project)
    project.ontology_changes.apply(MergeClasses(names=("boot", "sandal"), into="shoe"), author="m")
    assert trained(project) == {
        "shoe": before["boot"] + before["sandal"],
        "shirt": before["shirt"],
    }
    status = project.status()
    stored = project.catalog.records.rounds.list()
    for arm, points in ((Arm.ACTIVE, status.curve.active), (Arm.CONTROL, status.curve.control)):
        at_the_time = [e.accuracy.value for r in stored for e in r.evaluations if e.arm is arm]
        assert [p.accuracy.value for p in points] >= at_the_time
    model = project.train()
    assert model.classes == ("shoe", "shirt")
    assert model.ontology_version == project.ontology.version


def test_a_split_asks_for_its_labels_again_the_most_doubtful_first(project) -> None:
    """They stay in the log, train nothing until they are answered, and the others stay as is."""
    before, log = trained(project), history(project)
    preview = project.ontology_changes.preview(SplitClass(name="boot", into=("boot", "clog")))
    assert project.ontology.version == 1
    done = project.ontology_changes.apply(
        SplitClass(name="boot", into=("boot", "clog")), author="mia", expected_version=1
    )
    assert done == preview
    assert done.undecided == done.tasks > before["boot"]
    assert history(project) == log
    assert trained(project) == {"boot": 0, "clog": 0, **{k: before[k] for k in ("sandal", "shirt")}}
    page = project.queue.next("ana", 100)
    assert len(page.items) == done.tasks
    assert page.items[0].why.endswith("boot was split into boot, clog: which one is it?")
    priorities = [item.task.priority for item in page.items]
    assert priorities == sorted(priorities, reverse=True)
    first = page.items[0].asset.id
    project.labels.submit(first, "clog", annotator="ana")
    assert project.labels.read(first).value == ClassValue(name="clog")
    assert project.labels.read(page.items[1].asset.id).value is None


def test_a_retired_class_keeps_its_labels_but_nothing_trains_on_them(project, tmp_path) -> None:
    """It can be given no more, its assets are not asked again, and exports say what is missing."""
    before = trained(project)
    done = project.ontology_changes.apply(RetireClass(name="shirt"), author="mia")
    assert (done.set_aside, done.undecided, done.tasks) == (done.labels, 0, 0)
    assert trained(project) == {"boot": before["boot"], "sandal": before["sandal"]}
    seen = snapshot.take(project.catalog)
    shirts = run(project.catalog, AssetQuery(label=("shirt",), limit=500)).ids
    assert len(shirts) == done.labels
    assert not {seen.ids[i] for i in seen.candidates()} & set(shirts)
    with pytest.raises(UnknownNameError):
        project.labels.submit(shirts[0], "shirt", annotator="ana")
    report = project.export(tmp_path / "labels.csv")
    assert any(str(done.labels) in warning for warning in report.warnings)
    with (tmp_path / "labels.csv").open() as file:
        assert {row["label"] for row in csv.DictReader(file)} == {"boot", "sandal"}
    runner = CliRunner()
    command = ["export", str(tmp_path / "told.csv"), "--project", str(project.folder)]
    told = runner.invoke(app, command)
    assert f"{done.labels} labels are left out: the class was split or retired" in told.stderr
    kept = runner.invoke(app, [*command, "--earlier"])
    assert "left out" not in kept.output
    with (tmp_path / "told.csv").open() as file:
        assert [row["label"] for row in csv.DictReader(file)].count("shirt") == done.labels


@pytest.mark.parametrize(
    "change",
    [
        RenameClass(name="boot", to="wellington"),
        MergeClasses(names=("boot", "sandal"), into="shoe"),
        SplitClass(name="boot", into=("boot", "clog")),
        RetireClass(name="shirt"),
        AddClass(name="hat"),
    ],
    ids=lambda change: change.TYPE,
)
def test_every_change_can_be_undone_by_a_further_version(project, change) -> None:
    """Afterwards the same labels train the same classes; both changes are in the history."""
    before = trained(project)
    project.ontology_changes.apply(change, author="mia")
    undone = project.ontology_changes.apply(RevertOntology(version=1), author="mia")
    assert undone.after.version == 3
    assert trained(project) == before
    versions = project.ontology_changes.versions()
    assert [one.change for one in versions] == [None, change, RevertOntology(version=1)]
    assert versions[1].author == "mia"


def test_a_change_of_an_ontology_that_has_moved_on_is_refused(project) -> None:
    """Two managers cannot overwrite each other's change."""
    project.ontology_changes.apply(AddClass(name="hat"), author="mia", expected_version=1)
    with pytest.raises(ConflictError, match="version 2 by now, you saw 1"):
        project.ontology_changes.apply(AddClass(name="cap"), author="max", expected_version=1)
    assert project.ontology.names == (*CLASSES, "hat")


def test_rounds_go_on_after_a_change_and_replay_bit_for_bit(project) -> None:
    """A round before and one after the change draw the same assets again."""
    project.ontology_changes.apply(MergeClasses(names=("boot", "sandal"), into="shoe"), author="m")
    number = project.next_round().number
    assert project.replay(number)
    project.ontology_changes.apply(RevertOntology(version=1), author="mia")
    assert all(project.replay(i) for i in range(1, number + 1))


def test_the_file_does_not_bring_old_names_back(project) -> None:
    """Classes that were renamed or retired stay so when the project is opened again."""
    project.ontology_changes.apply(RenameClass(name="boot", to="wellington"), author="mia")
    project.ontology_changes.apply(RetireClass(name="shirt"), author="mia")
    with Project.open(project.folder) as again:
        assert again.ontology.names == ("wellington", "sandal")


def test_a_model_suggests_in_the_words_of_now(project) -> None:
    """Renamed classes are suggested by their new name, split ones not at all."""
    project.next_round()
    asked = {item.prelabel.name for item in project.queue.next("ana", 100).items if item.prelabel}
    assert "boot" in asked
    project.ontology_changes.apply(RenameClass(name="boot", to="wellington"), author="mia")
    project.ontology_changes.apply(SplitClass(name="shirt", into=("tee", "polo")), author="mia")
    items = project.queue.next("ana", 100).items
    names = {item.prelabel.name for item in items if item.prelabel}
    assert "wellington" in names
    assert names <= {"wellington", "sandal"}


def test_opinions_from_before_a_change_count_as_what_they_mean_now(records_url, tmp_path) -> None:
    """A renamed opinion agrees with one of the new name; of a split class none decides."""
    policy = {"batch_size": 4, "audit_size": 0, "control_share": 0.0, "overlap": 2}
    with Project.create(
        tmp_path / "shop",
        media="text",
        classes=CLASSES,
        records=records_url,
        policy={**policy, "overlap_share": 1.0},
    ) as project:
        project.add([{"id": f"t{i}", "text": f"text {i}"} for i in range(10)], id_column="id")
        project.next_round()
        first, second = (item.asset.id for item in project.queue.next("ana", 2).items)
        project.labels.submit(first, "boot", annotator="ana")
        project.labels.submit(second, "shirt", annotator="ana")
        change = project.ontology_changes.apply
        change(RenameClass(name="boot", to="wellington"), author="mia")
        change(SplitClass(name="shirt", into=("shirt", "polo")), author="mia")
        project.gold.add("t9", "wellington", created_by="rev")
        change(RenameClass(name="wellington", to="rain boot"), author="mia")
        project.queue.next("bob", 4)
        project.labels.submit(first, "rain boot", annotator="bob")
        project.labels.submit(second, "polo", annotator="bob")
        assert project.labels.current(first).value == ClassValue(name="rain boot")
        assert project.labels.current(second).value == ClassValue(name="polo")
        assert [it.agreement for it in project.opinions.agreement().annotators] == [1.0, 1.0]
        project.opinions.recompute("majority")
        assert project.labels.current(second).value == ClassValue(name="polo")


def test_labels_are_counted_by_what_they_mean_now(project, tmp_path) -> None:
    """A rename moves a class's count, a retirement drops it; a label of several counts for each."""
    before = project.ontology_changes.counts()
    assert sum(before.values()) == project.status().labeled
    project.ontology_changes.apply(RenameClass(name="boot", to="wellington"), author="mia")
    project.ontology_changes.apply(RetireClass(name="shirt"), author="mia")
    after = {"wellington": before["boot"], "sandal": before["sandal"]}
    assert project.ontology_changes.counts() == after
    with Project.create(
        tmp_path / "sets", task="multi_label", media="text", classes=CLASSES
    ) as sets:
        sets.add([{"id": f"t{i}", "text": f"words {i}"} for i in range(3)], id_column="id")
        sets.labels.submit("t0", ["boot", "sandal"], annotator="mia")
        sets.labels.submit("t1", ["sandal"], annotator="mia")
        sets.labels.submit("t2", [], annotator="mia")
        assert sets.ontology_changes.counts() == {"boot": 1, "sandal": 2}
