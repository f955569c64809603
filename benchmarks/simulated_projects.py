"""Small projects on real data, run once and kept: what `benchmarks.intervals` measures."""

from __future__ import annotations

import hashlib
import inspect
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from querist import query

TABLES = ("banana", "d31", "phishing", "phoneme", "ringnorm", "twonorm")
EMBEDDINGS = ("fashion_mnist_embeddings", "debian_packages_embeddings")
POOL, OTHERS, ROUNDS, WIDTH = 1_000, 3_000, 8, 64
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedProject:
    """Eight rounds of margin beside eight of random draws, with a logistic regression.

    Attributes:
        data: Name of the data set.
        labels: Labels of each round (R,), the same for both arms.
        right: Whether each model is right on rows that no arm ever draws (2, R, T).
        truth: The classes of these rows (T,).
        confidence: How sure the last active model is of these rows (T,).
        pool_right: Whether it is right on the rest of the pool (N,).
        pool_probabilities: What it says of them (N, C).
    """

    data: str
    labels: NDArray[np.int64]
    right: NDArray[np.bool_]
    truth: NDArray[np.int64]
    confidence: Floats
    pool_right: NDArray[np.bool_]
    pool_probabilities: NDArray[np.float32]


def projects(folder: Path, seeds: int, cache: Path) -> Iterator[SimulatedProject]:
    """The projects of every data set and seed; what was run once is read from the cache."""
    code = hashlib.sha256(inspect.getsource(sys.modules[__name__]).encode()).hexdigest()[:12]
    kept = cache / code
    kept.mkdir(parents=True, exist_ok=True)
    for name in (*TABLES, *EMBEDDINGS):
        missing = [seed for seed in range(seeds) if not (kept / f"{name}-{seed}.npz").exists()]
        if missing:
            X, y = _rows(folder, name)
            for seed in missing:
                np.savez_compressed(kept / f"{name}-{seed}.npz", **run(X, y, seed))
            print(f"  {name}: {len(missing)} projects run", flush=True)
        for seed in range(seeds):
            with np.load(kept / f"{name}-{seed}.npz") as found:
                yield SimulatedProject(data=name, **{key: found[key] for key in found.files})


def run(X: NDArray[np.float32], y: NDArray[np.int64], seed: int) -> dict[str, NDArray[np.generic]]:
    """The rounds of both arms over one random pool."""
    order = np.random.default_rng([seed, 7]).permutation(len(X))
    pool, others = order[:POOL], order[POOL : POOL + OTHERS]
    batch = max(10, int(y.max()) + 1)
    right = np.zeros((2, ROUNDS, len(others)), dtype=bool)
    table = np.zeros((len(pool), int(y.max()) + 1))
    for arm, strategy in ((1, "random"), (0, "margin")):
        labeled = np.random.default_rng([seed, arm]).choice(POOL, batch, replace=False)
        for round_ in range(ROUNDS):
            if round_:
                picks = query(
                    strategy,
                    n=batch,
                    probabilities=table,
                    labeled=labeled,
                    labels=y[pool[labeled]],
                    random_state=seed * 100 + round_,
                )
                labeled = np.concatenate([labeled, picks.indices])
            table, said = _probabilities(X, y, pool, labeled, others)
            right[arm, round_] = said.argmax(axis=1) == y[others]
    rest = np.setdiff1d(np.arange(POOL), labeled)
    return {
        "labels": batch * np.arange(1, ROUNDS + 1),
        "right": right,
        "truth": y[others],
        "confidence": said.max(axis=1),
        "pool_right": table[rest].argmax(axis=1) == y[pool[rest]],
        "pool_probabilities": table[rest].astype(np.float32),
    }


def _probabilities(
    X: NDArray[np.float32],
    y: NDArray[np.int64],
    pool: NDArray[np.int64],
    labeled: NDArray[np.int64],
    others: NDArray[np.int64],
) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    rows, width = pool[labeled], int(y.max()) + 1
    both = np.concatenate([pool, others])
    table = np.zeros((len(both), width))
    if len(np.unique(y[rows])) < 2:
        table[:, y[rows[0]]] = 1.0
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # more classes than half of the rows
            model = LogisticRegression(max_iter=300, tol=1e-3).fit(X[rows], y[rows])
        table[:, model.classes_] = model.predict_proba(X[both])
    return table[: len(pool)], table[len(pool) :]


def _rows(folder: Path, name: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    found = np.load(folder / (f"tabular/{name}.npz" if name in TABLES else f"{name}.npz"))
    X, y = found["X"].astype(np.float32), np.unique(found["y"], return_inverse=True)[1]
    if X.shape[1] > WIDTH:
        from sklearn.decomposition import PCA

        X = PCA(WIDTH, random_state=0).fit_transform(X[:20_000])
        y = y[:20_000]
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1), y
