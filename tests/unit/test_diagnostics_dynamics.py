"""Learning dynamics, merge and capacity advice: brute force, planted synonyms, clean data."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_digits

from querist.diagnostics import (
    Rung,
    Sample,
    capacity_advice,
    class_dynamics,
    example_dynamics,
    merge_advice,
    overfitting_start,
    prediction_kappas,
)
from querist.diagnostics.capacity import Fit
from querist.errors import InvalidInputError
from querist.learners import create_learner
from querist.metrics import cohen_kappa, wilson


@pytest.mark.parametrize("seed", range(10))
def test_learned_and_forgotten_rounds_agree_with_plain_loops(seed: int) -> None:
    """Asset by asset and round by round, the same rounds come out."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(4, size=200)
    skill = np.clip(np.linspace(0.2, 0.95, 15) + rng.normal(0, 0.25, 15), 0, 1)
    said = np.where(rng.random((15, 200)) < skill[:, None], truth, rng.integers(4, size=(15, 200)))
    found = class_dynamics(truth, said, list("abcd"))
    for code, one in enumerate(found):
        known, first, forgotten = False, None, []
        for at in range(15):
            own = [int(said[at, i] == code) for i in range(200) if truth[i] == code]
            assert one.recall[at] == sum(own) / len(own)
            if not known and sum(own) / len(own) >= 0.7:
                known, first = True, at if first is None else first
            elif known and wilson(sum(own), len(own))[1] < 0.7:
                known = False
                forgotten.append(at)
        assert (one.learned, one.forgotten) == (first, tuple(forgotten))


def test_a_class_that_stays_bad_is_stalled() -> None:
    """Half found in each of eight rounds is stalled; found more and more is not."""
    truth = np.repeat([0, 1], 40)
    said = np.tile(truth, (8, 1))
    said[:, :20] = 1
    for at in range(8):
        said[at, 40 : 40 + 34 - 3 * at] = 0
    stuck, growing = class_dynamics(truth, said, ["stuck", "growing"])
    assert stuck.stalled
    assert stuck.learned is None
    assert not growing.stalled


def test_a_class_without_assets_is_never_learned() -> None:
    """No asset of it in the sample: no recall, no round, no error."""
    [_, absent] = class_dynamics([0, 0], [[0, 0], [0, 1]], ["there", "absent"])
    assert absent.learned is None
    assert np.isnan(absent.recall).all()


def test_cartography_and_forgetting_agree_with_plain_loops() -> None:
    """Mean, spread, share of right rounds and falls of each asset."""
    rng = np.random.default_rng(1)
    truth, table = rng.integers(3, size=50), rng.dirichlet(np.ones(3), size=(6, 50))
    found = example_dynamics(truth, table)
    for i in range(50):
        own = [table[r, i, truth[i]] for r in range(6)]
        right = [int(table[r, i].argmax()) == truth[i] for r in range(6)]
        assert found.confidence[i] == pytest.approx(np.mean(own))
        assert found.variability[i] == pytest.approx(np.std(own))
        assert found.correctness[i] == pytest.approx(np.mean(right))
        assert found.forgettings[i] == sum(a and not b for a, b in pairwise(right))
        assert (found.difficulty[i] == "hard") == (np.mean(right) < 1 / 3)


def test_assets_always_right_are_easy() -> None:
    """Probabilities that never waver are easy."""
    table = np.tile(np.eye(2)[[0, 1, 0]], (4, 1, 1))
    assert set(example_dynamics([0, 1, 0], table).difficulty) == {"easy"}


def test_kappas_are_those_of_consecutive_rounds() -> None:
    """One number less than rounds, each Cohen's kappa."""
    said = np.random.default_rng(2).integers(3, size=(4, 60))
    assert prediction_kappas(said) == tuple(cohen_kappa(said[i], said[i + 1]) for i in range(3))


def test_overfitting_starts_after_the_best_round() -> None:
    """A sample loss that surely rises while training falls; none while it still falls."""
    train = [1.0, 0.7, 0.4, 0.2, 0.1]
    assert overfitting_start(train, [1.0, 0.8, 0.7, 0.9, 1.1], [0.05] * 5) == 2
    assert overfitting_start(train, [1.0, 0.8, 0.7, 0.72, 1.1], [0.05] * 5) is None
    assert overfitting_start(train, [1.0, 0.9, 0.8, 0.7, 0.6], [0.05] * 5) is None


def digits(seed: int, split: int | None) -> Sample:
    """A sample of digits 0 to 5 and what a model of the others says; one class may be split."""
    X, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.flatnonzero(y < 6))
    X, y = (X[rows] / 16).astype(np.float32), y[rows].copy()
    if split is not None:
        y[(y == split) & (rng.random(len(y)) < 0.5)] = 6
    count = int(y.max()) + 1
    learner = create_learner("logistic-regression")
    learner.fit(X[:540], y[:540], class_count=count, rng=rng)
    names = [f"digit {code}" for code in range(count)]
    ids = [str(i) for i in rows[540:]]
    return Sample.of(y[540:], learner.predict_proba(X[540:]), names, ids, embeddings=X[540:])


@pytest.mark.parametrize("seed", range(6))
def test_a_class_split_at_random_is_to_be_merged(seed: int) -> None:
    """The two halves are named first, with the accuracy won; digits as they are have no pair."""
    found = merge_advice(digits(seed, split=seed), np.random.default_rng(0))
    assert found[0].evidence["classes"] == [f"digit {seed}", "digit 6"]
    assert found[0].evidence["accuracy_after"] > found[0].evidence["accuracy_before"] + 0.03
    assert merge_advice(digits(seed, split=None), np.random.default_rng(0)) == ()


def rungs(*shares: float) -> list[Rung]:
    """Models that are right on nested parts of 400 rows."""
    return [
        Rung(name=f"rung {at}", train_accuracy=0.9, right=np.arange(400) < share * 400)
        for at, share in enumerate(shares)
    ]


@pytest.mark.parametrize(
    ("shares", "used", "fit", "better"),
    [
        ((0.6, 0.8, 0.9), 1, "too narrow", "rung 2"),
        ((0.9, 0.8, 0.7), 1, "too deep", "rung 0"),
        ((0.6, 0.8, 0.8025), 1, "right", None),
    ],
)
def test_capacity_is_judged_by_the_ladder(
    shares: tuple[float, ...], used: int, fit: str, better: str | None
) -> None:
    """A larger or smaller model that is surely better is named; one more asset is no proof."""
    found = capacity_advice(rungs(*shares), used)
    assert (found.fit, found.better) == (fit, better)
    assert found.gap == pytest.approx(0.9 - shares[used])


def test_a_model_that_knows_nothing_by_heart_is_not_too_deep() -> None:
    """Right in 56 % of its training labels and 64 % of the audit set: a smaller one may win."""
    ladder = [replace(one, train_accuracy=0.56) for one in rungs(0.7, 0.64, 0.6)]
    found = capacity_advice(ladder, 1)
    assert (found.fit, found.better) == (Fit.RIGHT, None)
    assert found.gap == pytest.approx(-0.08)
    words = found.sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert "rung 1 is right in 56.0 % of its training labels and 64.0 % of the audit" in words
    # A larger one that is better is told all the same.
    wider = [replace(one, train_accuracy=0.56) for one in rungs(0.7, 0.64, 0.68)]
    assert capacity_advice(wider, 1).fit is Fit.TOO_NARROW
    assert capacity_advice(rungs(0.7, 0.64, 0.6), 1).fit is Fit.TOO_DEEP


def test_shapes_that_do_not_fit_are_refused() -> None:
    """Lines of another length, classes out of range and places off the ladder."""
    with pytest.raises(InvalidInputError):
        class_dynamics([0, 1], [[0, 1, 1]], ["a", "b"])
    with pytest.raises(InvalidInputError):
        class_dynamics([0, 2], [[0, 1]], ["a", "b"])
    with pytest.raises(InvalidInputError):
        example_dynamics([0, 1], np.ones((2, 2)))
    with pytest.raises(InvalidInputError):
        overfitting_start([1.0], [1.0, 2.0], [0.1, 0.1])
    with pytest.raises(InvalidInputError):
        capacity_advice(rungs(0.5, 0.6), 2)
