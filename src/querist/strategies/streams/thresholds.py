"""Uncertainty against a threshold: fixed, variable, and variable with chance (Žliobaitė 2014)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.strategies.base import Signal
from querist.strategies.parameters import share as check_share
from querist.strategies.streams.base import Arrival, Vector, Verdict, register
from querist.strategies.streams.memory import Remembers

PAPER = "Žliobaitė et al. (2014), Active learning with drifting streaming data."
PROBABILITIES = frozenset({Signal.PROBABILITIES})


@register
@dataclass(slots=True, kw_only=True)
class Fixed(Remembers):
    """Asks where the confidence is at most 1/C + share · (1 - 1/C)."""

    name: ClassVar[str] = "fixed"
    summary: ClassVar[str] = "Confidence below a fixed threshold; only for streams that stay alike."
    paper: ClassVar[str] = PAPER
    needs: ClassVar[frozenset[Signal]] = PROBABILITIES

    def judge(
        self,
        arrival: Arrival,
        *,
        allowed: bool,  # noqa: ARG002 - the threshold stays whatever the budget
        share: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is left to chance
    ) -> Verdict:
        """Compare with the threshold, which depends on the share and the number of classes."""
        table = predicted(arrival)
        best = float(table.max())
        limit = 1 / len(table) + share * (1 - 1 / len(table))
        return by_confidence(best, limit, wants=best <= limit)

    def reset(self) -> None:
        """There is nothing to forget."""


@register
@dataclass(slots=True, kw_only=True)
class Variable(Remembers):
    """Asks where the confidence is below θ, which falls with each question and rises otherwise.

    θ ← θ (1 - step) after a question, θ ← θ (1 + step) after none. While the budget refuses, θ
    stands still, as in the paper. It never looks where the model is sure, so a drift far from the
    boundary escapes it.

    Attributes:
        step: How far θ moves, 0 to 1.
    """

    name: ClassVar[str] = "variable"
    summary: ClassVar[str] = "Confidence below a threshold that follows the stream."
    paper: ClassVar[str] = PAPER
    needs: ClassVar[frozenset[Signal]] = PROBABILITIES
    step: float = 0.01
    theta: float = field(default=1.0, init=False)

    def __post_init__(self) -> None:
        check_share("step", self.step)

    def judge(
        self,
        arrival: Arrival,
        *,
        allowed: bool,
        share: float,  # noqa: ARG002 - the threshold finds its own way
        rng: np.random.Generator,
    ) -> Verdict:
        """Compare with the threshold, then move it."""
        limit = self.theta * self._factor(rng)
        best = float(predicted(arrival).max())
        wants = best < limit
        if allowed:
            self.theta = moved(self.theta, self.step, wants)
        return by_confidence(best, limit, wants=wants)

    def reset(self) -> None:
        """Start with θ = 1 again."""
        self.theta = 1.0

    def _factor(self, rng: np.random.Generator) -> float:  # noqa: ARG002 - the subclass draws
        return 1.0


@register
@dataclass(slots=True, kw_only=True)
class RandomizedVariable(Variable):
    """The variable threshold times a number drawn around one, so that sure ones are asked too.

    Attributes:
        spread: Standard deviation δ of the number, N(1, δ).
    """

    name: ClassVar[str] = "randomized-variable"
    summary: ClassVar[str] = "The variable threshold times a random number; the default."
    paper: ClassVar[str] = PAPER
    spread: float = 1.0

    def __post_init__(self) -> None:
        # Zero-argument super() does not work in a dataclass with slots.
        Variable.__post_init__(self)
        if not 0 <= self.spread < np.inf:
            raise InvalidInputError(
                f"spread is {self.spread!r}.", remedy="Give a number from 0; the paper has 1."
            )

    def _factor(self, rng: np.random.Generator) -> float:
        return float(rng.normal(1.0, self.spread))


def predicted(arrival: Arrival) -> Vector:
    """The probabilities (C,) of an arrival that has some."""
    assert arrival.probabilities is not None, "the stream asks those without a prediction itself"
    return arrival.probabilities


def moved(theta: float, step: float, asked: bool) -> float:
    """The threshold θ after an arrival."""
    return theta * (1 - step) if asked else theta * (1 + step)


def by_confidence(best: float, limit: float, *, wants: bool) -> Verdict:
    """The verdict on a confidence; the score is 1 - confidence, so that higher is asked first."""
    word = "below" if wants else "not below"
    return Verdict(
        wants=wants,
        score=1 - best,
        threshold=1 - limit,
        reason=f"The confidence {best:.2f} is {word} the threshold {limit:.2f}.",
    )
