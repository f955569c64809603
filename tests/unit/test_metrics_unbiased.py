"""Estimates from labels that were chosen: exact on small pools, and what they refuse."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from querist import metrics
from querist.errors import InvalidInputError
from querist.metrics import labels_to_reach
from querist.metrics.savings import saving_interval


def test_lure_is_unbiased() -> None:
    """Over all ways to draw three of six assets, each with its chance, the mean is the truth."""
    weights = np.array([5.0, 1.0, 2.0, 0.5, 3.0, 1.5])
    right = np.array([False, True, True, False, True, True])
    mean = total = 0.0
    for order in permutations(range(6), 3):
        drawn = weights[list(order)]
        chances = drawn / (weights.sum() - np.cumsum(drawn) + drawn)
        found = metrics.lure_accuracy(right[list(order)], chances, 6)
        mean += chances.prod() * found.value
        total += chances.prod()
    assert total == pytest.approx(1)
    assert mean == pytest.approx(right.mean())


def test_even_chances_weigh_all_labels_the_same() -> None:
    """LURE of a uniform draw is the plain share."""
    chances = 1 / (20 - np.arange(8))
    np.testing.assert_allclose(metrics.lure_weights(chances, 20), 1)
    found = metrics.lure_accuracy([1, 1, 0, 1, 1, 1, 0, 1], chances, 20)
    assert found.value == pytest.approx(0.75)
    assert found.low < 0.75 < found.high


def test_lure_of_the_whole_pool_is_exact() -> None:
    """When all is labelled, nothing is left to doubt."""
    chances = 1 / (4 - np.arange(4))
    found = metrics.lure_accuracy([1, 0, 1, 1], chances, 4)
    assert (found.low, found.value, found.high) == (0.75, 0.75, 0.75)


def test_lure_without_errors_is_not_certain() -> None:
    """Thirty right labels of a large pool do not prove that no error is left."""
    found = metrics.lure_accuracy(np.ones(30), np.full(30, 1 / 1_000), 1_000)
    assert found.value == 1.0
    assert 0.8 < found.low < 0.95


@pytest.mark.parametrize(("chances", "size"), [([0.0, 0.1], 9), ([0.1, 1.2], 9), ([0.5, 0.5], 1)])
def test_impossible_chances_are_refused(chances: list[float], size: int) -> None:
    """A chance of zero, one above one, and more labels than assets."""
    with pytest.raises(InvalidInputError, match="chances"):
        metrics.lure_weights(chances, size)


def test_neyman_allocation_is_the_best_there_is() -> None:
    """No other way to give out the labels leaves less variance."""
    sizes, spreads = np.array([40, 10, 100]), np.array([0.4, 0.5, 0.1])

    def variance(given: np.ndarray) -> float:
        return float(((sizes * spreads) ** 2 / given).sum())

    found = metrics.neyman_allocation(sizes, spreads, 24)
    ways = [np.array(w) for w in product(range(2, 21), range(2, 11), range(2, 21)) if sum(w) == 24]
    assert found.sum() == 24
    assert variance(found) == pytest.approx(min(variance(way) for way in ways))


def test_neyman_allocation_stays_within_the_strata() -> None:
    """A small stratum gives all it has, and each gets two."""
    found = metrics.neyman_allocation([3, 100, 50], [0.5, 0.01, 0.0], 60)
    assert found.sum() == 60
    assert found[0] == 3
    assert (found >= 2).all()
    with pytest.raises(InvalidInputError, match="strata"):
        metrics.neyman_allocation([3, 100], [0.5, 0.5], 3)


def test_strata_are_weighed_by_their_size() -> None:
    """Accuracies of 1/2 in 10 assets and 1 in 90 are .95 together, with doubt about the 90."""
    found = metrics.stratified_accuracy([0, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1], [10, 90])
    assert found.value == pytest.approx(0.95)
    assert found.low < 0.9
    assert found.high > 0.95


def test_a_stratum_without_labels_is_refused() -> None:
    """Nothing is known of it, so nothing is said of all."""
    with pytest.raises(InvalidInputError, match="strata"):
        metrics.stratified_accuracy([1, 1], [0, 0], [5, 5])


def test_confidence_that_says_nothing_changes_nothing() -> None:
    """With the same confidence everywhere the estimate is the plain share."""
    right = np.array([1, 1, 0, 1])
    found = metrics.prediction_powered_accuracy(right, np.full(4, 0.9), np.full(50, 0.9))
    assert found.value == pytest.approx(0.75)


def test_prediction_power_is_unbiased_and_narrower() -> None:
    """Good confidence shortens the interval; wrong confidence moves no estimate on average."""
    draw = np.random.default_rng(0)
    chance = draw.beta(2, 1, 20_000)
    right = draw.random(20_000) < chance
    plain, powered, wrong = [], [], []
    for _ in range(200):
        order = draw.permutation(20_000)
        rows, rest = order[:200], order[200:]
        plain.append(metrics.proportion(int(right[rows].sum()), 200))
        for kept, sure in ((powered, chance), (wrong, chance**4)):
            kept.append(metrics.prediction_powered_accuracy(right[rows], sure[rows], sure[rest]))
    for kept in (powered, wrong):
        mean = np.mean([one.value for one in kept])
        assert mean == pytest.approx(right.mean(), abs=4 * 0.033 / np.sqrt(200))
    assert np.mean([m.high - m.low for m in powered]) < np.mean([m.high - m.low for m in plain])


def test_monotone_curves_are_those_of_least_squares() -> None:
    """The max-min formula agrees with scipy's isotonic regression, curve by curve."""
    curves = np.random.default_rng(1).random((20, 9))
    expected = [isotonic_regression(curve).x for curve in curves]
    np.testing.assert_allclose(metrics.monotone(curves), expected)


def test_the_ratio_is_read_as_one_curve_is() -> None:
    """The ratio of all curves at once is that of reading the labels level by level."""
    draw = np.random.default_rng(3)
    labels, others = [10, 20, 40, 80], [10, 30, 60]
    ours, theirs = (np.sort(draw.random((15, n)), axis=1) for n in (4, 3))
    found = metrics.label_ratio(labels, ours, others, theirs)
    for row, (a, c) in enumerate(zip(ours, theirs, strict=True)):
        top = min(a[-1], c[-1])
        levels = np.linspace(min(max(a[0], c[0]), top), top, 25)
        pairs = [(labels_to_reach(labels, a, x), labels_to_reach(others, c, x)) for x in levels]
        ratios = [x / y for x, y in pairs if x is not None and y is not None]
        if np.isfinite(found[row]):
            assert found[row] == pytest.approx(np.mean(ratios), rel=1e-6)
        else:
            assert a[0] > top


def test_a_saving_comes_with_its_doubt() -> None:
    """Twice as good from the start on is half the labels, within the interval."""
    draw = np.random.default_rng(0)
    hard = draw.random(400)
    labels = np.arange(10, 90, 10)
    active = hard < np.sqrt(2 * labels / 200)[:, None]
    control = hard < np.sqrt(labels / 200)[:, None]
    found = metrics.measure_saving(labels, active, labels, control, draw)
    assert found is not None
    assert found.ratio.low <= found.ratio.value <= found.ratio.high < 1
    assert found.ratio.better == "lower"
    assert found.active_labels == pytest.approx(found.control_labels / 2, rel=0.1)


def _table(*counts: int) -> np.ndarray:
    """Which of a hundred assets each round had right."""
    return np.arange(100) < np.array(counts)[:, None]


def test_saving_is_read_at_the_best_quality_both_reached() -> None:
    """Random reaches .90 with 200 labels; active passes it half-way between 50 and 100."""
    draw = np.random.default_rng(0)
    found = metrics.measure_saving([50, 100], _table(85, 95), [100, 200], _table(80, 90), draw)
    assert found is not None
    assert (found.accuracy, found.control_labels) == pytest.approx((0.9, 200))
    assert found.active_labels == pytest.approx(75)
    assert found.ratio.value == pytest.approx(np.mean([50 / 150, 75 / 200]), abs=0.03)
    turned = metrics.measure_saving([100, 50], _table(95, 85), [200, 100], _table(90, 80), draw)
    assert turned is not None
    assert turned.ratio.value == found.ratio.value


def test_no_saving_where_the_start_was_better_with_more_labels() -> None:
    """Active .73 after its first 25 labels tells nothing about the .42 that random has with 20."""
    draw = np.random.default_rng(0)
    ours, start = ([25, 50], _table(73, 80)), _table(30, 42)
    assert metrics.measure_saving(*ours, [5, 20], start, draw) is None
    found = metrics.measure_saving(*ours, [5, 60], _table(30, 72), draw)
    assert found is not None
    assert (found.active_labels, found.control_labels) == pytest.approx((25, 60))
    flat = _table(56, 56)
    assert metrics.measure_saving([25, 50], flat, [5, 10], flat, draw) is None


def _exactly(counts: list[int], size: int) -> list[Fraction]:
    """Shares of right answers made monotone, in fractions: the max-min formula."""
    rounds = range(len(counts))
    return [
        max(
            min(Fraction(sum(counts[a : b + 1]), size * (b + 1 - a)) for b in rounds if b >= at)
            for a in rounds
            if a <= at
        )
        for at in rounds
    ]


def _reached(labels: list[int], curve: list[Fraction], level: Fraction) -> Fraction:
    at = next(i for i, value in enumerate(curve) if value >= level)
    if not at or curve[at] == curve[at - 1]:
        return Fraction(labels[at])
    part = (level - curve[at - 1]) / (curve[at] - curve[at - 1])
    return labels[at - 1] + part * (labels[at] - labels[at - 1])


def test_a_saving_is_that_of_exact_fractions_where_rounds_are_alike() -> None:
    """Rounds with the same share right are one level, whatever order a sum is made in."""
    draw, labels, others = np.random.default_rng(0), [20, 40, 60, 80, 100], [10, 20, 30, 40, 50]
    known = 0
    for size in [60, 97, 23] * 20:
        ours, theirs = (draw.integers(size // 2, size + 1, size=5).tolist() for _ in range(2))
        if draw.random() < 0.5:
            ours = [ours[0]] * 5
        tables = [np.arange(size) < np.array(it)[:, None] for it in (ours, theirs)]
        found = metrics.measure_saving(labels, tables[0], others, tables[1], draw)
        active, control = _exactly(ours, size), _exactly(theirs, size)
        top = min(active[-1], control[-1])
        bottom = min(max(active[0], control[0]), top)
        levels = [bottom + (top - bottom) * Fraction(at, 24) for at in range(25)]
        pairs = [(_reached(labels, active, x), _reached(others, control, x)) for x in levels]
        if found is not None:
            known += 1
            assert found.ratio.value == pytest.approx(float(sum(a / c for a, c in pairs) / 25))
            assert found.active_labels == pytest.approx(float(pairs[-1][0]))
            assert found.control_labels == pytest.approx(float(pairs[-1][1]))
    assert known > 20


def test_nobody_knows_a_saving_before_the_control_has_caught_up() -> None:
    """Active better from its first round on, with more labels than the control has had."""
    right = np.ones((1, 50), dtype=bool)
    wrong = np.arange(50)[None] < 10
    draw = np.random.default_rng(0)
    assert metrics.measure_saving([40], right, [20], wrong, draw) is None
    with pytest.raises(InvalidInputError, match="same assets"):
        metrics.measure_saving([40], right, [20], wrong[:, :9], draw)


def test_a_sample_in_which_nobody_knows_counts_as_nothing_saved() -> None:
    """Left out, the interval would claim a saving that one sample in ten does not show."""
    known = np.full(90, 0.5)
    assert saving_interval(0.5, known, 100) == (0.5, 0.5)
    assert saving_interval(0.5, np.append(known, np.full(10, np.nan)), 100) == (0.5, 1.0)
    assert saving_interval(0.5, np.append(known, np.full(30, np.nan)), 100) is None
    assert saving_interval(float("nan"), known, 100) is None
