"""Orders of feeding: what each is, what replay feeds again, and that a claim needs a sure gain."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from querist.errors import InvalidInputError, UnknownNameError
from querist.experiments import compare_orders, labeled_data
from querist.experiments.feeding import ORDERS, fed, ordered


def digits(count: int = 500):
    """Digits in random order."""
    X, y = load_digits(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(y))[:count]
    return labeled_data(X[rows], y[rows])


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_feeds_each_row_once(name: str) -> None:
    """Each order is a permutation of the rows, and the same seed gives the same one."""
    y = np.arange(90) % 3
    easiness = np.random.default_rng(1).random(90)
    first, again = (ordered(name, easiness, y, np.random.default_rng(2)) for _ in range(2))
    np.testing.assert_array_equal(np.sort(first), np.arange(90))
    np.testing.assert_array_equal(first, again)


def test_orders_are_what_they_say() -> None:
    """Easy to hard falls in easiness, balanced takes turns, by class has no turn back."""
    y = np.repeat([0, 1, 2], [10, 20, 30])
    easiness = np.random.default_rng(1).random(60)
    easy, hard, balanced, classes = (
        ordered(name, easiness, y, np.random.default_rng(2))
        for name in ("easy-first", "hard-first", "balanced", "by-class")
    )
    assert (np.diff(easiness[easy]) <= 0).all()
    assert (np.diff(easiness[hard]) >= 0).all()
    assert (np.bincount(y[balanced[:30]]) == 10).all()
    assert (np.diff(y[classes]) != 0).sum() == 2


def test_replay_feeds_only_what_was_fed_before() -> None:
    """Beside the new rows of a step come old ones; without replay the new ones again."""
    order = np.random.default_rng(0).permutation(200)
    seen: set[int] = set()
    for new, beside in fed(order, replay=True, rng=np.random.default_rng(1)):
        assert len(beside) == len(new)
        assert not seen or set(beside.tolist()) <= seen
        seen |= set(new.tolist())
    for new, beside in fed(order, replay=False, rng=np.random.default_rng(1)):
        np.testing.assert_array_equal(new, beside)


def test_replay_helps_against_forgetting() -> None:
    """Digits one class after the other: surely more with replay, and it says so."""
    (found,) = compare_orders(digits(), ["by-class+replay"], against="by-class", seeds=3)
    assert found.low > 0
    assert found.sentence.startswith("Feeding by-class+replay helps against by-class")


def test_another_random_order_is_no_help() -> None:
    """Two draws of a random order: no sure difference."""
    (found,) = compare_orders(digits(), ["random"], seeds=4)
    assert found.low < 0 < found.high
    assert "no sure difference" in found.sentence


def test_what_makes_no_sense_is_refused() -> None:
    """An unknown order, one seed, nothing to compare."""
    with pytest.raises(UnknownNameError):
        compare_orders(digits(), ["alphabetical"])
    with pytest.raises(InvalidInputError):
        compare_orders(digits(), ["balanced"], seeds=1)
    with pytest.raises(InvalidInputError):
        compare_orders(digits(), [])
