"""Facts about difficulty and calibration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.autolabel import difficulty
from querist.errors import InvalidInputError
from querist.metrics import (
    binary_brier,
    binary_log_loss,
    calibration_error,
    fit_calibrator,
    reliability,
)

EASY, HARD = 0, 2


@settings(deadline=None)
@given(seed=st.integers(0, 1_000), rate=st.sampled_from([0.01, 0.05, 0.2]))
def test_easy_ones_could_be_promised_and_hard_ones_hold_half_of_all_errors(seed, rate):
    """The mean error of easy is at most the rate; one more hard asset would not be needed."""
    errors = np.random.default_rng(seed).beta(0.4, 2.0, 500)
    words = difficulty(errors, max_error=rate)
    if (words == EASY).any():
        assert errors[words == EASY].mean() <= rate
        assert errors[words == EASY].max() < errors[words != EASY].min(initial=1.0)
    hard = errors[words == HARD]
    wanted = min(0.5 * errors.sum(), errors[words != EASY].sum())
    assert hard.sum() >= wanted - 1e-9
    assert hard.sum() - hard.min(initial=1.0) <= wanted + 1e-9


def test_small_changes_do_not_move_an_asset():
    """Errors that wander by a tenth of their odds change no word; without memory they do."""
    rng = np.random.default_rng(0)
    errors = rng.beta(0.4, 2.0, 2_000)
    before = difficulty(errors, max_error=0.05)
    moved = np.clip(errors * rng.uniform(0.95, 1.05, 2_000), 0, 1)
    assert (difficulty(moved, max_error=0.05) != before).sum() > 0
    assert (difficulty(moved, max_error=0.05, before=before) == before).all()


def test_a_clear_change_moves_an_asset_whatever_it_was():
    """What was hard and is sure now is easy, new assets have no past."""
    errors = np.concatenate([np.full(90, 0.001), np.full(10, 0.9)])
    before = np.full(50, HARD, dtype=np.int8)
    assert (difficulty(errors, before=before)[:90] == EASY).all()


def test_impossible_errors_are_refused():
    """A probability lies between 0 and 1."""
    with pytest.raises(InvalidInputError):
        difficulty([0.1, 1.2])


def _overconfident(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers whose logits are three times too large."""
    logits = rng.normal(size=(n, 4)) * 1.5
    truth = (logits + rng.gumbel(size=(n, 4))).argmax(axis=1)
    sharp = np.exp(3 * logits)
    return truth, sharp / sharp.sum(axis=1, keepdims=True)


def test_a_calibrator_mends_a_model_that_is_too_sure():
    """With 500 labels the error falls below .04 on others, and the log loss below what it was."""
    rng = np.random.default_rng(0)
    truth, table = _overconfident(rng, 10_500)
    found = fit_calibrator(truth[:500], table[:500], rng)
    assert found.method != "none"
    right = table[500:].argmax(axis=1) == truth[500:]
    before, after = table[500:].max(axis=1), found.sureness(table[500:])
    assert calibration_error(right, before).value > 0.1
    assert calibration_error(right, after).value < 0.04
    assert binary_log_loss(right, after) < binary_log_loss(right, before)
    assert binary_brier(right, after) < binary_brier(right, before)


def test_few_labels_change_nothing():
    """With 20 labels the probabilities stay as they are."""
    rng = np.random.default_rng(1)
    truth, table = _overconfident(rng, 20)
    found = fit_calibrator(truth, table, rng)
    assert found.method == "none"
    assert found.sureness(table) == pytest.approx(table.max(axis=1), abs=1e-5)


def test_the_same_rows_give_the_same_calibrator():
    """The folds come from the generator alone."""
    truth, table = _overconfident(np.random.default_rng(2), 300)
    first, second = (fit_calibrator(truth, table, np.random.default_rng(7)) for _ in range(2))
    assert first.log_losses == second.log_losses
    assert (first.sureness(table) == second.sureness(table)).all()


def test_a_calibrated_model_has_hardly_any_calibration_error():
    """Noise of few rows is taken off: 2,000 honest claims have an error below .03."""
    rng = np.random.default_rng(3)
    claims = rng.uniform(0.5, 1.0, 2_000)
    assert calibration_error(rng.uniform(size=2_000) < claims, claims).value < 0.03
    assert calibration_error(rng.uniform(size=2_000) < claims - 0.2, claims).value > 0.15


def test_claims_that_are_the_same_share_a_bin_whatever_their_order():
    """A model that says 80 % each time and is right in 80 % is calibrated."""
    hits = np.arange(100) % 5 > 0
    for order in (np.arange(100), np.argsort(hits)):
        (found,) = reliability(hits[order], np.full(100, 0.8))
        assert (found.count, found.claimed, found.right) == (100, pytest.approx(0.8), 0.8)
        assert calibration_error(hits[order], np.full(100, 0.8)).value == pytest.approx(0, abs=1e-6)


def test_bins_of_the_diagram_hold_equally_many_rows():
    """They are ordered by what was claimed, and all rows are in one."""
    rng = np.random.default_rng(4)
    found = reliability(rng.uniform(size=103) < 0.5, rng.uniform(size=103), bins=10)
    assert sum(it.count for it in found) == 103
    assert max(it.count for it in found) - min(it.count for it in found) <= 1
    assert [it.claimed for it in found] == sorted(it.claimed for it in found)
