"""Attribution: closed form against training anew, lags between classes, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr, ttest_1samp
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from querist.diagnostics import attribute, class_groups, class_lags, retrained
from querist.diagnostics.attribution import taught
from querist.diagnostics.softmax_head import SoftmaxProblem
from querist.errors import InvalidInputError
from querist.learners import create_learner
from querist.strategies.linear_head import softmax


def digits(classes: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """200 labels and a sample of 600."""
    X, y = load_digits(return_X_y=True)
    X, y = X[y < classes].astype(np.float32), y[y < classes]
    rows = np.random.default_rng(0).permutation(len(y))
    return X[rows[:200]], y[rows[:200]], X[rows[200:800]], y[rows[200:800]]


def train_on(X, y, sample, classes):
    """What the default learner says of the sample when it learned only the labels that are kept."""

    def said(kept: np.ndarray) -> np.ndarray:
        learner = create_learner("logistic-regression")
        learner.fit(X[kept], y[kept], class_count=classes, rng=np.random.default_rng(0))
        return learner.predict_proba(sample)

    return said


@pytest.mark.parametrize("classes", [10, 2])
def test_the_head_is_the_fit_of_the_default_learner(classes: int) -> None:
    """Many classes and two: the same probabilities as scikit-learn's solver finds."""
    X, y, sample, _ = digits(classes)
    problem = SoftmaxProblem.of(X, y, classes)
    mine = softmax(problem.standardized(sample) @ problem.fit())
    scaled = ((X - problem.mean) / problem.scale).astype(np.float64)
    model = LogisticRegression(C=15 / 64, max_iter=5000, tol=1e-9).fit(scaled, y)
    theirs = model.predict_proba((sample - problem.mean) / problem.scale)
    np.testing.assert_allclose(mine, theirs, atol=2e-3)


def test_batches_are_ranked_as_by_training_without_them() -> None:
    """Twelve batches of digits: Spearman of at least .9, and no interval far from the truth."""
    X, y, sample, truth = digits()
    groups = np.arange(200) * 12 // 200
    real = retrained(train_on(X, y, sample, 10), groups, truth)
    told = attribute(X, y, groups, sample, truth, class_count=10).groups
    points = [[one.points for one in found] for found in (real, told)]
    assert spearmanr(*points).statistic > 0.9
    assert [one.labels for one in told] == [one.labels for one in real]
    for mine, theirs in zip(told, real, strict=True):
        assert abs(mine.points - theirs.points) < 0.3 * max(abs(theirs.points), 0.5)
        np.testing.assert_allclose(mine.per_class, theirs.per_class, atol=2)


def test_the_only_labels_of_a_class_teach_all_of_it() -> None:
    """Without the batch that holds a class it is never said, by either way."""
    X, y, sample, truth = digits()
    groups = np.where(y == 3, 0, 1 + np.arange(200) % 3)
    told = attribute(X, y, groups, sample, truth, class_count=10).groups[0]
    real = retrained(train_on(X, y, sample, 10), groups, truth)[0]
    assert told.per_class[3] == pytest.approx(real.per_class[3], abs=1)
    assert told.density == pytest.approx(100 * told.points / told.labels)


@pytest.mark.parametrize(("classes", "named"), [(10, 10), (3, 3), (3, 5)])
def test_classes_teach_what_training_without_them_takes_away(classes: int, named: int) -> None:
    """All labels of a class at once, to two percent; names without labels change nothing."""
    X, y, sample, truth = digits(classes)
    groups = class_groups(y, np.ones(200, dtype=bool), most=10)
    told = attribute(X, y, np.full(200, -1), sample, truth, class_count=named)
    real = retrained(train_on(X, y, sample, named), groups, truth)
    found = told.taught_by(groups)
    assert [one.group for one in found] == list(range(classes))
    np.testing.assert_allclose(
        [one.points for one in found], [one.points for one in real], rtol=0.02, atol=0.1
    )


def test_names_without_labels_change_no_pull() -> None:
    """A class that nobody labelled has no part in the model: single labels pull as without it."""
    X, y, sample, truth = digits(2)
    pulls = [
        attribute(X, y, np.full(200, -1), sample, truth, class_count=count).pulls
        for count in (2, 4)
    ]
    np.testing.assert_allclose(*pulls, atol=1e-6)


def test_class_groups_leave_two_classes_and_are_bounded() -> None:
    """Of more classes those with most labels; none where the rest would be of one class."""
    codes, everything = np.array([0, 1, 1, 2, 2, 2]), np.ones(6, dtype=bool)
    assert class_groups(codes, everything, 2).tolist() == [-1, 1, 1, 2, 2, 2]
    assert class_groups(codes, codes == 1, 2).tolist() == [-1, 1, 1, -1, -1, -1]
    two = np.array([0, 0, 1, 1])
    assert class_groups(two, np.ones(4, dtype=bool), 9).tolist() == [-1] * 4
    assert class_groups(two, np.array([1, 0, 1, 0]), 9).tolist() == [0, -1, 1, -1]


def test_the_p_value_is_that_of_students_test() -> None:
    """As scipy's test of one sample says; of a single asset, and of no change, nothing is sure."""
    X, y, sample, truth = digits()
    told = attribute(X, y, np.arange(200) * 12 // 200, sample, truth, class_count=10).groups
    assert all((one.p_value < 0.05) == (one.low > 0 or one.high < 0) for one in told)
    whole, without = np.random.default_rng(0).dirichlet(np.ones(3), size=(2, 40))
    codes = np.arange(40) % 3
    change = (whole - without)[np.arange(40), codes]
    found = taught(0, 5, whole, without, codes)
    assert found.p_value == pytest.approx(ttest_1samp(change, 0).pvalue)
    assert taught(0, 5, whole[:1], without[:1], codes[:1]).p_value == 1
    assert taught(0, 5, whole, whole, codes).p_value == 1


def test_flipped_labels_pull_the_model_away() -> None:
    """Labels that are wrong do harm; nearly all of the worst are among them."""
    X, y, sample, truth = digits()
    flipped = np.random.default_rng(1).permutation(200)[:10]
    y = y.copy()
    y[flipped] = (y[flipped] + 3) % 10
    pulls = attribute(X, y, np.full(200, -1), sample, truth, class_count=10).pulls
    assert np.isin(np.argsort(pulls)[:10], flipped).sum() >= 9


def test_what_does_not_fit_is_refused() -> None:
    """One class, a class out of range, vectors of another length."""
    X, y, sample, truth = digits()
    groups = np.zeros(200, dtype=np.int64)
    for wrong in (
        (X, np.zeros(200), groups, sample, truth),
        (X, y + 1, groups, sample, truth),
        (X, y, groups, sample[:, :3], truth),
        (X, y, groups[:5], sample, truth),
    ):
        with pytest.raises(InvalidInputError):
            attribute(*wrong, class_count=10)


def follows(seed: int, *, planted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Recall and labels of 20 rounds; cars gain two rounds after trucks came, which run out."""
    rng = np.random.default_rng(seed)
    added = rng.integers(0, 9, (20, 4)).astype(float)
    level = 0.9 - 0.6 * np.exp(-added.cumsum(axis=0) / 60)
    if planted:
        added[:, 1] = np.where((rng.random(20) < 0.5) & (np.arange(20) < 16), 12, 0)
        led = np.concatenate([[0, 0], added[:-2, 1].cumsum()])
        level[:, 0] = 0.1 + 0.8 * led / max(led[-1], 1)
    return rng.binomial(200, level) / 200, added


def test_cars_stalled_because_trucks_ran_out() -> None:
    """A class that only gains two rounds after another's labels is found, with lag and words."""
    recall, added = follows(3, planted=True)
    found = class_lags(recall, added, ["car", "truck", "bus", "van"])[0]
    assert (found.follower, found.leader, found.lag, found.ran_out) == ("car", "truck", 2, True)
    assert found.sentence(True).startswith("car stalled because truck ran out")


def test_classes_that_only_grow_together_are_not_tied() -> None:
    """In 60 projects without any tie, at most six claims: everything that grows is alike."""
    names = ["car", "truck", "bus", "van"]
    claims = [bool(class_lags(*follows(seed, planted=False), names)) for seed in range(60)]
    assert sum(claims) <= 6


def test_too_few_rounds_say_nothing() -> None:
    """Six rounds are too few for a lag."""
    recall, added = follows(0, planted=True)
    assert class_lags(recall[:6], added[:6], ["car", "truck", "bus", "van"]) == ()


@pytest.mark.parametrize("assets", [2, 3, 5, 10])
def test_an_interval_from_few_sampled_assets_holds_no_change(assets: int) -> None:
    """Where a group taught nothing, 95 % of the intervals hold 0; at 1.96 errors 61 to 90 % did."""
    rng = np.random.default_rng(assets)
    held = 0
    for _ in range(1000):
        change = rng.normal(0, 0.05, assets)
        whole = np.column_stack([0.5 + change, 0.5 - change])
        found = taught(0, 20, whole, np.full((assets, 2), 0.5), np.zeros(assets, dtype=int))
        held += found.low <= 0 <= found.high
    assert held >= 930


def test_one_sampled_asset_makes_nothing_sure() -> None:
    """Its change is told, with every change there can be: from -100 to 100 points."""
    found = taught(0, 20, np.array([[0.7, 0.3]]), np.array([[0.65, 0.35]]), np.zeros(1, dtype=int))
    assert (found.points, found.low, found.high) == (pytest.approx(5), -100, 100)
