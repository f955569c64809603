"""Agreement between two or more sets of answers, and what it says about the change of quality."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.answers import Answers, Codes, Table
from querist.metrics.checks import same_length

# Of more different sets than this, pairs of answers are drawn: their mean is known to .002.
_MOST_SETS, _DRAWN = 1_000, 100_000
_NONE, _ASK = "No item has two answers.", "Ask several annotators about the same items."


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


def alpha_of_numbers(items: ArrayLike, numbers: ArrayLike) -> float:
    """Krippendorff's alpha of R numbers; 1 is identical, 0 is chance level, below 0 is worse.

    Krippendorff (2011), as ``krippendorff_alpha``, with the squared difference of two answers as
    their distance (interval data). Numbers that are all the same give 1. Time O(R log R).

    Args:
        items: Which item each answer is about (R,), whole numbers; one answer of each annotator.
        numbers: What was answered (R,), finite.

    Raises:
        InvalidInputError: no item has two answers, or the lengths differ.
    """
    of, told = _several(items, numbers)
    if np.ptp(told) == 0:
        return 1.0
    apart = np.asarray(told, dtype=np.float64) - np.mean(told)
    apart /= np.abs(apart).max()
    count = np.bincount(of)
    within = apart - (np.bincount(of, weights=apart) / count)[of]
    # The squared differences of n numbers, each pair twice, are 2 n times their squared deviations.
    observed = float((within**2) @ (count / (count - 1))[of]) / len(apart)
    expected = float((apart**2).sum()) / (len(apart) - 1)
    return 1 - observed / expected


def alpha_of_sets(items: ArrayLike, sets: ArrayLike, rng: np.random.Generator) -> float:
    """Krippendorff's alpha of R sets of classes; 1 is identical, 0 is chance level.

    Krippendorff (2011), as ``krippendorff_alpha``, with the MASI distance of two answers
    (Passonneau, 2006, "Measuring agreement on set-valued items (MASI) for semantic and pragmatic
    annotation"): 1 - J M, where J is the share of the classes of both that both name, and M is 1
    for equal sets, 2/3 where one holds the other, 1/3 where both have classes of their own beside
    shared ones, and else 0. Two empty sets are equal. Sets that are all the same give 1. Of more
    than 1,000 different sets the distance of any two answers is that of 100,000 drawn pairs.

    Args:
        items: Which item each answer is about (R,), whole numbers; one answer of each annotator.
        sets: Whether each of C classes was named (R, C).
        rng: Draws the pairs.

    Raises:
        InvalidInputError: no item has two answers, or the lengths differ.
    """
    of, told = _several(items, np.asarray(sets, dtype=bool))
    size, count, observed = told.sum(axis=1), np.bincount(of), 0.0
    for lag in range(1, int(count.max())):  # each answer with the lag-th after it
        at = np.flatnonzero(of[lag:] == of[:-lag])
        apart = _masi((told[at] & told[at + lag]).sum(axis=1), size[at], size[at + lag])
        observed += 2 * float(apart @ (1 / (count[of[at]] - 1)))
    if observed == 0:
        return 1.0
    return 1 - observed / len(told) / _masi_of_any(told, rng)


def _masi_of_any(sets: NDArray[np.bool_], rng: np.random.Generator) -> float:
    """Mean MASI distance of any two of the answers."""
    kinds, count = np.unique(sets, axis=0, return_counts=True)
    if len(kinds) <= _MOST_SETS:
        table, size = kinds.astype(np.float64), kinds.sum(axis=1)
        apart = _masi(table @ table.T, size[:, None], size)
        return float(count @ apart @ count) / (len(sets) * (len(sets) - 1))
    first = rng.integers(len(sets), size=_DRAWN)
    second = (first + rng.integers(1, len(sets), size=_DRAWN)) % len(sets)
    size = sets.sum(axis=1)
    return float(_masi((sets[first] & sets[second]).sum(axis=1), size[first], size[second]).mean())


def _masi(shared: Table, first: Codes, second: Codes) -> Table:
    """MASI distance of sets by how many classes they share, and how many each has."""
    either, smaller = first + second - shared, np.minimum(first, second)
    alike = np.where(shared == either, 1, np.where(shared == smaller, 2 / 3, 1 / 3))
    return np.where(either == 0, 0.0, 1 - alike * shared / np.maximum(either, 1))


def _several(items: ArrayLike, told: ArrayLike) -> tuple[Codes, NDArray[Any]]:
    """The answers to items that have two, by item, and these from 0 on without gaps."""
    of, answers = np.asarray(items), np.asarray(told)
    if of.shape != answers.shape[:1]:
        raise InvalidInputError(
            f"There are {len(of)} items for {len(answers)} answers.",
            remedy="Give the item of each answer.",
        )
    _, place, count = np.unique(of, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(count[place] > 1)
    if not len(kept):
        raise InvalidInputError(_NONE, remedy=_ASK)
    kept = kept[np.argsort(place[kept], kind="stable")]
    return np.unique(place[kept], return_inverse=True)[1], answers[kept]


def _shared(answers: Answers) -> tuple[Table, Table]:
    votes = answers.votes()
    count = votes.sum(axis=1)
    several = count > 1
    if not several.any():
        raise InvalidInputError(_NONE, remedy=_ASK)
    return votes[several], count[several]


def _beyond(observed: float, expected: float) -> float:
    return 1.0 if observed == 1.0 else (observed - expected) / (1 - expected)


def f_measure_change_bound(kappa: float, precision: float | None = None) -> float:
    """Most that the F1 of one class can differ between two models that agree with ``kappa`` on it.

    Kappa is that of two answers, the class or not, on the rows on which F1 is measured: two
    classes, one against the rest, or all decisions of a set together (micro F1). It does not hold
    for kappa of more classes, which may be near 1 while a rare class is forgotten.

    |dF| <= 4 (1 - kappa) / kappa, or 4 (1 - kappa) / ((p + 1) kappa) with precision p
    (Bloodgood and Grothendieck, 2013, "Analysis of stopping active learning based on stabilizing
    predictions"). F1 lies in 0 to 1, so 1 is returned where the formula says more.
    """
    if kappa <= 0:
        return 1.0
    scale = kappa if precision is None else (precision + 1) * kappa
    return float(min(max(4 * (1 - kappa) / scale, 0.0), 1.0))
