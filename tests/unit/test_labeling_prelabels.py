"""The share that is served without a suggestion, and what it says of how far people are swayed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from querist import Project
from querist.labeling.prelabels import is_withheld
from querist.learners import Guesses
from querist.metrics import difference_of_shares
from querist.schema import Arm, Box, BoxesValue, ClassValue, LabeledBox, ModelVersion

CLASSES = ["boot", "shirt"]


@pytest.fixture
def project(tmp_path):
    """A project of 400 rows with a model that is often wrong, and a batch of 200, half blind."""
    policy = {"audit_size": 0, "control_share": 0.0, "strategy": "random"}
    new = Project.create(tmp_path / "shop", media="table", classes=CLASSES, policy=policy)
    rng = np.random.default_rng(0)
    points = rng.normal(size=(400, 2)) + np.where(np.arange(400) % 2, 0.4, -0.4)[:, None]
    new.add([{"id": f"t{i}", "a": a, "b": b} for i, (a, b) in enumerate(points.tolist())])
    new.next_round(20)
    for item in new.queue.next("ana", 20).items:
        submit(new, item, truth(item))
    new.train()
    new.next_round(200, blind_share=0.5)
    yield new
    new.close()


def truth(item) -> str:
    """The right class."""
    return CLASSES[int(item.asset.id[1:]) % 2]


def submit(project, item, name, annotator="ana") -> None:
    """Answer as the app does: with what was shown, and the model that was named."""
    project.labels.submit(
        item.asset.id,
        name,
        annotator=annotator,
        task_id=item.task.id,
        prelabel=item.prelabel,
        model_id=item.model_id,
    )


def test_the_seed_draws_what_is_served_without(project):
    """About half has no suggestion but names the model; asking again gives the same."""
    items = project.queue.next("ana", 200).items
    blind = {it.task.id for it in items if it.prelabel is None}
    assert 70 < len(blind) < 130
    assert all(it.model_id is not None for it in items)
    assert all((it.confidence is None) == (it.prelabel is None) for it in items)
    again = project.queue.next("ana", 200).items
    assert {it.task.id for it in again if it.prelabel is None} == blind
    plan = project.rounds.latest().plan
    assert blind == {it.task.id for it in items if is_withheld(plan, it.task)}


def test_people_who_follow_the_model_are_found_out(project):
    """Ana takes every suggestion she sees: 100 % with it, what the model gets right without."""
    right = []
    top = project.catalog.predictions.summary(project.rounds.latest().plan.model_id)
    for item in project.queue.next("ana", 200).items:
        shown = item.prelabel.name if item.prelabel else None
        submit(project, item, shown or truth(item))
        if shown is None:
            at = int(project.catalog.assets.positions([item.asset.id])[0])
            right.append(top.classes[int(top.top[at])] == truth(item))
    found = project.opinions.sway()
    assert (found.shown.value, found.withheld.count) == (1.0, len(right))
    assert found.shown.count + found.withheld.count == 200
    assert found.withheld.value == pytest.approx(np.mean(right))
    assert found.difference.value == pytest.approx(1 - np.mean(right))
    assert found.difference.low > 0


def test_people_who_look_for_themselves_are_not_accused(project):
    """Who always answers the truth differs by chance only: the interval holds zero."""
    for item in project.queue.next("ana", 200).items:
        submit(project, item, truth(item))
    found = project.opinions.sway()
    assert found.difference.low < 0 < found.difference.high


def test_only_rounds_that_withhold_count_and_only_first_answers(project):
    """The round before does not count; a change of mind does not either."""
    items = project.queue.next("ana", 3).items
    for item in items:
        submit(project, item, truth(item))
    before = project.opinions.sway()
    total = sum(it.count for it in (before.shown, before.withheld) if it)
    assert total == 3
    project.labels.submit(items[0].asset.id, "boot", annotator="ana")
    project.labels.submit(items[0].asset.id, "shirt", annotator="ana")
    assert project.opinions.sway() == before


def test_answers_that_name_no_model_say_nothing(project):
    """A bot that sends back nothing of what it was served is left out."""
    for item in project.queue.next("bot", 5).items:
        project.labels.submit(item.asset.id, "boot", annotator="bot", task_id=item.task.id)
    found = project.opinions.sway()
    assert (found.shown, found.withheld, found.difference) == (None, None, None)


def test_boxes_follow_a_suggestion_where_each_fits_one_of_its_class(tmp_path):
    """Half in common is enough; another class is not; boxes too faint to be shown do not count."""
    with detected(tmp_path) as project:
        fitting = 0
        for item in project.queue.next("ana", 20).items:
            name = "a" if int(item.asset.id[1:3]) % 2 else "b"
            fitting += name == "a"
            submit(project, item, boxes((name, 3, None)))
        found = project.opinions.sway()
    assert found.shown.count + found.withheld.count == 20
    assert 0 < found.shown.value < 1
    right = found.shown.value * found.shown.count + found.withheld.value * found.withheld.count
    assert right == pytest.approx(fitting)


def test_where_no_box_is_suggested_nobody_can_follow(tmp_path):
    """Nothing on the screen looks like nothing withheld."""
    with detected(tmp_path, boxes(("a", 0, 0.2))) as project:
        for item in project.queue.next("ana", 20).items:
            submit(project, item, boxes())
        found = project.opinions.sway()
    assert (found.shown, found.withheld) == (None, None)


def boxes(*drawn):
    """Boxes of ten by ten pixels by class, left edge and confidence."""
    return BoxesValue(
        boxes=tuple(
            LabeledBox(name=name, box=Box(x=x, y=2, width=10, height=10), confidence=sure)
            for name, x, sure in drawn
        )
    )


def detected(folder, said=None):
    """Forty pictures, a model that has said the same of each, and a batch of 20, half blind."""
    from PIL import Image

    (folder / "pictures").mkdir()
    for i in range(40):
        Image.new("RGB", (32, 32), (i * 6, 9, 9)).save(folder / "pictures" / f"p{i:02d}.png")
    policy = {"audit_size": 0, "control_share": 0.0, "strategy": "random"}
    project = Project.create(
        folder / "shop", task="boxes", media="image", classes=["a", "b"], policy=policy
    )
    project.add(str(folder / "pictures"))
    said = said or boxes(("a", 0, 0.9), ("b", 20, 0.2))
    guesses = Guesses(values=[said] * 40, uncertainty=np.full(40, 0.5, dtype=np.float32))
    project.catalog.value_predictions.put("told", ["a", "b"], [guesses])
    project.catalog.records.models.add(
        ModelVersion(
            id="told",
            arm=Arm.ACTIVE,
            round=None,
            learner="told",
            encoder="",
            classes=("a", "b"),
            label_seq=0,
            label_count=4,
            labels_digest="",
            seed=0,
            fit_seconds=0.0,
            created_at=datetime.now(UTC),
            ontology_version=project.ontology.version,
        )
    )
    project.next_round(20, blind_share=0.5)
    return project


def test_the_interval_is_newcombes():
    """His example: 56 of 70 against 48 of 80 is 0.2, from 0.0524 to 0.3339."""
    low, high = difference_of_shares((56, 70), (48, 80))
    assert (low, high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
    assert difference_of_shares((0, 0), (5, 5))[1] <= 1


def test_the_value_of_a_suggestion_is_a_class(project):
    """What is shown is a value as it is stored."""
    shown = [it.prelabel for it in project.queue.next("ana", 20).items if it.prelabel]
    assert all(isinstance(it, ClassValue) for it in shown)
