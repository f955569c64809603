"""The measures of a model by the kind of its labels: what is right for classes is not for boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.metrics import (
    Boxes,
    Spans,
    measure_boxes,
    measure_brier,
    measure_classes,
    measure_label_sets,
    measure_log_loss,
    measure_numbers,
    measure_spans,
)
from querist.metrics.paired import with_room
from querist.schema import (
    BoxesValue,
    ClassesValue,
    ClassValue,
    NumberValue,
    Ontology,
    SpansValue,
    TaskKind,
    Value,
)
from querist.schema.annotation import VALUE_OF_TASK
from querist.schema.measure import Measure

Measures = Mapping[str, Measure]
Rng = np.random.Generator
Table = NDArray[np.floating[Any]]
# These have no end at 1 that assets of another kind could bring them to.
_NO_SHARES = {"log_loss", "brier", "mae", "rmse"}


def of_probabilities(truth: NDArray[np.int64], probabilities: Table, rng: Rng) -> Measures:
    """Measures of a classifier from true classes (n,) and probabilities (n, C), by name."""
    hard = measure_classes(
        truth, probabilities.argmax(axis=1), rng, class_count=probabilities.shape[1]
    )
    return _defined(
        macro_f1=hard.macro_f1,
        macro_precision=hard.macro_precision,
        macro_recall=hard.macro_recall,
        log_loss=measure_log_loss(truth, probabilities, rng),
        brier=measure_brier(truth, probabilities, rng),
    )


def of_values(
    ontology: Ontology, truth: Sequence[Value], predicted: Sequence[Value], rng: Rng
) -> Measures:
    """Measures of predicted labels against the true ones, asset by asset, by name.

    Boxes without a confidence count as sure. Measures that are not defined are left out.

    Raises:
        InvalidInputError: lengths differ, nothing is there, a label is of another kind than the
            task, or the task is of polygons, which nothing measures yet.
    """
    wanted = VALUE_OF_TASK[ontology.task]
    if len(truth) != len(predicted) or not truth:
        raise InvalidInputError(
            f"{len(predicted)} predictions were given for {len(truth)} labels.",
            remedy="Give one prediction for each label, at least one.",
        )
    if ontology.task not in _OF_TASK or not all(
        isinstance(value, wanted) for value in (*truth, *predicted)
    ):
        raise InvalidInputError(
            f"These labels cannot be measured for the task {ontology.task.value!r}.",
            remedy=f"Give labels of kind {wanted.TYPE!r} of a task that can be measured: "
            f"{', '.join(sorted(kind.value for kind in _OF_TASK))}.",
        )
    return _OF_TASK[ontology.task](ontology, truth, predicted, rng)


def _classes(
    ontology: Ontology, truth: Sequence[Value], said: Sequence[Value], rng: Rng
) -> Measures:
    t, p = (
        [ontology.index(value.name) for value in side if isinstance(value, ClassValue)]
        for side in (truth, said)
    )
    found = measure_classes(t, p, rng, class_count=len(ontology.names))
    return _defined(
        accuracy=found.accuracy,
        macro_precision=found.macro_precision,
        macro_recall=found.macro_recall,
        macro_f1=found.macro_f1,
    )


def sets_of(ontology: Ontology, values: Sequence[Value]) -> NDArray[np.bool_]:
    """Sets of classes as a table of assets by classes (n, C)."""
    found = np.zeros((len(values), len(ontology.names)), dtype=bool)
    for row, value in enumerate(values):
        assert isinstance(value, ClassesValue)
        found[row, [ontology.index(name) for name in value.names]] = True
    return found


def boxes_of(ontology: Ontology, values: Sequence[Value], *, scored: bool) -> Boxes:
    """The boxes of n assets as columns; those without a confidence are sure."""
    found = [
        (row, item)
        for row, value in enumerate(values)
        if isinstance(value, BoxesValue)
        for item in value.boxes
    ]
    return Boxes.of(
        [row for row, _ in found],
        [ontology.index(item.name) for _, item in found],
        [(it.box.x, it.box.y, it.box.width, it.box.height) for _, it in found],
        [1.0 if it.confidence is None else it.confidence for _, it in found] if scored else None,
    )


def spans_of(ontology: Ontology, values: Sequence[Value], *, sure: float = 0.0) -> Spans:
    """The spans of n assets as columns, of those at least as ``sure`` of themselves."""
    rows = [
        (row, ontology.index(item.name), item.span.start, item.span.end)
        for row, value in enumerate(values)
        if isinstance(value, SpansValue)
        for item in value.spans
        if item.confidence is None or item.confidence >= sure
    ]
    return Spans.of(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def _sets(ontology: Ontology, truth: Sequence[Value], said: Sequence[Value], rng: Rng) -> Measures:
    found = measure_label_sets(sets_of(ontology, truth), sets_of(ontology, said), rng)
    return _defined(
        micro_f1=found.micro_f1,
        micro_precision=found.micro_precision,
        micro_recall=found.micro_recall,
        macro_f1=found.macro_f1,
        exact=found.exact,
        hamming_loss=found.hamming_loss,
    )


def _numbers(_: Ontology, truth: Sequence[Value], said: Sequence[Value], rng: Rng) -> Measures:
    t, p = ([v.number for v in side if isinstance(v, NumberValue)] for side in (truth, said))
    found = measure_numbers(t, p, rng)
    return _defined(r2=found.r2, mae=found.mae, rmse=found.rmse)


def _boxes(ontology: Ontology, truth: Sequence[Value], said: Sequence[Value], rng: Rng) -> Measures:
    found = measure_boxes(
        boxes_of(ontology, truth, scored=False),
        boxes_of(ontology, said, scored=True),
        rng,
        asset_count=len(truth),
        class_count=len(ontology.names),
    )
    return _defined(map50=found.ap50, map=found.ap, map75=found.ap75, recall=found.recall)


def _spans(ontology: Ontology, truth: Sequence[Value], said: Sequence[Value], rng: Rng) -> Measures:
    found = measure_spans(
        spans_of(ontology, truth),
        spans_of(ontology, said),
        rng,
        asset_count=len(truth),
        class_count=len(ontology.names),
    )
    return _defined(
        f1=found.f1, precision=found.precision, recall=found.recall, macro_f1=found.macro_f1
    )


def _defined(**measures: Measure) -> Measures:
    """Those that are defined; a share has room where a bootstrap of assets all alike has none."""
    return {
        name: with_room(one) if name not in _NO_SHARES and 0 <= one.value <= 1 else one
        for name, one in measures.items()
        if all(map(math.isfinite, (one.value, one.low, one.high)))
    }


_OF_TASK = {
    TaskKind.CLASSIFICATION: _classes,
    TaskKind.MULTI_LABEL: _sets,
    TaskKind.REGRESSION: _numbers,
    TaskKind.BOXES: _boxes,
    TaskKind.SPANS: _spans,
}
