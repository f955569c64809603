"""Whether a cheap model may choose for an expensive one: does it doubt where the other errs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError
from querist.metrics import auroc

_REPEATS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyCheck:
    """How well a proxy knows where another model errs.

    Attributes:
        area: Chance that the proxy doubts an asset that the model has wrong more than one that it
            has right; 0.5 is a guess, higher is better. NaN where the model has all right or wrong.
        low: Lower end of its 95 % interval.
        high: Upper end of it.
        count: Assets that were looked at.
        fit: Whether the proxy may choose: even the lower end is above a guess.
    """

    area: float
    low: float
    high: float
    count: int

    @property
    def fit(self) -> bool:
        """Whether the proxy is surely better than a guess."""
        return bool(self.low > 0.5)


def check_proxy(doubt: ArrayLike, wrong: ArrayLike, rng: np.random.Generator) -> ProxyCheck:
    """Compare a proxy's doubt with the errors of the model it chooses for.

    Coleman et al. (2020), "Selection via proxy", choose with a smaller model; that pays only while
    the two err in the same places. Labels that neither has learned, such as those of the newest
    batch or of the audit set, tell.

    Args:
        doubt: How unsure the proxy is of each asset (n,), higher is less sure.
        wrong: Whether the model has it wrong (n,).
        rng: Draws the samples of the bootstrap.

    Raises:
        InvalidInputError: lengths differ, nothing is there, or a doubt is not finite.
    """
    scores, truth = np.asarray(doubt, dtype=np.float64), np.asarray(wrong, dtype=bool)
    if scores.shape != truth.shape or scores.ndim != 1 or not len(scores):
        raise InvalidInputError(
            f"Doubts {scores.shape} do not fit {truth.shape} assets.",
            remedy="Give one doubt for each asset.",
        )
    if not np.isfinite(scores).all():
        raise InvalidInputError("A doubt is not finite.", remedy="Look at what the proxy predicts.")
    right, off = np.flatnonzero(~truth), np.flatnonzero(truth)
    if not len(right) or not len(off):
        return ProxyCheck(area=float("nan"), low=0.0, high=1.0, count=len(truth))
    samples = [
        auroc(truth[drawn], scores[drawn])
        for drawn in (
            np.concatenate([rng.choice(rows, size=len(rows)) for rows in (right, off)])
            for _ in range(_REPEATS)
        )
    ]
    low, high = np.quantile(samples, [0.025, 0.975])
    return ProxyCheck(area=auroc(truth, scores), low=float(low), high=float(high), count=len(truth))
