"""What the machine was used for: seconds, examples and money a round, beside one full training."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.schema import Arm, ModelVersion

KINDS = ("train", "predict", "select", "advise")
# A training may take longer than in proportion to its labels, or shorter, but not by any power.
_LEAST_POWER, _MOST_POWER = 0.5, 2.0
_HOUR = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundCompute:
    """What one round used.

    Attributes:
        round: Its number; 0 for trainings outside of rounds.
        train: Seconds of training, both arms.
        predict: Seconds of predicting the pool.
        select: Seconds of choosing the assets.
        advise: Seconds of the trainings from which the advice to go on or stop is read.
        examples: Labels times passes over them in training, and assets predicted.
    """

    round: int
    train: float
    predict: float
    select: float
    advise: float
    examples: int

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.train + self.predict + self.select + self.advise


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """What all rounds used, beside one training on labels of all assets.

    Attributes:
        rounds: Round by round.
        seconds: All their seconds.
        examples: All their examples.
        money: What the seconds cost; ``None`` where an hour has no price.
        full_seconds: What one training on all assets would take, from how trainings grew with
            their labels so far; ``None`` before the first.
        full_money: What that would cost.
    """

    rounds: Sequence[RoundCompute]
    seconds: float
    examples: int
    money: float | None
    full_seconds: float | None
    full_money: float | None


@contextmanager
def timed(catalog: Catalog, kind: str, round_number: int) -> Iterator[None]:
    """Book the seconds of what is done within it."""
    start = time.perf_counter()
    yield
    catalog.records.ledger.add(
        kind=kind, round=round_number, quantity=time.perf_counter() - start, unit="seconds"
    )


def compute(catalog: Catalog) -> Compute:
    """Add up the ledger."""
    sums: dict[int, dict[str, float]] = {}
    for row in catalog.records.ledger.by_round(KINDS):
        of_round = sums.setdefault(row["round"] or 0, dict.fromkeys((*KINDS, "examples"), 0.0))
        name = row["kind"] if row["unit"] == "seconds" else "examples"
        of_round[name] += float(row["quantity"])
    rounds = [
        RoundCompute(
            round=number,
            examples=round(found["examples"]),
            **{kind: found[kind] for kind in KINDS},
        )
        for number, found in sorted(sums.items())
    ]
    seconds = sum(it.seconds for it in rounds)
    models = catalog.records.models.list(arm=Arm.ACTIVE)
    full = full_training(models, catalog.assets.count())
    price = catalog.settings.policy.compute_cost
    return Compute(
        rounds=rounds,
        seconds=seconds,
        examples=sum(it.examples for it in rounds),
        money=None if price is None else price * seconds / _HOUR,
        full_seconds=full,
        full_money=None if price is None or full is None else price * full / _HOUR,
    )


def full_training(models: Sequence[ModelVersion], count: int) -> float | None:
    """Seconds that one training on ``count`` labels would take, by a power law of those so far.

    ``None`` without a training; in proportion to the labels where all had the same number.
    """
    timed = [it for it in models if it.fit_seconds > 0 and it.label_count > 0]
    if not timed:
        return None
    labels = np.log([it.label_count for it in timed])
    seconds = np.log([it.fit_seconds for it in timed])
    power = 1.0
    if np.ptp(labels) > 0:
        power = float(np.polyfit(labels, seconds, 1)[0])
    power = min(max(power, _LEAST_POWER), _MOST_POWER)
    # The line goes through the middle of what was measured: one slow training moves it little.
    middle = float(np.mean(seconds - power * labels))
    return float(np.exp(middle + power * np.log(max(count, 1))))
