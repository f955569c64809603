"""Trials: both arms answer the same test rows, from a project's labels or run from scratch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError
from querist.experiments.arms import CONTROL
from querist.experiments.data import LabeledData
from querist.experiments.runner import run, split_by_seed
from querist.experiments.settings import SimulationSettings
from querist.learners import Learner

if TYPE_CHECKING:
    from querist.engine.base import Progress

Codes = NDArray[np.int64]
Vectors = NDArray[np.float32]

# Points of a learning curve that is drawn from the labels of a project.
POINTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What both arms answered once, size by size.

    Attributes:
        truth: Classes of the test rows (n,), codes from 0.
        active_labels: Labels of the active arm at each size (A,), rising.
        active: What its models answer (A, n).
        control_labels: Labels of the random control (B,), rising.
        control: What its models answer (B, n).
    """

    truth: Codes
    active_labels: tuple[int, ...]
    active: Codes
    control_labels: tuple[int, ...]
    control: Codes


def sizes(own: int, other: int, most: int = POINTS) -> tuple[int, ...]:
    """At how many labels an arm of ``own`` labels is measured: evenly, and where the other ends."""
    step = np.unique(np.linspace(own / min(own, most), own, min(own, most)).round().astype(int))
    return tuple(sorted({*step.tolist(), min(own, other)}))


def answers_by_size(
    X: Vectors,
    y: Codes,
    at: Sequence[int],
    test: Vectors,
    make: Callable[[], Learner],
    *,
    class_count: int,
    seed: int,
) -> Codes:
    """What learners trained on the first labels answer (sizes, n): one trained anew for each size.

    Args:
        X: Vectors (m, d) in the order in which they were asked.
        y: Their classes (m,).
        at: Sizes, each at most m.
        test: Vectors (n, d) to answer.
        make: Gives an untrained learner.
        class_count: Classes in all.
        seed: Seed of the training; the same at each size.
    """
    found = np.empty((len(at), len(test)), dtype=np.int64)
    for place, size in enumerate(at):
        if np.unique(y[:size]).size < 2:  # a single class is all that can be answered
            found[place] = y[0]
            continue
        learner = make()
        learner.fit(X[:size], y[:size], class_count=class_count, rng=np.random.default_rng(seed))
        found[place] = learner.predict_proba(test).argmax(axis=1)
    return found


def repeated_trials(
    data: LabeledData,
    settings: SimulationSettings,
    seeds: Sequence[int],
    progress: Progress | None = None,
) -> list[Trial]:
    """Both arms run from scratch under each seed, the first strategy against random.

    Args:
        data: Labelled rows.
        settings: Strategy, batches, rounds and learner.
        seeds: One trial each.
        progress: Called as (runs done, runs in all, text).

    Raises:
        InvalidInputError: the only strategy is random, or one batch takes the whole pool.
    """
    strategy = settings.arms[0]
    if strategy == CONTROL:
        raise InvalidInputError(
            "Both arms would be random.", remedy="Set another strategy, such as auto."
        )
    tell = progress or (lambda *_: None)
    found = []
    for at, seed in enumerate(seeds):
        split = split_by_seed(data, seed, settings.test_share)
        if settings.batch_size >= len(split.pool):
            raise InvalidInputError(
                f"One batch of {settings.batch_size:,} takes the whole pool of "
                f"{len(split.pool):,} assets.",
                remedy="Give a smaller batch.",
            )
        arms = []
        for place, arm in enumerate((strategy, CONTROL)):
            tell(2 * at + place, 2 * len(seeds), f"{arm}, seed {seed}")
            said: list[Codes] = []
            done = run(data, settings, strategy=arm, seed=seed, watch=said.append)
            arms.append((tuple(done.labels), np.array(said)))
        found.append(
            Trial(
                truth=data.y[split.test],
                active_labels=arms[0][0],
                active=arms[0][1],
                control_labels=arms[1][0],
                control=arms[1][1],
            )
        )
    tell(2 * len(seeds), 2 * len(seeds), "Compared")
    return found
