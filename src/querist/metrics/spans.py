"""How good a model is at marking entities in texts: exact spans of the right class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.errors import InvalidInputError
from querist.metrics.checks import same_length
from querist.metrics.class_measures import ClassMeasure, macro_of, one_class
from querist.metrics.resampling import REPEATS, Floats, measure, ratio, resampled_sums
from querist.schema.measure import Measure

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """S spans in n texts, as columns.

    Attributes:
        assets: Which text each span is in (S,), 0 to n - 1.
        classes: Its class (S,), 0 to C - 1.
        starts: Its first character (S,).
        ends: The character after its last (S,).
    """

    assets: Codes
    classes: Codes
    starts: Codes
    ends: Codes

    @classmethod
    def of(cls, assets: ArrayLike, classes: ArrayLike, starts: ArrayLike, ends: ArrayLike) -> Spans:
        """Check the four columns (S,), which may be empty; a span that is there twice counts once.

        Raises:
            InvalidInputError: lengths differ, a number is negative, or a span is empty.
        """
        columns = [np.asarray(c, dtype=np.int64).ravel() for c in (assets, classes, starts, ends)]
        if len({len(column) for column in columns}) > 1:
            raise InvalidInputError(
                "The columns of the spans disagree in length.",
                remedy="Give an asset, a class, a start and an end for each span.",
            )
        table = np.unique(np.stack(columns, axis=1), axis=0)
        if table.size and (table.min() < 0 or (table[:, 2] >= table[:, 3]).any()):
            raise InvalidInputError(
                "A span has a negative number, or does not end after its start.",
                remedy="Give a start from 0 and an end above it.",
            )
        return cls(assets=table[:, 0], classes=table[:, 1], starts=table[:, 2], ends=table[:, 3])

    def rows(self) -> Codes:
        """The four columns side by side (S, 4)."""
        return np.stack([self.assets, self.classes, self.starts, self.ends], axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanMeasures:
    """Exact entity match over n texts with bootstrap intervals over them; higher is better.

    Attributes:
        precision: Share of the spans said that are right, all classes together (micro).
        recall: Share of the true spans that are found (micro).
        f1: 2 tp / (2 tp + fp + fn) (micro).
        macro_f1: Mean F1 over the classes that occur in either.
        per_class: Each class, in order, with Wilson's intervals; spans are what is counted.
    """

    precision: Measure
    recall: Measure
    f1: Measure
    macro_f1: Measure
    per_class: tuple[ClassMeasure, ...]


def measure_spans(
    truth: Spans,
    predicted: Spans,
    rng: np.random.Generator,
    *,
    asset_count: int,
    class_count: int,
    repeats: int = REPEATS,
) -> SpanMeasures:
    """Measure the spans that a model marks against the true ones.

    A span is right if text, class, start and end all agree (Tjong Kim Sang and De Meulder, 2003,
    "Introduction to the CoNLL-2003 shared task"). Time O(S log S + R n C), memory O(S + (n + R) C).

    Raises:
        InvalidInputError: there are no texts, or a text or class is beyond its count.
    """
    parts = hits_of_spans(truth, predicted, asset_count=asset_count, class_count=class_count)
    every = parts.sum(axis=0, keepdims=True)
    samples = resampled_sums(parts, rng, repeats)
    measured = [
        measure(float(value[0]), draws, asset_count)
        for value, draws in zip(_scores(every), _scores(samples), strict=True)
    ]
    right, there, said = (part.astype(np.int64) for part in np.split(every[0], 3))
    return SpanMeasures(
        precision=measured[0],
        recall=measured[1],
        f1=measured[2],
        macro_f1=measured[3],
        per_class=tuple(
            one_class(int(a), int(b), int(c)) for a, b, c in zip(right, there, said, strict=True)
        ),
    )


def hits_of_spans(truth: Spans, predicted: Spans, *, asset_count: int, class_count: int) -> Floats:
    """Spans that are right, that there are, and that are said, of each text and class (n, 3 C).

    Raises:
        InvalidInputError: there are no texts, or a text or class is beyond its count.
    """
    for name, spans in (("truth", truth), ("predictions", predicted)):
        _check(name, spans.assets, asset_count, spans.classes, class_count)
    both, found = np.unique(
        np.concatenate([truth.rows(), predicted.rows()]), axis=0, return_counts=True
    )
    hits = both[found == 2]
    columns = [hits[:, :2], truth.rows()[:, :2], predicted.rows()[:, :2]]
    return np.concatenate([_counts(c, asset_count, class_count) for c in columns], axis=1)


def _check(name: str, assets: Codes, asset_count: int, classes: Codes, class_count: int) -> None:
    same_length(assets=np.arange(asset_count))
    if len(assets) and (assets.max() >= asset_count or classes.max() >= class_count):
        raise InvalidInputError(
            f"The {name} hold an asset or a class beyond {asset_count} and {class_count}.",
            remedy="Number both from 0 and give the right counts.",
        )


def _counts(rows: Codes, asset_count: int, class_count: int) -> Floats:
    places = rows[:, 0] * class_count + rows[:, 1]
    counts = np.bincount(places, minlength=asset_count * class_count)
    return counts.reshape(asset_count, class_count).astype(np.float64)


def _scores(sums: Floats) -> tuple[Floats, ...]:
    hits, true, said = np.split(sums, 3, axis=1)
    a, b, c = hits.sum(axis=1), true.sum(axis=1), said.sum(axis=1)
    return ratio(a, c), ratio(a, b), ratio(2 * a, b + c), macro_of(hits, true, said)[2]
