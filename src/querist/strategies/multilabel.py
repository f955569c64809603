"""The uncertainty family where a row may have any number of classes: each class by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import UnknownNameError
from querist.schema import percent
from querist.strategies.base import Floats, Pool, Selection, Signal, register
from querist.strategies.geometry import row_chunks
from querist.strategies.needs import need_multilabel_probabilities
from querist.strategies.selectors import top_k

Values = NDArray[np.float64]

AGGREGATES: dict[str, Callable[[Values], Values]] = {
    "mean": lambda table: table.mean(axis=1),
    "max": lambda table: table.max(axis=1),
    "min": lambda table: table.min(axis=1),
}


def margin(chances: Values) -> Values:
    """1 - |p - (1 - p)| of each class by itself, 0 to 1."""
    return 1 - np.abs(2 * chances - 1)


def least_confidence(chances: Values) -> Values:
    """1 - max(p, 1 - p) of each class by itself, 0 to 1/2: half of ``margin``, so one order."""
    return np.minimum(chances, 1 - chances)


def entropy(chances: Values) -> Values:
    """-p log p - (1 - p) log(1 - p) of each class by itself, in nats, 0 to log 2."""
    found: Values = np.zeros_like(chances)
    for p in (chances, 1 - chances):
        safe = np.where(p > 0, p, 1)
        found -= safe * np.log(safe)
    return found


def aggregated(
    chances: Floats, measure: Callable[[Values], Values], aggregate: str = "max"
) -> Values:
    """The max, mean or min of the measure over the classes of each row (n, C) → (n,)."""
    found = np.empty(len(chances))
    for part in row_chunks(len(chances), 8 * chances.shape[1]):
        block = np.clip(chances[part].astype(np.float64), 0, 1)
        found[part] = AGGREGATES[aggregate](measure(block))
    return found


def known_aggregate(name: str) -> None:
    """Refuse a way to put classes together that does not exist.

    Raises:
        UnknownNameError: the nearest names are offered.
    """
    if name not in AGGREGATES:
        raise UnknownNameError.of("aggregate", name, AGGREGATES)


def doubts(chances: Floats, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """One sentence for each row of chances (n, C), on the class whose chance is nearest to 1/2."""
    table = np.asarray(chances)
    nearest = np.abs(table - 0.5).argmin(axis=1)
    values = np.take_along_axis(table, nearest[:, None], axis=1)[:, 0]
    return tuple(
        f"The model is least sure about {names[code] if names else 'one of its classes'} "
        f"({percent(chance, 0)})."
        for code, chance in zip(nearest.tolist(), np.clip(values, 0, 1).tolist(), strict=True)
    )


MEASURES = {"margin": margin, "least-confidence": least_confidence, "entropy": entropy}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubtful:
    """Most doubtful classes first.

    Of a single class every measure gives the same order, so with ``max`` and ``min`` all strategies
    of the family ask the same; with ``mean`` entropy differs from the others.

    Attributes:
        aggregate: How the classes of a row are put together: ``max`` (one doubtful class is enough,
            so that rare classes count), ``mean`` or ``min`` (all must be doubtful).
    """

    name: ClassVar[str]
    measure: ClassVar[str]
    paper: ClassVar[str] = (
        "Esuli and Sebastiani (2009), Active learning strategies for multi-label text "
        "classification."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.MULTILABEL_PROBABILITIES})
    aggregate: str = "max"

    def __post_init__(self) -> None:
        known_aggregate(self.aggregate)

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """The ``n`` picks; the score is the measure, put together over the classes."""
        table = need_multilabel_probabilities(pool, self.name)
        values = aggregated(table, MEASURES[self.measure], self.aggregate)[pool.candidates]
        places = top_k(values, n, rng)
        picks = pool.candidates[places]
        return Selection(
            indices=picks,
            scores=values[places],
            reasons=doubts(table[picks], pool.class_names),
            note=f"The rows with the most doubtful classes, by the {self.aggregate} over them.",
        )


@register
class MultilabelMargin(_Doubtful):
    """Chances nearest to one half first."""

    name: ClassVar[str] = "multilabel-margin"
    summary: ClassVar[str] = "For sets of classes: each class's chance nearest to one half."
    measure: ClassVar[str] = "margin"


@register
class MultilabelLeastConfidence(_Doubtful):
    """Least sure answers first; the order is that of ``multilabel-margin``."""

    name: ClassVar[str] = "multilabel-least-confidence"
    summary: ClassVar[str] = "For sets of classes: the least sure yes or no of each class."
    measure: ClassVar[str] = "least-confidence"


@register
class MultilabelEntropy(_Doubtful):
    """Highest entropy of the classes' yes or no first."""

    name: ClassVar[str] = "multilabel-entropy"
    summary: ClassVar[str] = "For sets of classes: the entropy of each class's yes or no."
    measure: ClassVar[str] = "entropy"
