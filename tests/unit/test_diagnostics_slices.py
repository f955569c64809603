"""Slices: planted rules are found with the right counts, noise raises no alarm."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from querist.diagnostics import alike, find_slices
from querist.diagnostics.chances import chance, discovery_rate, stratified_chance
from querist.diagnostics.slices import MOST_ROWS
from querist.errors import InvalidInputError


def planted(
    count: int = 4_000, seed: int = 0
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Errors of 10 %, but 60 % where the light is dark and the size is small."""
    rng = np.random.default_rng(seed)
    columns = {
        "light": np.array(["dark", "day", "lamp"])[rng.integers(3, size=count)],
        "size": rng.normal(size=count),
        "site": rng.integers(5, size=count),
    }
    inside = (columns["light"] == "dark") & (columns["size"] <= np.quantile(columns["size"], 0.25))
    return rng.random(count) < np.where(inside, 0.6, 0.1), columns, inside


def test_a_rule_of_two_predicates_is_found_alone() -> None:
    """The planted rule comes with its own rows, and neither of its halves is told beside it."""
    wrong, columns, inside = planted()
    [found] = find_slices(wrong, columns)
    assert [one.column for one in found.predicates] == ["light", "size"]
    assert found.predicates[0].words == "dark"
    assert len(np.setxor1d(found.rows, np.flatnonzero(inside))) <= 1
    assert found.errors == wrong[found.rows].sum() == wrong[found.rows[: found.errors]].sum()
    assert found.gain == pytest.approx(
        100 * (found.errors - found.elsewhere * len(found.rows)) / len(wrong)
    )


def test_a_rule_holds_for_other_rows() -> None:
    """On the rows it was found on, and on those of a later sample, it means the same."""
    wrong, columns, _ = planted()
    [found] = find_slices(wrong, columns)
    assert np.array_equal(np.flatnonzero(found.holds(columns)), np.sort(found.rows))
    _, later, _ = planted(seed=1)
    cut = np.quantile(columns["size"], 0.25)
    assert np.array_equal(found.holds(later), (later["light"] == "dark") & (later["size"] < cut))


def test_long_numbers_are_told_apart() -> None:
    """Dates that agree in six digits are several values, each called by all of its digits."""
    rng = np.random.default_rng(2)
    dates = rng.choice([20260101.0, 20260102.0, 20260103.5, np.nan], size=900)
    wrong = rng.random(900) < np.where(dates == 20260102, 0.6, 0.1)
    [found] = find_slices(wrong, {"taken": dates})
    assert found.rule == "taken is 20260102"
    assert np.array_equal(found.holds({"taken": dates}), dates == 20260102)


def test_noise_has_no_slices() -> None:
    """Of 60 samples whose errors have nothing to do with the columns at most two raise one."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng([seed, 1])
        columns = {f"c{i}": rng.integers(6, size=800) for i in range(4)}
        alarms += bool(find_slices(rng.random(800) < 0.2, columns))
    assert alarms <= 2


def test_clusters_are_a_column_like_any_other() -> None:
    """A dense group of rows that are all wrong is a slice of the column of groups."""
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(600, 8)).astype(np.float32)
    vectors[:50] += 9
    wrong = rng.random(600) < 0.05
    wrong[:50] = True
    found = find_slices(wrong, {"group": alike(vectors, rng)})
    told = np.concatenate([one.rows for one in found])
    assert (told < 50).sum() >= 40


def test_of_many_rows_some_are_looked_at() -> None:
    """A larger sample gives the same rule from 50,000 rows of it."""
    wrong, columns, _ = planted(120_000)
    found = max(find_slices(wrong, columns), key=lambda one: one.share)
    assert found.of == MOST_ROWS
    assert [one.column for one in found.predicates] == ["light", "size"]


def test_perfect_models_and_empty_samples_have_none() -> None:
    """No errors, no rows and no columns are no error."""
    assert find_slices(np.zeros(50, dtype=bool), {"c": np.arange(50) % 2}) == ()
    assert find_slices(np.zeros(0, dtype=bool), {"c": np.zeros(0)}) == ()
    assert find_slices(np.ones(50, dtype=bool), {}) == ()


def test_columns_of_another_length_are_refused() -> None:
    """The column is named."""
    with pytest.raises(InvalidInputError, match="light"):
        find_slices(np.zeros(5, dtype=bool), {"light": np.zeros(4)})


def test_chances_are_fishers() -> None:
    """The exact tail is that of scipy's one-sided test wherever the share is higher."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        of, others = rng.integers(5, 40, size=2)
        hits, more = rng.integers(0, of + 1), rng.integers(0, others + 1)
        expected = fisher_exact(
            [[hits, of - hits], [more, others - more]], alternative="greater"
        ).pvalue
        found = float(chance(hits, of, more, others))
        assert found == (pytest.approx(expected) if hits * others > more * of else 1.0)


def test_false_discoveries_are_counted_as_benjamini_and_hochberg_do() -> None:
    """Adjusted chances are those of the step-up rule, by plain loops."""
    p = np.random.default_rng(4).random(30) ** 3
    ranks = np.argsort(np.argsort(p)) + 1
    slow = [
        min([1.0, *(p[j] * 30 / ranks[j] for j in range(30) if p[j] >= p[i])]) for i in range(30)
    ]
    assert discovery_rate(p) == pytest.approx(slow)


def test_strata_are_compared_with_themselves() -> None:
    """A share that is higher only because of its strata is no evidence."""
    assert stratified_chance([18, 2], [20, 20], [90, 10], [100, 100]) > 0.3
    assert stratified_chance([18, 12], [20, 20], [50, 10], [100, 100]) < 1e-6
    assert stratified_chance([0], [5], [0], [5]) == 1.0
