"""When the advice is to stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from querist.loop.budget import BudgetState
from querist.loop.curve import Curve, CurvePoint, saving, sentence
from querist.loop.stopping import Evidence, advise
from querist.schema import Arm, Estimate, Evaluation

NO_LIMITS = [BudgetState(unit="labels", spent=100, limit=None)]
EVIDENCE = Evidence(
    rounds=6,
    evaluation=None,
    target=None,
    agreements=[0.8, 0.995, 0.996, 0.997],
    wanted_agreement=0.99,
    thin_classes=[],
    budgets=NO_LIMITS,
    left=100,
)


def measured(low: float, value: float, high: float) -> Evaluation:
    """An evaluation with the given accuracy."""
    accuracy = Estimate(value=value, low=low, high=high, count=100)
    return Evaluation(arm=Arm.ACTIVE, model_id="m", labels=10, accuracy=accuracy, macro_f1=value)


def test_stable_predictions_stop() -> None:
    """Three comparisons with kappa at .99 or more after four rounds stop."""
    stop, reasons, mean, bound = advise(EVIDENCE)
    assert stop
    assert mean == pytest.approx(0.996)
    assert bound == pytest.approx(4 * 0.004 / 0.996, rel=1e-3)
    assert "stable" in reasons[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"agreements": [0.8, 0.9, 0.996]},
        {"agreements": [0.999, 0.999]},
        {"agreements": []},
        {"rounds": 3},
        {"thin_classes": ["boot"]},
    ],
)
def test_unstable_early_or_uncovered_goes_on(change: dict[str, object]) -> None:
    """No stop while predictions move, rounds are few, or a class has hardly been seen."""
    stop, reasons, _, _ = advise(replace(EVIDENCE, **change))
    assert not stop
    assert reasons


def test_spent_budget_stops() -> None:
    """A spent budget stops whatever the model does."""
    spent = [BudgetState(unit="labels", spent=100, limit=100)]
    stop, reasons, _, _ = advise(replace(EVIDENCE, agreements=[], budgets=spent))
    assert stop
    assert "budget of 100 labels" in reasons[0]


def test_empty_pool_stops() -> None:
    """Nothing left to ask is a reason to stop."""
    assert advise(replace(EVIDENCE, agreements=[], left=0))[0]


@pytest.mark.parametrize(
    ("evaluation", "stops"),
    [(measured(0.91, 0.94, 0.97), True), (measured(0.88, 0.94, 0.97), False)],
)
def test_target_needs_the_lower_end(evaluation: Evaluation, stops: bool) -> None:
    """The target counts as reached only when the whole interval is above it."""
    evidence = replace(EVIDENCE, agreements=[], target=0.9, evaluation=evaluation)
    assert advise(evidence)[0] is stops


def points(*pairs: tuple[int, float]) -> tuple[CurvePoint, ...]:
    """Points of a curve from labels and accuracy."""
    return tuple(
        CurvePoint(
            round=i + 1,
            labels=labels,
            accuracy=Estimate(value=value, low=value - 0.02, high=value + 0.02, count=200),
            seconds=None,
            money=None,
        )
        for i, (labels, value) in enumerate(pairs)
    )


def test_saving_is_read_at_the_best_quality_both_reached() -> None:
    """Random reaches .90 with 200 labels; active passes it half-way between 50 and 100."""
    found = saving(
        Curve(active=points((50, 0.85), (100, 0.95)), control=points((100, 0.8), (200, 0.9)))
    )
    assert found is not None
    assert (found.accuracy, found.control_labels) == (0.9, 200)
    assert found.active_labels == pytest.approx(75)
    assert found.mean_ratio == pytest.approx(np.mean([50 / 150, 75 / 200]), abs=0.03)


def test_no_saving_without_a_control() -> None:
    """Without a control arm nothing is claimed."""
    only = Curve(active=points((50, 0.85)), control=())
    assert saving(only) is None
    assert "random" not in sentence(only, 50)


def test_no_saving_where_the_start_was_better_with_more_labels() -> None:
    """Active .73 after its first 25 labels tells nothing about the .42 that random has with 20."""
    small = Curve(active=points((25, 0.73), (50, 0.8)), control=points((5, 0.3), (20, 0.42)))
    assert saving(small) is None
    later = Curve(active=points((25, 0.73), (50, 0.8)), control=points((5, 0.3), (60, 0.72)))
    found = saving(later)
    assert found is not None
    assert (found.active_labels, found.control_labels) == (25, 60)
