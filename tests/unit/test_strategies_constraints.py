"""Constraints hold for every strategy: groups, seconds, distances and quotas are kept to."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies import Constraints, create, kit, names
from querist.strategies.base import Selection
from querist.strategies.constrained import select_within
from querist.strategies.knapsack import by_worth
from querist.strategies.spacing import Spacing
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(12)
ROWS = 120
# Each row has a near copy, so that batches run into the distance.
HALF = RNG.normal(size=(ROWS // 2, 5))
VECTORS = np.concatenate([HALF, HALF + 0.001]).astype(np.float32)
TABLE = RNG.dirichlet(np.ones(3), size=ROWS).astype(np.float32)
GROUPS = RNG.integers(0, 12, size=ROWS)
COSTS = RNG.uniform(5, 60, size=ROWS)
LABELED = np.array([0, 7, 33, 90])
POOL = {
    "probabilities": TABLE,
    "embeddings": VECTORS,
    "labeled": LABELED,
    "labels": np.array([0, 1, 2, 0]),
}


def _ask(name, n, limits, **more):
    rare = kit.rare_signals(create(name).needs, POOL)
    return query(name, n, random_state=1, constraints=limits, **{**POOL, **rare, **more})


def _apart(picks):
    """The smallest cosine distance between picks, and from a pick to a labelled row."""
    x = VECTORS / np.linalg.norm(VECTORS.astype(np.float64), axis=1, keepdims=True)
    rows = np.concatenate([picks.indices, LABELED])
    gaps = 1 - x[rows] @ x[rows].T + 3 * np.eye(len(rows))
    return gaps[: len(picks.indices)].min()


@pytest.mark.parametrize("name", names())
def test_every_strategy_keeps_to_all_constraints(name):
    """A full batch comes that keeps the caps, the budget, the distance and the quota at once."""
    limits = Constraints(
        groups=GROUPS,
        max_per_group=2,
        costs=COSTS,
        budget_seconds=14 * 25.0,
        min_distance=0.01,
        quotas={1: 5},
    )
    picks = _ask(name, 14, limits)
    assert len(picks.indices) == len(set(picks.indices.tolist())) == 14
    assert not np.isin(picks.indices, LABELED).any()
    assert np.bincount(GROUPS[picks.indices]).max() <= 2
    assert COSTS[picks.indices].sum() <= 14 * 25
    assert _apart(picks) >= 0.01
    assert (TABLE[picks.indices].argmax(axis=1) == 1).sum() >= 5
    assert len(picks.reasons) == len(picks.scores) == 14


@pytest.mark.parametrize("name", names())
def test_slack_constraints_change_nothing_but_the_propensities(name):
    """Limits that the strategy's own batch keeps to leave it as it is."""
    limits = Constraints(
        groups=np.arange(ROWS), max_per_group=1, costs=COSTS, budget_seconds=1e6, min_distance=1e-9
    )
    picks, free = _ask(name, 6, limits), _ask(name, 6, None)
    assert picks.indices.tolist() == free.indices.tolist()
    assert picks.note == free.note
    assert picks.propensities is None


def test_margin_within_groups_is_the_greedy_choice():
    """With a cap of one a group, the picks are the best of each group in turn."""
    picks = _ask("margin", 8, Constraints(groups=GROUPS, max_per_group=1))
    order = query("margin", ROWS, **POOL).indices
    firsts = [row for at, row in enumerate(order) if GROUPS[row] not in GROUPS[order[:at]]]
    assert picks.indices.tolist() == firsts[:8]


def test_groups_may_have_names():
    """Names do what numbers do."""
    named = np.array([f"video-{group}" for group in GROUPS])
    by_number = _ask("margin", 20, Constraints(groups=GROUPS, max_per_group=2))
    by_name = _ask("margin", 20, Constraints(groups=named, max_per_group=2))
    listed = _ask("margin", 20, Constraints(groups=named.astype(object), max_per_group=2))
    assert by_number.indices.tolist() == by_name.indices.tolist() == listed.indices.tolist()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_copies_are_not_asked_twice(metric):
    """Among many copies of few rows each comes once, and none that is labelled already."""
    base = RNG.normal(size=(8, 4)).astype(np.float32)
    vectors = np.tile(base, (50, 1))
    table = np.tile(RNG.dirichlet(np.ones(3), size=8), (50, 1))
    limits = Constraints(min_distance=1e-6, metric=metric)
    picks = query(
        "margin",
        20,
        probabilities=table,
        embeddings=vectors,
        labeled=[0, 9],
        labels=[0, 1],
        constraints=limits,
    )
    assert sorted((picks.indices % 8).tolist()) == [2, 3, 4, 5, 6, 7]
    assert "6 of 20 rows" in picks.note
    assert "392 are too near to others" in picks.note


def test_rows_of_length_zero_are_copies():
    """Two vectors of zeros count as alike, also by cosine."""
    vectors = np.zeros((6, 3), dtype=np.float32)
    vectors[4:] = np.eye(3)[:2]
    limits = Constraints(min_distance=0.01)
    picks = query("random", 6, embeddings=vectors, constraints=limits, random_state=0)
    assert len(picks.indices) == 3


def test_spacing_is_exact_in_chunks(monkeypatch):
    """In tiny chunks the nearest rows and distances are those of the full table."""
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 300)
    spacing = Spacing(VECTORS, False)
    rows, others = np.arange(0, 40), np.arange(40, 100)
    x = VECTORS.astype(np.float64)
    table = ((x[rows][:, None] - x[others]) ** 2).sum(axis=2)
    gaps, who = spacing.nearest(rows, others)
    np.testing.assert_allclose(gaps, table.min(axis=1), atol=1e-12)
    assert who.tolist() == others[table.argmin(axis=1)].tolist()
    near = spacing.within(rows, others, 1.5)
    assert near.tolist() == (table.min(axis=1) < 1.5).tolist()


def test_too_few_groups_give_fewer_rows_and_say_why():
    """Where every group is full the batch is short, and the note counts what was left out."""
    picks = _ask("badge", 30, Constraints(groups=GROUPS % 3, max_per_group=4))
    assert len(picks.indices) == 12
    assert "12 of 30 rows: of the other candidates 104 are in groups that are full" in picks.note


def test_a_spent_budget_gives_fewer_rows_and_says_why():
    """Where nothing affordable is left the batch is short, and no cheaper row was left out."""
    picks = _ask("margin", 50, Constraints(costs=COSTS, budget_seconds=300.0))
    spent = COSTS[picks.indices].sum()
    left = np.setdiff1d(np.arange(ROWS), [*picks.indices, *LABELED])
    assert spent <= 300 < spent + COSTS[left].min()
    assert f"{len(left)} cost more than is left of the budget" in picks.note


def test_nothing_fits():
    """A budget below every cost gives an empty batch with a note, not an error."""
    picks = _ask("margin", 5, Constraints(costs=COSTS, budget_seconds=1.0))
    assert len(picks.indices) == len(picks.scores) == len(picks.reasons) == 0
    assert "0 of 5 rows" in picks.note


def test_quotas_are_kept_on_a_tight_budget():
    """Seconds that later quotas need are not spent on earlier ones."""
    predicted = TABLE.argmax(axis=1)
    free = np.setdiff1d(np.arange(ROWS), LABELED)
    needed = sum(np.sort(COSTS[free][predicted[free] == c])[:4].sum() for c in (0, 2))
    limits = Constraints(costs=COSTS, budget_seconds=needed * 1.001, quotas={0: 4, 2: 4})
    picks = _ask("margin", 8, limits)
    assert np.bincount(predicted[picks.indices], minlength=3).tolist() == [4, 0, 4]


def test_quotas_may_use_class_names():
    """A quota by name is the quota of its column."""
    by_name = _ask("margin", 9, Constraints(quotas={"boot": 6}), class_names=["hat", "bag", "boot"])
    by_column = _ask("margin", 9, Constraints(quotas={2: 6}))
    assert by_name.indices.tolist() == by_column.indices.tolist()


def test_labels_by_name_are_the_columns_of_these_names():
    """With class names, labels that are names mean the columns and not their sorted order."""
    names_of = ["hat", "bag", "boot"]
    labels = [names_of[code] for code in POOL["labels"]]
    by_name = query("direct", 9, random_state=0, **{**POOL, "labels": labels}, class_names=names_of)
    by_column = query("direct", 9, random_state=0, **POOL)
    assert by_name.indices.tolist() == by_column.indices.tolist()
    with pytest.raises(InvalidInputError, match="boots"):
        query("direct", 9, **{**POOL, "labels": ["boots"] * 4}, class_names=names_of)


def test_a_quota_that_cannot_be_met_is_told():
    """With too few candidates of the class the rest of the batch comes, and the note says so."""
    table = np.tile([0.8, 0.1, 0.1], (40, 1))
    table[:3] = [0.1, 0.1, 0.8]
    picks = query("margin", 10, probabilities=table, constraints=Constraints(quotas={2: 5}))
    assert len(picks.indices) == 10
    assert set(picks.indices[:3].tolist()) == {0, 1, 2}
    assert "The quotas lack 2 rows" in picks.note


def test_by_worth_is_near_the_best_batch():
    """Of small cases, every subset tried: a full batch where one fits, and nearly its best sum."""
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(200):
        scores, costs = -np.sort(-rng.random(9)), rng.uniform(1, 10, size=9)
        budget, most = rng.uniform(8, 25), int(rng.integers(2, 6))
        left, taken = budget, []
        for place in by_worth(scores, costs, budget, most).tolist():
            if len(taken) < most and costs[place] <= left:
                taken.append(place)
                left -= costs[place]
        sums = {
            size: max(
                (
                    (scores - scores.min())[list(batch)].sum()
                    for batch in itertools.combinations(range(9), size)
                    if costs[list(batch)].sum() <= budget
                ),
                default=-1.0,
            )
            for size in range(1, most + 1)
        }
        full = sums[most] >= 0
        assert len(taken) == most or not full
        best = sums[most] if full else max(sums.values())
        shares.append((scores - scores.min())[taken].sum() / max(best, 1e-9))
    assert np.mean(shares) > 0.9
    assert min(shares) > 0.3


def test_seconds_decide_only_where_they_are_short():
    """A budget for the best batch gives the best batch; half of it still gives as many rows."""
    best = query("margin", 10, **POOL)
    enough = float(COSTS[best.indices].sum())
    same = _ask("margin", 10, Constraints(costs=COSTS, budget_seconds=enough))
    assert same.indices.tolist() == best.indices.tolist()
    half = _ask("margin", 10, Constraints(costs=COSTS, budget_seconds=enough / 2))
    assert len(half.indices) == 10
    cheapest = query("margin", 10, **{**POOL, "candidates": np.argsort(COSTS)[:14]})
    assert half.scores.sum() > cheapest.scores.sum()


class _Counting:
    """Margin that counts how often it is asked."""

    name = "counting"
    needs = frozenset()

    def __init__(self):
        self.asked = 0

    def select(self, pool, n, rng) -> Selection:
        self.asked += 1
        return create("margin").select(pool, n, rng)


def test_it_is_not_asked_often():
    """Among 6,000 rows with few distinct ones it takes no more than a dozen or two questions."""
    base = RNG.normal(size=(60, 4)).astype(np.float32)
    vectors = np.repeat(base, 100, axis=0)
    table = np.repeat(RNG.dirichlet(np.ones(3), size=60), 100, axis=0)
    pool = check_pool(probabilities=table, embeddings=vectors)
    strategy = _Counting()
    limits = Constraints(min_distance=1e-6)
    picks = select_within(strategy, pool, 50, limits, np.random.default_rng(0))
    assert len(set((picks.indices // 100).tolist())) == 50
    assert strategy.asked <= np.log2(50) + np.log2(6_000)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"groups": GROUPS}, "max_per_group"),
        ({"max_per_group": 3}, "groups"),
        ({"groups": GROUPS, "max_per_group": 0}, "max_per_group"),
        ({"groups": GROUPS[:5], "max_per_group": 2}, "groups"),
        ({"groups": COSTS, "max_per_group": 2}, "groups"),
        ({"costs": COSTS}, "budget_seconds"),
        ({"costs": COSTS, "budget_seconds": -1.0}, "budget_seconds"),
        ({"costs": np.zeros(ROWS), "budget_seconds": 9.0}, "row 0"),
        ({"costs": COSTS[:9], "budget_seconds": 9.0}, "costs"),
        ({"min_distance": float("nan")}, "min_distance"),
        ({"min_distance": 0.1, "metric": "manhattan"}, "manhattan"),
        ({"quotas": {1: 0}}, "quota"),
        ({"quotas": {3: 2}}, "class 3"),
        ({"quotas": {"boot": 2}}, "boot"),
        ({"quotas": {0: 5, 1: 5}}, "sum to 10"),
    ],
)
def test_bad_constraints_are_refused(given, word):
    """What is wrong is named, with what to give instead."""
    with pytest.raises(InvalidInputError, match=word):
        _ask("margin", 8, Constraints(**given))


def test_constraints_name_the_missing_signal():
    """A distance without embeddings and quotas without probabilities say what to pass."""
    with pytest.raises(MissingSignalError, match="The constraint 'min_distance' needs embeddings="):
        query("margin", 3, probabilities=TABLE, constraints=Constraints(min_distance=0.1))
    with pytest.raises(MissingSignalError, match="The constraint 'quotas' needs probabilities="):
        query("random", 3, embeddings=VECTORS, constraints=Constraints(quotas={0: 1}))
