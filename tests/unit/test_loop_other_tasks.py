"""Rounds of the tasks whose labels are no single class: models learn sets and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from querist.catalog.query import AssetQuery, facets, run
from querist.errors import InvalidInputError, NotFoundError
from querist.learners import Guesses
from querist.loop import labeled_arrays, snapshot
from querist.project import Project
from querist.schema import (
    Action,
    Arm,
    ClassesValue,
    Difficulty,
    LabeledPolygon,
    NumberValue,
    Origin,
    Polygon,
    PolygonsValue,
    Step,
    TaskKind,
    Value,
    check_value,
)

ROWS = np.random.default_rng(3).normal(size=(160, 4))
WEIGHTS = np.array([[2.0, 0.3, -1.0], [-1.0, 1.5, 0.2], [0.4, -0.7, 1.8], [0.0, 0.0, 0.6]])
SHAPE = PolygonsValue(
    polygons=(LabeledPolygon(name="a", polygon=Polygon(points=((0, 0), (4, 0), (0, 4)))),)
)


def truth(task: TaskKind, asset_id: str) -> Value:
    """The label of a row: which of three sums are over .3, or the first of them and a wave."""
    row = ROWS[int(asset_id[1:])]
    sums = row @ WEIGHTS
    if task is TaskKind.REGRESSION:
        return NumberValue(number=float(sums[0] + np.sin(3 * row[0])))
    return ClassesValue(names=tuple(np.array(list("abc"))[sums > 0.3].tolist()))


def project_of(folder: Path, task: TaskKind, **policy: object) -> Project:
    """A project of rows that are a linear function away from their labels."""
    wanted = {"batch_size": 12, "audit_size": 24, "control_share": 0.5, **policy}
    classes = [] if task is TaskKind.REGRESSION else ["a", "b", "c"]
    made = Project.create(folder, task=task, media="table", classes=classes, policy=wanted)
    rows = enumerate(ROWS.tolist())
    made.add([{"id": f"r{i}", **{f"x{j}": it for j, it in enumerate(row)}} for i, row in rows])
    return made


def answer(project: Project, task: TaskKind) -> None:
    """Ana gives the true label of everything that is asked."""
    while items := project.queue.next("ana", 50).items:
        for item in items:
            project.labels.submit(
                item.asset.id,
                truth(task, item.asset.id),
                annotator="ana",
                prelabel=item.prelabel,
                model_id=item.model_id,
            )


@pytest.fixture(scope="module", params=[TaskKind.MULTI_LABEL, TaskKind.REGRESSION])
def learned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """A project of sets, and one of numbers, after three rounds."""
    task = request.param
    with project_of(tmp_path_factory.mktemp(task) / "p", task) as project:
        for _ in range(3):
            project.next_round()
            answer(project, task)
            project.finish_round()
        yield project


def test_a_model_of_each_arm_learns_its_labels_and_no_others(learned: Project) -> None:
    """The active model learns all but audit and control, the other one its random draws."""
    records = learned.catalog.records
    audit, control, active = (
        set(records.rounds.arm_ids(arm)) for arm in (Arm.AUDIT, Arm.CONTROL, Arm.ACTIVE)
    )
    labeled = {it.asset_id for it in records.labels.currents() if it.value is not None}
    model = records.models.latest(Arm.ACTIVE)
    other = records.models.latest(Arm.CONTROL)
    assert model is not None
    assert other is not None
    assert audit & labeled
    assert control - active
    assert model.label_count == len(labeled - audit - (control - active))
    assert other.label_count == len(labeled & control - audit)
    assert learned.status().trained_on == model.label_count


def test_both_arms_are_compared_in_the_measure_of_the_task(learned: Project) -> None:
    """Figures are those of the round's evaluations; answers without a confidence have no slider."""
    found = learned.rounds.compare("3-control", 3)
    evaluations = {one.arm: one for one in learned.rounds.list()[-1].evaluations}
    pair = found.measures[found.headline]
    assert pair.first.value == pytest.approx(evaluations[Arm.CONTROL].accuracy.value)
    assert pair.second.value == pytest.approx(evaluations[Arm.ACTIVE].accuracy.value)
    assert pair.difference.low <= pair.difference.value <= pair.difference.high
    kinds = {gallery.kind: gallery for gallery in found.galleries}
    assert found.lost == kinds["newly_wrong"].count
    assert kinds["least_confident"].count == found.count
    with pytest.raises(InvalidInputError, match="no confidence"):
        learned.rounds.thresholds(3)


def test_the_curve_of_both_arms_rises_in_the_measure_of_the_task(learned: Project) -> None:
    """Micro F1 of sets, R² of numbers; status, advice and evaluation call it so."""
    status = learned.status()
    sets = learned.settings.task is TaskKind.MULTI_LABEL
    headline, name = ("micro_f1", "Micro F1") if sets else ("r2", "R²")
    assert status.curve.measure == headline
    for points in (status.curve.active, status.curve.control):
        assert [point.round for point in points] == [1, 2, 3]
        assert points[-1].accuracy.value > points[0].accuracy.value
    assert status.curve.active[-1].accuracy.value > 0.85
    assert name in status.sentence
    for evaluation in status.rounds[-1].evaluations:
        assert evaluation.headline == headline
        assert evaluation.measures[headline].value == evaluation.accuracy.value
        assert set(evaluation.per_class) == (set("abc") if sets else set())


def test_consecutive_models_are_compared(learned: Project) -> None:
    """The advice tells how far they agree: kappa of the decisions, or concordance."""
    advice = learned.status().advice
    assert advice is not None
    assert advice.agreement is not None
    assert 0.5 < advice.agreement <= 1
    sets = learned.settings.task is TaskKind.MULTI_LABEL
    assert ("kappa" if sets else "concordance") in " ".join(advice.reasons)
    assert (advice.bound is not None) == sets


def test_rounds_go_by_the_model_and_replay(learned: Project) -> None:
    """Every round draws the same assets again, those that a model chose included."""
    assert all(learned.replay(number) for number in (1, 2, 3))
    drawn = learned.catalog.records.rounds.selected(round=3, arm=Arm.ACTIVE)
    sets = learned.settings.task is TaskKind.MULTI_LABEL
    assert ("The model is" if sets else "far from what is labelled") in drawn[0].reason


def test_the_queue_shows_what_the_model_says_but_not_of_the_audit(learned: Project) -> None:
    """Suggestions are labels of the task and close to the truth; audit tasks have none."""
    task = learned.settings.task
    learned.next_round()
    items = learned.queue.next("ben", 100).items
    told = [item for item in items if Arm.AUDIT not in item.task.arms]
    assert told
    assert all(item.prelabel is not None and item.model_id for item in told)
    assert all(item.prelabel is None for item in items if Arm.AUDIT in item.task.arms)
    for item in told:
        check_value(item.prelabel, learned.ontology)  # type: ignore[arg-type]  # asserted above
        assert (item.confidence is None) == (task is TaskKind.REGRESSION)
    if task is TaskKind.MULTI_LABEL:
        right = [item.prelabel == truth(task, item.asset.id) for item in told]
        assert np.mean(right) > 0.5
    learned.queue.release([item.task.id for item in items], "ben")


def test_sets_are_easy_or_hard_by_how_often_they_are_wrong(learned: Project) -> None:
    """Each set has a word by which it is filtered and sorted; hard ones are wrong far more often.

    Of numbers, which are never just right or wrong, nothing is told.
    """
    model = learned.catalog.records.models.latest(Arm.ACTIVE)
    assert model is not None
    ratings = learned.catalog.value_ratings.get(model.id)
    if learned.settings.task is TaskKind.REGRESSION:
        assert ratings is None
        return
    assert ratings is not None
    said = learned.catalog.value_predictions.values(model.id, range(160))
    wrong = np.array([it != truth(TaskKind.MULTI_LABEL, f"r{i}") for i, it in enumerate(said)])
    hard, rest = wrong[ratings.difficulty == 2], wrong[ratings.difficulty != 2]
    assert hard.mean() > 3 * rest.mean()
    assert facets(learned.catalog, AssetQuery(), model.id)["difficulty"] == {
        word.value: int(count)
        for word, count in zip(Difficulty, np.bincount(ratings.difficulty[:160]), strict=True)
        if count
    }
    ordered = run(learned.catalog, AssetQuery(sort="hardest", limit=160), model.id).ids
    assert ordered[0] == f"r{ratings.error.argmax()}"


def test_reviews_begin_with_sets_that_the_model_doubts(learned: Project) -> None:
    """A label that is not what the model says is wrong with the higher of e and 1 - e."""
    if learned.settings.task is TaskKind.REGRESSION:
        assert all(it.expected_error is None for it in learned.reviews.queue().items)
        return
    model = learned.catalog.records.models.latest(Arm.ACTIVE)
    assert model is not None
    ratings = learned.catalog.value_ratings.get(model.id)
    assert ratings is not None
    items = learned.reviews.queue(limit=200).items
    found = [it.expected_error or 0 for it in items]
    assert found == sorted(found, reverse=True)
    for item in items:
        at = int(item.annotation.asset_id[1:])
        (said,) = learned.catalog.value_predictions.values(model.id, [at])
        e = float(ratings.error[at])
        assert item.expected_error == (e if said == item.annotation.value else max(e, 1 - e))


def test_what_goes_by_single_classes_says_so(learned: Project, tmp_path: Path) -> None:
    """Doubtful labels and a simulation are refused, a diagnosis finds nothing, an export works.

    Auto-labels are refused of numbers, which are never just right or wrong.
    """
    if learned.settings.task is TaskKind.REGRESSION:
        with pytest.raises(InvalidInputError, match="No error rate"):
            learned.autolabel.propose()
    with pytest.raises(InvalidInputError, match="labels of one class"):
        learned.suspects.list()
    task = learned.settings.task.value
    with pytest.raises(InvalidInputError, match=f"one class for each asset.*{task}") as refused:
        labeled_arrays(learned.catalog)
    assert "two classes" not in refused.value.remedy
    assert learned.status().rounds[0].findings == ()
    report = learned.export(tmp_path / "labels.jsonl")
    assert not report.warnings


def test_labels_of_machines_train_nothing(learned: Project) -> None:
    """A label whose origin is a model is no label to learn from, nor to measure by."""
    catalog = learned.catalog
    before = snapshot.take(catalog)
    free = before.ids[int(before.candidates()[0])]
    catalog.records.labels.append(
        asset_id=free,
        action=Action.LABEL,
        value=truth(learned.settings.task, free),
        annotator="machine",
        origin=Origin.MODEL,
        ontology_version=1,
        submission_id="by-a-machine",
    )
    after = snapshot.take(catalog)
    for arm in (Arm.ACTIVE, Arm.CONTROL):
        assert np.array_equal(after.training(arm), before.training(arm))
    assert np.array_equal(after.audited(), before.audited())


def test_assets_added_later_are_predicted_before_they_can_be_chosen(learned: Project) -> None:
    """A round that is drawn by an older model lets it speak of them first."""
    model = learned.catalog.records.models.latest(Arm.ACTIVE)
    assert model is not None
    known = learned.catalog.value_predictions.count(model.id)
    learned.add([{"id": f"n{i}", "x0": 1.0, "x1": float(i), "x2": 0.0, "x3": 0.5} for i in (1, 2)])
    answer(learned, learned.settings.task)
    learned.next_round()
    chooser = learned.rounds.list()[-1].plan
    assert chooser is not None
    assert chooser.model_id is not None
    assert learned.catalog.value_predictions.count(chooser.model_id) == known + 2


def test_labels_that_are_all_the_same_teach_nothing_and_stop_no_round(tmp_path: Path) -> None:
    """Two rounds run to their end without a model and without asking for anything twice."""
    with project_of(tmp_path / "p", TaskKind.MULTI_LABEL, control_share=0.0) as project:
        asked: list[str] = []
        for _ in range(2):
            project.next_round(5)
            for item in project.queue.next("ana", 50).items:
                asked.append(item.asset.id)
                project.labels.submit(item.asset.id, ClassesValue(names=()), annotator="ana")
            done = project.finish_round()
            assert (done.step, done.model_id, done.evaluations) == (Step.DONE, None, ())
        assert len(asked) == len(set(asked))
        with pytest.raises(InvalidInputError, match="the same set"):
            project.train()


def test_polygons_are_labeled_round_after_round_without_a_model(tmp_path: Path) -> None:
    """Nothing learns them yet: rounds run to their end and say so, and nothing is asked twice."""
    policy = {"batch_size": 5, "audit_size": 4, "control_share": 0.0}
    with Project.create(
        tmp_path / "p", task="polygons", media="table", classes=["a", "b"], policy=policy
    ) as project:
        project.add([{"id": f"r{i}", "x": float(i % 7), "y": float(i)} for i in range(30)])
        asked: list[str] = []
        for _ in range(2):
            project.next_round()
            for item in project.queue.next("ana", 50).items:
                asked.append(item.asset.id)
                project.labels.submit(item.asset.id, SHAPE, annotator="ana")
            done = project.finish_round()
            assert done.step is Step.DONE
            assert done.advice is not None
            assert "No model learns" in " ".join(done.advice.reasons)
        assert len(asked) == len(set(asked))
        status = project.status()
        assert (status.labeled, status.audit_labeled, status.trained_on) == (len(asked), 4, 0)
        with pytest.raises(InvalidInputError, match=r"No model learns.*polygons"):
            project.train()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"policy": {"strategy": "margin"}}, "goes by probabilities"),
        ({"learner": {"name": "ridge"}}, "learns regression, not multi_label"),
        ({"learner": {"name": "naive-bayes"}}, "learns classification, not multi_label"),
    ],
)
def test_what_is_made_for_other_labels_is_refused_before_a_round(
    tmp_path: Path, settings: dict[str, object], says: str
) -> None:
    """A strategy and a learner of another task are told at once, and no round is stored."""
    with Project.create(
        tmp_path / "p", task="multi_label", media="table", classes=["a"], **settings
    ) as project:
        project.add([{"id": f"r{i}", "x": float(i)} for i in range(8)])
        with pytest.raises(InvalidInputError, match=says):
            project.next_round()
        assert not project.rounds.list()


def test_polygons_are_told_to_have_no_learner(tmp_path: Path) -> None:
    """A learner of boxes is refused for them, with what to do instead."""
    with Project.create(
        tmp_path / "p", task="polygons", classes=["a"], learner={"name": "detector"}
    ) as project:
        project.add(np.arange(8 * 64, dtype=np.uint8).reshape(8, 8, 8))
        with pytest.raises(InvalidInputError, match="learns boxes, not polygons") as raised:
            project.next_round()
        assert "Name none: batches are drawn and labeled without a model" in raised.value.remedy
        assert not project.rounds.list()


def test_what_a_model_says_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    """Labels, doubt and members come back as they were; broken guesses leave the old ones."""
    with Project.create(tmp_path / "p", task="regression", media="table") as project:
        project.add([{"id": f"r{i}", "x": float(i)} for i in range(4)])
        kept = project.catalog.value_predictions
        assert kept.count("m") == 0
        with pytest.raises(NotFoundError, match="predicted nothing"):
            kept.values("m", [0])

        def said(*numbers: float, doubt: float = 0.5) -> Guesses:
            return Guesses(
                values=[NumberValue(number=number) for number in numbers],
                uncertainty=np.full(len(numbers), doubt, np.float32),
                members=np.array([numbers, numbers], np.float32) + np.array([[1], [2]], np.float32),
            )

        kept.put("m", (), [said(1.5, 2.5), said(-3.0)])
        assert kept.count("m") == 3
        assert kept.values("m", [2, 3, 0]) == [
            NumberValue(number=-3.0),
            None,
            NumberValue(number=1.5),
        ]
        for broken in ([], [said(1.0, doubt=np.nan)], [said(1, 2, 3, 4, 5)]):
            with pytest.raises(InvalidInputError):
                kept.put("m", (), broken)
        table = kept.table("m")
        assert table.numbers is not None
        assert table.numbers.tolist() == [1.5, 2.5, -3.0]
        assert table.members is not None
        assert table.members.tolist() == [[2.5, 3.5, -2.0], [3.5, 4.5, -1.0]]
        assert table.probabilities is None
