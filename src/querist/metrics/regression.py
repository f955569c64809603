"""How good a model is where a label is a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from querist.metrics.checks import finite, same_length
from querist.metrics.class_measures import measure_mean
from querist.metrics.paired import Paired, paired_sums
from querist.metrics.resampling import REPEATS, Floats, of_sums, ratio
from querist.schema.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberMeasures:
    """Errors over n assets with bootstrap intervals.

    Attributes:
        mae: Mean distance, in the unit of the label; lower is better.
        rmse: Root of the mean squared distance, in the unit of the label; lower is better.
        r2: Share of the variance that is explained, at most 1; 0 is as good as the mean. Higher
            is better; NaN where all labels are the same.
    """

    mae: Measure
    rmse: Measure
    r2: Measure


def measure_numbers(
    truth: ArrayLike, predicted: ArrayLike, rng: np.random.Generator, *, repeats: int = REPEATS
) -> NumberMeasures:
    """Measure predicted numbers (n,) against the true ones; memory O(n).

    Raises:
        InvalidInputError: lengths differ, no values, or one is not finite.
    """
    same_length(truth=truth, predicted=predicted)
    t, p = finite("The truth", truth), finite("The predictions", predicted)
    parts = error_sums(t, p)
    return NumberMeasures(
        mae=measure_mean(np.abs(p - t), rng, repeats=repeats),
        rmse=of_sums(parts, _rmse, rng, better="lower", repeats=repeats),
        r2=of_sums(parts, r2_of_sums, rng, repeats=repeats),
    )


def paired_numbers(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    repeats: int = REPEATS,
) -> Paired:
    """R² of what two models say (n,), (n,) of the same labels (n,), drawn together.

    Raises:
        InvalidInputError: lengths differ, no values, or one is not finite.
    """
    same_length(truth=truth, first=first, second=second)
    t = finite("The truth", truth)
    one, two = (error_sums(t, finite("The predictions", it)) for it in (first, second))
    return paired_sums(one, two, r2_of_sums, rng, repeats=repeats)


def error_sums(truth: Floats, predicted: Floats) -> Floats:
    """What each asset adds to the sums that ``r2_of_sums`` reads (n, 4)."""
    # The labels less their mean: their squares do not drown in a large common part.
    centred = truth - truth.mean()
    columns = [(predicted - truth) ** 2, np.ones(len(truth)), centred, centred**2]
    return np.column_stack(columns)


def r2_of_sums(sums: Floats) -> Floats:
    """R² (R,) from sums over assets (R, 4); NaN where all labels are the same."""
    spread = np.maximum(sums[:, 3] - sums[:, 2] ** 2 / sums[:, 1], 0.0)
    return np.asarray(1 - ratio(sums[:, 0], spread))


def _rmse(sums: Floats) -> Floats:
    found: Floats = np.sqrt(sums[:, 0] / sums[:, 1])
    return found
