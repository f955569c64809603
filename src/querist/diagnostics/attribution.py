"""Attribution: which groups of labels, and which single labels, taught the model what it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from querist.diagnostics.sample import vectors_of
from querist.diagnostics.softmax_head import SoftmaxProblem, Table
from querist.errors import InvalidInputError
from querist.metrics.intervals import mean_interval
from querist.strategies.geometry import Matrix
from querist.strategies.linear_head import softmax

Codes = NDArray[np.int64]

# Newton steps from the fit of all labels to the fit without a group. One ranks the groups as
# retraining does, the second mends what is left where a group is large.
STEPS = 2
# The most that a probability can change, in points: all that is known from a single asset.
MOST = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What one group of labels taught: the model with it minus the model without it.

    Attributes:
        group: Its number.
        labels: How many labels it holds.
        points: Change of the mean probability of the true class, in points; higher taught more.
        low: Lower end of its 95 % interval, Student's over the sampled assets; -100 of one asset.
        high: Upper end; 100 of one asset.
        p_value: Chance of points so far from 0 by luck, by the same distribution; not adjusted for
            other groups, so that who picks one of k has to multiply it by k.
        accuracy: Change of the accuracy, in points: coarser, as few assets change sides.
        per_class: The same as ``points`` for the sampled assets of each class (C,); NaN where the
            sample has none.
    """

    group: int
    labels: int
    points: float
    low: float
    high: float
    p_value: float
    accuracy: float
    per_class: NDArray[np.float64]

    @property
    def density(self) -> float:
        """Points a hundred labels of the group: how much there was to learn in each."""
        return 100 * self.points / max(self.labels, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """What the labels of a model taught it.

    Attributes:
        groups: One for each group, by number.
        pulls: Points that each label (n,) brought, to first order; below 0 it did harm.
        probabilities: What the head of all labels says of the sample (m, C).
        taught_by: The same as ``groups`` for other groups (n,) of the same labels.
    """

    groups: tuple[Taught, ...]
    pulls: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    taught_by: Callable[[ArrayLike], tuple[Taught, ...]]


def attribute(
    vectors: ArrayLike,
    truth: ArrayLike,
    groups: ArrayLike,
    sample_vectors: ArrayLike,
    sample_truth: ArrayLike,
    *,
    class_count: int,
    steps: int = STEPS,
) -> Attribution:
    """What each group of labels taught a regularised linear head, without training it anew.

    For each group the head takes Newton steps from the fit of all labels to the fit of the others,
    which is leave-one-out in closed form for a group; the Hessian is only ever multiplied with, so
    memory grows with (n + d) C. Koh, Ang, Teo and Liang (2019), "On the accuracy of influence
    functions for measuring group effects"; Rad and Maleki (2020), "A scalable estimate of the
    out-of-sample prediction error via approximate leave-one-out".

    Args:
        vectors: Of the labels (n, d).
        truth: Their classes (n,), 0 to C - 1.
        groups: The group of each label (n,), from 0; -1 for labels of no group.
        sample_vectors: Of labelled assets that the model did not learn from (m, d).
        sample_truth: Their classes (m,).
        class_count: C.
        steps: Newton steps a group, 1 or more.

    Raises:
        InvalidInputError: shapes disagree, a class is out of range, there is NaN, fewer than two
            classes, or no sample.
    """
    codes, asked = (np.asarray(x, dtype=np.int64) for x in (truth, sample_truth))
    members = np.asarray(groups, dtype=np.int64)
    rows = vectors_of(vectors, len(codes))
    others = vectors_of(sample_vectors, len(asked))
    _check(rows, codes, members, others, asked, class_count)
    problem = SoftmaxProblem.of(rows, codes, class_count)
    weights = problem.fit()
    sample = problem.standardized(others)
    whole = _said(sample, weights, codes, class_count)

    def without(kept: NDArray[np.bool_]) -> Table:
        if kept.all():
            return whole
        if not kept.any():
            return np.full_like(whole, 1 / class_count)
        stepped = problem.stepped(weights, kept, steps)
        return _said(sample, stepped, codes[kept], class_count)

    def taught_by(members: ArrayLike) -> tuple[Taught, ...]:
        return retrained(without, members, asked)

    return Attribution(
        groups=taught_by(members),
        pulls=100 * problem.pull(weights, _aim(sample, whole, asked)),
        probabilities=whole,
        taught_by=taught_by,
    )


def class_groups(truth: ArrayLike, among: ArrayLike, most: int) -> Codes:
    """The labels of each class as a group (n,), for ``attribute``: the class, or -1 for no group.

    A class makes no group where fewer than two classes had labels without it: there is no model
    to compare with then.

    Args:
        truth: Classes of the labels (n,).
        among: Which labels (n,) are to be grouped, as truth values.
        most: Of more classes those with most of these labels are taken.
    """
    codes = np.asarray(truth, dtype=np.int64)
    groups = np.where(np.asarray(among, dtype=bool), codes, -1)
    classes, counts = np.unique(groups[groups >= 0], return_counts=True)
    ordered = classes[np.argsort(-counts, kind="stable")].tolist()
    left = (code for code in ordered if len(np.unique(codes[groups != code])) > 1)
    return np.where(np.isin(groups, list(islice(left, most))), groups, -1)


def retrained(
    probabilities: Callable[[NDArray[np.bool_]], NDArray[np.floating]],
    groups: ArrayLike,
    sample_truth: ArrayLike,
) -> tuple[Taught, ...]:
    """The same by actually training without each group: exact for any model, and slow.

    Args:
        probabilities: Trains on the labels that are kept (n,) and says the probabilities (m, C) of
            the sample.
        groups: The group of each label (n,), from 0; -1 for labels of no group.
        sample_truth: Classes of the sample (m,).
    """
    members, asked = (np.asarray(x, dtype=np.int64) for x in (groups, sample_truth))
    whole = np.asarray(probabilities(np.ones(len(members), dtype=bool)), dtype=np.float64)
    return tuple(
        taught(
            group,
            int((members == group).sum()),
            whole,
            np.asarray(probabilities(members != group), dtype=np.float64),
            asked,
        )
        for group in np.unique(members[members >= 0]).tolist()
    )


def taught(group: int, labels: int, whole: Table, without: Table, truth: Codes) -> Taught:
    """The difference between two models' probabilities (m, C) for a sample with classes (m,).

    The interval of the mean is Student's (1908, "The probable error of a mean"); a single asset
    tells no spread, so its interval holds every change there can be.
    """
    at = np.arange(len(truth))
    change = 100 * (whole[at, truth] - without[at, truth])
    right = (whole.argmax(axis=1) == truth).mean() - (without.argmax(axis=1) == truth).mean()
    count = whole.shape[1]
    totals = np.bincount(truth, minlength=count)
    sums = np.bincount(truth, weights=change, minlength=count)
    points, low, high, p_value = float(change.mean()), -MOST, MOST, 1.0
    if len(change) > 1:
        below, above = mean_interval(change)
        low, high, p_value = max(below, -MOST), min(above, MOST), _chance(change)
    return Taught(
        group=group,
        labels=labels,
        points=points,
        low=low,
        high=high,
        p_value=p_value,
        accuracy=100 * float(right),
        per_class=np.where(totals > 0, sums / np.maximum(totals, 1), np.nan),
    )


def _chance(change: NDArray[np.float64]) -> float:
    """Two-sided p-value of a mean of 0 of values (n,), by Student's t."""
    error = float(change.std(ddof=1)) / np.sqrt(len(change))
    if error == 0:
        return float(change[0] == 0)
    return float(2 * scipy.special.stdtr(len(change) - 1, -abs(float(change.mean())) / error))


def _said(sample: Table, weights: Table, learned: Codes, class_count: int) -> Table:
    """Probabilities (m, C); a class without any label is never said."""
    scores = sample @ weights
    scores[:, np.bincount(learned, minlength=class_count) == 0] = -np.inf
    return softmax(scores)


def _aim(sample: Table, table: Table, truth: Codes) -> Table:
    """Gradient (d + 1, C) of the mean probability of the true class by the weights."""
    at = np.arange(len(truth))
    own = table[at, truth]
    slope = -own[:, None] * table
    slope[at, truth] += own
    return np.asarray(sample.T @ slope / len(truth))


def _check(
    rows: Matrix, codes: Codes, members: Codes, others: Matrix, asked: Codes, class_count: int
) -> None:
    if members.shape != codes.shape or rows.shape[1] != others.shape[1] or not len(asked):
        raise InvalidInputError(
            f"{len(codes)} labels on vectors of {rows.shape[1]}, {members.shape} groups, and a "
            f"sample of {len(asked)} on vectors of {others.shape[1]} do not fit.",
            remedy="Give one group for each label, and a sample with vectors of the same encoder.",
        )
    both = np.concatenate([codes, asked])
    if not 0 <= both.min() <= both.max() < class_count or len(np.unique(codes)) < 2:
        raise InvalidInputError(
            f"The classes are {both.min()} to {both.max()} of {class_count}, "
            f"{len(np.unique(codes))} of them among the labels.",
            remedy="Give labels of two classes or more, as positions in the list of classes.",
        )
