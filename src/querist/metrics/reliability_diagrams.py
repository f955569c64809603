"""The reliability diagram of a model, as it claims and after calibration out of fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.metrics.calibration import (
    FEWEST,
    FITS,
    FOLDS,
    calibration_error,
    fit_calibrator,
    fit_sureness,
    reliability,
)
from querist.metrics.checks import same_length
from querist.metrics.classification import with_probabilities
from querist.metrics.shares import share_of_effective
from querist.schema.measure import Measure

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityPoint:
    """Answers of about the same sureness.

    Attributes:
        claimed: Mean of what the model claims of them, 0 to 1.
        right: Share of them that is right, with Wilson's interval; answers of one asset hang
            together and make it wider.
    """

    claimed: float
    right: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How often answers are right beside how sure a model is of them.

    Attributes:
        count: Answers.
        method: What calibrates them best, by their log loss out of fold.
        claimed: Up to ten points of equally many answers as the model claims, least sure first.
        calibrated: The same, each answer judged by a calibration that has not seen it; none of
            fewer than thirty answers.
        claimed_error: Calibration error of the claims, 0 to 1, lower is better.
        calibrated_error: That of the calibrated ones; ``None`` where there are none.
    """

    count: int
    method: str
    claimed: tuple[ReliabilityPoint, ...]
    calibrated: tuple[ReliabilityPoint, ...] = ()
    claimed_error: Measure
    calibrated_error: Measure | None = None


def reliability_of_classes(
    truth: ArrayLike, probabilities: ArrayLike, rng: np.random.Generator
) -> Reliability:
    """The diagram of a classifier, calibrated by the best method as in ``fit_calibrator``.

    Args:
        truth: True classes (n,), columns of ``probabilities``.
        probabilities: (n, C) of a model that has not learned from these rows.
        rng: Deals the rows to the folds.

    Raises:
        InvalidInputError: shapes disagree, no rows, or a value is not finite.
    """
    codes, table = with_probabilities(truth, probabilities)
    right, claimed = table.argmax(axis=1) == codes, table.max(axis=1)
    fold = rng.permutation(len(codes)) % FOLDS
    # Chosen once, by folds of its own: choosing among four again in each fold takes five times as
    # long and says the same.
    method = fit_calibrator(codes, table, rng).method

    def sureness(kept: NDArray[np.bool_]) -> Values:
        apply = FITS[method](codes[kept], table[kept], right[kept].astype(np.float64))
        return np.clip(apply(table[~kept]), 0, 1)

    return _diagram(right, claimed, np.arange(len(codes)), fold, method, sureness)


def reliability_of_answers(
    right: ArrayLike, claimed: ArrayLike, owners: ArrayLike, rng: np.random.Generator
) -> Reliability:
    """The diagram of answers of which each asset may have several: boxes or spans.

    Args:
        right: Whether each answer was right (n,), of a model that has not learned the asset.
        claimed: How sure the model is of each (n,), 0 to 1.
        owners: The asset of each (n,), whole numbers: answers of one asset share a fold, and count
            together in the intervals and the errors.
        rng: Deals the assets to the folds.

    Raises:
        InvalidInputError: lengths differ, no answers, or a value is not finite.
    """
    hits, sure, assets = same_length(right=right, claimed=claimed, owners=owners)
    _, places = np.unique(assets, return_inverse=True)
    fold = (rng.permutation(int(places.max()) + 1) % FOLDS)[places]

    shares = fit_sureness(hits, sure, fold).shares

    def sureness(kept: NDArray[np.bool_]) -> Values:
        return fit_sureness(hits[kept], sure[kept], fold[kept]).of(sure[~kept])

    best = max(shares, key=lambda name: shares[name])
    return _diagram(hits.astype(bool), sure, places, fold, best, sureness)


def _diagram(
    right: NDArray[np.bool_],
    claimed: Values,
    owners: NDArray[np.int64],
    fold: NDArray[np.int64],
    method: str,
    sureness: Callable[[NDArray[np.bool_]], Values],
) -> Reliability:
    raw = _points(right, claimed, owners)
    raw_error = calibration_error(right, claimed, owners=owners)
    folds = np.unique(fold)
    if len(right) < FEWEST or len(folds) < FOLDS:
        return Reliability(count=len(right), method="none", claimed=raw, claimed_error=raw_error)
    said = np.empty(len(right))
    for held in folds:
        out = fold == held
        said[out] = sureness(~out)
    return Reliability(
        count=len(right),
        method=method,
        claimed=raw,
        calibrated=_points(right, said, owners),
        claimed_error=raw_error,
        calibrated_error=calibration_error(right, said, owners=owners),
    )


def _points(
    right: NDArray[np.bool_], sure: Values, owners: NDArray[np.int64]
) -> tuple[ReliabilityPoint, ...]:
    return tuple(
        ReliabilityPoint(
            claimed=one.claimed, right=share_of_effective(one.right, one.trials, one.count)
        )
        for one in reliability(right, sure, owners=owners)
    )
