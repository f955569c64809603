"""A stream within a budget: decides about each arrival at once, and notices drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from querist.errors import ConflictError, InvalidInputError, MissingSignalError
from querist.strategies.base import Signal
from querist.strategies.parameters import share as check_share
from querist.strategies.streams.base import Arrival, StreamStrategy, Verdict, create
from querist.strategies.streams.checking import Column, check_arrival, rows
from querist.strategies.streams.drift import ChangeDetector
from querist.strategies.streams.limits import Limit, share_limits
from querist.strategies.streams.split import with_random_share

_UNKNOWN = Verdict(
    wants=True, score=1.0, threshold=None, reason="The model has no prediction for it yet."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one arrival.

    Attributes:
        ask: Whether to ask for its label now.
        score: The strategy's score; higher is asked first.
        threshold: What the score had to exceed; ``None`` if there was no such number.
        reason: One or two short sentences, for people.
        random: Asked by chance alone: its label measures the model, so report it to ``observe``.
        drift: A drift was found since the decision before: the model should start anew.
        budget_used: Share of all arrivals so far that were asked, this one included.
    """

    ask: bool
    score: float
    threshold: float | None
    reason: str
    random: bool
    drift: bool
    budget_used: float


class Stream:
    """Decides about arrivals one after the other; a chunk is decided as its parts would be.

    After n arrivals at most ⌈budget · n⌉ were asked. Time and memory for each arrival are bounded.
    """

    def __init__(
        self,
        strategy: str | StreamStrategy = "randomized-variable",
        *,
        budget: float = 0.1,
        limits: Sequence[Limit] | None = None,
        random_share: float = 0.2,
        seed: int = 0,
    ) -> None:
        """Start a stream.

        Args:
            strategy: A stream strategy, or its name.
            budget: Share of the arrivals that may be asked, 0 to 1.
            limits: What must all allow a question; ``share_limits(budget)`` if not given. Add
                ``caps(per_hour=20)`` for caps by the clock.
            random_share: Share of the arrivals that is drawn by chance, whatever the strategy; the
                only ones that watch for drift.
            seed: Decides everything that is left to chance.

        Raises:
            UnknownNameError: there is no such strategy.
            InvalidInputError: a share is not between 0 and 1.
        """
        check_share("budget", budget)
        check_share("random_share", random_share)
        chosen = create(strategy) if isinstance(strategy, str) else strategy
        self.budget = budget
        self.strategy = with_random_share(chosen, random_share)
        self.limits = share_limits(budget) if limits is None else list(limits)
        self.detector = ChangeDetector()
        self.seen = 0
        self.asked = 0
        self._width: int | None = None
        self._drifted = False
        self._seed = seed
        self._rng = np.random.default_rng(seed)

    def decide(
        self,
        probabilities: Column | None = None,
        *,
        embeddings: Column | None = None,
        times: Column | None = None,
    ) -> NDArray[np.bool_]:
        """Which arrivals of a chunk to ask (n,), in the order in which they came.

        Args:
            probabilities: (n, C), rows sum to one; a list may hold ``None`` or [] where the model
                cannot tell yet.
            embeddings: (n, d), finite.
            times: Seconds (n,), needed by caps.

        Raises:
            InvalidInputError: a value is wrong; the arrivals before it were decided and count.
            MissingSignalError: the strategy needs what was not given.
        """
        given = [part for part in (probabilities, embeddings, times) if part is not None]
        count = len(given[0]) if given else 0
        columns = zip(
            rows("probabilities", probabilities, count),
            rows("embeddings", embeddings, count),
            rows("times", times, count),
            strict=True,
        )
        asked = np.zeros(count, dtype=np.bool_)
        for at, (table, vector, time) in enumerate(columns):
            arrival = check_arrival(probabilities=table, embedding=vector, time=time)
            asked[at] = self.consider(arrival).ask
        return asked

    def consider(self, arrival: Arrival) -> Decision:
        """Decide about the next arrival; an arrival that is refused changes nothing.

        Raises:
            MissingSignalError: the strategy needs a signal that the arrival lacks.
            InvalidInputError: a cap needs the time, or the embedding has another length.
        """
        self._check(arrival)
        refusals = [limit.reason for limit in self.limits if not limit.allows(arrival.time)]
        verdict = self._judge(arrival, allowed=not refusals)
        ask = verdict.wants and not refusals
        if arrival.embedding is not None:
            self._width = len(arrival.embedding)
        for limit in self.limits:
            limit.record(ask, arrival.time)
        self.seen += 1
        self.asked += ask
        drift, self._drifted = self._drifted, False
        held = f" Not asked, for {refusals[0]}." if refusals and verdict.wants else ""
        return Decision(
            ask=ask,
            score=verdict.score,
            threshold=verdict.threshold,
            reason=verdict.reason + held,
            random=ask and verdict.random,
            drift=drift,
            budget_used=self.asked / self.seen,
        )

    def observe(self, mistake: bool) -> bool:
        """Report whether the model was wrong on an arrival with ``Decision.random``.

        Labels of other arrivals must not come here: the strategy chose them for being hard.

        Returns:
            Whether this reveals a drift. Then the strategy has started anew, and so should the
            model; the next decision says so too.
        """
        if not self.detector.add(mistake):
            return False
        self.strategy.reset()
        self.detector = ChangeDetector()
        self._drifted = True
        return True

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly here, as JSON values."""
        return {
            "settings": self._settings(),
            "strategy": self.strategy.state(),
            "limits": [limit.state() for limit in self.limits],
            "detector": self.detector.state(),
            "seen": self.seen,
            "asked": self.asked,
            "width": self._width,
            "drifted": self._drifted,
            "generator": self._rng.bit_generator.state,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state`` was taken, as if there had been no break.

        Raises:
            ConflictError: it belongs to a stream with other settings.
            InvalidInputError: it is no state of a stream.
        """
        try:
            self._check_settings(state["settings"])
            self.strategy.restore(state["strategy"])
            for limit, part in zip(self.limits, state["limits"], strict=True):
                limit.restore(part)
            self.detector.restore(state["detector"])
            self.seen, self.asked = int(state["seen"]), int(state["asked"])
            self._width, self._drifted = state["width"], bool(state["drifted"])
            self._rng.bit_generator.state = state["generator"]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            if isinstance(error, InvalidInputError):
                raise
            raise InvalidInputError(
                f"This is no state of a stream: {error!r}.",
                remedy="Give what state() returned, or start without a state.",
            ) from error

    def _check(self, arrival: Arrival) -> None:
        needs = self.strategy.needs
        vector = arrival.embedding
        if Signal.EMBEDDINGS in needs and vector is None:
            raise MissingSignalError(
                "The strategy needs the embedding of every arrival, and this one has none.",
                remedy="Give its vector, or choose a strategy by probabilities alone.",
                signal=Signal.EMBEDDINGS.value,
            )
        if vector is not None and self._width not in (None, len(vector)):
            raise InvalidInputError(
                f"The embedding has {len(vector)} numbers, those before had {self._width}.",
                remedy="Give vectors of one encoder; after a change of encoder start anew.",
            )

    def _judge(self, arrival: Arrival, *, allowed: bool) -> Verdict:
        if arrival.probabilities is None and Signal.PROBABILITIES in self.strategy.needs:
            return _UNKNOWN
        return self.strategy.judge(arrival, allowed=allowed, share=self.budget, rng=self._rng)

    def _settings(self) -> dict[str, Any]:
        return {
            "strategy": {"name": self.strategy.name, **self.strategy.settings()},
            "budget": self.budget,
            "limits": [limit.settings() for limit in self.limits],
            "seed": self._seed,
        }

    def _check_settings(self, theirs: Mapping[str, Any]) -> None:
        ours = self._settings()
        other = [key for key in ours if ours[key] != theirs[key]]
        if other:
            raise ConflictError(
                f"The state was made with other settings: {', '.join(other)}.",
                remedy="Give the same settings as before, or start with a new state.",
                settings={key: theirs[key] for key in other},
            )
