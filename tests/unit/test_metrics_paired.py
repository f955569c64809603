"""Two models on the same assets: paired differences, what turned, thresholds and boxes' fates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from querist.diagnostics import turned
from querist.errors import InvalidInputError
from querist.metrics import (
    Boxes,
    Paired,
    accuracy,
    at_threshold,
    average_precisions,
    box_outcomes,
    difference_of_shares,
    macro_f1,
    mcnemar,
    measure_boxes,
    measure_numbers,
    paired_boxes,
    paired_classes,
    paired_means,
    paired_numbers,
    paired_shares,
    paired_sums,
    threshold_curve,
    widened,
)
from querist.metrics.matching import iou

CLASSES = 5


def two_models(seed: int, count: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True classes, what one model says, and what a somewhat better one like it says."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(CLASSES, size=count, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    first = np.where(rng.random(count) < 0.7, truth, rng.integers(CLASSES, size=count))
    second = np.where(rng.random(count) < 0.8, first, truth)
    return truth, first, second


def test_a_paired_difference_of_shares_holds_the_truth_as_often_as_it_says() -> None:
    """Of 2,000 pairs of 60 assets that agree far, some 95 % of the intervals hold the truth."""
    rng = np.random.default_rng(0)
    chances, gap = [0.62, 0.05, 0.13, 0.2], 0.08  # both, only the first, only the second, none
    cases = rng.choice(4, size=(2_000, 60), p=chances)
    found = [paired_shares(case < 2, (case == 0) | (case == 2)).difference for case in cases]
    held = np.mean([one.low <= gap <= one.high for one in found])
    assert 0.935 < held < 0.985
    assert np.mean([one.value for one in found]) == pytest.approx(gap, abs=0.006)


def test_a_paired_difference_without_likeness_is_the_one_of_two_samples() -> None:
    """Where what one gets right tells nothing of the other, pairing changes nothing."""
    first = np.repeat([True, True, False, False], [30, 20, 12, 8])
    second = np.repeat([True, False, True, False], [30, 20, 12, 8])
    found = paired_shares(first, second).difference
    low, high = difference_of_shares((42, 70), (50, 70))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    alike = paired_shares(first, first).difference
    assert alike.low < 0 == alike.value < alike.high


def test_the_chance_of_an_uneven_turn_is_the_exact_test() -> None:
    """It agrees with the binomial test of the assets that turned."""
    for lost, gained in ((0, 0), (1, 0), (3, 11), (20, 20), (0, 9)):
        expected = stats.binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
        assert mcnemar(lost, gained) == pytest.approx(expected)
    with pytest.raises(InvalidInputError, match="no counts"):
        mcnemar(-1, 2)


def test_paired_classes_agree_with_drawing_the_assets_themselves() -> None:
    """Values are those of each model; the interval is that of a plain paired bootstrap."""
    truth, first, second = two_models(1)
    # Codes with gaps: classes that do not occur change nothing.
    found = paired_classes(
        truth * 7, first * 7, second * 7, np.random.default_rng(2), class_count=40
    )
    assert found.accuracy.first.value == accuracy(truth, first)
    assert found.macro_f1.second.value == pytest.approx(macro_f1(truth, second))
    gap = found.macro_f1.difference
    assert gap.value == pytest.approx(macro_f1(truth, second) - macro_f1(truth, first))
    rng = np.random.default_rng(3)
    draws = [
        macro_f1(truth[rows], second[rows]) - macro_f1(truth[rows], first[rows])
        for rows in rng.integers(len(truth), size=(600, len(truth)))
    ]
    assert gap.high - gap.low == pytest.approx(
        np.diff(np.quantile(draws, [0.025, 0.975]))[0], rel=0.15
    )
    assert gap.low < gap.value < gap.high
    assert sorted(found.recall) == [7 * code for code in np.unique(truth)]
    ours = truth == 2
    assert found.recall[14].first.value == np.mean(first[ours] == 2)
    assert found.recall[14].difference.count == ours.sum()


def test_pairing_narrows_the_interval_of_models_that_agree() -> None:
    """The difference of two alike models is surer than either model's own figure."""
    truth, first, second = two_models(4)
    found = paired_classes(truth, first, second, np.random.default_rng(5), class_count=CLASSES)
    for pair in (found.accuracy, found.macro_f1):
        apart = np.hypot(pair.first.high - pair.first.low, pair.second.high - pair.second.low)
        assert pair.difference.high - pair.difference.low < 0.8 * apart


def test_paired_means_and_sums_draw_the_same_assets_for_both() -> None:
    """A constant shift has no doubt at all, whatever the spread of the assets; loss counts down."""
    values = np.random.default_rng(6).normal(size=80)
    found = paired_means(values, values - 0.25, np.random.default_rng(7), better="lower")
    assert (found.difference.low, found.difference.high) == pytest.approx((-0.25, -0.25))
    assert found.difference.better == found.first.better == "lower"
    assert found.first.high - found.first.low > 0.3
    with pytest.raises(InvalidInputError, match="disagree in length"):
        paired_sums(values[:3, None], values[:4, None], lambda s: s[:, 0], np.random.default_rng(0))


def test_assets_that_are_all_alike_still_leave_doubt() -> None:
    """Four assets that say the same prove little; four hundred say more; a real width stays."""
    few, many = (widened(paired_shares_of_sums(count)).difference for count in (4, 400))
    assert few.value == many.value == 0.5
    assert few.low < 0 < many.low < 0.5 < many.high < few.high <= 1
    truth, first, second = two_models(4)
    told = paired_classes(truth, first, second, np.random.default_rng(5), class_count=CLASSES)
    assert widened(told.macro_f1) == told.macro_f1


def paired_shares_of_sums(count: int) -> Paired:
    """Half right and all right in each of some assets that are all alike."""
    rows = np.ones((count, 2))
    return paired_sums(
        rows * [0.5, 1], rows, lambda sums: sums[:, 0] / sums[:, 1], np.random.default_rng(0)
    )


def test_paired_numbers_are_r2_of_each() -> None:
    """Values are those of ``measure_numbers``; the better model is surely better."""
    rng = np.random.default_rng(8)
    truth = rng.normal(size=90)
    sides = [truth + rng.normal(scale=scale, size=90) for scale in (0.9, 0.3)]
    found = paired_numbers(truth, *sides, np.random.default_rng(9))
    each = [measure_numbers(truth, it, np.random.default_rng(9)).r2.value for it in sides]
    assert [found.first.value, found.second.value] == pytest.approx(each)
    assert found.difference.low > 0


def test_what_turned_is_what_a_loop_over_the_assets_says() -> None:
    """Newly wrong surest first, newly right surest first, most wrong worst first."""
    truth, first, second = two_models(10, 120)
    rng = np.random.default_rng(11)
    sure, bad = rng.random(120), rng.random(120)
    found = turned(first == truth, second == truth, badness=bad, confidence=sure)
    rows = range(120)
    lost = [i for i in rows if first[i] == truth[i] != second[i]]
    gained = [i for i in rows if first[i] != truth[i] == second[i]]
    assert found.newly_wrong.tolist() == sorted(lost, key=lambda i: -sure[i])
    assert found.newly_right.tolist() == sorted(gained, key=lambda i: -sure[i])
    wrong = [i for i in rows if second[i] != truth[i]]
    assert found.most_wrong.tolist() == sorted(wrong, key=lambda i: -bad[i])
    assert found.least_confident.tolist() == sorted(rows, key=lambda i: sure[i])


def test_what_turned_by_degrees_goes_by_how_far() -> None:
    """Where an asset is right in part, the largest change comes first; sureness may be unknown."""
    found = turned([1.0, 0.5, 0.2, 1.0], [0.8, 0.0, 0.9, 1.0])
    assert found.newly_wrong.tolist() == [1, 0]
    assert found.newly_right.tolist() == [2]
    assert found.most_wrong.tolist() == [1, 0, 2]
    assert found.least_confident.tolist() == []
    with pytest.raises(InvalidInputError, match="NaN"):
        turned([np.nan], [1.0])


def test_a_threshold_counts_what_is_left() -> None:
    """Kept, precision and recall at each step are those of a loop; the slider's ends hold all."""
    truth, said, _ = two_models(12, 150)
    sure = np.random.default_rng(13).random(150).round(2)
    right = truth == said
    curve = threshold_curve(150, sure, right)
    for point in curve:
        left = sure >= point.confidence
        assert point.kept == left.sum()
        assert point.precision == (right[left].mean() if left.any() else None)
        assert point.recall == (right & left).sum() / 150
    at = at_threshold(truth, said, sure, right, 0.6, class_count=CLASSES)
    left = sure >= 0.6
    assert at.kept.value == left.mean()
    assert at.precision.value == right[left].mean()
    for code, one in enumerate(at.classes):
        assert one.count == (truth == code).sum()
        assert one.precision.value == pytest.approx(right[left & (said == code)].mean())
        assert one.recall.value == pytest.approx((left & right & (truth == code)).sum() / one.count)
    nothing = threshold_curve(4, [], [])
    assert {(it.kept, it.precision, it.recall) for it in nothing} == {(0, None, 0.0)}
    with pytest.raises(InvalidInputError, match="from 0 to 1"):
        at_threshold(truth, said, sure, right, 1.2, class_count=CLASSES)


def test_intervals_of_boxes_hold_over_pictures() -> None:
    """Boxes of one picture are found or missed together: Wilson over boxes held the truth in 72 %.

    Each class and the whole: of 60 pictures that differ in how hard they are, 4 to 15 boxes each.
    """
    rng, held = np.random.default_rng(0), np.zeros(2)
    runs, pictures = 400, 60
    for _ in range(runs):
        there = rng.integers(4, 16, size=pictures)
        found = rng.binomial(there, rng.beta(2, 1, size=pictures))
        owners = np.repeat(np.arange(pictures), there), np.repeat(np.arange(pictures), found)
        none, ones = np.zeros(there.sum(), int), np.ones(found.sum())
        at = at_threshold(
            none, np.zeros(found.sum(), int), ones, ones > 0, 0.5, class_count=1, owners=owners
        )
        shares = at.recall, at.classes[0].recall
        held += [it.low <= 2 / 3 <= it.high for it in shares]
        assert at.recall.value == found.sum() / there.sum()
        assert at.recall.count == there.sum()
    assert (held / runs > 0.925).all()
    assert (held / runs < 0.985).all()


def boxes(seed: int, images: int = 12) -> tuple[Boxes, Boxes]:
    """True boxes, and predictions that are moved, missed, doubled, confused and invented."""
    rng = np.random.default_rng(seed)
    total = 40
    truth = Boxes.of(
        rng.integers(images, size=total),
        rng.integers(3, size=total),
        np.column_stack([rng.uniform(0, 60, (total, 2)), rng.uniform(10, 30, (total, 2))]),
    )
    keep = np.concatenate([np.flatnonzero(rng.random(total) < 0.8), np.arange(6)])
    moved = truth.sides[keep] + rng.normal(0, 2, (len(keep), 4))
    moved[:, 2:] = np.maximum(moved[:, 2:], 1)
    confused = rng.random(len(keep)) < 0.25
    junk = np.column_stack([rng.uniform(0, 60, (9, 2)), rng.uniform(10, 30, (9, 2))])
    return truth, Boxes.of(
        np.concatenate([truth.assets[keep], rng.integers(images, size=9)]),
        np.concatenate(
            [(truth.classes[keep] + confused) % 3, rng.integers(3, size=9)],
        ),
        np.concatenate([moved, junk]),
        rng.permutation(len(keep) + 9) / 100,
    )


def by_hand(truth: Boxes, said: Boxes, overlap: float) -> tuple[list[int], list[bool]]:
    """Each predicted box's partner and whether it is confused, by a loop over boxes."""
    partner, taken = [-1] * len(said), set()
    assert said.scores is not None
    order = np.argsort(-said.scores)
    for own_class in (True, False):
        for i in order.tolist():
            if partner[i] >= 0:
                continue
            best, most = -1, overlap
            for j in range(len(truth)):
                same = truth.classes[j] == said.classes[i]
                if j in taken or truth.assets[j] != said.assets[i] or (own_class and not same):
                    continue
                shared = float(iou(said.sides[i][None], truth.sides[j][None])[0])
                if shared >= most:
                    best, most = j, shared
            if best >= 0:
                partner[i] = best
                taken.add(best)
    return partner, [p >= 0 and truth.classes[p] != said.classes[i] for i, p in enumerate(partner)]


@pytest.mark.parametrize("overlap", [0.3, 0.5, 0.75])
def test_the_fate_of_each_box_is_the_one_of_a_loop(overlap: float) -> None:
    """Matched by class first, then what is left with any class; each true box has one fate."""
    for seed in range(4):
        truth, said = boxes(seed)
        found = box_outcomes(truth, said, overlap)
        partner, confused = by_hand(truth, said, overlap)
        assert found.partner.tolist() == partner
        assert found.confused.tolist() == confused
        used = found.partner[found.partner >= 0]
        assert len(set(used.tolist())) == len(used) == len(truth) - found.missed.sum()
        assert (found.matched.astype(int) + found.confused + found.spurious == 1).all()


def test_a_detector_at_one_overlap_is_measured_as_over_all_of_them() -> None:
    """Average precision at .5 and .75 is that of ``measure_boxes``, as is the paired difference."""
    truth, first = boxes(20)
    shape = {"asset_count": 12, "class_count": 3}
    whole = measure_boxes(truth, first, np.random.default_rng(0), **shape)
    for place, overlap in ((0, 0.5), (5, 0.75)):
        found = average_precisions(truth, first, overlap, **shape)
        np.testing.assert_allclose(found, whole.by_threshold[:, place])
    assert first.scores is not None
    second = first.take(np.flatnonzero(first.scores > 0.1))
    pair = paired_boxes(truth, first, second, np.random.default_rng(1), **shape)
    other = measure_boxes(truth, second, np.random.default_rng(0), **shape)
    assert pair.first.value == pytest.approx(whole.ap50.value)
    assert pair.difference.value == pytest.approx(other.ap50.value - whole.ap50.value)
    apart = pair.first.high - pair.first.low
    assert pair.difference.high - pair.difference.low < apart
    same = paired_boxes(truth, first, first, np.random.default_rng(1), **shape).difference
    assert same.low == same.value == same.high == 0
