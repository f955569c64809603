"""Agreement between two sets of answers, and what it says about the change of quality."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from querist.metrics.checks import same_length


def cohen_kappa(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two label arrays (n,) beyond chance; 1 is identical, 0 is chance level.

    Cohen (1960), "A coefficient of agreement for nominal scales". Identical arrays give 1 by
    definition, also where chance alone would agree fully and the formula is 0/0.
    """
    a, b = same_length(first=first, second=second)
    observed = float((a == b).mean())
    if observed == 1.0:
        return 1.0
    _, codes = np.unique(np.concatenate([a, b]), return_inverse=True)
    count = int(codes.max()) + 1
    share_a = np.bincount(codes[: len(a)], minlength=count) / len(a)
    share_b = np.bincount(codes[len(a) :], minlength=count) / len(a)
    expected = float(share_a @ share_b)
    return (observed - expected) / (1 - expected)


def f_measure_change_bound(kappa: float, precision: float | None = None) -> float:
    """Most that F1 can differ between two models whose predictions agree with ``kappa``.

    |dF| <= 4 (1 - kappa) / kappa, or 4 (1 - kappa) / ((p + 1) kappa) with precision p
    (Bloodgood and Grothendieck, 2013, "Analysis of stopping active learning based on stabilizing
    predictions"). F1 lies in 0 to 1, so 1 is returned where the formula says more.
    """
    if kappa <= 0:
        return 1.0
    scale = kappa if precision is None else (precision + 1) * kappa
    return float(min(max(4 * (1 - kappa) / scale, 0.0), 1.0))
