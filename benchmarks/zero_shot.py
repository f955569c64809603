"""First guesses: how often they are right on day one, and how honest their confidence is.

Run: python -m benchmarks.zero_shot

Nothing is labelled. Debian's packages are guessed by the bare names of their 35 sections, read by
MiniLM; packages and Fashion-MNIST by 1, 3 and 5 random examples a class (five draws each). The
confidence is set by the agreement of neighbours, and by how often an example is guessed right by
the others; ECE says how far it is from the share of right guesses, unknown on day one.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.reporting import Figure, report
from querist.learners import Item, create_encoder
from querist.learners.prototypes import PrototypeLearner, unit
from querist.loop.zero_shot import agreed_scale
from querist.metrics import accuracy, expected_calibration_error
from querist.schema import Media

SHARED = Path("../shared/data")
# Examples a class, and how far their confidence may be off.
ECE = {1: 0.1, 3: 0.08, 5: 0.06}
DRAWS = 5
Matrix = NDArray[np.float32]


def main() -> int:
    """Measure; 0 if the confidence by names is honest and five examples are worth having."""
    packages, sections, names = _packages()
    read = create_encoder("minilm").encode([Item(media=Media.TEXT, text=name) for name in names])
    named = [unit(read - read.mean(axis=0))]
    figures = _figures("packages by name", packages, sections, named, [()], 0.05)
    with np.load(SHARED / "fashion_mnist_embeddings.npz") as stored:
        fashion, articles = stored["X"][:20_000].astype(np.float32), stored["y"][:20_000]
    for name, X, y in (("packages", packages, sections), ("articles", fashion, articles)):
        for count, target in ECE.items():
            shown = [_examples(X, y, count, seed) for seed in range(DRAWS)]
            means = [unit(rows.mean(axis=1)) for rows in shown]
            figures += _figures(f"{name} by {count} examples", X, y, means, shown, target)
    return report("zero-shot", figures)


def _packages() -> tuple[Matrix, NDArray[np.int64], list[str]]:
    with (SHARED / "debian_packages.csv").open(encoding="utf-8", newline="") as stream:
        said = [row["section"] for row in csv.DictReader(stream)]
    names = sorted(set(said))
    code = {name: i for i, name in enumerate(names)}
    with np.load(SHARED / "debian_packages_embeddings.npz") as stored:
        X = stored["X"].astype(np.float32)
    return X, np.array([code[name] for name in said]), names


def _examples(X: Matrix, y: NDArray[np.int64], count: int, seed: int) -> Matrix:
    """The examples (C, count, d), of length one."""
    rng = np.random.default_rng(seed)
    rows = [rng.choice(np.flatnonzero(y == c), count, replace=False) for c in range(y.max() + 1)]
    return unit(X - X.mean(axis=0))[np.array(rows)]


def _figures(
    name: str,
    X: Matrix,
    y: NDArray[np.int64],
    told: list[Matrix],
    shown: Sequence[Sequence[Matrix]],
    target: float,
) -> list[Figure]:
    right, errors = [], []
    center = X.mean(axis=0)
    for seed, prototypes in enumerate(told):
        rng = np.random.default_rng(seed)
        _, scale = agreed_scale(X, center, prototypes, rng, list(shown[seed]))
        classes = len(prototypes)
        learner = PrototypeLearner.of(
            prototypes, np.arange(classes), center, class_count=classes, scale=scale
        )
        table = learner.predict_proba(X)
        right.append(accuracy(y, table.argmax(axis=1)))
        errors.append(expected_calibration_error(y, table))
    return [
        Figure(name=f"{name}: right", value=float(np.mean(right))),
        Figure(
            name=f"{name}: calibration error",
            value=float(np.mean(errors)),
            target=target,
            better="lower",
        ),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
