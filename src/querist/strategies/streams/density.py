"""Density-based uncertainty: asks only where the recent stream is dense."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from querist.strategies.base import Signal
from querist.strategies.parameters import positive
from querist.strategies.parameters import share as check_share
from querist.strategies.streams.base import Arrival, Vector, Verdict, register
from querist.strategies.streams.memory import Remembers
from querist.strategies.streams.thresholds import moved, predicted

_EMPTY = np.zeros((0, 0))


@register
@dataclass(slots=True, kw_only=True)
class Density(Remembers):
    """Small margins, randomized, among arrivals that become the nearest of some recent arrival.

    The local density of an arrival is how many of the last ``window`` have now got a nearer
    neighbor than any before; without one it lies apart and is not asked. The margin is compared
    with θ · η, η ~ N(1, 1), as in the randomized variable threshold. Memory O(window · d).

    Attributes:
        window: Arrivals that are remembered.
        step: How far θ moves, 0 to 1.
    """

    name: ClassVar[str] = "density"
    summary: ClassVar[str] = "Small margins in dense parts of the recent stream."
    paper: ClassVar[str] = (
        "Ienco, Žliobaitė and Pfahringer (2014), High density-focused uncertainty sampling for "
        "active learning over evolving stream data."
    )
    needs: ClassVar[frozenset[Signal]] = frozenset({Signal.PROBABILITIES, Signal.EMBEDDINGS})
    window: int = 100
    step: float = 0.01
    theta: float = field(default=1.0, init=False)
    recent: Vector = field(default_factory=_EMPTY.copy, init=False)
    nearest: Vector = field(default_factory=lambda: np.zeros(0), init=False)

    def __post_init__(self) -> None:
        positive("window", self.window)
        check_share("step", self.step)

    def judge(
        self,
        arrival: Arrival,
        *,
        allowed: bool,
        share: float,  # noqa: ARG002 - the threshold finds its own way
        rng: np.random.Generator,
    ) -> Verdict:
        """Place the arrival among the recent ones, then compare its margin if it lies densely."""
        assert arrival.embedding is not None, "the stream refuses arrivals without their signals"
        density = self._place(arrival.embedding)
        limit = self.theta * float(rng.normal(1.0, 1.0))
        best = np.sort(predicted(arrival))
        margin = float(best[-1] - best[-2])
        near = margin < limit
        if allowed and density:
            self.theta = moved(self.theta, self.step, near)
        word = "below" if near else "not below"
        verdict = Verdict(
            wants=near and density > 0,
            score=1 - margin,
            threshold=1 - limit,
            reason=f"The margin {margin:.2f} is {word} the threshold {limit:.2f}; the nearest so "
            f"far to {density} of the recent ones.",
        )
        if density:
            return verdict
        return replace(verdict, threshold=None, reason="It lies apart from the recent ones.")

    def reset(self) -> None:
        """Start with θ = 1 again; where the stream is dense does not depend on the model."""
        self.theta = 1.0

    def _place(self, vector: Vector) -> int:
        if not len(self.recent):
            self.recent, self.nearest = vector[None].copy(), np.array([np.finfo(np.float64).max])
            return 0
        away = np.sqrt(((self.recent - vector) ** 2).sum(axis=1))
        density = int((away < self.nearest).sum())
        keep = slice(-self.window + 1, None) if self.window > 1 else slice(0, 0)
        self.recent = np.concatenate([self.recent[keep], vector[None]])
        self.nearest = np.append(np.minimum(self.nearest, away)[keep], away.min())
        return density
