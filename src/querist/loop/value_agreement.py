"""How far two models of sets, numbers, boxes or spans say the same of the same assets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from querist.labeling.shapes import likeness
from querist.metrics import cohen_kappa
from querist.schema import (
    BoxesValue,
    ClassesValue,
    NumberValue,
    PolygonsValue,
    SpansValue,
    TaskKind,
    Value,
)

# Shapes below this are guesses that a model itself does not believe: they come and go.
_BELIEVED = 0.5

# What the agreement is called where it is shown.
NAME_OF = {
    TaskKind.CLASSIFICATION: "kappa",
    TaskKind.MULTI_LABEL: "kappa",
    TaskKind.REGRESSION: "concordance",
    TaskKind.BOXES: "mean F1",
    TaskKind.SPANS: "mean F1",
}


def agreement(task: TaskKind, first: Sequence[Value], second: Sequence[Value]) -> float:
    """Agreement of two models on n assets, at most 1; higher is more alike.

    Of sets Cohen's kappa over all decisions of class and asset, of numbers Lin's concordance
    (1989), of boxes and spans the mean F1 of those that a model believes in.

    Args:
        task: What the labels are.
        first: What one model says of each asset.
        second: What the other says.
    """
    if task is TaskKind.MULTI_LABEL:
        names = sorted({it for value in (*first, *second) for it in _names(value)})
        if not names:
            return 1.0
        return float(cohen_kappa(_decisions(first, names), _decisions(second, names)))
    if task is TaskKind.REGRESSION:
        return _concordance(_numbers(first), _numbers(second))
    pairs = zip(first, second, strict=True)
    return float(np.mean([likeness(_believed(a), _believed(b)) for a, b in pairs]))


def _names(value: Value) -> tuple[str, ...]:
    return value.names if isinstance(value, ClassesValue) else ()


def _decisions(values: Sequence[Value], names: Sequence[str]) -> NDArray[np.int64]:
    """1 for each class that is said of an asset, else 0; all in one row (n * C,)."""
    found = [[name in _names(value) for name in names] for value in values]
    return np.array(found, dtype=np.int64).ravel()


def _numbers(values: Sequence[Value]) -> NDArray[np.float64]:
    return np.array([value.number for value in values if isinstance(value, NumberValue)])


def _concordance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    apart = first.var() + second.var() + (first.mean() - second.mean()) ** 2
    if apart == 0:
        return 1.0
    together = np.mean((first - first.mean()) * (second - second.mean()))
    return float(2 * together / apart)


def _believed(value: Value) -> Value:
    match value:
        case BoxesValue():
            return replace(value, boxes=tuple(it for it in value.boxes if _is_sure(it.confidence)))
        case PolygonsValue():
            kept = tuple(it for it in value.polygons if _is_sure(it.confidence))
            return replace(value, polygons=kept)
        case SpansValue():
            return replace(value, spans=tuple(it for it in value.spans if _is_sure(it.confidence)))
    return value


def _is_sure(confidence: float | None) -> bool:
    return confidence is None or confidence >= _BELIEVED
