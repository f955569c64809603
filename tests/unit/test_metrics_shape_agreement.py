"""Agreement on boxes, polygons and spans: IoU, matching, and alpha with a distance."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from querist.errors import InvalidInputError
from querist.metrics import Marks, fit, iou_table, polygon_iou, shape_agreement
from querist.schema import Box


def boxes(*rows, classes=None) -> Marks:
    """Boxes, all of class 0 if nothing else is said."""
    return Marks.of([0] * len(rows) if classes is None else classes, rows)


def test_boxes_overlap_as_the_schema_says():
    """The table of random boxes equals the IoU of every two by themselves."""
    rng = np.random.default_rng(0)
    a, b = (np.hstack([rng.uniform(0, 10, (k, 2)), rng.uniform(1, 8, (k, 2))]) for k in (6, 5))
    table = iou_table(boxes(*a), boxes(*b))

    def box(row):
        return Box(x=row[0], y=row[1], width=row[2], height=row[3])

    expected = [[box(one).iou(box(other)) for other in b] for one in a]
    assert np.allclose(table, expected)


def test_spans_overlap_by_characters():
    """Four of eight characters in common are a half; spans that only touch have nothing."""
    table = iou_table(Marks.of([0, 0], [(0, 6), (6, 8)]), Marks.of([0], [(2, 8)]))
    assert table == pytest.approx(np.array([[0.5], [2 / 6]]))
    assert iou_table(Marks.of([0], [(0, 2)]), Marks.of([0], [(2, 4)]))[0, 0] == 0


def test_polygons_overlap_as_a_fine_grid_says():
    """Random star-shaped polygons, hollow ones too: within the error of counting small cells."""
    rng = np.random.default_rng(1)
    at = (np.stack(np.meshgrid(np.arange(500), np.arange(500)), -1).reshape(-1, 2) + 0.5) / 50

    def star():
        angles = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(1, 4, 9)
        return 5 + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)

    def inside(shape):
        odd = np.zeros(len(at), bool)
        for (x0, y0), (x1, y1) in zip(shape, np.roll(shape, -1, axis=0), strict=True):
            level = (y0 > at[:, 1]) != (y1 > at[:, 1])
            odd ^= level & (at[:, 0] < x0 + (at[:, 1] - y0) * (x1 - x0) / (y1 - y0 + 1e-30))
        return odd

    for _ in range(6):
        a, b = star(), star()
        counted = (inside(a) & inside(b)).sum() / (inside(a) | inside(b)).sum()
        assert polygon_iou(a, b) == pytest.approx(counted, abs=0.01)
        assert polygon_iou(a, a) == pytest.approx(1)


def test_polygons_that_are_boxes_overlap_as_boxes():
    """The exact value, also where sides lie on each other or corners touch."""
    square = np.array([(0, 0), (4, 0), (4, 4), (0, 4)], float)
    assert polygon_iou(square, square + np.array([2, 0])) == pytest.approx(8 / 24)
    assert polygon_iou(square, square[::-1]) == pytest.approx(1)
    assert polygon_iou(square, square + np.array([4, 4])) == 0
    assert polygon_iou(square, np.array([(1, 1), (1, 1), (1, 1)], float)) == 0


def test_the_matching_is_the_best_there_is():
    """Against all permutations of four boxes each, on the sum of IoU."""
    rng = np.random.default_rng(2)
    for _ in range(20):
        a, b = (
            boxes(*np.hstack([rng.uniform(0, 4, (4, 2)), rng.uniform(2, 5, (4, 2))]))
            for _ in range(2)
        )
        table = iou_table(a, b)
        best = max(
            sum(table[i, p] for i, p in enumerate(order)) for order in permutations(range(4))
        )
        found = fit(a, b)
        assert found.iou * found.matched == pytest.approx(best)


def test_classes_that_differ_have_nothing_in_common():
    """The same box under another class is no match, and both are left over."""
    found = fit(boxes((0, 0, 2, 2)), boxes((0, 0, 2, 2), classes=[1]))
    assert (found.matched, found.f1, found.likeness) == (0, 0, 0)
    assert np.isnan(found.iou)


def test_marking_nothing_together_is_agreement():
    """Neither marked anything: 1. Only one did: 0."""
    assert (fit(boxes(), boxes()).f1, fit(boxes(), boxes()).likeness) == (1, 1)
    assert (fit(boxes(), boxes((0, 0, 1, 1))).f1, fit(boxes(), boxes((0, 0, 1, 1))).likeness) == (
        0,
        0,
    )


def test_likeness_counts_what_one_has_too_many():
    """One perfect match and one box too many: F1 is 2/3, likeness a half."""
    found = fit(boxes((0, 0, 2, 2)), boxes((0, 0, 2, 2), (9, 9, 2, 2)))
    assert (found.matched, found.iou) == (1, 1)
    assert (found.f1, found.likeness) == (pytest.approx(2 / 3), 0.5)


def test_alpha_is_one_for_copies_and_about_zero_for_strangers():
    """Two who mark the same agree fully; two who mark at random no better than by chance."""
    rng = np.random.default_rng(3)

    def some():
        return boxes(*np.hstack([rng.uniform(0, 20, (3, 2)), rng.uniform(5, 9, (3, 2))]))

    same = [{"ana": one, "bob": one} for one in (some() for _ in range(10))]
    assert shape_agreement(same, rng).alpha == 1
    assert shape_agreement(same, rng).f1 == 1
    strange = [{"ana": some(), "bob": some()} for _ in range(60)]
    assert abs(shape_agreement(strange, rng).alpha) < 0.1


def test_alpha_equals_its_definition_on_a_small_case():
    """Observed over expected distance, by hand, with an asset of three answers."""
    a, b, c = boxes((0, 0, 2, 2)), boxes((0, 0, 2, 1)), boxes((0, 0, 2, 2), (5, 5, 1, 1))
    answers = [{"x": a, "y": b, "z": c}, {"x": b, "y": b}]

    def apart(p, q):
        return 1 - fit(p, q).likeness

    observed = (3 * np.mean([apart(a, b), apart(a, c), apart(b, c)]) + 2 * 0) / 5
    every = [a, b, c, b, b]
    expected = np.mean([apart(p, q) for i, p in enumerate(every) for q in every[i + 1 :]])
    found = shape_agreement(answers, np.random.default_rng(0))
    assert found.alpha == pytest.approx(1 - observed / expected)
    assert [(it.first, it.second, it.assets) for it in found.pairs] == [
        ("x", "y", 2),
        ("x", "z", 1),
        ("y", "z", 1),
    ]


def test_what_cannot_be_compared_is_refused():
    """No asset with two answers, mixed kinds, and shapes that are none."""
    with pytest.raises(InvalidInputError, match="two answers"):
        shape_agreement([{"ana": boxes()}], np.random.default_rng(0))
    with pytest.raises(InvalidInputError, match="several kinds"):
        fit(boxes((0, 0, 1, 1)), Marks.of([0], [(0, 3)]))
    with pytest.raises(InvalidInputError, match="array of shape"):
        Marks.of([0], [(1, 2, 3)])
    with pytest.raises(InvalidInputError, match="2 classes for 1"):
        Marks.of([0, 1], [(0, 0, 1, 1)])
