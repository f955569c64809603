"""Agreement on boxes, polygons and spans: IoU, matching, and alpha with a distance."""

from __future__ import annotations

from itertools import pairwise, permutations

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


def common_area(one, other) -> float:
    """What two simple polygons share, by another method: fans of triangles, clipped one by one.

    A polygon is the signed sum of the triangles from its first corner, so that what two share is
    the signed sum of what every two triangles share.
    """
    total = 0.0
    for sign, triangle in fan(one):
        for way, other_triangle in fan(other):
            left = other_triangle
            for i in range(3):
                left = clipped(left, triangle[i - 1], triangle[i])
            total += sign * way * signed_area(left)
    return total


def fan(points):
    """The triangles from the first corner, each turned to the left, and which way it went."""
    for b, c in pairwise(points[1:]):
        whole = signed_area([points[0], b, c])
        if whole:
            yield np.sign(whole), [points[0], b, c] if whole > 0 else [points[0], c, b]


def signed_area(points) -> float:
    """Positive where the corners go round to the left."""
    if len(points) < 3:
        return 0.0
    x, y = (np.asarray(points) - points[0]).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def clipped(points, a, b):
    """What of a convex polygon lies left of the line from a to b (Sutherland and Hodgman, 1974)."""
    found = []
    side = [(b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) for x, y in points]
    for i, (p, s) in enumerate(zip(points, side, strict=True)):
        q, t = points[i - 1], side[i - 1]
        if (s < 0) != (t < 0):
            found.append(tuple(np.add(q, np.subtract(p, q) * (t / (t - s)))))
        if s >= 0:
            found.append(tuple(p))
    return found


def drawn(rng, kind):
    """Two star-shaped polygons such as two people outline one object."""
    count = int(rng.integers(3, 9))
    # Corners in even steps around the middle, each moved by less than half a step.
    angles = 2 * np.pi * (np.arange(count) + rng.uniform(0, 0.4, count)) / count
    ends = np.stack([np.cos(angles), np.sin(angles)], 1)
    one = 100 + 200 * rng.uniform(0.2, 0.5, (count, 1)) * ends
    if kind == "moved":  # all corners but one in common
        other = one.copy()
        at = rng.integers(count)
        other[at] = 100 + rng.uniform(0.5, 1.5) * (one[at] - 100)
    elif kind == "scaled":
        other = 100 + rng.choice([0.7, 0.9, 1.1]) * (one - 100)
    else:
        other = one + rng.uniform(-4, 4, one.shape)
    if kind == "ulp":  # the same corners, some of them one step of the machine's numbers away
        other = np.where(rng.random(one.shape) < 0.5, np.nextafter(one, 0), one)
    decimals = {"whole": 0, "rounded": 1}.get(kind)
    return (one, other) if decimals is None else (one.round(decimals), other.round(decimals))


@pytest.mark.parametrize("kind", ["moved", "scaled", "whole", "rounded", "ulp", "free"])
@pytest.mark.parametrize("unit", [1.0, 1 / 3e6, 1e8])
def test_polygons_that_share_corners_overlap_as_clipping_says(kind, unit):
    """Hundreds of outlines of one object, also in other units, against another calculation."""
    rng = np.random.default_rng(7)
    for _ in range(50):
        one, other = (unit * shape for shape in drawn(rng, kind))
        common = common_area(one.tolist(), other.tolist())
        whole = common_area(one.tolist(), one.tolist()) + common_area(
            other.tolist(), other.tolist()
        )
        assert polygon_iou(one, other) == pytest.approx(common / (whole - common), abs=1e-9)


def test_corners_of_nearly_the_same_height_do_no_harm():
    """.3 and .1 + .2 are neighbours among the machine's numbers: nothing lies half-way."""
    one, other = ([(0, 0), (1, height), (0, 1)] for height in (0.3, 0.1 + 0.2))
    assert polygon_iou(np.array(one), np.array(other)) == pytest.approx(1)


def test_any_polygons_at_all_have_an_overlap_from_0_to_1():
    """Thousands on a coarse grid, which cross themselves, touch, and repeat corners."""
    rng = np.random.default_rng(3)
    for _ in range(2000):
        one = rng.uniform(0, 1, (rng.integers(3, 7), 2)).round(1)
        other = one * rng.choice([0.7, 0.9, 1.1])
        if rng.random() < 0.5:
            other = rng.uniform(0, 1, (rng.integers(3, 7), 2)).round(1)
        found = polygon_iou(one, other)
        assert 0 <= found <= 1
        assert polygon_iou(other, one) == pytest.approx(found, abs=1e-9)
        # As high as wide: another way to cut them into strips.
        assert polygon_iou(one[:, ::-1], other[:, ::-1]) == pytest.approx(found, abs=1e-9)


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
