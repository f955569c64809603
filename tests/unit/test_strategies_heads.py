"""Strategies over a linear head against explicit computation, and what a head must be."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies import linear_head
from querist.strategies.base import Head
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(8)
VECTORS = RNG.normal(size=(40, 5)).astype(np.float32)
WEIGHTS = RNG.normal(size=(3, 5)).astype(np.float32)
INTERCEPT = RNG.normal(size=3).astype(np.float32)
HEAD = (WEIGHTS, INTERCEPT)
LAYER = Head(weights=WEIGHTS, intercept=INTERCEPT)
ROWS = np.arange(40)


def _classes(x):
    return (x @ WEIGHTS.T.astype(np.float64) + INTERCEPT).argmax(axis=-1)


def test_gradient_length_equals_the_explicit_gradient():
    """The closed form is the expected norm of the gradient that is written out."""
    p = linear_head.softmax(linear_head.logits(VECTORS, LAYER))
    expected = np.zeros(40)
    for row in range(40):
        for label in range(3):
            gradient = np.outer(p[row] - np.eye(3)[label], VECTORS[row])
            expected[row] += p[row, label] * np.linalg.norm(gradient)
    lengths = np.linalg.norm(VECTORS, axis=1)
    np.testing.assert_allclose(linear_head.gradient_length(p, lengths), expected, rtol=1e-4)
    picks = query("egl", 5, probabilities=p, embeddings=VECTORS, normalize=False)
    assert picks.indices.tolist() == np.argsort(-expected)[:5].tolist()


def test_egl_counts_vectors_as_of_length_one():
    """By default a long vector is no reason to be asked."""
    p = RNG.dirichlet(np.ones(3), size=40)
    longer = VECTORS.copy()
    longer[3] *= 1000
    one = query("egl", 5, probabilities=p, embeddings=VECTORS)
    two = query("egl", 5, probabilities=p, embeddings=longer)
    np.testing.assert_array_equal(one.indices, two.indices)


def test_boundary_distance_is_the_smallest_step_that_flips():
    """A step of just more than the distance flips the class; no shorter step in 2,000 does."""
    distance = linear_head.boundary_distance(VECTORS, ROWS, LAYER)
    before = _classes(VECTORS)
    for row in range(40):
        others = [c for c in range(3) if c != before[row]]
        ways = np.array([WEIGHTS[c] - WEIGHTS[before[row]] for c in others], dtype=np.float64)
        ways /= np.linalg.norm(ways, axis=1, keepdims=True)
        assert (_classes(VECTORS[row] + ways * distance[row] * 1.001) != before[row]).any()
        tries = RNG.normal(size=(2000, 5))
        tries *= 0.999 * distance[row] / np.linalg.norm(tries, axis=1, keepdims=True)
        assert (_classes(VECTORS[row] + tries) == before[row]).all()


def test_adversarial_takes_the_nearest_to_the_boundary():
    """The picks are the rows of least distance, least first."""
    distance = linear_head.boundary_distance(VECTORS, ROWS, LAYER)
    picks = query("adversarial", 6, embeddings=VECTORS, head=HEAD)
    assert picks.indices.tolist() == np.argsort(distance)[:6].tolist()


def test_classes_with_equal_weights_are_out_of_reach():
    """Between equal rows of weights there is no boundary, and no division by zero."""
    same = Head(weights=np.ones((2, 5), dtype=np.float32), intercept=np.zeros(2, dtype=np.float32))
    distance = linear_head.boundary_distance(VECTORS, ROWS, same)
    assert np.isfinite(distance).all()
    assert (distance > 1e30).all()


@pytest.mark.parametrize("epsilon", [0.05, 0.3])
def test_mixing_follows_the_formula(epsilon):
    """A row counts as flipped exactly when the mixed vector, written out, has another class."""
    anchors = RNG.normal(size=(3, 5)).astype(np.float32) * 2
    found = linear_head.flips_by_mixing(VECTORS, ROWS, LAYER, anchors, epsilon)
    p = linear_head.softmax(linear_head.logits(VECTORS, LAYER))
    expected = []
    for row in range(40):
        z = VECTORS[row].astype(np.float64)
        own = int(p[row].argmax())
        gradient = (p[row] - np.eye(3)[own]) @ WEIGHTS
        flips = False
        for anchor in anchors.astype(np.float64):
            way = anchor - z
            alpha = epsilon * np.linalg.norm(way) * gradient / (np.linalg.norm(gradient) * way)
            alpha = np.clip(alpha, 0, 1)
            flips |= bool(_classes(alpha * anchor + (1 - alpha) * z) != own)
        expected.append(flips)
    assert found.tolist() == expected
    assert 0 < sum(expected) < 40


def test_alfa_mix_prefers_rows_that_flip():
    """No row that keeps its class is asked while enough others flip."""
    labels = _classes(VECTORS)[:9]
    picks = query(
        "alfa-mix", 3, embeddings=VECTORS, head=HEAD, labeled=ROWS[:9], labels=labels, epsilon=0.5
    )
    assert (picks.scores == 1).all()


def test_dropout_flips_are_counted():
    """Rows far from every boundary flip less often than rows at one."""
    wide = np.tile(np.array([[1.0, -1.0]]), (50, 8))
    wide[:25, :] = np.array([1.0] * 16)
    head = Head(
        weights=np.stack([np.zeros(16), np.ones(16)]).astype(np.float32),
        intercept=np.zeros(2, dtype=np.float32),
    )
    flips = linear_head.flips_by_dropout(
        wide.astype(np.float32), np.arange(50), head, 0.5, 9, np.random.default_rng(0)
    )
    assert (flips[:25] == 0).all()
    assert (flips[25:] > 0).any()
    assert flips.max() <= 9


def test_dropquery_asks_rows_that_flip_in_different_groups():
    """Rows that never flip are left out, and both groups of those that do are asked."""
    group = np.arange(90) % 3
    centers = np.zeros((3, 16))
    centers[0] = 1
    centers[1] = np.tile([1.0, -1.0], 8)
    centers[2] = np.tile([1.0, 1.0, -1.0, -1.0], 4)
    x = centers[group] + RNG.normal(size=(90, 16)) * 0.01
    head = (np.ones((1, 16)), np.zeros(1))
    picks = query("dropquery", 2, embeddings=x, head=head, passes=9, rate=0.5, random_state=1)
    assert 0 not in group[picks.indices]


def test_chunks_equal_the_whole(monkeypatch):
    """Distances and flips in tiny chunks are those of the whole."""
    distance = linear_head.boundary_distance(VECTORS, ROWS, LAYER)
    flips = linear_head.flips_by_mixing(VECTORS, ROWS, LAYER, WEIGHTS, 0.3)
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 64)
    np.testing.assert_allclose(linear_head.boundary_distance(VECTORS, ROWS, LAYER), distance)
    np.testing.assert_array_equal(
        linear_head.flips_by_mixing(VECTORS, ROWS, LAYER, WEIGHTS, 0.3), flips
    )


def test_one_row_of_weights_stands_for_two_classes():
    """The head of a binary scikit-learn model gives the same probabilities as the model."""
    pool = check_pool(embeddings=VECTORS, head=(WEIGHTS[:1], INTERCEPT[:1]))
    p = linear_head.softmax(linear_head.logits(VECTORS, pool.head))
    expected = 1 / (1 + np.exp(-(VECTORS @ WEIGHTS[0] + INTERCEPT[0])))
    np.testing.assert_allclose(p[:, 1], expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["adversarial", "alfa-mix", "dropquery"])
def test_a_missing_head_says_how_to_give_it(name):
    """Without a head the message names the argument, and the remedy scikit-learn's attributes."""
    with pytest.raises(MissingSignalError, match="head=") as caught:
        query(name, 2, embeddings=VECTORS)
    assert "model.coef_" in caught.value.remedy


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (WEIGHTS, "pair|head"),
        ((WEIGHTS[:, :4], INTERCEPT), "weights"),
        ((WEIGHTS, INTERCEPT[:2]), "intercepts"),
        ((WEIGHTS * np.nan, INTERCEPT), "NaN"),
        ((WEIGHTS[:2], INTERCEPT[:2]), "classes"),
    ],
)
def test_a_bad_head_is_refused(head, word):
    """A head of the wrong shape or with wrong values is named."""
    with pytest.raises(InvalidInputError, match=word):
        query(
            "adversarial", 2, embeddings=VECTORS, probabilities=np.full((40, 3), 1 / 3), head=head
        )


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("dropquery", {"rate": 1.0}),
        ("dropquery", {"passes": 0}),
        ("alfa-mix", {"epsilon": 0.0}),
    ],
)
def test_a_bad_parameter_is_refused(name, parameters):
    """A parameter outside its range is named."""
    with pytest.raises(InvalidInputError, match=next(iter(parameters))):
        query(name, 2, embeddings=VECTORS, head=HEAD, **parameters)
