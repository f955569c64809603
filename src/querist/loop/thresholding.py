"""One model at a confidence, and for boxes at an overlap, on the audit set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import ConflictError, InvalidInputError
from querist.loop import snapshot, training, value_training
from querist.loop.evaluating import audit_remedy
from querist.loop.measuring import boxes_of, spans_of
from querist.loop.naming_models import ComparedModel, compared_model, version_of
from querist.loop.snapshot import Positions
from querist.metrics import (
    AtThreshold,
    Boxes,
    ClassMeasure,
    ThresholdPoint,
    at_threshold,
    average_precisions,
    box_outcomes,
    threshold_curve,
)
from querist.schema import ModelVersion, Ontology, SpansValue, TaskKind, Value
from querist.schema.measure import Measure

_TASKS = (TaskKind.CLASSIFICATION, TaskKind.BOXES, TaskKind.SPANS)
_OVERLAP = 0.5

Fate = Literal["matched", "missed", "confused", "spurious"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAt:
    """One class at the chosen confidence and overlap.

    Attributes:
        name: The class.
        count: How many there are by the labels: assets, boxes or spans.
        said: How many answers of it are left.
        precision: Share of these that is right; ``None`` where nothing is left.
        recall: Share of what there is that is found; ``None`` where there is nothing.
        average_precision: Of boxes, over all confidences at the overlap.
        matched: Of boxes: how many are found.
        missed: Of boxes: how many are seen by nothing that is left.
        confused: Of boxes: how many are taken for another class.
        spurious: Of boxes: how many are said of it where nothing is, or twice.
    """

    name: str
    count: int
    said: int
    precision: Measure | None
    recall: Measure | None
    average_precision: float | None = None
    matched: int | None = None
    missed: int | None = None
    confused: int | None = None
    spurious: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """A model whose answers count from a confidence on, on audit assets labelled by people.

    Attributes:
        model: Which.
        count: Audit assets.
        confidence: From where an answer counts.
        overlap: Of boxes the intersection over union from which two are the same.
        kept: Share of the answers that is left.
        precision: Share of these that is right: of a classifier the accuracy of what is left.
        recall: Share of all there is that is found.
        average_precision: Of boxes: the mean over the classes at the overlap.
        curve: What is left at every hundredth of confidence.
        classes: Each class that is there or is said, in the project's order.
    """

    model: ComparedModel
    count: int
    confidence: float
    overlap: float | None
    kept: Measure | None
    precision: Measure | None
    recall: Measure | None
    average_precision: float | None = None
    curve: tuple[ThresholdPoint, ...]
    classes: tuple[ClassAt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a model says of the audit set, answer by answer, and what is there.

    Attributes:
        rows: The audit assets (k,), as positions.
        truth: The class of each thing there is (m,): an asset, a box or a span.
        said: The class of each answer (n,).
        sure: How sure the model is of each (n,), 0 to 1.
        right: Which are right (n,).
        owners: The audit asset of each answer (n,), 0 to k - 1.
        holders: The audit asset of each thing there is (m,), 0 to k - 1.
        probabilities: Of a classifier those of all classes (n, C).
        boxes: Of a detector what is there, and what it says.
    """

    rows: Positions
    truth: NDArray[np.int64]
    said: NDArray[np.int64]
    sure: NDArray[np.float64]
    right: NDArray[np.bool_]
    owners: NDArray[np.int64]
    holders: NDArray[np.int64]
    probabilities: NDArray[np.floating] | None = None
    boxes: tuple[Boxes, Boxes] | None = None

    @property
    def assets(self) -> int:
        """How many audit assets there are."""
        return len(self.rows)


def thresholds(
    catalog: Catalog, model: str | int, *, confidence: float = 0.5, overlap: float = 0.5
) -> Thresholds:
    """What a model is worth if only its sure answers count.

    Args:
        catalog: The catalog.
        model: A round (``3``), its random labels (``3-control``), or the id of a model version.
        confidence: Answers count from here on, 0 to 1.
        overlap: Of boxes: intersection over union from which two are the same, between 0 and 1.

    Raises:
        NotFoundError: there is no such round or model.
        InvalidInputError: a number is out of range, or answers of the task have no confidence.
        ConflictError: no audit label is there.
    """
    version = version_of(catalog, model)
    answers = audit_answers(catalog, version, overlap=overlap)
    ontology = catalog.records.ontologies.current()
    boxes = None
    if answers.boxes is not None:
        boxes = _box_figures(ontology, answers, *answers.boxes, confidence, overlap)
    found = at_threshold(
        answers.truth,
        answers.said,
        answers.sure,
        answers.right,
        confidence,
        class_count=len(ontology.names),
        owners=(answers.holders, answers.owners),
    )
    return Thresholds(
        model=compared_model(model, version),
        count=answers.assets,
        confidence=confidence,
        overlap=overlap if boxes else None,
        kept=_some(found.kept),
        precision=_some(found.precision),
        recall=_some(found.recall),
        average_precision=boxes.mean if boxes else None,
        curve=threshold_curve(len(answers.truth), answers.sure, answers.right),
        classes=_of_classes(ontology, found, boxes),
    )


def fate_assets(
    catalog: Catalog,
    model: str | int,
    name: str,
    fate: Fate,
    *,
    confidence: float = 0.5,
    overlap: float = 0.5,
) -> list[str]:
    """The audit assets with boxes of a class that are matched, missed, confused or spurious.

    Args:
        catalog: The catalog.
        model: As ``thresholds``.
        name: The class: of what is there, and of spurious boxes what is said.
        fate: What became of the boxes.
        confidence: As ``thresholds``.
        overlap: As ``thresholds``.

    Returns:
        Ids, those with most such boxes first.

    Raises:
        InvalidInputError: as ``thresholds``, or the task has no boxes.
        NotFoundError: as ``thresholds``.
        ConflictError: as ``thresholds``.
        UnknownNameError: there is no such class.
    """
    answers = audit_answers(catalog, version_of(catalog, model), overlap=overlap)
    code = catalog.records.ontologies.current().index(name)
    if answers.boxes is None:
        raise InvalidInputError(
            f"Answers of the task {catalog.settings.task.value!r} are neither missed nor spurious.",
            remedy="Ask for what turned between two models instead: querist compare",
        )
    there, found = answers.boxes
    left = found.take(np.flatnonzero(answers.sure >= confidence))
    boxes = _fates(there, left, overlap)[fate]
    each = np.bincount(boxes.assets[boxes.classes == code], minlength=answers.assets)
    most = np.argsort(-each, kind="stable")[: np.count_nonzero(each)]
    ids = catalog.assets.ids()
    return [ids[at] for at in answers.rows[most].tolist()]


def audit_answers(catalog: Catalog, version: ModelVersion, *, overlap: float = _OVERLAP) -> Answers:
    """The answers of a model to the audit assets that people labelled.

    Args:
        catalog: The catalog.
        version: The model.
        overlap: Of boxes: intersection over union from which two are the same, between 0 and 1.

    Raises:
        InvalidInputError: answers of the task have no confidence.
        ConflictError: no audit label is there.
    """
    task = catalog.settings.task
    if task not in _TASKS:
        raise InvalidInputError(
            f"Answers of the task {task.value!r} have no confidence of their own.",
            remedy="Compare the models instead: querist compare",
        )
    seen = snapshot.take(catalog)
    rows = snapshot.measures(catalog, seen, version)
    values: list[Value] = []
    if task is not TaskKind.CLASSIFICATION:
        rows, values = value_training.labels_of(catalog, seen, rows)
    if not len(rows):
        raise ConflictError(
            "There is no audit label to measure the model on.",
            remedy=audit_remedy(catalog),
        )
    if task is TaskKind.CLASSIFICATION:
        return _classes(catalog, version, seen.codes[rows], rows)
    ontology = catalog.records.ontologies.current()
    said = value_training.predict(catalog, version, rows)
    if task is TaskKind.BOXES:
        return _boxes(ontology, rows, values, said, overlap)
    return _spans(ontology, rows, values, said)


def _classes(
    catalog: Catalog, model: ModelVersion, truth: NDArray[np.int64], rows: Positions
) -> Answers:
    table = training.predict(catalog, model, rows)
    said = table.argmax(axis=1)
    return Answers(
        rows=rows,
        truth=truth,
        said=said,
        sure=_sure(table.max(axis=1)),
        right=said == truth,
        owners=np.arange(len(rows)),
        holders=np.arange(len(rows)),
        probabilities=table,
    )


def _sure(confidence: NDArray[np.floating]) -> NDArray[np.float64]:
    # 0.9 is stored as a 32-bit number a little below it.
    return np.asarray(confidence, dtype=np.float64).round(6)


def _spans(
    ontology: Ontology, rows: Positions, truth: Sequence[Value], said: Sequence[Value]
) -> Answers:
    there, found = spans_of(ontology, truth), spans_of(ontology, said)
    # The columns are sorted, and a span that is said twice is in them once.
    claims: dict[tuple[int, ...], float] = {}
    for at, value in enumerate(said):
        for item in value.spans if isinstance(value, SpansValue) else ():
            row = (at, ontology.index(item.name), item.span.start, item.span.end)
            claim = 1.0 if item.confidence is None else item.confidence
            claims[row] = max(claim, claims.get(row, 0.0))
    known = set(map(tuple, there.rows().tolist()))
    all_said = [tuple(row) for row in found.rows().tolist()]
    sure, right = [claims[it] for it in all_said], [it in known for it in all_said]
    return Answers(
        rows=rows,
        truth=there.classes,
        said=found.classes,
        sure=_sure(np.array(sure, dtype=np.float64)),
        right=np.array(right, dtype=bool),
        owners=found.assets,
        holders=there.assets,
    )


def _boxes(
    ontology: Ontology,
    rows: Positions,
    truth: Sequence[Value],
    said: Sequence[Value],
    overlap: float,
) -> Answers:
    there = boxes_of(ontology, truth, scored=False)
    found = boxes_of(ontology, said, scored=True)
    assert found.scores is not None
    return Answers(
        rows=rows,
        truth=there.classes,
        said=found.classes,
        sure=_sure(found.scores),
        # Surer boxes choose first: what is right does not hang on where the line is drawn.
        right=box_outcomes(there, found, overlap).matched,
        owners=found.assets,
        holders=there.assets,
        boxes=(there, found),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _BoxFigures:
    precisions: NDArray[np.float64]
    mean: float | None
    fates: dict[Fate, NDArray[np.int64]]


def _box_figures(
    ontology: Ontology,
    answers: Answers,
    there: Boxes,
    found: Boxes,
    confidence: float,
    overlap: float,
) -> _BoxFigures:
    width = len(ontology.names)
    left = found.take(np.flatnonzero(answers.sure >= confidence))
    precisions = average_precisions(
        there, found, overlap, asset_count=answers.assets, class_count=width
    )
    known = precisions[~np.isnan(precisions)]

    return _BoxFigures(
        precisions=precisions,
        mean=float(known.mean()) if len(known) else None,
        fates={
            fate: np.bincount(boxes.classes, minlength=width)
            for fate, boxes in _fates(there, left, overlap).items()
        },
    )


def _fates(there: Boxes, left: Boxes, overlap: float) -> dict[Fate, Boxes]:
    """Which boxes are matched, missed and taken for another class, and which are of nothing."""
    found = box_outcomes(there, left, overlap)
    return {
        "matched": left.take(np.flatnonzero(found.matched)),
        "missed": there.take(np.flatnonzero(found.missed)),
        "confused": there.take(found.partner[found.confused]),
        "spurious": left.take(np.flatnonzero(found.spurious)),
    }


def _of_classes(
    ontology: Ontology, found: AtThreshold, boxes: _BoxFigures | None
) -> tuple[ClassAt, ...]:
    return tuple(
        ClassAt(
            name=name,
            count=one.count,
            said=one.precision.count,
            precision=_some(one.precision),
            recall=_some(one.recall),
            **({} if boxes is None else _fate(boxes, code)),
        )
        for code, (name, one) in enumerate(zip(ontology.names, found.classes, strict=True))
        if _occurs(one)
    )


def _fate(boxes: _BoxFigures, code: int) -> dict[str, Any]:
    precision = float(boxes.precisions[code])
    return {
        "average_precision": None if np.isnan(precision) else precision,
        **{fate: int(counts[code]) for fate, counts in boxes.fates.items()},
    }


def _occurs(one: ClassMeasure) -> bool:
    return one.count > 0 or one.precision.count > 0


def _some(one: Measure) -> Measure | None:
    return one if one.count else None
