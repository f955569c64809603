"""Difficulty: how much oftener hard items are wrong than easy ones, and what reviewing them finds.

Run: python -m benchmarks.difficulty [--quick] [--seeds 5]

Half of a pool of 20,000 embeddings is labelled at random and trains the default learner (frozen
EfficientNet-Lite0 on Fashion-MNIST; MiniLM on 35 sections of Debian packages). How likely it is
wrong, by itself and by the labels near an item, is calibrated out of fold, and each item of the
other half is called easy, medium or hard. A random tenth of the labels, 1,000, is measured beside
it. A review of the hardest 20 % can find all errors of a model only if it errs in fewer; the share
that an order that knows every error would find is printed too.

Calibration is measured with 500 labels in all: they train the model and, out of fold, the
calibrator, and the error is that on all other rows.
"""

from __future__ import annotations

import argparse
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.many_runs import run_all
from benchmarks.reporting import Figure, report
from querist.autolabel import Judged, difficulty, errors_beside
from querist.learners import create_learner, out_of_fold
from querist.loop.hardness import folds_of
from querist.metrics import calibration_error, fit_calibrator

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src/querist"
OWN = ("difficulty", "second_opinion", "left_out")
CODE = [Path(__file__), *(SOURCE / f"autolabel/{it}.py" for it in OWN)]
DATA = Path("../shared/data")
RATES = {"fashion_mnist": 0.02, "debian_packages": 0.1}
POOL, MANY, FEW, CALIBRATED = 20_000, 10_000, 1_000, 500
RATIO, FOUND, ECE = 5.0, 0.6, 0.03
REVIEWED = 0.2
LEAST_SEEDS = 3

Codes = NDArray[np.int64]


def main() -> int:
    """Measure both data sets; 0 if every target is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=LEAST_SEEDS)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the embeddings")
    parser.add_argument("--quick", action="store_true", help="one seed")
    arguments = parser.parse_args()

    start = time.perf_counter()
    seeds = range(1 if arguments.quick else arguments.seeds)
    data = str(arguments.data)
    sizes = (CALIBRATED, FEW, MANY)
    pieces = [(data, name, size, seed) for size in sizes for name in RATES for seed in seeds]
    found = run_all(one_run, pieces, name="difficulty", code=CODE, processes=arguments.processes)

    def mean(name: str, size: int, what: str) -> float:
        return float(np.mean([found[data, name, size, seed][what] for seed in seeds]))

    figures = [Figure(name="seeds", value=len(seeds), target=LEAST_SEEDS)]
    for name in RATES:
        for size, wanted in ((MANY, True), (FEW, False)):
            title = f"{name}, {size:,} labels"
            figures += [
                Figure(
                    name=f"{title}: error rate of hard over easy",
                    value=mean(name, size, "hard") / max(mean(name, size, "easy"), 1e-9),
                    target=RATIO,
                ),
                Figure(
                    name=f"{title}: errors among the hardest 20 %",
                    value=mean(name, size, "found"),
                    target=FOUND if wanted else None,
                ),
                Figure(
                    name=f"{title}: the same by the model's own confidence",
                    value=mean(name, size, "found_alone"),
                ),
                Figure(
                    name=f"{title}: errors a perfect order would find",
                    value=mean(name, size, "possible"),
                ),
            ]
        figures += [
            Figure(
                name=f"{name}, 500 labels: calibration error",
                value=mean(name, CALIBRATED, "ece"),
                target=ECE,
                better="lower",
            ),
            Figure(
                name=f"{name}, 500 labels: calibration error before",
                value=mean(name, CALIBRATED, "ece_before"),
            ),
        ]
    print(f"{len(pieces)} runs in {time.perf_counter() - start:.0f} s")
    details = {" ".join(map(str, piece[1:])): found[piece] for piece in pieces}
    name = "difficulty_part" if arguments.quick else "difficulty"
    return report(name, figures, details=details)


def one_run(data: str, name: str, size: int, seed: int) -> dict[str, float]:
    """Error rates by difficulty and the calibration error, for one draw of labels."""
    X, y = _data(data, name)
    classes = int(y.max()) + 1
    rng = np.random.default_rng([size, seed])
    chosen = rng.permutation(len(y))
    labeled, rest = chosen[:size], chosen[size:]
    learner = create_learner("logistic-regression")
    learner.fit(X[labeled], y[labeled], class_count=classes, rng=rng)
    unseen = out_of_fold(
        lambda: create_learner("logistic-regression"),
        X[labeled],
        y[labeled],
        class_count=classes,
        rng=rng,
        folds=folds_of(size),
    )
    table = learner.predict_proba(X)
    judged = Judged(rows=labeled, codes=y[labeled], said=unseen)
    found = errors_beside(X, table, labeled, y[labeled], judged, rng)
    assert found is not None
    said, errors = table[rest], found[rest]
    alone = 1 - fit_calibrator(y[labeled], unseen, rng).sureness(said)
    wrong = said.argmax(axis=1) != y[rest]
    words = difficulty(errors, max_error=RATES[name])
    many = int(REVIEWED * len(rest))
    reviewed, by_model = (np.argsort(-it, kind="stable")[:many] for it in (errors, alone))
    return {
        "easy": float(wrong[words == 0].mean()) if (words == 0).any() else 0.0,
        "hard": float(wrong[words == 2].mean()),
        "share_easy": float((words == 0).mean()),
        "share_hard": float((words == 2).mean()),
        "found": float(wrong[reviewed].sum() / wrong.sum()),
        "found_alone": float(wrong[by_model].sum() / wrong.sum()),
        "possible": min(1.0, len(reviewed) / float(wrong.sum())),
        "ece": calibration_error(~wrong, 1 - errors).value,
        "ece_alone": calibration_error(~wrong, 1 - alone).value,
        "ece_before": calibration_error(~wrong, said.max(axis=1)).value,
        "accuracy": 1 - float(wrong.mean()),
    }


@lru_cache(maxsize=1)
def _data(data: str, name: str) -> tuple[NDArray[np.float32], Codes]:
    path = Path(data) / f"{name}_embeddings.npz"
    if not path.is_file():
        raise SystemExit(f"No data: {path} is missing. Give the folder with --data.")
    with np.load(path) as held:
        X, y = held["X"].astype(np.float32), held["y"].astype(np.int64)
    chosen = np.random.default_rng(0).permutation(len(y))[:POOL]
    return X[chosen], y[chosen]


if __name__ == "__main__":
    raise SystemExit(main())
