"""Regression and sets of classes: what active rounds gain over random ones.

Run: python -m benchmarks.other_tasks [--seeds 8] [--data ../shared/data]

Regression: the default of ActiveLearningRegressor, `lcmd`, on scikit-learn's diabetes data and on
synthetic sets, with its ridge default and with a forest; twelve rounds of ten numbers from none on.
The error is the root mean square over that of the test rows' mean, averaged over the rounds.

Sets of classes: the twenty most frequent tags of Debian's packages, from their embeddings; ten
rounds of thirty packages from none on, the default learner. `auto` is coverage until there is a
model, then `multilabel-uherding`. Macro F1 counts rare tags as much as frequent ones; accuracy is
the share of right answers, tag by tag.

Seeds 0 to 7 of diabetes, friedman1 and heavy-tailed chose `lcmd`; seeds 0 to 3 and 100 to 107 of
the tags chose herding. The seeds here chose nothing.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from querist import ActiveLearningClassifier, ActiveLearningRegressor

FIRST_SEED = 200
REGRESSION_SETS = ("diabetes", "friedman1", "friedman2", "friedman3", "linear", "heavy-tailed")
MULTILABEL = ("auto", "multilabel-margin", "mmc")
TAGS = 20
Rows = NDArray[np.float64]


def main() -> int:
    """Run both tasks under paired seeds; 0 if every target holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments = parser.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + arguments.seeds)
    figures, details = regression(seeds)
    if (arguments.data / "debian_packages.csv").exists():
        more, sets = label_sets(arguments.data, seeds)
        figures += more
        details |= sets
    return report("other_tasks", figures, details=details)


def regression(seeds: range) -> tuple[list[Figure], dict[str, object]]:
    """The share of random's error that the default takes away, by set and model."""
    gains: dict[str, list[float]] = {}
    for name in REGRESSION_SETS:
        for model in ("ridge", "forest"):
            pairs = [
                [regression_error(name, model, arm, seed) for arm in ("auto", "random")]
                for seed in seeds
            ]
            gains[f"{name}, {model}"] = [1 - ours / control for ours, control in pairs]
            print(f"  {name}, {model}: {np.mean(gains[f'{name}, {model}']):+.4f}", flush=True)
    means = [float(np.mean(values)) for values in gains.values()]
    figures = [
        Figure(name=f"numbers: {name}", value=mean, unit="of error")
        for name, mean in zip(gains, means, strict=True)
    ]
    figures += [
        Figure(name="numbers: mean over the sets", value=float(np.mean(means)), target=0.01),
        Figure(
            name="numbers: sets that gain", value=float(np.mean(np.array(means) > 0)), target=0.75
        ),
    ]
    return figures, {"regression_gains": gains}


def regression_error(name: str, model: str, strategy: str, seed: int) -> float:
    """Mean over the rounds of the test error, 1 for predicting the mean; lower is better."""
    from sklearn.ensemble import RandomForestRegressor

    X, y = regression_rows(name, seed)
    order = np.random.default_rng(seed).permutation(len(X))
    pool, test = order[: 7 * len(X) // 10], order[7 * len(X) // 10 :]
    wrapped = RandomForestRegressor(50, random_state=0) if model == "forest" else None
    learner = ActiveLearningRegressor(wrapped, strategy, random_state=seed)
    learner.fit(X[pool], np.full(len(pool), None))
    errors = []
    for _ in range(12):
        idx = learner.query(10)
        learner.teach(idx, y[pool[idx]])
        errors.append(np.sqrt(np.mean((learner.predict(X[test]) - y[test]) ** 2)))
    return float(np.mean(errors) / y[test].std())


def regression_rows(name: str, seed: int) -> tuple[Rows, Rows]:
    """The rows (n, d) and numbers (n,) of one set; synthetic ones are drawn from the seed."""
    from sklearn import datasets

    if name == "heavy-tailed":
        rng = np.random.default_rng(seed)
        X = rng.standard_t(3, size=(800, 8))
        return X, X @ rng.normal(size=8) + 3 * np.sin(3 * X[:, 0]) + rng.normal(size=800)
    if name == "linear":
        return datasets.make_regression(800, 12, n_informative=6, noise=30, random_state=seed)
    makers = {
        "friedman1": (datasets.make_friedman1, 1.0),
        "friedman2": (datasets.make_friedman2, 50.0),
        "friedman3": (datasets.make_friedman3, 0.1),
    }
    if name in makers:
        make, noise = makers[name]
        return make(800, noise=noise, random_state=seed)
    return datasets.load_diabetes(return_X_y=True)


def label_sets(folder: Path, seeds: range) -> tuple[list[Figure], dict[str, object]]:
    """Macro F1 and accuracy of each strategy over random."""
    X, Y = tagged_packages(folder)
    found: dict[str, list[tuple[float, float]]] = {}
    for seed in seeds:
        for arm in ("random", *MULTILABEL):
            found.setdefault(arm, []).append(tag_quality(X, Y, arm, seed))
        means = {
            arm: np.round(np.mean(values, axis=0), 4).tolist() for arm, values in found.items()
        }
        print(f"  tags, seed {seed}: {means}", flush=True)
    control = np.mean(found["random"], axis=0)
    figures = []
    for arm in MULTILABEL:
        gain = np.mean(found[arm], axis=0) - control
        target = 0.0 if arm == "auto" else None
        for what, value in zip(("macro F1", "accuracy"), gain.tolist(), strict=True):
            figures.append(Figure(name=f"{arm}: {what} over random", value=value, target=target))
    return figures, {"tags_f1_and_accuracy": found}


def tagged_packages(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Embeddings (n, d) of the packages that have a tag, and their frequent tags (n, 20)."""
    with (folder / "debian_packages.csv").open(encoding="utf-8") as stream:
        tags = [row["tags"].replace(",", " ").split() for row in csv.DictReader(stream)]
    common = Counter(tag for found in tags for tag in found).most_common(TAGS)
    table = np.array([[name in found for name, _ in common] for found in tags], dtype=np.int64)
    has_tags = np.array([bool(found) for found in tags])
    vectors = np.load(folder / "debian_packages_embeddings.npz")["X"]
    return vectors[has_tags].astype(np.float32), table[has_tags]


def tag_quality(
    X: NDArray[np.float32], Y: NDArray[np.int64], strategy: str, seed: int
) -> tuple[float, float]:
    """Macro F1 and accuracy on 1,500 other packages, each the mean over the rounds."""
    order = np.random.default_rng(seed).permutation(len(X))
    pool, test = order[:2_000], order[2_000:3_500]
    learner = ActiveLearningClassifier(strategy=strategy, random_state=seed)
    learner.fit(X[pool], np.full((len(pool), TAGS), -1))
    f1, right = [], []
    for _ in range(10):
        idx = learner.query(30)
        learner.teach(idx, Y[pool[idx]])
        said = learner.predict(X[test])
        both = (said & Y[test]).sum(axis=0)
        f1.append(np.mean(2 * both / np.maximum((said + Y[test]).sum(axis=0), 1)))
        right.append((said == Y[test]).mean())
    return float(np.mean(f1)), float(np.mean(right))


if __name__ == "__main__":
    sys.exit(main())
