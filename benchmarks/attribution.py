"""What each batch taught: closed form beside actually training without it, on real rounds.

Fifteen rounds are drawn by margin from nothing, as a project does; then the default learner is
trained again without each batch. The ranks of the batches by what they taught must agree with what
`attribute` says without any training, for the mean probability of the true class and for accuracy;
the same for all labels of each class, and for single labels to first order. And the lags between
classes: how often one is claimed where there is none, and found where a class only gains when
another one is labelled.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.planted_data import SHARED
from benchmarks.reporting import Figure, report
from querist import query
from querist.diagnostics import attribute, class_groups, class_lags, retrained
from querist.learners import create_learner

EMBEDDINGS = ("fashion_mnist_embeddings", "debian_packages_embeddings")
TABULAR = ("german", "phoneme", "splice", "d31", "heart", "wdbc", "r15", "phishing")
ROUNDS, POOL, SAMPLE, SINGLE = 15, 3_000, 1_500, 40
WORLDS, LAG_ROUNDS, LAG_CLASSES, LAG_SAMPLE = 500, 14, 5, 100

Table = NDArray[np.floating]
Codes = NDArray[np.int64]


def main() -> int:
    """Run it; 0 when every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = parser.parse_args().seeds
    rows = []
    for name in (*EMBEDDINGS, *TABULAR):
        for seed in range(seeds):
            rows.append(compared(name, seed))
        mine = [row for row in rows if row["data"] == name]
        print(
            name, {key: round(mean(mine, key), 3) for key in mine[0] if key != "data"}, flush=True
        )
    false, found = lags_found()
    figures = [
        Figure(name="batches by points, Spearman", value=mean(rows, "points"), target=0.8),
        Figure(name="batches by accuracy, Spearman", value=mean(rows, "accuracy"), target=0.8),
        Figure(
            name="worst run by points, Spearman", value=min(float(row["points"]) for row in rows)
        ),
        Figure(name="classes by points, Spearman", value=mean(rows, "classes"), target=0.8),
        Figure(
            name="classes, points from those of retraining, most",
            value=max(float(row["class_gap"]) for row in rows if "class_gap" in row),
            target=1.0,
            better="lower",
        ),
        Figure(name="single labels by points, Spearman", value=mean(rows, "single"), target=0.8),
        Figure(
            name="times as fast as retraining",
            value=sum(row["retrain_s"] for row in rows) / sum(row["closed_s"] for row in rows),
        ),
        Figure(name="lags claimed of none", value=false, target=0.05, better="lower"),
        Figure(name="planted lags found", value=found),
        Figure(name="runs", value=len(rows)),
    ]
    return report("attribution", figures, details={"runs": rows})


def mean(rows: list[dict[str, Any]], key: str) -> float:
    """The mean over the runs that have it."""
    return float(np.mean([row[key] for row in rows if key in row]))


def compared(name: str, seed: int) -> dict[str, Any]:
    """One run of rounds: how well the ranks agree, and the seconds of both ways."""
    vectors, truth = arrays(name)
    rng = np.random.default_rng([seed, 5])
    order = rng.permutation(len(truth))
    sample, pool = order[: min(SAMPLE, len(order) // 3)], order[min(SAMPLE, len(order) // 3) :]
    labels, batches = rounds(vectors, truth, pool[:POOL], seed)
    count = int(truth.max()) + 1

    def trained(kept: NDArray[np.bool_]) -> Table:
        return np.asarray(
            fitted(vectors, truth, labels[kept], count).predict_proba(vectors[sample])
        )

    start = time.perf_counter()
    real = retrained(trained, batches, truth[sample])
    between = time.perf_counter()
    told = attribute(
        vectors[labels],
        truth[labels],
        batches,
        vectors[sample],
        truth[sample],
        class_count=count,
    )
    end = time.perf_counter()
    by_class = {}
    if count > 2:  # of two classes none can be left out
        classes = class_groups(truth[labels], np.ones(len(labels), dtype=bool), count)
        said, exact = (
            np.array([one.points for one in found])
            for found in (told.taught_by(classes), retrained(trained, classes, truth[sample]))
        )
        by_class = {
            "classes": agreement(said, exact),
            "class_gap": float(np.abs(said - exact).max()),
        }
    some = np.full(len(labels), -1)
    drawn = rng.choice(len(labels), size=SINGLE, replace=False)
    some[drawn] = np.arange(SINGLE)
    alone = retrained(trained, some, truth[sample])
    return {
        "data": name,
        "points": agreement([one.points for one in told.groups], [one.points for one in real]),
        "accuracy": agreement(
            [one.accuracy for one in told.groups], [one.accuracy for one in real]
        ),
        **by_class,
        "single": agreement(told.pulls[drawn].tolist(), [one.points for one in alone]),
        "retrain_s": between - start,
        "closed_s": end - between,
    }


def agreement(told: ArrayLike, real: ArrayLike) -> float:
    """Spearman's rank correlation; 0 where nothing varies."""
    from scipy.stats import spearmanr

    if np.ptp(told) == 0 or np.ptp(real) == 0:
        return 0.0
    return float(spearmanr(told, real).statistic)


def arrays(name: str) -> tuple[Table, Codes]:
    """A data set: vectors and classes."""
    path = SHARED / f"{name}.npz" if name in EMBEDDINGS else SHARED / "tabular" / f"{name}.npz"
    with np.load(path) as data:
        return data["X"].astype(np.float32), np.unique(data["y"], return_inverse=True)[1]


def fitted(vectors: Table, truth: Codes, rows: Codes, count: int) -> Any:
    """The default learner."""
    learner = create_learner("logistic-regression")
    learner.fit(vectors[rows], truth[rows], class_count=count, rng=np.random.default_rng(0))
    return learner


def rounds(vectors: Table, truth: Codes, pool: Codes, seed: int) -> tuple[Codes, Codes]:
    """Labelled rows in order, and the batch of each."""
    count = int(truth.max()) + 1
    size = max(10, count)
    labels = np.zeros(0, dtype=np.int64)
    while len(labels) < ROUNDS * size:
        table = None
        if len(np.unique(truth[labels])) > 1:
            table = fitted(vectors, truth, labels, count).predict_proba(vectors)
        picks = query(
            "margin" if table is not None else "random",
            size,
            probabilities=table,
            embeddings=vectors,
            labeled=labels,
            labels=truth[labels],
            candidates=np.setdiff1d(pool, labels),
            random_state=seed,
        )
        labels = np.concatenate([labels, picks.indices])
    return labels, np.arange(len(labels)) // size


def lags_found() -> tuple[float, float]:
    """Shares of simulated projects with a claim where there is no lag, and with the planted one."""
    names = [str(code) for code in range(LAG_CLASSES)]
    claims, right = [], []
    for seed in range(WORLDS):
        claims.append(bool(class_lags(*world(seed, planted=False), names)))
        found = class_lags(*world(seed, planted=True), names, followers=names[:1])
        right.append(any((one.follower, one.leader) == ("0", "1") for one in found))
    return float(np.mean(claims)), float(np.mean(right))


def world(seed: int, *, planted: bool) -> tuple[Table, Table]:
    """Recall and new labels a round; planted: class 0 gains two rounds after class 1 came."""
    rng = np.random.default_rng([seed, int(planted)])
    shares = rng.dirichlet(np.full(LAG_CLASSES, 3.0), LAG_ROUNDS)
    added = np.array([rng.multinomial(30, share) for share in shares]).astype(np.float64)
    level = 0.95 - 0.7 * np.exp(-np.cumsum(added, axis=0) / 40)
    if planted:
        came = rng.random(LAG_ROUNDS) < 0.4
        added[:, 1] = np.where(came, rng.integers(8, 16, LAG_ROUNDS), 0)
        led = np.concatenate([[0, 0], np.cumsum(added[:-2, 1])])
        level[:, 0] = 0.1 + 0.8 * np.minimum(led / 60, 1)
    return rng.binomial(LAG_SAMPLE, level) / LAG_SAMPLE, added


if __name__ == "__main__":
    sys.exit(main())
