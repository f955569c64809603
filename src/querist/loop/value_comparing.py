"""Two models of sets of classes, numbers, boxes and spans on the same audit assets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.errors import NotFoundError
from querist.loop import value_training
from querist.loop.headline import headline_of
from querist.loop.measuring import boxes_of, sets_of, spans_of
from querist.loop.snapshot import Positions, Snapshot
from querist.metrics import (
    Paired,
    hits_of_boxes,
    hits_of_spans,
    paired_boxes,
    paired_means,
    paired_numbers,
    paired_shares,
    paired_sums,
    widened,
)
from querist.metrics.resampling import ratio
from querist.schema import ModelVersion, NumberValue, Ontology, TaskKind, Value
from querist.schema.measure import Measure

Floats = NDArray[np.float64]
Rng = np.random.Generator
# A box counts as said from this confidence on.
SAID_FROM = 0.5
_OVERLAP = 0.5
_MOST_CLASSES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How two models did on the same n assets.

    Attributes:
        headline: The measure that matters most.
        measures: Each measure by name.
        classes: Recall by class.
        quality: How right each model is of each asset, two arrays (n,), 1 where all is right.
        badness: How wrong the second one is (n,); ``None`` for ``1 - quality``.
        confidence: How sure the second one is (n,), ``None`` where it is not known.
        words: Per asset the true class and what both say; empty where a label is no single class.
        decides: Whether an asset is just right or wrong.
    """

    headline: str
    measures: Mapping[str, Paired]
    classes: Mapping[str, Paired]
    quality: tuple[Floats, ...]
    badness: Floats | None = None
    confidence: Floats | None = None
    words: Sequence[Sequence[str]] = ((), (), ())
    decides: bool = False


def judged(
    catalog: Catalog,
    models: tuple[ModelVersion, ModelVersion],
    seen: Snapshot,
    audited: Positions,
    rng: Rng,
) -> tuple[Positions, Judged]:
    """How both did on the audit assets whose label says something now: these, and what was found.

    Nothing is found where there is no such asset.
    """
    rows, truth = value_training.labels_of(catalog, seen, audited)
    ontology = catalog.records.ontologies.current()
    if not len(rows):
        return rows, Judged(
            headline=headline_of(ontology.task), measures={}, classes={}, quality=()
        )
    said = tuple(value_training.predict(catalog, model, rows) for model in models)
    if ontology.task is TaskKind.REGRESSION:
        found = _numbers(truth, said, rng)
    else:
        found = _marked(ontology, truth, said, rng)
    return rows, replace(found, confidence=_confidence(catalog, models[1], rows))


def hits_of(
    ontology: Ontology, truth: Sequence[Value], said: Sequence[Value], *, overlap: float = _OVERLAP
) -> Floats:
    """What is right, what there is, and what is said, of each asset and class (n, 3 C).

    Boxes and spans count as said from a confidence of ``SAID_FROM`` on.
    """
    shape = {"asset_count": len(truth), "class_count": len(ontology.names)}
    if ontology.task is TaskKind.MULTI_LABEL:
        true, there = sets_of(ontology, truth), sets_of(ontology, said)
        return np.concatenate([true & there, true, there], axis=1).astype(np.float64)
    if ontology.task is TaskKind.SPANS:
        sure = spans_of(ontology, said, sure=SAID_FROM)
        return hits_of_spans(spans_of(ontology, truth), sure, **shape)
    boxes = boxes_of(ontology, said, scored=True)
    assert boxes.scores is not None
    sure_boxes = boxes.take(np.flatnonzero(boxes.scores >= SAID_FROM))
    return hits_of_boxes(boxes_of(ontology, truth, scored=False), sure_boxes, overlap, **shape)


def quality_of(
    ontology: Ontology,
    truth: Sequence[Value],
    said: Sequence[Value],
    *,
    spread: float | None = None,
) -> Floats:
    """How right a model is of each asset (n,), 0 to 1, where 1 is all right.

    Of sets, boxes (at an overlap of a half) and spans the F1 of what it says of the asset; of
    numbers 1 less its error in units of ``spread``.

    Args:
        ontology: The task and its classes.
        truth: The labels by people.
        said: What the model says.
        spread: Standard deviation of the numbers; that of ``truth`` by default.
    """
    if ontology.task is TaskKind.REGRESSION:
        true, given = (_numbers_of(side) for side in (truth, said))
        return np.clip(1 - np.abs(given - true) / (spread or spread_of(truth)), 0.0, 1.0)
    return _quality(_sums(hits_of(ontology, truth, said)))


def spread_of(values: Sequence[Value]) -> float:
    """Standard deviation of the numbers among labels; 1 where they are all the same, or none."""
    numbers = _numbers_of(values)
    return (float(numbers.std()) if len(numbers) else 0.0) or 1.0


def _marked(
    ontology: Ontology, truth: Sequence[Value], said: Sequence[Sequence[Value]], rng: Rng
) -> Judged:
    """Sets, boxes and spans: each is so many right, so many there, and so many said."""
    tables = [hits_of(ontology, truth, it) for it in said]
    sums = [_sums(table) for table in tables]
    measures = {
        name: paired_sums(sums[0], sums[1], statistic, rng)
        for name, statistic in {"f1": _f1, "precision": _precision, "recall": _recall}.items()
    }
    headline = headline_of(ontology.task)
    if ontology.task is TaskKind.MULTI_LABEL:
        measures = {f"micro_{name}": pair for name, pair in measures.items()}
        measures["exact"] = paired_shares(_quality(sums[0]) == 1, _quality(sums[1]) == 1)
    elif ontology.task is TaskKind.BOXES:
        measures = {headline: _map50(ontology, truth, said, rng), **measures}
    return Judged(
        headline=headline,
        measures=_known({name: widened(pair) for name, pair in measures.items()}),
        classes={
            name: widened(pair) for name, pair in _known(_recalls(ontology, tables, rng)).items()
        },
        quality=tuple(_quality(it) for it in sums),
    )


def _map50(
    ontology: Ontology, truth: Sequence[Value], said: Sequence[Sequence[Value]], rng: Rng
) -> Paired:
    return paired_boxes(
        boxes_of(ontology, truth, scored=False),
        boxes_of(ontology, said[0], scored=True),
        boxes_of(ontology, said[1], scored=True),
        rng,
        asset_count=len(truth),
        class_count=len(ontology.names),
    )


def _numbers(truth: Sequence[Value], said: Sequence[Sequence[Value]], rng: Rng) -> Judged:
    true, one, two = (_numbers_of(side) for side in (truth, *said))
    misses = [np.abs(it - true) for it in (one, two)]
    found = paired_numbers(true, one, two, rng)
    # In units of the spread of the labels, so that 1 is right and 0 is as far off as they differ.
    spread = spread_of(truth)
    return Judged(
        headline=headline_of(TaskKind.REGRESSION),
        measures=_known(
            {"r2": found, "mae": paired_means(misses[0], misses[1], rng, better="lower")}
        ),
        classes={},
        quality=tuple(1 - miss / spread for miss in misses),
    )


def _recalls(ontology: Ontology, tables: Sequence[Floats], rng: Rng) -> dict[str, Paired]:
    """Recall of the classes that occur most, each over the assets that have it."""
    width = len(ontology.names)
    there = tables[0][:, width : 2 * width]
    often = np.argsort(-there.sum(axis=0), kind="stable")[:_MOST_CLASSES]
    found = {}
    for code in sorted(often[there[:, often].any(axis=0)].tolist()):
        rows = np.flatnonzero(there[:, code])
        sides = [np.stack([it[rows, code], there[rows, code]], axis=1) for it in tables]
        found[ontology.names[code]] = paired_sums(sides[0], sides[1], _recall, rng)
    return found


def _confidence(catalog: Catalog, model: ModelVersion, rows: Positions) -> Floats | None:
    """How sure a model is, as far as it has said of the whole pool."""
    try:
        doubt = catalog.value_predictions.table(model.id).uncertainty
    except NotFoundError:  # only the active arm's model speaks of the pool
        return None
    return -doubt[rows].astype(np.float64) if rows.max(initial=-1) < len(doubt) else None


def _numbers_of(values: Sequence[Value]) -> Floats:
    return np.array([it.number for it in values if isinstance(it, NumberValue)], dtype=np.float64)


def _sums(table: Floats) -> Floats:
    """What is right, there and said of each asset (n, 3), over all classes."""
    return np.stack([part.sum(axis=1) for part in np.split(table, 3, axis=1)], axis=1)


def _quality(sums: Floats) -> Floats:
    """F1 of each asset (n,), 1 where nothing is there and nothing is said."""
    found = _f1(sums)
    return np.where(np.isnan(found), 1.0, found)


def _f1(sums: Floats) -> Floats:
    return ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2])


def _precision(sums: Floats) -> Floats:
    return ratio(sums[:, 0], sums[:, 2])


def _recall(sums: Floats) -> Floats:
    return ratio(sums[:, 0], sums[:, 1])


def _known(pairs: Mapping[str, Paired]) -> dict[str, Paired]:
    """Without measures that are not defined; ends that are not known are as wide as can be."""
    return {
        name: Paired(
            first=_wide(pair.first, 0.0),
            second=_wide(pair.second, 0.0),
            difference=_wide(pair.difference, -1.0),
        )
        for name, pair in pairs.items()
        if math.isfinite(pair.first.value) and math.isfinite(pair.second.value)
    }


def _wide(one: Measure, least: float) -> Measure:
    if math.isfinite(one.low) and math.isfinite(one.high):
        return one
    return replace(one, low=min(least, one.value), high=max(1.0, one.value))
