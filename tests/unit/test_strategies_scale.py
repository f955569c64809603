"""Large pools: memory maps stay on disk, parts equal the whole, and the rows followed suffice."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from querist import query
from querist.strategies import (
    bait,
    create,
    directions,
    draws,
    falcun,
    geometry,
    names,
    parts,
    scores,
    selectors,
)
from querist.strategies.base import Signal
from querist.strategies.kit import rare_signals
from querist.strategies.validation import check_pool
from querist.strategies.working_rows import WorkingRows

RNG = np.random.default_rng(8)
CLASSES, WIDTH = 4, 256
# What a strategy may hold beside its inputs however large they are: samples and their distances.
ALLOWED_MIB = 165


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """A pool of 195 MiB of vectors on disk, and its probabilities in memory."""
    path = tmp_path_factory.mktemp("pool") / "vectors.npy"
    rows = 200_000
    x = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(rows, WIDTH))
    for start in range(0, rows, 10_000):
        x[start : start + 10_000] = RNG.standard_normal((10_000, WIDTH), dtype=np.float32)
    x.flush()
    table = RNG.dirichlet(np.ones(CLASSES), size=rows).astype(np.float32)
    return np.load(path, mmap_mode="r"), table


def _given(name, vectors, table):
    rows = np.arange(0, 90, 10)
    arrays = {"probabilities": table, "embeddings": vectors, "labeled": rows, "labels": rows % 4}
    return arrays | rare_signals(create(name).needs, arrays)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [name for name in names() if Signal.EMBEDDINGS in create(name).needs],
)
def test_mapped_vectors_are_not_loaded_whole(name, mapped):
    """A batch from vectors on disk takes less memory than the vectors would."""
    given = _given(name, *mapped)
    assert isinstance(check_pool(embeddings=mapped[0]).embeddings, np.memmap)
    tracemalloc.start()
    picks = query(name, 5, random_state=0, **given)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert len(set(picks.indices.tolist())) == 5
    assert peak < ALLOWED_MIB < mapped[0].nbytes / 2**20


def test_most_rows_are_used_in_place_and_few_are_copied():
    """The table itself is used where most rows may be chosen, a copy of the few where few may."""
    table = RNG.random((50, 3)).astype(np.float32)
    most = WorkingRows.of(check_pool(embeddings=table, labeled=[3, 4]))
    assert most.take(table) is table
    assert np.flatnonzero(~most.free).tolist() == [3, 4]
    few = WorkingRows.of(check_pool(embeddings=table, candidates=[7, 9]))
    assert few.take(table).tolist() == table[[7, 9]].tolist()
    assert few.positions(np.array([1])).tolist() == [9]


@pytest.mark.parametrize("name", ["margin", "badge", "coreset", "bait", "falcun", "power-margin"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_rows_out_of_bounds_are_never_chosen(name, share):
    """Whether rows are used in place or copied, only candidates come back, all of them if asked."""
    table = RNG.dirichlet(np.ones(3), size=80).astype(np.float32)
    vectors = RNG.normal(size=(80, 4)).astype(np.float32)
    allowed = np.flatnonzero(RNG.random(80) < share)
    picks = query(name, 80, probabilities=table, embeddings=vectors, candidates=allowed)
    assert np.sort(picks.indices).tolist() == allowed.tolist()


def test_top_k_by_blocks_equals_a_full_sort():
    """Of many scores the highest k come, best first, wherever they lie."""
    values = RNG.random(100_000).astype(np.float32)
    values[RNG.integers(0, 100_000, 50)] = -np.inf
    for k in (1, 10, 700, 20_000):
        found = selectors.top_k(values, k, np.random.default_rng(0))
        assert np.array_equal(values[found], np.sort(values)[::-1][:k])


def test_scores_of_many_columns_equal_those_of_few():
    """Rows searched whole give the same two best as columns compared one after the other."""
    table = RNG.dirichlet(np.ones(100), size=300).astype(np.float32)
    best, second = scores.top_two(table)
    ordered = -np.sort(-table, axis=1)
    assert np.array_equal(best, ordered[:, 0])
    assert np.array_equal(second, ordered[:, 1])


@pytest.mark.parametrize("columns", [2, 3, 10, 32])
@pytest.mark.parametrize("spread", [0.1, 1, 30])
def test_no_entropy_exceeds_its_bound(columns, spread):
    """The parabola lies above the entropy, also for certain rows and sums that rounding moved."""
    table = RNG.dirichlet(np.full(columns, spread), size=2_000)
    table[:columns] = np.eye(columns)
    table += RNG.uniform(-0.0019, 0.0019, size=table.shape) / columns
    assert (scores.entropy_bound(table) >= scores.entropy(table)).all()


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_entropy_by_bounds_equals_a_full_sort(share):
    """The rows with the highest entropy come, best first, though few are scored."""
    table = RNG.dirichlet(np.full(5, 0.3), size=20_000).astype(np.float32)
    allowed = np.flatnonzero(RNG.random(20_000) < share)
    scored = []
    rows = WorkingRows.of(check_pool(probabilities=table, candidates=allowed))

    def score(part):
        scored.append(len(part))
        return scores.entropy(part)

    rng = np.random.default_rng(0)
    found, values = rows.top(table, score, 50, rng, bound=scores.entropy_bound)
    best = np.sort(scores.entropy(table[allowed]))[::-1][:50]
    assert np.array_equal(values, best)
    assert np.array_equal(scores.entropy(table[found]), best)
    assert sum(scored) < len(allowed) / 2


def test_power_draws_of_large_pools_follow_the_weights():
    """Without noise for every row the draws and their keys have the law that they have with it."""
    values = np.concatenate([np.array([1, 2, 3, 4.0]), np.full(60, 0.02)]).astype(np.float32)
    reference = np.random.default_rng(0)
    logs = 2 * np.log(values.astype(np.float64))
    first, keys, others = np.zeros(64), [], []
    for seed in range(6_000):
        chosen, key = selectors.power_sample(values, 2, 2.0, np.random.default_rng(seed))
        assert chosen[0] != chosen[1]
        first[chosen[0]] += 1
        keys.append(key)
        others.append(np.sort(logs + reference.gumbel(size=64))[::-1][:2])
    np.testing.assert_allclose(first / 6_000, values**2 / (values**2).sum(), atol=0.025)
    np.testing.assert_allclose(np.mean(keys, axis=0), np.mean(others, axis=0), atol=0.06)
    np.testing.assert_allclose(np.std(keys, axis=0), np.std(others, axis=0), atol=0.06)


def test_draws_follow_the_mass():
    """Rows of several blocks are drawn in proportion to their mass, and those without never."""
    mass = np.zeros(3_000, dtype=np.float32)
    mass[[5, 1_500, 2_999]] = 1, 2, 5
    found = draws.Draws.by(mass).take(4_000, np.random.default_rng(0))
    shares = np.bincount(found, minlength=3_000) / len(found)
    np.testing.assert_allclose(shares[[5, 1_500, 2_999]], [1 / 8, 2 / 8, 5 / 8], atol=0.03)
    assert shares[[5, 1_500, 2_999]].sum() == pytest.approx(1)


def test_following_few_rows_picks_as_following_all(monkeypatch):
    """k-center picks the same rows when it follows a few as when it follows all; BAIT as good."""
    vectors = RNG.normal(size=(900, 6)).astype(np.float32)
    table = RNG.dirichlet(np.ones(3), size=900).astype(np.float32)
    given = {"probabilities": table, "embeddings": vectors, "labeled": [1, 2], "random_state": 0}
    whole, best = (query(name, 30, **given) for name in ("coreset", "bait"))
    monkeypatch.setattr(selectors, "_FOLLOWED", 25)
    monkeypatch.setattr(bait, "FOLLOWED", 25)
    few, good = (query(name, 30, **given) for name in ("coreset", "bait"))
    assert whole.indices.tolist() == few.indices.tolist()
    # A gain that rises may be seen late, which changes the sum of the gains by next to nothing.
    assert good.scores.sum() == pytest.approx(best.scores.sum(), rel=1e-3)


@pytest.mark.parametrize("name", ["badge", "falcun"])
def test_draws_by_bounds_have_the_law_of_the_distances(name, monkeypatch):
    """Bringing rows up to date before each draw or only when draws fail changes no chances."""
    table = RNG.dirichlet(np.full(3, 0.5), size=12).astype(np.float32)
    vectors = RNG.normal(size=(12, 3)).astype(np.float32)
    module = __import__(f"querist.strategies.{name}", fromlist=[name])
    counts = {}
    for vain in (0, 30):
        monkeypatch.setattr(module, "_VAIN", vain)
        counts[vain] = np.zeros(12)
        for seed in range(1_500):
            picks = query(
                name, 4, probabilities=table, embeddings=vectors, random_state=seed
            ).indices
            counts[vain][picks] += 1 / 1_500
    np.testing.assert_allclose(counts[0], counts[30], atol=0.06)


def test_parts_do_all_rows_once_in_any_number_of_threads(monkeypatch):
    """Every row is worked on exactly once, and an error in a part is raised."""
    monkeypatch.setattr(parts, "_SERIAL", 0)
    monkeypatch.setattr(parts, "_threads", lambda: 3)
    seen = np.zeros(1_001, dtype=int)

    def work(rows):
        seen[rows] += 1

    parts.each_part(work, 1_001, 7)
    assert (seen == 1).all()
    with pytest.raises(ZeroDivisionError):
        parts.each_part(lambda rows: rows.start // 0, 1_001, 7)


@pytest.mark.parametrize("width", [3, 64, 300])
def test_products_in_pieces_equal_those_at_once(width):
    """Pieces small enough for one thread give the products and distances of the whole."""
    a = RNG.normal(size=(333, width)).astype(np.float32)
    b = RNG.normal(size=(777, width)).astype(np.float32)
    expected = np.square(a[:, None].astype(np.float64) - b).sum(axis=2)
    np.testing.assert_allclose(geometry.squared_distances(a, b), expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(parts.times_vector(a, b[0]), a @ b[0], rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(parts.squares_of(a), a.T @ a, rtol=1e-3, atol=1e-2)


def test_directions_equal_unit_vectors_at_any_scale():
    """Distances on directions are those between unit vectors, for huge, tiny and zero rows too."""
    x = RNG.normal(size=(40, 5)).astype(np.float32)
    x[:10] *= 1e33
    x[10:20] *= 1e-20
    x[20] = 0
    unit = geometry.unit_rows(x)
    rows = directions.Directions.of(x)
    closest = np.full(40, np.inf, dtype=np.float32)
    rows.lower(closest, unit[18:23])
    expected = np.square(unit[:, None].astype(np.float64) - unit[18:23]).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(closest, expected, atol=1e-4)


def test_falcun_ends_where_nothing_is_in_doubt():
    """Certain predictions that are all alike still give different rows."""
    table = np.tile([1.0, 0.0], (30, 1))
    picks = query("falcun", 8, probabilities=table, random_state=0)
    assert len(set(picks.indices.tolist())) == 8
    assert falcun.half_l1(table, table[0]).max() == 0
