"""A share with its interval: counted, or worth a number of even draws."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from querist.metrics.intervals import wilson
from querist.schema.measure import Measure

Z95 = 1.959963984540054  # the standard normal's quantile at .975


def proportion(hits: int, count: int) -> Measure:
    """A share with Wilson's 95 % interval; NaN within 0 to 1 where there is nothing to share."""
    low, high = wilson(hits, count)
    return Measure(value=hits / count if count else float("nan"), low=low, high=high, count=count)


def share_of_effective(value: float, trials: float, count: int, z: float = Z95) -> Measure:
    """A share that is as sure as one of ``trials`` even draws, with Wilson's interval for it.

    Korn and Graubard (1998), "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data". Nothing is known without trials: 0 to 1.

    Args:
        value: The share; outside 0 to 1, as an unbiased estimate may be, its interval is the
            nearer end's.
        trials: How many even draws would be as sure.
        count: Assets it rests on.
        z: How many standard errors to go; 1.96 for 95 %.
    """
    if not trials > 0 or np.isnan(value):
        return Measure(value=value, low=0.0, high=1.0, count=count)
    p = min(max(value, 0.0), 1.0)
    scale = 1 + z * z / trials
    middle = p + z * z / (2 * trials)
    half = z * float(np.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)))
    low = 0.0 if p == 0 else (middle - half) / scale
    high = 1.0 if p == 1 else (middle + half) / scale
    return Measure(value=value, low=min(low, value), high=max(high, value), count=count)


def mean_of_shares(values: ArrayLike) -> Measure:
    """The mean of shares (n,), each 0 to 1, such as the F1 of each asset, with its interval.

    As sure as a share of so many even draws as would leave its variance, at least as wide as
    Wilson's interval of a fair count where all are alike; NaN within 0 to 1 without any.
    """
    shares = np.asarray(values, dtype=np.float64)
    count = len(shares)
    if not count:
        return Measure(value=float("nan"), low=0.0, high=1.0, count=0)
    value = min(max(float(shares.mean()), 0.0), 1.0)
    variance = float(shares.var(ddof=1)) / count if count > 1 else 0.0
    trials = trials_of(value, variance, float(count), np.inf)
    # Student's t for the normal deviate, since the variance is that of so few.
    z = float(scipy.special.stdtrit(max(count - 1, 1), 0.975))
    return share_of_effective(value, trials, count, z)


def trials_of_assets(hits: ArrayLike, owners: ArrayLike) -> float:
    """How many even draws tell a share as surely as these answers do, of which assets have several.

    Answers of one asset hang together: the variance is that of whole assets, and as few assets
    tell it badly, the draws are fewer by Student's t (Korn and Graubard, 1998). It is the count of
    answers where each has an asset of its own, and never more.

    Args:
        hits: Whether each answer is right (n,), at least one.
        owners: The asset of each (n,), whole numbers.
    """
    right = np.asarray(hits, dtype=np.float64)
    _, places, sizes = np.unique(owners, return_inverse=True, return_counts=True)
    count, assets = len(right), len(sizes)
    if assets == count:
        return float(count)
    p = float(right.mean())
    away = np.bincount(places, weights=right) - p * sizes
    variance = float((away**2).sum()) / count**2 * assets / max(assets - 1, 1)
    few, many = (scipy.special.stdtrit(max(n - 1, 1), 0.975) for n in (assets, count))
    return trials_of(p, variance, float(assets), float(count)) * float((many / few) ** 2)


def trials_of_counts(hits: ArrayLike, whole: ArrayLike) -> float:
    """How many even draws tell ``hits`` of ``whole`` (n,) of each asset as surely, see above."""
    inside, of = np.asarray(hits), np.asarray(whole)
    if of.max(initial=0) <= 1:
        return float(of.sum())
    counts = np.stack([inside, of - inside], axis=1).astype(np.int64)
    owners = np.repeat(np.arange(len(of)), counts.sum(axis=1))
    return trials_of_assets(np.repeat(np.tile([1, 0], len(of)), counts.ravel()), owners)


def share_of_counts(hits: ArrayLike, whole: ArrayLike) -> Measure:
    """The share ``hits`` of ``whole`` (n,) of all assets, with an interval for so many assets.

    It is Wilson's where no asset holds more than one; NaN within 0 to 1 where there is nothing.
    """
    inside, count = int(np.sum(hits)), int(np.sum(whole))
    if not count:
        return proportion(0, 0)
    return share_of_effective(inside / count, trials_of_counts(hits, whole), count)


def trials_of(value: float, variance: float, least: float, most: float) -> float:
    """Even draws that would leave as much variance of a share, within two bounds.

    With no variance in sight, as where every label is right, it is the lower bound.
    """
    p = min(max(value, 0.0), 1.0)
    if not variance > 0 or p in (0.0, 1.0):
        return least
    return min(p * (1 - p) / variance, most)
