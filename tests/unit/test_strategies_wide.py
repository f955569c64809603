"""The wider pool strategies against brute force on their objective."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError
from querist.strategies import cluster_margin, coverage, direct, falcun, probcover, scores
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(5)
TABLE = RNG.dirichlet(np.ones(4), size=60).astype(np.float32)
VECTORS = RNG.normal(size=(60, 6)).astype(np.float32)


@pytest.mark.parametrize(("regularization", "n"), [(1.0, 5), (0.01, 20)])
def test_bait_minimises_the_trace(regularization, n):
    """Each pick is the row that leaves the smallest tr(M⁻¹ F), found by trying every row."""
    labeled = np.arange(8)
    given = {"probabilities": TABLE, "embeddings": VECTORS, "labeled": labeled}
    picks = query("bait", n, regularization=regularization, **given)
    best = TABLE.max(axis=1).astype(np.float64)
    h = VECTORS.astype(np.float64) / np.sqrt((VECTORS.astype(np.float64) ** 2).mean())
    v = np.sqrt(best * (1 - best))[:, None] * h
    fisher = v.T @ v / len(v)
    m = regularization * np.eye(6) + len(labeled) / (len(labeled) + n) * v[:8].T @ v[:8] / 8
    taken = set(labeled.tolist())
    for pick, gain in zip(picks.indices.tolist(), picks.scores, strict=True):
        before = np.trace(np.linalg.inv(m) @ fisher)
        added = n / (len(labeled) + n) * np.einsum("ij,ik->ijk", v, v)
        after = np.trace(np.linalg.inv(m + added) @ fisher, axis1=1, axis2=2)
        free = [row for row in range(60) if row not in taken]
        assert pick == free[int(after[free].argmin())]
        assert gain == pytest.approx(before - after[pick], rel=1e-3)
        m = m + added[pick]
        taken.add(pick)


def test_bait_does_not_mind_the_scale_of_the_vectors():
    """Vectors a thousand times as long give the same picks."""
    one = query("bait", 6, probabilities=TABLE, embeddings=VECTORS, random_state=0)
    two = query("bait", 6, probabilities=TABLE, embeddings=VECTORS * 1000, random_state=0)
    np.testing.assert_array_equal(one.indices, two.indices)


def test_bait_refuses_no_regularization():
    """Without regularization the matrix has no inverse."""
    with pytest.raises(InvalidInputError, match="regularization"):
        query("bait", 2, probabilities=TABLE, embeddings=VECTORS, regularization=0)


def test_iwkmeans_leaves_labeled_groups_alone():
    """Of three equally uncertain groups the two without a label get the batch."""
    centers = np.array([[0, 9], [9, 0], [-9, -9]])
    group = np.arange(60) % 3
    x = (centers[group] + RNG.normal(size=(60, 2)) * 0.1).astype(np.float32)
    p = np.full((60, 2), 0.5)
    for seed in range(5):
        labeled = np.flatnonzero(group == 0)[:3]
        picks = query(
            "iwkmeans", 2, probabilities=p, embeddings=x, labeled=labeled, random_state=seed
        )
        assert set(group[picks.indices].tolist()) == {1, 2}


def test_round_robin_takes_every_group_in_turn_smallest_first():
    """Each place comes once; turn by turn one of each group that still has rows."""
    groups = np.array([7] * 5 + [3] * 2 + [5] * 3)
    order = cluster_margin.round_robin(groups, np.random.default_rng(0))
    assert sorted(order.tolist()) == list(range(10))
    assert groups[order].tolist() == [3, 5, 7, 3, 5, 7, 5, 7, 7, 7]


def test_cluster_margin_takes_uncertain_rows_of_different_groups():
    """Certain rows are left out, and each group gives a row before any gives a second."""
    centers = np.array([[0, 9], [9, 0], [-9, -9], [9, 9]])
    group = np.arange(80) % 4
    x = (centers[group] + RNG.normal(size=(80, 2)) * 0.1).astype(np.float32)
    p = np.tile([0.99, 0.01], (80, 1))
    p[:40] = [0.5, 0.5]
    picks = query("cluster-margin", 4, probabilities=p, embeddings=x, random_state=1)
    assert set(group[picks.indices].tolist()) == {0, 1, 2, 3}
    assert (picks.indices < 40).all()


def test_probcover_covers_greedily():
    """Every pick covers as many rows not yet covered as any candidate could, labelled ones too."""
    labeled, delta = np.array([3, 9]), 0.7
    picks = query("probcover", 6, embeddings=VECTORS, labeled=labeled, delta=delta, random_state=2)
    pool = check_pool(embeddings=VECTORS, labeled=labeled)
    x = coverage.Space.of(pool, pool.embeddings, np.random.default_rng(2)).at(np.arange(60))
    near = np.linalg.norm(x[:, None] - x, axis=2) < delta
    open_rows = np.ones(60, dtype=bool)
    open_rows[labeled] = False
    open_rows &= ~near[labeled].any(axis=0)
    for pick, gain in zip(picks.indices, picks.scores, strict=True):
        fresh = (near & open_rows).sum(axis=1)
        fresh[labeled] = -1
        assert fresh[pick] == fresh.max()
        assert gain == pytest.approx(fresh[pick] / len(pool.candidates))
        open_rows &= ~near[pick]


def test_probcover_works_in_parts_above_the_sub_pool(monkeypatch):
    """With sub-pools much smaller than the pool it still gives n different rows."""
    monkeypatch.setattr(probcover, "SUB_POOL", 16)
    monkeypatch.setattr(probcover, "_PART", 4)
    picks = query("probcover", 40, embeddings=VECTORS, labeled=[1, 2], random_state=0)
    assert len(set(picks.indices.tolist())) == 40


def test_pure_radius_keeps_groups_apart():
    """The radius found is smaller than the gap between two groups and larger than neither."""
    group = np.arange(60) % 2
    x = np.array([[1.0, 0.0], [0.0, 1.0]])[group] + RNG.normal(size=(60, 2)) * 0.01
    pool = check_pool(embeddings=x, class_count=2)
    space = coverage.Space.of(pool, pool.embeddings, np.random.default_rng(0))
    radius = probcover.pure_radius(space, pool, np.random.default_rng(0))
    rows = space.at(np.arange(60))
    gap = np.linalg.norm(rows[group == 0][:, None] - rows[group == 1], axis=2).min(axis=1)
    assert radius <= np.quantile(gap, 0.06)
    assert radius > 1


def test_falcun_distance_is_half_the_l1_distance():
    """The distance between predictions is the total variation, also in chunks."""
    expected = np.abs(TABLE - TABLE[7]).sum(axis=1) / 2
    np.testing.assert_allclose(falcun.half_l1(TABLE, TABLE[7]), expected, rtol=1e-5)


def test_falcun_follows_its_sum_when_gamma_is_large():
    """With a huge gamma every draw is the largest uncertainty plus distance to earlier picks."""
    picks = query("falcun", 5, probabilities=TABLE, gamma=1e6, random_state=0).indices
    doubt = scores.margin(TABLE).astype(np.float64)
    apart, taken = doubt.copy(), []
    for pick in picks.tolist():
        value = doubt + apart
        value[taken] = -1
        assert value[pick] == pytest.approx(value.max(), abs=1e-5)
        taken.append(pick)
        apart = np.minimum(apart, np.abs(TABLE - TABLE[pick]).sum(axis=1) / 2)


def test_certainty_takes_the_most_likely_of_the_wanted_class():
    """The wanted class, given or the rarest one, comes with its highest probabilities first."""
    given = query("certainty", 5, probabilities=TABLE, wanted=2)
    assert given.indices.tolist() == np.argsort(-TABLE[:, 2])[:5].tolist()
    rarest = query("certainty", 5, probabilities=TABLE, labeled=[0, 1, 2], labels=[0, 2, 3])
    free = np.arange(3, 60)
    assert rarest.indices.tolist() == free[np.argsort(-TABLE[3:, 1])[:5]].tolist()


def test_certainty_may_draw_a_share_at_random():
    """A random share takes other rows too, and never one twice."""
    picks = query("certainty", 20, probabilities=TABLE, random_share=0.5, random_state=0)
    assert len(set(picks.indices.tolist())) == 20
    top = set(np.argsort(-TABLE[:, 3])[:20].tolist())
    assert 0 < len(set(picks.indices.tolist()) - top) <= 11


@pytest.mark.parametrize("parameters", [{"wanted": 4}, {"random_share": 1.5}])
def test_certainty_refuses_what_does_not_exist(parameters):
    """A column outside the table and a share above one are named."""
    with pytest.raises(InvalidInputError, match=next(iter(parameters))):
        query("certainty", 2, probabilities=TABLE, **parameters)


def test_direct_boundary_has_the_fewest_errors():
    """The threshold of a class gets as few labelled rows wrong as any could."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        lead = rng.uniform(-1, 1, size=15).astype(np.float32)
        own = rng.random(15) < (lead + 1) / 2
        if own.all() or not own.any():
            continue
        low, threshold, high = direct.boundary(lead, own)
        errors = [int((own != (lead >= cut)).sum()) for cut in np.linspace(-1, 1, 4001)]
        assert int((own != (lead >= threshold)).sum()) == min(errors)
        assert not own[lead < low].any()
        assert own[lead > high].all()


def test_direct_lead_is_own_minus_best_other():
    """The line of a class is its probability minus the largest of the others."""
    others = np.delete(TABLE, 1, axis=1).max(axis=1)
    np.testing.assert_allclose(direct.lead_of(TABLE, 1), TABLE[:, 1] - others, atol=1e-6)


def test_direct_spends_on_the_rarest_class_first():
    """The first picks lie near the boundary of the class with the fewest labels."""
    p = np.zeros((60, 2))
    p[:, 0] = np.linspace(0.01, 0.99, 60)
    p[:, 1] = 1 - p[:, 0]
    picks = query(
        "direct", 4, probabilities=p, labeled=[0, 20, 40, 59], labels=[1, 1, 0, 0], random_state=0
    )
    assert (picks.indices > 20).all()
    assert (picks.indices < 40).all()


def test_discriminative_goes_where_nothing_is_labeled():
    """With all labels in one group the first picks come from the other groups."""
    centers = np.array([[0, 9, 0], [9, 0, 0], [0, 0, 9]])
    group = np.arange(90) % 3
    x = (centers[group] + RNG.normal(size=(90, 3)) * 0.1).astype(np.float32)
    labeled = np.flatnonzero(group == 0)[:10]
    picks = query("discriminative", 6, embeddings=x, labeled=labeled, random_state=0)
    assert set(group[picks.indices].tolist()) == {1, 2}


@pytest.mark.filterwarnings("error")
def test_square_vectors_are_grouped_without_a_warning():
    """They are no table of distances, of which scipy would warn."""
    assert cluster_margin.cluster_means(np.zeros((2, 2), dtype=np.float32), 2).shape == (2, 2)
