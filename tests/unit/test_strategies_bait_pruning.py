"""BAIT's backward pruning against removal by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.strategies import bait_pruning

RNG = np.random.default_rng(41)


def test_each_pick_that_goes_is_the_one_missed_least():
    """The picks that stay are those of a search that inverts M anew for every removal."""
    v = RNG.normal(size=(14, 5))
    root = RNG.normal(size=(5, 5))
    prior = 0.1 * np.eye(5)
    inverse = np.linalg.inv(prior + v.T @ v)
    stays = list(range(14))
    while len(stays) > 6:
        traces = []
        for gone in stays:
            kept = v[[place for place in stays if place != gone]]
            traces.append(np.trace(np.linalg.inv(prior + kept.T @ kept) @ root @ root.T))
        stays.pop(int(np.argmin(traces)))
    found, raised = bait_pruning.pruned(v, inverse, root, 6)
    assert found.tolist() == stays
    last = np.linalg.inv(prior + v[stays].T @ v[stays])
    assert raised == pytest.approx(np.trace((last - inverse) @ root @ root.T))


def test_copies_go_first():
    """Of picks in one direction beside one in another, one of the many goes."""
    v = np.array([[1.0, 0], [1.0, 0], [0, 1.0]])
    inverse = np.linalg.inv(0.01 * np.eye(2) + v.T @ v)
    stays, _ = bait_pruning.pruned(v, inverse, np.eye(2), 2)
    assert 2 in stays.tolist()


def _trace(table, vectors, labeled, picks, regularization=0.01):
    x = vectors.astype(np.float64) / np.sqrt(np.square(vectors.astype(np.float64)).mean())
    best = table.max(axis=1)
    v = np.sqrt(best * (1 - best))[:, None] * x
    total, n = len(labeled) + len(picks), len(picks)
    fisher = v.T @ v / len(v)
    m = regularization * np.eye(x.shape[1]) + v[labeled].T @ v[labeled] / total
    m += n / total * v[picks].T @ v[picks]
    return np.trace(np.linalg.inv(m) @ fisher)


@pytest.mark.parametrize(("n", "typical"), [(4, 1.0), (8, 0.85), (30, 0.97)])
def test_pruning_never_raises_and_mostly_lowers_the_expected_error(n, typical):
    """A batch that was pruned leaves no larger trace than forward picks, often a smaller one."""
    ratios = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        table = rng.dirichlet(np.ones(3), size=120)
        vectors = rng.normal(size=(120, 8)).astype(np.float32)
        labeled = np.arange(5)
        given = {"probabilities": table, "embeddings": vectors, "labeled": labeled}
        forward = query("bait", n, random_state=0, **given).indices
        both = query("bait", n, random_state=0, pruning=True, **given).indices
        assert len(set(both.tolist())) == n
        ratios.append(
            _trace(table, vectors, labeled, both) / _trace(table, vectors, labeled, forward)
        )
    assert max(ratios) <= 1 + 1e-4
    assert np.mean(ratios) <= typical


def test_pruning_takes_all_that_is_left():
    """Where fewer than twice the batch are left, all of them come or as many as asked."""
    table = RNG.dirichlet(np.ones(3), size=12)
    vectors = RNG.normal(size=(12, 3))
    for n in (7, 12, 40):
        picks = query("bait", n, probabilities=table, embeddings=vectors, pruning=True)
        assert len(set(picks.indices.tolist())) == min(n, 12)
