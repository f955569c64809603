"""A stream whose classes change places: the budget holds, the drift is found, accuracy returns."""

from __future__ import annotations

import math

import numpy as np

from querist.strategies.streams import Stream, check_arrival

ARRIVALS = 6_000
CHANGE = 3_000


class ClassMeans:
    """Nearest class mean over all labels since it was last made new."""

    def __init__(self):
        self.sums, self.counts = np.zeros((3, 6)), np.zeros(3)

    def predict(self, x):
        """Class probabilities (3,), or nothing before each class has a label."""
        if (self.counts == 0).any():
            return None
        away = ((x - self.sums / self.counts[:, None]) ** 2).sum(axis=1) / 2
        likely = np.exp(away.min() - away)
        return likely / likely.sum()

    def learn(self, x, y):
        """Take one label."""
        self.sums[y] += x
        self.counts[y] += 1


def simulate(strategy, *, heed=True, seed=0):
    """Correctness of each prediction (n,), questions (n,), and where the alarms were."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(3, 6))
    stream, model = Stream(strategy, budget=0.1, random_share=0.3, seed=seed), ClassMeans()
    right, asked, alarms = np.zeros(ARRIVALS, bool), np.zeros(ARRIVALS, bool), []
    for at in range(ARRIVALS):
        y = int(rng.integers(3))
        x = centers[(y + (at >= CHANGE)) % 3] + rng.normal(size=6)
        table = model.predict(x)
        decision = stream.consider(check_arrival(probabilities=table))
        right[at] = table is not None and table.argmax() == y
        asked[at] = decision.ask
        if decision.ask:
            if decision.random and table is not None and stream.observe(not right[at]):
                alarms.append(at)
                model = ClassMeans() if heed else model
            model.learn(x, y)
    return right, asked, alarms


def test_an_abrupt_drift_is_found_within_the_budget_and_pays_off():
    """All of four seeds stay in budget, ring after the change only, and regain the accuracy."""
    for seed in range(4):
        right, asked, alarms = simulate("randomized-variable", seed=seed)
        assert asked.sum() <= math.ceil(0.1 * ARRIVALS)
        assert asked.sum() > 0.09 * ARRIVALS
        assert alarms[0] >= CHANGE
        assert alarms[0] < CHANGE + 1_500
        before, after = right[500:CHANGE].mean(), right[alarms[-1] + 300 :].mean()
        assert after > before - 0.05
        unheeded = simulate("randomized-variable", heed=False, seed=seed)[0]
        assert after > unheeded[alarms[-1] + 300 :].mean() + 0.1


def test_random_at_the_same_budget_is_no_better_before_the_drift():
    """Until the change the threshold's labels teach as much as as many random ones."""
    ours = np.mean(
        [simulate("randomized-variable", seed=s)[0][500:CHANGE].mean() for s in range(3)]
    )
    random = np.mean([simulate("random", seed=s)[0][500:CHANGE].mean() for s in range(3)])
    assert ours > random - 0.01
