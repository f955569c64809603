"""Strategies against brute force on their objective, on pools small enough to try everything."""

from __future__ import annotations

import numpy as np
import pytest

from querist import metrics, query
from querist.strategies import (
    badge,
    clusters,
    coverage,
    directions,
    geometry,
    herding,
    scores,
    selectors,
    sparse_herding,
)
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(11)
TABLE = RNG.dirichlet(np.ones(4), size=60).astype(np.float32)
VECTORS = RNG.normal(size=(60, 6)).astype(np.float32)


def test_scores_follow_their_definitions():
    """Each score equals its formula on sorted probabilities, and entropy takes 0 log 0 as 0."""
    ordered = -np.sort(-TABLE.astype(np.float64), axis=1)
    np.testing.assert_allclose(scores.margin(TABLE), 1 - ordered[:, 0] + ordered[:, 1], atol=1e-6)
    np.testing.assert_allclose(scores.least_confidence(TABLE), 1 - ordered[:, 0], atol=1e-6)
    np.testing.assert_allclose(scores.ratio(TABLE), ordered[:, 1] / ordered[:, 0], rtol=1e-5)
    np.testing.assert_allclose(
        scores.entropy(TABLE), -(ordered * np.log(ordered)).sum(axis=1), rtol=1e-5
    )
    assert scores.entropy(np.array([[1.0, 0.0]])).tolist() == [0.0]


def test_chunked_scores_equal_whole():
    """A table larger than a chunk gives the same scores as its parts."""
    table = RNG.dirichlet(np.ones(8), size=40_000).astype(np.float32)
    whole = scores.margin(table)
    parts = np.concatenate([scores.margin(part) for part in np.array_split(table, 7)])
    np.testing.assert_array_equal(whole, parts)


def test_top_k_takes_the_best_and_draws_ties():
    """The highest scores come first, and a tie at the limit is drawn, not taken by place."""
    values = np.array([1, 5, 3, 3, 3, 3, 3, 3])
    chosen = [selectors.top_k(values, 2, np.random.default_rng(seed)) for seed in range(30)]
    assert {int(pair[0]) for pair in chosen} == {1}
    assert len({int(pair[1]) for pair in chosen}) > 3


def test_top_k_of_none_is_none():
    """No row asked gives no row, also where every score is the same."""
    for values in (np.arange(9.0), np.full(9, -np.inf), np.zeros(0)):
        assert len(selectors.top_k(values, 0, np.random.default_rng(0))) == 0


def test_uncertainty_strategies_return_the_best_scores():
    """Each strategy of the family returns the n best of its score, best first."""
    family = {
        "margin": scores.margin,
        "least-confidence": scores.least_confidence,
        "entropy": scores.entropy,
        "ratio": scores.ratio,
    }
    for name, score in family.items():
        picks = query(name, 5, probabilities=TABLE, labeled=[0, 1], labels=[0, 1])
        values = score(TABLE)[2:]
        np.testing.assert_allclose(picks.scores, np.sort(values)[::-1][:5], rtol=1e-6)
        np.testing.assert_allclose(score(TABLE)[picks.indices], picks.scores, rtol=1e-6)


def test_k_center_picks_the_farthest_each_time():
    """Every pick is the row whose distance to the labelled rows and earlier picks is largest."""
    x = geometry.unit_rows(VECTORS)
    rows = directions.Directions.of(VECTORS[5:])
    chosen, reach = selectors.k_center(rows, x[:5], 6, np.random.default_rng(0))
    centers = list(range(5))
    for pick, distance in zip(chosen + 5, reach, strict=True):
        gap = np.linalg.norm(x[:, None] - x[centers], axis=2).min(axis=1)
        assert gap[pick] == pytest.approx(gap.max(), abs=1e-5)
        assert distance == pytest.approx(gap[pick], abs=1e-4)
        centers.append(int(pick))


def _plain_greedy(similarities, weights, covered, k):
    state, chosen, gains = covered.astype(np.float64), [], []
    for _ in range(k):
        more = np.maximum(similarities - state, 0) @ weights
        more[chosen] = -1
        chosen.append(int(more.argmax()))
        gains.append(more.max() / weights.sum())
        state = np.maximum(state, similarities[chosen[-1]])
    return np.array(chosen), np.array(gains)


@pytest.mark.parametrize("radius", [0.3, 1.0, 3.0])
def test_lazy_greedy_equals_plain_greedy(radius):
    """Bringing only the top gains up to date gives the picks and gains of the full greedy."""
    x = geometry.unit_rows(RNG.normal(size=(300, 5)).astype(np.float32))
    similar = herding.similarity(x, x, radius)
    weights = RNG.random(300).astype(np.float32)
    covered = herding.covered_by(x, x[:10], radius)
    chosen, gains = herding.greedy(similar, weights, covered, 40)
    plain, expected = _plain_greedy(similar, weights, covered, 40)
    np.testing.assert_allclose(gains, expected, atol=1e-5)
    assert (chosen == plain).mean() > 0.9


def test_lazy_greedy_ends_when_nothing_is_left_to_gain():
    """With every gain zero it still returns different rows."""
    chosen, gains = herding.greedy(
        np.ones((100, 100), np.float32), np.ones(100, np.float32), np.ones(100, np.float32), 60
    )
    assert len(set(chosen.tolist())) == 60
    assert not gains.any()


def test_similarity_weights_the_covered_row():
    """The uncertainty belongs to the row that is covered, not to the candidate."""
    similar = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]], dtype=np.float32)
    chosen, _ = herding.greedy(
        similar, np.array([0, 1, 0.8], dtype=np.float32), np.zeros(3, np.float32), 2
    )
    assert chosen.tolist() == [1, 2]


def _covered(space, pool, batch, radius, weights):
    vectors = space.at(pool.candidates)
    return herding.covered_by(vectors, space.at(batch), radius) @ weights


@pytest.mark.parametrize("kept", [1 << 25, 0])
@pytest.mark.parametrize("radius", [0.3, 1.0])
def test_covering_a_pool_is_greedy_on_all_of_it(monkeypatch, kept, radius):
    """Up to the limit the picks are those of the plain greedy algorithm, kept or made anew."""
    monkeypatch.setattr(sparse_herding, "KEPT", kept)
    pool = check_pool(embeddings=VECTORS, labeled=[0, 1, 2])
    space = coverage.Space.of(pool, pool.embeddings, np.random.default_rng(0))
    weights = RNG.random(len(pool.candidates)).astype(np.float32)
    found = sparse_herding.cover_pool(
        space, pool.candidates, pool.labeled, 12, np.random.default_rng(0),
        weights=weights, radius=radius,
    )  # fmt: skip
    x = space.at(pool.candidates)
    covered = herding.covered_by(x, space.at(pool.labeled), radius)
    plain, gains = _plain_greedy(herding.similarity(x, x, radius), weights, covered, 12)
    np.testing.assert_allclose(found.gains, gains, atol=1e-5)
    assert found.positions.tolist() == pool.candidates[plain].tolist()


@pytest.mark.parametrize("weighted", [False, True])
def test_covering_by_samples_is_near_the_whole(monkeypatch, weighted):
    """A batch from two samples covers nearly as much as one from the whole pool."""
    x = np.random.default_rng(3).normal(size=(3_000, 8)).astype(np.float32)
    x[:1500] += 2
    pool = check_pool(embeddings=x)
    space = coverage.Space.of(pool, x, np.random.default_rng(0))
    weights = np.random.default_rng(1).random(3_000).astype(np.float32) ** 2
    given = (space, pool.candidates, np.zeros(0, np.int64), 40)
    matter = weights if weighted else None
    whole = sparse_herding.cover_pool(*given, np.random.default_rng(0), weights=matter)
    for name, size in (("WHOLE", 1_000), ("SAMPLE", 1_000), ("TARGETS", 300), ("JUDGES", 1_500)):
        monkeypatch.setattr(sparse_herding, name, size)
    parts = sparse_herding.cover_pool(*given, np.random.default_rng(0), weights=matter)
    weights = weights if weighted else np.ones_like(weights)
    best = _covered(space, pool, whole.positions, 1.0, weights)
    assert _covered(space, pool, parts.positions, 1.0, weights) > 0.98 * best
    assert len(set(parts.positions.tolist())) == 40


def test_a_large_batch_takes_several_samples(monkeypatch):
    """Where the sample holds fewer rows than are asked, more are drawn, and none twice."""
    sizes = {"WHOLE": 20, "SAMPLE": 16, "TARGETS": 8, "JUDGES": 16, "_PART": 6}
    for name, size in sizes.items():
        monkeypatch.setattr(sparse_herding, name, size)
    picks = query("maxherding", 55, embeddings=VECTORS, labeled=[1, 2], random_state=0)
    assert len(set(picks.indices.tolist())) == 55


def test_factored_gradients_equal_explicit_ones():
    """The distance behind each pick is the true one between gradient vectors."""
    chosen, reach = badge.gradient_seeds(TABLE, VECTORS, 8, np.random.default_rng(2))
    a = TABLE - np.eye(4)[TABLE.argmax(axis=1)]
    g = (a[:, :, None] * VECTORS[:, None, :]).reshape(60, -1)
    assert reach[0] == pytest.approx(np.linalg.norm(g, axis=1).max(), rel=1e-4)
    for at in range(1, 8):
        gap = np.linalg.norm(g[chosen[at]] - g[chosen[:at]], axis=1).min()
        assert reach[at] == pytest.approx(gap, rel=1e-3, abs=1e-4)


def test_badge_has_no_center_at_the_origin():
    """Rows of zero gradient far from the first pick are as far as that pick is long."""
    table = np.array([[1.0, 0.0]] * 5 + [[0.5, 0.5]], dtype=np.float32)
    vectors = np.ones((6, 2), dtype=np.float32) * 10
    _, reach = badge.gradient_seeds(table, vectors, 2, np.random.default_rng(0))
    assert reach[1] == pytest.approx(reach[0])


def test_k_means_leaves_fixed_centers_alone_and_lowers_the_error():
    """Moving centres end at the means of their clusters; fixed ones take the rows near them."""
    x = np.concatenate([np.zeros((20, 2)), np.full((20, 2), 5.0), np.full((20, 2), -5.0)])
    x = (x + 0.1 * RNG.normal(size=x.shape)).astype(np.float32)
    fixed = np.zeros((1, 2), dtype=np.float32)
    centers, cluster = clusters.k_means(x, 2, np.random.default_rng(0), fixed=fixed)
    assert (cluster[:20] == 2).all()
    np.testing.assert_allclose(np.sort(centers[:, 0]), [-5, 5], atol=0.1)


def test_nearest_to_each_takes_no_row_twice():
    """Two centres at one place get two different rows."""
    x = VECTORS[:5]
    chosen = clusters.nearest_to_each(x, np.stack([x[2], x[2], x[2]]))
    assert chosen[0] == 2
    assert len(set(chosen.tolist())) == 3


def test_typiclust_covers_separate_clusters():
    """Of five far groups, five labels on zero groups give one in each."""
    centers = np.random.default_rng(4).normal(size=(5, 10)) * 10
    x = np.repeat(centers, 30, axis=0) + RNG.normal(size=(150, 10))
    picks = query("typiclust", 5, embeddings=x.astype(np.float32), random_state=1)
    assert len(set((picks.indices // 30).tolist())) == 5


def test_random_has_exact_propensities():
    """Each row's chance is n over the number of candidates, and draws follow it."""
    counts = np.zeros(20)
    for seed in range(2_000):
        picks = query("random", 5, candidates=np.arange(20), random_state=seed)
        counts[picks.indices] += 1
        np.testing.assert_allclose(picks.propensities, 0.25)
    np.testing.assert_allclose(counts / 2_000, 0.25, atol=0.04)


def test_power_draws_follow_the_weights():
    """A single draw has chance proportional to the score to the power beta, as recorded."""
    table = np.array([[0.5, 0.5], [0.6, 0.4], [0.9, 0.1]])
    weights = scores.margin(table).astype(np.float64) ** 2
    counts = np.zeros(3)
    for seed in range(3_000):
        picks = query("power-margin", 1, probabilities=table, random_state=seed, beta=2.0)
        counts[picks.indices] += 1
        expected = weights[picks.indices] / weights.sum()
        np.testing.assert_allclose(picks.propensities, expected, rtol=1e-5)
    np.testing.assert_allclose(counts / 3_000, weights / weights.sum(), atol=0.03)


def test_power_gives_no_propensity_that_it_does_not_know():
    """For several draws without replacement there is no closed form, so none is given."""
    assert query("power-margin", 3, probabilities=TABLE, random_state=0).propensities is None
    assert (query("power-margin", 60, probabilities=TABLE).propensities == 1).all()


@pytest.mark.parametrize(("count", "rows"), [(6, 60), (4, 200), (60, 60)])
def test_power_tells_the_chance_of_each_draw(count, rows):
    """Own weight over the weights that were left: written out, for few, many and all rows."""
    table = np.random.default_rng(5).dirichlet(np.ones(3), size=rows)
    values = scores.margin(table).astype(np.float64)
    weights = 0.7 * values / values.sum() + 0.3 / rows
    given = {"probabilities": table, "random_state": 1}
    picks = query("power-margin", count, even_share=0.3, **given)
    left = 1.0
    for row, chance in zip(picks.indices, picks.draw_chances, strict=True):
        assert chance == pytest.approx(min(weights[row] / left, 1.0), rel=1e-3)
        left -= weights[row]


def test_lure_of_power_draws_is_unbiased():
    """Over many draws the mean is the accuracy on the pool; the plain share of them is not."""
    draw = np.random.default_rng(6)
    table = draw.dirichlet(np.ones(2), size=120)
    wrong = draw.random(120) < 1 - table.max(axis=1)
    found, plain = [], []
    for seed in range(800):
        picks = query(
            "power-margin", 20, probabilities=table, even_share=0.25, beta=2.0, random_state=seed
        )
        right = ~wrong[picks.indices]
        found.append(metrics.lure_accuracy(right, picks.draw_chances, 120).value)
        plain.append(right.mean())
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(1 - wrong.mean(), abs=4 * error)
    assert np.mean(plain) < 1 - wrong.mean() - 10 * error


def test_chances_are_told_only_where_they_let_labels_measure():
    """None of rows that hardly ever come, and none of a part of the pool; random has even ones."""
    given = {"probabilities": TABLE, "embeddings": VECTORS, "random_state": 0}
    assert query("power-margin", 3, **given).draw_chances is None
    assert query("power-margin", 3, beta=4.0, even_share=0.1, **given).draw_chances is None
    assert query("power-margin", 3, even_share=0.25, **given).draw_chances is not None
    for wrapper in ("sub-pool", "guarded"):
        assert query(wrapper, 3, inside="random", **given).draw_chances is None
    np.testing.assert_allclose(query("random", 3, **given).draw_chances, 1 / np.array([60, 59, 58]))
