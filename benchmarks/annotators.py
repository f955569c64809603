"""Simulated annotators: labels and people judged right, and second opinions worth their price.

Part one. Annotators with known tables of confusion answer on 2,000 embedded pictures: 3, 5 or 10 of
them, who differ in skill and in diligence, between two and five answers a picture, in four kinds of
noise. Each method makes labels of the answers and says how right they are, and how right each
annotator is; both are held against the truth. ``crowdlab`` and ``lean-crowd`` also get the
probabilities of a logistic regression, out of fold.

Part two. Eight annotators of whom every fifth answer is wrong are asked on a pool of 4,000: 500
answers to begin with, then 19 batches of 100. ActiveLab may ask a second annotator about an old
picture; the other arms ask about new ones only: ActiveLab kept from old rows (the same doubt), and
random. Every arm trains the default learner on what most have said of a picture (ties go to the
class that answers and model together find more probable), as a project does; seeds are paired, the
interval is over them. One more arm is ActiveLab with the weights of its paper.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import querist
from benchmarks.reporting import Figure, report
from querist.learners import create_learner, out_of_fold
from querist.metrics import (
    Answers,
    Consensus,
    crowdlab,
    dawid_skene,
    glad,
    lean_crowd,
    majority_vote,
    paired_bootstrap_interval,
)

DATA = Path(__file__).parents[2] / "shared" / "data" / "fashion_mnist_embeddings.npz"
CLASSES = 10
ITEMS, PEOPLE, REPEATS = 2_000, (3, 5, 10), 3
NOISES = ("guesses", "own habits", "common traps", "one spammer")
# Part two.
SEEDS, POOL, TEST, CROWD = 10, 4_000, 2_000, 8
FIRST, BATCH, ROUNDS = 500, 100, 20
ERRORS = (0.05, 0.35)
ARMS: Mapping[str, Mapping[str, Any]] = {
    "random, new only": {"name": "random", "new": True},
    "activelab, new only": {"name": "activelab", "new": True},
    "activelab of the paper": {"name": "activelab", "new": False, "weights": "paper"},
    "activelab": {"name": "activelab", "new": False},
}

Table = NDArray[np.float64]
Codes = NDArray[np.int64]
Methods = Mapping[str, Callable[[Answers], Consensus]]


def main() -> int:
    """Both parts; targets are those of the issue."""
    data = np.load(DATA)
    # The file holds float16, in which sums would overflow.
    X, y = data["X"].astype(np.float32), data["y"].astype(np.int64)
    figures, details = judged(X, y)
    gains, curves = second_opinions(X, y)
    return report("annotators", [*figures, *gains], details={**details, **curves})


def judged(X: Table, y: Codes) -> tuple[list[Figure], dict[str, Any]]:
    """Part one: the worst kind of noise and number of people decides, means over seeds."""
    errors: dict[str, dict[str, list[tuple[float, float, float, float]]]] = {}
    for noise, count, seed in product(NOISES, PEOPLE, range(REPEATS)):
        rng = np.random.default_rng([seed, count, NOISES.index(noise)])
        rows = rng.choice(len(y), size=ITEMS, replace=False)
        truth = y[rows]
        answers = answered(truth, confusions(noise, count, rng), rng)
        for name, method in methods(X[rows], rng).items():
            found = method(answers)
            errors.setdefault(name, {}).setdefault(f"{noise}, {count} people", []).append(
                off(found, answers, truth)
            )
    figures = []
    for name, by_case in errors.items():
        mean = {case: np.mean(values, axis=0) for case, values in by_case.items()}
        table = np.array(list(mean.values()))
        promised = name == "lean-crowd"
        figures += [
            Figure(name=f"labels right, {name}", value=float(table[:, 0].mean())),
            Figure(
                name=f"error about the labels, worst case, {name}",
                value=float(table[:, 1].max()),
                target=0.02 if promised else None,
                better="lower",
            ),
            Figure(
                name=f"error about an annotator, worst case, {name}",
                value=float(table[:, 2].max()),
                target=0.02 if promised else None,
                better="lower",
            ),
            Figure(
                name=f"largest error about any annotator, worst case, {name}",
                value=float(table[:, 3].max()),
                target=0.02 if promised else None,
                better="lower",
            ),
        ]
    details = {
        name: {case: np.round(np.mean(v, axis=0), 4).tolist() for case, v in by_case.items()}
        for name, by_case in errors.items()
    }
    return figures, {"right labels, error about them, about annotators (mean, largest)": details}


def methods(vectors: Table, rng: np.random.Generator) -> Methods:
    """Every method; those with a model train it out of fold on the majority's labels."""

    def probabilities(answers: Answers) -> Table:
        labels = majority_vote(answers).classes
        return np.asarray(unseen(vectors, labels, rng), dtype=np.float64)

    return {
        "majority": majority_vote,
        "dawid-skene": dawid_skene,
        "glad": glad,
        "crowdlab": lambda answers: crowdlab(answers, probabilities(answers)),
        "lean-crowd": lambda answers: lean_crowd(answers, probabilities(answers)),
    }


def off(found: Consensus, answers: Answers, truth: Codes) -> tuple[float, float, float, float]:
    """Share of right labels, error about that share, and about annotators: mean and largest."""
    right = float((found.classes == truth).mean())
    believed = float(found.posterior[np.arange(len(truth)), found.classes].mean())
    real = answers.by_annotator((answers.classes == truth[answers.items]).astype(np.float64))
    wrong = np.abs(found.annotator_accuracy - real)
    return right, abs(believed - right), float(wrong.mean()), float(wrong.max())


def confusions(noise: str, count: int, rng: np.random.Generator) -> Table:
    """A table of confusion (M, C, C) for each of M annotators; rows are true classes."""
    errors = rng.uniform(0.05, 0.4, size=count)
    if noise == "one spammer":
        errors[rng.integers(count)] = 1 - 1 / CLASSES
    off_diagonal = 1 - np.eye(CLASSES)
    habits = np.ones((count, CLASSES, CLASSES))
    if noise == "own habits":
        habits = rng.dirichlet(np.full(CLASSES, 0.5), size=(count, CLASSES))
    if noise == "common traps":
        # Half of all mistakes lead to the same other class, whoever makes them.
        habits = habits + (CLASSES - 2) * np.roll(np.eye(CLASSES), 1, axis=1)
    habits = habits * off_diagonal
    habits /= habits.sum(axis=2, keepdims=True)
    return np.asarray(
        errors[:, None, None] * habits + (1 - errors[:, None, None]) * np.eye(CLASSES)
    )


def answered(truth: Codes, tables: Table, rng: np.random.Generator) -> Answers:
    """Two to five answers an item, the diligent more often; everybody at most once on an item."""
    count = len(tables)
    diligence = rng.dirichlet(np.full(count, 3.0)) + 0.2 / count
    order = np.argsort(-np.log(diligence) - rng.gumbel(size=(len(truth), count)), axis=1)
    each = rng.integers(min(2, count), min(5, count) + 1, size=len(truth))
    each = np.maximum(each, 3) if count == 3 else each
    items = np.repeat(np.arange(len(truth)), each)
    who = order[np.arange(count) < each[:, None]]
    said = drawn(tables[who, truth[items]], rng)
    return Answers.of(
        items, who, said, item_count=len(truth), annotator_count=count, class_count=CLASSES
    )


def drawn(chances: Table, rng: np.random.Generator) -> Codes:
    """One class for each row of chances (n, C)."""
    ends = chances.cumsum(axis=1)
    return (rng.random(len(chances))[:, None] > ends).sum(axis=1).clip(max=CLASSES - 1)


def unseen(vectors: Table, labels: Codes, rng: np.random.Generator) -> NDArray[np.float32]:
    """What models of the default kind say of rows that they have not learned."""
    return out_of_fold(
        lambda: create_learner("logistic-regression"),
        vectors,
        labels,
        class_count=CLASSES,
        rng=rng,
    )


def second_opinions(X: Table, y: Codes) -> tuple[list[Figure], dict[str, Any]]:
    """Part two."""
    curves = {arm: np.empty((SEEDS, ROUNDS)) for arm in ARMS}
    shares = {arm: np.empty(SEEDS) for arm in ARMS}
    for seed in range(SEEDS):
        for arm, settings in ARMS.items():
            curves[arm][seed], shares[arm][seed] = run(X, y, seed, **settings)
        print(seed, {arm: round(float(curve[seed].mean()), 4) for arm, curve in curves.items()})
    means = {arm: curve.mean(axis=1) for arm, curve in curves.items()}
    figures = [Figure(name=f"accuracy, {arm}", value=float(means[arm].mean())) for arm in ARMS]
    for rival, target in (("activelab, new only", 0.0), ("random, new only", 0.0)):
        low, high = paired_bootstrap_interval(
            means["activelab"], means[rival], np.random.default_rng(0)
        )
        gain = float((means["activelab"] - means[rival]).mean())
        figures += [
            Figure(name=f"gain of activelab over {rival}", value=gain),
            Figure(name=f"its interval, low, over {rival}", value=low, target=target),
            Figure(name=f"its interval, high, over {rival}", value=high),
        ]
    figures += [
        Figure(name=f"final accuracy, {arm}", value=float(curve[:, -1].mean()))
        for arm, curve in curves.items()
    ]
    figures.append(
        Figure(name="share of second opinions, activelab", value=float(shares["activelab"].mean()))
    )
    return figures, {arm: curve.tolist() for arm, curve in curves.items()}


def run(
    X: Table, y: Codes, seed: int, *, name: str, new: bool, **parameters: Any
) -> tuple[Table, float]:
    """Accuracy on true labels after each round (ROUNDS,), and the share of second opinions."""
    order = np.random.default_rng(seed).permutation(len(y))
    test, pool = order[:TEST], order[TEST : TEST + POOL]
    rng = np.random.default_rng([seed, 1])
    crowd = Crowd(y[pool], rng)
    crowd.ask(rng.choice(POOL, size=FIRST, replace=False))
    table = np.full((POOL, CLASSES), 1 / CLASSES, dtype=np.float32)
    found, again = np.empty(ROUNDS), []
    for at in range(ROUNDS):
        rows, who, said = crowd.columns()
        known, items = np.unique(rows, return_inverse=True)
        answers = Answers.of(items, who, said, annotator_count=CROWD, class_count=CLASSES)
        labels = held(answers, table[known]) if at else majority_vote(answers).classes
        learner = create_learner("logistic-regression")
        learner.fit(X[pool][known], labels, class_count=CLASSES, rng=rng)
        said_of = learner.predict_proba(X[test])
        found[at] = float((said_of.argmax(axis=1) == y[test]).mean())
        table = learner.predict_proba(X[pool])
        table[known] = unseen(X[pool][known], labels, np.random.default_rng([seed, at]))
        given: dict[str, Any] = dict(parameters)
        if name == "activelab":
            given["annotations"] = (rows, who, said)
        final = known if new else crowd.exhausted()
        picks = querist.query(
            name, BATCH, probabilities=table, labeled=final, random_state=seed, **given
        )
        again.append(float(np.isin(picks.indices, known).mean()))
        crowd.ask(picks.indices)
    return found, float(np.mean(again))


def held(answers: Answers, table: Table) -> Codes:
    """What most have said of each item, of equals the most probable: the labels of a project."""
    posterior = lean_crowd(answers, table).posterior
    return np.asarray((answers.votes() + posterior / 2).argmax(axis=1), dtype=np.int64)


class Crowd:
    """Annotators who answer once on a picture each, a fifth of their answers wrong on average."""

    def __init__(self, truth: Codes, rng: np.random.Generator) -> None:
        self.truth = truth
        self.rng = rng
        errors = rng.uniform(*ERRORS, size=CROWD)
        self.errors = errors * np.mean(ERRORS) / errors.mean()
        self.said: dict[tuple[int, int], int] = {}

    def ask(self, rows: Codes) -> None:
        """One more answer on each row, of somebody who has not answered on it."""
        for row in rows.tolist():
            free = [k for k in range(CROWD) if (row, k) not in self.said]
            if free:
                who = int(self.rng.choice(free))
                wrong = self.rng.random() < self.errors[who]
                guess = (self.truth[row] + self.rng.integers(1, CLASSES)) % CLASSES
                self.said[row, who] = int(guess if wrong else self.truth[row])

    def exhausted(self) -> Codes:
        """Rows on which everybody has answered."""
        rows = np.array([row for row, _ in self.said], dtype=np.int64)
        return np.flatnonzero(np.bincount(rows, minlength=len(self.truth)) >= CROWD)

    def columns(self) -> tuple[Codes, Codes, Codes]:
        """Rows, annotators and classes of all answers."""
        pairs = np.array(list(self.said), dtype=np.int64)
        return pairs[:, 0], pairs[:, 1], np.array(list(self.said.values()), dtype=np.int64)


if __name__ == "__main__":
    sys.exit(main())
