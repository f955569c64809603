"""Sets of classes and numbers through whole projects: active rounds beside the random control.

Run: python -m benchmarks.other_loops [--seeds 8] [--processes 1] [--data ../shared/data]

Every project goes through the public API as a team would: ``add``, ``next_round``, the queue,
``labels.submit``, ``finish_round``, ``status``; its control arm is as large as the active one, so
that both models have the same number of labels, and both are measured on the same audit set.

Sets: the twenty most frequent tags of Debian's packages, 3,000 of them as texts under the default
encoder; eight rounds of 30. Numbers: scikit-learn's diabetes data and the first set of Friedman
(1991) as tables; eight rounds of 10.

The gain is the mean over the rounds of what the active model reaches more than the random one. It
has no target: a control arm is one random draw a project, and of ten numbers one draw teaches well
and another nothing. Read it with its standard error; `other_tasks` measures the same strategies
without projects at less cost. Replay draws every round again. Each project is kept under
`artifacts/benchmarks` when it ends, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

import querist
from benchmarks.many_runs import run_all
from benchmarks.reporting import Figure, report
from querist.project import Project
from querist.schema import Arm, ClassesValue, NumberValue, Origin, TaskKind, Value

FIRST_SEED = 300
ROUNDS = 8
TAGS = 20
POOL = 3_000
PACKAGE = Path(querist.__file__).parent
# What chooses and what learns in these projects; when it changes, all is run again.
DECIDES = (
    "strategies/lcmd.py",
    "strategies/multilabel_herding.py",
    "strategies/coverage.py",
    "learners/ridge.py",
    "learners/label_sets.py",
    "loop/value_signals.py",
)
Rows = list[dict[str, Any]]
Truth = dict[str, Value]


def main() -> int:
    """Run all projects; 0 if every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    sets = ["diabetes", "friedman1"]
    if (arguments.data / "debian_packages.csv").exists():
        sets.append("debtags")
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    found = run_all(
        one_project,
        # Seed by seed, so that what a stopped run has kept is paired.
        [(name, seed, str(arguments.data)) for seed in seeds for name in reversed(sets)],
        name="other_loops",
        code=[Path(__file__), *(PACKAGE / place for place in DECIDES)],
        processes=arguments.processes,
    )
    figures: list[Figure] = []
    details: dict[str, Any] = {}
    for name in sets:
        details[name] = [found[name, seed, str(arguments.data)] for seed in seeds]
        figures += figures_of(name, details[name])
    return report("other_loops", figures, details=details)


def one_project(name: str, seed: int, data: str) -> dict[str, Any]:
    """The project of one set and seed."""
    if name == "debtags":
        return run(TaskKind.MULTI_LABEL, "text", 30, *packages(Path(data), seed), seed)
    return run(TaskKind.REGRESSION, "table", 10, *numbers(name, seed), seed)


def run(
    task: TaskKind, media: str, batch: int, rows: Rows, truth: Truth, seed: int
) -> dict[str, Any]:
    """One project from its first asset to its last round; the measure of both arms by round."""
    classes = sorted({n for v in truth.values() if isinstance(v, ClassesValue) for n in v.names})
    policy = {"batch_size": batch, "audit_size": 500, "control_share": 1.0, "seed": seed}
    with (
        tempfile.TemporaryDirectory() as folder,
        Project.create(
            Path(folder) / "p", task=task, media=media, classes=classes, policy=policy
        ) as project,
    ):
        project.add(rows)
        for number in range(ROUNDS):
            project.next_round()
            if not number:
                audit = project.catalog.records.rounds.arm_ids(Arm.AUDIT)
                project.labels.import_many(
                    [(it, truth[it]) for it in audit], annotator="known", origin=Origin.ORACLE
                )
            while items := project.queue.next("ana", 100).items:
                for item in items:
                    project.labels.submit(item.asset.id, truth[item.asset.id], annotator="ana")
            project.finish_round()
        found = project.status()
        return {
            "measure": found.curve.measure,
            "labels": [point.labels for point in found.curve.active],
            "active": [round(point.accuracy.value, 4) for point in found.curve.active],
            "control": [round(point.accuracy.value, 4) for point in found.curve.control],
            "control_labels": [point.labels for point in found.curve.control],
            "replays": all(project.replay(number + 1) for number in range(ROUNDS)),
            "sentence": found.sentence,
        }


def figures_of(name: str, runs: list[dict[str, Any]]) -> list[Figure]:
    """How far the curve rises, what active rounds gain, and whether all rounds replay."""
    active, control = (np.array([it[arm] for it in runs]) for arm in ("active", "control"))
    measure = runs[0]["measure"]
    gains = (active - control).mean(axis=1)
    error = gains.std(ddof=1) / np.sqrt(len(gains)) if len(gains) > 1 else np.nan
    return [
        Figure(name=f"{name}: {measure} after the first round", value=float(active[:, 0].mean())),
        Figure(name=f"{name}: {measure} after the last", value=float(active[:, -1].mean())),
        Figure(
            name=f"{name}: rise", value=float((active[:, -1] - active[:, 0]).mean()), target=0.05
        ),
        Figure(name=f"{name}: gain over random", value=float(gains.mean())),
        Figure(name=f"{name}: its standard error", value=float(error), better="lower"),
        Figure(
            name=f"{name}: projects whose rounds all replay",
            value=float(np.mean([it["replays"] for it in runs])),
            target=1,
        ),
    ]


def packages(folder: Path, seed: int) -> tuple[Rows, Truth]:
    """3,000 packages that have a tag, as texts, and their frequent tags."""
    with (folder / "debian_packages.csv").open(encoding="utf-8") as stream:
        known = [row for row in csv.DictReader(stream) if row["tags"]]
    tags = [row["tags"].replace(",", " ").split() for row in known]
    common = {tag for tag, _ in Counter(it for found in tags for it in found).most_common(TAGS)}
    drawn = np.random.default_rng(seed).permutation(len(known))[:POOL].tolist()
    rows = [{"id": known[i]["id"], "text": known[i]["text"]} for i in drawn]
    truth: Truth = {
        known[i]["id"]: ClassesValue(names=tuple(it for it in tags[i] if it in common))
        for i in drawn
    }
    return rows, truth


def numbers(name: str, seed: int) -> tuple[Rows, Truth]:
    """A set of scikit-learn as rows of a table, and the number of each."""
    from sklearn import datasets

    if name == "friedman1":
        X, y = datasets.make_friedman1(800, noise=1.0, random_state=seed)
    else:
        X, y = datasets.load_diabetes(return_X_y=True)
    rows = [
        {"id": f"r{i}", **{f"x{j}": float(it) for j, it in enumerate(row)}}
        for i, row in enumerate(X)
    ]
    return rows, {f"r{i}": NumberValue(number=float(number)) for i, number in enumerate(y)}


if __name__ == "__main__":
    sys.exit(main())
