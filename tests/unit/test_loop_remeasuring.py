"""One curve is of one audit set: after assets joined it, earlier models are measured on it too."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from querist import Project
from querist.catalog import Catalog
from querist.loop import evaluating, remeasuring
from querist.loop.snapshot import Snapshot
from querist.schema import (
    Arm,
    Evaluation,
    MergeClasses,
    ModelVersion,
    NumberValue,
    RenameClass,
    Step,
)


def rows(count: int, *, first: int, turned: bool) -> list[dict[str, object]]:
    """Two classes, three apart; ``turned`` the other way round and elsewhere."""
    rng = np.random.default_rng(first)
    found = []
    for i, (x, y) in enumerate(rng.normal(size=(count, 2)), start=first):
        right = (i % 2 == 1) != turned
        place = {"x": float(x + 3 * right), "y": float(y + 4 * turned)}
        found.append({"id": f"r{i}", **place, "known": "ab"[i % 2]})
    return found


@pytest.fixture(scope="module")
def drifted_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds, then the pool grows by assets that read the other way round."""
    folder = tmp_path_factory.mktemp("drifted") / "p"
    policy = {"batch_size": 12, "audit_size": 30, "control_share": 0.5}
    with Project.create(
        folder, media="table", classes="ab", oracle_column="known", policy=policy
    ) as project:
        project.add(rows(150, first=0, turned=False), metadata_columns=["known"])
        project.oracle(2)
        project.add(rows(300, first=150, turned=True), metadata_columns=["known"])
    return folder


@pytest.fixture
def drifted(drifted_template: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for one test."""
    with Project.open(Path(shutil.copytree(drifted_template, tmp_path / "p"))) as opened:
        yield opened


def test_earlier_models_are_measured_on_the_audit_set_of_now(drifted: Project) -> None:
    """Rounds, curve and REST tell one audit set; the drift is no loss of a round's."""
    before = drifted.status().curve.active
    assert [it.accuracy.count for it in before] == [30, 30]
    for _ in range(4):
        drifted.oracle(1)
        status = drifted.status()
        count = status.audit_labeled
        for points in (status.curve.active, status.curve.control):
            assert {it.accuracy.count for it in points} == {count}
            assert len(points) == len(status.rounds)
        stored = [e.accuracy for it in drifted.rounds.list() for e in it.evaluations]
        assert {it.count for it in stored} == {count}
        assert status.left_out == 0
    assert count == 30
    assert len(drifted.catalog.records.rounds.audit_retired()) == 20
    assert status.curve.active[0].accuracy.value < before[0].accuracy.value - 0.2


def test_a_model_that_is_gone_has_no_point_on_another_audit_set(drifted: Project) -> None:
    """What cannot be measured again keeps its figures in the records and leaves the curve."""
    first = drifted.rounds.list()[0]
    shutil.rmtree(drifted.catalog.folder / "models" / str(first.control_model_id))
    drifted.oracle(1)
    curve = drifted.status().curve
    assert [it.round for it in curve.active] == [1, 2, 3]
    assert [it.round for it in curve.control] == [2, 3]
    stored = drifted.rounds.list()[0].evaluations
    assert stored[1] == first.evaluations[1]
    assert stored[0] != first.evaluations[0]


def test_an_active_model_that_is_gone_ends_no_later_round(drifted: Project) -> None:
    """Its errors say no more whether those of the newest model last."""
    model = drifted.rounds.list()[1].model_id
    shutil.rmtree(drifted.catalog.folder / "models" / str(model))
    drifted.oracle(1)
    newest = drifted.rounds.list()[2]
    assert newest.step is Step.DONE
    assert [it.round for it in drifted.status().curve.active] == [1, 3]


def test_rounds_that_no_point_is_of_are_counted(drifted: Project) -> None:
    """As in a project whose pool grew under an earlier version: old rounds wait for the next."""
    first = drifted.rounds.list()[0]
    drifted.oracle(1)
    drifted.catalog.records.rounds.update(first, expected_step=first.step)
    status = drifted.status()
    assert [it.round for it in status.curve.active] == [2, 3]
    assert status.left_out == 1
    drifted.oracle(1)
    assert drifted.status().left_out == 0


def test_what_was_measured_again_is_told_in_the_words_of_now(drifted: Project) -> None:
    """A class that was renamed before the pool was measured anew keeps its recall once."""
    drifted.ontology_changes.apply(RenameClass(name="a", to="c"), author="mia")
    drifted.ontology_changes.apply(RenameClass(name="b", to="a"), author="mia")
    drifted.oracle(1)
    first, *_, last = drifted.status().rounds
    for round_ in (first, last):
        active = next(it for it in round_.evaluations if it.arm is Arm.ACTIVE)
        assert list(active.per_class) == ["c", "a"]
        assert sum(it.count for it in active.per_class.values()) == active.accuracy.count


def test_earlier_models_are_measured_on_audit_labels_that_came_later(tmp_path: Path) -> None:
    """Five assets of the audit set that nobody could tell at first have a label a round later."""
    policy = {"batch_size": 10, "audit_size": 30}
    with Project.create(
        tmp_path / "p", media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        project.add(rows(150, first=0, turned=False), metadata_columns=["known"])
        project.next_round()
        items = project.queue.next("ana", 40).items
        late = [it.asset.id for it in items if Arm.AUDIT in it.task.arms][:5]
        for name in late:
            project.labels.cannot_tell(name, annotator="ana")
        project.oracle(1)
        (first,) = project.rounds.list()
        for name in late:
            project.labels.submit(name, "ab"[int(name[1:]) % 2], annotator="ana")
        project.oracle(1)
        counts = [it.evaluations[0].accuracy.count for it in project.rounds.list()]
    assert first.evaluations[0].accuracy.count == 25
    assert counts == [30, 30]


def turned(project: Project, *, right: bool) -> None:
    """Every third audit asset holds the other class, or all their own."""
    for i, name in enumerate(project.catalog.records.rounds.arm_ids(Arm.AUDIT)):
        wrong = i % 3 == 0 and not right
        project.labels.submit(name, "ab"[int(name[1:]) % 2 != wrong], annotator="ana")


@pytest.fixture(scope="module")
def mislabeled_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds that were measured on an audit set of which every third label is wrong."""
    folder = tmp_path_factory.mktemp("mislabeled") / "p"
    policy = {"batch_size": 12, "audit_size": 30, "control_share": 0.5}
    with Project.create(
        folder, media="table", classes="ab", oracle_column="known", policy=policy
    ) as project:
        project.add(rows(150, first=0, turned=False), metadata_columns=["known"])
        project.next_round()
        turned(project, right=False)
        project.oracle(2)
    return folder


@pytest.fixture
def mislabeled(mislabeled_template: Path, tmp_path: Path) -> Iterator[Project]:
    """A copy of it for one test."""
    with Project.open(Path(shutil.copytree(mislabeled_template, tmp_path / "p"))) as opened:
        yield opened


@pytest.mark.parametrize("by_review", [False, True])
def test_corrected_audit_labels_measure_earlier_models_again(
    mislabeled: Project, by_review: bool
) -> None:
    """As many labels are there as before: each round tells what a comparison of now tells."""
    before = mislabeled.rounds.list()
    if by_review:
        for name in mislabeled.catalog.records.rounds.arm_ids(Arm.AUDIT):
            mislabeled.reviews.fix(name, "ab"[int(name[1:]) % 2], reviewer="boss")
    else:
        turned(mislabeled, right=True)
    mislabeled.oracle(1)
    after = mislabeled.rounds.list()
    for one, other in zip(before, after[:2], strict=True):
        for then, now in zip(one.evaluations, other.evaluations, strict=True):
            assert now.accuracy.count == then.accuracy.count
            assert now.accuracy.value > then.accuracy.value + 0.1
    for first, second in ((1, 2), (2, 3)):
        for suffix, arm in (("", 0), ("-control", 1)):
            pair = mislabeled.rounds.compare(f"{first}{suffix}", f"{second}{suffix}")
            told = pair.measures["accuracy"]
            assert told.first.value == after[first - 1].evaluations[arm].accuracy.value
            assert told.second.value == after[second - 1].evaluations[arm].accuracy.value


def test_labels_that_say_the_same_measure_nothing_again(
    mislabeled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit labels given once more as they are: a round measures its own two models."""
    measured = []

    def counted(catalog: Catalog, model: ModelVersion, seen: Snapshot | None) -> Evaluation | None:
        measured.append(model.round)
        return evaluating.evaluate(catalog, model, seen)

    monkeypatch.setattr(remeasuring, "evaluate", counted)
    turned(mislabeled, right=False)
    mislabeled.oracle(1)
    assert measured == []
    turned(mislabeled, right=True)
    mislabeled.oracle(1)
    assert sorted(measured) == [1, 1, 2, 2, 3, 3]


def test_evaluations_of_an_earlier_version_are_measured_again_once(mislabeled: Project) -> None:
    """They do not tell on which labels; until the next round they stay as they are."""
    records = mislabeled.catalog.records.rounds
    for round_ in records.list():
        old = tuple(replace(it, audit_digest="") for it in round_.evaluations)
        records.update(replace(round_, evaluations=old), expected_step=round_.step)
    turned(mislabeled, right=True)
    assert [it.round for it in mislabeled.status().curve.active] == [1, 2]
    mislabeled.oracle(1)
    found = {e.audit_digest for it in mislabeled.rounds.list() for e in it.evaluations}
    assert len(found) == 1
    assert "" not in found


def test_corrected_numbers_measure_earlier_models_again(tmp_path: Path) -> None:
    """R² of all rounds is of the corrected audit labels."""
    policy = {"batch_size": 12, "audit_size": 30}
    rng = np.random.default_rng(0)
    known = {f"r{i}": float(x) for i, x in enumerate(rng.normal(size=150))}
    with Project.create(
        tmp_path / "p", task="regression", media="table", oracle_column="known", policy=policy
    ) as project:
        project.add(
            [{"id": name, "x": x, "known": x} for name, x in known.items()],
            metadata_columns=["known"],
        )
        project.next_round()
        audit = project.catalog.records.rounds.arm_ids(Arm.AUDIT)
        for name in audit[::3]:
            project.labels.submit(name, NumberValue(number=-known[name]), annotator="ana")
        project.oracle(2)
        before = [it.evaluations[0] for it in project.rounds.list()]
        for name in audit[::3]:
            project.labels.submit(name, NumberValue(number=known[name]), annotator="ana")
        project.oracle(1)
        after = [it.evaluations[0] for it in project.rounds.list()]
    assert [it.accuracy.count for it in before] == [30, 30]
    for then, now in zip(before, after[:2], strict=True):
        assert now.accuracy.value > then.accuracy.value + 0.2


def test_what_was_measured_before_a_merge_stays_in_the_records(mislabeled: Project) -> None:
    """Its curve is of the classes of now, its round keeps the words and figures of then."""
    before = mislabeled.rounds.list()
    mislabeled.ontology_changes.apply(MergeClasses(names=("a", "b"), into="c"), author="mia")
    status = mislabeled.status()
    assert {it.accuracy.value for it in status.curve.active} == {1.0}
    assert mislabeled.rounds.list() == before
