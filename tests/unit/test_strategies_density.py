"""Density against full tables of distances, and strategies that are kept from outliers."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies import create, density_scores, guarded
from querist.strategies.base import Signal

RNG = np.random.default_rng(31)
VECTORS = RNG.normal(size=(80, 4)).astype(np.float32)


def _nearest_means(rows, others, k, *, itself):
    table = np.linalg.norm(rows[:, None].astype(np.float64) - others, axis=2)
    ordered = np.sort(table, axis=1)
    return ordered[:, 1 : k + 1].mean(axis=1) if itself else ordered[:, :k].mean(axis=1)


@pytest.mark.parametrize("k", [1, 5, 79, 500])
def test_neighbor_distance_is_exact_in_chunks(k, monkeypatch):
    """In tiny chunks the mean distance is that of the full table, without a row's own."""
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 700)
    every = np.ones(80, dtype=bool)
    found = density_scores.neighbor_distance(VECTORS, VECTORS, k, every)
    expected = _nearest_means(VECTORS, VECTORS, k, itself=True)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    apart = density_scores.neighbor_distance(VECTORS[:30], VECTORS[30:], k)
    expected = _nearest_means(VECTORS[:30], VECTORS[30:], k, itself=False)
    np.testing.assert_allclose(apart, expected, atol=2e-3)


def test_typicality_is_highest_where_rows_are_dense():
    """Rows of a tight group are more typical than rows of a loose one."""
    x = np.concatenate([RNG.normal(size=(30, 3)) * 0.1, RNG.normal(size=(30, 3)) * 3 + 20])
    x = x.astype(np.float32)
    distances = density_scores.neighbor_distance(x, x, 5, np.ones(60, dtype=bool))
    values = density_scores.typicality(distances)
    assert values[:30].min() > values[30:].max()
    np.testing.assert_allclose(values, 1 / (distances.astype(np.float64) + 1e-5), rtol=1e-5)


def test_outlying_is_the_farthest_share():
    """A tenth is a tenth, and of equal rows none is an outlier."""
    distances = RNG.random(200).astype(np.float32)
    out = density_scores.outlying(distances, 0.1)
    assert 18 <= out.sum() <= 20
    assert distances[out].min() > distances[~out].max()
    assert not density_scores.outlying(np.ones(9, dtype=np.float32), 0.5).any()
    assert not density_scores.outlying(distances, 0.0).any()


def _pool_with_outliers():
    """Three groups and ten rows in directions of their own, on which the model is least sure."""
    rng = np.random.default_rng(2)
    centers = np.eye(12)[:3] * 10
    x = np.concatenate([centers[np.arange(190) % 3] + rng.normal(size=(190, 12)), np.eye(12)[2:]])
    x[190:] = rng.normal(size=(10, 12)) * 12
    table = rng.dirichlet(np.ones(3) * 0.5, size=200)
    table[190:] = 1 / 3
    return {"probabilities": table, "embeddings": x.astype(np.float32)}


@pytest.mark.parametrize("inside", ["margin", "entropy", "coreset", "badge"])
def test_outliers_are_not_asked(inside):
    """What a strategy would ask of the outliers it does not ask when it is guarded."""
    given = _pool_with_outliers()
    plain = query(inside, 8, random_state=0, **given).indices
    picks = query("guarded", 8, inside=inside, outlier_share=0.06, random_state=0, **given)
    assert (plain >= 190).sum() >= 3
    assert not (picks.indices >= 190).any()
    assert "were left out" in picks.note


def test_a_large_pool_is_compared_with_some_rows(monkeypatch):
    """With a fifth of the rows to compare with the outliers are found all the same."""
    monkeypatch.setattr(guarded, "_MANY_ROWS", 100)
    monkeypatch.setattr(guarded, "_FEW", 40)
    given = _pool_with_outliers()
    picks = query("guarded", 8, outlier_share=0.1, random_state=0, **given)
    assert (picks.indices >= 190).sum() <= 1


def test_all_that_is_left_comes():
    """Asked for more than the guard leaves, the densest outliers come too, then all rows."""
    given = _pool_with_outliers()
    most = query("guarded", 195, outlier_share=0.2, random_state=0, **given)
    assert len(most.indices) == 195
    assert len(query("guarded", 500, random_state=0, **given).indices) == 200


def test_it_needs_what_its_inside_needs():
    """Embeddings come on top of the needs of the strategy inside; its parameters are checked."""
    assert create("guarded", inside="bald").needs == {Signal.COMMITTEE, Signal.EMBEDDINGS}
    with pytest.raises(UnknownNameError):
        create("guarded", inside="marginn")
    for parameters in ({"outlier_share": 2.0}, {"neighbors": 0}):
        with pytest.raises(InvalidInputError, match=next(iter(parameters))):
            create("guarded", **parameters)
