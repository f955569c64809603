"""Facts about the greedy reduction of variance."""

import numpy as np
import pytest

from querist.strategies.variance import NOISE, condition, reduce_variance


def _case(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(60, 3))
    near = np.exp(-((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    return near, rng.random(60).astype(np.float32), list(rng.choice(60, size=6, replace=False))


def _left(near, weights, told):
    """The weighted variance of all rows when some are labelled, by solving for it."""
    noisy = near[np.ix_(told, told)] + NOISE * np.eye(len(told))
    return weights @ (1 - np.diag(near[:, told] @ np.linalg.solve(noisy, near[told])))


@pytest.mark.parametrize("seed", range(5))
def test_each_pick_leaves_the_least_variance(seed):
    """The picks are those of trying every row and solving anew."""
    near, weights, known = _case(seed)
    free = np.setdiff1d(np.arange(60), known)
    table = near[np.ix_(free, free)].astype(np.float32)
    # Weights of what is labelled do not count: only what may be asked is there.
    condition(
        table,
        near[np.ix_(free, known)].astype(np.float32),
        near[np.ix_(known, known)].astype(np.float32),
    )
    places, gains = reduce_variance(table, weights[free], 8)
    matter = np.zeros(60)
    matter[free] = weights[free]
    told = list(known)
    for place, gain in zip(places, gains, strict=True):
        before = _left(near, matter, told)
        after = {row: _left(near, matter, [*told, row]) for row in free if row not in told}
        assert free[place] == min(after, key=after.get)
        assert gain == pytest.approx((before - after[free[place]]) / matter.sum(), abs=1e-4)
        told.append(free[place])


def test_nothing_labelled_changes_nothing():
    """Without labelled rows the covariance is the similarity."""
    near, _, _ = _case(0)
    table = near.astype(np.float32)
    condition(table, np.zeros((60, 0), np.float32), np.zeros((0, 0), np.float32))
    np.testing.assert_array_equal(table, near.astype(np.float32))


def test_twins_are_not_asked_both_before_others():
    """Of two equal rows the second tells little that the first did not."""
    near = np.eye(6)
    near[0, 1] = near[1, 0] = 1.0
    places, _ = reduce_variance(near.astype(np.float32), np.ones(6, np.float32), 5)
    assert set(places[:1].tolist()) <= {0, 1}
    assert not {0, 1} <= set(places.tolist())


def test_all_rows_can_be_asked():
    """As many as there are gives each once."""
    near, weights, _ = _case(1)
    places, gains = reduce_variance(near.astype(np.float32), weights, 60)
    assert sorted(places.tolist()) == list(range(60))
    assert (gains >= 0).all()
