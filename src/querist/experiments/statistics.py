"""What the runs prove: gains over the control with intervals, wins, and labels saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from querist.experiments.runner import Run
from querist.experiments.settings import CONTROL
from querist.metrics import labels_to_reach, paired_bootstrap_interval

REPEATS = 4_000


def compare(
    runs: Sequence[Run], full_accuracy: Mapping[int, float], targets: Sequence[float]
) -> list[dict[str, Any]]:
    """One row an arm, best mean area first; each compared with the control seed by seed.

    A row holds ``strategy``, ``aulc_mean``, ``aulc_gain`` (mean over the seeds of its area less the
    control's, higher is better), ``gain_ci`` (95 % paired bootstrap), ``wins`` and ``losses``
    (seeds above and below the control), ``label_saving_at`` (see ``label_saving``), ``labels_at``
    (what that rests on) and ``beaten`` (share of the rounds, summed over the other arms, in which
    an arm was better in a paired t-test at 5 %: the pairwise penalty, lower is better).

    Args:
        runs: All runs; every arm has the same seeds.
        full_accuracy: By seed, the accuracy of a model trained on the whole pool.
        targets: Shares of it at which to tell the label saving.
    """
    arms = _arms(runs)
    control = arms[CONTROL]
    penalty = pairwise_penalty({name: _matrix(own) for name, own in arms.items()})
    rows = []
    for name, own in arms.items():
        ours, theirs = (np.array([run.aulc for run in side]) for side in (own, control))
        gain = ours - theirs
        details = {_key(t): label_saving(own, control, full_accuracy, t) for t in targets}
        rows.append(
            {
                "strategy": name,
                "aulc_mean": float(ours.mean()),
                "aulc_gain": float(gain.mean()),
                "gain_ci": list(
                    paired_bootstrap_interval(
                        ours, theirs, np.random.default_rng(0), repeats=REPEATS
                    )
                ),
                "wins": int((gain > 0).sum()),
                "losses": int((gain < 0).sum()),
                "label_saving_at": {key: found["saving"] for key, found in details.items()},
                "labels_at": details,
                "beaten": penalty[name],
            }
        )
    return sorted(rows, key=lambda row: (-row["aulc_mean"], row["strategy"]))


def label_saving(
    own: Sequence[Run], control: Sequence[Run], full_accuracy: Mapping[int, float], target: float
) -> dict[str, Any]:
    """Share of the control's labels that are not needed for ``target`` × full-data accuracy.

    Means over the seeds are compared. Where the control did not get there in every seed its last
    count stands in, so the saving is told too low, never too high (``at_least`` is then true);
    where the arm itself did not get there in every seed, nothing is claimed (``saving`` is None).

    Returns:
        ``saving`` (0.5: half the labels), ``strategy`` and ``control`` (mean labels, or None),
        ``reached`` (seeds in which each got there) and ``at_least``.
    """
    ours = [labels_to_reach(r.labels, r.accuracy, target * full_accuracy[r.seed]) for r in own]
    theirs = [
        labels_to_reach(r.labels, r.accuracy, target * full_accuracy[r.seed]) for r in control
    ]
    complete = None not in ours
    bounded = [
        run.labels[-1] if found is None else found
        for run, found in zip(control, theirs, strict=True)
    ]
    mine = float(np.mean([n for n in ours if n is not None])) if complete else None
    base = float(np.mean(bounded))
    return {
        "saving": None if mine is None else 1.0 - mine / base,
        "strategy": mine,
        "control": base,
        "reached": [sum(n is not None for n in side) for side in (ours, theirs)],
        "at_least": complete and None in theirs,
    }


def pairwise_penalty(curves: Mapping[str, NDArray[np.float64]]) -> dict[str, float]:
    """How often each arm is beaten: paired two-sided t-tests (p < 0.05) round by round.

    Ash et al., BADGE, arXiv:1906.03671, section 4.

    Args:
        curves: By arm, accuracy (seeds, rounds); the same seeds and rounds for all.

    Returns:
        By arm, the sum over the other arms of the share of rounds in which they were better.
    """
    return {
        name: float(sum(_better(other, own).mean() for key, other in curves.items() if key != name))
        for name, own in curves.items()
    }


def curve_band(runs: Sequence[Run]) -> list[dict[str, float]]:
    """Mean accuracy of an arm at each label count with its 95 % interval over the seeds."""
    matrix = _matrix(runs)
    rng = np.random.default_rng(0)
    draws = rng.integers(len(matrix), size=(1_000, len(matrix)))
    low, high = np.quantile(matrix[draws].mean(axis=1), [0.025, 0.975], axis=0)
    return [
        {"labels": count, "value": float(mean), "low": float(a), "high": float(b)}
        for count, mean, a, b in zip(runs[0].labels, matrix.mean(axis=0), low, high, strict=False)
    ]


def _better(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    gain = a - b
    count = len(gain)
    if count < 2:
        return np.zeros(gain.shape[1], dtype=bool)
    error = gain.std(axis=0, ddof=1) / np.sqrt(count)
    mean = gain.mean(axis=0)
    t = np.divide(mean, error, out=np.where(mean > 0, np.inf, 0.0), where=error > 0)
    found: NDArray[np.bool_] = (2 * stdtr(count - 1, -np.abs(t)) < 0.05) & (mean > 0)
    return found


def _arms(runs: Sequence[Run]) -> dict[str, list[Run]]:
    arms: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.seed):
        arms.setdefault(run.strategy, []).append(run)
    return arms


def _matrix(runs: Sequence[Run]) -> NDArray[np.float64]:
    rounds = min(len(run.accuracy) for run in runs)
    return np.array([run.accuracy[:rounds] for run in runs])


def _key(target: float) -> str:
    return f"{target:g}"
