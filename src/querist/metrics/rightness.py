"""Whether two labels are the same answer, and whether a model's is right, object by object."""

from __future__ import annotations

from collections import Counter
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from querist.metrics.overlap import FITS, Marks, fit, iou_table
from querist.schema.annotation import (
    BoxesValue,
    PolygonsValue,
    SpansValue,
    Value,
    class_names,
)

# What is wrong with a higher probability is no part of a model's answer.
BELIEVED = 0.5

Shapes = BoxesValue | PolygonsValue | SpansValue


def objects_right(given: Shapes, truth: Shapes) -> NDArray[np.bool_]:
    """Which objects (k,) of a label are there in truth, one to one and of the same class.

    A span is right if it begins and ends where a true one does. A box or polygon is right if it
    covers a true one by at least half (IoU); the surest takes the true one it covers most, then the
    next one takes of those that are left (Lin et al., 2014, "Microsoft COCO").
    """
    if isinstance(given, SpansValue) and isinstance(truth, SpansValue):
        return _spans_right(given, truth)
    code: dict[str, int] = {}
    table = iou_table(marks_of(given, code), marks_of(truth, code))
    found = np.zeros(len(table), dtype=bool)
    for at in np.argsort(-confidences(given), kind="stable").tolist() if table.size else ():
        best = int(table[at].argmax())
        if table[at, best] >= FITS:
            found[at] = True
            table[:, best] = 0
    return found


def is_right(given: Value, truth: Value) -> bool:
    """Whether two labels are the same answer: all that is there, in any order, and nothing else.

    Boxes and polygons are the same that match one to one, by class, with an IoU of at least .5;
    spans that begin and end alike; numbers that are equal. Which label comes first is all one, and
    so is how sure a model is.
    """
    if given == truth:
        return True
    if not isinstance(given, Shapes) or type(given) is not type(truth):
        return False
    code: dict[str, int] = {}
    first, second = marks_of(given, code), marks_of(truth, code)
    return len(first.classes) == len(second.classes) == fit(first, second).same


def believed(value: Value, errors: NDArray[np.floating]) -> Value:
    """The answer in a model's label: without the objects that are more likely wrong than right."""
    keep = (errors <= BELIEVED).tolist()
    match value:
        case BoxesValue():
            return BoxesValue(boxes=tuple(compress(value.boxes, keep)))
        case PolygonsValue():
            return PolygonsValue(polygons=tuple(compress(value.polygons, keep)))
        case SpansValue():
            return SpansValue(spans=tuple(compress(value.spans, keep)))
    return value


def confidences(value: Shapes) -> NDArray[np.float64]:
    """How sure a model is of each object (k,); 1 where it does not say."""
    match value:
        case BoxesValue():
            said = [it.confidence for it in value.boxes]
        case PolygonsValue():
            said = [it.confidence for it in value.polygons]
        case SpansValue():
            said = [it.confidence for it in value.spans]
    return np.array([1.0 if it is None else it for it in said], dtype=np.float64)


def marks_of(value: Shapes, code: dict[str, int]) -> Marks:
    """The shapes of a value as arrays; class names that are new to ``code`` are added to it."""
    classes = [code.setdefault(name, len(code)) for name in class_names(value)]
    match value:
        case BoxesValue():
            rows = [(b.x, b.y, b.width, b.height) for b in (it.box for it in value.boxes)]
            return Marks.of(classes, rows)
        case PolygonsValue():
            return Marks.of(classes, [it.polygon.points for it in value.polygons])
        case SpansValue():
            return Marks.of(classes, [(it.span.start, it.span.end) for it in value.spans])


def _spans_right(given: SpansValue, truth: SpansValue) -> NDArray[np.bool_]:
    left = Counter((it.name, it.span.start, it.span.end) for it in truth.spans)
    found = np.zeros(len(given.spans), dtype=bool)
    for at, it in enumerate(given.spans):
        key = it.name, it.span.start, it.span.end
        found[at] = left[key] > 0
        left[key] -= 1
    return found
