"""Exact chances that a share is no higher than elsewhere, and what many tests make of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Chances = NDArray[np.float64]


def chance(hits: ArrayLike, of: ArrayLike, other_hits: ArrayLike, other_of: ArrayLike) -> Chances:
    """P of so many hits if the share were as elsewhere; arrays of one shape, or numbers.

    Fisher's exact test (1935), one-sided: the tail of the hypergeometric distribution. 1 where the
    share is no higher than elsewhere.
    """
    from scipy.stats import hypergeom

    a, n, b, m = np.broadcast_arrays(*(np.asarray(x) for x in (hits, of, other_hits, other_of)))
    # The exact tail is slow to sum up, and nobody asks by how much a share is not higher.
    higher = np.asarray(a * m > b * n)
    found = np.ones(a.shape)
    found[higher] = hypergeom.sf((a - 1)[higher], (n + m)[higher], (a + b)[higher], n[higher])
    return found


def stratified_chance(
    hits: ArrayLike, of: ArrayLike, other_hits: ArrayLike, other_of: ArrayLike
) -> float:
    """The same over strata (s,), each compared with itself elsewhere.

    Mantel and Haenszel (1959), one-sided, with their continuity correction: the sum of the hits
    against its hypergeometric mean and variance. 1 where nothing varies.
    """
    from scipy.special import ndtr

    a, n, b, m = (np.asarray(x, dtype=np.float64) for x in (hits, of, other_hits, other_of))
    total, both = n + m, a + b
    mean = np.divide(n * both, total, out=np.zeros_like(a), where=total > 0)
    spread = np.divide(
        n * m * both * (total - both), total**2 * (total - 1), out=np.zeros_like(a), where=total > 1
    )
    if spread.sum() <= 0:
        return 1.0
    return float(ndtr(-(a.sum() - mean.sum() - 0.5) / np.sqrt(spread.sum())))


def discovery_rate(chances: ArrayLike) -> Chances:
    """Chances (k,) adjusted so that a limit on them limits the share of false discoveries.

    Benjamini and Hochberg (1995), "Controlling the false discovery rate".
    """
    p = np.asarray(chances, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    found = np.empty(len(p))
    found[order] = np.minimum(np.minimum.accumulate(scaled), 1.0) if len(p) else scaled
    return found
