"""What the figures say, and what is asked, after the classes of a project have changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from querist import Project
from querist.errors import InvalidInputError
from querist.labeling import KnownLabels
from querist.loop.evaluating import ceiling
from querist.schema import (
    Action,
    AddClass,
    MergeClasses,
    OntologyChange,
    RenameClass,
    RetireClass,
    SplitClass,
)

ROWS = np.random.default_rng(0).normal(size=(120, 3))


@pytest.fixture(scope="module")
def after_two_rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of sets of a and b after two rounds, audit and control labelled."""
    folder = tmp_path_factory.mktemp("made") / "sets"
    with Project.create(
        folder,
        task="multi_label",
        media="table",
        classes=["a", "b"],
        policy={"batch_size": 20, "audit_size": 20, "control_share": 0.5},
    ) as project:
        rows = ROWS.tolist()
        project.add(
            [
                {"id": f"r{i:03}", **{f"x{j}": value for j, value in enumerate(row)}}
                for i, row in enumerate(rows)
            ]
        )
        for _ in range(2):
            project.next_round()
            _answer(project, {"a": "a", "b": "b"})
            project.finish_round()
    return folder


@pytest.fixture
def sets(after_two_rounds: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for one test."""
    with Project.open(Path(shutil.copytree(after_two_rounds, tmp_path / "sets"))) as opened:
        yield opened


def _answer(project: Project, called: dict[str, str], count: int = 500) -> int:
    """Label what the queue serves: each class where its column is above zero; returns how many."""
    items = project.queue.next("ana", count).items
    for item in items:
        row = ROWS[int(item.asset.id[1:])]
        names = [called[name] for name, value in zip("ab", row, strict=False) if value > 0]
        project.labels.submit(item.asset.id, names, annotator="ana", task_id=item.task.id)
    return len(items)


def test_labels_that_a_split_asks_for_again_are_open_tasks(sets: Project) -> None:
    """They count and are told without an open round, and beside the labels of one that is open."""
    assert sets.status().open_tasks == 0
    asked = sets.ontology_changes.apply(SplitClass(name="a", into=("a1", "a2")), author="mia").tasks
    status = sets.status()
    assert status.open_tasks == asked > 10
    assert (status.current_round, status.round_tasks) == (None, 0)
    assert status.sentence.startswith(f"{asked} labels are asked again. ")

    sets.next_round(10)
    status = sets.status()
    in_round = len(sets.catalog.records.tasks.open(3))
    assert (status.open_tasks, status.round_tasks) == (asked + in_round, in_round)
    assert status.sentence.startswith(
        f"Round 3 waits for {in_round} labels. {asked} labels are asked again. So far: "
    )
    assert _answer(sets, {"a": "a1", "b": "b"}) == asked + in_round
    status = sets.status()
    assert (status.open_tasks, status.round_tasks) == (0, 0)
    assert "again" not in status.sentence


def test_sets_that_name_a_split_class_are_no_labels_until_they_are_answered(sets: Project) -> None:
    """What is trained on and audited is what a model learns and is measured on."""
    before = sets.status()
    asked = sets.ontology_changes.apply(SplitClass(name="a", into=("a1", "a2")), author="mia").tasks
    status = sets.status()
    assert sets.train().label_count == status.trained_on < before.trained_on
    assert status.labeled == before.labeled - asked
    assert status.audit_labeled == status.curve.active[-1].accuracy.count < before.audit_labeled
    _answer(sets, {"a": "a1", "b": "b"})
    status = sets.status()
    assert (status.labeled, status.trained_on) == (before.labeled, before.trained_on)
    assert status.audit_labeled == before.audit_labeled == 20


def test_a_figure_of_part_of_the_audit_says_how_many_are_asked_again(sets: Project) -> None:
    """After a split the figure rests on the members that still read as labels, and says so."""
    assert "asked again" not in sets.status().sentence
    sets.ontology_changes.apply(SplitClass(name="a", into=("a1", "a2")), author="mia")
    status = sets.status()
    read = status.audit_labeled
    told = f"audit of {read}; {20 - read} more are asked again since classes changed."
    assert told in status.sentence


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Project]:
    """Rows of three classes that a column knows, after a round that it answered."""
    policy = {"batch_size": 12, "audit_size": 15, "control_share": 0.0}
    with Project.create(
        tmp_path / "known", media="table", classes="abc", policy=policy, oracle_column="kind"
    ) as project:
        centres = 4 * np.eye(3)[np.arange(90) % 3]
        rows = (centres + ROWS[:90]).tolist()
        project.add(
            [
                {"id": f"r{i}", "x": row[0], "y": row[1], "z": row[2], "kind": "abc"[i % 3]}
                for i, row in enumerate(rows)
            ]
        )
        project.oracle(1)
        yield project


def _change(project: Project, *changes: OntologyChange) -> None:
    for change in changes:
        project.ontology_changes.apply(change, author="mia")


def test_known_labels_follow_classes_that_were_renamed_and_merged(known: Project) -> None:
    """The known labels answer, the repeats run and the best to reach stays as it was."""
    before = ceiling(known.catalog)
    _change(known, RenameClass(name="c", to="see"), RenameClass(name="see", to="sea"))
    assert before is not None
    assert ceiling(known.catalog) == before
    assert known.oracle(1) > 0
    assert known.experiments.run("repeated", seeds=2, rounds=2).seeds == (0, 1)
    _change(known, MergeClasses(names=("b", "sea"), into="both"))
    assert known.oracle(1) > 0
    after = ceiling(known.catalog)
    assert after is not None
    assert after.labels == before.labels == 75
    codes, _ = KnownLabels(known.catalog).codes()
    names = known.ontology.names
    assert [names[code] for code in codes[:3].tolist()] == ["a", "both", "both"]


def test_known_labels_of_a_split_class_are_refused_before_a_round(known: Project) -> None:
    """Nobody knows which part it is, also where one part has the old name; nothing is begun."""
    _change(known, SplitClass(name="c", into=("c", "d")))
    rounds = len(known.rounds.list())
    told = r"'c' was split into c, d: nobody knows which it is"
    with pytest.raises(InvalidInputError, match=told + r"\. \d+ assets without a label"):
        known.oracle(1)
    assert len(known.rounds.list()) == rounds
    with pytest.raises(InvalidInputError, match=r"30 of 90 assets have no known label\. " + told):
        known.experiments.run("repeated", seeds=2, rounds=2)
    with pytest.raises(InvalidInputError, match=told):
        ceiling(known.catalog)


def test_known_labels_of_a_retired_class_answer_nothing_and_say_so(known: Project) -> None:
    """Its tasks are closed as what nobody can tell; added again it is what the column means."""
    _change(known, RetireClass(name="c"))
    known.next_round(20, strategy="random")
    known.oracle(1)
    said = [it for it in known.catalog.records.labels.currents() if it.round == 2]
    closed = {it.reason for it in said if it.action is Action.CANNOT_TELL}
    assert closed == {"The class 'c' was retired."}
    assert known.experiments.run("repeated", seeds=2, rounds=2).seeds == (0, 1)
    best = ceiling(known.catalog)
    assert best is not None
    assert best.labels < 75
    _change(known, AddClass(name="c"))
    codes, _ = KnownLabels(known.catalog).codes()
    assert known.ontology.names[codes[2]] == "c"
