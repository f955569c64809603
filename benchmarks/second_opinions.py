"""ActiveLab against margin and random where several annotators make mistakes.

Eight simulated annotators, each right with a chance between 50 and 80 per cent and else guessing,
answer on embedded pictures: 500 answers to begin with, then 19 batches of 100, as in the paper.
``activelab`` may ask a second annotator about an old picture, the others ask about new ones only.
Every arm trains the same logistic regression on the same consensus of answers and model (CROWDLAB);
seeds are paired. Against margin there is no target: with mistakes that are mere guesses and a model
that averages over many labels, further opinions help little, and the figure is there to be seen.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import querist
from benchmarks.reporting import Figure, report
from querist.metrics import Answers, crowdlab, paired_bootstrap_interval

DATA = Path(__file__).parents[2] / "shared" / "data" / "fashion_mnist_embeddings.npz"
ARMS = ("random", "margin", "activelab")
SEEDS = 8
CLASSES, ANNOTATORS = 10, 8
POOL, TEST = 4_000, 2_000
FIRST, BATCH, ROUNDS = 500, 100, 20
FOLDS = 4

Table = NDArray[np.float64]


def main() -> int:
    """Run every arm on every seed; report the gains of ActiveLab in mean accuracy over rounds."""
    data = np.load(DATA)
    # The file holds float16, in which the sums below would overflow.
    rows = data["X"].astype(np.float64)
    curves = {arm: np.empty((SEEDS, ROUNDS)) for arm in ARMS}
    for seed in range(SEEDS):
        for arm in ARMS:
            curves[arm][seed] = run(rows, data["y"], arm, seed)
        print(seed, {arm: round(float(curve[seed].mean()), 4) for arm, curve in curves.items()})
    means = {arm: curve.mean(axis=1) for arm, curve in curves.items()}
    low, high = paired_bootstrap_interval(
        means["activelab"], means["margin"], np.random.default_rng(0)
    )
    figures = [
        *(Figure(name=f"accuracy of {arm}", value=float(means[arm].mean())) for arm in ARMS),
        Figure(
            name="gain of activelab over random",
            value=float((means["activelab"] - means["random"]).mean()),
            target=0.02,
        ),
        Figure(
            name="gain of activelab over margin",
            value=float((means["activelab"] - means["margin"]).mean()),
        ),
        Figure(name="its interval, low", value=low),
        Figure(name="its interval, high", value=high),
        *(
            Figure(name=f"final accuracy of {arm}", value=float(curve[:, -1].mean()))
            for arm, curve in curves.items()
        ),
    ]
    details = {arm: curve.tolist() for arm, curve in curves.items()}
    return report("second_opinions", figures, details=details)


def run(X: NDArray[np.floating], y: NDArray[np.integer], arm: str, seed: int) -> Table:
    """Accuracy on true labels after each round (ROUNDS,)."""
    order = np.random.default_rng(seed).permutation(len(y))
    test, pool = order[:TEST], order[TEST : TEST + POOL]
    center, spread = X[pool].mean(axis=0), X[pool].std(axis=0) + 1e-6
    vectors, truth, ends = (X[pool] - center) / spread, y[pool], (X[test] - center) / spread
    rng = np.random.default_rng([seed, 1])
    crowd = Crowd(truth, rng)
    crowd.ask(rng.choice(POOL, size=FIRST, replace=False))
    table = np.full((POOL, CLASSES), 1 / CLASSES)
    found = np.empty(ROUNDS)
    for at in range(ROUNDS):
        rows, who, said = crowd.columns()
        known, items = np.unique(rows, return_inverse=True)
        answers = Answers.of(items, who, said, class_count=CLASSES)
        labels = crowdlab(answers, table[known]).classes
        model = fitted(vectors[known], labels)
        found[at] = model.score(ends, y[test])
        table = probabilities(model, vectors)
        table[known] = out_of_fold(vectors[known], labels)
        given = {"annotations": (rows, who, said)} if arm == "activelab" else {"labeled": known}
        picks = querist.query(arm, BATCH, probabilities=table, random_state=seed, **given)
        crowd.ask(picks.indices)
    return found


class Crowd:
    """Annotators of different skill who answer once on a picture each."""

    def __init__(self, truth: NDArray[np.integer], rng: np.random.Generator) -> None:
        self.truth = truth
        self.rng = rng
        self.skill = rng.uniform(0.5, 0.8, size=ANNOTATORS)
        self.said: dict[tuple[int, int], int] = {}

    def ask(self, rows: NDArray[np.int64]) -> None:
        """One more answer on each row, of somebody who has not answered on it."""
        for row in rows.tolist():
            free = [k for k in range(ANNOTATORS) if (row, k) not in self.said]
            if free:
                who = int(self.rng.choice(free))
                right = self.rng.random() < self.skill[who]
                guess = int(self.rng.integers(CLASSES))
                self.said[row, who] = int(self.truth[row]) if right else guess

    def columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Rows, annotators and classes of all answers."""
        pairs = np.array(list(self.said), dtype=np.int64)
        return pairs[:, 0], pairs[:, 1], np.array(list(self.said.values()), dtype=np.int64)


def fitted(vectors: Table, labels: NDArray[np.integer]) -> Any:
    """A logistic regression of the labels."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.05, max_iter=500).fit(vectors, labels)


def probabilities(model: Any, vectors: Table) -> Table:
    """What a model predicts for all classes, those that it never saw included."""
    table = np.full((len(vectors), CLASSES), 1e-4)
    table[:, model.classes_] += model.predict_proba(vectors)
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def out_of_fold(vectors: Table, labels: NDArray[np.integer]) -> Table:
    """What models that did not see a row predict for it."""
    table = np.empty((len(vectors), CLASSES))
    for fold in range(FOLDS):
        out = np.arange(len(vectors)) % FOLDS == fold
        model = fitted(vectors[~out], labels[~out])
        table[out] = probabilities(model, vectors[out])
    return table


if __name__ == "__main__":
    sys.exit(main())
