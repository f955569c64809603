"""Whether the model's probabilities mean what they say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from querist.diagnostics.sample import LEVEL, Sample
from querist.schema import Finding, percent
from querist.schema.wording import number

BINS, REPEATS = 10, 1_000
FEWEST, SMALLEST_GAP = 30, 0.03


def miscalibration(sample: Sample, rng: np.random.Generator) -> list[Finding]:
    """Expected calibration error, if a calibrated model would hardly ever have as much.

    On few rows a calibrated model has some too, so the yardstick is answers drawn from the model's
    own confidences (Bröcker and Smith, 2007). Mending it changes no answer: its gain is 0.
    """
    claimed = sample.probabilities.max(axis=1)
    right = (sample.predicted == sample.truth).astype(np.float64)
    size = len(right)
    if size < FEWEST:
        return []
    found = _error(claimed, right)
    drawn = (rng.random(size) < claimed for _ in range(REPEATS))
    usual, limit = np.quantile([_error(claimed, hits) for hits in drawn], [0.5, 1 - LEVEL])
    if found <= limit or found - usual < SMALLEST_GAP:
        return []
    draws = (rng.integers(size, size=size) for _ in range(REPEATS))
    low, high = np.quantile([_error(claimed[i], right[i]) for i in draws], [0.025, 0.975])
    mean, accuracy = float(claimed.mean()), float(right.mean())
    # How far a calibrated model's accuracy is from its mean claim by luck, at most.
    doubt = 1.96 * float(np.sqrt((claimed * (1 - claimed)).sum())) / size
    return [
        Finding(
            kind="miscalibration",
            title=_title(found, mean, accuracy, doubt),
            evidence={
                "expected_calibration_error": found,
                "low": float(low),
                "high": float(high),
                "of_a_calibrated_model": float(usual),
                "confidence": mean,
                "accuracy": accuracy,
                "count": size,
            },
            remedy="Accept no answer by its confidence alone before it is calibrated.",
            asset_ids=sample.ids_of(np.arange(size), np.abs(claimed - right))[:50],
        )
    ]


def _title(found: float, claimed: float, right: float, doubt: float) -> str:
    # Too small for all of the error, or to be told from luck: there are two kinds.
    if abs(claimed - right) < max(SMALLEST_GAP, doubt):
        return (
            f"The model is off by {number(100 * found)} points in what it claims: too sure of some "
            "answers, and not sure enough of others."
        )
    return (
        f"The model is {'too sure' if claimed > right else 'not sure enough'}: "
        f"it claims {percent(claimed)} and is right in {percent(right)}."
    )


def _error(claimed: NDArray[np.float64], right: NDArray[np.generic]) -> float:
    place = np.minimum((claimed * BINS).astype(np.int64), BINS - 1)
    gap = np.bincount(place, weights=right.astype(np.float64) - claimed, minlength=BINS)
    return float(np.abs(gap).sum() / len(right))
