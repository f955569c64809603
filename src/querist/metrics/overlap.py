"""How far boxes, polygons and spans cover each other: intersection over union, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.answers import Codes, Table

FITS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """What one annotator marked in one asset: n shapes with their classes.

    Attributes:
        classes: Class of each shape (n,), whole numbers.
        shapes: All of one kind: boxes (4,) as left, top, width, height; polygons (k, 2) of points;
            spans (2,) of start and end.
    """

    classes: Codes
    shapes: Sequence[NDArray[np.float64]]

    @classmethod
    def of(cls, classes: ArrayLike, shapes: Sequence[ArrayLike]) -> Marks:
        """Check the arrays.

        Raises:
            InvalidInputError: there is not one class for each shape, or a shape is of no kind.
        """
        codes = np.asarray(classes, dtype=np.int64).ravel()
        arrays = [np.asarray(shape, dtype=np.float64) for shape in shapes]
        if len(codes) != len(arrays):
            raise InvalidInputError(
                f"There are {len(codes)} classes for {len(arrays)} shapes.",
                remedy="Give one class for each shape.",
            )
        if len({_kind(shape) for shape in arrays}) > 1:
            raise InvalidInputError(
                "The shapes are of several kinds.", remedy="Compare boxes with boxes only."
            )
        return cls(classes=codes, shapes=arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How two annotators' marks in one asset fit.

    Attributes:
        matched: Shapes of one that cover a shape of the other, one to one, of the same class.
        iou: Mean intersection over union of these, 0 to 1; higher is better. NaN without any.
        same: Shapes that are the same in both, one to one: of one class, with an IoU of at least
            .5 for boxes and polygons, with the same ends for spans.
        f1: 2 × ``same`` over all shapes of both, 0 to 1; 1 where neither marked anything.
        likeness: Sum of the matches' IoU over all shapes that are left when matches count once,
            0 to 1; 1 where neither marked anything.
    """

    matched: int
    iou: float
    same: int
    f1: float
    likeness: float


def fit(first: Marks, second: Marks) -> Fit:
    """Match the marks so that the sum of IoU is largest (Hungarian method: Kuhn, 1955).

    Shapes of different classes have nothing in common. Time O(n³) for n shapes.
    """
    from scipy.optimize import linear_sum_assignment

    total = len(first.classes) + len(second.classes)
    if not total:
        return Fit(matched=0, iou=float("nan"), same=0, f1=1.0, likeness=1.0)
    table = iou_table(first, second)
    rows, columns = linear_sum_assignment(table, maximize=True)
    shared = table[rows, columns]
    shared = shared[shared > 0]
    count = len(shared)
    # The largest sum may leave out one that another matching has: as many as possible count.
    enough = table >= _least(first)
    same = int(enough[linear_sum_assignment(enough, maximize=True)].sum())
    return Fit(
        matched=count,
        iou=float(shared.mean()) if count else float("nan"),
        same=same,
        f1=2 * same / total,
        likeness=float(shared.sum()) / (total - count),
    )


def iou_table(first: Marks, second: Marks) -> Table:
    """Intersection over union (n, m) of every two shapes; 0 where the classes differ."""
    found = np.zeros((len(first.classes), len(second.classes)))
    if not found.size:
        return found
    kinds = {_kind(first.shapes[0]), _kind(second.shapes[0])}
    if len(kinds) > 1:
        raise InvalidInputError(
            "The shapes are of several kinds.", remedy="Compare boxes with boxes only."
        )
    if kinds == {"polygon"}:
        for i, j in np.argwhere(first.classes[:, None] == second.classes).tolist():
            found[i, j] = polygon_iou(first.shapes[i], second.shapes[j])
        return found
    a, b = np.stack(first.shapes), np.stack(second.shapes)
    axes = [(0, 2), (1, 3)] if kinds == {"box"} else [(0, 1)]
    shared, size_a, size_b = np.ones_like(found), np.ones(len(a)), np.ones(len(b))
    for low, high in axes:
        end_a, end_b = (x[:, high] + (x[:, low] if kinds == {"box"} else 0) for x in (a, b))
        start = np.maximum(a[:, None, low], b[:, low])
        shared *= np.maximum(np.minimum(end_a[:, None], end_b) - start, 0)
        size_a, size_b = size_a * (end_a - a[:, low]), size_b * (end_b - b[:, low])
    found = shared / (size_a[:, None] + size_b - shared)
    return np.asarray(np.where(first.classes[:, None] == second.classes, found, 0.0))


def polygon_iou(first: Table, second: Table) -> float:
    """Intersection over union of two polygons (k, 2) and (l, 2), 0 to 1, exact.

    Between two heights at which neither has a corner and no sides cross, the width of what both
    cover changes evenly: its value half-way is its mean. Inside is what an odd number of sides
    lies left of. Rounding shifts the result by some 1e-14.
    """
    both = np.concatenate([_sides(first), _sides(second)])
    heights = np.unique(np.concatenate([both[:, 1], _crossings(both)]))
    if len(heights) < 2:
        return 0.0
    thick, middle = np.diff(heights), (heights[1:] + heights[:-1]) / 2
    covered = [_covered(_sides(shape), middle) for shape in (first, second)]
    # Width of both together: what begins and ends one of them, in order.
    shared = np.array([_common(a, b) for a, b in zip(*covered, strict=True)])
    areas = [
        float(np.array([np.diff(xs.reshape(-1, 2)).sum() for xs in one]) @ thick) for one in covered
    ]
    common = float(shared @ thick)
    whole = sum(areas) - common
    return min(common / whole, 1.0) if whole > 0 else 0.0


def _least(marks: Marks) -> float:
    """The IoU from which on two shapes are the same."""
    return 1.0 if len(marks.shapes) and _kind(marks.shapes[0]) == "span" else FITS


def _kind(shape: NDArray[np.float64]) -> str:
    if shape.ndim == 2 and shape.shape[1] == 2 and len(shape) > 2:
        return "polygon"
    if shape.shape in ((4,), (2,)):
        return "box" if len(shape) == 4 else "span"
    raise InvalidInputError(
        f"A shape is an array of shape {shape.shape}.",
        remedy="Give boxes (4,), spans (2,), or polygons (k, 2) of at least three points.",
    )


def _sides(points: Table) -> Table:
    """The sides (k, 4) of a polygon: x and y of one end and of the other."""
    return np.concatenate([points, np.roll(points, -1, axis=0)], axis=1)


def _crossings(sides: Table) -> Table:
    """The heights at which any two sides cross."""
    start, way = sides[:, :2], sides[:, 2:] - sides[:, :2]
    between = start[None] - start[:, None]
    slope = way[:, None, 0] * way[None, :, 1] - way[:, None, 1] * way[None, :, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (between[..., 0] * way[None, :, 1] - between[..., 1] * way[None, :, 0]) / slope
        u = (between[..., 0] * way[:, None, 1] - between[..., 1] * way[:, None, 0]) / slope
    i, j = np.nonzero((slope != 0) & (t > 0) & (t < 1) & (u > 0) & (u < 1))
    return np.asarray(start[i, 1] + t[i, j] * way[i, 1])


def _covered(sides: Table, heights: Table) -> list[Table]:
    """Where a polygon begins and ends at each height, from left to right: pairs at any height.

    A side takes its lower end along and not its upper one. Whoever goes around the polygon passes
    a height as often upwards as downwards, so that also at that of a corner nothing is left over:
    half-way between two neighbours among the machine's numbers there is no number but they.
    """
    x0, y0, x1, y1 = sides.T
    low, high = np.minimum(y0, y1), np.maximum(y0, y1)
    found = []
    for height in heights:
        cut = np.flatnonzero((low <= height) & (height < high))
        share = (height - y0[cut]) / (y1[cut] - y0[cut])
        found.append(np.sort(x0[cut] + share * (x1[cut] - x0[cut])))
    return found


def _common(first: Table, second: Table) -> float:
    """Length of what both cover on one line."""
    if not len(first) or not len(second):
        return 0.0
    a, b = first.reshape(-1, 2), second.reshape(-1, 2)
    low = np.maximum(a[:, None, 0], b[:, 0])
    high = np.minimum(a[:, None, 1], b[:, 1])
    return float(np.maximum(high - low, 0).sum())
