"""DeepFool on a small network against a search for its boundary in every direction."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies import create, deepfool, linear_head
from querist.strategies.base import Head

RNG = np.random.default_rng(17)
# Two inputs, so that every direction can be tried.
INTO, BIAS = RNG.normal(size=(2, 12)) * 0.8, RNG.normal(size=12)
OUT = RNG.normal(size=(12, 3))
VECTORS = RNG.normal(size=(60, 2)).astype(np.float32) * 1.5
ROWS = np.arange(60)


def network(x):
    """Logits and gradients of a network with one hidden layer."""
    hidden = np.tanh(x @ INTO + BIAS)
    return hidden @ OUT, np.einsum("mh,dh,hc->mcd", 1 - hidden**2, INTO, OUT)


def _searched(row):
    """The nearest other class on 360 rays, in steps of a four-hundredth."""
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    start = VECTORS[row].astype(np.float64)
    own = network(start[None])[0].argmax()
    for radius in np.arange(1, 2_400) / 400:
        hidden = np.tanh((start + radius * rays) @ INTO + BIAS)
        if ((hidden @ OUT).argmax(axis=1) != own).any():
            return radius
    return np.inf


@pytest.fixture(scope="module")
def real():
    """How far the nearest other class is from each row, as found by trying."""
    return np.array([_searched(row) for row in ROWS])


def test_the_test_network_has_true_gradients():
    """The gradients that the tests give are those of the logits, by differences."""
    x = VECTORS.astype(np.float64)
    for axis in range(2):
        step = np.eye(2)[axis] * 1e-6
        slope = (network(x + step)[0] - network(x - step)[0]) / 2e-6
        np.testing.assert_allclose(network(x)[1][:, :, axis], slope, atol=1e-6)


def test_the_way_ends_at_the_nearest_boundary(real):
    """No way is shorter than the nearest boundary is far, and nearly all are hardly longer."""
    found = deepfool.walked(VECTORS, ROWS, network, 50)
    assert (found >= 0.97 * real - 0.005).all()
    assert (found <= 1.1 * real + 0.005).mean() > 0.9


def test_a_walk_is_nearer_the_truth_than_one_step(real):
    """Where the model is curved, the walk corrects most of what one step gets wrong."""
    one = np.abs(deepfool.one_step(VECTORS, ROWS, network) - real)
    many = np.abs(deepfool.walked(VECTORS, ROWS, network, 50) - real)
    assert np.median(many) < 0.1 * np.median(one)
    assert many.mean() < 0.5 * one.mean()


def test_on_a_linear_model_it_is_the_closed_form():
    """One step and the walk both give the exact distance of a linear head."""
    weights, intercept = RNG.normal(size=(3, 2)), RNG.normal(size=3)
    head = Head(weights=weights.astype(np.float32), intercept=intercept.astype(np.float32))
    exact = linear_head.boundary_distance(VECTORS, ROWS, head)

    def linear(x):
        w = head.weights.astype(np.float64)
        return x @ w.T + head.intercept, np.broadcast_to(w, (len(x), *w.shape))

    np.testing.assert_allclose(deepfool.one_step(VECTORS, ROWS, linear), exact, rtol=1e-6)
    np.testing.assert_allclose(deepfool.walked(VECTORS, ROWS, linear, 50), exact, rtol=1e-4)


def test_picks_are_the_nearest():
    """The batch is the rows with the shortest ways, shortest first."""
    found = deepfool.walked(VECTORS, ROWS, network, 50)
    picks = query("deepfool", 6, embeddings=VECTORS, gradient=network)
    assert picks.indices.tolist() == np.argsort(found)[:6].tolist()
    np.testing.assert_allclose(picks.scores, -np.sort(found)[:6])


def test_chunks_equal_the_whole(monkeypatch):
    """In tiny chunks the ways are the same, and the model is never given more rows at once."""
    whole = deepfool.walked(VECTORS, ROWS, network, 50)
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 7 * 36)
    sizes = []

    def counting(x):
        sizes.append(len(x))
        return network(x)

    np.testing.assert_allclose(deepfool.walked(VECTORS, ROWS, counting, 50), whole)
    assert max(sizes) == 7


def test_where_nothing_leads_to_another_class_a_row_is_far():
    """A model without slopes leaves every row far, and the batch is still full and finite."""

    def flat(x):
        return np.tile([1.0, 0.0], (len(x), 1)), np.zeros((len(x), 2, 2))

    picks = query("deepfool", 4, embeddings=VECTORS, gradient=flat)
    assert (picks.scores == -np.finfo(np.float32).max).all()


@pytest.mark.parametrize(
    ("gradient", "word"),
    [
        ("network", "str"),
        (lambda x: (network(x)[0], network(x)[1][:, :, :1]), "gradients"),
        (lambda x: (network(x)[0] * np.nan, network(x)[1]), "NaN"),
    ],
)
def test_a_bad_gradient_is_refused(gradient, word):
    """What is no callable, or returns something else, is named."""
    with pytest.raises(InvalidInputError, match=word):
        query("deepfool", 2, embeddings=VECTORS, gradient=gradient)


def test_a_missing_gradient_says_how_to_give_it():
    """Without the callable the message says what it must return; steps are checked."""
    with pytest.raises(MissingSignalError, match="gradient=") as caught:
        query("deepfool", 2, embeddings=VECTORS)
    assert "(m, C, d)" in caught.value.remedy
    with pytest.raises(InvalidInputError, match="steps"):
        create("deepfool", steps=0)
