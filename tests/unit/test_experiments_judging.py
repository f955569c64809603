"""Facts about how answers of any kind become figures of any draw, against the plain measures."""

from __future__ import annotations

import numpy as np
import pytest

from querist.experiments import JudgedNumbers, JudgedObjects, ObjectArm, compared, sentence
from querist.experiments.judging import Judged, occurring
from querist.metrics import (
    Boxes,
    RankedBoxes,
    Spans,
    hits_of_boxes,
    hits_of_spans,
    measure_boxes,
    measure_numbers,
    measure_spans,
)

SIZES = (10, 20, 30, 40)
SHAPE = {"asset_count": 60, "class_count": 3}


def boxes(seed: int, *, moved: float = 0.0, scored: bool = False) -> Boxes:
    """Two boxes an image; of moved ones that share lies elsewhere."""
    rng = np.random.default_rng(0)
    sides = np.column_stack([rng.uniform(0, 50, (120, 2)), np.full((120, 2), 20.0)])
    classes = rng.integers(3, size=120)
    noise = np.random.default_rng(seed)
    sides[noise.random(120) < moved] += 100
    scores = noise.uniform(0.5, 1, 120) if scored else None
    return Boxes.of(np.repeat(np.arange(60), 2), classes, sides, scores)


def boxes_arm(seed: int, moved: float) -> ObjectArm:
    """An arm that gets better with its labels."""
    said = [boxes(seed, moved=moved * part, scored=True) for part in (1, 0.8, 0.6, 0.4)]
    return ObjectArm.of(
        SIZES,
        [hits_of_boxes(boxes(0), it, 0.5, **SHAPE) for it in said],
        40,
        [RankedBoxes.of(boxes(0), it, 0.5, **SHAPE) for it in said],
    )


def two_of_boxes() -> JudgedObjects:
    """The active arm misses less than the control."""
    return JudgedObjects(size=40, active=boxes_arm(1, 0.5), control=boxes_arm(2, 0.9))


def test_boxes_are_measured_as_the_rounds_measure_them() -> None:
    """AP50 of each class and mAP50 are those of ``measure_boxes`` at every size."""
    found = compared([two_of_boxes()], ["a", "b", "c"], measure="map50", repeats=100)
    for place, part in enumerate((1, 0.8, 0.6, 0.4)):
        wanted = measure_boxes(
            boxes(0),
            boxes(1, moved=0.5 * part, scored=True),
            np.random.default_rng(0),
            repeats=2,
            **SHAPE,
        )
        assert found.active_curve[place].accuracy.value == pytest.approx(wanted.ap50.value)
    for row, wanted_class in zip(found.classes, wanted.ap50_per_class, strict=True):
        assert row.active.accuracy is not None
        assert row.active.accuracy.value == pytest.approx(wanted_class.value)
    assert sum(row.count for row in found.classes) == 120
    assert found.gain.accuracy is not None
    assert found.gain.accuracy.low > 0
    assert "% mAP50 and random" in sentence(found)


def test_a_weighed_image_counts_as_so_many_copies_of_it() -> None:
    """Average precision of a draw is that of the images drawn, one by one."""
    weights = np.random.default_rng(3).multinomial(60, np.full(60, 1 / 60))
    drawn = np.repeat(np.arange(60), weights)

    def copied(of: Boxes) -> Boxes:
        rows = [np.flatnonzero(of.assets == image) for image in drawn]
        at = np.concatenate(rows)
        part = of.take(at)
        owners = np.repeat(np.arange(60), [len(it) for it in rows])
        return Boxes.of(owners, part.classes, part.sides, part.scores)

    truth, said = boxes(0), boxes(1, moved=0.4, scored=True)
    found = RankedBoxes.of(truth, said, 0.5, **SHAPE).average_precisions(
        weights[None].astype(float)
    )
    wanted = measure_boxes(
        copied(truth), copied(said), np.random.default_rng(0), repeats=2, **SHAPE
    )
    assert found[0] == pytest.approx([one.value for one in wanted.ap50_per_class])


def test_spans_are_measured_by_exact_match() -> None:
    """Figures of each class are those of ``measure_spans``, the curve is micro F1."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 50, 120)
    truth = Spans.of(np.repeat(np.arange(60), 2), rng.integers(3, size=120), starts, starts + 5)

    def said(seed: int, wrong: float) -> Spans:
        noise = np.random.default_rng(seed).random(len(truth.assets)) < wrong
        return Spans.of(truth.assets, truth.classes, truth.starts, truth.ends + noise)

    def arm(seed: int, wrong: float) -> ObjectArm:
        tables = [hits_of_spans(truth, said(seed, wrong * p), **SHAPE) for p in (1, 0.9, 0.8, 0.7)]
        return ObjectArm.of(SIZES, tables, 40)

    judged = JudgedObjects(size=40, active=arm(1, 0.3), control=arm(2, 0.6))
    found = compared([judged], ["a", "b", "c"], measure="f1", repeats=200)
    wanted = measure_spans(truth, said(1, 0.21), np.random.default_rng(0), repeats=2, **SHAPE)
    assert found.active.accuracy is not None
    assert found.active.accuracy.value == pytest.approx(wanted.f1.value)
    assert found.active.f1 is not None
    assert found.active.f1.value == pytest.approx(wanted.macro_f1.value)
    for row, one in zip(found.classes, wanted.per_class, strict=True):
        assert row.active.f1 is not None
        assert row.active.recall is not None
        assert row.active.f1.value == pytest.approx(one.f1.value)
        assert row.active.recall.value == pytest.approx(one.recall.value)
        assert row.active.recall.low <= one.recall.low
        assert row.active.accuracy is None


def numbers(seed: int, rows: int, noise: tuple[float, float]) -> JudgedNumbers:
    """Both arms are off by so much at first, and by less with each size."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=rows)
    off = np.array([1, 0.8, 0.6, 0.5])[:, None]
    answers = [truth + spread * off * rng.normal(size=(4, rows)) for spread in noise]
    return JudgedNumbers(
        size=40, labels=(SIZES, SIZES), truth=truth, answers=(answers[0], answers[1])
    )


def test_numbers_are_measured_by_r2_and_have_no_classes() -> None:
    """The figure is that of ``measure_numbers``; nothing is claimed of precision or recall."""
    judged = numbers(0, 80, (0.5, 0.9))
    found = compared([judged], [], measure="r2")
    wanted = measure_numbers(judged.truth, judged.answers[0][-1], np.random.default_rng(0))
    assert found.active.accuracy is not None
    assert found.active.accuracy.value == pytest.approx(wanted.r2.value)
    assert (found.classes, found.active.f1) == ((), None)
    assert found.boost is not None
    assert found.boost.times.value > 1


def test_intervals_of_a_gain_hold_the_truth() -> None:
    """Of 60 comparisons of arms that are alike some 95 % hold a gain of nothing."""
    held = 0
    for seed in range(60):
        gain = compared(
            [numbers(seed, 100, (0.6, 0.6))], [], measure="r2", repeats=200
        ).gain.accuracy
        assert gain is not None
        held += gain.low <= 0 <= gain.high
    assert held >= 52


def test_what_is_all_right_keeps_its_doubt() -> None:
    """No draw of assets shows an error where there is none; few assets still prove little."""
    table = np.ones((12, 3))  # one class, said of each of twelve assets, and right
    arm = ObjectArm.of((5, 10), [table, table], 10)
    found = compared([JudgedObjects(size=10, active=arm, control=arm)], ["a"], measure="micro_f1")
    assert found.gain.accuracy is not None
    assert found.gain.accuracy.low < -0.2
    assert found.active.accuracy is not None
    assert found.active.accuracy.low < 0.8
    assert found.boost is None


def test_a_draw_without_anything_to_find_is_one_that_nobody_knows() -> None:
    """One asset of six has objects: a third of the draws has none, and no boost is told."""
    right, wrong = np.zeros((6, 3)), np.zeros((6, 3))
    right[0] = 1
    wrong[0] = [0, 1, 1]
    arms = [
        ObjectArm.of((5, 10, 20), [wrong, *rest], 20) for rest in ((right, right), (wrong, right))
    ]
    judged: Judged = JudgedObjects(size=20, active=arms[0], control=arms[1])
    found = compared([judged], ["a"], measure="micro_f1")
    assert found.boost is None
    assert found.active_curve[0].accuracy.value == 0


def test_classes_that_never_occur_are_left_out_and_change_nothing() -> None:
    """Of four classes one is neither there nor said: the others keep their figures."""

    def wider(table: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [np.pad(part, ((0, 0), (1, 0))) for part in np.split(table, 3, axis=1)], axis=1
        )

    rng = np.random.default_rng(0)
    truth = rng.random((50, 3)) < 0.4

    def arm(wrong: float, widen: bool) -> ObjectArm:
        noise = np.random.default_rng(7).random((50, 3)) < wrong
        said = truth ^ noise
        table = np.concatenate([truth & said, truth, said], axis=1).astype(float)
        return ObjectArm.of((10, 20), [wider(table) if widen else table] * 2, 20)

    plain, wide = (
        JudgedObjects(size=20, active=arm(0.1, widen), control=arm(0.3, widen))
        for widen in (False, True)
    )
    codes, trials = occurring([wide])
    assert codes.tolist() == [1, 2, 3]
    names = ["never", "a", "b", "c"]
    found = compared(trials, [names[code] for code in codes], measure="micro_f1")
    assert found == compared([plain], names[1:], measure="micro_f1")
