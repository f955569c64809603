"""Numbers that sum up a learning curve: its area, and the labels it takes to reach a quality."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from querist.metrics.checks import finite, same_length


def aulc(values: ArrayLike) -> float:
    """Mean of the metric over the rounds; in the metric's unit.

    With equal batches it is the normalised area under the learning curve.
    """
    return float(finite("The curve", values).mean())


def labels_to_reach(labels: ArrayLike, accuracy: ArrayLike, target: float) -> float | None:
    """Labels after which the curve reaches ``target``, interpolated; ``None`` if it never does.

    The curve is first made monotone by its running maximum, so a lucky early point counts and a
    later dip does not; between rounds it is read as straight lines. A target below the first point
    gives the first point: what happened before it was not measured.

    Args:
        labels: Labels used at each point (n,), in any order.
        accuracy: Quality at each point (n,), higher is better.
        target: Quality to reach, in the same unit.
    """
    x, y = (finite("The curve", array) for array in same_length(labels=labels, accuracy=accuracy))
    order = np.argsort(x, kind="stable")
    x, best = x[order], np.maximum.accumulate(y[order])
    if best[-1] < target:
        return None
    after = int(np.searchsorted(best, target))
    if after == 0:
        return float(x[0])
    share = (target - best[after - 1]) / (best[after] - best[after - 1])
    return float(x[after - 1] + share * (x[after] - x[after - 1]))


def label_saving(
    labels: ArrayLike,
    accuracy: ArrayLike,
    baseline_labels: ArrayLike,
    baseline_accuracy: ArrayLike,
    target: float,
) -> float | None:
    """Share of the baseline's labels that are not needed to reach ``target``; higher is better.

    0.5 means half the labels, a negative number means more than the baseline; ``None`` if one of
    the two curves never reaches the target.
    """
    own = labels_to_reach(labels, accuracy, target)
    base = labels_to_reach(baseline_labels, baseline_accuracy, target)
    if own is None or not base:
        return None
    return 1 - own / base
