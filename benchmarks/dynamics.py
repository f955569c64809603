"""Merge advice on planted synonyms and on well separated data; learned rounds by brute force.

A class of real data is split at random in two; the advice must name the pair. It must name none
among classes as they are where these are well apart: digits, and those classes of the embeddings
whose every pair a model of its own tells apart with an area of .9 or more.
When a class was learned and forgotten is recomputed with plain loops over real rounds.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.planted_data import SHARED, source
from benchmarks.reporting import Figure, report
from querist.diagnostics import Sample, class_dynamics, merge_advice
from querist.learners import create_learner
from querist.metrics import wilson

SEEDS = 20
TRAIN, SAMPLE = 60, 60
SOURCES = ("digits", "pictures", "fashion", "debian", "d31", "twonorm")
ROUNDS = 12

Codes = NDArray[np.int64]


def main() -> int:
    """Run it; 0 when every target holds."""
    named: list[bool] = []
    gains: list[float] = []
    false: list[bool] = []
    for name in SOURCES:
        for seed in range(SEEDS):
            vectors, truth = draw(name, seed)
            pair, split = synonyms(truth, seed)
            found = merge_advice(sample(vectors, split, seed), np.random.default_rng(seed))
            named.append(bool(found) and sorted(found[0].evidence["classes"]) == pair)
            gains += [found[0].severity] if named[-1] else []
            clean = merge_advice(sample(vectors, truth, seed), np.random.default_rng(seed))
            false.append(bool(clean))
        print(
            f"{name}: named {np.mean(named[-SEEDS:]):.2f}, false {np.mean(false[-SEEDS:]):.2f}",
            flush=True,
        )
    agree = [agrees(name, seed) for name in ("digits", "fashion", "debian") for seed in range(5)]
    figures = [
        Figure(name="planted synonyms named", value=float(np.mean(named)), target=0.95),
        Figure(
            name="proposals on separated data",
            value=float(np.mean(false)),
            target=0,
            better="lower",
        ),
        Figure(name="points gained by merging, mean", value=float(np.mean(gains)), target=0),
        Figure(name="learned as by brute force", value=float(np.mean(agree)), target=1),
        Figure(name="data sets and seeds", value=len(named)),
    ]
    return report("dynamics", figures)


def draw(name: str, seed: int) -> tuple[NDArray[np.float32], Codes]:
    """Vectors and classes of up to eight well separated classes."""
    vectors, classes = arrays(name)
    rng = np.random.default_rng(seed)
    need = 2 * (TRAIN + SAMPLE) if name in ("pictures", "fashion", "debian") else 0
    large = np.flatnonzero(np.bincount(classes) >= max(need, 40))
    chosen: list[int] = []
    for code in rng.permutation(large).tolist():
        if len(chosen) < 8 and all(apart(name, code, other) for other in chosen):
            chosen.append(code)
    rows = np.concatenate(
        [rng.permutation(np.flatnonzero(classes == c))[: 2 * (TRAIN + SAMPLE)] for c in chosen]
    )
    place = {code: at for at, code in enumerate(chosen)}
    return vectors[rows], np.array([place[int(c)] for c in classes[rows]])


def arrays(name: str) -> tuple[NDArray[np.float32], Codes]:
    """A whole source."""
    if name == "digits":
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        return (X / 16).astype(np.float32), y.astype(np.int64)
    if name in ("pictures", "fashion", "debian"):
        found = source(name)
        return found.vectors, found.classes
    with np.load(SHARED / "tabular" / f"{name}.npz") as data:
        X = data["X"].astype(np.float32)
        return (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-6), np.unique(
            data["y"], return_inverse=True
        )[1]


_APART: dict[tuple[str, int, int], bool] = {}


def apart(name: str, a: int, b: int) -> bool:
    """Whether a model of all their rows tells two classes apart with an area of .9 out of fold."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import cross_val_predict

    key = (name, min(a, b), max(a, b))
    if key not in _APART:
        vectors, classes = arrays(name)
        rows = np.concatenate([np.flatnonzero(classes == code)[:300] for code in (a, b)])
        side = classes[rows] == a
        model = LogisticRegression(C=0.1, max_iter=300)
        table = cross_val_predict(model, vectors[rows], side, cv=4, method="predict_proba")
        _APART[key] = bool(roc_auc_score(side, table[:, 1]) >= 0.9)
    return _APART[key]


def synonyms(truth: Codes, seed: int) -> tuple[list[str], Codes]:
    """One class split at random in two; the names of both and the new labels."""
    rng = np.random.default_rng([seed, 1])
    sizes = np.bincount(truth)
    old, new = int(rng.choice(np.flatnonzero(sizes >= np.median(sizes)))), len(sizes)
    split = np.where((truth == old) & (rng.random(len(truth)) < 0.5), new, truth)
    return sorted([f"class {old}", f"class {new}"]), split


def sample(vectors: NDArray[np.float32], labels: Codes, seed: int) -> Sample:
    """Half of the rows, and what a model of the other half says of them."""
    rng = np.random.default_rng([seed, 2])
    count = int(labels.max()) + 1
    trained = rng.permutation(len(labels)) % 2 == 0
    model = fitted(vectors[trained], labels[trained], count)
    return Sample.of(
        labels[~trained],
        model.predict_proba(vectors[~trained]),
        [f"class {code}" for code in range(count)],
        [str(i) for i in np.flatnonzero(~trained)],
        embeddings=vectors[~trained],
    )


def fitted(vectors: NDArray[np.float32], labels: Codes, count: int) -> Any:
    """The house's logistic regression."""
    learner = create_learner("logistic-regression")
    learner.fit(vectors, labels, class_count=count, rng=np.random.default_rng(0))
    return learner


def agrees(name: str, seed: int) -> bool:
    """Whether plain loops find the same rounds, on models of ever more labels."""
    vectors, truth = draw(name, seed)
    count = int(truth.max()) + 1
    order = np.random.default_rng([seed, 3]).permutation(len(truth))
    test, pool = order[: len(order) // 2], order[len(order) // 2 :]
    said = []
    for round_ in range(ROUNDS):
        rows = pool[: 12 + 12 * round_]
        said.append(
            fitted(vectors[rows], truth[rows], count).predict_proba(vectors[test]).argmax(1)
        )
    found = class_dynamics(truth[test], said, [str(code) for code in range(count)])
    return all(
        (one.learned, one.forgotten) == by_loops(truth[test], said, code)
        for code, one in enumerate(found)
    )


def by_loops(truth: Codes, said: list[Codes], code: int) -> tuple[int | None, tuple[int, ...]]:
    """First learned and forgotten rounds of a class, asset by asset."""
    first, forgotten, known = None, [], False
    for at, line in enumerate(said):
        hits = total = 0
        for given, answer in zip(truth.tolist(), line.tolist(), strict=True):
            if given == code:
                total += 1
                hits += answer == code
        if total and not known and hits / total >= 0.7:
            known, first = True, at if first is None else first
        elif total and known and wilson(hits, total)[1] < 0.7:
            known = False
            forgotten.append(at)
    return first, tuple(forgotten)


if __name__ == "__main__":
    sys.exit(main())
