"""The stream seam: one arrival in, one verdict out, and a memory that is JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Signal
from querist.strategies.registry import Registry
from querist.strategies.streams.memory import Memory

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One asset that passes by; checked by ``check_arrival``, never changed.

    Attributes:
        probabilities: Class probabilities (C,) with C > 1, or ``None`` if the model says nothing.
        embedding: Its vector (d,), finite, or ``None``.
        time: When it came, in seconds since any fixed moment, or ``None``.
    """

    probabilities: Vector | None = None
    embedding: Vector | None = None
    time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a strategy thinks of an arrival; the budget has the last word.

    Attributes:
        wants: Whether it should be asked.
        score: Finite; higher is asked first.
        threshold: The score above which this arrival is asked; ``None`` if there is no such number.
        reason: One short sentence, for people.
        random: Drawn by chance alone, so that its label measures the model without bias.
    """

    wants: bool
    score: float
    threshold: float | None
    reason: str
    random: bool = False


@runtime_checkable
class StreamStrategy(Memory, Protocol):
    """Decides about each arrival when it comes, in bounded time and memory.

    ``needs`` names the signals that every arrival it judges has; an arrival without a prediction is
    asked before it gets here. The same arrivals and generator state give the same verdicts.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]

    @property
    def needs(self) -> frozenset[Signal]:
        """The signals it cannot do without."""
        ...

    def judge(
        self, arrival: Arrival, *, allowed: bool, share: float, rng: np.random.Generator
    ) -> Verdict:
        """Judge the next arrival and learn from it.

        Args:
            arrival: What came.
            allowed: Whether the budget lets it be asked; it is asked if wanted and allowed.
            share: The share of all arrivals that may be asked, 0 to 1.
            rng: Decides everything that is left to chance.
        """
        ...

    def reset(self) -> None:
        """Forget what belonged to the model before a drift."""
        ...


REGISTRY: Registry[StreamStrategy] = Registry(
    kind="stream strategy",
    group="querist.stream_strategies",
    builtin="querist.strategies.streams.builtin",
)
register = REGISTRY.register
create = REGISTRY.create
names = REGISTRY.names
