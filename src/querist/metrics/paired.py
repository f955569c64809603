"""Two models on the same assets: each measure twice, and the difference with its own interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length
from querist.metrics.class_measures import codes, macro_of
from querist.metrics.intervals import wilson
from querist.metrics.resampling import (
    REPEATS,
    Floats,
    drawn,
    measure,
    resampled_cells,
)
from querist.metrics.shares import proportion
from querist.schema.measure import Measure

# Numbers of one kind held at a time in the bootstrap.
_BLOCK = 2**20
_TAIL = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One measure of two models on the same assets.

    Attributes:
        first: That of the first model.
        second: That of the second.
        difference: Second less first; its interval knows that the assets are the same, and is
            most often narrower than the two intervals beside each other suggest.
    """

    first: Measure
    second: Measure
    difference: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedClasses:
    """Two classifiers on the same n assets.

    Attributes:
        accuracy: Share of right assets.
        macro_precision: Mean over the classes that occur in the truth or what a model says, 0 of
            one that it never says; bootstrap.
        macro_recall: Mean over the classes that have assets; bootstrap.
        macro_f1: Mean over the classes that occur in the truth or what a model says; bootstrap.
        recall: By code of the class, of the classes that have assets.
    """

    accuracy: Paired
    macro_precision: Paired
    macro_recall: Paired
    macro_f1: Paired
    recall: dict[int, Paired]


def paired_shares(first: ArrayLike, second: ArrayLike) -> Paired:
    """Two shares of ``True`` over the same assets (n,), such as right answers.

    The difference has the interval of Newcombe (1998), "Improved confidence intervals for the
    difference between binomial proportions based on paired data", method 10: it never has no
    width, however few assets there are.

    Raises:
        InvalidInputError: lengths differ, or there are no assets.
    """
    one, two = (np.asarray(side, dtype=bool) for side in same_length(first=first, second=second))
    total = len(one)
    low, high = _newcombe(
        int((one & two).sum()), int((~one & two).sum()), int((one & ~two).sum()), total
    )
    hits = int(one.sum()), int(two.sum())
    return Paired(
        first=proportion(hits[0], total),
        second=proportion(hits[1], total),
        difference=Measure(value=(hits[1] - hits[0]) / total, low=low, high=high, count=total),
    )


def mcnemar(lost: int, gained: int) -> float:
    """How likely assets turn this unevenly by chance alone, 0 to 1: small means a real change.

    The exact test of McNemar (1947), "Note on the sampling error of the difference between
    correlated proportions or percentages", two-sided.

    Args:
        lost: Assets that only the first model gets right.
        gained: Assets that only the second one gets right.

    Raises:
        InvalidInputError: one is negative.
    """
    if min(lost, gained) < 0:
        raise InvalidInputError(
            f"{lost} and {gained} are no counts.", remedy="Give whole numbers of 0 or more."
        )
    total = lost + gained
    return min(1.0, 2 * float(scipy.special.bdtr(min(lost, gained), total, 0.5))) if total else 1.0


def paired_means(
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    better: Literal["higher", "lower"] = "higher",
    repeats: int = REPEATS,
) -> Paired:
    """Two means over the same assets (n,), with paired bootstrap intervals.

    Raises:
        InvalidInputError: lengths differ, or there are no assets.
    """
    one, two = same_length(first=first, second=second)
    return paired_sums(
        one.astype(np.float64)[:, None],
        two.astype(np.float64)[:, None],
        lambda sums: sums[:, 0] / len(one),
        rng,
        better=better,
        repeats=repeats,
    )


def paired_sums(
    first: Floats,
    second: Floats,
    statistic: Callable[[Floats], Floats],
    rng: np.random.Generator,
    *,
    better: Literal["higher", "lower"] = "higher",
    repeats: int = REPEATS,
) -> Paired:
    """A measure that is a function of column sums, of two models whose assets are drawn together.

    Args:
        first: What each asset adds to the first model's sums (n, k).
        second: What it adds to those of the second (n, k).
        statistic: From sums (R, k) to the measure (R,).
        rng: Draws the bootstrap samples; the same for both.
        better: The measure's direction.
        repeats: Bootstrap samples R.
    """
    same_length(first=first, second=second)
    values = [float(statistic(side.sum(axis=0, keepdims=True))[0]) for side in (first, second)]
    blocks = [
        (statistic(block @ first), statistic(block @ second))
        for block in drawn(len(first), rng, repeats)
    ]
    samples = [np.concatenate(side) for side in zip(*blocks, strict=True)]
    return paired(values, samples, len(first), better)


def paired(
    values: list[float],
    samples: list[Floats],
    count: int,
    better: Literal["higher", "lower"] = "higher",
) -> Paired:
    """A measure of two models from the values and samples (R,) of both, drawn together."""
    first, second = (
        measure(value, draws, count, better) for value, draws in zip(values, samples, strict=True)
    )
    difference = measure(values[1] - values[0], samples[1] - samples[0], count, better)
    return Paired(first=first, second=second, difference=difference)


def widened(pair: Paired) -> Paired:
    """The pair ``with_room``, of shares from 0 to 1."""
    return Paired(
        first=with_room(pair.first),
        second=with_room(pair.second),
        difference=with_room(pair.difference, least=-1.0),
    )


def with_room(one: Measure, *, least: float = 0.0) -> Measure:
    """The measure with room where all assets are alike, and a bootstrap of them has no width.

    Assets of another kind may be as frequent as n draws can all have missed, and could change it
    as far as can be, from ``least`` to 1: Hanley and Lippman-Hand (1983), "If nothing goes wrong,
    is everything all right?".
    """
    if one.low < one.high or not one.count:
        return one
    missed = 1 - _TAIL ** (1 / one.count)
    return replace(
        one,
        low=one.value - missed * (one.value - least),
        high=one.value + missed * (1 - one.value),
    )


def paired_classes(
    truth: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    rng: np.random.Generator,
    *,
    class_count: int,
    repeats: int = REPEATS,
) -> PairedClasses:
    """Measure what two models say (n,), (n,) against the true classes (n,); codes from 0.

    Counts of (class, said, said) cells are drawn, not assets: the cost of a bootstrap sample does
    not grow with n, and classes that do not occur cost nothing.

    Raises:
        InvalidInputError: lengths differ, no rows, or a class is negative or not below C.
    """
    given = same_length(truth=truth, first=first, second=second)
    columns = np.stack(
        [
            codes(name, it, class_count)
            for name, it in zip(("truth", "first", "second"), given, strict=True)
        ]
    )
    names, compact = np.unique(columns, return_inverse=True)
    t, one, two = compact.reshape(columns.shape)
    macro = _macro(t, one, two, len(names), rng, repeats)
    right = t == one, t == two
    order = np.argsort(t, kind="stable")
    starts = np.flatnonzero(np.diff(t[order], prepend=-1))
    recall = {
        int(names[t[rows[0]]]): paired_shares(right[0][rows], right[1][rows])
        for rows in np.split(order, starts[1:])
    }
    return PairedClasses(
        accuracy=paired_shares(*right),
        macro_precision=macro[0],
        macro_recall=macro[1],
        macro_f1=macro[2],
        recall=recall,
    )


def _macro(
    truth: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    width: int,
    rng: np.random.Generator,
    repeats: int,
) -> list[Paired]:
    """Macro precision, recall and F1 of both."""
    cells, counts = np.unique(np.stack([truth, first, second]), axis=1, return_counts=True)
    t, *said = cells
    every = counts.astype(np.float64)

    def indicator(rows: NDArray[np.bool_], columns: NDArray[np.int64]) -> scipy.sparse.csr_array:
        places = np.flatnonzero(rows)
        ones = np.ones(len(places))
        return scipy.sparse.csr_array((ones, (places, columns[places])), shape=(len(counts), width))

    anywhere = np.ones(len(counts), dtype=bool)
    there = indicator(anywhere, t)
    tables = [(indicator(it == t, t), there, indicator(anywhere, it)) for it in said]

    def scores(drawn_counts: Floats) -> list[tuple[Floats, ...]]:
        return [macro_of(*(drawn_counts @ part for part in side)) for side in tables]

    step = max(1, _BLOCK // width)
    blocks = [
        scores(resampled_cells(every, rng, min(step, repeats - done)))
        for done in range(0, repeats, step)
    ]
    values = scores(every[None])
    return [
        widened(
            paired(
                [float(values[side][which][0]) for side in (0, 1)],
                [np.concatenate([block[side][which] for block in blocks]) for side in (0, 1)],
                len(truth),
            )
        )
        for which in range(3)
    ]


def _newcombe(both: int, gained: int, lost: int, total: int) -> tuple[float, float]:
    """Interval of the second share less the first, from the counts of right pairs."""
    neither = total - both - gained - lost
    one, two = both + lost, both + gained
    p, q = two / total, one / total
    (low_p, high_p), (low_q, high_q) = wilson(two, total), wilson(one, total)
    product = float(two) * (total - two) * one * (total - one)
    top = float(both) * neither - float(gained) * lost
    # With the continuity correction, which only ever makes the pairs less alike.
    top = max(top - total / 2, 0.0) if top > 0 else top
    alike = top / np.sqrt(product) if product > 0 else 0.0

    def reach(mine: float, theirs: float) -> float:
        return float(np.sqrt(max(mine**2 - 2 * alike * mine * theirs + theirs**2, 0.0)))

    low = p - q - reach(p - low_p, high_q - q)
    high = p - q + reach(high_p - p, q - low_q)
    return max(low, -1.0), min(high, 1.0)
