"""One curve is of one audit set: after assets joined it, earlier models are measured on it too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from querist import Project
from querist.schema import Arm, RenameClass, Step


def rows(count: int, *, first: int, turned: bool) -> list[dict[str, object]]:
    """Two classes, three apart; ``turned`` the other way round and elsewhere."""
    rng = np.random.default_rng(first)
    found = []
    for i, (x, y) in enumerate(rng.normal(size=(count, 2)), start=first):
        right = (i % 2 == 1) != turned
        place = {"x": float(x + 3 * right), "y": float(y + 4 * turned)}
        found.append({"id": f"r{i}", **place, "known": "ab"[i % 2]})
    return found


@pytest.fixture
def drifted(tmp_path: Path) -> Iterator[Project]:
    """Two rounds, then the pool grows by assets that read the other way round."""
    policy = {"batch_size": 12, "audit_size": 30, "control_share": 0.5}
    with Project.create(
        tmp_path / "p", media="table", classes="ab", oracle_column="known", policy=policy
    ) as project:
        project.add(rows(150, first=0, turned=False), metadata_columns=["known"])
        project.oracle(2)
        project.add(rows(300, first=150, turned=True), metadata_columns=["known"])
        yield project


def test_earlier_models_are_measured_on_the_audit_set_that_grew(drifted: Project) -> None:
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
    assert count > 30
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
