"""How far an asset reaches, so that boxes, polygons and spans lie within it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from querist.errors import InvalidInputError
from querist.schema.annotation import (
    BoxesValue,
    LabeledBox,
    LabeledSpan,
    PolygonsValue,
    SpansValue,
    Value,
)
from querist.schema.geometry import Box

SHAPES = (BoxesValue, PolygonsValue, SpansValue)
# Pixels that a shape may reach beyond its picture: editors and percentages round.
ROUNDING = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far an asset reaches; what is not known bounds nothing.

    Attributes:
        width: Pixels of a picture, as seen.
        height: Pixels of a picture, as seen.
        characters: Unicode code points of a text.
    """

    width: int | None = None
    height: int | None = None
    characters: int | None = None


def check_within(value: Value, bounds: Bounds) -> None:
    """Refuse a label of which anything lies beyond the asset; pixels may be a rounding beyond.

    Raises:
        InvalidInputError: a box, polygon or span does; the first one is named.
    """
    match value:
        case SpansValue():
            for span in value.spans:
                _check_span(span, bounds.characters)
        case BoxesValue():
            for item in value.boxes:
                _check_box("box", item.name, item.box, bounds)
        case PolygonsValue():
            for it in value.polygons:
                _check_box("polygon", it.name, it.polygon.bounds, bounds)
        case _:
            return


def cut_to(value: Value, bounds: Bounds) -> Value:
    """What a model says, its boxes cut to the picture; what lies wholly beyond it is left out.

    Detectors here do the same: that an object goes on beyond the edge is no error of the model. A
    span beyond its text is one, since then it is of another text or counts other units.

    Raises:
        InvalidInputError: a polygon or span lies beyond the asset; the first one is named.
    """
    if isinstance(value, BoxesValue) and bounds.width and bounds.height:
        cut = [_cut(item, bounds.width, bounds.height) for item in value.boxes]
        return BoxesValue(boxes=tuple(it for it in cut if it is not None))
    check_within(value, bounds)
    return value


def _check_span(item: LabeledSpan, characters: int | None) -> None:
    if characters is not None and item.span.end > characters:
        raise InvalidInputError(
            f"The span of {item.name!r} runs from {item.span.start} to {item.span.end}, the text "
            f"has {characters} characters.",
            remedy="Give spans within the text, counted in Unicode code points.",
        )


def _check_box(what: str, name: str, box: Box, bounds: Bounds) -> None:
    width, height = bounds.width, bounds.height
    if width is None or height is None:
        return
    right, low = box.x + box.width, box.y + box.height
    across = box.x >= -ROUNDING and right <= width + ROUNDING
    down = box.y >= -ROUNDING and low <= height + ROUNDING
    if not (across and down):
        raise InvalidInputError(
            f"The {what} of {name!r} reaches from {box.x:g}, {box.y:g} to {right:g}, {low:g}, the "
            f"picture is {width} by {height} pixels.",
            remedy="Give pixels of the upright picture, the origin top left; cut at its edges.",
        )


def _cut(item: LabeledBox, width: int, height: int) -> LabeledBox | None:
    box = item.box
    left, right = max(box.x, 0.0), min(box.x + box.width, float(width))
    top, low = max(box.y, 0.0), min(box.y + box.height, float(height))
    if (left, top, right, low) == (box.x, box.y, box.x + box.width, box.y + box.height):
        return item
    if not (left < right and top < low):
        return None
    return replace(item, box=Box(x=left, y=top, width=right - left, height=low - top))
