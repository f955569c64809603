"""Annotations: what a person (or an oracle) said about an asset, as entries of a log."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar, TypeVar

from querist.errors import InvalidInputError
from querist.schema.geometry import Box, Polygon, Span
from querist.schema.ontology import Limits, Ontology, TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassValue:
    """One class for the whole asset."""

    TYPE: ClassVar[str] = "class"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassesValue:
    """Any number of classes for the whole asset; an empty tuple says that none applies.

    The names keep the order in which they were given, but it says nothing: two labels with the
    same names are equal.
    """

    TYPE: ClassVar[str] = "classes"
    names: tuple[str, ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClassesValue):
            return NotImplemented
        return frozenset(self.names) == frozenset(other.names)

    def __hash__(self) -> int:
        return hash(frozenset(self.names))


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledBox:
    """A box with its class; a model says how sure it is, 0 to 1, a person does not."""

    name: str
    box: Box
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxesValue:
    """All objects of an image as boxes; an empty tuple says that there is none."""

    TYPE: ClassVar[str] = "boxes"
    boxes: tuple[LabeledBox, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledPolygon:
    """A polygon with its class; a model says how sure it is, 0 to 1, a person does not."""

    name: str
    polygon: Polygon
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolygonsValue:
    """All objects of an image as polygons."""

    TYPE: ClassVar[str] = "polygons"
    polygons: tuple[LabeledPolygon, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabeledSpan:
    """A span with its class; a model says how sure it is, 0 to 1, a person does not."""

    name: str
    span: Span
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpansValue:
    """All entities of a text as spans."""

    TYPE: ClassVar[str] = "spans"
    spans: tuple[LabeledSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberValue:
    """A number for the whole asset."""

    TYPE: ClassVar[str] = "number"
    number: float


Value = ClassValue | ClassesValue | BoxesValue | PolygonsValue | SpansValue | NumberValue

Shape = TypeVar("Shape", LabeledBox, LabeledPolygon, LabeledSpan)

VALUE_OF_TASK: dict[TaskKind, type[Value]] = {
    TaskKind.CLASSIFICATION: ClassValue,
    TaskKind.MULTI_LABEL: ClassesValue,
    TaskKind.BOXES: BoxesValue,
    TaskKind.POLYGONS: PolygonsValue,
    TaskKind.SPANS: SpansValue,
    TaskKind.REGRESSION: NumberValue,
}


class Action(StrEnum):
    """What an entry of the label log does."""

    LABEL = "label"
    SKIP = "skip"
    CANNOT_TELL = "cannot_tell"
    UNDO = "undo"


class Origin(StrEnum):
    """Where a label comes from; ``CONSENSUS`` is made of several opinions."""

    PERSON = "person"
    IMPORT = "import"
    ORACLE = "oracle"
    MODEL = "model"
    REVIEW = "review"
    CONSENSUS = "consensus"


# What one person has decided: nothing but a person may replace it.
BY_PEOPLE = (Origin.PERSON, Origin.REVIEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One entry of the append-only label log.

    Attributes:
        seq: Position in the log, increasing.
        asset_id: The asset.
        version: 1 for the asset's first entry, then 2, 3, …; a writer must know the current one.
        action: What the entry does.
        value: The label that holds after this entry; ``None`` after a skip, or an undo to nothing.
        annotator: Who.
        origin: Where the label comes from.
        seconds: Working time spent on the decision.
        reason: Why it was skipped or cannot be told.
        round: The round that asked for it; ``None`` when nobody asked.
        ontology_version: The ontology it was made under.
        prelabel: The model's suggestion that was shown, if any.
        model_id: The model that suggested it.
        submission_id: The writer's own id; the same one twice is stored once.
        created_at: When it was stored, UTC.
    """

    seq: int
    asset_id: str
    version: int
    action: Action
    value: Value | None
    annotator: str
    origin: Origin
    seconds: float | None
    reason: str | None
    round: int | None
    ontology_version: int
    prelabel: Value | None
    model_id: str | None
    submission_id: str
    created_at: datetime


def check_value(value: Value, ontology: Ontology) -> Value:
    """Return ``value`` if it fits the ontology's task and names only its classes.

    Raises:
        InvalidInputError: it is of another kind than the task wants, or beyond its limits.
        UnknownNameError: it names a class that does not exist.
    """
    wanted = VALUE_OF_TASK[ontology.task]
    if not isinstance(value, wanted):
        raise InvalidInputError(
            f"The label is of kind {value.TYPE!r}, the task is {ontology.task.value!r}.",
            remedy=f"Send a label of kind {wanted.TYPE!r}.",
        )
    for name in set(class_names(value)).difference(ontology.names):
        ontology.index(name)
    _check_limits(value, ontology.limits)
    return value


def _range(limits: Limits) -> str:
    ends = [
        f"{word} {end:g}"
        for word, end in (("from", limits.lowest), ("to", limits.highest))
        if end is not None
    ]
    return " ".join(["a number", *ends]) if ends else "a finite number"


def _check_limits(value: Value, limits: Limits) -> None:
    _check_shapes(value)
    if isinstance(value, NumberValue):
        low = -math.inf if limits.lowest is None else limits.lowest
        high = math.inf if limits.highest is None else limits.highest
        if not low <= value.number <= high:
            raise InvalidInputError(
                f"The label is {value.number:g}.", remedy=f"Give {_range(limits)}."
            )
    if isinstance(value, SpansValue) and not limits.overlapping:
        spans = sorted((item.span for item in value.spans), key=lambda span: span.start)
        for before, after in pairwise(spans):
            if before.overlap(after):
                raise InvalidInputError(
                    f"The spans {before.start} to {before.end} and {after.start} to {after.end} "
                    "share characters.",
                    remedy="Shorten one, or set overlapping under [limits] in querist.toml.",
                )


def _check_shapes(value: Value) -> None:
    """Refuse what no picture has; labels stored long ago are read as they are."""
    if isinstance(value, BoxesValue):
        for item in value.boxes:
            sides = item.box.x, item.box.y, item.box.width, item.box.height
            if not all(map(math.isfinite, sides)):
                raise InvalidInputError(
                    f"The box of {item.name!r} has the sides {sides}.",
                    remedy="Give finite numbers: left, top, width and height in pixels.",
                )
    if isinstance(value, PolygonsValue):
        for it in value.polygons:
            if not 0 < it.polygon.area < math.inf:
                raise InvalidInputError(
                    f"The polygon of {it.name!r} has an area of {it.polygon.area:g} pixels.",
                    remedy="Give three or more points, finite and not in one line.",
                )


def class_names(value: Value) -> tuple[str, ...]:
    """The classes that ``value`` names, in order, repeats included."""
    match value:
        case ClassValue():
            return (value.name,)
        case ClassesValue():
            return value.names
        case BoxesValue():
            return tuple(item.name for item in value.boxes)
        case PolygonsValue():
            return tuple(item.name for item in value.polygons)
        case SpansValue():
            return tuple(item.name for item in value.spans)
        case NumberValue():
            return ()


def renamed(value: Value, name_of: Callable[[str], str | None]) -> Value | None:
    """``value`` with the classes that ``name_of`` gives for its own.

    Where it gives ``None`` a class or shape is left out; a label of one class is ``None`` then.
    """

    def of(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        now = ((shape, name_of(shape.name)) for shape in shapes)
        return tuple(replace(shape, name=name) for shape, name in now if name is not None)

    match value:
        case ClassValue():
            name = name_of(value.name)
            return None if name is None else ClassValue(name=name)
        case ClassesValue():
            names = map(name_of, value.names)
            return ClassesValue(names=tuple(dict.fromkeys(n for n in names if n is not None)))
        case BoxesValue():
            return BoxesValue(boxes=of(value.boxes))
        case PolygonsValue():
            return PolygonsValue(polygons=of(value.polygons))
        case SpansValue():
            return SpansValue(spans=of(value.spans))
        case NumberValue():
            return value
