"""Facts about first guesses: by class names or examples, shown until the first training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from querist.cli.app import app
from querist.errors import ConflictError, InvalidInputError, NotFoundError, UnknownNameError
from querist.learners import create_learner
from querist.learners.prototypes import softmax, unit
from querist.loop.zero_shot import agreed_scale
from querist.project import Project
from querist.schema import Arm, Origin, Role
from querist.server import create_app

WORDS = {
    "sports": "goal match team player league coach score",
    "cooking": "oven butter recipe sauce dough flour pan",
    "space": "orbit rocket planet star telescope moon launch",
}


@pytest.fixture
def texts(tmp_path: Path):
    """90 texts of three topics; nothing is labelled."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(90):
        name = list(WORDS)[i % 3]
        said = rng.choice(WORDS[name].split(), 5).tolist()
        rows.append({"id": f"t{i:02d}", "text": " ".join([*said, "today"]), "known": name})
    with Project.create(
        tmp_path / "t",
        media="text",
        classes=list(WORDS),
        oracle_column="known",
        policy={"batch_size": 9, "audit_size": 15, "control_share": 0.0},
    ) as made:
        made.add(rows)
        yield made


def right(project: Project, model_id: str) -> float:
    """The share of assets whose guess is the known class."""
    summary = project.catalog.predictions.summary(model_id)
    names = [summary.classes[i] for i in summary.top]
    known = project.catalog.assets.metadata("known")
    return float(np.mean([a == b for a, b in zip(names, known, strict=True)]))


def test_descriptions_suggest_in_the_editor_until_the_first_training(texts) -> None:
    """The guess is served with its confidence, kept as a model's word, then replaced."""
    found = texts.models.zero_shot(describe=WORDS)
    assert right(texts, found.model.id) > 0.95
    assert (found.model.label_count, found.without) == (0, ())
    round_ = texts.next_round()
    assert round_.plan.model_id is None  # what was never taught chooses nothing
    # The audit set is asked first, and without a suggestion.
    item = next(it for it in texts.queue.next("ana", 30).items if it.prelabel is not None)
    assert item.model_id == found.model.id
    assert 0.5 < item.confidence <= 1
    texts.labels.submit(
        item.asset.id,
        item.prelabel,
        annotator="ana",
        prelabel=item.prelabel,
        model_id=item.model_id,
    )
    (entry,) = texts.catalog.records.labels.currents()
    assert (entry.origin, entry.prelabel) == (Origin.PERSON, item.prelabel)
    texts.oracle(1)
    newest = texts.catalog.records.models.latest(Arm.ACTIVE)
    assert newest.label_count > 0
    with pytest.raises(ConflictError, match="knows more"):
        texts.models.zero_shot()


def test_an_example_of_each_class_suggests_for_any_medium(tmp_path) -> None:
    """One row a class is enough; classes without one are never guessed; assets join later."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i:02d}", "x": float(v[0]), "y": float(v[1]), "known": "abc"[i % 3]}
        for i, v in enumerate(
            rng.normal(0, 0.3, (60, 2)) + np.array([[0, 3], [3, 0], [-3, -3]] * 20)
        )
    ]
    with Project.create(tmp_path / "p", media="table", classes=["a", "b", "c", "d"]) as project:
        project.add(rows, metadata_columns=["known"])
        with pytest.raises(InvalidInputError, match="reads no class names"):
            project.models.zero_shot()
        found = project.models.zero_shot(examples={"a": ["r00"], "b": ["r01", "r04"], "c": ["r02"]})
        assert right(project, found.model.id) > 0.95
        assert found.without == ("d",)
        assert (project.catalog.predictions.probabilities(found.model.id)[:, 3] == 0).all()
        project.add([{"id": "late", "x": 3.0, "y": 0.0, "known": "b"}], metadata_columns=["known"])
        assert project.models.zero_shot(examples={"a": ["r00"], "b": ["r01"]}).by_example == (
            "a",
            "b",
        )


def test_the_mean_confidence_is_the_agreement_of_neighbours(texts) -> None:
    """Nothing else is known on day one; difficulty is not told before labels calibrate it."""
    found = texts.models.zero_shot(describe=WORDS)
    summary = texts.catalog.predictions.summary(found.model.id)
    assert summary.confidence.mean() == pytest.approx(min(found.agreement, 0.99), abs=0.02)
    assert (summary.difficulty == -1).all()


@pytest.mark.parametrize("count", [1, 4])
def test_confidence_by_examples_is_near_the_share_of_right_guesses(count) -> None:
    """On handwritten digits neighbours agree more often than they are right."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X, center = X.astype(np.float32), X.mean(axis=0).astype(np.float32)
    near, gaps, before = unit(X - center), [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        shown = [near[rng.choice(np.flatnonzero(y == c), count, replace=False)] for c in range(10)]
        prototypes = unit(np.array([rows.mean(axis=0) for rows in shown]))
        right = float(((near @ prototypes.T).argmax(axis=1) == y).mean())
        agreement, scale = agreed_scale(X, center, prototypes, rng, shown)
        said = softmax(scale * (near @ prototypes.T)).max(axis=1).mean()
        gaps.append(float(said) - right)
        before.append(agreement - right)
    assert abs(np.mean(gaps)) < 0.04
    assert abs(np.mean(gaps)) < np.mean(before)


def test_what_cannot_teach_is_refused(texts) -> None:
    """Unknown classes and assets, audit assets, a single class, another task."""
    with pytest.raises(UnknownNameError, match="sport"):
        texts.models.zero_shot(describe={"sport": "ball"})
    with pytest.raises(NotFoundError, match="'x'"):
        texts.models.zero_shot(examples={"space": ["x"]})
    with pytest.raises(InvalidInputError, match="1 of 3"):
        texts.models.zero_shot(examples={"space": ["t02"]})
    texts.next_round()
    audit = sorted(texts.catalog.records.rounds.arm_ids(Arm.AUDIT))
    with pytest.raises(ConflictError, match="audit set"):
        texts.models.zero_shot(examples={"space": audit[:1]})


def test_the_command_and_the_route_guess_too(texts) -> None:
    """Both tell how near neighbours agree."""
    given = [part for name, words in WORDS.items() for part in ("--describe", f"{name}={words}")]
    shown = CliRunner().invoke(app, ["zero-shot", *given, "-p", str(texts.folder)])
    assert "suggests 3 classes" in shown.output, shown.output
    texts.catalog.records.annotators.ensure("mia", Role.MANAGER)
    token = texts.catalog.records.tokens.issue("mia", kind="api", ttl_seconds=600)
    client = TestClient(create_app(texts, engine=texts.jobs), base_url="http://127.0.0.1:8321")
    client.headers["Authorization"] = f"Bearer {token}"
    examples = {"sports": ["t00"], "cooking": ["t01"], "space": ["t02"]}
    job = client.post("/api/v1/zero-shot", json={"examples": examples}).json()
    assert job["state"] == "done", job
    assert job["result"]["by_example"] == ["sports", "cooking", "space"]


def test_left_out_examples_say_how_much_nearness_is_worth() -> None:
    """Classes that overlap make a learner that is less sure than classes that do not."""
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 20)
    sure = []
    for spread in (0.2, 2.0):
        X = (np.eye(3)[y] * 2 + rng.normal(0, spread, (60, 3))).astype(np.float32)
        learner = create_learner("prototypes")
        learner.fit(X, y, class_count=3, rng=rng)
        sure.append(learner.predict_proba(X).max(axis=1).mean())
    assert sure[0] > 0.95
    assert sure[1] < 0.85
