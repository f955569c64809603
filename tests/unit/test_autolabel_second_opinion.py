"""The second opinion finds errors that a model's own confidence does not show, and stays honest."""

from __future__ import annotations

import numpy as np
import pytest

from querist.autolabel import Judged, errors_beside, second_opinion
from querist.autolabel.left_out import kernel_of, ridge
from querist.learners import create_learner
from querist.metrics import calibration_error


def _rings(seed: int = 0, count: int = 3_000):
    """Two classes that no line tells apart, a linear model of 400 of them, and what it says."""
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 2 * np.pi, count)
    codes = (angles * 4 / np.pi).astype(np.int64) % 2
    X = np.column_stack([np.cos(angles), np.sin(angles)]) + rng.normal(0, 0.02, (count, 2))
    X = X.astype(np.float32)
    learner = create_learner("logistic-regression")
    learner.fit(X[:400], codes[:400], class_count=2, rng=rng)
    return X, codes, learner.predict_proba(X)


def _errors(X, codes, said, *, judged: int = 200, labels: int = 400):
    rows = np.arange(400, 400 + judged)
    return errors_beside(
        X,
        said,
        np.arange(labels),
        codes[:labels],
        Judged(rows=rows, codes=codes[rows], said=said[rows]),
        np.random.default_rng(1),
    )


def test_it_ranks_the_errors_of_a_model_that_cannot_see_them():
    """A linear model is right in half of eight sectors; labels nearby tell which."""
    X, codes, said = _rings()
    errors, wrong = _errors(X, codes, said), said.argmax(axis=1) != codes
    rest = slice(600, None)
    first = np.argsort(-errors[rest])[: int(0.3 * len(errors[rest]))]
    assert wrong[rest].mean() > 0.3
    assert wrong[rest][first].mean() > 0.95
    assert calibration_error(~wrong[rest], 1 - errors[rest]).value < 0.04


def test_the_same_seed_gives_the_same_answer():
    """Parts, folds and held labels are drawn from the generator alone."""
    X, codes, said = _rings()
    assert (_errors(X, codes, said) == _errors(X, codes, said)).all()


@pytest.mark.parametrize(("judged", "labels"), [(29, 400), (200, 29)])
def test_few_labels_give_no_second_opinion(judged, labels):
    """Below thirty labels on either side nothing tells whom to trust."""
    X, codes, said = _rings(count=800)
    assert _errors(X, codes, said, judged=judged, labels=labels) is None


def test_a_judged_row_does_not_hear_its_own_label():
    """Labels that are pure chance predict nothing about the very rows that hold them."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(600, 8)).astype(np.float32)
    codes = rng.integers(0, 2, 600)
    said = np.full((600, 2), 0.5, np.float32)
    said[:, 0] += rng.uniform(0, 0.01, 600).astype(np.float32)
    rows = np.arange(600)
    judged = Judged(rows=rows, codes=codes, said=said)
    errors = errors_beside(X, said, rows, codes, judged, rng)
    assert abs(np.corrcoef(errors, codes != 0)[0, 1]) < 0.15


def test_of_many_labels_the_kernel_regression_is_the_mean_over_parts(monkeypatch):
    """Each part of the labels is solved by itself; a row is left out of its own part."""
    monkeypatch.setattr(second_opinion, "MOST_ROWS", 60)
    rng = np.random.default_rng(4)
    X = rng.normal(size=(200, 5)).astype(np.float32)
    codes = (X[:, 0] > 0).astype(np.int64)
    held = np.arange(120)
    near = second_opinion._Near.fitted(X, held, codes[held], 2)
    away = X - X.mean(axis=0)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    expected = np.zeros((200, 2))
    for part in (held[:60], held[60:]):
        onehot = np.eye(2)[codes[part]]
        table = kernel_of((away[part] @ away[part].T).astype(np.float32))
        coefficients, left_out = ridge(table, onehot - onehot.mean(axis=0))
        said = kernel_of((away @ away[part].T).astype(np.float32)) @ coefficients
        said[part] = left_out
        expected += said / 2
    assert np.allclose(near.of(X, np.arange(200))[0], expected, atol=1e-3)
