"""Diagnoses: silent on perfect models and on noise, right about planted faults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.diagnostics import diagnose
from querist.errors import InvalidInputError
from querist.schema import Finding, from_json, to_json

NAMES = ("shirt", "boot", "bag", "coat")


def calibrated(
    count: int, classes: int, rng: np.random.Generator, sharpness: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and classes drawn from them: noise that the model is honest about."""
    probabilities = rng.dirichlet(np.full(classes, sharpness), count)
    drawn = (probabilities.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return drawn, probabilities


def sure(predicted: np.ndarray, classes: int = 4, confidence: float = 0.97) -> np.ndarray:
    """Probabilities that give every prediction the same confidence."""
    found = np.full((len(predicted), classes), (1 - confidence) / (classes - 1))
    found[np.arange(len(predicted)), predicted] = confidence
    return found


def run(truth: np.ndarray, probabilities: np.ndarray, **given: Any) -> tuple[Finding, ...]:
    """Diagnose with names, ids and even counts filled in."""
    classes = probabilities.shape[1]
    options = {
        "classes": NAMES[:classes] if classes <= 4 else [f"c{i}" for i in range(classes)],
        "asset_ids": [f"a{i}" for i in range(len(truth))],
        "train_counts": np.full(classes, 20),
    }
    return diagnose(truth=truth, probabilities=probabilities, **(options | given))


def of_kind(findings: tuple[Finding, ...], kind: str) -> list[Finding]:
    """The findings of one kind."""
    return [finding for finding in findings if finding.kind == kind]


def test_a_perfect_model_has_no_findings() -> None:
    """Nothing is told where nothing is wrong, not even of a class with few labels."""
    truth = np.arange(400) % 4
    table = np.eye(4)[truth]
    ids = [f"a{i}" for i in range(400)]
    given = {"train_truth": truth, "train_out_of_fold": table, "train_ids": ids}
    assert run(truth, table, train_counts=np.array([90, 90, 90, 2]), **given) == ()


def test_an_empty_audit_set_has_no_findings() -> None:
    """Before the first audit label there is nothing to say."""
    assert run(np.zeros(0, np.int64), np.zeros((0, 4))) == ()


@pytest.mark.parametrize("count", [20, 60, 200])
@pytest.mark.parametrize("classes", [2, 4, 10])
def test_honest_noise_gives_hardly_any_alarm(count: int, classes: int) -> None:
    """Of 60 audit sets drawn from the model's own probabilities at most 6 raise anything."""
    rng = np.random.default_rng([count, classes])
    alarms = 0
    for _ in range(60):
        truth, table = calibrated(count, classes, rng)
        labels, ignorant = rng.integers(classes, size=80), rng.dirichlet(np.ones(classes), 80)
        found = run(
            truth,
            table,
            train_counts=rng.integers(1, 40, classes),
            train_truth=labels,
            train_out_of_fold=ignorant,
            train_ids=[f"t{i}" for i in range(80)],
            rng=rng,
        )
        alarms += bool(found)
    assert alarms <= 6


def test_a_planted_confusion_comes_first() -> None:
    """Shirts taken for coats are named with their counts, the surest mistakes first."""
    truth = np.arange(200) % 4
    predicted = truth.copy()
    wrong = np.flatnonzero(truth == 0)[:14]
    predicted[wrong] = 3
    table = sure(predicted, confidence=0.93)
    table[wrong[5]] = [0.0, 0.0, 0.0, 1.0]
    found = run(truth, table)[0]
    assert found.kind == "confused_classes"
    assert found.title == "shirt is taken for coat: 14 of 50."
    assert found.severity == pytest.approx(7.0)
    assert set(found.asset_ids) == {f"a{i}" for i in wrong}
    assert found.asset_ids[0] == f"a{wrong[5]}"
    assert found.evidence["low"] < 14 / 50 < found.evidence["high"]
    # Half of the errors draw more like them, the other half and what was right measure it.
    assert found.batch is not None
    assert found.batch.examples == found.asset_ids[::2]
    assert set(found.members) == {f"a{i}" for i in np.flatnonzero(np.isin(truth, (0, 3)))}
    assert set(found.members[:14]) == set(found.asset_ids)


def test_confusions_of_two_classes_compare_them_with_each_other() -> None:
    """With two classes, one that is missed much more often than the other is told."""
    truth = np.repeat([0, 1], 60)
    predicted = truth.copy()
    predicted[:25] = 1
    found = of_kind(run(truth, sure(predicted, 2, 0.8)), "confused_classes")
    assert [finding.title for finding in found] == ["shirt is taken for boot: 25 of 60."]


def test_mistakes_spread_evenly_are_no_confusion() -> None:
    """A weak model that errs everywhere alike has no confused pair."""
    rng = np.random.default_rng(1)
    truth = np.arange(200) % 4
    predicted = np.where(rng.random(200) < 0.4, rng.integers(4, size=200), truth)
    assert not of_kind(run(truth, sure(predicted, confidence=0.7)), "confused_classes")


def missed_boots() -> tuple[np.ndarray, np.ndarray]:
    """Boots are taken for everything else in 30 of 50."""
    truth = np.arange(200) % 4
    predicted = truth.copy()
    boots = np.flatnonzero(truth == 1)
    predicted[boots[:30]] = np.array([0, 2, 3])[np.arange(30) % 3]
    return truth, sure(predicted, confidence=0.85)


def test_a_missed_class_with_few_labels_is_named() -> None:
    """Three labels and a recall far below the others' lead to one remedy: label more."""
    found = of_kind(run(*missed_boots(), train_counts=np.array([40, 3, 40, 40])), "class_frequency")
    assert [finding.title for finding in found] == ["boot has 3 labels, and 20 of 50 are found."]
    assert "Label more of boot" in found[0].remedy
    assert found[0].severity == pytest.approx(15.0)


def test_a_missed_class_with_enough_labels_is_not_called_rare() -> None:
    """The same recall is no matter of frequency where the labels are there."""
    assert not of_kind(run(*missed_boots()), "class_frequency")


def test_a_class_without_labels_is_always_told() -> None:
    """One audit asset of a class that was never labelled is enough."""
    truth = np.array([0, 0, 2, 2, 1])
    found = run(truth, sure(np.array([0, 0, 2, 2, 0])), train_counts=np.array([9, 0, 9, 9]))
    assert [finding.evidence["class"] for finding in found] == ["boot"]
    # The want of labels is the cause: one asset proves nothing, and no chance is told of it.
    assert found[0].title == "boot has no label to learn from, so the model cannot find it."
    assert found[0].evidence["p_value"] is None
    assert found[0].evidence["of"] == 1


@pytest.mark.parametrize(("power", "word"), [(4.0, "too sure"), (0.3, "not sure enough")])
def test_distorted_probabilities_are_told_with_their_direction(power: float, word: str) -> None:
    """Sharpened and flattened probabilities are both found, with an interval."""
    truth, table = calibrated(600, 4, np.random.default_rng(2), sharpness=0.6)
    bent = table**power / (table**power).sum(axis=1, keepdims=True)
    [found] = of_kind(run(truth, bent), "miscalibration")
    evidence = found.evidence
    assert word in found.title
    assert evidence["of_a_calibrated_model"] < evidence["low"] < evidence["high"]
    assert evidence["low"] < evidence["expected_calibration_error"] < evidence["high"]
    assert found.severity == 0


def test_errors_of_both_kinds_are_not_told_as_one() -> None:
    """Where sure answers are too sure and unsure ones not enough, the means say nothing."""
    rng = np.random.default_rng(3)
    claimed = np.where(np.arange(800) < 400, 0.9, 0.6)
    truth = (rng.random(800) < 0.75).astype(int)
    table = np.column_stack([1 - claimed, claimed])
    [found] = of_kind(run(truth, table), "miscalibration")
    assert abs(found.evidence["confidence"] - found.evidence["accuracy"]) < 0.03
    assert "too sure of some answers, and not sure enough of others" in found.title
    assert f"{100 * found.evidence['expected_calibration_error']:.1f} points" in found.title


def test_a_direction_within_luck_is_not_told() -> None:
    """Of 40 answers the means differ by 5 points, and a calibrated model's by up to 13."""
    claimed = np.repeat([0.95, 0.55], 20)
    truth = (np.arange(40) % 20 < np.repeat([14, 18], 20)).astype(int)
    [found] = of_kind(run(truth, np.column_stack([1 - claimed, claimed])), "miscalibration")
    assert found.evidence["accuracy"] - found.evidence["confidence"] == pytest.approx(0.05)
    assert "too sure of some answers, and not sure enough of others" in found.title


def flipped_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Digits with 8 % wrong labels, and what logistic regression says out of fold."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    rng = np.random.default_rng(4)
    X, truth = load_digits(return_X_y=True)
    rows = rng.permutation(len(X))[:800]
    labels = truth[rows].copy()
    wrong = rng.random(800) < 0.08
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, wrong.sum())) % 10
    model = LogisticRegression(C=0.05, max_iter=300)
    table = cross_val_predict(model, X[rows] / 16, labels, cv=4, method="predict_proba")
    return labels, table, wrong


def test_wrong_labels_are_found_among_digits() -> None:
    """Most of the planted errors are among the suspects, and most suspects are planted."""
    labels, table, wrong = flipped_digits()
    ids = [f"t{i}" for i in range(800)]
    found = run(
        np.zeros(0, np.int64),
        np.zeros((0, 10)),
        train_truth=labels,
        train_out_of_fold=table,
        train_ids=ids,
    )
    [finding] = of_kind(found, "label_error")
    rows = np.array([int(name[1:]) for name in finding.asset_ids])
    assert wrong[rows].mean() > 0.75
    assert wrong[rows[:20]].mean() >= 0.9
    assert wrong[rows].sum() / wrong.sum() > 0.6
    assert len(finding.evidence["given"]) == len(rows) == finding.evidence["count"]


def test_a_model_that_knows_nothing_accuses_no_label() -> None:
    """Probabilities that have nothing to do with the labels say nothing about them."""
    rng = np.random.default_rng(5)
    for _ in range(20):
        found = run(
            np.zeros(0, np.int64),
            np.zeros((0, 4)),
            train_truth=rng.integers(4, size=100),
            train_out_of_fold=rng.dirichlet(np.full(4, 0.2), 100),
            train_ids=[f"t{i}" for i in range(100)],
        )
        assert found == ()


def test_findings_come_by_falling_gain_and_survive_json() -> None:
    """The first finding promises most; each can be stored and read again."""
    truth, table = missed_boots()
    table[np.flatnonzero(truth == 0)[:20]] = [0.02, 0.0, 0.0, 0.98]
    found = run(truth, table, train_counts=np.array([40, 3, 40, 40]))
    gains = [finding.severity for finding in found]
    assert len(found) >= 2
    assert gains == sorted(gains, reverse=True)
    for finding in found:
        assert from_json(Finding, to_json(finding)) == finding


def test_the_same_arrays_give_the_same_findings() -> None:
    """Intervals are drawn with a fixed seed unless a generator is given."""
    truth, table = calibrated(200, 4, np.random.default_rng(6))
    sharp = table**5 / (table**5).sum(axis=1, keepdims=True)
    assert run(truth, sharp) == run(truth, sharp)


@pytest.mark.parametrize(
    "given",
    [
        {"truth": np.array([0, 1, 4])},
        {"truth": np.array([0, 1])},
        {"probabilities": np.full((3, 4), np.nan)},
        {"probabilities": np.full((3, 5), 0.2)},
        {"train_counts": np.array([1, 2])},
        {"train_counts": np.array([1, 2, 3, -1])},
    ],
)
def test_arrays_that_do_not_fit_are_refused(given: dict[str, np.ndarray]) -> None:
    """Wrong shapes, classes out of range, NaN and negative counts are refused."""
    arrays: dict[str, Any] = {
        "truth": np.array([0, 1, 2]),
        "probabilities": np.full((3, 4), 0.25),
        "classes": NAMES,
        "asset_ids": ["a", "b", "c"],
        "train_counts": np.ones(4),
    }
    with pytest.raises(InvalidInputError):
        diagnose(**(arrays | given))
