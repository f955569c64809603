"""Label values on the wire: one model a kind, told apart by their ``type``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from querist import schema
from querist.schema import from_json


class ClassValue(BaseModel):
    """One class for the whole asset."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["class"]
    name: str


class ClassesValue(BaseModel):
    """Any number of classes for the whole asset."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["classes"]
    names: list[str]


class Box(BaseModel):
    """A box in pixels; the origin is top left."""

    model_config = ConfigDict(allow_inf_nan=False)
    x: float
    y: float
    width: float
    height: float


class LabeledBox(BaseModel):
    """A box with its class."""

    name: str
    box: Box
    confidence: float | None = Field(default=None, ge=0, le=1)


class BoxesValue(BaseModel):
    """All objects of an image as boxes."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["boxes"]
    boxes: list[LabeledBox]


class Polygon(BaseModel):
    """A closed polygon in pixels."""

    model_config = ConfigDict(allow_inf_nan=False)
    points: list[tuple[float, float]]


class LabeledPolygon(BaseModel):
    """A polygon with its class."""

    name: str
    polygon: Polygon
    confidence: float | None = Field(default=None, ge=0, le=1)


class PolygonsValue(BaseModel):
    """All objects of an image as polygons."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["polygons"]
    polygons: list[LabeledPolygon]


class Span(BaseModel):
    """Characters ``start`` (included) to ``end`` (excluded), in Unicode code points."""

    start: int
    end: int


class LabeledSpan(BaseModel):
    """A span with its class."""

    name: str
    span: Span
    confidence: float | None = Field(default=None, ge=0, le=1)


class SpansValue(BaseModel):
    """All entities of a text as spans."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["spans"]
    spans: list[LabeledSpan]


class NumberValue(BaseModel):
    """A number for the whole asset."""

    model_config = ConfigDict(extra="forbid")
    type: Literal["number"]
    number: float = Field(allow_inf_nan=False)


Value = Annotated[
    ClassValue | ClassesValue | BoxesValue | PolygonsValue | SpansValue | NumberValue,
    Field(discriminator="type"),
]

_KINDS: dict[str, type[schema.Value]] = {
    kind.TYPE: kind
    for kind in (
        schema.ClassValue,
        schema.ClassesValue,
        schema.BoxesValue,
        schema.PolygonsValue,
        schema.SpansValue,
        schema.NumberValue,
    )
}


def read_value(value: Value) -> schema.Value:
    """The schema object of a value from the wire.

    Raises:
        InvalidInputError: a box, polygon or span is impossible.
    """
    return from_json(_KINDS[value.type], value.model_dump(mode="json"))
