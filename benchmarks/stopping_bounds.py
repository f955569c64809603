"""Bounds beside stopping criteria: how far a rule comes that knows what nobody can know yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.stopping_runs import Recorded

Numbers = NDArray[np.float64]


def still_to_gain(run: Recorded) -> Numbers:
    """Accuracy that each round's model lacks, by the word of the whole pool's model (R,)."""
    best = run.tables[-1].astype(np.float64)
    said = run.tables.argmax(axis=2)
    return np.asarray((best.max(axis=1) - best[np.arange(len(best)), said]).mean(axis=1))


def expected_losses(runs: Sequence[Recorded]) -> list[Numbers]:
    """The most accuracy that is to be expected to lack, from each round of each run on (R,).

    What a rule would know that has seen the data set labelled to the end by the same strategy as
    often as there are other runs of it: the mean, over these, of what they lack against their
    whole pools at the same number of labels. Only the luck of this run is hidden from it.
    """
    same = defaultdict(list)
    for at, run in enumerate(runs):
        same[run.data, run.strategy].append(at)
    found = []
    for at, run in enumerate(runs):
        lacking = [
            runs[other].accuracy[-1] - np.interp(run.sizes, runs[other].sizes, runs[other].accuracy)
            for other in same[run.data, run.strategy]
            if other != at
        ]
        # Better than the whole pool now, and worse again later, is not yet good.
        found.append(np.maximum.accumulate(np.mean(lacking, axis=0)[::-1])[::-1])
    return found
