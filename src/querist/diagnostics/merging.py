"""Merge advice: two classes that the data cannot tell apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.cross_fit import cross_fitted, separation
from querist.diagnostics.sample import Sample, rows_of_classes
from querist.metrics import wilson
from querist.schema import Finding, percent

# Rows of either class below which nothing is said.
FEWEST = 15
# Two classes are apart where the area under the curve is surely more than chance, by so many
# standard errors, or may be as much as this.
SURE, APART = 2.6, 0.8
# Share of the errors of the two that must be made between them: of a class split at random that is
# right in half of its rows otherwise, a third are.
MUTUAL = 0.3


def merge_advice(sample: Sample, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Pairs of classes to merge, most gain first.

    A pair is proposed where nothing tells its labels apart: neither the model's odds between the
    two nor, with vectors, a linear rule made for these two alone (cross-fitted) is surely better
    than chance, nor can the area under its curve be more than 0.8 (95 % interval); and where many
    errors of the two are made between them. What is gained is the accuracy of the same model with
    the two probabilities added up, minus the accuracy now.

    Args:
        sample: Labelled rows that the model did not learn from, at random.
        rng: Draws the folds.
    """
    logs = np.log(np.maximum(sample.probabilities, 1e-12))
    right = sample.predicted == sample.truth
    found = []
    rows_of = rows_of_classes(sample.truth, FEWEST)
    mistaken = np.sort(np.stack([sample.truth, sample.predicted], axis=1)[~right], axis=1)
    for a, b in np.unique(mistaken, axis=0).tolist():
        if a not in rows_of or b not in rows_of:
            continue
        rows = [rows_of[a], rows_of[b]]
        odds = logs[:, a] - logs[:, b]
        areas = [separation(odds[rows[0]], odds[rows[1]])]
        both = np.concatenate(rows)
        between = np.isin(sample.predicted[both], (a, b)) & ~right[both]
        if _apart(areas[0]) or between.sum() < MUTUAL * (~right[both]).sum():
            continue
        if sample.embeddings is not None:
            own = cross_fitted(sample.embeddings[rows[0]], sample.embeddings[rows[1]], rng)
            areas.append(separation(*own))
        if not any(_apart(area) for area in areas):
            found.append(_told(sample, (a, b), max(area for area, _ in areas), both))
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def merged_accuracy(sample: Sample, pair: tuple[int, int]) -> tuple[float, float]:
    """Accuracy before and after the two classes are one, 0 to 1."""
    a, b = pair
    table = sample.probabilities.copy()
    table[:, a] += table[:, b]
    table[:, b] = -1.0
    truth = np.where(sample.truth == b, a, sample.truth)
    before = float((sample.predicted == sample.truth).mean())
    return before, float((table.argmax(axis=1) == truth).mean())


def _apart(area: tuple[float, float]) -> bool:
    value, error = area
    return value - SURE * error > 0.5 or value + 1.96 * error > APART


def _told(sample: Sample, pair: tuple[int, int], area: float, rows: NDArray[np.int64]) -> Finding:
    a, b = (sample.classes[code] for code in pair)
    before, after = merged_accuracy(sample, pair)
    wrong = sample.predicted[rows] != sample.truth[rows]
    low, high = wilson(int(wrong.sum()), len(rows))
    return Finding(
        kind="merge",
        title=f"Nothing tells {a} from {b}: as one class, accuracy would be "
        f"{percent(after)} in place of {percent(before)}.",
        evidence={
            "classes": [a, b],
            "area": area,
            "accuracy_before": before,
            "accuracy_after": after,
            "wrong": float(wrong.mean()),
            "low": low,
            "high": high,
            "count": len(rows),
        },
        remedy=f"Merge {a} and {b}, or say in the guideline what tells them apart.",
        asset_ids=sample.ids_of(
            rows[wrong], 1 - sample.probabilities[rows, sample.truth[rows]][wrong]
        ),
        members=tuple(sample.ids[i] for i in rows.tolist()),
        severity=100 * (after - before),
    )
