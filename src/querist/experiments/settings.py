"""What a simulation does: arms, batches, rounds, seeds, learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from querist.errors import InvalidInputError
from querist.experiments.arms import CONTROL, parse_arm
from querist.schema import is_number, is_whole

# More would run for weeks: surely a slip.
MOST = {"seeds": 10_000, "rounds": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """What a simulation does.

    Attributes:
        strategies: The arms, each a name or ``name:parameter=value``; random always joins them.
        batch_size: Labels B asked for in each round.
        rounds: Number of rounds; fewer where the pool ends before.
        seeds: Number of paired seeds: seed 0, 1, … gives every arm the same split.
        learner: Name of the learner that is trained after each round.
        learner_parameters: Its parameters.
        test_share: Share of the rows kept for testing where the data does not say which.
        quality_targets: Shares of full-data accuracy at which the label saving is told.

    Raises:
        UnknownNameError: there is no such strategy or parameter; the nearest are offered.
        InvalidInputError: a value is impossible.
    """

    strategies: tuple[str, ...] = ("auto",)
    batch_size: int = 20
    rounds: int = 15
    seeds: int = 8
    learner: str = "logistic-regression"
    learner_parameters: Mapping[str, Any] = field(default_factory=dict)
    test_share: float = 0.3
    quality_targets: tuple[float, ...] = (0.9, 0.95, 0.99)

    def __post_init__(self) -> None:
        for name in ("batch_size", "rounds", "seeds"):
            value = getattr(self, name)
            if not is_whole(value) or not 1 <= value <= MOST.get(name, value):
                most = f", at most {MOST[name]:,}" if name in MOST else ""
                raise InvalidInputError(
                    f"{name} is {value!r}.", remedy=f"Give a whole number of at least 1{most}."
                )
            object.__setattr__(self, name, int(value))  # numpy's own kind has no JSON
        for name, share in (
            ("test_share", self.test_share),
            *(("quality_targets", target) for target in self.quality_targets),
        ):
            if not (is_number(share) and 0.0 < share < 1.0):
                raise InvalidInputError(
                    f"{name} is {share!r}.", remedy="Give a share between 0 and 1."
                )
        for arm in self.arms:
            parse_arm(arm).create()

    @property
    def arms(self) -> tuple[str, ...]:
        """The strategies without repeats, the control last."""
        chosen = dict.fromkeys(name for name in self.strategies if name != CONTROL)
        return (*chosen, CONTROL)
