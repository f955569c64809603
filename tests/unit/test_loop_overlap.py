"""Overlap from the settings to the model: drawn by the seed, answered by several, trained on."""

from __future__ import annotations

from collections import Counter

import pytest

from querist import Project
from querist.catalog.records import NewTask
from querist.loop import asking
from querist.schema import Arm, Question, TaskState

CLASSES = ["boot", "shirt"]
PEOPLE = ["ana", "bob", "cid"]


@pytest.fixture
def make(tmp_path, records_url):
    """Make a project of 40 short texts of two classes."""
    made = []

    def project(**policy):
        policy = {"batch_size": 8, "audit_size": 0, "control_share": 0.0, **policy}
        new = Project.create(
            tmp_path / "shop", media="text", classes=CLASSES, records=records_url, policy=policy
        )
        made.append(new)
        new.add([{"id": f"t{i}", "text": f"{CLASSES[i % 2]} number {i}"} for i in range(40)])
        return new

    yield project
    for new in made:
        new.close()


def truth(asset_id: str) -> str:
    """The right class."""
    return CLASSES[int(asset_id[1:]) % 2]


def answer(project, people=PEOPLE) -> None:
    """Everybody answers whatever they get, the truth."""
    while any(
        project.labels.submit(
            item.asset.id, truth(item.asset.id), annotator=name, task_id=item.task.id
        )
        for name in people
        for item in project.queue.next(name, 3).items
    ):
        pass


def test_the_share_of_the_batch_is_asked_of_so_many(make):
    """Half of eight tasks get three opinions; the plan says so, and the seed draws them again."""
    project = make(overlap=3, overlap_share=0.5)
    plan = project.next_round().plan
    assert (plan.overlap, plan.overlap_share) == (3, 0.5)
    tasks = project.catalog.records.tasks.open(1)
    count = Counter(task.asset_id for task in tasks)
    assert sorted(count.values()) == [1] * 4 + [3] * 4
    several = {task.asset_id for task in tasks if task.kind is Question.OPINION}
    assert several == {asset_id for asset_id, n in count.items() if n == 3}
    drawn = project.catalog.records.rounds.selected(round=1, arm=Arm.ACTIVE)
    again = [NewTask(asset_id=it.asset_id, arms=(Arm.ACTIVE,), priority=0.0) for it in drawn]
    redrawn = asking.overlap(again, 1, plan)
    assert {it.asset_id for it in redrawn if it.opinions == 3} == several
    assert project.replay(1)


def test_training_sees_the_labels_made_of_opinions(make):
    """Three people answer a round of overlap; the model trains on one label an asset."""
    project = make(overlap=3, overlap_share=1.0)
    project.next_round()
    answer(project)
    assert len(project.catalog.records.opinions.list()) == 24
    model = project.train()
    assert model.label_count == 8
    round_ = project.rounds.latest()
    assert round_.model_id == model.id
    project.next_round()
    answered = {it.asset_id for it in project.catalog.records.opinions.list()}
    assert not answered & {it.asset_id for it in project.catalog.records.tasks.open(2)}


def test_a_round_that_ends_early_keeps_the_opinions_it_has(make):
    """With one opinion of two on each asset the labels are made of that one."""
    project = make(overlap=2, overlap_share=1.0)
    project.next_round()
    answer(project, ["ana"])
    assert project.catalog.records.labels.values()[0] == []
    project.finish_round()
    assert len(project.catalog.records.labels.values()[0]) == 8
    assert project.catalog.records.tasks.counts(1)[TaskState.RETURNED] == 8


def test_nobody_is_asked_again_what_two_have_disputed(make):
    """It waits for a reviewer, not for the next batch; once it is decided it is a label."""
    project = make(overlap=2, overlap_share=1.0)
    project.next_round()
    disputed = project.catalog.records.tasks.open(1)[0].asset_id
    project.labels.submit(disputed, "boot", annotator="ana")
    project.labels.submit(disputed, "shirt", annotator="bob")
    answer(project, ["ana", "bob"])
    project.finish_round()
    assert [it.asset_id for it in project.opinions.disputes()] == [disputed]
    round_ = project.next_round(40)
    asked = {it.asset_id for it in project.catalog.records.tasks.open(2)}
    assert len(asked) == 32
    assert disputed not in asked
    assert round_.plan.in_flight == (disputed,)
    assert project.replay(2)


def test_a_model_breaks_ties_between_the_classes_that_tie(make):
    """Two who disagree are decided by the model of the round before, in the name of CROWDLAB."""
    project = make(overlap=2, overlap_share=1.0, batch_size=12)
    project.next_round()
    answer(project)
    model = project.train()
    project.next_round()
    asset_id = project.catalog.records.tasks.open(2)[0].asset_id
    (row,) = project.catalog.assets.positions([asset_id])
    said = CLASSES[project.catalog.predictions.probabilities(model.id)[row].argmax()]
    other = CLASSES[1 - CLASSES.index(said)]
    project.labels.submit(asset_id, other, annotator="ana")
    project.labels.submit(asset_id, said, annotator="bob")
    entry = project.labels.current(asset_id)
    assert (entry.annotator, entry.origin.value) == ("crowdlab", "consensus")
    assert entry.value.name == said


@pytest.mark.parametrize("method", ["dawid-skene", "glad", "crowdlab"])
def test_a_finished_round_is_decided_by_the_method_of_the_settings(make, method):
    """What the majority wrote stands where the method agrees; nothing is written twice."""
    project = make(overlap=3, overlap_share=1.0, consensus=method)
    project.next_round()
    answer(project)
    project.finish_round()
    log = project.catalog.records.labels
    assert [truth(it) for it in log.values()[0]] == log.values()[1]
    assert {it.annotator for it in log.currents()} == {"majority"}
