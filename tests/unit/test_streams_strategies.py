"""Stream strategies against their formulas, written out plainly."""

from __future__ import annotations

import numpy as np
import pytest

from querist.errors import InvalidInputError, UnknownNameError
from querist.strategies.streams import Stream, Verdict, caps, check_arrival, create, kit, register
from querist.strategies.streams.base import REGISTRY
from querist.strategies.streams.volume import gradient, hashed

RNG = np.random.default_rng(8)
TABLE = RNG.dirichlet(np.full(3, 0.7), size=400)
VECTORS = RNG.normal(size=(400, 4))


def judged(name, *, allowed=None, share=0.1, seed=0, **parameters):
    """The verdicts of a fresh strategy on every row."""
    strategy = create(name, **parameters)
    rng = np.random.default_rng(seed)
    allowed = np.ones(len(TABLE), bool) if allowed is None else allowed
    return [
        strategy.judge(
            check_arrival(probabilities=row, embedding=vector),
            allowed=bool(free),
            share=share,
            rng=rng,
        )
        for row, vector, free in zip(TABLE, VECTORS, allowed, strict=True)
    ]


def test_fixed_follows_its_formula():
    """It wants what has a confidence of at most 1/C + share (1 - 1/C)."""
    wanted = [verdict.wants for verdict in judged("fixed", share=0.4)]
    assert wanted == (TABLE.max(axis=1) <= 1 / 3 + 0.4 * 2 / 3).tolist()


def test_variable_follows_its_formula_and_stands_still_while_refused():
    """θ falls by s after a question and rises otherwise, but not while the budget refuses."""
    allowed = RNG.random(len(TABLE)) < 0.6
    theta, expected = 1.0, []
    for row, free in zip(TABLE, allowed, strict=True):
        expected.append(row.max() < theta)
        if free:
            theta *= 0.95 if expected[-1] else 1.05
    assert [v.wants for v in judged("variable", allowed=allowed, step=0.05)] == expected


def test_randomized_variable_multiplies_by_a_normal_number():
    """θ η with η ~ N(1, δ) takes the place of θ; δ = 0 is the variable threshold."""
    rng, theta, expected = np.random.default_rng(0), 1.0, []
    for row in TABLE:
        expected.append(row.max() < theta * rng.normal(1.0, 1.0))
        theta *= 0.99 if expected[-1] else 1.01
    assert [v.wants for v in judged("randomized-variable")] == expected
    still = judged("randomized-variable", spread=0.0)
    assert [v.wants for v in still] == [v.wants for v in judged("variable")]


def test_randomized_variable_asks_sure_ones_too():
    """Among certain predictions some are asked, which the variable threshold never does."""
    table = np.tile([0.999, 0.001], (4_000, 1))
    stream = Stream("randomized-variable", budget=0.1, random_share=0.0)
    assert stream.decide(table).mean() > 0.05


def test_biqf_follows_its_formula():
    """Above the quantile of the window, lowered by range · left / tolerance; ties only if owed."""
    window, asked, expected = [], 0, []
    for seen, row in enumerate(np.sort(TABLE, axis=1), start=1):
        score = 1 - row[-1] + row[-2]
        window = [*window, score][-30:]
        left = 0.2 * seen - asked
        limit = np.quantile(window, 0.8) - (max(window) - min(window)) * left / 50
        expected.append(bool(score > limit or (score == limit and left > 0)))
        asked += expected[-1]
    assert [v.wants for v in judged("biqf", share=0.2, window=30)] == expected


def test_biqf_asks_its_share_of_equal_scores():
    """Where all scores are alike it asks the share, neither everything nor nothing."""
    for table in (np.full((500, 2), 0.5), np.tile([1.0, 0.0], (500, 1))):
        strategy, rng = create("biqf"), np.random.default_rng(0)
        wanted = [
            strategy.judge(check_arrival(probabilities=row), allowed=True, share=0.2, rng=rng).wants
            for row in table
        ]
        assert sum(wanted) == pytest.approx(100, abs=1)


@pytest.mark.parametrize("name", ["biqf", "vessal"])
def test_a_tight_cap_does_not_make_it_ask_for_anything(name):
    """While a cap refuses nearly all, what gets through is still better than the stream."""
    table = np.random.default_rng(2).dirichlet(np.full(3, 0.4), size=6_000)
    limits = caps(per_minute=1)
    stream = Stream(name, budget=0.1, limits=limits, random_share=0.0)
    times = np.arange(6_000.0)
    asked = stream.decide(table, embeddings=np.ones((6_000, 2)), times=times)
    sure = table.max(axis=1)
    assert 50 < asked.sum() <= 100
    assert sure[asked].mean() < sure.mean() - 0.1


def test_density_follows_its_formula():
    """Only the new nearest neighbor of a recent arrival is compared, by its margin."""
    rng, theta, expected = np.random.default_rng(0), 1.0, []
    for at, row in enumerate(np.sort(TABLE, axis=1)):
        recent = range(max(at - 20, 0), at)
        gaps = {i: np.linalg.norm(VECTORS[i] - VECTORS[at]) for i in recent}
        # The nearest so far to i: of those in its window when it came, and of all that came since.
        before = {
            i: min(
                (
                    np.linalg.norm(VECTORS[i] - VECTORS[j])
                    for j in range(max(i - 20, 0), at)
                    if j != i
                ),
                default=np.inf,
            )
            for i in recent
        }
        dense = any(gaps[i] < before[i] for i in recent)
        near = row[-1] - row[-2] < theta * rng.normal(1.0, 1.0)
        expected.append(bool(dense and near))
        if dense:
            theta *= 0.99 if near else 1.01
    assert [v.wants for v in judged("density", window=20)] == expected


def test_vessal_chances_follow_the_formula():
    """Each chance is rate · u'S⁻¹u / tr(M S⁻¹) with S⁻¹ by a plain inverse; about B are asked."""
    rng = np.random.default_rng(0)
    inverse_of, total, chosen = 0.01 * np.eye(12), np.zeros((12, 12)), 0
    verdicts = judged("vessal", share=0.1, items=400)
    for at, verdict in enumerate(verdicts):
        a = TABLE[at].copy()
        a[a.argmax()] -= 1
        u = np.kron(a, VECTORS[at])
        total += np.outer(u, u)
        inverse = np.linalg.inv(inverse_of)
        rate = (40 - chosen) / (400 - at)
        chance = rate * (u @ inverse @ u) / np.trace(total / (at + 1) @ inverse)
        assert verdict.score == pytest.approx(min(chance, 1), rel=1e-6)
        assert verdict.wants == (rng.random() < min(chance, 1))
        if verdict.wants:
            chosen += 1
            inverse_of += np.outer(u, u)
    assert 30 <= chosen <= 40


def test_vessal_asks_for_directions_that_it_lacks():
    """A rare direction is asked far more often than its share of the stream."""
    rng = np.random.default_rng(0)
    vectors = np.zeros((3_000, 6))
    vectors[:, 0] = 1 + 0.1 * rng.normal(size=3_000)
    rare = rng.random(3_000) < 0.03
    vectors[rare] = 0
    vectors[rare, rng.integers(1, 6, size=int(rare.sum()))] = 1
    stream = Stream("vessal", budget=0.05, random_share=0.0)
    asked = stream.decide(np.full((3_000, 2), 0.5), embeddings=vectors)
    assert rare[asked].mean() > 5 * rare.mean()


def test_long_gradients_are_hashed_and_keep_their_products():
    """Hashed gradients have the set length, and their products are right on average."""
    tables = RNG.dirichlet(np.ones(20), size=200)
    vectors = RNG.normal(size=(200, 50))
    long = np.array([gradient(p, v) for p, v in zip(tables, vectors, strict=True)])
    short = np.array([hashed(u, 256) for u in long])
    assert short.shape == (200, 256)
    ratio = (short**2).sum() / (long**2).sum()
    assert ratio == pytest.approx(1, abs=0.05)
    stream = Stream("vessal", budget=0.1)
    assert 0 < stream.decide(tables, embeddings=vectors).sum() <= 20


def test_split_leaves_the_random_share_its_part_of_the_budget():
    """Where the other strategy wants everything, the drawn ones still get their share."""
    stream = Stream("variable", budget=0.2, random_share=0.3)
    decisions = [stream.consider(check_arrival(probabilities=[0.5, 0.5])) for _ in range(5_000)]
    drawn = sum(decision.random for decision in decisions)
    assert sum(decision.ask for decision in decisions) <= 1_000
    assert drawn == pytest.approx(0.3 * 1_000, rel=0.15)


def test_the_random_share_is_a_fair_sample():
    """What is drawn at random is as sure as the stream, however unsure the rest of the asked is."""
    table = np.random.default_rng(4).dirichlet(np.full(3, 0.4), size=20_000)
    stream = Stream("biqf", budget=0.3, random_share=0.3)
    decisions = [stream.consider(check_arrival(probabilities=row)) for row in table]
    sure = table.max(axis=1)
    drawn = np.array([decision.random for decision in decisions])
    asked = np.array([decision.ask for decision in decisions])
    assert sure[drawn].mean() == pytest.approx(sure.mean(), abs=0.02)
    assert sure[asked & ~drawn].mean() < sure.mean() - 0.1


def test_unknown_names_and_parameters_are_refused():
    """The nearest names are offered, and values out of range are named."""
    with pytest.raises(UnknownNameError, match="randomized-variable"):
        Stream("randomised-variable")
    with pytest.raises(UnknownNameError, match="step"):
        create("variable", steps=1)
    for name, wrong in (
        ("variable", {"step": 2}),
        ("randomized-variable", {"spread": -1.0}),
        ("biqf", {"window": 0}),
        ("density", {"window": 1.5}),
        ("vessal", {"items": 0}),
        ("split", {"share": 1.1}),
    ):
        with pytest.raises(InvalidInputError, match=next(iter(wrong))):
            create(name, **wrong)
    with pytest.raises(InvalidInputError, match="budget"):
        Stream(budget=1.5)


def test_the_kit_finds_a_strategy_that_forgets(monkeypatch):
    """A strategy that keeps its memory outside its state fails the kit's check of states."""
    monkeypatch.setattr(REGISTRY, "_parts", dict(REGISTRY._parts))
    variable = REGISTRY.find("variable")

    class Forgetful(variable):
        name = "forgetful"
        count = 0

        def judge(self, arrival, *, allowed, share, rng):
            Forgetful.count += 1
            wants = Forgetful.count % 7 == 0
            return Verdict(wants=wants, score=1.0, threshold=None, reason="By number.")

    register(Forgetful)
    with pytest.raises(AssertionError, match="a break after"):
        kit.check_state("forgetful")
