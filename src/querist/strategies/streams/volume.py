"""VeSSAL: one pass of volume sampling, so that the questions span many gradient directions."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.strategies.base import Signal
from querist.strategies.parameters import positive
from querist.strategies.streams.base import Arrival, Vector, Verdict, register
from querist.strategies.streams.memory import Remembers
from querist.strategies.streams.thresholds import predicted

# What the covariance of the chosen starts with is this times the identity.
_RIDGE = 0.01
# Arrivals within which a stream without end comes back to its share.
_HORIZON = 100


@register
@dataclass(slots=True, kw_only=True)
class VolumeSampling(Remembers):
    """Asks with a chance that grows with how far the gradient leads beyond those asked so far.

    With the gradient u = (p - onehot) ⊗ h of the last layer, S = 0.01 I + Σ u uᵀ over the asked and
    M the mean of u uᵀ over all, the chance is rate · uᵀ S⁻¹ u / tr(M S⁻¹): about ``rate`` of the
    arrivals on average, without any threshold. The rate is what is left to ask over what is left
    to come, since gradients shrink as a model learns and chances end at one. S⁻¹ is updated by
    Sherman and Morrison: time and memory O(D²). Gradients longer than ``dimension`` are hashed into
    that many numbers with signs, which keeps their products on average (Weinberger et al., 2009).

    Attributes:
        items: Length of the stream, so that one pass asks about share · items; ``None`` for a
            stream without end.
        dimension: D, the most numbers of a gradient.
    """

    name: ClassVar[str] = "vessal"
    summary: ClassVar[str] = "Gradients that point away from those asked so far, in one pass."
    paper: ClassVar[str] = "Saran et al. (2023), Streaming active learning with deep networks."
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    items: int | None = None
    dimension: int = 256
    inverse: Vector = field(default_factory=lambda: np.zeros((0, 0)), init=False)
    mean: Vector = field(default_factory=lambda: np.zeros((0, 0)), init=False)
    averaged: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)
    asked: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        positive("dimension", self.dimension)
        if self.items is not None:
            positive("items", self.items)

    def judge(
        self, arrival: Arrival, *, allowed: bool, share: float, rng: np.random.Generator
    ) -> Verdict:
        """Draw with the chance of this arrival; if it will be asked, remember its direction."""
        assert arrival.embedding is not None, "the stream refuses arrivals without their signals"
        u = hashed(gradient(predicted(arrival), arrival.embedding), self.dimension)
        if len(u) != len(self.inverse):
            # Another number of classes is another model: its gradients live elsewhere.
            self._start(len(u))
        rate = self._rate(share)
        self.seen += 1
        self.averaged += 1
        self.mean += (np.outer(u, u) - self.mean) / self.averaged
        turned = self.inverse @ u
        reach = float(u @ turned)
        usual = float(np.vdot(self.mean, self.inverse))
        chance = min(1.0, rate * reach / usual) if usual > 0 else 0.0
        drawn = float(rng.random())
        wants = drawn < chance
        if wants and allowed:
            self.asked += 1
            self.inverse -= np.outer(turned, turned) / (1 + reach)
        word = "Drawn" if wants else "Not drawn"
        return Verdict(
            wants=wants,
            score=chance,
            threshold=drawn,
            reason=f"{word} with the chance {chance:.2f} of its gradient.",
        )

    def reset(self) -> None:
        """Forget the gradients of the old model; what is left to ask stays."""
        self.inverse, self.mean, self.averaged = np.zeros((0, 0)), np.zeros((0, 0)), 0

    def _start(self, width: int) -> None:
        self.inverse = np.eye(width) / _RIDGE
        self.mean, self.averaged = np.zeros((width, width)), 0

    def _rate(self, share: float) -> float:
        """What is left to ask over what is left to come; without end, over the next hundred."""
        if self.items is not None:
            return self._owed(share, max(self.items - self.seen, 1))
        # A tight cap must not raise the rate until everything is drawn.
        return min(self._owed(share, _HORIZON), 2 * share)

    def _owed(self, share: float, left: int) -> float:
        return max(share * (self.seen + left) - self.asked, 0) / left


def gradient(probabilities: Vector, vector: Vector) -> Vector:
    """Gradient (C · d,) of the last layer for the predicted class: (p - onehot) ⊗ h."""
    a = probabilities.copy()
    a[int(a.argmax())] -= 1
    return np.outer(a, vector).ravel()


def hashed(u: Vector, dimension: int) -> Vector:
    """``u`` itself if it is short enough, else its signed hash (dimension,), always the same."""
    if len(u) <= dimension:
        return u
    places, signs = _hash(len(u), dimension)
    return np.bincount(places, weights=signs * u, minlength=dimension).astype(np.float64)


@lru_cache(maxsize=8)
def _hash(length: int, dimension: int) -> tuple[NDArray[np.int64], Vector]:
    rng = np.random.default_rng(length)
    return rng.integers(dimension, size=length), rng.choice([-1.0, 1.0], size=length)
