"""What the machine was used for: seconds, examples and money a round, beside one full training."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog
from querist.schema import Arm, ModelVersion

KINDS = ("train", "predict", "select", "advise")
# A training may take longer than in proportion to its labels, or shorter, but not by any power.
_POWERS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
# What a full training would take is told from so many trainings on, their label counts so many
# times apart, and only where all likely curves agree on it within a factor.
_LEAST_TRAININGS, _LEAST_SPAN, _TOLD_WITHIN = 4, 4.0, 3.0
_MOST_TRAININGS = 40
# The share by which the same training takes now longer, now shorter.
_TIMER = 0.02
_HOUR = 3_600
Floats = NDArray[np.float64]


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
            their labels so far; ``None`` while that is not known.
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
    """Seconds that one training on ``count`` labels would take, by how those so far grew.

    A training takes a + b nᵖ seconds for n labels: a to start up, and a growth of which few
    trainings say little, least of all its power. So every curve through two of them, or flat, or
    without a start-up, that misses them about as little as the best one has a say; where these
    differ too much nothing is told.

    Args:
        models: Trainings, oldest first; those of another learner than the newest do not count.
        count: Labels.

    Returns:
        The geometric middle; ``None`` before four trainings on label counts that differ by a factor
        of four, and where the curves differ by more than a factor of three.
    """
    alike = [it for it in models if _kind(it) == _kind(models[-1])][-_MOST_TRAININGS:]
    timed = [it for it in alike if it.fit_seconds > 0 and it.label_count > 0]
    labels = np.array([it.label_count for it in timed], dtype=np.float64)
    seconds = np.array([it.fit_seconds for it in timed])
    if len(timed) < _LEAST_TRAININGS or labels.max() < _LEAST_SPAN * labels.min():
        return None
    foretold, misses = (
        np.concatenate(parts)
        for parts in zip(
            *(_curves(labels, seconds, power, max(count, 1)) for power in _POWERS), strict=True
        )
    )
    # Misses of Laplace's kind: what is within a 95 % likelihood region of the best.
    likely = foretold[misses <= (misses.min() + _TIMER) * np.exp(1.92 / len(timed))]
    if likely.max() > _TOLD_WITHIN * likely.min():
        return None
    return float(np.sqrt(likely.min() * likely.max()))


def _kind(model: ModelVersion) -> tuple[str, str, str]:
    return model.learner, repr(sorted(model.parameters.items())), model.encoder


def _curves(labels: Floats, seconds: Floats, power: float, count: int) -> tuple[Floats, Floats]:
    """What curves of one power foretell for ``count`` labels, and their mean relative miss."""
    grown = labels**power
    first, second = np.triu_indices(len(labels), 1)
    apart = labels[first] != labels[second]
    first, second = first[apart], second[apart]
    slope = (seconds[second] - seconds[first]) / (grown[second] - grown[first])
    nothing = np.zeros(len(labels))
    start = np.concatenate([seconds[first] - slope * grown[first], nothing, seconds])
    slope = np.concatenate([slope, seconds / grown, nothing])
    possible = (start >= 0) & (slope >= 0)
    start, slope = start[possible], slope[possible]
    misses = np.abs((start[:, None] + slope[:, None] * grown) / seconds - 1).mean(axis=1)
    return start + slope * count**power, misses
