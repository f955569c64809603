"""Facts about bounds of error rates."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, hypergeom

from querist.errors import InvalidInputError
from querist.metrics import (
    binomial_sizes,
    confidence_sequence,
    finite_bound,
    finite_chance,
    finite_sizes,
    upper_bound,
)


def test_the_upper_bound_is_where_so_few_errors_become_unlikely() -> None:
    """Under the bound, so few errors have exactly the probability that is left."""
    for wrong, count in ((0, 149), (3, 386), (20, 100)):
        assert binom.cdf(wrong, count, upper_bound(wrong, count)) == pytest.approx(0.05)
    assert upper_bound(0, 0) == 1.0


def test_sizes_are_the_smallest_at_which_each_number_of_errors_passes() -> None:
    """Brute force over all sizes finds the same."""
    found = binomial_sizes(0.05, 0.9, 400)
    brute = [
        next(n for n in range(1, 401) if n >= k and binom.cdf(k, n, 0.05) <= 0.1)
        for k in range(len(found))
    ]
    assert found.tolist() == brute
    assert binom.cdf(len(found), 400, 0.05) > 0.1


def test_a_confidence_sequence_holds_at_all_times_at_once() -> None:
    """Over 400 streams of 300 rows the true rate ever leaves the bounds in 5 % at most."""
    rng = np.random.default_rng(0)
    left = 0
    for _ in range(400):
        errors = np.cumsum(rng.uniform(size=300) < 0.1)
        bounds = (confidence_sequence(int(errors[n - 1]), n) for n in range(1, 301, 3))
        left += any(not low <= 0.1 <= high for low, high in bounds)
    assert left / 400 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_a_confidence_sequence_closes_in_on_the_rate() -> None:
    """With 10,000 rows the bounds are within 1.2 points of the rate, and contain it."""
    low, high = confidence_sequence(500, 10_000)
    assert 0.038 < low < 0.05 < high < 0.062
    assert confidence_sequence(0, 0) == (0.0, 1.0)


def test_impossible_counts_are_refused() -> None:
    """More errors than rows are no rate."""
    with pytest.raises(InvalidInputError):
        upper_bound(2, 1)
    with pytest.raises(InvalidInputError):
        confidence_sequence(-1, 1)


def test_the_chance_of_luck_among_few_rows_is_that_of_drawing_them() -> None:
    """It is the share of draws with so few errors where just too many of the others are wrong."""
    rng = np.random.default_rng(0)
    count, rest, wrong = np.array([40]), np.array([25]), np.array([5])
    rows = np.arange(65) < 5 + 6  # a fifth of 25 is 5, so 6 are too many
    drawn = np.array([rng.permutation(rows)[:40].sum() for _ in range(4_000)])
    chance = finite_chance(wrong, count, rest, 0.2)
    assert chance[0] == pytest.approx((drawn <= 5).mean(), abs=0.02)
    assert finite_chance(wrong, count, np.array([0]), 0.2)[0] == 0
    endless = finite_chance(wrong, count, np.array([10_000_000]), 0.2)
    assert endless[0] == pytest.approx(binom.cdf(5, 40, 0.2), rel=1e-3)


def test_the_bound_of_few_others_is_exceeded_no_more_often_than_allowed() -> None:
    """Over all numbers of wrong rows, draws of 90 of 120 break it in a tenth at most."""
    for all_wrong in range(0, 60, 4):
        wrong = np.arange(min(90, all_wrong) + 1)
        drawn = hypergeom.pmf(wrong, 120, all_wrong, 90)
        bounds = np.array([finite_bound(it, 90, 30, 0.9, most=1.0) for it in wrong.tolist()])
        assert drawn[(all_wrong - wrong) / 30 > bounds + 1e-9].sum() <= 0.1 + 1e-12
    assert finite_bound(0, 100, 20, 0.95, most=0.15) > upper_bound(0, 100)
    assert finite_bound(5, 40, 0, 0.95, most=0.2) == 0
    assert finite_bound(5, 400, 1_000_000, 0.95, most=0.2) == pytest.approx(
        upper_bound(5, 400), abs=1e-3
    )


def test_sizes_for_few_others_let_each_number_of_errors_pass() -> None:
    """Each size is one at which so many errors pass; with endless others they are binomial ones."""
    rest = np.arange(1, 301) // 2
    sizes = finite_sizes(rest, 0.1, 0.95)
    errors = np.arange(len(sizes))
    assert len(sizes) > 10
    assert (finite_chance(errors, sizes, rest[sizes - 1], 0.1) <= 0.05).all()
    assert (sizes >= binomial_sizes(0.1, 0.95, 1_000)[: len(sizes)]).mean() > 0.8
    endless = finite_sizes(np.full(300, 10_000_000), 0.1, 0.95)
    assert endless.tolist() == binomial_sizes(0.1, 0.95, 300).tolist()
