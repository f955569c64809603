"""Suspects: wrong labels are found out of fold, least credible first, and asked about again."""

from __future__ import annotations

import numpy as np
import pytest

from querist import Project
from querist.errors import InvalidInputError, NotFoundError
from querist.schema import Question

CLASSES = ["boot", "shirt"]
WRONG = ("t3", "t10", "t21")


@pytest.fixture
def project(tmp_path):
    """Eighty rows of two clear classes, all labelled, three of them wrong, and a model."""
    policy = {"audit_size": 0, "control_share": 0.0, "batch_size": 80}
    new = Project.create(tmp_path / "shop", media="table", classes=CLASSES, policy=policy)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(80, 3)) + np.where(np.arange(80) % 2, 2, -2)[:, None]
    new.add(
        [{"id": f"t{i}", "a": a, "b": b, "c": c} for i, (a, b, c) in enumerate(points.tolist())]
    )
    new.next_round()
    for i in range(80):
        name = CLASSES[(i + (f"t{i}" in WRONG)) % 2]
        new.labels.submit(f"t{i}", name, annotator="ana" if i < 40 else "bob")
    new.train()
    yield new
    new.close()


def test_wrong_labels_are_the_suspects(project):
    """All three are found, with the class that models suggest, in the order of confidence."""
    found = project.suspects.list()
    assert {it.annotation.asset_id for it in found} >= set(WRONG)
    assert {it.annotation.asset_id for it in found[:3]} == set(WRONG)
    confidence = [it.confidence for it in found]
    assert confidence == sorted(confidence)
    assert all(it.given != it.suggested for it in found)
    assert len(project.suspects.list(2)) == 2


def test_suspects_are_sent_to_somebody_else_in_their_order(project):
    """Bob gets ana's suspects before all else; what was sent is no suspect any more."""
    order = [it.annotation.asset_id for it in project.suspects.list(3)]
    assert list(project.suspects.send(3)) == order
    assert project.queue.next("ana", 5).items == []
    assert [it.asset.id for it in project.queue.next("bob", 5).items] == order
    assert not set(order) & {it.annotation.asset_id for it in project.suspects.list()}


def test_two_opinions_mend_a_label(project):
    """Bob and cid outvote ana; the next model learns the mended label."""
    project.suspects.send(1)
    [item] = project.queue.next("bob", 5).items
    right = CLASSES[int(item.asset.id[1:]) % 2]
    project.labels.submit(item.asset.id, right, annotator="bob", task_id=item.task.id)
    project.suspects.send(asset_ids=[item.asset.id])
    [again] = project.queue.next("cid", 5).items
    project.labels.submit(again.asset.id, right, annotator="cid", task_id=again.task.id)
    assert project.labels.current(item.asset.id).value.name == right


def test_what_a_reviewer_has_accepted_is_no_suspect(project):
    """An accepted label and a fixed one are left out."""
    first, second, *_ = (it.annotation.asset_id for it in project.suspects.list())
    project.reviews.accept(first, reviewer="rita")
    project.reviews.fix(second, CLASSES[int(second[1:]) % 2], reviewer="rita")
    assert not {first, second} & {it.annotation.asset_id for it in project.suspects.list()}


def test_a_tie_is_broken_by_models_that_have_not_learned_the_label(project):
    """When the round ends, one against one is decided against the wrong label, out of fold."""
    project.add([{"id": "t80", "a": 0.0, "b": 0.0, "c": 0.0}])
    project.next_round(1)
    project.suspects.send(asset_ids=WRONG)
    for item in project.queue.next("cid", 5).items:
        if item.task.kind is Question.SECOND:
            right = CLASSES[int(item.asset.id[1:]) % 2]
            project.labels.submit(item.asset.id, right, annotator="cid", task_id=item.task.id)
    assert {it.asset_id for it in project.opinions.disputes()} == set(WRONG)
    project.finish_round()
    for asset_id in WRONG:
        entry = project.labels.current(asset_id)
        assert (entry.value.name, entry.annotator) == (CLASSES[int(asset_id[1:]) % 2], "crowdlab")


def test_without_a_model_or_a_round_nothing_can_be_sent(tmp_path):
    """Both are said, with what to do; unknown assets are refused."""
    with Project.create(tmp_path / "new", media="text", classes=CLASSES) as new:
        new.add([{"id": "t0", "text": "one"}])
        with pytest.raises(InvalidInputError, match="no model"):
            new.suspects.list()
        with pytest.raises(InvalidInputError, match="rounds"):
            new.suspects.send(asset_ids=["t0"])
        new.next_round()
        with pytest.raises(NotFoundError):
            new.suspects.send(asset_ids=["t9"])
