"""Mixtures and sub-pools: quotas, the strategies inside, and exact neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError, UnknownNameError
from querist.strategies import coverage, create, mixture, scores, sub_pool
from querist.strategies.base import Signal
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(6)
TABLE = RNG.dirichlet(np.ones(3), size=200).astype(np.float32)
VECTORS = RNG.normal(size=(200, 4)).astype(np.float32)


def test_quotas_sum_and_are_right_on_average():
    """Shares sum to n, differ from the weight by less than one, and average to it."""
    weights = np.array([0.55, 0.25, 0.2])
    rng = np.random.default_rng(0)
    found = np.array([mixture.quotas(weights, 7, rng) for _ in range(4000)])
    assert (found.sum(axis=1) == 7).all()
    assert (np.abs(found - 7 * weights) < 1).all()
    np.testing.assert_allclose(found.mean(axis=0), 7 * weights, atol=0.03)


def test_each_part_chooses_its_share():
    """Four fifths of the batch are the margin's own best, the rest are others."""
    picks = query(
        "mixture",
        20,
        probabilities=TABLE,
        parts={"margin": 0.8, "random": 0.2},
        random_state=0,
    )
    best = query("margin", 16, probabilities=TABLE).indices
    assert picks.indices[:16].tolist() == best.tolist()
    assert len(set(picks.indices.tolist())) == 20
    assert picks.note == "A mixture: 16 by margin, 4 by random."


def test_a_later_part_sees_earlier_picks_as_labeled():
    """Core-set after margin stays away from what margin took, as if it were labelled."""
    parts = {"margin": 1, "coreset": 1}
    picks = query("mixture", 10, probabilities=TABLE, embeddings=VECTORS, parts=parts)
    margin = query("margin", 5, probabilities=TABLE).indices
    after = query("coreset", 5, embeddings=VECTORS, labeled=margin).indices
    assert picks.indices.tolist() == [*margin.tolist(), *after.tolist()]


def test_a_part_takes_its_parameters():
    """Parameters by name reach the part they are for."""
    parts, parameters = {"certainty": 1.0}, {"certainty": {"wanted": 1}}
    picks = query("mixture", 3, probabilities=TABLE, parts=parts, parameters=parameters)
    assert picks.indices.tolist() == np.argsort(-TABLE[:, 1])[:3].tolist()


def test_a_mixture_needs_what_its_parts_need():
    """The needs are those of all parts; a missing one is named as the part's own."""
    made = create("mixture", parts={"badge": 1, "qbc": 1})
    assert made.needs == {Signal.PROBABILITIES, Signal.EMBEDDINGS, Signal.COMMITTEE}
    with pytest.raises(MissingSignalError, match="qbc"):
        query("mixture", 3, probabilities=TABLE, parts={"qbc": 1})


@pytest.mark.parametrize("parts", [{}, {"margin": -1.0}, {"margin": 0.0}, {"margin": np.nan}])
def test_bad_weights_are_refused(parts):
    """No parts, negative, no and NaN weights are refused."""
    with pytest.raises(InvalidInputError, match="parts"):
        create("mixture", parts=parts)


def test_unknown_parts_are_refused():
    """A part that does not exist offers the nearest; parameters for no part are refused."""
    with pytest.raises(UnknownNameError) as caught:
        create("mixture", parts={"margn": 1})
    assert "margin" in caught.value.remedy
    with pytest.raises(InvalidInputError, match="no part"):
        create("mixture", parts={"margin": 1}, parameters={"badge": {}})


def test_nearest_rows_are_exact(monkeypatch):
    """In blocks much smaller than the pool the neighbours are those of the full table."""
    monkeypatch.setattr(sub_pool, "CHUNK", 60)
    labeled = np.array([3, 50, 120])
    pool = check_pool(embeddings=VECTORS, labeled=labeled)
    space = coverage.Space.of(pool, pool.embeddings, np.random.default_rng(0))
    found = sub_pool.nearest_rows(space, labeled, pool.candidates, 7)
    x = space.at(np.arange(200))
    apart = np.linalg.norm(x[labeled][:, None] - x[pool.candidates], axis=2)
    expected = np.unique(pool.candidates[np.argsort(apart, axis=1)[:, :7]])
    assert found.tolist() == expected.tolist()


def test_a_sub_pool_chooses_the_best_of_the_neighbors():
    """With no random share the picks are the margin's best among the labelled rows' neighbours."""
    labeled = np.array([3, 50, 120])
    given = {"probabilities": TABLE, "embeddings": VECTORS, "labeled": labeled}
    picks = query("sub-pool", 5, neighbors=10, random_share=0.0, random_state=0, **given)
    pool = check_pool(embeddings=VECTORS, labeled=labeled)
    space = coverage.Space.of(pool, pool.embeddings, np.random.default_rng(0))
    near = sub_pool.nearest_rows(space, labeled, pool.candidates, 10)
    best = near[np.argsort(-scores.margin(TABLE)[near])[:5]]
    assert picks.indices.tolist() == best.tolist()


def test_every_strategy_fits_inside():
    """A sub-pool of the whole pool gives exactly what the strategy inside gives by itself."""
    given = {"probabilities": TABLE, "embeddings": VECTORS, "labeled": [3, 50], "labels": [0, 1]}
    for inside in ("margin", "bait", "coreset", "entropy"):
        picks = query("sub-pool", 6, inside=inside, neighbors=200, **given)
        assert picks.indices.tolist() == query(inside, 6, **given).indices.tolist()


def test_a_committee_is_cut_to_the_sub_pool():
    """Signals beside probabilities reach the strategy inside, for the right rows."""
    members = RNG.dirichlet(np.ones(3), size=(4, 200))
    given = {"committee": members, "embeddings": VECTORS, "labeled": [3, 50]}
    picks = query("sub-pool", 6, inside="bald", neighbors=200, **given)
    alone = query("bald", 6, **given)
    assert picks.indices.tolist() == alone.indices.tolist()


def test_a_sub_pool_of_random_gives_no_propensity():
    """Chances within the sub-pool are not chances in the pool, so none are given."""
    assert query("sub-pool", 5, embeddings=VECTORS, inside="random").propensities is None


def test_parameters_of_the_inside_are_checked():
    """An unknown strategy or parameter inside is refused when the wrapper is made."""
    with pytest.raises(UnknownNameError):
        create("sub-pool", inside="bate")
    with pytest.raises(UnknownNameError):
        create("sub-pool", inside="bait", parameters={"lam": 1})
