"""Exact chances that a share is no higher than elsewhere, and what many tests make of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Chances = NDArray[np.float64]

# Sums of losses that differ by less are the same.
_NONE = 1e-9


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


def powers(losses: ArrayLike) -> Chances:
    """How many losses (n,) there are, and the sums of their first three powers: (4,)."""
    x = np.asarray(losses, dtype=np.float64)
    return np.array([len(x), x.sum(), (x**2).sum(), (x**3).sum()])


def loss_chance(inside: ArrayLike, elsewhere: ArrayLike) -> Chances:
    """P of so great a mean loss inside if losses fell anywhere; 1 where it is no higher.

    Of losses that are all 0 or 1 Fisher's exact test. Of others the rows inside are a random draw
    from all under the null hypothesis: the sum of their losses has known mean, variance and skew
    (sampling without replacement), and the Pearson type III distribution with these (Mielke and
    Berry, 2007, "Permutation methods", ch. 2), which skewed losses need and the normal one lacks.

    Args:
        inside: The ``powers`` of the rows inside (..., 4).
        elsewhere: Those of all others, of a shape that fits.
    """
    from scipy.stats import pearson3

    a, b = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (inside, elsewhere)))
    if _all_or_nothing(a) and _all_or_nothing(b):
        return chance(
            *(np.rint(side[..., at]).astype(np.int64) for side in (a, b) for at in (1, 0))
        )
    count, n = (a + b)[..., 0], a[..., 0]
    mean, square, cube = np.moveaxis((a + b)[..., 1:], -1, 0) / np.maximum(count, 1)
    variance = n * (count - n) / np.maximum(count - 1, 1) * np.maximum(square - mean**2, 0)
    third = cube - 3 * mean * square + 2 * mean**3
    third = third * n * (count - n) * (count - 2 * n)
    third /= np.maximum((count - 1) * (count - 2), 1)
    higher = (a[..., 1] * b[..., 0] > b[..., 1] * n) & (variance > _NONE) & (b[..., 0] > 0)
    found = np.ones(higher.shape)
    spread = np.sqrt(variance[higher])
    above = (a[..., 1] - n * mean)[higher] / spread
    found[higher] = pearson3.sf(above, third[higher] / spread**3)
    return found


def _all_or_nothing(sums: Chances) -> bool:
    return bool((np.abs(sums[..., 1:] - sums[..., 1:2]) < _NONE).all())


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
