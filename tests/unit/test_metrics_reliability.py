"""The reliability diagram: what calibration does to claims, judged out of fold."""

from __future__ import annotations

import numpy as np
import pytest

from querist.metrics import calibration_error, reliability_of_answers, reliability_of_classes
from querist.metrics.shares import proportion, share_of_effective, trials_of_assets


def _overconfident(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """True classes (n,) and probabilities (n, 3) whose logits are three times what they should."""
    logits = rng.normal(0, 1.5, (n, 3))
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (rng.random((n, 1)) > true.cumsum(axis=1)).sum(axis=1)
    sharp = np.exp(3 * logits - (3 * logits).max(axis=1, keepdims=True))
    return truth, sharp / sharp.sum(axis=1, keepdims=True)


def test_an_overconfident_model_is_mended() -> None:
    """Its claims miss by far, the calibrated ones hardly."""
    truth, said = _overconfident(1_000, np.random.default_rng(0))
    found = reliability_of_classes(truth, said, np.random.default_rng(1))
    assert found.method != "none"
    assert found.claimed_error.low > 0.15
    assert found.calibrated_error is not None
    assert found.calibrated_error.value < 0.04
    assert found.calibrated_error.low == 0
    assert found.claimed_error == calibration_error(said.argmax(axis=1) == truth, said.max(axis=1))


def _claims(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.beta(4, 1.2, size)


@pytest.mark.parametrize("size", [60, 120, 500])
def test_a_calibrated_model_has_no_calibration_error(size: int) -> None:
    """On average its mean square is 0, however few rows; the interval holds 0."""
    rng = np.random.default_rng(size)
    drawn = [_claims(size, rng) for _ in range(300)]
    found = [calibration_error(rng.random(size) < claims, claims) for claims in drawn]
    assert np.mean([it.low == 0 for it in found]) > 0.95
    assert np.median([it.value for it in found]) < 0.02
    assert max(it.high for it in found) < 4 / np.sqrt(size)


@pytest.mark.parametrize("size", [60, 120, 500])
def test_the_interval_of_a_calibration_error_holds(size: int) -> None:
    """Ten groups of claims that are too high by .1 each, at .3 to .9."""
    rng = np.random.default_rng(size)
    levels = np.repeat(np.linspace(0.3, 0.9, 10), size // 10)
    found = [calibration_error(rng.random(size) < levels - 0.1, levels) for _ in range(500)]
    assert np.mean([it.low <= 0.1 <= it.high for it in found]) > 0.93
    assert abs(np.mean([it.value for it in found]) - 0.1) < 0.02


def test_a_calibration_error_of_five_answers_says_nothing() -> None:
    """One bin of all: from what one answer says of itself no noise could be taken."""
    found = calibration_error([1, 1, 0, 1, 1], [0.6, 0.9, 0.8, 0.7, 0.95])
    assert found.value == 0
    assert found.high > 0.2
    assert (found.count, found.better) == (5, "lower")


def test_a_calibration_never_judges_what_it_has_seen() -> None:
    """Of answers that are right by chance alone no calibration finds any that are surer."""
    rng = np.random.default_rng(2)
    right, claimed = rng.random(400) < 0.5, rng.random(400)
    found = reliability_of_answers(right, claimed, np.arange(400), rng)
    shares = np.array([it.right.value for it in found.calibrated])
    told = np.array([it.claimed for it in found.calibrated])
    assert np.abs(told - 0.5).max() < 0.15
    # A calibration fitted on the same rows would rise along the diagonal.
    assert np.corrcoef(told, shares)[0, 1] < 0.9


def test_few_answers_are_shown_as_they_claim_and_calibrated_by_nothing() -> None:
    """With 29 answers nothing is learned from them."""
    found = reliability_of_answers(np.arange(29) % 2, np.full(29, 0.7), np.arange(29), _rng())
    assert found.calibrated == ()
    assert found.calibrated_error is None
    assert sum(it.right.count for it in found.claimed) == 29


def test_answers_of_one_asset_share_a_fold() -> None:
    """They say nothing of each other: four assets cannot fill five folds, however many answers."""
    claimed = np.linspace(0, 1, 80)
    few = reliability_of_answers(claimed > 0.4, claimed, np.arange(80) % 4, _rng())
    many = reliability_of_answers(claimed > 0.4, claimed, np.arange(80) % 40, _rng())
    assert few.calibrated == ()
    assert sum(it.right.count for it in many.calibrated) == 80


def test_answers_of_one_asset_make_an_interval_wider_and_it_holds() -> None:
    """Five answers of each of 40 assets that are alike: Wilson's interval of 200 misses often."""
    rng = np.random.default_rng(3)
    owners = np.repeat(np.arange(40), 5)
    held = held_alone = 0
    for _ in range(400):
        right = rng.random(200) < rng.beta(0.8 * 3 / 7, 0.2 * 3 / 7, 40)[owners]
        share = float(right.mean())
        found = share_of_effective(share, trials_of_assets(right, owners), 200)
        alone = share_of_effective(share, 200.0, 200)
        held += found.low <= 0.8 <= found.high
        held_alone += alone.low <= 0.8 <= alone.high
    assert 0.92 < held / 400 < 0.98
    assert held_alone / 400 < 0.75


def test_the_diagram_takes_answers_of_one_asset_together() -> None:
    """The same answers of four assets tell less than those of 160; the noise taken is larger."""
    right, claimed = _rng().random(160) < 0.7, np.linspace(0.59, 0.61, 160)
    alone = reliability_of_answers(right, claimed, np.arange(160), _rng())
    few = reliability_of_answers(np.sort(right), claimed, np.arange(160) // 40, _rng())
    for one, together in zip(alone.claimed, few.claimed, strict=True):
        assert one.right == proportion(round(one.right.value * 16), 16)
        assert together.right.high - together.right.low > one.right.high - one.right.low
    owners = np.arange(160) // 8
    by_asset = np.repeat(np.random.default_rng(4).random(20) < 0.6, 8)
    together = calibration_error(by_asset, claimed, owners=owners)
    assert together.value < calibration_error(by_asset, claimed).value


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)
