"""Single stopping criteria that need more of a run than the product reads: one distance a round.

Beside `querist.diagnostics.CRITERIA`, so that the bench has the families of the literature: the
variance of the uncertainty, and what is said of unlabelled assets alone or of the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.stopping_runs import Recorded

WINDOW = 3
Numbers = NDArray[np.float64]


def variance(run: Recorded) -> Numbers:
    """How much the variance of the uncertainty of unlabelled assets rose at most in two rounds.

    Ghayoomi (2010): it stops once the variance has fallen twice, by 0.001 or more in the extended
    form.
    """
    spread = np.array([np.var(it) if len(it) else 0.0 for it in _of_unlabeled(run, _doubt)])
    found = np.full(len(spread), np.inf)
    steps = np.diff(spread)
    found[2:] = np.maximum(steps[1:], steps[:-1])
    return found


def expected_error(run: Recorded) -> Numbers:
    """Mean chance of error of the unlabelled assets; 0.01 is usual (Zhu, Wang and Hovy, 2008)."""
    return np.array([np.mean(it) if len(it) else 0.0 for it in _of_unlabeled(run, _doubt)])


def greatest_entropy(run: Recorded) -> Numbers:
    """Entropy, in nats, of the least sure unlabelled asset; 0.01 is usual (Zhu et al., 2010)."""
    return np.array([np.max(it) if len(it) else 0.0 for it in _of_unlabeled(run, _entropy)])


def uncertainty_convergence(run: Recorded) -> Numbers:
    """Change, over three rounds, of the batch's mean uncertainty (Laws and Schütze, 2008)."""
    begins = [0, *run.sizes[:-1].tolist()]
    means = np.array(
        [
            _doubt(run.before[begin:end].astype(np.float64)).mean()
            for begin, end in zip(begins, run.sizes.tolist(), strict=True)
        ]
    )
    found = np.full(len(means), np.inf)
    # Of the first batch no model had spoken.
    found[WINDOW:] = np.abs(means[WINDOW:] - means[1 : 1 - WINDOW])
    return found


def _of_unlabeled(run: Recorded, measure: Callable[[Numbers], Numbers]) -> list[Numbers]:
    turn = np.full(run.sizes[-1], run.sizes[-1])
    turn[run.asked] = np.arange(len(run.asked))
    order = turn[run.stop_set]
    return [
        measure(table[order >= labels].astype(np.float64))
        for table, labels in zip(run.tables, run.sizes.tolist(), strict=True)
    ]


def _doubt(table: Numbers) -> Numbers:
    return np.asarray(1 - table.max(axis=1, initial=0.0))


def _entropy(table: Numbers) -> Numbers:
    logs = np.log(np.where(table > 0, table, 1.0))
    return np.asarray(-(table * logs).sum(axis=1))


# By name: how far it is after each round (R,), and the threshold that is usual.
RIVALS = MappingProxyType(
    {
        "variance of the uncertainty": (variance, -0.001),
        "expected error": (expected_error, 0.01),
        "greatest entropy": (greatest_entropy, 0.01),
        "uncertainty convergence": (uncertainty_convergence, 5e-5),
    }
)
