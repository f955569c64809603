"""Every registered learner passes every check of the kit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from querist.learners import Learner, create_learner, learner_names
from querist.learners.kit import LEARNER_CHECKS, check_learner

# What would take long as it is.
SMALL: dict[str, dict[str, Any]] = {
    "committee": {"members": ["logistic-regression", {"name": "naive-bayes"}], "bootstrap": True},
    "torch-snapshots": {"snapshots": 2, "epochs": 20},
}
# Beyond the registry: the adapter with, and without, probabilities of the estimator's own.
ADAPTED = ("sklearn:ensemble.ExtraTreesClassifier", "sklearn:svm.LinearSVC")


@pytest.mark.parametrize("name", [*learner_names(), *ADAPTED])
@pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_learner_keeps_the_contract(
    name: str, check: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    """The learner does what the check's own sentence says."""
    given = dict(SMALL.get(name, {}))
    if name == "remote":
        given["url"] = request.getfixturevalue("own_model_url")
    if name == "script":
        given["file"] = request.getfixturevalue("own_model_file")
    check(lambda: create_learner(name, **given))


def test_check_learner_runs_every_check() -> None:
    """``check_learner`` accepts the default learner, so that others can rely on it."""
    check_learner(lambda: create_learner("logistic-regression"))


def test_check_learner_refuses_a_warm_start() -> None:
    """A learner that remembers its first fit fails the kit with a sentence."""

    class Remembering(type(create_learner("logistic-regression"))):  # type: ignore[misc]
        def fit(self, X, y, *, class_count, rng):  # type: ignore[no-untyped-def]
            if self._weights is None:
                super().fit(X, y, class_count=class_count, rng=rng)

    def factory() -> Learner:
        return Remembering()

    with pytest.raises(AssertionError, match="a refit differs"):
        check_learner(factory)
