"""Two assets of each kind of task, their labels, and what a model may say of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from querist.learners import Inputs, Item
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    LabeledBox,
    LabeledSpan,
    Media,
    NumberValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
)


def number_of(value: float) -> NumberValue:
    """A label."""
    return NumberValue(number=value)


def picture() -> bytes:
    """One of 40 by 20 pixels."""
    raw = io.BytesIO()
    Image.new("RGB", (40, 20)).save(raw, "PNG")
    return raw.getvalue()


def inputs_of(items: Sequence[Item], width: int = 2) -> Inputs:
    """Items as the assets of a project, each with a vector of zeros."""
    return Inputs(
        asset_ids=[it.asset_id or "" for it in items],
        vectors=np.zeros((len(items), width), np.float32),
        items=lambda wanted: [items[i] for i in wanted],
    )


def texts(*said: str) -> Inputs:
    """Texts, called t0, t1 and so on."""
    return inputs_of(
        [Item(media=Media.TEXT, asset_id=f"t{i}", text=text) for i, text in enumerate(said)]
    )


def boxes(x: float, y: float, width: float, height: float, **more: Any) -> dict[str, Any]:
    """An answer with one box."""
    box = {"x": x, "y": y, "width": width, "height": height}
    return {"type": "boxes", "boxes": [{"name": "red", "box": box, "confidence": 0.75, **more}]}


def spans(*ends: tuple[int, int], **more: Any) -> dict[str, Any]:
    """An answer with some spans."""
    found = [
        {"name": "red", "span": {"start": at, "end": end}, "confidence": 0.75, **more}
        for at, end in ends
    ]
    return {"type": "spans", "spans": found}


def classes(*names: str) -> dict[str, Any]:
    """An answer of a set."""
    return {"type": "classes", "names": list(names)}


def number(value: Any) -> dict[str, Any]:
    """An answer of a number."""
    return {"type": "number", "number": value}


PICTURES = inputs_of([Item(media=Media.IMAGE, asset_id=f"p{i}", data=picture()) for i in range(2)])
TEXTS = texts("red and blue", "green")
# Two assets of each kind, their labels, and what may be said of them.
PROBLEM: dict[TaskKind, tuple[Inputs, list[Value], list[Any]]] = {
    TaskKind.MULTI_LABEL: (
        TEXTS,
        [ClassesValue(names=("red", "blue")), ClassesValue(names=())],
        [classes("red", "blue"), classes()],
    ),
    TaskKind.REGRESSION: (
        TEXTS,
        [NumberValue(number=1.0), NumberValue(number=2.5)],
        [number(1), number(2.5)],
    ),
    TaskKind.BOXES: (
        PICTURES,
        [
            BoxesValue(boxes=(LabeledBox(name="red", box=Box(x=1, y=2, width=3, height=4)),)),
            BoxesValue(boxes=()),
        ],
        [boxes(1, 2, 3, 4), {"type": "boxes", "boxes": []}],
    ),
    TaskKind.SPANS: (
        TEXTS,
        [
            SpansValue(spans=(LabeledSpan(name="red", span=Span(start=0, end=3)),)),
            SpansValue(spans=()),
        ],
        [spans((0, 3)), spans()],
    ),
}
