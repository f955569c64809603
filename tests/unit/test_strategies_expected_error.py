"""Expected error reduction against Newton steps written out, and against actual refits."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError
from querist.strategies import create, look_ahead
from querist.strategies.linear_head import softmax
from querist.strategies.look_ahead import LookAhead

RNG = np.random.default_rng(21)
LOSSES = {"log": look_ahead.log_loss, "zero-one": look_ahead.zero_one}
WEIGHT = 0.3


def _slopes(w, x, y):
    """Gradient and Hessian of the penalised log-loss of a softmax layer (C, d), written out."""
    p = softmax(x @ w.T)
    gradient = (p - y).T @ x + WEIGHT * w
    hessian = WEIGHT * np.eye(w.size)
    for row, chances in zip(x, p, strict=True):
        hessian += np.kron(np.diag(chances) - np.outer(chances, chances), np.outer(row, row))
    return gradient, hessian


def _fitted(x, y):
    w = np.zeros((y.shape[1], x.shape[1]))
    for _ in range(50):
        gradient, hessian = _slopes(w, x, y)
        w = w - np.linalg.solve(hessian, gradient.ravel()).reshape(w.shape)
    return w


def _case(labeled, d, classes):
    x = RNG.normal(size=(labeled, d))
    y = np.eye(classes)[np.arange(labeled) % classes]
    return x, y, _fitted(x, y), RNG.normal(size=(12, d))


def _look(x, w, rows):
    return LookAhead.of(rows, softmax(rows @ w.T), x, softmax(x @ w.T), WEIGHT)


@pytest.mark.parametrize(("labeled", "d"), [(4, 9), (20, 5)])
def test_two_classes_move_by_the_exact_newton_step(labeled, d):
    """From the optimum, the step on all labels and one more moves the logits as foretold."""
    x, y, w, rows = _case(labeled, d, 2)
    made = _look(x, w, rows)
    for row in range(12):
        for label in np.eye(2):
            gradient, hessian = _slopes(
                w, np.concatenate([x, rows[[row]]]), np.concatenate([y, [label]])
            )
            after = w - np.linalg.solve(hessian, gradient.ravel()).reshape(w.shape)
            real = rows @ after.T
            told = made.logits + np.outer(made.way(row), label - softmax(made.logits[[row]])[0])
            lead = real[:, 0] - real[:, 1]
            np.testing.assert_allclose(told[:, 0] - told[:, 1], lead, atol=1e-4)


@pytest.mark.parametrize(("labeled", "d"), [(0, 4), (4, 9), (9, 9), (30, 5)])
def test_products_are_those_of_the_inverse(labeled, d):
    """With more or fewer labels than dimensions, and after two picks, A is inverted exactly."""
    x, rows = RNG.normal(size=(labeled, d)), RNG.normal(size=(12, d))
    chances, seen = RNG.dirichlet(np.ones(3), size=12), RNG.dirichlet(np.ones(3), size=labeled)
    made = LookAhead.of(rows, chances, x, seen, WEIGHT).believed(3).believed(7)
    both = np.concatenate([x, rows[[3, 7]]])
    held = look_ahead.curvatures(np.concatenate([seen, chances[[3, 7]]]))
    inverse = np.linalg.inv(both.T @ (held[:, None] * both) + WEIGHT * np.eye(d))
    np.testing.assert_allclose(made.products, rows @ inverse @ rows.T, atol=1e-10)


@pytest.mark.parametrize("loss", ["log", "zero-one"])
@pytest.mark.parametrize("classes", [2, 4])
def test_expected_errors_are_means_over_labels(loss, classes, monkeypatch):
    """In tiny chunks the expected error is the mean over labels, written out with inverses."""
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 100)
    x, rows = RNG.normal(size=(15, 4)), RNG.normal(size=(12, 4))
    chances = RNG.dirichlet(np.ones(classes), size=12)
    seen = RNG.dirichlet(np.ones(classes), size=15)
    held, own = look_ahead.curvatures(seen), look_ahead.curvatures(chances)
    expected = np.zeros(5)
    for row in range(5):
        a = x.T @ (held[:, None] * x) + own[row] * np.outer(rows[row], rows[row])
        way = rows[5:] @ np.linalg.solve(a + WEIGHT * np.eye(4), rows[row])
        for label in range(classes):
            off = np.eye(classes)[label] - chances[row]
            p = softmax(np.log(chances[5:]) + np.outer(way, off))
            wrong = 1 - p.max(axis=1) if loss == "zero-one" else -(p * np.log(p)).sum(axis=1)
            expected[row] += chances[row, label] * wrong.mean()
    made = LookAhead.of(rows, chances, x, seen, WEIGHT)
    ends = slice(5, None)
    found = look_ahead.expected_errors(made, np.arange(5), ends, LOSSES[loss], classes)
    np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("classes", [2, 3])
def test_the_order_is_nearly_that_of_actual_refits(classes):
    """Refitting to the end for each row and label ranks the rows nearly the same."""
    x, y, w, _ = _case(24, 4, classes)
    rows = RNG.normal(size=(60, 4))
    made = _look(x, w, rows)
    ends = slice(20, None)
    found = look_ahead.expected_errors(made, np.arange(20), ends, look_ahead.log_loss, classes)
    real = np.zeros(20)
    for row in range(20):
        chances = softmax(rows[[row]] @ w.T)[0]
        for label in range(classes):
            more = np.concatenate([x, rows[[row]]]), np.concatenate([y, np.eye(classes)[[label]]])
            p = softmax(rows[20:] @ _fitted(*more).T)
            real[row] += chances[label] * -(p * np.log(p)).sum(axis=1).mean()
    ranks = np.argsort(np.argsort(found)), np.argsort(np.argsort(real))
    assert np.corrcoef(*ranks)[0, 1] > 0.8
    assert int(found.argmin()) in np.argsort(real)[:3].tolist()


def _pool(size=150):
    truth = RNG.integers(0, 3, size=size)
    vectors = (RNG.normal(size=(3, 6))[truth] * 2 + RNG.normal(size=(size, 6))).astype(np.float32)
    return {"probabilities": RNG.dirichlet(np.ones(3), size=size), "embeddings": vectors}


def test_a_single_pick_has_the_least_expected_error():
    """On a small pool, where all rows are looked at, the score is the best that is possible."""
    given = _pool(40)
    x = given["embeddings"].astype(np.float64)
    x = np.concatenate([x / np.sqrt((x**2).mean()), np.ones((40, 1))], axis=1)
    p = given["probabilities"]
    picks = query("eer", 1, labeled=np.arange(8), rows=100, **given)
    made = LookAhead.of(np.concatenate([x[8:], x[8:]]), np.tile(p[8:], (2, 1)), x[:8], p[:8], 1.0)
    ends = slice(32, None)
    errors = look_ahead.expected_errors(made, np.arange(32), ends, look_ahead.log_loss, 3)
    assert picks.indices[0] == 8 + errors.argmin()
    assert picks.scores[0] == pytest.approx(-errors.min(), rel=1e-5)


def test_a_batch_does_not_repeat_itself():
    """Of many copies of the best row, a batch does not take only copies."""
    given = _pool()
    labeled = np.arange(8)
    best = query("eer", 1, labeled=labeled, **given).indices[0]
    copies = np.setdiff1d(np.arange(100, 130), best)
    for array in given.values():
        array[copies] = array[best]
    picks = query("eer", 10, labeled=labeled, random_state=0, **given)
    assert np.isin(picks.indices, [best, *copies]).sum() < 8


def test_many_classes_are_bounded():
    """With 200 classes the mean runs over the ten most likely, and the batch comes."""
    table = RNG.dirichlet(np.ones(200) * 0.05, size=60)
    picks = query("eer", 3, probabilities=table, embeddings=RNG.normal(size=(60, 4)))
    assert np.isfinite(picks.scores).all()


@pytest.mark.parametrize(
    "parameters", [{"loss": "hinge"}, {"shortlist": 0}, {"rows": 0}, {"regularization": 0.0}]
)
def test_bad_parameters_are_refused(parameters):
    """An unknown loss and sizes below one are refused."""
    with pytest.raises(InvalidInputError, match=str(next(iter(parameters.values())))):
        create("eer", **parameters)
