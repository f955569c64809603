"""Does the order help in which a model that learns in steps is fed? Measured before it is trusted.

Easy to hard, hard to easy and classes in turn against random, and replay against forgetting where
one class comes after the other, eight paired seeds a set. And how often the measure claims a
difference where there is none: a random order against another random order.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.attribution import arrays
from benchmarks.reporting import Figure, report
from querist.experiments import LabeledData, compare_orders, labeled_data

SETS = ("fashion_mnist_embeddings", "debian_packages_embeddings", "german", "phoneme", "splice")
ORDERS = ("easy-first", "hard-first", "balanced")
ROWS, SEEDS = 2_000, 8
NOTHING, CLAIMS = "german", 60


def main() -> int:
    """Run it; 0 when every target holds."""
    rows: list[tuple[str, str, float]] = []
    for name in SETS:
        data = shuffled(name, 0, ROWS)
        found = [
            *compare_orders(data, ORDERS, seeds=SEEDS),
            *compare_orders(data, ["by-class+replay"], against="by-class", seeds=SEEDS),
        ]
        for one in found:
            print(f"{name}: {one.sentence}", flush=True)
            rows.append((name, one.order, one.gain))
    claims = []
    for draw in range(CLAIMS):
        (one,) = compare_orders(shuffled(NOTHING, draw + 1, 400), ["random"], seeds=SEEDS)
        claims.append(one.low > 0 or one.high < 0)
    figures = [
        *(
            Figure(name=f"{order} against random, points", value=gain(rows, order))
            for order in ORDERS
        ),
        Figure(
            name="replay against forgetting, points", value=gain(rows, "by-class+replay"), target=0
        ),
        Figure(
            name="claims where nothing differs",
            value=float(np.mean(claims)),
            target=0.1,
            better="lower",
        ),
        Figure(name="sets", value=len(SETS)),
    ]
    return report("feeding", figures, details={"runs": rows})


def gain(rows: list[tuple[str, str, float]], order: str) -> float:
    """The mean gain of an order over the sets, in points."""
    return float(np.mean([points for _, name, points in rows if name == order]))


def shuffled(name: str, seed: int, most: int) -> LabeledData:
    """Rows of a set in random order."""
    X, y = arrays(name)
    rows = np.random.default_rng(seed).permutation(len(y))[:most]
    kept, codes = np.unique(y[rows], return_inverse=True)
    large = np.isin(codes, np.flatnonzero(np.bincount(codes) >= 10))
    return labeled_data(X[rows][large], kept[codes[large]], name=name)


if __name__ == "__main__":
    sys.exit(main())
