"""Facts about the classifier where a row may have any number of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from querist import ActiveLearningClassifier
from querist.errors import InvalidInputError, MissingSignalError, NotFittedError
from querist.estimators.wrapped import chances_of

X, Y = make_multilabel_classification(150, 8, n_classes=4, random_state=2)


def _partly(count: int = 30) -> np.ndarray:
    y = Y.copy()
    y[count:] = -1
    return y


@pytest.mark.parametrize(
    "y",
    [
        _partly(),
        np.where(_partly() == -1, np.nan, _partly()),
        np.where(_partly() == -1, None, _partly()),
        pd.DataFrame(_partly()).replace(-1, np.nan),
    ],
)
def test_a_whole_row_without_a_label_is_the_pool(y: object) -> None:
    """-1, NaN and None in a whole row mark it; the rest trains."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, y)
    assert clf.labeled_.sum() == 30
    assert clf.predict(X).shape == (150, 4)
    assert clf.predict_proba(X).shape == (150, 4)
    assert list(clf.classes_) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "model",
    [
        None,
        LogisticRegression(max_iter=500),
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(10),
        make_pipeline(StandardScaler(), RandomForestClassifier(10)),
        make_pipeline(StandardScaler(), LinearSVC()),
        MultiOutputClassifier(LogisticRegression(max_iter=500)),
        make_pipeline(StandardScaler(), MultiOutputClassifier(LogisticRegression())),
        OneVsRestClassifier(LogisticRegression(max_iter=500)),
    ],
)
@pytest.mark.parametrize("strategy", ["multilabel-margin", "multilabel-uherding", "mmc", "auto"])
def test_it_learns_from_no_label_on(model: object, strategy: str) -> None:
    """Any classifier can be wrapped: query and teach from -1 everywhere to a useful model."""
    clf = ActiveLearningClassifier(model, strategy, random_state=0).fit(X, np.full(Y.shape, -1))
    with pytest.raises(NotFittedError):
        clf.predict(X)
    for _ in range(8):
        idx = clf.query(6)
        assert not clf.labeled_[idx].any()
        clf.teach(idx, Y[idx])
    assert (clf.predict(X) == Y).mean() > 0.72


def test_the_strategy_sees_the_chances_of_the_model() -> None:
    """The score is the mean over the classes of 1 - |2 p - 1|."""
    clf = ActiveLearningClassifier(
        strategy="multilabel-margin", strategy_parameters={"aggregate": "mean"}, random_state=0
    ).fit(X, _partly())
    idx = clf.query(5)
    doubt = (1 - np.abs(2 * clf.predict_proba(X) - 1)).mean(axis=1)
    np.testing.assert_allclose(clf.selection_.scores, doubt[idx], rtol=1e-6)
    assert doubt[idx].min() >= np.sort(doubt[~clf.labeled_])[-5] - 1e-9


def test_a_class_that_all_or_no_rows_have_is_no_hindrance() -> None:
    """Constant classes give chances of 0 and 1, from one tree table as from single models."""
    y = _partly()
    y[:30, 0], y[:30, 1] = 1, 0
    for model in (None, RandomForestClassifier(10)):
        clf = ActiveLearningClassifier(model, "multilabel-entropy", random_state=0).fit(X, y)
        chances = chances_of(clf.estimator_, X)
        assert (chances[:, 0] == 1).all()
        assert (chances[:, 1] == 0).all()
        assert len(clf.query(4)) == 4


def test_one_set_is_predicted_until_a_second_is_taught() -> None:
    """While one set alone is known, every row gets it."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, np.full(Y.shape, -1))
    clf.teach([3, 4], [[1, 0, 0, 1], [1, 0, 0, 1]])
    assert clf.estimator_ is None
    assert (clf.predict(X) == [1, 0, 0, 1]).all()
    assert (clf.predict_proba(X[:2]) == [1.0, 0.0, 0.0, 1.0]).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [((5, 1, -1), "Row 5 of y is labelled in part"), ((5, 1, 2), "holds 2")],
)
def test_a_row_in_part_or_of_other_values_is_refused(change: tuple, word: str) -> None:
    """The row or the value is named."""
    y = _partly()
    y[change[0], change[1]] = change[2]
    with pytest.raises(InvalidInputError, match=word):
        ActiveLearningClassifier().fit(X, y)


def test_lists_of_names_point_to_the_matrix() -> None:
    """Names in lists of different lengths are answered with what makes the matrix of them."""
    with pytest.raises(InvalidInputError, match="MultiLabelBinarizer"):
        ActiveLearningClassifier().fit(X[:2], [["a", "b"], ["c"]])


def test_taught_sets_must_fit() -> None:
    """Another number of classes, and a missing set, are refused and change nothing."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, _partly())
    with pytest.raises(InvalidInputError, match=r"\(1, 3\)"):
        clf.teach([50], [[1, 0, 1]])
    with pytest.raises(InvalidInputError, match=r"row 50.*skip"):
        clf.teach([50], [[-1, -1, -1, -1]])
    assert clf.labeled_.sum() == 30


def test_auto_covers_first_and_then_what_the_model_doubts() -> None:
    """Without a model the pool alone counts; with one the default is multilabel-uherding."""
    start = ActiveLearningClassifier(random_state=0).fit(X, np.full(Y.shape, -1))
    start.query(6)
    assert "'multilabel-uherding' chooses as soon" in start.selection_.note
    one = ActiveLearningClassifier(random_state=0).fit(X, _partly())
    two = ActiveLearningClassifier(strategy="multilabel-uherding").fit(X, _partly())
    assert one.query(6).tolist() == two.query(6).tolist()


def test_a_strategy_for_single_classes_names_what_it_misses() -> None:
    """Margin needs one distribution a row, which sets of classes do not have."""
    clf = ActiveLearningClassifier(strategy="margin").fit(X, _partly())
    with pytest.raises(MissingSignalError, match=r"probabilities, which.*multilabel-margin"):
        clf.query(1)


def test_rows_without_a_set_are_left_out_of_the_score() -> None:
    """The score is the share of the labelled rows whose whole set is right."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, _partly())
    wanted = float((clf.predict(X)[:60] == Y[:60]).all(axis=1).mean())
    assert clf.score(X, _partly(60)) == wanted
