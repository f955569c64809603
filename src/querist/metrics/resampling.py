"""Bootstrap over assets in bounded memory: how often each is drawn, never a copy of the data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from querist.metrics.checks import share
from querist.schema.measure import Measure

Floats = NDArray[np.float64]
REPEATS = 1_000
# What is drawn at most: more assets are put into so many groups.
MOST_DRAWN = 10_000
# Numbers held at a time, 16 MiB of them.
_BLOCK = 2**21


def drawn(size: int, rng: np.random.Generator, repeats: int = REPEATS) -> Iterator[Floats]:
    """How often each of n assets is drawn in bootstrap samples of n: blocks (b, n).

    Efron (1979), "Bootstrap methods: another look at the jackknife". Memory O(n + 2 million).
    """
    step = max(1, _BLOCK // size)
    for start in range(0, repeats, step):
        count = min(step, repeats - start)
        places = rng.integers(size, size=(count, size)) + size * np.arange(count)[:, None]
        counts = np.bincount(places.ravel(), minlength=count * size)
        yield counts.reshape(count, size).astype(np.float64)


def resampled_sums(parts: Floats, rng: np.random.Generator, repeats: int = REPEATS) -> Floats:
    """Column sums (R, k) of bootstrap samples of the rows (n, k); of their groups where n is large.

    Time O(n k + 10,000 R k).
    """
    units = grouped(parts, groups_of(len(parts), rng)) if len(parts) > MOST_DRAWN else parts
    return np.concatenate([block @ units for block in drawn(len(units), rng, repeats)])


def groups_of(size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A random group for each of n assets: at most 10,000, of one size but for a smaller one.

    A sum over a random group is a draw of such sums, so that samples of whole groups spread as
    samples of assets do; in width they differ by 1 / sqrt(2 groups), at most 1 %. Equal sizes keep
    the number of assets in a sample.
    """
    return np.asarray(rng.permutation(size) // -(-size // MOST_DRAWN))


def grouped(parts: Floats, groups: NDArray[np.int64]) -> Floats:
    """The sums (g, k) of each of g groups of rows (n, k)."""
    columns = [np.bincount(groups, weights=it) for it in parts.T]
    return np.stack(columns, axis=1)


def resampled_cells(counts: Floats, rng: np.random.Generator, repeats: int = REPEATS) -> Floats:
    """The counts (m,) of cells in bootstrap samples (R, m) of the assets that fell into them.

    The same distribution as counting resampled assets, at a cost that does not grow with them.
    """
    total = int(counts.sum())
    return rng.multinomial(total, counts / total, size=repeats).astype(np.float64)


def interval(
    value: float, samples: Floats, count: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Bias-corrected percentile interval from bootstrap samples (R,), widened for few assets.

    Efron (1987), "Better bootstrap confidence intervals", without acceleration; the levels are
    those of Student's t (Hesterberg, 2015, "What teachers should know about the bootstrap").
    Samples in which the metric is not defined (NaN) are left out.

    Args:
        value: The metric of all assets.
        samples: The metric of each bootstrap sample.
        count: Assets it rests on, n.
        confidence: Share of such intervals that hold the truth.
    """
    known = np.sort(samples[~np.isnan(samples)])
    if not known.size or np.isnan(value) or count < 2:
        return float("nan"), float("nan")
    levels = scipy.special.ndtri(student_levels(count, confidence))
    below = (np.searchsorted(known, value) + np.searchsorted(known, value, side="right")) / 2
    least = 0.5 / len(known)
    bias = float(scipy.special.ndtri(np.clip(below / len(known), least, 1 - least)))
    low, high = np.quantile(known, scipy.special.ndtr(2 * bias + levels))
    # A metric at the edge of its samples still lies in its own interval.
    return min(float(low), value), max(float(high), value)


def student_levels(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """The two levels of a percentile interval, widened for few assets (Hesterberg, 2015)."""
    tail = (1 - share("The confidence", confidence)) / 2
    wide = scipy.special.stdtrit(max(count - 1, 1), tail) * np.sqrt(count / max(count - 1, 1))
    return float(scipy.special.ndtr(wide)), float(scipy.special.ndtr(-wide))


def measure(
    value: float,
    samples: Floats,
    count: int,
    better: Literal["higher", "lower"] = "higher",
    confidence: float = 0.95,
) -> Measure:
    """The metric with the interval of its bootstrap samples."""
    low, high = interval(value, samples, count, confidence)
    return Measure(value=value, low=low, high=high, count=count, better=better)


def of_sums(
    parts: Floats,
    statistic: Callable[[Floats], Floats],
    rng: np.random.Generator,
    *,
    better: Literal["higher", "lower"] = "higher",
    repeats: int = REPEATS,
) -> Measure:
    """A metric that is a function of column sums, with its bootstrap interval.

    Args:
        parts: What each asset adds to the sums (n, k).
        statistic: From sums (R, k) to the metric (R,).
        rng: Draws the samples.
        better: Its direction.
        repeats: Bootstrap samples R.
    """
    value = float(statistic(parts.sum(axis=0, keepdims=True))[0])
    samples = statistic(resampled_sums(parts, rng, repeats))
    return measure(value, samples, len(parts), better)


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Top / bottom; NaN where the bottom is zero."""
    found = np.full(np.broadcast(top, bottom).shape, np.nan)
    np.divide(top, bottom, out=found, where=np.asarray(bottom) > 0)
    return found


def mean_known(values: Floats) -> Floats:
    """Mean over the last axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))
