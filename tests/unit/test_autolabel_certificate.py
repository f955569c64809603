"""Facts about what is certified: fixed-sequence tests on a labeler that leaves rows out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from querist.autolabel import certify, suggest
from querist.autolabel.proposing import CurvePoint, stricter_promise
from querist.errors import InvalidInputError


def _sample(rng: np.random.Generator, n: int, power: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Checks whose error rate at doubt e is exactly e, with doubts u ** power / 2."""
    doubts = rng.uniform(size=n) ** power / 2
    return doubts, rng.uniform(size=n) < doubts


def _true_rate(threshold: float, power: float = 3.0) -> float:
    """The mean doubt at or below the threshold."""
    return threshold / (power + 1)


@pytest.mark.parametrize(("max_error", "confidence"), [(0.02, 0.9), (0.05, 0.8)])
def test_the_promise_is_broken_no_more_often_than_allowed(
    max_error: float, confidence: float
) -> None:
    """Over 2,000 samples the true error rate exceeds the promised one in at most the share left."""
    rng = np.random.default_rng(1)
    broken = 0
    for _ in range(2_000):
        found = certify(*_sample(rng, 600), max_error=max_error, confidence=confidence)
        broken += found.threshold is not None and _true_rate(found.threshold) > max_error
    allowed = 1 - confidence
    assert broken / 2_000 <= allowed + 3 * np.sqrt(allowed * confidence / 2_000)


def test_the_promise_holds_where_all_items_err_just_too_often() -> None:
    """If every set has a little more than the promised rate, hardly ever anything is certified."""
    rng = np.random.default_rng(2)
    certified = 0
    for _ in range(2_000):
        doubts = rng.uniform(size=500) / 100
        found = certify(doubts, rng.uniform(size=500) < 0.0501, max_error=0.05, confidence=0.9)
        certified += found.threshold is not None
    assert certified / 2_000 <= 0.1 + 3 * np.sqrt(0.09 / 2_000)


def test_certified_counts_pass_the_exact_test_and_are_a_direct_count() -> None:
    """The checks at or below the threshold are reported, and they pass the binomial test."""
    rng = np.random.default_rng(3)
    doubts, wrong = _sample(rng, 2_000)
    found = certify(doubts, wrong, max_error=0.02)
    assert found.threshold is not None
    below = doubts <= found.threshold
    assert (found.checked, found.wrong) == (below.sum(), wrong[below].sum())
    assert binom.cdf(found.wrong, found.checked, 0.02) <= 0.05
    assert found.upper <= 0.02


def test_all_checks_are_tested_at_last() -> None:
    """Where the last error allowed leaves checks over, these are accepted too."""
    doubts = np.arange(300) / 1e5
    found = certify(doubts, np.zeros(300, dtype=bool), max_error=0.02)
    assert (found.checked, found.wrong) == (300, 0)
    assert found.threshold == doubts[-1]
    worse = doubts > 0.0028
    assert worse[-1]
    found = certify(doubts, worse, max_error=0.02)
    assert found.threshold is not None
    assert found.checked < 300


def test_a_wrong_check_among_the_surest_does_not_end_everything() -> None:
    """With one early error a larger set that bears it is still certified."""
    doubts = np.linspace(0.0, 0.01, 1_000)
    wrong = np.zeros(1_000, dtype=bool)
    wrong[0] = True
    assert certify(doubts, wrong, max_error=0.02).checked > 900


def test_too_few_checks_certify_nothing_and_say_how_many_are_missing() -> None:
    """168 checks without an error cannot promise 2 %; 169 can."""
    for count, enough in ((168, False), (169, True)):
        found = certify(np.zeros(count), np.zeros(count), max_error=0.02)
        assert (found.threshold is not None) is enough
        assert found.needed == 169


@pytest.mark.parametrize(
    ("errors", "wrong", "max_error"),
    [([0.1], [0, 1], 0.1), ([np.nan], [0], 0.1), ([0.1], [0], 0.0), ([0.1], [0], 1.0)],
)
def test_wrong_input_is_refused(errors: list, wrong: list, max_error: float) -> None:
    """Shapes that disagree, NaN and impossible rates are refused."""
    with pytest.raises(InvalidInputError):
        certify(errors, wrong, max_error=max_error)


def _pool(rng: np.random.Generator, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    codes = rng.integers(0, 3, n)
    return np.eye(5)[codes] * 2 + rng.normal(size=(n, 5)), codes


def test_a_labeled_row_is_judged_as_if_it_had_not_been_labeled() -> None:
    """Up to the weights of the members, leaving a row out is the same as refitting without it."""
    rng = np.random.default_rng(4)
    X, codes = _pool(rng)
    labeled = rng.permutation(400)[:120]
    whole = suggest(X, labeled, codes[labeled], class_count=3, rng=rng)
    for left in labeled[:10]:
        rest = labeled[labeled != left]
        without = suggest(X, rest, codes[rest], class_count=3, rng=rng)
        assert without.errors[left] == pytest.approx(whole.errors[left], abs=0.06)
        if whole.errors[left] < 0.4:
            assert without.codes[left] == whole.codes[left]


def test_the_own_label_of_a_row_has_no_say_in_its_judgement() -> None:
    """Labels drawn by lot are guessed no better than by chance."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(300, 8))
    codes = rng.integers(0, 2, 300)
    said = suggest(X, np.arange(300), codes, class_count=2, rng=rng)
    assert abs((said.codes == codes).mean() - 0.5) < 0.1


def test_the_errors_are_calibrated() -> None:
    """The mean of the errors is the share of wrong answers, among the unlabeled rows too."""
    rng = np.random.default_rng(6)
    X, codes = _pool(rng, 4_000)
    labeled = np.arange(300)
    said = suggest(X, labeled, codes[labeled], class_count=3, rng=rng)
    wrong = said.codes != codes
    assert said.errors[300:].mean() == pytest.approx(wrong[300:].mean(), abs=0.03)


def test_labels_of_one_class_are_refused() -> None:
    """There is nothing to tell apart."""
    with pytest.raises(InvalidInputError):
        suggest(np.eye(3), [0, 1], [1, 1], class_count=2, rng=np.random.default_rng(0))


def test_few_others_beside_the_checks_are_promised_by_themselves() -> None:
    """Where the checks had luck what is left has not: the test of the others hears that."""
    broken = {True: 0, False: 0}
    for draw in range(100):
        rng = np.random.default_rng([3, draw])
        wrong = rng.permutation(np.arange(400) < 68)  # no check tells which: all are alike
        known = np.arange(400) < 280
        for tells in broken:
            others = np.zeros(120) if tells else None
            found = certify(np.zeros(280), wrong[known], max_error=0.2, others=others)
            broken[tells] += found.checked > 0 and wrong[~known].mean() > 0.2
    assert broken[True] <= 0.05 * 100 < broken[False]


def test_where_a_looser_promise_fails_a_stricter_one_that_holds_is_named() -> None:
    """It begins with more of the checks, and those beyond the surest two hundred are all wrong."""
    doubts = np.linspace(0, 0.3, 600)
    certificates = [certify(doubts, doubts > 0.1, max_error=rate) for rate in (0.05, 0.15)]
    curve = [
        CurvePoint(max_error=it.max_error, coverage=it.checked / 600, count=it.checked)
        for it in certificates
    ]
    assert [it.threshold is None for it in certificates] == [False, True]
    said = [stricter_promise(it, curve) for it in certificates]
    assert said == [
        "",
        f" A stricter promise of 5.0\N{NO-BREAK SPACE}% would let in {certificates[0].checked}.",
    ]
