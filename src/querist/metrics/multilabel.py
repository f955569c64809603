"""How good a model is where an asset may have any number of classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length
from querist.metrics.class_measures import ClassMeasure, macro_of, one_class
from querist.metrics.ranking import binary
from querist.metrics.resampling import REPEATS, Floats, measure, ratio, resampled_sums
from querist.metrics.shares import proportion
from querist.schema.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSetMeasures:
    """A model that says which of C classes each of n assets has; bootstrap over the assets.

    All are better when higher, but ``hamming_loss``.

    Attributes:
        exact: Share of the assets whose whole set is right, with Wilson's interval.
        hamming_loss: Share of wrong answers, class by class; lower is better.
        micro_precision: Share of the classes said that are right, over all assets.
        micro_recall: Share of the classes there are that are said.
        micro_f1: 2 tp / (2 tp + fp + fn) over all classes together.
        macro_precision: Mean over the classes that occur in either; 0 where never said.
        macro_recall: Mean over the classes that some asset has.
        macro_f1: Mean over the classes that occur in either.
        per_class: Each class, in order, with Wilson's intervals.
    """

    exact: Measure
    hamming_loss: Measure
    micro_precision: Measure
    micro_recall: Measure
    micro_f1: Measure
    macro_precision: Measure
    macro_recall: Measure
    macro_f1: Measure
    per_class: tuple[ClassMeasure, ...]


def measure_label_sets(
    truth: ArrayLike, predicted: ArrayLike, rng: np.random.Generator, *, repeats: int = REPEATS
) -> LabelSetMeasures:
    """Measure the sets that a model says (n, C) against the true ones (n, C), each 0 or 1.

    For probabilities see ``measure_ranking``. Time O(R n C), memory O((n + R) C).

    Raises:
        InvalidInputError: the shapes differ, there are no rows, or a value is not 0 or 1.
    """
    true, said = (
        binary(name, table)
        for name, table in zip(
            ("The truth", "The predictions"),
            same_length(truth=truth, predicted=predicted),
            strict=True,
        )
    )
    if true.ndim != 2 or true.shape != said.shape:
        raise InvalidInputError(
            f"The truth has the shape {true.shape}, the predictions {said.shape}.",
            remedy="Give both as assets by classes.",
        )
    size, width = true.shape
    parts = np.concatenate([true & said, true, said], axis=1, dtype=np.float64)
    every = parts.sum(axis=0, keepdims=True)
    samples = resampled_sums(parts, rng, repeats)

    def measured(index: int, better_low: bool = False) -> Measure:
        value, draws = (_all(sums, width, size)[index] for sums in (every, samples))
        return measure(float(value[0]), draws, size, "lower" if better_low else "higher")

    hits, there, named = (part.astype(np.int64) for part in np.split(every[0], 3))
    return LabelSetMeasures(
        exact=proportion(int((true == said).all(axis=1).sum()), size),
        hamming_loss=measured(6, better_low=True),
        micro_precision=measured(0),
        micro_recall=measured(1),
        micro_f1=measured(2),
        macro_precision=measured(3),
        macro_recall=measured(4),
        macro_f1=measured(5),
        per_class=tuple(
            one_class(int(a), int(b), int(c)) for a, b, c in zip(hits, there, named, strict=True)
        ),
    )


def _all(sums: Floats, width: int, size: int) -> list[Floats]:
    hits, true, said = np.split(sums, 3, axis=1)
    a, b, c = hits.sum(axis=1), true.sum(axis=1), said.sum(axis=1)
    micro = ratio(a, c), ratio(a, b), ratio(2 * a, b + c)
    return [*micro, *macro_of(hits, true, said), (b + c - 2 * a) / (size * width)]
