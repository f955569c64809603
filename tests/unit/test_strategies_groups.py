"""Groups: whether a pool has any, and what auto does where it has none."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.strategies.coverage import Space
from querist.strategies.geometry import content_hashes
from querist.strategies.groups import agreement, dimensions, grouped

RNG = np.random.default_rng(5)
# As many columns, each on its own; and eight groups in as many.
APART = RNG.normal(size=(600, 60)).astype(np.float32)
GROUP = RNG.integers(0, 8, 600)
GROUPS = (RNG.normal(size=(8, 60))[GROUP] * 2 + APART).astype(np.float32)


def has_groups(rows: np.ndarray, candidates: np.ndarray | None = None) -> bool:
    """`grouped` of rows, or of some candidates among them."""
    positions = np.arange(len(rows)) if candidates is None else candidates
    hashes = np.zeros(len(rows), dtype=np.uint64)
    hashes[positions] = content_hashes(rows, positions)
    return grouped(Space(rows, rows.mean(axis=0), 0.0, hashes), positions)


def centred(rows: np.ndarray) -> np.ndarray:
    """The rows around their mean."""
    return rows - rows.mean(axis=0)


def test_columns_on_their_own_make_no_groups():
    """Sixty independent columns have none, eight centers in sixty columns are found."""
    assert not has_groups(APART)
    assert has_groups(GROUPS)


def test_columns_that_repeat_others_make_no_groups():
    """Written twice, and once more turned around, independent columns are still that."""
    assert not has_groups(np.concatenate([APART, APART, -APART], axis=1))


def test_constant_columns_and_lengths_change_nothing():
    """Neither a column that never varies nor the unit of all columns tells of groups."""
    for rows in (APART, GROUPS):
        other = np.concatenate([rows * 1e-4, np.full((600, 5), 7.0, np.float32)], axis=1)
        assert has_groups(other) == has_groups(rows)


@pytest.mark.parametrize("size", [1e-25, 1e12, 1e25])
def test_the_size_of_the_numbers_does_not_matter(size: float) -> None:
    """Tiny and huge vectors are judged like others, without an overflow."""
    for rows in (APART, GROUPS):
        scaled = rows * np.float32(size)
        assert has_groups(scaled) == has_groups(rows)
        query("auto", 6, embeddings=scaled, random_state=0)


def test_few_dimensions_and_few_rows_are_taken_as_grouped():
    """Nothing is said of 12 columns, of 60 columns that vary in two directions, of 30 rows."""
    assert has_groups(APART[:, :12].copy())
    flat = APART[:, :2] @ RNG.normal(size=(2, 60)).astype(np.float32)
    assert has_groups(flat + 1e-3 * APART)
    assert has_groups(APART[:30])


def test_a_dozen_columns_of_categories_on_their_own_make_no_groups():
    """Where most columns have two values six dimensions are many; one column more decides."""
    categories = (RNG.random((600, 6)) < 0.2).astype(np.float32)
    assert not has_groups(np.concatenate([categories, APART[:, :6]], axis=1))
    assert has_groups(np.concatenate([categories, APART[:, :7]], axis=1))
    assert has_groups(categories[:, :5].copy())


def test_categories_that_go_together_make_groups():
    """Twenty yes-or-no columns that mostly follow one of four kinds are near in both halves."""
    kinds = RNG.random((4, 20)) < 0.5
    rows = kinds[RNG.integers(0, 4, 600)] ^ (RNG.random((600, 20)) < 0.05)
    assert has_groups(rows.astype(np.float32))


def test_equal_rows_are_taken_as_grouped():
    """Rows that do not differ vary in no direction, and nothing is divided by zero."""
    assert has_groups(np.ones((100, 40), dtype=np.float32))


def test_the_order_of_the_pool_and_rows_outside_it_do_not_matter():
    """Above a thousand rows the same ones are looked at wherever they stand."""
    rows = np.concatenate([RNG.normal(size=(1_500, 60)), GROUPS]).astype(np.float32)
    assert not has_groups(rows, np.arange(1_500))
    assert has_groups(rows, np.arange(1_500, 2_100))
    assert has_groups(rows[::-1].copy(), np.arange(0, 600))


def test_dimensions_are_the_participation_ratio():
    """It agrees with the eigenvalues of the covariance."""
    rows = centred(APART * np.linspace(0.1, 3, 60, dtype=np.float32))
    values = np.linalg.eigvalsh(np.cov(rows.T))
    expected = values.sum() ** 2 / (values**2).sum()
    assert dimensions(rows) == pytest.approx(expected, rel=1e-3)


def test_agreement_runs_from_nothing_to_all():
    """About 0 for independent columns, near 1 where all columns are copies of three."""
    assert abs(agreement(centred(APART))) < 0.1
    few = APART[:, :3] @ RNG.normal(size=(3, 60)).astype(np.float32)
    assert agreement(centred(few)) > 0.9


def test_auto_draws_near_central_rows_where_there_are_no_groups():
    """Over seeds far more rows are asked than a hub a batch, and the note says why."""
    asked, said = [], set()
    for seed in range(20):
        picks = query("auto", 10, embeddings=APART, random_state=seed, random_share=0.0)
        assert len(set(picks.indices.tolist())) == 10
        asked += picks.indices.tolist()
        said.add("no groups" in picks.note)
    assert len(set(asked)) > 120
    assert said == {True}


def test_auto_asks_the_typical_rows_of_groups():
    """With groups the choice is that of the rows alone, whatever the seed."""
    batches = [
        query("auto", 10, embeddings=GROUPS, random_state=seed, random_share=0.0)
        for seed in range(5)
    ]
    assert len({tuple(picks.indices.tolist()) for picks in batches}) == 1
    assert "no groups" not in batches[0].note


def test_what_is_drawn_follows_the_doubt_of_the_model():
    """Rows a model is sure of are hardly drawn, though they lie as near."""
    table = np.full((600, 2), [1.0, 0.0])
    unsure = RNG.permutation(600)[:200]
    table[unsure] = 0.5
    picks = query(
        "auto",
        20,
        probabilities=table,
        embeddings=APART,
        labeled=[0, 1],
        labels=[0, 1],
        random_state=0,
        random_share=0.0,
    )
    assert np.isin(picks.indices, unsure).mean() > 0.9
