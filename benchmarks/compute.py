"""What active learning costs the machine, beside one training on all labels of the same model.

Run: python -m benchmarks.compute [--part cnn|backbone|proxy] [--seeds 3] [--data ../shared/data]

Fashion-MNIST, 60,000 pictures to learn and 10,000 to test; two models. `cnn` is a small network of
two convolutions on the pixels, trained by AdamW until the loss on a tenth of the labels that is
held out has not fallen for three epochs: what a user would run. `backbone` is Querist's logistic
regression on the vectors of a frozen EfficientNet-Lite0.

Active learning goes on until the accuracy on the test set is 95 % of the full training's. It draws
a fresh random sub-pool for each round, asks the least margins in it, lets the batches grow by half
each round, and trains from scratch. All its trainings, predictions and selections are counted, in
wall seconds and in passes: a row through the network, where a training step, which goes forward and
back, counts three. The measuring on the test set, which both need, is not counted.

For the network two more things are measured on the labels that were asked: how a warm start by
shrink and perturb does beside a start from scratch, and whether the logistic regression on the
frozen vectors would have been a fit proxy to choose for it. What a proxy saves in whole projects is
measured apart by `--part proxy`, see `proxy_project.py`.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import proxy_project
from benchmarks.label_efficiency import EMBEDDINGS
from benchmarks.reporting import Figure, report
from querist import query
from querist.diagnostics import check_proxy
from querist.experiments import datasets
from querist.learners import create_learner
from querist.learners.torch_training import shrink_and_perturb

SHARE = 0.95
FIRST, GROWTH, SUB_POOL = 200, 1.5, 4_000
EPOCHS, PATIENCE, HELD, STEP, LEAST_STEPS = 60, 3, 0.1, 128, 8
SHRINK = 0.5
TRAINING_PASS = 3
LEARNED = 60_000

Rows = NDArray[Any]
Codes = NDArray[np.int64]
# Rows and classes to learn from, rows and classes to test on.
Data = tuple[Rows, Codes, Rows, Codes]
KINDS = ("train", "predict", "select")


@dataclass(slots=True)
class Cost:
    """What was spent: wall seconds by kind, and passes."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))
    passes: float = 0.0

    def spend(self, kind: str, work: Callable[[], Any]) -> Any:
        """Do some work and book its time."""
        start = time.perf_counter()
        found = work()
        self.seconds[kind] += time.perf_counter() - start
        return found

    @property
    def total(self) -> float:
        """All seconds."""
        return sum(self.seconds.values())


class Network:
    """Two convolutions and a hidden layer on pictures of 28 by 28, trained until it overfits."""

    def __init__(self, seed: int, start: dict[str, Any] | None = None) -> None:
        self._seed, self._start = seed, start
        self.passes = 0.0
        self.epochs = 0
        self.network: Any = None

    def fit(self, rows: Rows, y: Codes) -> None:
        """Train on pictures (n, 28, 28) of bytes and their classes (n,)."""
        import torch

        torch.manual_seed(self._seed)
        net = self.network = _built()
        if self._start is not None:
            shrink_and_perturb(net, self._start, SHRINK)
        order = np.random.default_rng(self._seed).permutation(len(y))
        held, kept = np.split(order, [max(int(HELD * len(y)), 1)])
        loss_of = torch.nn.functional.cross_entropy
        steps = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
        classes = torch.from_numpy(y)
        best, state, stale = np.inf, None, 0
        while stale < PATIENCE and self.epochs < EPOCHS:
            net.train()
            # Small sets take as many steps a pass as it needs for an epoch to tell anything.
            for _ in range(max(1, LEAST_STEPS * STEP // max(len(kept), 1))):
                for part in torch.from_numpy(kept)[torch.randperm(len(kept))].split(STEP):
                    steps.zero_grad()
                    loss_of(net(_pictures(rows[part.numpy()])), classes[part]).backward()
                    steps.step()
                self.passes += TRAINING_PASS * len(kept)
            self.epochs += 1
            judged = float(loss_of(torch.from_numpy(self.logits(rows[held])), classes[held]))
            self.passes += len(held)
            if judged < best:
                best, stale = judged, 0
                state = {name: value.clone() for name, value in net.state_dict().items()}
            else:
                stale += 1
        net.load_state_dict(state)

    def logits(self, rows: Rows) -> NDArray[np.float32]:
        """What it says of pictures (n, C)."""
        import torch

        self.network.eval()
        with torch.inference_mode():
            parts = [
                self.network(_pictures(rows[at : at + 1_000])) for at in range(0, len(rows), 1_000)
            ]
        return torch.cat(parts).numpy()

    def predict_proba(self, rows: Rows) -> NDArray[np.float32]:
        """Probabilities (n, C)."""
        logits = self.logits(rows)
        table = np.exp(logits - logits.max(axis=1, keepdims=True))
        return table / table.sum(axis=1, keepdims=True)


class Regression:
    """Querist's default learner on the vectors of the frozen back-bone."""

    def __init__(self, seed: int, start: dict[str, Any] | None = None) -> None:
        del seed, start
        self._learner = create_learner("logistic-regression")
        self.passes = 0.0

    def fit(self, rows: Rows, y: Codes) -> None:
        """Train on vectors (n, d) and their classes (n,)."""
        self._learner.fit(rows, y, class_count=10, rng=np.random.default_rng(0))
        # The solver does not tell its steps; a row counts once, as in a training on all labels.
        self.passes += TRAINING_PASS * len(y)

    def predict_proba(self, rows: Rows) -> NDArray[np.float32]:
        """Probabilities (n, C)."""
        return self._learner.predict_proba(rows)


def main() -> int:
    """Run both models, or one; 0 if neither costs more than one training on all labels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", choices=("cnn", "backbone", "proxy"))
    parser.add_argument("--seeds", type=int, default=3, help="projects with and without a proxy")
    arguments = parser.parse_args()
    vectors = _vectors(arguments.data)
    told: list[Figure] = []
    details: dict[str, Any] = {}
    if arguments.part in (None, "backbone"):
        told += _compared("backbone", Regression, vectors, details)[0]
    if arguments.part in (None, "cnn"):
        pictures = _pixels()
        figures, asked = _compared("cnn", Network, pictures, details)
        told += figures + _beside(pictures, vectors, asked, details)
    if arguments.part == "proxy":
        told += proxy_project.measured(arguments.data, arguments.seeds, details)
    # What a proxy saves is kept by itself: it takes longer than all else, and goes on if stopped.
    kept = {None: "compute", "proxy": "compute_proxy"}.get(arguments.part, "compute_part")
    return report(kept, told, details=details)


def _compared(
    name: str, make: Callable[..., Any], data: Data, details: dict[str, Any]
) -> tuple[list[Figure], list[Codes]]:
    rows, y, tested, truth = data
    full = Cost()
    whole = make(0)
    full.spend("train", lambda: whole.fit(rows, y))
    best = _accuracy(whole, tested, truth)
    print(f"  {name}: all labels {best:.4f} in {full.total:.1f} s", flush=True)
    cost, trail, asked = _active(make, data, SHARE * best)
    details[name] = {
        "all labels": {"accuracy": best, "seconds": full.total, "passes": whole.passes},
        "rounds": trail,
        "seconds": cost.seconds,
        "passes": cost.passes,
    }
    seconds, passes = cost.total / full.total, cost.passes / whole.passes
    return [
        Figure(name=f"{name}: of full quality", value=trail[-1][1] / best, target=SHARE),
        Figure(name=f"{name}: labels", value=trail[-1][0]),
        _most(f"{name}: seconds of one full training's", seconds),
        _most(f"{name}: passes of one full training's", passes),
        *(Figure(name=f"{name}: {kind}", value=cost.seconds[kind], unit="s") for kind in KINDS),
        Figure(name=f"{name}: one full training", value=full.total, unit="s"),
    ], asked


def _active(
    make: Callable[..., Any], data: Data, goal: float
) -> tuple[Cost, list[tuple[int, float]], list[Codes]]:
    """Rounds until the goal is met: the cost, labels and accuracy by round, and each batch."""
    rows, y, tested, truth = data
    cost, rng = Cost(), np.random.default_rng(1)
    batches = [rng.choice(len(y), size=FIRST, replace=False)]
    trail: list[tuple[int, float]] = []
    while True:
        known = np.concatenate(batches)
        model = make(len(batches))
        cost.spend("train", functools.partial(model.fit, rows[known], y[known]))
        trail.append((len(known), _accuracy(model, tested, truth)))
        print(f"    {trail[-1][0]:>6} labels {trail[-1][1]:.4f} {cost.total:7.1f} s", flush=True)
        cost.passes += model.passes
        if trail[-1][1] >= goal or len(known) == len(y):
            return cost, trail, batches
        free = np.setdiff1d(np.arange(len(y)), known)
        looked = np.sort(rng.choice(free, size=min(SUB_POOL, len(free)), replace=False))
        table = cost.spend("predict", functools.partial(model.predict_proba, rows[looked]))
        cost.passes += len(looked)
        wanted = min(round(FIRST * GROWTH ** len(batches)), len(looked))
        picks = cost.spend("select", functools.partial(_least_margins, table, wanted, rng))
        batches.append(looked[picks])


def _least_margins(table: Rows, wanted: int, rng: np.random.Generator) -> Codes:
    return query("margin", n=wanted, probabilities=table, random_state=rng).indices


def _beside(
    pictures: Data, vectors: Data, batches: list[Codes], details: dict[str, Any]
) -> list[Figure]:
    """A warm start beside a fresh one, and the frozen back-bone as a proxy, on the same labels."""
    rows, y, tested, truth = pictures
    if len(batches) < 2:
        return []
    known, before = np.concatenate(batches), np.concatenate(batches[:-1])
    earlier, fresh = Network(2), Network(3)
    earlier.fit(rows[before], y[before])
    fresh.fit(rows[known], y[known])
    warm = Network(3, start=dict(earlier.network.named_parameters()))
    warm.fit(rows[known], y[known])
    proxy = Regression(0)
    proxy.fit(vectors[0][before], y[before])
    table = np.sort(proxy.predict_proba(vectors[2]), axis=1)
    wrong = earlier.predict_proba(tested).argmax(axis=1) != truth
    check = check_proxy(table[:, -2] - table[:, -1], wrong, np.random.default_rng(0))
    details["warm start"] = {
        "fresh": {"accuracy": _accuracy(fresh, tested, truth), "epochs": fresh.epochs},
        "warm": {"accuracy": _accuracy(warm, tested, truth), "epochs": warm.epochs},
    }
    details["proxy"] = {"area": check.area, "low": check.low, "high": check.high}
    gain = _accuracy(warm, tested, truth) - _accuracy(fresh, tested, truth)
    return [
        Figure(name="warm start: accuracy above a fresh start's", value=gain),
        Figure(name="warm start: passes of a fresh start's", value=warm.passes / fresh.passes),
        Figure(name="proxy: knows where the network errs (0.5 is a guess)", value=check.area),
    ]


def _accuracy(model: Any, rows: Rows, truth: Codes) -> float:
    return float((model.predict_proba(rows).argmax(axis=1) == truth).mean())


def _built() -> Any:
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.25), nn.Linear(16 * 49, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def _pictures(rows: Rows) -> Any:
    import torch

    return torch.from_numpy(rows).float().div_(255).unsqueeze_(1)


def _pixels() -> Data:
    data = datasets.load_fashion_mnist()
    images, y = data.images, data.labels
    return images[:LEARNED], y[:LEARNED], images[LEARNED:], y[LEARNED:]


def _vectors(folder: Path) -> Data:
    with np.load(folder / EMBEDDINGS["fashion"], allow_pickle=False) as stored:
        rows, y = stored["X"].astype(np.float32), stored["y"].astype(np.int64)
        test = stored["split"] == 1
    return rows[~test], y[~test], rows[test], y[test]


def _most(name: str, value: float) -> Figure:
    return Figure(name=name, value=value, target=1.0, better="lower")


if __name__ == "__main__":
    raise SystemExit(main())
