"""What a simulation does: arms, batches, rounds, seeds, learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from querist.errors import InvalidInputError

CONTROL = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSettings:
    """What a simulation does.

    Attributes:
        strategies: Names of the arms; the random control always joins them.
        batch_size: Labels B asked for in each round.
        rounds: Number of rounds; fewer where the pool ends before.
        seeds: Number of paired seeds: seed 0, 1, … gives every arm the same split.
        learner: Name of the learner that is trained after each round.
        learner_parameters: Its parameters.
        strategy_parameters: Parameters by name of strategy.
        test_share: Share of the rows kept for testing where the data does not say which.
        quality_targets: Shares of full-data accuracy at which the label saving is told.
    """

    strategies: tuple[str, ...] = ("auto",)
    batch_size: int = 20
    rounds: int = 15
    seeds: int = 8
    learner: str = "logistic-regression"
    learner_parameters: Mapping[str, Any] = field(default_factory=dict)
    strategy_parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    test_share: float = 0.3
    quality_targets: tuple[float, ...] = (0.9, 0.95, 0.99)

    def __post_init__(self) -> None:
        for name in ("batch_size", "rounds", "seeds"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise InvalidInputError(
                    f"{name} is {value!r}.", remedy="Give a whole number of at least 1."
                )
        if not 0.0 < self.test_share < 1.0:
            raise InvalidInputError(
                f"test_share is {self.test_share!r}.", remedy="Give a share between 0 and 1."
            )

    @property
    def arms(self) -> tuple[str, ...]:
        """The strategies without repeats, the control last."""
        chosen = dict.fromkeys(name for name in self.strategies if name != CONTROL)
        return (*chosen, CONTROL)
