"""Whether the rule that says when to stop, chosen with the default learner, holds with others.

Run: python -m benchmarks.stopping_learners [--data ../shared/data]

The same runs as in the bench `stopping`, with other learners in the place of the default. Their
threshold was chosen on those of `svm-rbf`; on the others nothing was. Told is how many stops are
within a point of the whole pool's accuracy, and at how many labels for each of the hindsight
optimum; beside it what the best threshold of the rule, and of any single criterion, takes for nine
stops in ten.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.reporting import Figure, report
from benchmarks.stopping import LEAST_WITHIN, OURS, Judged, Outcome, judge, least_at
from benchmarks.stopping_rivals import RIVALS
from benchmarks.stopping_runs import recorded
from querist.diagnostics import CRITERIA, enough_for

# Most rows of a set and seeds of each, by what a model takes to train.
SIZES = {
    "svm-rbf": (12_000, 4),
    "naive-bayes": (12_000, 4),
    "hist-gradient-boosting": (1_200, 4),
}


def main() -> int:
    """Judge all learners; nothing here is promised, so it always succeeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    figures = []
    for learner, (rows, seeds) in SIZES.items():
        runs = _judged(arguments.data, learner, rows, seeds)
        ours = Outcome.of(runs, [run.verdict for run in runs])
        best = least_at(runs, OURS, LEAST_WITHIN)
        rival = min(
            (least_at(runs, name, LEAST_WITHIN) for name in [*CRITERIA, *RIVALS]),
            key=lambda it: it.mean,
        )
        print(f"  {learner:<24} {ours}\n  {'  at nine in ten':<24} {best}")
        print(f"  {'  best single criterion':<24} {rival}")
        figures += [
            Figure(name=f"{learner}: readings", value=len(runs)),
            Figure(name=f"{learner}: within a point", value=ours.within),
            Figure(name=f"{learner}: median labels of the optimum's", value=ours.median),
            Figure(name=f"{learner}: mean labels of the optimum's", value=ours.mean),
            Figure(name=f"{learner}, at nine in ten: median", value=best.median),
            Figure(name=f"{learner}, best criterion at nine in ten: median", value=rival.median),
        ]
    return report("stopping-learners", figures)


def _judged(data: Path, learner: str, most_rows: int, seeds: int) -> list[Judged]:
    return [
        judge(run, folds, np.zeros(len(run.sizes)), enough=enough_for(learner))
        for run in recorded(data, learner=learner, most_rows=most_rows, seeds=seeds)
        for folds in (run.folds, run.other_folds)
    ]


if __name__ == "__main__":
    raise SystemExit(main())
