"""Learners of sets, numbers, boxes and spans that need no server and no weights keep the kit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from querist.learners import create_value_learner, default_value_learner
from querist.learners.label_sets import LabelSetsLearner
from querist.learners.value_kit import VALUE_LEARNER_CHECKS, check_value_learner
from querist.learners.value_problems import CLASSES
from querist.schema import TaskKind
from tiny_language_model import write_tiny_model

# What a model in a process of the user learns beside one class for each vector.
ELSEWHERE = (TaskKind.MULTI_LABEL, TaskKind.REGRESSION, TaskKind.BOXES, TaskKind.SPANS)
# Beyond the defaults: those that read the assets, and any estimator of scikit-learn.
CASES = [
    *((name, task) for task in TaskKind if (name := default_value_learner(task)) is not None),
    ("label-studio-backend", TaskKind.CLASSIFICATION),
    *((name, task) for name in ("remote", "script") for task in ELSEWHERE),
    ("transformers-spans", TaskKind.SPANS),
    ("transformers-text", TaskKind.CLASSIFICATION),
    ("transformers-text", TaskKind.MULTI_LABEL),
    ("sklearn:neighbors.KNeighborsClassifier", TaskKind.MULTI_LABEL),
    ("sklearn:ensemble.ExtraTreesRegressor", TaskKind.REGRESSION),
    ("sklearn:linear_model.LinearRegression", TaskKind.REGRESSION),
]


KNOWN = ["a", "wall", *CLASSES, "Ruby", "Cherry", "Jade", "Moss", "Azure", "Navy", "the", "later"]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small language model that knows the words of the kit's texts."""
    return str(write_tiny_model(tmp_path_factory.mktemp("tiny"), KNOWN))


@pytest.mark.parametrize(("name", "task"), CASES)
@pytest.mark.parametrize("check", VALUE_LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_learner_keeps_the_contract(
    name: str, task: TaskKind, check: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    """The learner does what the check's own sentence says."""
    given: dict[str, Any] = {}
    if name == "label-studio-backend":
        given = {"url": request.getfixturevalue("label_studio_backend_url")}
    if name == "remote":
        given = {"url": request.getfixturevalue("own_values_url"), "send": "content"}
    if name == "script":
        given = {"file": request.getfixturevalue("own_values_file")}
    if name.startswith("transformers"):
        given = {"model": request.getfixturevalue("tiny_model")}
        given |= {"learning_rate": 0.02, "epochs": 80}
    if name == "detector":
        given = {"size": 96, "steps": 60}  # the kit's pictures are small and plain
    check(lambda: create_value_learner(name, **given), task)


def test_check_value_learner_refuses_one_that_remembers_its_first_fit() -> None:
    """A warm start fails the kit with a sentence; the same learner without it passes."""

    class Remembering(LabelSetsLearner):
        def fit(self, inputs, values, *, classes, rng):  # type: ignore[no-untyped-def]
            if self._weights is None:
                super().fit(inputs, values, classes=classes, rng=rng)

    check_value_learner(LabelSetsLearner)
    with pytest.raises(AssertionError, match="a refit differs"):
        check_value_learner(Remembering)
