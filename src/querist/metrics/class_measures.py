"""How good a classifier is, in all and class by class, each number with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length
from querist.metrics.classification import with_probabilities
from querist.metrics.ranking import RankingMeasures, measure_ranking
from querist.metrics.resampling import (
    REPEATS,
    Floats,
    mean_known,
    measure,
    of_sums,
    ratio,
    resampled_cells,
)
from querist.metrics.shares import proportion, share_of_counts
from querist.schema.measure import Measure

_TINY = 1e-15
# Numbers of one kind held at a time in the bootstrap.
_BLOCK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMeasure:
    """One class: ``precision``, ``recall`` and ``f1`` with 95 % intervals; higher is better.

    The intervals are Wilson's: of the recall given the rows of the class, of the precision given
    the predictions, and of F1 through tp / (tp + fp + fn), of which it is a rising function.

    Attributes:
        precision: Share of the predictions of the class that are right.
        recall: Share of its rows that are found.
        f1: 2 tp / (2 tp + fp + fn).
        count: Its rows.
    """

    precision: Measure
    recall: Measure
    f1: Measure
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassMeasures:
    """A classifier with one class for each of n rows; bootstrap intervals unless said otherwise.

    Means over classes need some ten rows of each: with fewer they are a little too low on average
    and their intervals too narrow (35 classes and 100 rows: 80 % hold the truth, 300 rows: 86 %).

    Attributes:
        accuracy: Share of right rows, with Wilson's interval. With one class for each row, micro
            precision, recall and F1 are all the same number.
        macro_precision: Mean over the classes that occur in either; 0 where never predicted.
        macro_recall: Mean over the classes that have rows.
        macro_f1: Mean over the classes that occur in either.
        per_class: Each class, in order.
    """

    accuracy: Measure
    macro_precision: Measure
    macro_recall: Measure
    macro_f1: Measure
    per_class: tuple[ClassMeasure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbabilityMeasures:
    """What the probabilities of a classifier are worth, over n rows, with bootstrap intervals.

    Attributes:
        log_loss: In nats; lower is better.
        brier: 0 to 2; lower is better.
        ranking: AUROC and average precision of each class against the rest.
    """

    log_loss: Measure
    brier: Measure
    ranking: RankingMeasures


def measure_classes(
    truth: ArrayLike,
    predicted: ArrayLike,
    rng: np.random.Generator,
    *,
    class_count: int,
    repeats: int = REPEATS,
) -> ClassMeasures:
    """Measure the predicted classes (n,) against the true ones; codes from 0.

    Time O(n + R (C + pairs)) for R repeats and the pairs of classes that occur; memory O(n) and
    some million numbers.

    Raises:
        InvalidInputError: lengths differ, no rows, or a class is negative or not below C.
    """
    t, p = same_length(truth=truth, predicted=predicted)
    t, p = codes("truth", t, class_count), codes("predicted", p, class_count)
    cells, counts = np.unique(t * class_count + p, return_counts=True)
    rows, columns = np.divmod(cells, class_count)
    total = len(t)

    def sums(table: Floats) -> tuple[Floats, Floats, Floats]:
        """Right, true and predicted rows of each class (R, C)."""
        found = [np.zeros((len(table), class_count)) for _ in range(3)]
        for j, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            found[0][:, row] += table[:, j] if row == column else 0.0
            found[1][:, row] += table[:, j]
            found[2][:, column] += table[:, j]
        return found[0], found[1], found[2]

    every = sums(counts[None].astype(np.float64))
    step = max(1, _BLOCK // class_count)
    blocks = [
        macro_of(*sums(resampled_cells(counts.astype(np.float64), rng, min(step, repeats - done))))
        for done in range(0, repeats, step)
    ]
    macro = [
        measure(float(value[0]), np.concatenate(draws), total)
        for value, draws in zip(macro_of(*every), zip(*blocks, strict=True), strict=True)
    ]
    hits, true, said = (part[0].astype(np.int64) for part in every)
    return ClassMeasures(
        accuracy=proportion(int(hits.sum()), total),
        macro_precision=macro[0],
        macro_recall=macro[1],
        macro_f1=macro[2],
        per_class=tuple(
            one_class(int(a), int(b), int(c)) for a, b, c in zip(hits, true, said, strict=True)
        ),
    )


def measure_probabilities(
    truth: ArrayLike,
    probabilities: ArrayLike,
    rng: np.random.Generator,
    *,
    repeats: int = REPEATS,
) -> ProbabilityMeasures:
    """Measure the probabilities (n, C) against the true classes (n,); see ``measure_ranking``.

    Raises:
        InvalidInputError: lengths differ, no rows, NaN, or a class without a column.
    """
    t, p = with_probabilities(truth, probabilities)
    one_hot = t[:, None] == np.arange(p.shape[1])
    return ProbabilityMeasures(
        log_loss=measure_log_loss(t, p, rng, repeats=repeats),
        brier=measure_brier(t, p, rng, repeats=repeats),
        ranking=measure_ranking(one_hot, p, rng, repeats=repeats),
    )


def measure_log_loss(
    truth: ArrayLike,
    probabilities: ArrayLike,
    rng: np.random.Generator,
    *,
    repeats: int = REPEATS,
) -> Measure:
    """The log loss of probabilities (n, C) with its bootstrap interval; lower is better."""
    t, p = with_probabilities(truth, probabilities)
    true = np.maximum(p[np.arange(len(t)), t], _TINY)
    return measure_mean(-np.log(true), rng, repeats=repeats)


def measure_brier(
    truth: ArrayLike,
    probabilities: ArrayLike,
    rng: np.random.Generator,
    *,
    repeats: int = REPEATS,
) -> Measure:
    """The Brier score of probabilities (n, C) with its bootstrap interval; lower is better."""
    t, p = with_probabilities(truth, probabilities)
    true = p[np.arange(len(t)), t]
    return measure_mean((p**2).sum(axis=1) - 2 * true + 1, rng, repeats=repeats)


def measure_mean(losses: Floats, rng: np.random.Generator, *, repeats: int = REPEATS) -> Measure:
    """The mean of a loss (n,) with its bootstrap interval; lower is better."""
    parts = np.column_stack([losses, np.ones(len(losses))])
    return of_sums(parts, lambda s: s[:, 0] / s[:, 1], rng, better="lower", repeats=repeats)


def one_class(hits: int, true: int, said: int) -> ClassMeasure:
    """Precision, recall and F1 of ``hits`` right among ``true`` rows and ``said`` predictions."""
    either = true + said - hits
    shares = proportion(hits, said), proportion(hits, true), proportion(hits, either)
    return _measured(*shares)


def class_of_counts(hits: ArrayLike, true: ArrayLike, said: ArrayLike) -> ClassMeasure:
    """The same of marks, of which an asset holds any number: counts of each asset (n,)."""
    right, there, named = (np.asarray(it, dtype=np.int64) for it in (hits, true, said))
    either = there + named - right
    return _measured(*(share_of_counts(right, whole) for whole in (named, there, either)))


def _measured(precision: Measure, recall: Measure, overlap: Measure) -> ClassMeasure:
    f1 = Measure(
        value=2 * overlap.value / (1 + overlap.value),
        low=2 * overlap.low / (1 + overlap.low),
        high=2 * overlap.high / (1 + overlap.high),
        count=overlap.count,
    )
    return ClassMeasure(precision=precision, recall=recall, f1=f1, count=recall.count)


def codes(name: str, values: ArrayLike, class_count: int) -> NDArray[np.int64]:
    """The values as classes 0 to C - 1.

    Raises:
        InvalidInputError: one is not.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iub" or (
        array.size and (array.min() < 0 or array.max() >= class_count)
    ):
        raise InvalidInputError(
            f"{name} holds a class outside 0 to {class_count - 1}.",
            remedy="Number the classes from 0 and give the right class count.",
        )
    return array.astype(np.int64)


def macro_of(hits: Floats, true: Floats, said: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean precision, recall and F1 (R,) of what is right, there and said of classes (R, C).

    Precision and F1 are means over the classes that occur in either, as in scikit-learn: one that
    is there and never said counts 0. Recall is the mean over the classes that are there.
    """
    never_said = (said == 0) & (true > 0)
    return (
        mean_known(np.where(never_said, 0.0, ratio(hits, said))),
        mean_known(ratio(hits, true)),
        mean_known(ratio(2 * hits, true + said)),
    )
