"""Small plain problems that the kit lets a learner of sets, numbers, boxes or spans learn."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from querist.learners.base import Item
from querist.learners.value_base import Inputs
from querist.metrics.overlap import Marks, fit
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledSpan,
    Media,
    NumberValue,
    Span,
    SpansValue,
    TaskKind,
    Value,
)

CLASSES = ("red", "green", "blue")
_COUNT = 24
_SIDE = 96
_COLOUR = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (40, 60, 230)}
_BELIEVED = 0.3


def sample_problem(task: TaskKind) -> tuple[Inputs, list[Value]]:
    """24 assets and the right label of each, which vectors, pictures or texts tell plainly.

    Pictures hold one square in the colour that its class says, texts two names of colours; the
    classes are ``CLASSES``, of which the last one is rare.
    """
    return _MADE[task]()


def taken(inputs: Inputs, rows: Sequence[int]) -> Inputs:
    """The assets at ``rows`` as inputs of their own."""
    return Inputs(
        asset_ids=[inputs.asset_ids[i] for i in rows],
        vectors=inputs.vectors[list(rows)],
        items=lambda wanted: inputs.items([rows[i] for i in wanted]),
    )


def quality(truth: Sequence[Value], said: Sequence[Value]) -> float:
    """How right labels are, at most 1: R² of numbers, share of right sets, mean F1 of shapes."""
    if isinstance(truth[0], NumberValue):
        t = np.array([value.number for value in truth if isinstance(value, NumberValue)])
        p = np.array([value.number for value in said if isinstance(value, NumberValue)])
        return float(1 - ((t - p) ** 2).sum() / ((t - t.mean()) ** 2).sum())
    pairs = zip(truth, said, strict=True)
    return float(np.mean([_alike(right, given) for right, given in pairs]))


def _alike(right: Value, given: Value) -> float:
    if isinstance(right, (ClassValue, ClassesValue)):
        return float(right == given)
    return fit(_marks(given), _marks(right)).f1


def _marks(value: Value) -> Marks:
    if isinstance(value, BoxesValue):
        kept = [it for it in value.boxes if it.confidence is None or it.confidence >= _BELIEVED]
        sides = [(it.box.x, it.box.y, it.box.width, it.box.height) for it in kept]
        return Marks.of([CLASSES.index(it.name) for it in kept], sides)
    assert isinstance(value, SpansValue)
    ends = [(it.span.start, it.span.end) for it in value.spans]
    return Marks.of([CLASSES.index(it.name) for it in value.spans], ends)


def _classes() -> tuple[Inputs, list[Value]]:
    codes = np.array([(0, 1, 0, 1, 2)[number % 5] for number in range(_COUNT)])
    vectors = np.random.default_rng(4).normal(size=(_COUNT, 4)) / 4
    vectors[np.arange(_COUNT), codes] += 2
    inputs = _texts([f"a {CLASSES[code]} wall" for code in codes])
    return replace(inputs, vectors=vectors.astype(np.float32)), [
        ClassValue(name=CLASSES[code]) for code in codes
    ]


def _sets() -> tuple[Inputs, list[Value]]:
    vectors = _vectors().vectors
    on = vectors[:, :3] > np.array([0, 0, 0.8])
    names = [tuple(name for name, has in zip(CLASSES, row, strict=True) if has) for row in on]
    inputs = _texts([" ".join(["a", *some, "wall"]) for some in names])
    return replace(inputs, vectors=vectors), [ClassesValue(names=some) for some in names]


def _numbers() -> tuple[Inputs, list[Value]]:
    inputs = _vectors()
    sums = 3 + inputs.vectors @ np.array([2.0, -1.0, 0.5, 0.0])
    return inputs, [NumberValue(number=float(number)) for number in sums]


def _boxes() -> tuple[Inputs, list[Value]]:
    from PIL import Image

    rng = np.random.default_rng(5)
    items: list[Item] = []
    values: list[Value] = []
    for number in range(_COUNT):
        name = CLASSES[(0, 1, 0, 1, 2)[number % 5]]
        side = int(rng.integers(36, 52))
        x, y = (int(v) for v in rng.integers(0, _SIDE - side, 2))
        picture = np.full((_SIDE, _SIDE, 3), 245, np.uint8)
        picture[y : y + side, x : x + side] = _COLOUR[name]
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "PNG")
        items.append(Item(media=Media.IMAGE, asset_id=f"a{number}", data=buffer.getvalue()))
        box = Box(x=x, y=y, width=side, height=side)
        values.append(BoxesValue(boxes=(LabeledBox(name=name, box=box),)))
    return _with_items(items), values


def _spans() -> tuple[Inputs, list[Value]]:
    names = {"red": ("Ruby", "Cherry"), "green": ("Jade", "Moss"), "blue": ("Azure", "Navy")}
    items: list[Item] = []
    values: list[Value] = []
    for number in range(_COUNT):
        first, second = ("red", "green") if number % 2 else ("green", "red")
        if number % 5 == 0:
            second = "blue"
        one, two = names[first][number // 2 % 2], names[second][number // 3 % 2]
        text = f"We painted the wall {one} and later the door {two}."
        found = [(first, text.index(one), one), (second, text.index(two), two)]
        spans = (
            LabeledSpan(name=name, span=Span(start=at, end=at + len(word)))
            for name, at, word in found
        )
        items.append(Item(media=Media.TEXT, asset_id=f"a{number}", text=text))
        values.append(SpansValue(spans=tuple(spans)))
    return _with_items(items), values


def _texts(texts: Sequence[str]) -> Inputs:
    return _with_items(
        [Item(media=Media.TEXT, asset_id=f"a{i}", text=text) for i, text in enumerate(texts)]
    )


def _vectors() -> Inputs:
    vectors = np.random.default_rng(4).normal(size=(_COUNT, 4)).astype(np.float32)
    features = [{f"x{i}": float(it) for i, it in enumerate(row)} for row in vectors]
    items = [
        Item(media=Media.TABLE, asset_id=f"a{i}", features=it) for i, it in enumerate(features)
    ]
    return replace(_with_items(items), vectors=vectors)


def _with_items(items: Sequence[Item]) -> Inputs:
    return Inputs(
        asset_ids=[it.asset_id or "" for it in items],
        vectors=np.random.default_rng(4).normal(size=(len(items), 4)).astype(np.float32),
        items=lambda wanted: [items[i] for i in wanted],
    )


_MADE: dict[TaskKind, Callable[[], tuple[Inputs, list[Value]]]] = {
    TaskKind.CLASSIFICATION: functools.cache(_classes),
    TaskKind.MULTI_LABEL: functools.cache(_sets),
    TaskKind.REGRESSION: functools.cache(_numbers),
    TaskKind.BOXES: functools.cache(_boxes),
    TaskKind.SPANS: functools.cache(_spans),
}
