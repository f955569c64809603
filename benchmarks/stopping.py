"""Whether Querist stops in time: 34 data sets labelled to the end, and judged round by round.

Run: python -m benchmarks.stopping [--seeds N] [--data ../shared/data]

Quality is the accuracy on rows that no round ever sees, the whole pool's is that of the model
trained on all of it. The hindsight optimum is the fewest labels from which on quality stays within
a point of the whole pool's: an earlier round that is as good by luck, and worse again after, is
none that anyone could want to stop at. The rule was chosen on the first half of the runs. The other
half has later seeds: on those no rule was chosen, and what they say is what a new project gets.
Every run is read with two draws of the thirds that the models miss.

Each single criterion stands beside it twice: with the threshold of its paper, and with the one
that, of all, spends the least labels at a quality not below ours. None of them minds classes
without labels, as their papers do not. Two bounds tell what rules would need that knew what nobody
can know yet: the whole pool's model, and how accurate the set's other runs were to the end. The
runs are recorded once (`stopping_runs.py`) and read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from benchmarks.stopping_bounds import expected_losses, still_to_gain
from benchmarks.stopping_rivals import RIVALS
from benchmarks.stopping_runs import Recorded, recorded
from querist.diagnostics import CRITERIA, StopReading, StopVerdict, read_stop_set, stop_verdict
from querist.diagnostics.stopping import ENOUGH, SURPRISING

POINT = 0.01 + 1e-9
LEAST_WITHIN, MOST_LABELS = 0.9, 1.3
THRESHOLDS = 200
MIN_PER_CLASS = 2
MODEL, CURVE = "knowing the whole pool's model", "knowing the set's other runs"
OURS = "Querist"
EMBEDDINGS = ("fashion", "debian")

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One run of R rounds: what is good enough, what it costs, and how far each rule is.

    Attributes:
        data: Name of the set.
        within: Whether a stop after each round is within a point of the whole pool (R,).
        ratio: Labels after each round, for each of the hindsight optimum (R,).
        first: The same against the first round within a point, lucky or not (R,).
        share: Labels after each round as a share of the pool (R,).
        lost: Accuracy that each round lacks against the whole pool, below 0 if it is better (R,).
        verdict: The round at which Querist stops; the last where it never does.
        distances: How far each criterion is after each round (R,).
    """

    data: str
    within: NDArray[np.bool_]
    ratio: Numbers
    first: Numbers
    share: Numbers
    lost: Numbers
    verdict: int
    distances: dict[str, Numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a rule does over all runs: quality kept, and labels for each of the optimum's."""

    within: float
    median: float
    mean: float
    median_of_first: float
    share: float

    @classmethod
    def of(cls, runs: Sequence[Judged], stops: Sequence[int]) -> Outcome:
        """From the round at which each run is stopped."""
        pairs = list(zip(runs, stops, strict=True))
        ratios = np.array([run.ratio[at] for run, at in pairs])
        return cls(
            within=float(np.mean([run.within[at] for run, at in pairs])),
            median=float(np.median(ratios)),
            # Ratios multiply: twice and half the labels of the optimum even out.
            mean=float(np.exp(np.log(ratios).mean())),
            median_of_first=float(np.median([run.first[at] for run, at in pairs])),
            share=float(np.mean([run.share[at] for run, at in pairs])),
        )

    def __str__(self) -> str:
        """One line of the table."""
        return (
            f"within {self.within:.3f}  median {self.median:.2f}  mean {self.mean:.2f}  "
            f"to first {self.median_of_first:.2f}  of pool {self.share:.2f}"
        )


def main() -> int:
    """Judge all runs; 0 if every target holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, help="for all sets; by their size if left out")
    arguments = parser.parse_args()
    first = recorded(arguments.data, seeds=arguments.seeds)
    later = recorded(arguments.data, seeds=arguments.seeds, later=True)
    losses = expected_losses([*first, *later])
    runs = _judged(first, losses[: len(first)])
    new = _judged(later, losses[len(first) :])
    ours = _ours(runs)
    print(f"  {'Querist':<24} {ours}")
    rivals = _rivals(runs, ours.within)
    for name, (_, threshold) in [*CRITERIA.items(), *RIVALS.items()]:
        usual = Outcome.of(runs, stops_at(runs, name, threshold))
        print(f"  {name:<24} {usual}\n  {'  at our quality':<24} {rivals[name]}")
    of_wide, of_wide_new = (
        _ours([run for run in some if run.data in EMBEDDINGS]) for some in (runs, new)
    )
    better, *bounds = (least_at(new, name, LEAST_WITHIN) for name in (OURS, MODEL, CURVE))
    print(f"  {'embeddings':<24} {of_wide}\n  {'new runs':<24} {_ours(new)}")
    rivals_of_new = _rivals(new, _ours(new).within)
    for name, best in rivals_of_new.items():
        print(f"  {name:<24} {best}")
    print(f"  {'at nine in ten':<24} {better}")
    for name, bound in zip((MODEL, CURVE), bounds, strict=True):
        print(f"  {name:<24} {bound}")
    return report(
        "stopping",
        [
            Figure(name="readings", value=len(runs)),
            *_figures("", ours, rivals),
            Figure(name="new runs: readings", value=len(new)),
            *_figures("new runs: ", _ours(new), rivals_of_new),
            Figure(name="new runs: mean points lost", value=100 * _lost(new), better="lower"),
            Figure(name="new runs, at nine in ten: median", value=better.median, better="lower"),
            Figure(name="new runs, at nine in ten: mean", value=better.mean, better="lower"),
            *(
                Figure(name=f"new runs, {name}: {what}", value=value, better="lower")
                for name, bound in zip((MODEL, CURVE), bounds, strict=True)
                for what, value in (("median", bound.median), ("mean", bound.mean))
            ),
            Figure(name="new runs, embeddings: within a point", value=of_wide_new.within),
            Figure(name="new runs, embeddings: median", value=of_wide_new.median, better="lower"),
            Figure(name="embeddings: within a point", value=of_wide.within),
            Figure(name="embeddings: median labels of the optimum's", value=of_wide.median),
            Figure(name="median labels of the first lucky round's", value=ours.median_of_first),
            Figure(name="mean share of the pool", value=ours.share),
        ],
        details={
            "rivals at our quality": {name: str(it) for name, it in rivals.items()},
            "rivals at our quality, new runs": {n: str(it) for n, it in rivals_of_new.items()},
            "sets": _of_sets(runs),
            "sets, new runs": _of_sets(new),
        },
    )


def _judged(runs: Sequence[Recorded], losses: Sequence[Numbers]) -> list[Judged]:
    return [
        judge(run, folds, lacking)
        for run, lacking in zip(runs, losses, strict=True)
        for folds in (run.folds, run.other_folds)
    ]


def _ours(runs: Sequence[Judged]) -> Outcome:
    return Outcome.of(runs, [run.verdict for run in runs])


def _lost(runs: Sequence[Judged]) -> float:
    return float(np.mean([run.lost[run.verdict] for run in runs]))


def _rivals(runs: Sequence[Judged], quality: float) -> dict[str, Outcome]:
    return {name: least_at(runs, name, quality) for name in [*CRITERIA, *RIVALS]}


def _of_sets(runs: Sequence[Judged]) -> dict[str, str]:
    names = sorted({run.data for run in runs})
    return {name: str(_ours([run for run in runs if run.data == name])) for name in names}


def _figures(prefix: str, ours: Outcome, rivals: dict[str, Outcome]) -> list[Figure]:
    """What the issue asks for, of one way to read the runs."""
    least = {
        "mean": ours.mean - min(it.mean for it in rivals.values()),
        "median": ours.median - min(it.median for it in rivals.values()),
    }
    above = [
        Figure(
            name=f"{prefix}above the best single criterion's {what}",
            value=value,
            target=0.0,
            better="lower",
        )
        for what, value in least.items()
    ]
    return [
        Figure(name=f"{prefix}within a point", value=ours.within, target=LEAST_WITHIN),
        _most(f"{prefix}median labels of the optimum's", ours.median),
        Figure(name=f"{prefix}mean labels of the optimum's", value=ours.mean, better="lower"),
        *above,
    ]


def readings(run: Recorded, folds: NDArray[np.uint8]) -> list[StopReading]:
    """What the product would have read after each round, with votes (R, F, S) of fold models."""
    turn = np.full(run.sizes[-1], run.sizes[-1])
    turn[run.asked] = np.arange(len(run.asked))
    ends = np.cumsum(run.sizes)
    found = []
    for at, labels in enumerate(run.sizes.tolist()):
        begin = run.sizes[at - 1] if at else 0
        found.append(
            read_stop_set(
                run.tables[at].astype(np.float32),
                turn[run.stop_set] < labels,
                labels=labels,
                before=run.tables[at - 1].argmax(axis=1) if at else None,
                partial=folds[at],
                batch=(run.before[begin:labels].astype(np.float32), run.labels[begin:labels])
                if at
                else None,
                unseen_right=float(run.unseen[ends[at] - labels : ends[at], 1].mean(dtype=float)),
                commonest=float(np.bincount(run.labels[:labels]).max()) / labels,
            )
        )
    return found


def judge(
    run: Recorded, folds: NDArray[np.uint8], losses: Numbers, *, enough: float = ENOUGH
) -> Judged:
    """Read one run with votes (R, F, S) of fold models, as if each round were the last so far.

    Args:
        run: The run.
        folds: The votes.
        losses: What the other runs of the set lack from each round on (R,).
        enough: Share of the doubt at which the rule stops.
    """
    accuracy = run.accuracy
    within = accuracy >= accuracy[-1] - POINT
    short = np.flatnonzero(~within)
    optimum = run.sizes[short[-1] + 1] if len(short) else run.sizes[0]
    read = readings(run, folds)
    rounds = range(1, len(read) + 1)
    classes = len(np.unique(run.labels))
    verdicts = [
        stop_verdict(read[:upto], missing=_missing(run, upto, classes), enough=enough)
        for upto in rounds
    ]
    stops = [it.stop for it in verdicts]
    return Judged(
        data=run.data,
        within=within,
        ratio=run.sizes / optimum,
        first=run.sizes / run.sizes[np.argmax(within)],
        share=run.sizes / run.sizes[-1],
        lost=accuracy[-1] - accuracy,
        verdict=int(np.argmax(stops)) if any(stops) else len(stops) - 1,
        distances={
            name: np.array([far(read[:upto]) for upto in rounds])
            for name, (far, _) in CRITERIA.items()
        }
        | {name: far(run) for name, (far, _) in RIVALS.items()}
        | {
            OURS: np.array([_allowed(it, it.mendable) for it in verdicts]),
            MODEL: still_to_gain(run),
            CURVE: np.array([_allowed(it, far) for it, far in zip(verdicts, losses, strict=True)]),
        },
    )


def stops_at(runs: Sequence[Judged], name: str, threshold: float) -> list[int]:
    """The round at which a criterion stops each run; the last where it never does."""
    found = []
    for run in runs:
        near = run.distances[name] <= threshold
        found.append(int(np.argmax(near)) if near.any() else len(near) - 1)
    return found


def least_at(runs: Sequence[Judged], name: str, quality: float) -> Outcome:
    """The criterion with the threshold that spends least while it keeps that quality."""
    near = np.concatenate([np.minimum.accumulate(run.distances[name]) for run in runs])
    steps = np.unique(np.quantile(near[np.isfinite(near)], np.linspace(0, 1, THRESHOLDS)))
    tried = [Outcome.of(runs, stops_at(runs, name, at)) for at in [-np.inf, *steps.tolist()]]
    return min((it for it in tried if it.within >= quality), key=lambda it: it.mean)


def _allowed(verdict: StopVerdict, far: float | None) -> float:
    """What a threshold is held against; infinite where our guards forbid to stop."""
    forbidden = verdict.missing or verdict.finish or verdict.surprise > SURPRISING
    forbidden = forbidden or verdict.unlearned
    return np.inf if far is None or verdict.mendable is None or forbidden else float(far)


def _missing(run: Recorded, rounds: int, classes: int) -> list[str]:
    counts = np.bincount(run.labels[: run.sizes[rounds - 1]], minlength=classes)
    return [str(code) for code in np.flatnonzero(counts < MIN_PER_CLASS)]


def _most(name: str, value: float) -> Figure:
    return Figure(name=name, value=value, target=MOST_LABELS, better="lower")


if __name__ == "__main__":
    raise SystemExit(main())
