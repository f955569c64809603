"""The strategy seam: what a query strategy gets, what it returns, and where it is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from querist.strategies.registry import Registry

Floats = NDArray[np.floating]
Positions = NDArray[np.int64]

# From vectors (m, d) to the logits (m, C) there, and their gradients by the vectors (m, C, d).
Gradient = Callable[[Floats], tuple[Floats, Floats]]

UNLABELED = -1


class Signal(StrEnum):
    """An array a strategy needs and the caller provides."""

    PROBABILITIES = "probabilities"
    EMBEDDINGS = "embeddings"
    COMMITTEE = "committee"
    HEAD = "head"
    GRADIENT = "gradient"
    MULTILABEL_PROBABILITIES = "multilabel_probabilities"
    PREDICTIONS = "predictions"
    COMMITTEE_PREDICTIONS = "committee_predictions"
    UNCERTAINTY = "uncertainty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last layer of a model that is linear in the embeddings; logits are ``h @ W.T + b``.

    Attributes:
        weights: W (C, d), float32.
        intercept: b (C,), float32.
    """

    weights: Floats
    intercept: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Everything a strategy may look at; validated by ``check_pool``, never changed.

    Attributes:
        size: Number of rows N.
        probabilities: Class probabilities (N, C) of the deployed model, or ``None`` before one.
        embeddings: Vectors (N, d), float32, finite, or ``None``.
        labeled: Positions of the labelled rows (L,), sorted.
        labels: Their classes (L,), whole numbers from 0.
        candidates: Positions that may be returned (M,), sorted; never holds a labelled row.
        class_count: Number of classes C if known, else ``None``.
        class_names: Their names (C,) for the reasons, or ``None``; no choice depends on them.
        committee: Class probabilities (K, N, C) of K members, or ``None``.
        head: The model's last layer over ``embeddings``, or ``None``.
        gradient: A model over the embeddings that is not linear, as a callable, or ``None``.
        multilabel_probabilities: Where a row may have any number of classes: the chance (N, C) that
            it has each, which need not sum to one.
        label_sets: The classes of the labelled rows then, 1 or 0 (L, C); ``UNLABELED`` if unknown.
        predictions: Where a label is a number: what the deployed model predicts (N,).
        committee_predictions: What each of K models predicts (K, N).
        targets: The numbers of the labelled rows then (L,); NaN where unknown.
        uncertainty: Where a label has parts, as boxes and spans: how unsure the model is of each
            row as a whole (N,), finite, 0 or more; higher is less sure, and the unit is its own.
    """

    size: int
    probabilities: Floats | None
    embeddings: Floats | None
    labeled: Positions
    labels: Positions
    candidates: Positions
    class_count: int | None = None
    class_names: tuple[str, ...] | None = None
    committee: Floats | None = None
    head: Head | None = None
    gradient: Gradient | None = None
    multilabel_probabilities: Floats | None = None
    label_sets: NDArray[np.int8] | None = None
    predictions: Floats | None = None
    committee_predictions: Floats | None = None
    targets: NDArray[np.float64] | None = None
    uncertainty: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A batch, in the order in which to ask.

    Attributes:
        indices: Positions in the pool (B,), no repeats.
        scores: The strategy's score of each (B,); higher was preferred. Finite.
        reasons: One short sentence each, for people.
        propensities: Probability that each row was drawn (B,), where exactly known; else ``None``.
        draw_chances: Of each draw (B,), the chance that this row was the next, given those before
            it: what ``querist.metrics.lure_accuracy`` takes. Only where rows of the whole pool were
            drawn one after the other and none had less than a quarter of the mean chance.
        note: One sentence on what the strategy did and why, for people.
    """

    indices: Positions
    scores: Floats
    reasons: tuple[str, ...]
    propensities: Floats | None = None
    draw_chances: Floats | None = None
    note: str = ""


@runtime_checkable
class Strategy(Protocol):
    """Chooses which candidates to ask next.

    ``needs`` names the signals without which it refuses. The same pool and generator state give
    the same answer; the order of the pool matters only among exact ties.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]

    @property
    def needs(self) -> frozenset[Signal]:
        """The signals it cannot do without; of its class, or of what it is made of."""
        ...

    def select(self, pool: Pool, n: int, rng: np.random.Generator) -> Selection:
        """Choose ``n`` of ``pool.candidates``; the caller makes sure that there are as many."""
        ...


# Rows, annotators and classes of all answers so far, three columns of one length.
Answered = tuple[ArrayLike, ArrayLike, ArrayLike]


@runtime_checkable
class AsksAgain(Protocol):
    """A strategy that may also choose rows that have labels, for another annotator's opinion."""

    def with_answers(self, answers: Answered) -> Strategy:
        """The strategy that knows who answered what; ``Pool.labeled`` lacks rows to ask again."""
        ...


REGISTRY: Registry[Strategy] = Registry(
    kind="strategy", group="querist.strategies", builtin="querist.strategies.builtin"
)
register = REGISTRY.register
create = REGISTRY.create
names = REGISTRY.names
