"""What the runs prove: gains over the control with intervals, wins, and labels saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from querist.experiments.arms import CONTROL
from querist.experiments.runner import Run
from querist.metrics import labels_to_reach
from querist.metrics.intervals import mean_interval

LEVEL = 0.05
REPEATS = 4_000
MATCHES = 1_000
# Areas of runs that differ by rounding alone are level.
TIE = 1e-12


def compare(
    runs: Sequence[Run], full_accuracy: Mapping[int, float], targets: Sequence[float]
) -> list[dict[str, Any]]:
    """One row an arm, best mean area first; each compared with the control seed by seed.

    A row holds ``strategy``, ``aulc_mean``, ``aulc_gain`` (mean over the seeds of its area less the
    control's, higher is better), ``gain_ci`` (Student's over the paired seeds, Bonferroni's
    over the arms: 95 % for all together, so that the best of many is not called better by luck;
    None with one seed), ``wins``, ``ties`` and ``losses`` (seeds above, level with and below the
    control), ``label_saving_at`` (by target, the share of the control's labels that are not
    needed, or None), ``labels_at`` (what that rests on, see ``label_saving``), ``labels_to_match``
    (see the function), ``beats`` (its row of the pairwise penalty, by arm), ``beaten`` (its column
    sum, lower is better), the means of ``select_seconds`` and ``fit_seconds`` of a round, and the
    largest ``peak_mb``.

    Args:
        runs: All runs; every arm has the same seeds.
        full_accuracy: By seed, the accuracy of a model trained on the whole pool.
        targets: Shares of it at which to tell the label saving.
    """
    arms = _arms(runs)
    control = arms[CONTROL]
    penalty = pairwise_penalty([_matrix(own) for own in arms.values()])
    confidence = 1 - LEVEL / max(len(arms) - 1, 1)
    rows = []
    for position, (name, own) in enumerate(arms.items()):
        ours, theirs = (np.array([run.aulc for run in side]) for side in (own, control))
        gain = ours - theirs
        details = {_key(t): label_saving(own, control, full_accuracy, t) for t in targets}
        level = np.abs(gain) <= TIE
        rows.append(
            {
                "strategy": name,
                "aulc_mean": float(ours.mean()),
                "aulc_gain": float(gain.mean()),
                "gain_ci": list(mean_interval(gain, confidence)) if len(gain) > 1 else None,
                "wins": int((~level & (gain > 0)).sum()),
                "ties": int(level.sum()),
                "losses": int((~level & (gain < 0)).sum()),
                "label_saving_at": {key: found["saving"] for key, found in details.items()},
                "labels_at": details,
                "labels_to_match": labels_to_match(own, control),
                "beats": dict(zip(arms, penalty[position].tolist(), strict=True)),
                "beaten": float(penalty[:, position].sum()),
                "select_seconds": _mean([s for r in own for s in r.select_seconds]),
                "fit_seconds": _mean([s for r in own for s in r.fit_seconds]),
                "peak_mb": max(run.peak_mb for run in own),
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
        ``saving`` (0.5: half the labels), ``saving_ci`` (95 %, from a bootstrap of the paired
        seeds; None with a single one), ``strategy`` and ``control`` (mean labels, or None),
        ``reached`` (seeds in which each got there) and ``at_least``.
    """
    ours, theirs = (
        [labels_to_reach(r.labels, r.accuracy, target * full_accuracy[r.seed]) for r in side]
        for side in (own, control)
    )
    reached = [sum(n is not None for n in side) for side in (ours, theirs)]
    complete = reached[0] == len(ours)
    bounded = np.array(
        [
            run.labels[-1] if found is None else found
            for run, found in zip(control, theirs, strict=True)
        ]
    )
    base = float(bounded.mean())
    found: dict[str, Any] = {
        "saving": None,
        "saving_ci": None,
        "strategy": None,
        "control": base,
        "reached": reached,
        "at_least": complete and None in theirs,
    }
    if complete:
        mine = np.array([n for n in ours if n is not None])
        found |= {"saving": 1.0 - float(mine.mean()) / base, "strategy": float(mine.mean())}
        if len(mine) > 1:
            draws = np.random.default_rng(0).integers(len(mine), size=(REPEATS, len(mine)))
            ratios = mine[draws].mean(axis=1) / bounded[draws].mean(axis=1)
            found["saving_ci"] = _saving_interval(found["saving"], ratios, len(mine))
    return found


def labels_to_match(own: Sequence[Run], control: Sequence[Run]) -> dict[str, Any]:
    """Share of the control's labels that are not needed for the best accuracy it came to.

    Read from the mean curves over the seeds, so that it can be told where no share of full-data
    accuracy was reached.

    Returns:
        ``accuracy`` (the control's best mean), ``strategy`` and ``control`` (labels; None where the
        arm does not get there), ``saving`` and ``saving_ci`` (95 %, from a bootstrap of the seeds
        in which an arm that does not get there counts with its last labels; None with one seed).
    """
    labels = [side[0].labels[: _matrix(side).shape[1]] for side in (own, control)]
    ours, theirs = _matrix(own), _matrix(control)

    def read(seeds: NDArray[np.int64]) -> tuple[float, float | None, float]:
        mine, base = ours[seeds].mean(axis=0), theirs[seeds].mean(axis=0)
        goal = float(base.max())
        return (
            goal,
            labels_to_reach(labels[0], mine, goal),
            labels_to_reach(labels[1], base, goal) or labels[1][-1],
        )

    goal, mine, base = read(np.arange(len(ours)))
    interval = None
    if mine is not None and len(ours) > 1:
        draws = np.random.default_rng(0).integers(len(ours), size=(MATCHES, len(ours)))
        drawn = [read(seeds)[1:] for seeds in draws]
        ratios = np.array([(labels[0][-1] if m is None else m) / b for m, b in drawn])
        interval = _saving_interval(1.0 - mine / base, ratios, len(ours))
    return {
        "accuracy": goal,
        "strategy": mine,
        "control": base,
        "saving": None if mine is None else 1.0 - mine / base,
        "saving_ci": interval,
    }


def pairwise_penalty(curves: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """How often each arm beats each: paired two-sided t-tests (p < 0.05) round by round.

    Ash et al., BADGE, arXiv:1906.03671, section 4.

    Args:
        curves: Of each arm, accuracy (seeds, rounds); the same seeds and rounds for all.

    Returns:
        P (A, A): the share of the rounds in which arm i was better than arm j, 0 to 1.
    """
    return np.array([[_better(a, b).mean() for b in curves] for a in curves])


def curve_band(runs: Sequence[Run]) -> list[dict[str, float]]:
    """Mean accuracy of an arm at each label count with its 95 % interval over the seeds.

    The interval is Student's, within 0 to 1; ``low`` and ``high`` are missing with one seed.
    """
    matrix = _matrix(runs)
    points = []
    for count, values in zip(runs[0].labels, matrix.T, strict=False):
        point = {"labels": count, "value": float(values.mean())}
        if len(values) > 1:
            low, high = mean_interval(values)
            point |= {"low": max(low, 0.0), "high": min(high, 1.0)}
        points.append(point)
    return points


def _saving_interval(saving: float, ratios: NDArray[np.float64], seeds: int) -> list[float]:
    """From bootstrapped ratios of labels (R,): their spread on a log scale, as wide as Student's.

    Their percentiles would reach no further than the seeds themselves do. By the factor beside it
    a bootstrap of n values spreads less than the n - 1 of Student's (Hesterberg, 2015, "What
    teachers should know about the bootstrap").
    """
    student = float(scipy.special.stdtrit(seeds - 1, 1 - LEVEL / 2))
    wide = student * float(np.sqrt(seeds / (seeds - 1)))
    factor = float(np.exp(wide * np.log(ratios).std()))
    return [1.0 - (1.0 - saving) * factor, 1.0 - (1.0 - saving) / factor]


def _better(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    gain = a - b
    count = len(gain)
    if count < 2:
        return np.zeros(gain.shape[1], dtype=bool)
    error = gain.std(axis=0, ddof=1) / np.sqrt(count)
    mean = gain.mean(axis=0)
    t = np.divide(mean, error, out=np.where(mean > 0, np.inf, 0.0), where=error > 0)
    found: NDArray[np.bool_] = (2 * scipy.special.stdtr(count - 1, -np.abs(t)) < 0.05) & (mean > 0)
    return found


def _arms(runs: Sequence[Run]) -> dict[str, list[Run]]:
    arms: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.seed):
        arms.setdefault(run.strategy, []).append(run)
    return arms


def _matrix(runs: Sequence[Run]) -> NDArray[np.float64]:
    rounds = min(len(run.accuracy) for run in runs)
    return np.array([run.accuracy[:rounds] for run in runs])


def _mean(seconds: Sequence[float]) -> float:
    return float(np.mean(seconds)) if seconds else 0.0


def _key(target: float) -> str:
    return f"{target:g}"
