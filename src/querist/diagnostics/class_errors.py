"""Classes that are confused, and classes that are missed for want of labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.chances import chance
from querist.diagnostics.sample import LEVEL, Sample
from querist.metrics import confusion_matrix, wilson
from querist.schema import Batch, Finding
from querist.schema.wording import counted

MOST = 5
FEWEST = 3
# Below this part of the mean count a class is rare among the labels.
RARE = 0.6


def confused_classes(sample: Sample) -> list[Finding]:
    """Class a taken for class b more often than the others are; all its errors are the gain."""
    matrix = confusion_matrix(sample.truth, sample.predicted, len(sample.classes))
    found = []
    for a, b in np.argwhere(matrix >= FEWEST).tolist():
        others = [k for k in range(len(matrix)) if k not in (a, b)]
        hits, of = int(matrix[others, b].sum()), int(matrix[others].sum())
        if not of:  # no third class: compare with the errors of b itself
            hits, of = int(matrix[b].sum() - matrix[b, b]), int(matrix[b].sum())
        count, total = int(matrix[a, b]), int(matrix[a].sum())
        p_value = float(chance(count, total, hits, of)) * len(matrix) * (len(matrix) - 1)
        if a == b or p_value >= LEVEL:
            continue
        rows = np.flatnonzero((sample.truth == a) & (sample.predicted == b))
        wrong = sample.ids_of(rows, sample.probabilities[rows, b])
        both = np.flatnonzero(np.isin(sample.truth, (a, b)))
        low, high = wilson(count, total)
        name, other = sample.classes[a], sample.classes[b]
        found.append(
            Finding(
                kind="confused_classes",
                title=f"{name} is taken for {other}: {count} of {total}.",
                evidence={
                    "truth": name,
                    "predicted": other,
                    "count": count,
                    "of": total,
                    "low": low,
                    "high": high,
                    "reverse_count": int(matrix[b, a]),
                    "p_value": p_value,
                },
                remedy=f"Label more of {name} and {other} where the model wavers between them, "
                "and say in the guideline what tells them apart.",
                asset_ids=wrong,
                severity=100 * count / len(sample.truth),
                members=sample.ids_of(both, -sample.probabilities[both, sample.truth[both]]),
                batch=Batch(parts={"similar": 0.5, "margin": 0.5}, examples=wrong[::2]),
            )
        )
    return sorted(found, key=lambda finding: -finding.severity)[:MOST]


def rare_classes(sample: Sample, train_counts: NDArray[np.int64]) -> list[Finding]:
    """Classes with few labels found less often than the rest; reaching the rest is the gain."""
    totals = np.bincount(sample.truth, minlength=len(sample.classes))
    right = np.bincount(sample.truth[sample.truth == sample.predicted], minlength=len(totals))
    few = train_counts < RARE * train_counts.mean()
    found = []
    for code in np.flatnonzero(few & (right < totals)).tolist():
        count, of, hits = int(train_counts[code]), int(totals[code]), int(right[code])
        others, others_right = int(totals.sum()) - of, int(right.sum()) - hits
        # Without any label a class cannot be found: that is a cause, and no matter of chance.
        p_value = None
        if count:
            p_value = float(chance(of - hits, of, others - others_right, others)) * len(totals)
            if p_value >= LEVEL:
                continue
        own = np.flatnonzero(sample.truth == code)
        rows = own[sample.predicted[own] != code]
        usual = others_right / others if others else 1.0
        low, high = wilson(hits, of)
        name = sample.classes[code]
        found.append(
            Finding(
                kind="class_frequency",
                title=f"{name} has {counted(count, 'label')}, and {hits} of {of} are found."
                if count
                else f"{name} has no label to learn from, so the model cannot find it.",
                evidence={
                    "class": name,
                    "labels": count,
                    "mean_labels": float(train_counts.mean()),
                    "recall": hits / of,
                    "low": low,
                    "high": high,
                    "recall_of_others": usual,
                    "p_value": p_value,
                    "of": of,
                },
                remedy=f"Label more of {name}: search for assets like these.",
                asset_ids=sample.ids_of(rows, -sample.probabilities[rows, code]),
                severity=max(0.0, 100 * (usual * of - hits) / len(sample.truth)),
                members=(members := sample.ids_of(own, -sample.probabilities[own, code])),
                batch=Batch(
                    parts={"certainty": 0.5, "similar": 0.5}, examples=members[::2], wanted=name
                ),
            )
        )
    return sorted(found, key=lambda finding: -finding.severity)[:MOST]
