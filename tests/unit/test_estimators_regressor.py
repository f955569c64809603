"""Facts about the scikit-learn regressor."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge, SGDRegressor
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from querist import ActiveLearningRegressor
from querist.errors import EmptyPoolError, InvalidInputError, MissingSignalError, NotFittedError

X, TRUTH = make_friedman1(200, random_state=0)
NONE = np.full(200, None)


def _partly(count: int = 20) -> np.ndarray:
    y = TRUTH.copy()
    y[count:] = np.nan
    return y


CHECKS = [
    (estimator, check)
    for made in (
        ActiveLearningRegressor(random_state=0),
        ActiveLearningRegressor(Ridge(), strategy="igs"),
    )
    for estimator, check in estimator_checks_generator(made)
    # Array API input is an option that scikit-learn only checks when it is switched on.
    if "array_api" not in str(check)
]


# The words of a check hold its place in memory: by its name, all test processes call it the same.
@pytest.mark.parametrize(
    ("estimator", "check"),
    CHECKS,
    ids=lambda value: value.func.__name__ if hasattr(value, "func") else str(value)[:80],
)
def test_it_passes_every_check_of_scikit_learn(estimator: object, check: object) -> None:
    """The estimator obeys scikit-learn's contract."""
    check(estimator)  # type: ignore[operator]


@pytest.mark.parametrize(
    "strategy", ["lcmd", "gsx", "gsy", "igs", "qbc-variance", "auto", "random"]
)
@pytest.mark.parametrize(
    "model", [None, RandomForestRegressor(10), make_pipeline(StandardScaler(), Ridge())]
)
def test_it_learns_from_no_number_on(model: object, strategy: str) -> None:
    """Every strategy for numbers queries and teaches from None everywhere to a useful model."""
    reg = ActiveLearningRegressor(model, strategy, random_state=0).fit(X, NONE)
    with pytest.raises(NotFittedError, match="No label"):
        reg.predict(X)
    for _ in range(5):
        idx = reg.query(10)
        assert len(set(idx)) == 10
        assert not reg.labeled_[idx].any()
        reg.teach(idx, TRUTH[idx])
    assert reg.score(X, TRUTH) > 0.45


def test_minus_one_is_a_number() -> None:
    """Only None and NaN mark a row without a number."""
    y = np.where(np.arange(200) < 20, -1.0, np.nan)
    y[0] = 3
    assert ActiveLearningRegressor().fit(X, y).labeled_.sum() == 20


@pytest.mark.parametrize("mark", [None, float("nan")])
def test_each_mark_for_no_number_means_the_same(mark: object) -> None:
    """None and NaN leave the row in the pool; frames mark it in their own way."""
    y = TRUTH.astype(object)
    y[20:] = mark
    asked = ActiveLearningRegressor(random_state=0).fit(X, y).query(5)
    frames = [
        (pd.DataFrame(X), pd.Series(_partly())),
        (pd.DataFrame(X), pd.Series(_partly()).astype("Float64").mask(np.arange(200) >= 20)),
        (pl.DataFrame(X), pl.Series(_partly(), nan_to_null=True)),
    ]
    for frame, series in frames:
        reg = ActiveLearningRegressor(random_state=0).fit(frame, series)
        assert reg.labeled_.sum() == 20
        assert reg.query(5).tolist() == asked.tolist()


def test_one_number_is_predicted_until_a_second_is_taught() -> None:
    """With one number known every row gets it."""
    reg = ActiveLearningRegressor(random_state=0).fit(X, NONE).teach([3], [7.5])
    assert (reg.predict(X) == 7.5).all()
    assert reg.teach([4], [2.5]).estimator_ is not None


def test_the_strategy_sees_the_models_predictions() -> None:
    """The first score of gsy is the distance of a prediction to the nearest number."""
    reg = ActiveLearningRegressor(strategy="gsy", random_state=0).fit(X, _partly())
    idx = reg.query(1)
    apart = np.abs(reg.predict(X)[:, None] - TRUTH[:20]).min(axis=1)
    assert reg.selection_.scores[0] == pytest.approx(apart[20:].max())
    assert idx[0] == 20 + apart[20:].argmax()


def test_the_trees_of_a_forest_are_the_committee() -> None:
    """The score is the variance of the forest's own trees."""
    model = make_pipeline(StandardScaler(), RandomForestRegressor(8))
    reg = ActiveLearningRegressor(model, "qbc-variance", random_state=0).fit(X, _partly())
    idx = reg.query(4)
    rows = reg.estimator_[:-1].transform(X[idx])
    variance = np.var([tree.predict(rows) for tree in reg.estimator_[-1].estimators_], axis=0)
    np.testing.assert_allclose(reg.selection_.scores, variance)


def test_incremental_goes_on_from_the_model_it_has() -> None:
    """It calls partial_fit, so the model object stays."""
    reg = ActiveLearningRegressor(SGDRegressor(), incremental=True, random_state=0)
    reg.fit(StandardScaler().fit_transform(X), _partly())
    before, weights = reg.estimator_, reg.estimator_.coef_.copy()
    reg.teach(reg.query(3), [10.0, 12.0, 9.0])
    assert reg.estimator_ is before
    assert (before.coef_ != weights).any()


def test_skipped_rows_are_never_asked() -> None:
    """Every other row is asked exactly once, then nothing is left."""
    reg = ActiveLearningRegressor(random_state=0).fit(X[:30], _partly()[:30])
    first = reg.query(3)
    asked = reg.skip(first).query(1_000)
    assert sorted([*first, *asked]) == list(range(20, 30))
    with pytest.raises(EmptyPoolError):
        reg.teach(asked, TRUTH[asked]).query(1)


@pytest.mark.parametrize("given", [["a"], [None], [float("inf")], [[1.0, 2.0]]])
def test_what_is_no_number_cannot_be_taught(given: list) -> None:
    """A text, a gap, infinity and two numbers for a row are refused and change nothing."""
    reg = ActiveLearningRegressor(random_state=0).fit(X, _partly())
    with pytest.raises(ValueError, match=r"number|missing|infinity|1d array"):
        reg.teach([50], given)
    assert reg.labeled_.sum() == 20


def test_auto_is_lcmd_for_numbers() -> None:
    """The default asks what lcmd asks."""
    one, two = ActiveLearningRegressor(random_state=0), ActiveLearningRegressor(strategy="lcmd")
    assert one.fit(X, _partly()).query(6).tolist() == two.fit(X, _partly()).query(6).tolist()


def test_a_strategy_for_classes_is_refused_with_those_for_numbers() -> None:
    """Margin needs probabilities, and the message names strategies that fit."""
    reg = ActiveLearningRegressor(strategy="margin").fit(X, NONE)
    with pytest.raises(MissingSignalError, match=r"probabilities, which.*lcmd"):
        reg.query(1)


def test_on_real_data_its_default_beats_random() -> None:
    """On the diabetes data, 8 paired seeds, the mean error over ten rounds is lower."""
    rows, y = load_diabetes(return_X_y=True)
    gains = []
    for seed in range(8):
        order = np.random.default_rng(seed).permutation(len(rows))
        pool, test = order[:300], order[300:]
        errors = []
        for strategy in ("auto", "random"):
            reg = ActiveLearningRegressor(strategy=strategy, random_state=seed)
            reg.fit(rows[pool], np.full(300, None))
            found = []
            for _ in range(10):
                idx = reg.query(10)
                reg.teach(idx, y[pool[idx]])
                found.append(np.sqrt(np.mean((reg.predict(rows[test]) - y[test]) ** 2)))
            errors.append(np.mean(found))
        gains.append(errors[1] - errors[0])
    assert np.mean(gains) > 0
    with pytest.raises(InvalidInputError):
        ActiveLearningRegressor().fit(rows, np.full(len(rows), np.nan))


def test_rows_without_a_number_are_left_out_of_the_score() -> None:
    """The score is R² on the rows whose number is known."""
    reg = ActiveLearningRegressor(random_state=0).fit(X, _partly())
    assert reg.score(X, _partly(50)) == r2_score(TRUTH[:50], reg.predict(X)[:50])
    with pytest.raises(InvalidInputError, match="no label"):
        reg.score(X, NONE)
