"""Facts about acceptance under a risk budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.autolabel import acceptance_threshold
from querist.errors import InvalidInputError


def _sample(
    rng: np.random.Generator, n: int, sharpness: float = 0.35
) -> tuple[np.ndarray, np.ndarray]:
    """A sample whose error rate at confidence c is exactly (1 - c) ** (1 / sharpness) / 2."""
    confidence = rng.uniform(0.0, 1.0, n)
    return confidence, rng.uniform(size=n) > 0.5 * (1 - confidence) ** (1 / sharpness)


def _true_risk(threshold: float, sharpness: float = 0.35) -> float:
    grid = np.linspace(threshold, 1.0, 20_001)
    return float(np.mean(0.5 * (1 - grid) ** (1 / sharpness)))


@pytest.mark.parametrize(("risk", "level"), [(0.02, 0.9), (0.05, 0.8)])
def test_the_promise_is_broken_no_more_often_than_allowed(risk: float, level: float) -> None:
    """Over 2,000 samples the true error rate exceeds the promised one in at most 1 - level."""
    rng = np.random.default_rng(1)
    broken = 0
    for _ in range(2_000):
        found = acceptance_threshold(*_sample(rng, 400), risk=risk, confidence_level=level)
        broken += found.threshold is not None and _true_risk(found.threshold) > risk
    assert broken / 2_000 <= (1 - level) + 3 * np.sqrt(level * (1 - level) / 2_000)


def test_the_promise_holds_at_the_boundary() -> None:
    """When every threshold has just more than the promised risk, it is rarely accepted."""
    rng = np.random.default_rng(2)
    accepted = 0
    for _ in range(2_000):
        confidence = rng.uniform(size=300)
        found = acceptance_threshold(
            confidence, rng.uniform(size=300) > 0.0501, risk=0.05, confidence_level=0.9
        )
        accepted += found.threshold is not None
    assert accepted / 2_000 <= 0.1 + 3 * np.sqrt(0.09 / 2_000)


def test_more_evidence_accepts_more() -> None:
    """The coverage grows with the sample and nears the one an oracle would take."""
    few = acceptance_threshold(*_sample(np.random.default_rng(3), 300), risk=0.02)
    many = acceptance_threshold(*_sample(np.random.default_rng(3), 30_000), risk=0.02)
    oracle = 1 - next(t for t in np.linspace(0, 1, 1001) if _true_risk(t) <= 0.02)
    assert few.coverage < many.coverage <= oracle + 0.02
    assert many.coverage > 0.9 * oracle


def test_a_faultless_sample_that_is_large_enough_is_accepted_whole() -> None:
    """With no error among 1,000 every prediction may be accepted at a risk of one in a hundred."""
    confidence = np.random.default_rng(4).uniform(size=1_000)
    found = acceptance_threshold(confidence, np.ones(1_000, bool), risk=0.01)
    assert (found.threshold, found.coverage, found.checked, found.errors) == (0.0, 1.0, 1_000, 0)


def test_too_small_a_sample_promises_nothing() -> None:
    """Ten faultless rows cannot certify one error in a hundred, so nothing is accepted."""
    found = acceptance_threshold(np.ones(10), np.ones(10, bool), risk=0.01)
    assert found.threshold is None
    assert found.coverage == 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 500), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_order_of_the_rows_does_not_matter(seed: int, n: int, risk: float) -> None:
    """Shuffled rows give the same answer, and its counts agree with a direct count."""
    rng = np.random.default_rng(seed)
    confidence, correct = _sample(rng, n)
    order = rng.permutation(n)
    found = acceptance_threshold(confidence, correct, risk=risk)
    assert found == acceptance_threshold(confidence[order], correct[order], risk=risk)
    if found.threshold is not None:
        above = confidence >= found.threshold
        assert (found.checked, found.errors) == (above.sum(), (~correct[above]).sum())


@pytest.mark.parametrize(
    ("confidence", "correct", "risk"),
    [
        ([], [], 0.1),
        ([0.5], [True, False], 0.1),
        ([np.nan], [True], 0.1),
        ([1.5], [True], 0.1),
        ([0.5], [True], 0.0),
        ([0.5], [True], 1.0),
    ],
)
def test_wrong_input_is_refused(confidence: list, correct: list, risk: float) -> None:
    """Empty, unequal or impossible input is named and refused."""
    with pytest.raises(InvalidInputError):
        acceptance_threshold(confidence, correct, risk=risk)
