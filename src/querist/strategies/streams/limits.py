"""Budgets of a stream: limits that each question must pass, alone or together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from querist.errors import InvalidInputError
from querist.schema import percent
from querist.strategies.parameters import positive, share
from querist.strategies.streams.memory import Memory, Remembers


class Limit(Memory, Protocol):
    """Says whether one more question is allowed; every arrival is recorded with every limit."""

    @property
    def reason(self) -> str:
        """Why it refuses, for people; follows "but"."""
        ...

    def allows(self, time: float | None) -> bool:
        """Whether an arrival at ``time`` (seconds) may be asked."""
        ...

    def record(self, asked: bool, time: float | None) -> None:
        """Remember whether the arrival at ``time`` was asked."""
        ...


@dataclass(slots=True, kw_only=True)
class RecentShare(Remembers):
    """At most about ``share`` of the recent arrivals: the estimate of Žliobaitė et al. (2014).

    u_t = u_(t-1) (w - 1) / w + asked_t, and a question is allowed while u / w < share. As u never
    exceeds share · w + 1, after n arrivals at most (share + 1/w) n + share · w + 1 were asked: on
    its own it may overshoot the share by 1/w.

    Attributes:
        share: Share of the arrivals, 0 to 1.
        window: w, the number of arrivals that count as recent.
    """

    share: float
    window: int = 100
    spent: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        share("share", self.share)
        positive("window", self.window)

    @property
    def reason(self) -> str:
        """Why it refuses."""
        return f"no more than about {percent(self.share)} of the recent arrivals may be asked"

    def allows(self, time: float | None) -> bool:  # noqa: ARG002 - it counts arrivals, not seconds
        """Whether the recent share is below the limit."""
        return self.spent / self.window < self.share

    def record(self, asked: bool, time: float | None) -> None:  # noqa: ARG002 - as above
        """Let the past fade and add the arrival."""
        self.spent = self.spent * (self.window - 1) / self.window + asked


@dataclass(slots=True, kw_only=True)
class TotalShare(Remembers):
    """At most ``share`` of all arrivals so far, rounded up: after n, never more than ⌈share · n⌉.

    Attributes:
        share: Share of the arrivals, 0 to 1.
    """

    share: float
    seen: int = field(default=0, init=False)
    asked: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        share("share", self.share)

    @property
    def reason(self) -> str:
        """Why it refuses."""
        return f"no more than {percent(self.share)} of all arrivals may be asked"

    def allows(self, time: float | None) -> bool:  # noqa: ARG002 - it counts arrivals, not seconds
        """Whether one more is within the share of all arrivals, this one included."""
        # A little less, so that 0.1 * 30 and its like are not rounded up to the next whole.
        whole = self.share * (self.seen + 1)
        return self.asked + 1 <= math.ceil(whole - 1e-12 * whole - 1e-9)

    def record(self, asked: bool, time: float | None) -> None:  # noqa: ARG002 - as above
        """Count the arrival."""
        self.seen += 1
        self.asked += asked


@dataclass(slots=True, kw_only=True)
class Cap(Remembers):
    """At most ``count`` questions in any span of ``seconds``, by the arrivals' own times.

    A clock that runs backwards counts as standing still, so late arrivals cannot lift the cap.

    Attributes:
        count: Questions, from 1; also the most times it remembers.
        seconds: The span.
        word: What people call the span.
    """

    count: int
    seconds: float
    word: str
    times: list[float] = field(default_factory=list, init=False)
    now: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        positive("count", self.count)

    @property
    def reason(self) -> str:
        """Why it refuses."""
        return f"{self.count} were asked within the last {self.word}"

    def allows(self, time: float | None) -> bool:
        """Whether fewer than ``count`` were asked in the span that ends now.

        Raises:
            InvalidInputError: the arrival has no time.
        """
        if time is None:
            raise InvalidInputError(
                f"A cap for each {self.word} needs the time of every arrival.",
                remedy="Give its time in seconds, or leave the cap away.",
            )
        now = self._clock(time)
        return len(self.times) < self.count or self.times[0] <= now - self.seconds

    def record(self, asked: bool, time: float | None) -> None:
        """Move the clock on, and remember the time of a question."""
        if time is None:
            return
        self.now = self._clock(time)
        if asked:
            self.times.append(self.now)
            del self.times[: -self.count]

    def _clock(self, time: float) -> float:
        return time if self.now is None else max(self.now, time)


def share_limits(budget: float) -> list[Limit]:
    """What keeps a stream at ``budget``: a promise over all, and a pace over the recent ones.

    What was saved in a quiet time is spent at no more than about twice the budget.
    """
    share("budget", budget)
    return [TotalShare(share=budget), RecentShare(share=min(2 * budget, 1.0))]


def caps(
    *, per_minute: int | None = None, per_hour: int | None = None, per_day: int | None = None
) -> list[Limit]:
    """A cap for each number that is given."""
    spans = ((per_minute, 60.0, "minute"), (per_hour, 3_600.0, "hour"), (per_day, 86_400.0, "day"))
    given = [(count, seconds, word) for count, seconds, word in spans if count is not None]
    for count, _, word in given:
        positive(f"per_{word}", count)
    return [Cap(count=count, seconds=seconds, word=word) for count, seconds, word in given]
