"""Agreement between two or more sets of answers, and what it says about the change of quality."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError
from querist.metrics.answers import Answers, Table
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


def fleiss_kappa(answers: Answers) -> float:
    """Agreement of several annotators beyond chance; 1 is identical, 0 is chance level.

    Fleiss (1971), "Measuring nominal scale agreement among many raters": the mean share of pairs
    of answers to an item that agree, against the squared shares of the classes. Items may have
    different numbers of answers; those with fewer than two are left out. Answers that are all of
    one class give 1.

    Raises:
        InvalidInputError: no item has two answers.
    """
    votes, count = _shared(answers)
    observed = float(((votes**2).sum(axis=1) - count) @ (1 / (count * (count - 1))) / len(count))
    shares = votes.sum(axis=0) / votes.sum()
    return _beyond(observed, float(shares @ shares))


def krippendorff_alpha(answers: Answers) -> float:
    """Agreement of several annotators beyond chance, for names; 1 is identical, 0 is chance level.

    Krippendorff (2011), "Computing Krippendorff's alpha-reliability", nominal data: pairs of
    answers to an item, each item weighed by its answers, against pairs of any two answers. Items
    with fewer than two answers are left out. Answers that are all of one class give 1.

    Raises:
        InvalidInputError: no item has two answers.
    """
    votes, count = _shared(answers)
    total = votes.sum()
    observed = float(((votes**2).sum(axis=1) - count) @ (1 / (count - 1)) / total)
    by_class = votes.sum(axis=0)
    return _beyond(observed, float(by_class @ (by_class - 1) / (total * (total - 1))))


def _shared(answers: Answers) -> tuple[Table, Table]:
    votes = answers.votes()
    count = votes.sum(axis=1)
    several = count > 1
    if not several.any():
        raise InvalidInputError(
            "No item has two answers.", remedy="Ask several annotators about the same items."
        )
    return votes[several], count[several]


def _beyond(observed: float, expected: float) -> float:
    return 1.0 if observed == 1.0 else (observed - expected) / (1 - expected)


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
