"""Honest accuracy from labels that were not drawn evenly, and from a model's own confidence."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import finite, same_length
from querist.metrics.ranking import binary
from querist.metrics.shares import share_of_effective, trials_of
from querist.schema.measure import Measure

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
# Few labels cannot show that they are worth more even draws than this for each of them: where a
# model is surely wrong, the rare label that would tell so is missing more often than not.
_WORTH = 1.5


def lure_weights(chances: ArrayLike, pool_size: int) -> Floats:
    """The weight of each label (M,) that makes their mean unbiased for the whole pool.

    v_m = 1 + (N - M) / (N - m) × (1 / ((N - m + 1) q_m) - 1): Farquhar, Gal and Rainforth (2021),
    "On statistical bias in active learning: how and when to fix it". Even chances give ones.

    Args:
        chances: Of each label, in the order drawn, the chance q_m that it was the next one, given
            those drawn before it (M,).
        pool_size: Assets N in the pool before the first draw.

    Raises:
        InvalidInputError: there are more labels than assets, or a chance is not in (0, 1].
    """
    q = finite("The chances", chances)
    if len(q) > pool_size or not ((q > 0) & (q <= 1)).all():
        raise InvalidInputError(
            f"{len(q)} labels of {pool_size} assets have chances from {q.min():g} to {q.max():g}.",
            remedy="Give the chance of each draw, above 0 and at most 1, and the size of the pool.",
        )
    m = np.arange(1, len(q) + 1)
    left = np.maximum(pool_size - m, 1)
    found: Floats = 1 + (pool_size - len(q)) / left * (1 / ((pool_size - m + 1) * q) - 1)
    return found


def lure_accuracy(right: ArrayLike, chances: ArrayLike, pool_size: int) -> Measure:
    """Accuracy on a pool from labels drawn from it with known chances; higher is better.

    One minus LURE's estimate of the error (see ``lure_weights``), which is unbiased for any chances
    above zero; it may lie outside 0 to 1 with few labels. Each draw makes an estimate of its own
    from which the others stray by chance only, so the variance is the weighed sum of their squares;
    the interval is Wilson's for as many even draws, at most 1.5 for each label. It holds where
    every asset has a fair part of the mean chance, a quarter say. The labels must not have trained
    the model.

    Args:
        right: Whether the model is right on each label (M,), in the order drawn.
        chances: As in ``lure_weights`` (M,).
        pool_size: Assets N before the first draw; the accuracy is that on all of them.
    """
    same_length(right=right, chances=chances)
    wrong = 1.0 - binary("The answers", right)
    q, v = finite("The chances", chances), lure_weights(chances, pool_size)
    count, error = len(wrong), float((v * wrong).mean())
    if count == pool_size:
        return Measure(value=1 - error, low=1 - error, high=1 - error, count=count)
    m = np.arange(1, count + 1)
    single = (wrong / q + np.cumsum(wrong) - wrong) / pool_size
    part = pool_size * (pool_size - count) / (count * (pool_size - m) * (pool_size - m + 1))
    variance = float((part**2 * (single - error) ** 2).sum()) * count / max(count - 1, 1)
    kish = float(v.sum() ** 2 / (v**2).sum())
    trials = trials_of(error, variance, least=kish, most=_WORTH * count)
    return share_of_effective(1 - error, trials, count, _student(count))


def neyman_allocation(sizes: ArrayLike, spreads: ArrayLike, count: int) -> Codes:
    """How many of ``count`` labels each stratum (H,) gets, so that their mean varies least.

    In proportion to size times standard deviation (Neyman, 1934, "On the two different aspects of
    the representative method"), in whole labels (Wright, 2012, "The equivalence of Neyman optimum
    allocation for sampling and equal proportions for apportioning the U.S. House"), at least two
    and at most all of each stratum.

    Args:
        sizes: Assets in each stratum (H,).
        spreads: What the labels are thought to spread in each, as a standard deviation (H,); of a
            share p it is the root of p (1 - p).
        count: Labels to give out.

    Raises:
        InvalidInputError: there are more labels than assets, or fewer than two for each stratum.
    """
    size, spread = np.asarray(sizes, dtype=np.int64), finite("The spreads", spreads)
    same_length(sizes=size, spreads=spread)
    least = np.minimum(size, 2)
    if not least.sum() <= count <= size.sum() or (spread < 0).any():
        raise InvalidInputError(
            f"{count} labels for {len(size)} strata with {size.sum()} assets.",
            remedy="Give at least two labels for each stratum, at most one for each asset, and "
            "spreads from 0.",
        )
    want = size * np.maximum(spread, 1e-6)
    # What the n-th label after the first takes off the variance falls as 1 / (n (n + 1)).
    given = [np.arange(a, min(b, count)) for a, b in zip(least, size, strict=True)]
    gain = np.concatenate([w / np.sqrt(n * (n + 1.0)) for w, n in zip(want, given, strict=True)])
    owner = np.repeat(np.arange(len(size)), [len(n) for n in given])
    best = np.argsort(-gain, kind="stable")[: count - int(least.sum())]
    return np.asarray(least + np.bincount(owner[best], minlength=len(size)), dtype=np.int64)


def stratified_accuracy(right: ArrayLike, strata: ArrayLike, sizes: ArrayLike) -> Measure:
    """Accuracy on a pool from labels drawn evenly within each stratum; higher is better.

    The mean of the strata weighed by their sizes (Cochran, 1977, "Sampling techniques"). The
    spread of each counts half a right and half a wrong label more, as a stratum in which every
    label is right is not known to hold no error; the interval is Wilson's for as many even draws.

    Args:
        right: Whether the model is right on each label (M,).
        strata: The stratum of each label (M,), 0 to H - 1.
        sizes: Assets of the pool in each stratum (H,).

    Raises:
        InvalidInputError: a stratum that has assets has no label, or fewer assets than labels.
    """
    same_length(right=right, strata=strata)
    hit, code = binary("The answers", right), np.asarray(strata, dtype=np.int64)
    size = np.asarray(sizes, dtype=np.int64)
    count = np.bincount(code, minlength=len(size))
    if len(count) > len(size) or (count > size).any() or ((count == 0) & (size > 0)).any():
        raise InvalidInputError(
            f"The strata hold {count.tolist()} labels of {size.tolist()} assets.",
            remedy="Draw at least one label in each stratum, and give the sizes of all.",
        )
    used = size > 0
    n, weight = count[used], size[used] / size.sum()
    hits = np.bincount(code, weights=hit, minlength=len(size))[used]
    value = float(weight @ (hits / n))
    smooth = (hits + 0.5) / (n + 1)
    variance = float((weight**2 * smooth * (1 - smooth) / n * (1 - n / size[used])).sum())
    if not variance:
        return Measure(value=value, low=value, high=value, count=len(hit))
    trials = trials_of(value, variance, least=len(hit), most=np.inf)
    return share_of_effective(value, trials, len(hit))


def prediction_powered_accuracy(
    right: ArrayLike, confidence: ArrayLike, pool_confidence: ArrayLike
) -> Measure:
    """Accuracy from evenly drawn labels, sharpened by the model's confidence; higher is better.

    lambda × mean(confidence of the pool) + mean(right - lambda × confidence): right whatever the
    confidence is worth, and surer the more it is worth (Angelopoulos, Duchi and Zrnic, 2023,
    "PPI++: efficient prediction-powered inference"). The interval is Wilson's for as many even
    draws. No asset of either set may have trained the model.

    Args:
        right: Whether the model is right on each label (M,).
        confidence: The model's probability that it is right on each of them (M,).
        pool_confidence: The same of other assets of the same pool (N,).
    """
    same_length(right=right, confidence=confidence)
    y = binary("The answers", right).astype(np.float64)
    own, pool = finite("The confidence", confidence), finite("The confidence", pool_confidence)
    count = len(y)
    spread = float(np.concatenate([own, pool]).var())
    trust = 0.0
    if spread > 0 and count > 1:
        trust = float(np.cov(y, own)[0, 1]) / ((1 + count / len(pool)) * spread)
        trust = min(max(trust, 0.0), 1.0)
    value = float(trust * pool.mean() + (y - trust * own).mean())
    rest = float((y - trust * own).var(ddof=1)) if count > 1 else 0.0
    variance = trust**2 * float(pool.var()) / len(pool) + rest / count
    trials = trials_of(value, variance, least=count, most=np.inf)
    return share_of_effective(value, trials, count, _student(count))


def _student(count: int) -> float:
    """How many standard errors hold 95 % where the error itself is estimated from few labels."""
    return float(-scipy.special.stdtrit(max(count - 1, 1), 0.025))
