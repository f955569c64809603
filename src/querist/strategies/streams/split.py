"""Split: a share of the stream is asked by chance alone, and only it watches for drift."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from querist.strategies.base import Signal
from querist.strategies.parameters import share as check_share
from querist.strategies.streams.base import Arrival, StreamStrategy, Verdict, create, register
from querist.strategies.streams.limits import TotalShare
from querist.strategies.streams.memory import Remembers
from querist.strategies.streams.thresholds import PAPER

_KEPT = "Not asked, for the rest of the budget is kept for the random share."


@register
@dataclass(slots=True, kw_only=True)
class Random(Remembers):
    """Each arrival with the same chance, the share of the budget."""

    name: ClassVar[str] = "random"
    summary: ClassVar[str] = "Every arrival with the same chance; the control of the others."
    paper: ClassVar[str] = "Bernoulli sampling; Cochran (1977), Sampling Techniques."
    needs: ClassVar[frozenset[Signal]] = frozenset()

    def judge(
        self,
        arrival: Arrival,  # noqa: ARG002 - it does not look
        *,
        allowed: bool,  # noqa: ARG002 - the chance stays whatever the budget
        share: float,
        rng: np.random.Generator,
    ) -> Verdict:
        """Draw; the score is the drawn number turned around."""
        drawn = float(rng.random())
        wants = drawn < share
        return Verdict(
            wants=wants,
            score=1 - drawn,
            threshold=1 - share,
            reason="Drawn at random." if wants else "Not drawn at random.",
            random=True,
        )

    def reset(self) -> None:
        """There is nothing to forget."""


@register
@dataclass(slots=True, kw_only=True)
class Split(Remembers):
    """Sends a share of the arrivals to a random draw, the rest to another strategy.

    Labels of the drawn ones are an unbiased sample of the stream, so a detector fed with them sees
    drift where the other strategy never looks. The other strategy may spend (1 - v) of the budget
    only: one that always wants more would leave nothing for the draw.

    Attributes:
        inner: The other strategy, or its name; the paper has the variable threshold.
        share: v, the share of the arrivals that is left to chance, 0 to 1.
    """

    name: ClassVar[str] = "split"
    summary: ClassVar[str] = "The variable threshold, and a random share that watches for drift."
    paper: ClassVar[str] = PAPER
    inner: StreamStrategy | str = "variable"
    share: float = 0.1
    spent: TotalShare = field(default_factory=lambda: TotalShare(share=0.0), init=False)

    def __post_init__(self) -> None:
        check_share("share", self.share)
        if isinstance(self.inner, str):
            self.inner = create(self.inner)

    @property
    def needs(self) -> frozenset[Signal]:
        """What the other strategy needs."""
        return self._other.needs

    def judge(
        self, arrival: Arrival, *, allowed: bool, share: float, rng: np.random.Generator
    ) -> Verdict:
        """Draw which of the two judges this arrival; the other one does not see it."""
        self.spent.share = (1 - self.share) * share
        free = self.spent.allows(arrival.time)
        if rng.random() < self.share:
            verdict = Random().judge(arrival, allowed=allowed, share=share, rng=rng)
        else:
            allowed = allowed and free
            verdict = self._other.judge(arrival, allowed=allowed, share=share, rng=rng)
            if verdict.wants and not free:
                verdict = replace(verdict, wants=False, reason=f"{verdict.reason} {_KEPT}")
        self.spent.record(verdict.wants and allowed and not verdict.random, arrival.time)
        return verdict

    def reset(self) -> None:
        """Reset the other strategy."""
        self._other.reset()

    @property
    def _other(self) -> StreamStrategy:
        assert not isinstance(self.inner, str), "names are resolved when it is made"
        return self.inner


def with_random_share(strategy: StreamStrategy, share: float) -> StreamStrategy:
    """``strategy`` behind a random share of the arrivals; as it is if it draws already."""
    if share == 0 or isinstance(strategy, Split | Random):
        return strategy
    return Split(inner=strategy, share=share)
