"""Streams within a budget: accuracy and labels around an abrupt drift, alarms, time an arrival.

Run: python -m benchmarks.stream_drift [--seeds N]

The embeddings of Fashion-MNIST pass by, 10,000 in random order; halfway the classes change places.
Logistic regression is fitted anew on all labels since the last alarm whenever they have grown by a
tenth, and predicts every arrival before its label is seen. Random gets the same budget; all its
labels watch for drift, of the others a fifth.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from querist.strategies.streams import Stream, check_arrival, names
from querist.strategies.streams.drift import ChangeDetector

DATA = Path("../shared/data/fashion_mnist_embeddings.npz")
ARRIVALS, CHANGE, WARM_UP, BUDGET = 10_000, 5_000, 500, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one stream did; positions of alarms, everything else one entry an arrival."""

    right: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    alarms: list[int]
    seconds: float


class Learner:
    """Logistic regression on all labels since it was made, fitted anew as they grow."""

    def __init__(self) -> None:
        self._rows: list[NDArray[np.float32]] = []
        self._classes: list[int] = []
        self._next = 20
        self._model: Any = None

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float64] | None:
        """Probabilities of all ten classes, or nothing before the first fit."""
        if self._model is None:
            return None
        logits = self._model.coef_ @ x + self._model.intercept_
        likely = np.exp(logits - logits.max())
        table = np.zeros(10)
        table[self._model.classes_] = likely / likely.sum()
        return table

    def learn(self, x: NDArray[np.float32], y: int) -> None:
        """Take one label."""
        from sklearn.linear_model import LogisticRegression

        self._rows.append(x)
        self._classes.append(y)
        if len(self._rows) >= self._next and len(set(self._classes)) > 2:
            self._model = LogisticRegression(max_iter=200).fit(self._rows, self._classes)
            self._next = max(math.ceil(1.1 * len(self._rows)), self._next + 1)


def run(strategy: str, seed: int, *, drift: bool, heed: bool = True) -> Run:
    """One stream from its first arrival to its last."""
    rows, classes = _stream_of(seed)
    if drift:
        classes[CHANGE:] = (classes[CHANGE:] + 1) % 10
    stream, learner = Stream(strategy, budget=BUDGET, seed=seed), Learner()
    right, asked = np.zeros(ARRIVALS, dtype=bool), np.zeros(ARRIVALS, dtype=bool)
    alarms, seconds = [], 0.0
    for at, (x, y) in enumerate(zip(rows, classes.tolist(), strict=True)):
        table = learner.predict(x)
        start = time.perf_counter()
        decision = stream.consider(check_arrival(probabilities=table, embedding=x))
        seconds += time.perf_counter() - start
        asked[at], right[at] = decision.ask, table is not None and table.argmax() == y
        if not decision.ask:
            continue
        if decision.random and table is not None and stream.observe(not right[at]):
            alarms.append(at)
            learner = Learner() if heed else learner
        learner.learn(x, y)
    return Run(right=right, asked=asked, alarms=alarms, seconds=seconds)


def figures(strategy: str, seeds: int) -> list[Figure]:
    """What a strategy reaches on average over the seeds."""
    moved = [run(strategy, seed, drift=True) for seed in range(seeds)]
    still = [run(strategy, seed, drift=False) for seed in range(seeds)]
    most = max(_excess(one.asked) for one in (*moved, *still))
    found = [[at - CHANGE for at in one.alarms if at >= CHANGE] for one in moved]
    false = sum(len(one.alarms) for one in still) + sum(
        at < CHANGE for one in moved for at in one.alarms
    )
    delays = [alarms[0] if alarms else CHANGE for alarms in found]
    told = [
        ("accuracy before", np.mean([one.right[WARM_UP:CHANGE].mean() for one in moved]), ""),
        ("accuracy after", np.mean([one.right[CHANGE:].mean() for one in moved]), ""),
        ("asked", np.mean([one.asked.mean() for one in moved]), ""),
        ("arrivals until the alarm, median", np.median(delays), ""),
        ("time an arrival", 1e6 * np.mean([one.seconds for one in moved]) / ARRIVALS, "µs"),
    ]
    return [
        Figure(name=f"{strategy}: asked above budget", value=most, target=0, better="lower"),
        Figure(
            name=f"{strategy}: drifts found",
            value=float(np.mean([bool(f) for f in found])),
            target=1,
        ),
        Figure(name=f"{strategy}: false alarms", value=false, target=seeds / 4, better="lower"),
        *(Figure(name=f"{strategy}: {name}", value=float(v), unit=unit) for name, v, unit in told),
    ]


def detector_figures() -> list[Figure]:
    """False alarms of the detector by itself, and how many labels it needs."""
    false = float(np.mean([_first_alarm(seed, 0.2, 0.2) is not None for seed in range(200)]))
    jump = [_first_alarm(seed, 0.15, 0.75) for seed in range(200)]
    small = [_first_alarm(seed, 0.2, 0.4) for seed in range(200)]
    return [
        Figure(name="false alarms in 500 labels", value=false, target=0.05, better="lower"),
        Figure(name="labels until .15 → .75 is found", value=_median(jump)),
        Figure(name="labels until .20 → .40 is found", value=_median(small)),
    ]


def main() -> int:
    """Run every strategy."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=4)
    seeds = parser.parse_args().seeds
    found = detector_figures()
    for strategy in names():
        found += figures(strategy, seeds)
    unheeded = [run("randomized-variable", s, drift=True, heed=False) for s in range(seeds)]
    lost = float(np.mean([one.right[CHANGE:].mean() for one in unheeded]))
    found.append(Figure(name="accuracy after, alarms not heeded", value=lost))
    return report("stream_drift", found, details={"seeds": seeds, "arrivals": ARRIVALS})


def _stream_of(seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    with np.load(DATA) as data:
        rows, classes = data["X"], data["y"].astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(rows))[:ARRIVALS]
    rows = rows[order].astype(np.float32)
    return (rows - rows.mean(axis=0)) / (rows.std(axis=0) + 1e-6), classes[order]


def _excess(asked: NDArray[np.bool_]) -> float:
    allowed = np.ceil(BUDGET * np.arange(1, len(asked) + 1) - 1e-9)
    return float(max((np.cumsum(asked) - allowed).max(), 0))


def _first_alarm(seed: int, before: float, after: float) -> int | None:
    """Labels after the first 100 until the alarm, within 400; -1 or below is before the change."""
    rng, detector = np.random.default_rng(seed), ChangeDetector()
    for at in range(500):
        if detector.add(bool(rng.random() < (before if at < 100 else after))):
            return at - 100
    return None


def _median(delays: Sequence[int | None]) -> float:
    return float(np.median([400 if delay is None else delay for delay in delays]))


if __name__ == "__main__":
    raise SystemExit(main())
