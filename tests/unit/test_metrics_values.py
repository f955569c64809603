"""Metrics: worked values, limits, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from querist import metrics
from querist.errors import InvalidInputError
from querist.metrics.intervals import mean_interval

RNG = np.random.default_rng(5)
TRUTH = RNG.integers(0, 4, size=300)
PREDICTED = np.where(RNG.random(300) < 0.7, TRUTH, RNG.integers(0, 4, size=300))
TABLE = RNG.dirichlet(np.ones(4), size=300)


def test_accuracy_counts_right_rows():
    """Accuracy is the share of equal rows."""
    assert metrics.accuracy([0, 1, 2, 2], [0, 1, 1, 2]) == 0.75


def test_confusion_matrix_has_truth_in_rows():
    """A true 0 predicted as 1 is counted in row 0, column 1, and unseen classes get zeros."""
    found = metrics.confusion_matrix([0, 0, 1], [1, 0, 1], 3)
    np.testing.assert_array_equal(found, [[1, 1, 0], [0, 1, 0], [0, 0, 0]])


def test_macro_f1_equals_the_reference():
    """Macro F1 agrees with scikit-learn, also for a class that is only predicted."""
    from sklearn import metrics as reference

    expected = reference.f1_score(TRUTH, PREDICTED, average="macro")
    assert metrics.macro_f1(TRUTH, PREDICTED) == pytest.approx(expected)
    assert metrics.macro_f1([0, 0], [0, 1]) == pytest.approx((2 / 3 + 0) / 2)


def test_macro_f1_takes_names():
    """Classes may be strings."""
    assert metrics.macro_f1(["a", "b"], ["a", "b"]) == 1.0


def test_recall_is_nan_for_a_class_without_rows():
    """A class that does not occur has no recall."""
    found = metrics.recall_per_class([0, 0, 1], [0, 1, 1], 3)
    np.testing.assert_allclose(found, [0.5, 1.0, np.nan])


def test_probability_scores_equal_the_reference():
    """Log loss agrees with scikit-learn and the Brier score with its definition."""
    from sklearn import metrics as reference

    assert metrics.log_loss(TRUTH, TABLE) == pytest.approx(reference.log_loss(TRUTH, TABLE))
    by_hand = ((TABLE - np.eye(4)[TRUTH]) ** 2).sum(axis=1).mean()
    assert metrics.brier(TRUTH, TABLE) == pytest.approx(by_hand)


def test_log_loss_of_a_zero_probability_is_finite():
    """A class given no probability costs a large but finite loss."""
    assert 30 < metrics.log_loss([0], [[0.0, 1.0]]) < 40


def test_calibration_error_of_a_known_case():
    """Ten rows at confidence 0.8, half of them right, are off by 0.3."""
    table = np.tile([0.8, 0.2], (10, 1))
    assert metrics.expected_calibration_error([0, 1] * 5, table) == pytest.approx(0.3)


def test_wilson_equals_the_published_formula():
    """Wilson agrees with scipy at several shares and is exact at the ends."""
    for k, n in [(0, 10), (3, 10), (10, 10), (97, 200)]:
        ends = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert metrics.wilson(k, n) == pytest.approx((ends.low, ends.high))
    assert metrics.wilson(0, 10)[0] == 0.0
    assert metrics.wilson(0, 0) == (0.0, 1.0)


def test_clopper_pearson_equals_the_reference():
    """The exact interval agrees with scipy."""
    for k, n in [(0, 10), (3, 10), (10, 10)]:
        ends = stats.binomtest(k, n).proportion_ci(0.9, method="exact")
        assert metrics.clopper_pearson(k, n, 0.9) == pytest.approx((ends.low, ends.high))


def test_bootstrap_interval_is_seeded_and_holds_the_mean():
    """The same generator state gives the same interval, and it holds the sample mean."""
    values = RNG.normal(3.0, 1.0, size=200)
    first = metrics.bootstrap_interval(values, np.mean, np.random.default_rng(1))
    assert first == metrics.bootstrap_interval(values, np.mean, np.random.default_rng(1))
    assert first[0] < values.mean() < first[1]
    assert first[1] - first[0] == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.2)


def test_the_interval_of_a_mean_is_students():
    """As by SciPy, for two values too; one tells no spread."""
    for values in ([1.0, 3.0], list(RNG.normal(size=9))):
        wanted = stats.t.interval(0.9, len(values) - 1, np.mean(values), stats.sem(values))
        assert mean_interval(values, 0.9) == pytest.approx(wanted)
    with pytest.raises(InvalidInputError, match="no spread"):
        mean_interval([1.0])


def test_a_bootstrap_of_few_values_is_widened():
    """Eight values: the levels are Student's, so that the interval is wider than percentiles."""
    values = RNG.normal(size=8)
    low, high = metrics.bootstrap_interval(values, np.mean, np.random.default_rng(0))
    draws = values[np.random.default_rng(0).integers(8, size=(2000, 8))].mean(axis=1)
    assert low < np.quantile(draws, 0.02)
    assert high > np.quantile(draws, 0.98)


def test_paired_bootstrap_sees_a_constant_difference_exactly():
    """Pairs that differ by a constant have an interval of no width, however noisy they are."""
    noise = RNG.normal(size=20)
    found = metrics.paired_bootstrap_interval(noise + 0.5, noise, np.random.default_rng(0))
    assert found == pytest.approx((0.5, 0.5))


def test_kappa_of_identical_predictions_is_one():
    """Identical predictions agree fully even when all are one class."""
    assert metrics.cohen_kappa([1, 1, 1], [1, 1, 1]) == 1.0


def test_kappa_equals_the_reference():
    """Kappa agrees with scikit-learn."""
    from sklearn import metrics as reference

    assert metrics.cohen_kappa(TRUTH, PREDICTED) == pytest.approx(
        reference.cohen_kappa_score(TRUTH, PREDICTED)
    )
    assert metrics.cohen_kappa([0, 0], [1, 1]) == 0.0


def test_change_bound_follows_the_paper_and_stays_a_share():
    """Kappa .99 bounds the change of F by 4 %, and no kappa gives more than 1."""
    assert metrics.f_measure_change_bound(0.99) == pytest.approx(0.04 / 0.99)
    assert metrics.f_measure_change_bound(1.0) == 0.0
    assert metrics.f_measure_change_bound(0.0) == 1.0
    assert metrics.f_measure_change_bound(0.99, 0.9) < metrics.f_measure_change_bound(0.99)


@pytest.mark.parametrize("unsaid", [0, 3])
def test_f_never_moves_further_than_its_bound(unsaid: int):
    """1,024 tables of truth and two models: both classes' F1, with rows that neither model says."""
    from itertools import product

    moved = 0.0
    for cells in product(range(0, 8, 7), range(0, 8, 7), *[(0, 1, 5, 40)] * 4):
        # Of truth, first and second: the rows of each of their combinations, two of them fixed.
        counts = np.array([3, *cells[:2], cells[2], 2, *cells[3:]])
        truth, first, second = (
            np.repeat(side, counts) for side in np.indices((2, 2, 2)).reshape(3, -1)
        )
        bound = metrics.f_measure_change_bound(metrics.cohen_kappa(first, second))
        for one in (1, 0) if not unsaid else (1,):
            there = (truth == one).sum() + unsaid
            f = [
                2 * ((truth == one) & (said == one)).sum() / ((said == one).sum() + there)
                for said in (first, second)
            ]
            assert abs(f[0] - f[1]) <= bound + 1e-12
            moved = max(moved, abs(f[0] - f[1]) / bound if bound else 0)
    assert moved > 0.5  # and the bound is no idle one


def test_labels_to_reach_interpolates_on_the_running_best():
    """A dip after a good round does not move the answer; between rounds it is linear."""
    labels, curve = [10, 20, 30, 40], [0.5, 0.7, 0.6, 0.9]
    assert metrics.labels_to_reach(labels, curve, 0.6) == pytest.approx(15)
    assert metrics.labels_to_reach(labels, curve, 0.8) == pytest.approx(35)
    assert metrics.labels_to_reach(labels, curve, 0.2) == 10
    assert metrics.labels_to_reach(labels, curve, 0.95) is None


def test_label_saving_is_the_share_not_needed():
    """Reaching the target with 10 labels instead of 40 saves three quarters."""
    saving = metrics.label_saving([10, 20], [0.8, 0.9], [10, 40], [0.5, 0.8], 0.8)
    assert saving == pytest.approx(0.75)
    assert metrics.label_saving([10], [0.1], [10], [0.9], 0.8) is None


def test_aulc_is_the_mean():
    """The area is the mean over the rounds."""
    assert metrics.aulc([0.2, 0.4]) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: metrics.accuracy([0, 1], [0]),
        lambda: metrics.accuracy([], []),
        lambda: metrics.confusion_matrix([0, 3], [0, 0], 2),
        lambda: metrics.confusion_matrix([0.5], [0]),
        lambda: metrics.log_loss([2], [[0.5, 0.5]]),
        lambda: metrics.brier([0], [[np.nan, 1.0]]),
        lambda: metrics.wilson(3, 2),
        lambda: metrics.wilson(1, 2, 1.0),
        lambda: metrics.bootstrap_interval([np.nan], np.mean, RNG),
        lambda: metrics.aulc([]),
    ],
)
def test_bad_input_is_refused(call):
    """Wrong lengths, classes, shares and NaN are refused with a remedy."""
    with pytest.raises(InvalidInputError) as caught:
        call()
    assert caught.value.remedy
