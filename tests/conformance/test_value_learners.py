"""Every registered learner of sets, numbers, boxes and spans passes every check of the kit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from querist.learners import create_value_learner, value_learner_class, value_learner_names
from querist.learners.label_sets import LabelSetsLearner
from querist.learners.value_kit import VALUE_LEARNER_CHECKS, check_value_learner
from querist.schema import TaskKind

CASES = [
    (name, task)
    for name in value_learner_names()
    for task in sorted(value_learner_class(name).tasks)
]


@pytest.mark.parametrize(("name", "task"), CASES)
@pytest.mark.parametrize("check", VALUE_LEARNER_CHECKS, ids=lambda check: check.__name__)
def test_learner_keeps_the_contract(name: str, task: TaskKind, check: Callable[..., None]) -> None:
    """The learner does what the check's own sentence says."""
    check(lambda: create_value_learner(name), task)


def test_check_value_learner_refuses_one_that_remembers_its_first_fit() -> None:
    """A warm start fails the kit with a sentence; the same learner without it passes."""

    class Remembering(LabelSetsLearner):
        def fit(self, inputs, values, *, classes, rng):  # type: ignore[no-untyped-def]
            if self._weights is None:
                super().fit(inputs, values, classes=classes, rng=rng)

    check_value_learner(LabelSetsLearner)
    with pytest.raises(AssertionError, match="a refit differs"):
        check_value_learner(Remembering)
