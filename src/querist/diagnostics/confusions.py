"""What a model takes for what: the cells of its confusion matrix, each with its assets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.diagnostics.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCell:
    """One cell that is not empty: assets of one class that the model says are of one class.

    Attributes:
        truth: Their class.
        predicted: What the model says.
        count: How many there are.
        asset_ids: The first of them: wrong ones surest first, right ones least sure first.
    """

    truth: str
    predicted: str
    count: int
    asset_ids: tuple[str, ...]


def confusions(sample: Sample, most: int = 60) -> list[ConfusionCell]:
    """The cells of the confusion matrix that hold assets, by class and then by prediction.

    Args:
        sample: What is counted.
        most: Ids that a cell names at most.
    """
    sure = sample.probabilities.max(axis=1, initial=0.0)
    worst = np.where(sample.truth == sample.predicted, sure, -sure)
    # Never a whole table: ten thousand classes would make it a hundred million cells.
    cell = sample.truth * len(sample.classes) + sample.predicted
    order = np.lexsort((worst, cell))
    starts, counts = np.unique(cell[order], return_index=True, return_counts=True)[1:]
    return [
        ConfusionCell(
            truth=sample.classes[sample.truth[order[start]]],
            predicted=sample.classes[sample.predicted[order[start]]],
            count=count,
            asset_ids=tuple(sample.ids[i] for i in order[start : start + min(count, most)]),
        )
        for start, count in zip(starts.tolist(), counts.tolist(), strict=True)
    ]
