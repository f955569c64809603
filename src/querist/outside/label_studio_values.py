"""Ontologies and labels in Label Studio's own form, and back again.

Shapes are percent of the picture there and pixels here: what comes back is rounded to a millionth
of a pixel, so that a shape goes there and back unchanged. Spans are counted in UTF-16 units there
and in code points here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from querist.errors import InvalidInputError
from querist.schema import (
    Asset,
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    Media,
    NumberValue,
    Ontology,
    Polygon,
    PolygonsValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
)
from querist.schema.wording import counted

# The names of the two parts of every configuration, and of what a task shows.
CONTROL, OBJECT, SHOWN = "label", "asset", "asset"
# The field of a task's data that names an item or asset of ours.
KEY = "querist"
_OBJECTS = {Media.IMAGE: "Image", Media.TEXT: "Text", Media.TABLE: "Table"}
# The control of each task, what its class is called, and the media that it can be asked of.
_CONTROLS: Mapping[TaskKind, tuple[str, str, Mapping[str, str]]] = {
    TaskKind.CLASSIFICATION: ("Choices", "Choice", {"choice": "single", "required": "true"}),
    TaskKind.MULTI_LABEL: ("Choices", "Choice", {"choice": "multiple"}),
    TaskKind.BOXES: ("RectangleLabels", "Label", {"choice": "single", "canRotate": "false"}),
    TaskKind.POLYGONS: ("PolygonLabels", "Label", {"choice": "single"}),
    TaskKind.SPANS: ("Labels", "Label", {"choice": "single", "granularity": "symbol"}),
    TaskKind.REGRESSION: ("Number", "", {"required": "true"}),
}
_NEEDS = {TaskKind.BOXES: Media.IMAGE, TaskKind.POLYGONS: Media.IMAGE, TaskKind.SPANS: Media.TEXT}
_DECIMALS = 6
_NAMED = 10


def check(ontology: Ontology, media: Media) -> None:
    """Refuse what Label Studio cannot ask; raises InvalidInputError."""
    wanted = _NEEDS.get(ontology.task, media)
    if wanted is not media:
        raise InvalidInputError(
            f"Label Studio asks for {ontology.task.value} of {wanted.value}s only.",
            remedy="Label these assets here.",
        )
    for name in ontology.names:
        # It would be read as the name of a field of the task, or lose its spaces.
        if name.startswith("$") or name != " ".join(name.split()):
            raise InvalidInputError(
                f"Label Studio cannot hold the class {name!r}.",
                remedy="Rename it: no $ at its beginning, single spaces, none at its ends.",
            )


def configuration(ontology: Ontology, media: Media) -> str:
    """The labeling interface that asks for the ontology's task."""
    view = ElementTree.Element("View")
    shown = {"name": OBJECT, "value": f"${SHOWN}"}
    ElementTree.SubElement(view, _OBJECTS[media], shown)
    control, part, options = _CONTROLS[ontology.task]
    asked = {"name": CONTROL, "toName": OBJECT, **options}
    if ontology.task is TaskKind.REGRESSION:
        limits = {"min": ontology.limits.lowest, "max": ontology.limits.highest}
        asked |= {key: repr(it) for key, it in limits.items() if it is not None} | {"step": "any"}
    asking = ElementTree.SubElement(view, control, asked)
    for known in ontology.classes if part else ():
        details = {"value": known.name, "background": known.colour}
        if known.hotkey:
            details["hotkey"] = known.hotkey
        if known.description and part == "Choice":
            details["hint"] = known.description
        ElementTree.SubElement(asking, part, details)
    return ElementTree.tostring(view, encoding="unicode")


def control_of(task: TaskKind) -> str:
    """The tag of the control that asks for a task, as ``Choices``."""
    return _CONTROLS[task][0]


def check_offers(configuration: str, control: str, ontology: Ontology) -> None:
    """Refuse a labeling interface in which the control of this name lacks a class.

    A control whose classes come with each task cannot be looked at, and is taken as it is.

    Args:
        configuration: Well-formed, without declarations of entities.
        control: The name of the control.
        ontology: The task and the classes.

    Raises:
        InvalidInputError: classes are missing, which are named.
    """
    tag, part, _ = _CONTROLS[ontology.task]
    root = ElementTree.fromstring(configuration)  # noqa: S314 - no declarations, as was said
    asking = next((it for it in root.iter(tag) if it.get("name") == control), None)
    if not part or asking is None or asking.get("value", "").startswith("$"):
        return
    offered = {it.get("alias") or it.get("value") for it in asking.iter(part)}
    missing = [name for name in ontology.names if name not in offered]
    if missing:
        raise InvalidInputError(
            f"The labeling interface lacks {_named(missing)} in {control!r}.",
            remedy="Add what is missing there, or rename the classes here.",
            missing=missing,
        )


def encode(value: Value, asset: Asset) -> list[dict[str, Any]]:
    """A label as the regions of an annotation or prediction.

    Raises:
        InvalidInputError: it is a shape and the size of the picture is not known, or a span
            outside of the text.
    """
    match value:
        case ClassValue():
            return [_region("choices", {"choices": [value.name]})]
        case ClassesValue():
            # No class at all is no region, as in an annotation where nothing was chosen.
            return [_region("choices", {"choices": list(value.names)})] if value.names else []
        case NumberValue():
            return [_region("number", {"number": value.number})]
        case SpansValue():
            return [_span_out(span, asset) for span in value.spans]
        case BoxesValue():
            return [_box_out(box, asset, i) for i, box in enumerate(value.boxes)]
        case PolygonsValue():
            return [_polygon_out(it, asset, i) for i, it in enumerate(value.polygons)]


def decode(result: Any, asset: Asset, ontology: Ontology) -> Value:
    """The label in the regions of an annotation.

    Raises:
        InvalidInputError: it is none, or would lose something here: a box that is turned, a shape
            of several classes, a span whose text is not the asset's.
    """
    if not isinstance(result, list):
        raise _unreadable("it has no list of regions")
    wanted = _CONTROLS[ontology.task][0].lower()
    regions = [it for it in result if isinstance(it, dict) and it.get("type") == wanted]
    if len(regions) < len(result):
        raise _unreadable(f"it holds something else than {wanted}")
    try:
        return _READERS[ontology.task](regions, asset)
    except InvalidInputError:
        raise
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise _unreadable("a region has not the usual form") from None


def _class_in(regions: Sequence[Any], _: Asset) -> Value:
    names = _chosen(regions)
    if len(names) != 1:
        raise _unreadable(f"it names {len(names)} classes")
    return ClassValue(name=names[0])


def _classes_in(regions: Sequence[Any], _: Asset) -> Value:
    return ClassesValue(names=tuple(_chosen(regions)))


def _number_in(regions: Sequence[Any], _: Asset) -> Value:
    (region,) = regions
    return NumberValue(number=_number(region["value"]["number"]))


def _boxes_in(regions: Sequence[Any], asset: Asset) -> Value:
    width, height = _size(asset)
    found = []
    for region in regions:
        value = region["value"]
        if _number(value.get("rotation") or 0) or region.get("image_rotation"):
            raise _unreadable("a box is turned")
        box = Box(
            x=_pixels(value["x"], width),
            y=_pixels(value["y"], height),
            width=_pixels(value["width"], width),
            height=_pixels(value["height"], height),
        )
        found.append(LabeledBox(name=_one(value["rectanglelabels"]), box=box))
    return BoxesValue(boxes=tuple(found))


def _polygons_in(regions: Sequence[Any], asset: Asset) -> Value:
    width, height = _size(asset)
    found = []
    for region in regions:
        value = region["value"]
        if not value.get("closed", True):
            raise _unreadable("a polygon is not closed")
        points = tuple((_pixels(x, width), _pixels(y, height)) for x, y in value["points"])
        found.append(
            LabeledPolygon(name=_one(value["polygonlabels"]), polygon=Polygon(points=points))
        )
    return PolygonsValue(polygons=tuple(found))


def _spans_in(regions: Sequence[Any], asset: Asset) -> Value:
    found = []
    for region in regions:
        value = region["value"]
        start, end = _offset(value["start"]), _offset(value["end"])
        span = _span(asset.text or "", start, end, value.get("text"))
        found.append(LabeledSpan(name=_one(value["labels"]), span=span))
    return SpansValue(spans=tuple(found))


_READERS: Mapping[TaskKind, Callable[[Sequence[Any], Asset], Value]] = {
    TaskKind.CLASSIFICATION: _class_in,
    TaskKind.MULTI_LABEL: _classes_in,
    TaskKind.BOXES: _boxes_in,
    TaskKind.POLYGONS: _polygons_in,
    TaskKind.SPANS: _spans_in,
    TaskKind.REGRESSION: _number_in,
}


def _region(kind: str, value: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"from_name": CONTROL, "to_name": OBJECT, "type": kind, "value": value, **more}


def _box_out(item: LabeledBox, asset: Asset, number: int) -> dict[str, Any]:
    width, height = _size(asset)
    value = {
        "x": _percent(item.box.x, width),
        "y": _percent(item.box.y, height),
        "width": _percent(item.box.width, width),
        "height": _percent(item.box.height, height),
        "rotation": 0,
        "rectanglelabels": [item.name],
    }
    return _shape("rectanglelabels", value, asset, number, item.confidence)


def _polygon_out(item: LabeledPolygon, asset: Asset, number: int) -> dict[str, Any]:
    width, height = _size(asset)
    points = [[_percent(x, width), _percent(y, height)] for x, y in item.polygon.points]
    value = {"points": points, "closed": True, "polygonlabels": [item.name]}
    return _shape("polygonlabels", value, asset, number, item.confidence)


def _shape(
    kind: str, value: dict[str, Any], asset: Asset, number: int, confidence: float | None
) -> dict[str, Any]:
    width, height = _size(asset)
    sizes = {"original_width": width, "original_height": height, "image_rotation": 0}
    sure = {} if confidence is None else {"score": confidence}
    return _region(kind, value, id=f"shape-{number}", **sizes, **sure)


def _span_out(item: LabeledSpan, asset: Asset) -> dict[str, Any]:
    text = asset.text or ""
    if item.span.end > len(text):
        raise InvalidInputError(
            f"The span ends at {item.span.end}, the text of {asset.id!r} at {len(text)}.",
            remedy="Send no suggestion for it.",
        )
    start, end = (_units(text[:at]) for at in (item.span.start, item.span.end))
    words = text[item.span.start : item.span.end]
    value = {"start": start, "end": end, "text": words, "labels": [item.name]}
    return _region("labels", value, id=f"span-{item.span.start}-{item.span.end}-{item.name}")


def _span(text: str, start: int, end: int, said: Any) -> Span:
    """The span in code points; what was marked tells the unit in which the tool has counted."""
    first, last = _from_units(text, start), _from_units(text, end)
    in_units = None if first is None or last is None else (first, last)
    for found in (in_units, (start, end)):
        if found is None or not found[0] < found[1] <= len(text):
            continue
        if said is None or _plain(text[found[0] : found[1]]) == _plain(str(said)):
            return Span(start=found[0], end=found[1])
    raise _unreadable(f"a span from {start} to {end} does not fit the text")


def _units(text: str) -> int:
    """How many UTF-16 units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _from_units(text: str, offset: int) -> int | None:
    """The number of code points before a UTF-16 offset; ``None`` inside of one."""
    if text.isascii():
        return offset
    seen = 0
    for position, sign in enumerate(text):
        if seen >= offset:
            return position if seen == offset else None
        seen += 2 if ord(sign) > 0xFFFF else 1
    return len(text) if seen == offset else None


def _plain(text: str) -> str:
    # A line's end comes back as the two signs of its escape.
    return text.replace("\\n", "\n").replace("\r\n", "\n")


def _chosen(regions: Sequence[Any]) -> list[str]:
    return [str(name) for region in regions for name in region["value"]["choices"]]


def _one(names: Sequence[Any]) -> str:
    if len(names) != 1:
        raise _unreadable(f"a shape has {len(names)} classes")
    return str(names[0])


def _size(asset: Asset) -> tuple[int, int]:
    if not asset.width or not asset.height:
        raise InvalidInputError(
            f"The size of {asset.id!r} is not known.", remedy="Add the picture again."
        )
    return asset.width, asset.height


def _percent(pixels: float, size: int) -> float:
    return pixels / size * 100


def _pixels(percent: Any, size: int) -> float:
    return round(_number(percent) * size / 100, _DECIMALS)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(float(value)):
        raise ValueError(value)
    return float(value)


def _offset(value: Any) -> int:
    if int(value) != float(value) or int(value) < 0:
        raise ValueError(value)
    return int(value)


def _named(names: Sequence[str]) -> str:
    """The first names of some, and how many there are more."""
    first = ", ".join(repr(name) for name in names[:_NAMED])
    rest = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{counted(len(names), 'class', 'classes')}: {first}{rest}"


def _unreadable(why: str) -> InvalidInputError:
    return InvalidInputError(
        f"An answer from Label Studio cannot be a label: {why}.",
        remedy="Correct it there; it comes in again by itself.",
    )
