"""Boxes, polygons and spans, in the asset's own units: image pixels or text characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from querist.errors import InvalidInputError

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An axis-parallel box: left, top, width and height in pixels; the origin is top left."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0):
            raise InvalidInputError(
                f"The box is {self.width} by {self.height} pixels.",
                remedy="Give a width and a height above zero.",
            )

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.width * self.height

    def iou(self, other: Box) -> float:
        """Intersection over union with ``other``, 0 (apart) to 1 (the same box)."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(across, 0.0) * max(down, 0.0)
        return shared / (self.area + other.area - shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A simple closed polygon; the last point joins the first."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.points) < 3:
            raise InvalidInputError(
                f"The polygon has {len(self.points)} points.", remedy="Give at least three."
            )

    @property
    def area(self) -> float:
        """Square pixels, by the shoelace formula."""
        ring = (*self.points, self.points[0])
        twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
        return abs(twice) / 2

    @property
    def bounds(self) -> Box:
        """The smallest box around the polygon."""
        xs: Sequence[float] = [x for x, _ in self.points]
        ys: Sequence[float] = [y for _, y in self.points]
        return Box(x=min(xs), y=min(ys), width=max(xs) - min(xs), height=max(ys) - min(ys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters ``start`` (included) to ``end`` (excluded) of a text, in Unicode code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InvalidInputError(
                f"The span runs from {self.start} to {self.end}.",
                remedy="Give a start of at least 0 and an end after it.",
            )

    def overlap(self, other: Span) -> int:
        """Number of characters both spans hold."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))
