"""Expected error reduction against refits of the model for every row and every label."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError
from querist.strategies import create, expected_error, look_ahead
from querist.strategies.look_ahead import LookAhead
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(21)
CLASSES = 3
LOSSES = {"log": look_ahead.log_loss, "zero-one": look_ahead.zero_one}


def _refit(x, y, rows, weight):
    """Outputs of a ridge regression of one-hot classes, solved from its definition."""
    inner = x.T @ x + weight * np.eye(x.shape[1])
    return rows @ np.linalg.solve(inner, x.T @ (y - 1 / CLASSES)) + 1 / CLASSES


def _case(labeled, d):
    x = RNG.normal(size=(labeled, d))
    y = np.eye(CLASSES)[RNG.integers(0, CLASSES, size=labeled)]
    return x, y, RNG.normal(size=(12, d))


@pytest.mark.parametrize(("labeled", "d"), [(4, 9), (20, 5), (5, 5), (0, 4)])
def test_outputs_are_those_of_the_ridge_regression(labeled, d):
    """With more or fewer labels than dimensions the fit is the one of the definition."""
    x, y, rows = _case(labeled, d)
    made = LookAhead.of(rows, x, y, 0.3)
    np.testing.assert_allclose(made.outputs, _refit(x, y, rows, 0.3), atol=1e-10)
    np.testing.assert_allclose(made.outputs.sum(axis=1), 1)


@pytest.mark.parametrize(("labeled", "d"), [(4, 9), (20, 5)])
def test_teaching_equals_refitting(labeled, d):
    """After two more labels the closed form equals a fit on all of them."""
    x, y, rows = _case(labeled, d)
    one, two = np.array([0.2, 0.5, 0.3]), np.eye(CLASSES)[2]
    made = LookAhead.of(rows, x, y, 0.3).taught(3, one).taught(7, two)
    more = np.concatenate([x, rows[[3, 7]]]), np.concatenate([y, [one, two]])
    np.testing.assert_allclose(made.outputs, _refit(*more, rows, 0.3), atol=1e-10)


@pytest.mark.parametrize("loss", ["log", "zero-one"])
@pytest.mark.parametrize(("labeled", "d"), [(4, 9), (20, 5)])
def test_expected_errors_equal_actual_refits(labeled, d, loss, monkeypatch):
    """The expected error of each row is the mean over refits with each label it may get."""
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 100)
    x, y, rows = _case(labeled, d)
    chances = RNG.dirichlet(np.ones(CLASSES), size=5)
    expected = np.zeros(5)
    for row in range(5):
        for label in range(CLASSES):
            more = np.concatenate([x, rows[[row]]]), np.concatenate([y, np.eye(CLASSES)[[label]]])
            p = np.maximum(_refit(*more, rows[5:], 0.3), 1e-3)
            p /= p.sum(axis=1, keepdims=True)
            wrong = 1 - p.max(axis=1) if loss == "zero-one" else -(p * np.log(p)).sum(axis=1)
            expected[row] += chances[row, label] * wrong.mean()
    made = LookAhead.of(rows, x, y, 0.3)
    found = expected_error.expected_errors(made, chances, np.arange(5), LOSSES[loss])
    np.testing.assert_allclose(found, expected, atol=1e-10)


def _pool(size=150):
    centers = RNG.normal(size=(CLASSES, 6)) * 2
    truth = RNG.integers(0, CLASSES, size=size)
    vectors = (centers[truth] + RNG.normal(size=(size, 6))).astype(np.float32)
    table = RNG.dirichlet(np.ones(CLASSES), size=size)
    return {"probabilities": table, "embeddings": vectors}, truth


def test_a_single_pick_has_the_least_expected_error():
    """On a small pool, where all rows are looked at, the pick is the best by actual refits."""
    given, truth = _pool(40)
    labeled = np.arange(8)
    picks = query("eer", 1, labeled=labeled, labels=truth[labeled], rows=100, **given)
    x = given["embeddings"].astype(np.float64)
    x /= np.sqrt((x**2).sum() / len(x))
    free = np.arange(8, 40)
    expected = {}
    for row in free:
        expected[row] = 0.0
        for label in range(CLASSES):
            both = np.concatenate([x[labeled], x[[row]]])
            y = np.eye(CLASSES)[[*truth[labeled], label]]
            p = np.maximum(_refit(both, y, x[free], 0.1), 1e-3)
            p /= p.sum(axis=1, keepdims=True)
            error = -(p * np.log(p)).sum(axis=1).mean()
            expected[row] += given["probabilities"][row, label] * error
    assert expected[picks.indices[0]] == pytest.approx(min(expected.values()), abs=1e-6)
    assert picks.scores[0] == pytest.approx(-min(expected.values()), abs=1e-6)


def test_a_batch_does_not_repeat_itself():
    """Of many copies of the best row, a batch does not take only copies."""
    given, truth = _pool()
    labeled = np.arange(8)
    best = query("eer", 1, labeled=labeled, labels=truth[labeled], **given).indices[0]
    copies = np.setdiff1d(np.arange(100, 130), best)
    for array in given.values():
        array[copies] = array[best]
    picks = query("eer", 10, labeled=labeled, labels=truth[labeled], random_state=0, **given)
    assert np.isin(picks.indices, [best, *copies]).sum() < 6


def test_an_unknown_label_counts_with_the_models_probabilities():
    """A labelled row without a class is learned as the model sees it."""
    given, _ = _pool(30)
    pool = check_pool(labeled=[3, 4], labels=[-1, 1], **given)
    rows = np.arange(5, 20)
    made = expected_error.fitted(
        pool, pool.probabilities, pool.embeddings, rows, 0.1, np.random.default_rng(0)
    )
    x = given["embeddings"].astype(np.float64)
    x /= np.sqrt((x**2).sum() / len(x))
    targets = np.stack([given["probabilities"][3], np.eye(3)[1]])
    np.testing.assert_allclose(made.outputs, _refit(x[[3, 4]], targets, x[rows], 0.1), atol=1e-6)


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
