"""A learner that is set wrong or refuses the data is told at once, and ends no round in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from querist import Project
from querist.errors import InvalidInputError, QueristError, TooFewLabelsError, UnknownNameError
from querist.schema import Step


def begun(folder: Path, *, oracle: bool = False, **settings: Any) -> Project:
    """Forty rows of two classes that take turns; known labels where ``oracle``."""
    project = Project.create(
        folder,
        media="table",
        classes=["low", "high"],
        oracle_column="known" if oracle else None,
        **settings,
    )
    rows = [{"id": f"r{i}", "x": float(i - 20), "known": ["low", "high"][i % 2]} for i in range(40)]
    project.add(rows, id_column="id", metadata_columns=["known"])
    return project


@pytest.mark.parametrize(
    ("learner", "told"),
    [
        ({"name": "svm-rbg"}, "Did you mean svm-rbf"),
        ({"name": "svm-rbf", "parameters": {"C": 0}}, "The 'C' parameter of SVC must be a float"),
        ({"name": "random-forest", "parameters": {"n_estimators": "x"}}, "'n_estimators'"),
        ({"name": "naive-bayes", "parameters": {"trees": 3}}, "does not take 'trees'"),
        ({"name": "sklearn:neighbors.KNeighborsClassifier", "parameters": {"n_neighbors": 0}}, "0"),
        ({"name": "script", "parameters": {"file": "mine.py"}}, "no script 'mine.py'"),
        ({"name": "ridge"}, "learns regression, not classification"),
    ],
)
def test_a_learner_that_cannot_be_made_is_refused_before_anybody_labels(
    tmp_path: Path, learner: dict[str, Any], told: str
) -> None:
    """Name, parameters, values and the file are looked at when a round is drawn."""
    with begun(tmp_path / "p", learner=learner) as project:
        with pytest.raises(QueristError, match=told):
            project.next_round(4)
        assert not project.rounds.list()


@pytest.mark.parametrize(
    "rule", [{"class_overlap": {"hihg": {"opinions": 2}}}, {"class_skills": {"hihg": "x"}}]
)
def test_a_rule_for_a_class_that_is_not_there_draws_nothing(
    tmp_path: Path, rule: dict[str, Any]
) -> None:
    """querist.toml is held to what the app refuses, with the nearest class."""
    with (
        begun(tmp_path / "p", policy=rule) as project,
        pytest.raises(UnknownNameError, match="Did you mean high"),
    ):
        project.next_round(4)


def test_a_learner_that_refuses_the_data_leaves_the_round_waiting(tmp_path: Path) -> None:
    """The training fails with its error; labels stay, and another learner finishes the round."""
    learner = {"name": "sklearn:naive_bayes.ComplementNB"}
    with begun(tmp_path / "p", oracle=True, learner=learner) as project:
        project.next_round(20)
        with pytest.raises(InvalidInputError, match="Negative values in data") as refused:
            project.oracle(1)
        assert not isinstance(refused.value, TooFewLabelsError)
        assert project.rounds.list()[0].step is Step.TRAIN
        found = project.status()
        assert found.trained_on == 20
        assert found.sentence == "Round 1 has its labels; its training is not finished."
        with pytest.raises(InvalidInputError, match="Negative values in data"):
            project.next_round(20)
        assert len(project.rounds.list()) == 1
    settings = tmp_path / "p" / "querist.toml"
    text = settings.read_text().replace(learner["name"], "naive-bayes")
    settings.write_text(text)
    with Project.open(tmp_path / "p") as project:
        assert project.train().learner == "naive-bayes"
        assert project.rounds.list()[0].step is Step.DONE


def test_status_tells_why_a_round_has_no_model(tmp_path: Path) -> None:
    """Too few labels let the round go on, and its advice and the status say so."""
    with begun(tmp_path / "p") as project:
        project.next_round(4)
        project.finish_round()
        found = project.status()
        told = "No model was trained: The active arm has 0 labels of 0 classes."
        assert found.sentence.startswith(told)
        assert found.advice is not None
        assert (
            found.advice.reasons[0] == f"{told} Label assets of at least two classes, then train."
        )
        assert project.next_round(4).number == 2
