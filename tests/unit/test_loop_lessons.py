"""What data taught: from a project's rounds to batches, classes and the labels that did harm."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist.cli.app import app
from querist.diagnostics import Taught, retrained
from querist.diagnostics.attribution import taught
from querist.labeling import answer_with_oracle
from querist.learners import create_learner
from querist.loop import BatchLesson, ClassLesson, lessons, snapshot, training
from querist.loop.lessons import _led, _sentence
from querist.project import Project
from querist.schema import AddClass, Arm, RenameClass, Step
from querist.server import create_app

COLOURS = ["amber", "blue", "green"]
CENTERS = [(0.0, 0.0), (2.4, -1.8), (1.0, 1.2)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Four finished rounds of 20 labels; the label of one asset was taken wrong on purpose."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(600):
        x, y = rng.normal(CENTERS[i % 3], 0.6)
        rows.append({"id": f"row-{i:03d}", "x": float(x), "y": float(y), "known": COLOURS[i % 3]})
    made = Project.create(
        tmp_path_factory.mktemp("taught") / "p",
        media="table",
        classes=COLOURS,
        oracle_column="known",
        policy={"batch_size": 20, "audit_size": 100, "control_share": 0.2, "strategy": "random"},
    )
    made.add(rows, id_column="id", metadata_columns=["known"])
    made.oracle(3)
    made.next_round(20)
    wrong = made.catalog.records.rounds.selected(round=4, arm=Arm.ACTIVE)[0].asset_id
    truth = COLOURS[int(wrong[4:]) % 3]
    other = COLOURS[(COLOURS.index(truth) + 1) % 3]
    made.labels.submit(wrong, other, annotator="ana")
    made.oracle(1)
    return made


def test_the_lessons_are_those_of_training_without_each_batch_and_class(project: Project) -> None:
    """Batches hold all labels of the model, and points are as the default learner says."""
    round_ = project.rounds.list()[-1]
    found = lessons(project.catalog, round_)
    assert found is not None
    model = project.catalog.records.models.get(str(round_.model_id))
    assert sum(one.labels for one in found.batches) == model.label_count == found.labels
    # Of 20 labels in a batch nothing is said of a hundred.
    assert all((one.density is None) == (one.labels < 25) for one in found.batches)
    assert any(one.density is None for one in found.batches)
    assert [one.last for one in found.batches] == [1, 2, 3, 4]

    seen = snapshot.take(project.catalog)
    asked = project.catalog.records.rounds.selected(arm=Arm.ACTIVE)
    first = {one.asset_id: one.round - 1 for one in reversed(asked)}
    learned = [i for i in seen.training(Arm.ACTIVE) if seen.ids[i] in first]
    sample = [i for i in np.flatnonzero(seen.labeled) if i not in learned]
    groups = [first[seen.ids[i]] for i in learned]
    vectors = project.catalog.embeddings.matrix(model.encoder)
    X, y, others = np.asarray(vectors[learned]), seen.codes[learned], np.asarray(vectors[sample])

    def said(kept: np.ndarray) -> np.ndarray:
        learner = create_learner("logistic-regression")
        learner.fit(X[kept], y[kept], class_count=3, rng=np.random.default_rng(0))
        return learner.predict_proba(others)

    real = retrained(said, groups, seen.codes[sample])
    assert found.sample == len(sample)
    np.testing.assert_allclose(
        [one.points for one in found.batches], [one.points for one in real], rtol=0.1
    )
    newest = np.where(np.array(groups) == 3, y, -1)
    for told, wanted in (
        ([one.points for one in found.classes], retrained(said, y, seen.codes[sample])),
        ([one.newest_points for one in found.classes], retrained(said, newest, seen.codes[sample])),
    ):
        np.testing.assert_allclose(told, [one.points for one in wanted], rtol=0.03, atol=0.05)


def test_a_wrong_label_is_among_those_that_did_harm(project: Project) -> None:
    """The label that was taken wrong is told, and the second look comes from the cache."""
    found = lessons(project.catalog, project.rounds.list()[-1])
    assert found is not None
    wrong = project.catalog.records.rounds.selected(round=4, arm=Arm.ACTIVE)[0].asset_id
    assert wrong in found.harmful
    assert lessons(project.catalog, project.rounds.list()[-1]) == found
    assert len(list((project.folder / "cache" / "lessons").iterdir())) >= 1


def test_every_class_has_its_course(project: Project) -> None:
    """Recall in every round, when it was learned, and a ladder of capacity."""
    found = lessons(project.catalog, project.rounds.list()[-1])
    assert found is not None
    assert [one.name for one in found.classes] == COLOURS
    assert all(len(one.recall) == len(found.rounds) for one in found.classes)
    assert sum(one.newest for one in found.classes) == 20
    assert len(found.stability) == len(found.rounds) - 1
    assert found.capacity is not None
    assert found.hardness is not None
    assert found.hardness.easy + found.hardness.ambiguous + found.hardness.hard == found.sample


def test_capacity_is_judged_by_the_audit_set_alone(project: Project) -> None:
    """The share that it tells is that of the round; with the control's labels it was another."""
    round_ = project.rounds.list()[-1]
    found = lessons(project.catalog, round_)
    assert found is not None
    assert found.capacity is not None
    seen = snapshot.take(project.catalog)
    learned = seen.training(Arm.ACTIVE)
    model = project.catalog.records.models.get(str(round_.model_id))
    fits = training.predict(project.catalog, model, learned).argmax(axis=1) == seen.codes[learned]
    assert found.sample > len(seen.audited()) == 100
    own = next(it for it in round_.evaluations if it.arm is Arm.ACTIVE)
    assert found.capacity.gap == pytest.approx(fits.mean() - own.accuracy.value)


def test_diagnose_tells_what_data_taught(project: Project) -> None:
    """The command line prints the section; JSON stays the list of findings unless asked."""
    folder = str(project.folder)
    told = CliRunner().invoke(app, ["diagnose", "--project", folder])
    assert told.exit_code == 0, told.output
    assert "What data taught" in told.output
    assert "round 4" in told.output
    plain = CliRunner().invoke(app, ["diagnose", "--project", folder, "--json"])
    assert plain.output.lstrip().startswith("[")


def test_who_asks_meanwhile_waits_for_what_is_on_its_way(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two pages opened at once are one comparison, and both show it."""
    module, round_ = sys.modules["querist.loop.lessons"], project.rounds.list()[1]
    made = []

    def counted(*asked: Any) -> Any:
        made.append(asked)
        time.sleep(0.2)  # the other has come by then
        return find(*asked)

    find = module._found
    monkeypatch.setattr(module, "_found", counted)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda _: lessons(project.catalog, round_), range(2)))
    assert said[0] is not None
    assert said[0] == said[1]
    assert len(made) == 1


def test_numbers_have_no_lessons(tmp_path: Path) -> None:
    """Where a label is no single class nothing is told."""
    made = Project.create(
        tmp_path / "p",
        task="regression",
        media="table",
        oracle_column="y",
        policy={"batch_size": 5},
    )
    rows = [{"id": f"r{i}", "x": float(i), "y": float(2 * i)} for i in range(30)]
    made.add(rows, id_column="id", metadata_columns=["y"])
    made.oracle(1)
    assert lessons(made.catalog, made.rounds.list()[-1]) is None


def table_of(folder: Path) -> Project:
    """A project of 120 rows in two classes, none labelled."""
    rng = np.random.default_rng(1)
    rows = [
        {"id": f"row-{i:03d}", "x": float(rng.normal() + 3 * (i % 2)), "known": COLOURS[i % 2]}
        for i in range(120)
    ]
    made = Project.create(
        folder,
        media="table",
        classes=COLOURS[:2],
        oracle_column="known",
        policy={"batch_size": 10, "audit_size": 20, "strategy": "random"},
    )
    made.add(rows, id_column="id", metadata_columns=["known"])
    return made


def test_of_two_classes_none_is_compared(tmp_path: Path) -> None:
    """There is no model of one class; the command says that it compared nothing."""
    with table_of(tmp_path / "p") as made:
        made.oracle(1)
        found = lessons(made.catalog, made.rounds.list()[-1])
        assert found is not None
        assert [(one.points, one.low, one.high) for one in found.classes] == [(None,) * 3] * 2
        told = CliRunner().invoke(app, ["diagnose", "--project", str(made.folder)])
    assert "not compared" in told.output
    assert "Not compared are classes" in told.output


def prepared(project: Project) -> set[str]:
    """Models whose lessons lie in the cache."""
    return {
        path.stem.rpartition("-")[0] for path in (project.folder / "cache" / "lessons").glob("*")
    }


def models(project: Project, rounds: int) -> set[str]:
    """Models of the first rounds."""
    return {str(one.model_id) for one in project.rounds.list()[:rounds]}


def test_lessons_speak_of_the_classes_of_now(tmp_path: Path) -> None:
    """What was made before a class was renamed or added is made again."""
    with table_of(tmp_path / "p") as made:
        made.oracle(1)
        (round_,) = made.rounds.list()
        before = lessons(made.catalog, round_)
        made.ontology_changes.apply(RenameClass(name="blue", to="azure"), author="ana")
        renamed = lessons(made.catalog, round_)
        assert before is not None
        assert renamed is not None
        assert [one.name for one in before.classes] == ["amber", "blue"]
        assert [one.name for one in renamed.classes] == ["amber", "azure"]
        assert [one.points for one in renamed.batches] == [one.points for one in before.batches]
        made.ontology_changes.apply(AddClass(name="green"), author="ana")
        grown = lessons(made.catalog, round_)
        assert grown is not None
        assert [one.name for one in grown.classes] == ["amber", "azure", "green"]


def test_a_job_that_finishes_a_round_prepares_its_pages(tmp_path: Path) -> None:
    """What data taught and the judged labels lie in the cache before anybody asks."""
    with table_of(tmp_path / "p") as made:
        made.jobs.submit("oracle_round", {"rounds": 1})
        made.next_round(10)
        made.jobs.submit("next_round")
        assert prepared(made) == models(made, 2)
        newest = made.catalog.records.models.latest(Arm.ACTIVE)
        assert newest is not None
        assert (made.folder / "cache" / "out_of_fold" / f"{newest.id}.npz").exists()
        answer_with_oracle(made.catalog)
        made.jobs.submit("train")
        assert made.rounds.list()[-1].step is Step.DONE
        assert prepared(made) == models(made, 3)


def test_a_server_prepares_the_pages_of_a_round_that_no_job_finished(tmp_path: Path) -> None:
    """After rounds by a command or in Python the first look at Diagnose need not wait."""
    with table_of(tmp_path / "p") as made:
        made.oracle(2)
        assert prepared(made) == set()
        with TestClient(create_app(made)):
            pass  # a server that ends lets what it began at the start come to its end
        assert prepared(made) == models(made, 2) - models(made, 1)


def _batch(number: int, points: float, half: float, p_value: float) -> BatchLesson:
    return BatchLesson(
        first=number,
        last=number,
        labels=20,
        points=points,
        low=points - half,
        high=points + half,
        p_value=p_value,
        accuracy=0.0,
        density=None,
        per_class={},
    )


@pytest.mark.parametrize(
    ("batches", "told"),
    [
        # The greatest is unsure, another one is sure.
        (
            [_batch(1, 4.0, 5.0, 0.1), _batch(2, 2.2, 1.6, 0.01), _batch(3, -1.0, 0.5, 0.001)],
            "Round 2 taught most of those that surely taught anything: +2.2 points (+0.6 to +3.8)",
        ),
        ([_batch(1, 2.2, 1.6, 0.01), _batch(2, 1.0, 2.0, 0.3)], "Round 1 taught most: +2.2 points"),
        # The best of four by luck.
        (
            [_batch(n, 0.1 * n, 0.39, 0.02 if n == 4 else 0.5) for n in (1, 2, 3, 4)],
            "Of 4 batches none surely taught the model anything that the others did not.",
        ),
    ],
)
def test_a_batch_is_said_to_teach_most_where_that_is_no_luck(
    batches: list[BatchLesson], told: str
) -> None:
    """The best of k is sure at a k-th of the level; the intervals are those of each batch alone."""
    amber = ClassLesson(
        name="amber",
        labels=60,
        newest=20,
        points=1.0,
        low=0.5,
        high=1.5,
        newest_points=0.0,
        recall=(0.9,),
        learned=1,
        forgotten=(),
        stalled=False,
    )
    assert _sentence(tuple(batches), (amber,), len(batches), "").startswith(told)


def test_a_class_is_said_to_have_brought_most_where_that_is_no_luck() -> None:
    """It has to be sure for the best of all classes of the batch, and all of them compared."""
    names = ("amber", "blue")
    truth, whole = np.arange(40) % 2, np.full((40, 2), 0.5)

    def brought(mean: float, code: int) -> Taught:
        change = mean + np.repeat([0.1, -0.1], 20)
        return taught(code, 9, whole + change[:, None], whole, truth)

    sure, luck, nothing = brought(0.1, 0), brought(0.033, 0), brought(0.0, 1)
    assert luck.low > 0  # by itself it would be sure
    both = np.arange(2)
    assert _led({0: sure, 1: nothing}, both, names) == "amber"
    assert _led({0: luck, 1: nothing}, both, names) == ""
    assert _led({0: sure}, both, names) == ""
    assert _led({0: sure}, both[:1], names) == ""
    assert _led({}, both, names) == ""
