"""Auto: what it does with which signals, and that it explains itself."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from querist import query
from querist.strategies import check_pool, coverage, explain, two_views
from querist.strategies.evidence import evidence, left_out_loss

RNG = np.random.default_rng(21)
# Six groups of 60 rows, far from each other.
CENTERS = RNG.normal(size=(6, 16)) * 4
GROUP = np.repeat(np.arange(6), 60)
E = (CENTERS[GROUP] + RNG.normal(size=(360, 16))).astype(np.float32)


def test_without_labels_it_covers_every_group():
    """Six first labels on six groups fall into six groups, for every seed."""
    for seed in range(10):
        picks = query("auto", 6, embeddings=E, random_state=seed, random_share=0.0)
        assert set(GROUP[picks.indices].tolist()) == set(range(6))
        assert set(picks.reasons) == {explain.NEW}
        assert "no model" in picks.note


def test_with_a_model_it_asks_where_the_model_doubts():
    """When only one group is uncertain, nearly all of the batch comes from it."""
    table = np.full((360, 2), [0.99, 0.01])
    table[GROUP == 4] = [0.52, 0.48]
    picks = query(
        "auto",
        10,
        probabilities=table,
        embeddings=E,
        labeled=[0, 100, 200],
        labels=[0, 1, 0],
        random_state=0,
        random_share=0.0,
    )
    assert (GROUP[picks.indices] == 4).mean() >= 0.8
    assert "52" in picks.reasons[0]
    assert "unsure" in picks.note


def test_one_class_keeps_it_on_coverage():
    """Probabilities of a model that knows one class are not used."""
    table = np.full((360, 2), [0.99, 0.01])
    arguments = {"embeddings": E, "labeled": [0], "labels": [0], "random_state": 0}
    with_model = query("auto", 8, probabilities=table, **arguments)
    without = query("auto", 8, **arguments)
    np.testing.assert_array_equal(with_model.indices, without.indices)
    assert "fewer than two classes" in with_model.note


def test_a_small_share_is_always_drawn_at_random():
    """The share holds on average for small batches, and random rows say so."""
    drawn = [
        sum(
            reason == explain.AT_RANDOM
            for reason in query(
                "auto", 10, embeddings=E, random_state=seed, random_share=0.1
            ).reasons
        )
        for seed in range(20)
    ]
    assert set(drawn) == {1}
    half = [
        explain.AT_RANDOM
        in query("auto", 5, embeddings=E, random_state=s, random_share=0.1).reasons
        for s in range(60)
    ]
    assert 0.3 < np.mean(half) < 0.7


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_outside_zero_to_one_is_refused(share):
    """The random share is a share."""
    from querist.errors import InvalidInputError

    with pytest.raises(InvalidInputError, match="random_share"):
        query("auto", 5, embeddings=E, random_share=share)


def test_without_embeddings_it_follows_the_margin():
    """With probabilities alone uncertain rows are drawn most; with nothing, any row."""
    table = np.full((200, 2), [0.999, 0.001])
    table[:20] = [0.5, 0.5]
    picks = query("auto", 10, probabilities=table, labeled=[50, 60], labels=[0, 1], random_state=0)
    assert (picks.indices < 20).mean() >= 0.8
    assert len(query("auto", 10, candidates=np.arange(30), random_state=0).indices) == 10


def test_more_classes_among_labels_than_columns_are_no_problem():
    """A model that has not seen class 7 yet still gets a batch."""
    table = np.full((360, 2), 0.5)
    picks = query("auto", 5, probabilities=table, embeddings=E, labeled=[1, 2], labels=[0, 7])
    assert len(picks.indices) == 5


def test_the_radius_shrinks_as_labels_come_in():
    """More labels tile the pool with smaller circles, without end."""
    pool = check_pool(embeddings=E)
    space = coverage.Space.of(pool, E, np.random.default_rng(0), raised=True)
    vectors = space.at(space.places_of_sample(pool.candidates, np.random.default_rng(0)))
    radii = [coverage.tiling_radius(vectors, count) for count in (10, 30, 100, 1_000, 10_000)]
    assert all(small < large for large, small in itertools.pairwise(radii))


def test_the_scale_and_the_origin_of_the_vectors_do_not_matter():
    """Vectors in other units, or shifted as a whole, give the same batch."""
    first = query("auto", 8, embeddings=E, random_state=0, random_share=0.0)
    other = query("auto", 8, embeddings=E * 50 + 3, random_state=0, random_share=0.0)
    assert set(first.indices.tolist()) == set(other.indices.tolist())


def test_a_pool_above_the_sub_pool_works_in_parts(monkeypatch):
    """A batch larger than one part of a sub-pool has no row twice."""
    monkeypatch.setattr(two_views, "SUB_POOL", 64)
    monkeypatch.setattr(two_views, "_PART", 20)
    picks = query("auto", 150, embeddings=E, random_state=0)
    assert len(set(picks.indices.tolist())) == 150


def _plain_picks(rows, table, labeled, n):
    """Greedy herding in both views, written as loops over all rows."""
    pool = check_pool(embeddings=rows, labeled=labeled, labels=np.arange(len(labeled)) % 3)
    space = coverage.Space.of(pool, rows, np.random.default_rng(0), raised=True)
    units = space.at(np.arange(len(rows))).astype(np.float64)
    tiles = len(labeled) + n
    views = [units]
    neighbors = min(25, len(rows) // (2 * tiles))
    if neighbors >= 2:
        order = np.argsort(((units[:, None] - units[None]) ** 2).sum(axis=2), axis=1)
        mixed = units
        for _ in range(3):
            around = np.stack(
                [mixed[order[i, 1 : neighbors + 1]].mean(axis=0) for i in order[:, 0]]
            )
            mixed = 0.5 * units + 0.5 * around
        mixed = mixed - mixed.mean(axis=0)
        views.append(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))
    near = 0
    for view in views:
        # The overlap of the circles is 0.75; labelled rows and batch together tile the pool.
        free = view[pool.candidates].astype(np.float32)
        radius = 0.75 * coverage.tiling_radius(free, tiles)
        apart = ((view[:, None] - view[None]) ** 2).sum(axis=2)
        near = near + np.exp(-apart / radius**2) / len(views)
    two = np.sort(table, axis=1)
    weights = 1 - (two[:, -1] - two[:, -2])
    weights[labeled] = 0
    covered, expected = near[labeled].max(axis=0), []
    for _ in range(n):
        gains = (weights * np.maximum(near - covered, 0)).sum(axis=1)
        gains[[*labeled, *expected]] = -1
        expected.append(int(gains.argmax()))
        covered = np.maximum(covered, near[expected[-1]])
    return expected


@pytest.mark.parametrize("n", [3, 12, 90])
def test_with_a_model_it_is_plain_weighted_greedy_herding(n):
    """Each pick adds most margin-weighted coverage in the mean of both views, as loops find it.

    With 3 picks a neighbourhood has 10 rows, with 12 four, with 90 there is one view only.
    """
    rng = np.random.default_rng(3)
    # No groups here: the weights alone must decide between neighbours.
    rows = rng.normal(size=(150, 5)).astype(np.float32)
    table = rng.dirichlet([1, 1, 1], size=150)
    labeled = np.array([5, 50, 100, 140])
    picks = query(
        "auto",
        n,
        probabilities=table,
        embeddings=rows,
        labeled=labeled,
        labels=np.arange(4) % 3,
        random_state=0,
        random_share=0.0,
    )
    assert picks.indices.tolist() == _plain_picks(rows, table, labeled, n)


def test_labels_that_only_near_rows_predict_are_noticed():
    """Pairs of twins of one class predict each other from near, groups of 50 from far."""
    rng = np.random.default_rng(1)
    twins = np.repeat(rng.normal(size=(100, 6)), 2, axis=0) + rng.normal(size=(200, 6)) * 0.05
    groups = np.repeat(rng.normal(size=(4, 6)) * 3, 50, axis=0) + rng.normal(size=(200, 6))
    assert _narrow(twins, np.repeat(rng.integers(3, size=100), 2))
    assert not _narrow(groups, np.repeat(np.arange(4), 50))


def _narrow(rows, classes):
    known = np.arange(40) if len(np.unique(classes)) == 3 else np.arange(0, 200, 5)
    vectors = rows.astype(np.float32)
    pool = check_pool(embeddings=vectors, labeled=known, labels=classes[known])
    space = coverage.Space.of(pool, vectors, np.random.default_rng(0), raised=True)
    views = two_views._Views.of(
        space, pool.candidates, known, len(known) + 5, np.random.default_rng(0)
    )
    return two_views._narrow(views, classes[known])


def test_a_model_that_doubts_alike_everywhere_changes_nothing():
    """Equal margins give the batch of coverage alone, and the note says that a model was used."""
    arguments = {
        "embeddings": E,
        "labeled": [0, 100],
        "labels": [0, 1],
        "random_state": 0,
        "random_share": 0.0,
    }
    with_model = query("auto", 8, probabilities=np.full((360, 2), 0.5), **arguments)
    without = query("auto", 8, **arguments)
    np.testing.assert_array_equal(with_model.indices, without.indices)
    assert "unsure" in with_model.note
    assert "no model" in without.note


def test_two_known_classes_are_enough_for_the_model_to_count():
    """It does not wait for a second label of each class: that costs accuracy where it was tried."""
    table = np.full((360, 3), [0.98, 0.01, 0.01])
    table[GROUP == 2] = [0.4, 0.35, 0.25]
    picks = query(
        "auto",
        4,
        probabilities=table,
        embeddings=E,
        labeled=[0, 60],
        labels=[0, 1],
        random_state=0,
        random_share=0.0,
    )
    assert (GROUP[picks.indices] == 2).all()


def test_labels_that_nothing_predicts_bring_half_the_coverage_back():
    """Where the labels so far contradict all structure, doubt alone does not lead."""
    rng = np.random.default_rng(8)
    # Every row has a twin of the other class, so each is predicted wrong from the others.
    half = rng.normal(size=(100, 4)).astype(np.float32)
    rows = np.repeat(half, 2, axis=0) + rng.normal(size=(200, 4)).astype(np.float32) * 0.01
    arguments = {
        "probabilities": rng.dirichlet([1, 1], size=200),
        "embeddings": rows,
        "labeled": np.arange(40),
        "random_state": 0,
    }
    misled = query("auto", 5, labels=np.arange(40) % 2, **arguments)
    assert "predicted worse" in misled.note
    fine = query("auto", 5, labels=(rows[:40, 0] > 0).astype(int), **arguments)
    assert "predicted worse" not in fine.note


def test_left_out_predictions_are_those_of_refitted_models():
    """The closed form of the leave-one-out accuracy agrees with fitting once for each row."""
    from sklearn.kernel_ridge import KernelRidge

    rng = np.random.default_rng(5)
    rows = rng.normal(size=(40, 6)).astype(np.float32)
    labels = (rows[:, 0] + rng.normal(size=40) > 0).astype(int) + (rows[:, 1] > 1)
    kernel = (rows @ rows.T + 1).astype(np.float64)
    targets = np.eye(3)[labels]
    right = 0
    for row in range(40):
        rest = np.delete(np.arange(40), row)
        model = KernelRidge(alpha=1.0, kernel="precomputed")
        model.fit(kernel[np.ix_(rest, rest)], targets[rest])
        right += model.predict(kernel[[row]][:, rest]).argmax() == labels[row]
    found = evidence(rows, labels)
    assert found.out_of_fold == pytest.approx(right / 40)
    assert found.prior == pytest.approx(np.bincount(labels).max() / 40)


def test_left_out_loss_is_that_of_refitted_models():
    """The closed form of the squared error agrees with regressing once for each row."""
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(30, 4))
    near = np.exp(-((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    labels = rng.integers(3, size=30) * 2
    targets = np.eye(3)[labels // 2]
    targets -= targets.mean(axis=0)
    loss = 0.0
    for row in range(30):
        rest = np.delete(np.arange(30), row)
        found = np.linalg.solve(near[np.ix_(rest, rest)] + 0.2 * np.eye(29), targets[rest])
        loss += ((near[row, rest] @ found - targets[row]) ** 2).sum() / 30
    assert left_out_loss(near, labels, 0.2) == pytest.approx(loss)


def test_other_tasks_get_their_own_rule():
    """Sets of classes go by the doubt about each class, numbers by distance."""
    rng = np.random.default_rng(2)
    chances = np.full((360, 3), 0.02)
    chances[GROUP == 3, 1] = 0.5
    sets = np.eye(3, dtype=int)[[0, 1, 2]]
    arguments = {"labeled": [0, 70, 130], "random_state": 0, "random_share": 0.0}
    picks = query(
        "auto", 6, embeddings=E, multilabel_probabilities=chances, labels=sets, **arguments
    )
    assert (GROUP[picks.indices] == 3).mean() > 0.5
    alone = query("auto", 6, multilabel_probabilities=chances, labels=sets, **arguments)
    assert (GROUP[alone.indices] == 3).all()
    numbers = query("auto", 3, embeddings=E, targets=rng.normal(size=3), **arguments)
    assert set(GROUP[numbers.indices].tolist()).isdisjoint({0, 1, 2})
