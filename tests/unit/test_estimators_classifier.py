"""Facts about the scikit-learn estimator."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import estimator_checks_generator

import querist
from querist.errors import EmptyPoolError, InvalidInputError, NotFittedError, UnknownNameError
from querist.estimators import ActiveLearningClassifier, ActiveLearningRegressor

X, TRUTH = make_blobs(120, 4, centers=3, random_state=0)


def _partly(count: int = 12, mark: object = -1) -> np.ndarray:
    y = TRUTH.astype(object)
    y[count:] = mark
    return y if mark is None else y.astype(float if mark != -1 else int)


CHECKS = [
    (estimator, check)
    for made in (
        ActiveLearningClassifier(random_state=0),
        ActiveLearningClassifier(LogisticRegression(max_iter=500), strategy="margin"),
    )
    for estimator, check in estimator_checks_generator(made)
    # Array API input is an option that scikit-learn only checks when it is switched on, and there
    # is no decision function to check.
    if not any(word in str(check) for word in ("array_api", "format_decision_function"))
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


@pytest.mark.parametrize("mark", [-1, None, float("nan")])
def test_each_mark_for_no_label_means_the_same(mark: object) -> None:
    """-1, None and NaN all leave the row out of the training and in the pool."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, _partly(mark=mark))
    assert clf.labeled_.sum() == 12
    assert list(clf.classes_) == [0, 1, 2]
    assert np.array_equal(
        clf.query(5), ActiveLearningClassifier(random_state=0).fit(X, _partly()).query(5)
    )


def test_minus_one_and_one_alone_are_two_classes() -> None:
    """Where y is exactly -1 and 1, nothing is unlabelled, and query says how to mark it."""
    y = np.where(TRUTH == 0, -1, 1)
    clf = ActiveLearningClassifier().fit(X, y)
    assert clf.labeled_.all()
    assert set(clf.predict(X)) == {-1, 1}
    with pytest.raises(EmptyPoolError, match="NaN or None"):
        clf.query(1)


def test_with_nan_for_no_label_minus_one_and_one_can_be_learned_actively() -> None:
    """NaN marks the pool of a problem whose classes are -1 and 1."""
    y = np.where(TRUTH == 0, -1.0, 1.0)
    y[20:] = np.nan
    clf = ActiveLearningClassifier(random_state=0).fit(X, y)
    assert clf.labeled_.sum() == 20
    idx = clf.query(4)
    assert clf.teach(idx, np.where(TRUTH[idx] == 0, -1, 1)).labeled_.sum() == 24


def test_it_starts_without_any_label() -> None:
    """From -1 everywhere query works, predict says what is missing, and teach trains."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, np.full(120, querist.UNLABELED))
    with pytest.raises(NotFittedError, match="No label"):
        clf.predict(X)
    for _ in range(4):
        idx = clf.query(5)
        assert len(set(idx)) == 5
        assert not clf.labeled_[idx].any()
        clf.teach(idx, TRUTH[idx])
    assert clf.score(X, TRUTH) > 0.9


def test_one_class_is_predicted_until_a_second_is_taught() -> None:
    """With one class known every row gets it, with certainty."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, np.full(120, -1))
    clf.teach([3, 4], ["boot", "boot"])
    assert set(clf.predict(X)) == {"boot"}
    assert np.array_equal(clf.predict_proba(X[:2]), np.ones((2, 1)))
    clf.teach([5], ["bag"])
    assert list(clf.classes_) == ["bag", "boot"]
    assert clf.predict_proba(X).shape == (120, 2)


def test_a_skipped_row_is_never_asked_and_a_taught_one_never_again() -> None:
    """Every other row is asked exactly once, then nothing is left."""
    clf = ActiveLearningClassifier(random_state=0).fit(X[:30], _partly()[:30])
    first = clf.query(3)
    clf.skip(first)
    asked = clf.query(1_000)
    assert sorted([*first, *asked]) == list(range(12, 30))
    clf.teach(asked, TRUTH[asked])
    with pytest.raises(EmptyPoolError):
        clf.query(1)


def test_the_same_labels_give_the_same_query_and_new_labels_another() -> None:
    """With a seed query is a function of the labels alone."""
    clf = ActiveLearningClassifier(strategy="random", random_state=7).fit(X, _partly())
    first = clf.query(6)
    assert np.array_equal(first, clf.query(6))
    clf.teach(first, TRUTH[first])
    assert not set(first) & set(clf.query(6))


def test_a_pool_of_other_rows_may_be_given() -> None:
    """Positions then count in the given rows."""
    clf = ActiveLearningClassifier(random_state=0).fit(X[:40], TRUTH[:40])
    idx = clf.query(7, X[40:])
    assert len(set(idx)) == 7
    assert idx.min() >= 0
    assert idx.max() < 80


def test_it_works_as_the_last_step_of_a_pipeline() -> None:
    """The steps before it transform; its query gives positions in the original rows."""
    pipe = make_pipeline(StandardScaler(), ActiveLearningClassifier(random_state=0))
    pipe.fit(X, _partly())
    idx = pipe[-1].query(5)
    pipe[-1].teach(idx, TRUTH[idx])
    assert pipe.score(X, TRUTH) > 0.9


def test_frames_of_pandas_and_polars_are_taken() -> None:
    """Columns by name, and missing labels in either library's own way."""
    names = [f"c{i}" for i in range(4)]
    words = np.array(["bag", "boot", "coat"], dtype=object)[TRUTH]
    some = [word if i < 12 else None for i, word in enumerate(words)]
    queries = []
    for frame, y in (
        (pd.DataFrame(X, columns=names), pd.Series(some)),
        (pd.DataFrame(X, columns=names), pd.Series(some, dtype="string")),
        (pl.DataFrame(X, schema=names), pl.Series(some)),
    ):
        clf = ActiveLearningClassifier(random_state=0).fit(frame, y)
        assert clf.labeled_.sum() == 12
        assert clf.predict(frame).dtype.kind in "OU"
        queries.append(clf.query(5))
    assert np.array_equal(queries[0], queries[1])
    assert np.array_equal(queries[0], queries[2])


def test_integers_with_pandas_na_are_taken() -> None:
    """A nullable integer column marks its gaps with NA."""
    y = pd.Series(TRUTH, dtype="Int64")
    y[12:] = pd.NA
    assert ActiveLearningClassifier().fit(X, y).labeled_.sum() == 12


def test_sparse_rows_give_the_same_labels_to_ask() -> None:
    """A sparse X is trained on as it is and gives the same query as the dense one."""
    chosen = ActiveLearningClassifier(LogisticRegression(max_iter=500), random_state=0)
    dense = clone(chosen).fit(X, _partly())
    thin = clone(chosen).fit(sparse.csr_matrix(X), _partly())
    assert np.array_equal(dense.query(5), thin.query(5))
    assert np.array_equal(dense.predict(X), thin.predict(sparse.csr_matrix(X)))


def test_a_classifier_without_probabilities_can_be_wrapped() -> None:
    """LinearSVC selects by its decision function and offers no predict_proba."""
    clf = ActiveLearningClassifier(LinearSVC(), strategy="margin", random_state=0)
    clf.fit(X, _partly())
    assert len(clf.query(5)) == 5
    assert not hasattr(clf, "predict_proba")


def test_reasons_name_the_classes() -> None:
    """The sentences use the labels that the user gave."""
    words = np.array(["bag", "boot", "coat"], dtype=object)[TRUTH]
    words[12:] = None
    clf = ActiveLearningClassifier(strategy="margin", random_state=0).fit(X, words)
    clf.query(3)
    assert all(any(w in why for w in ("bag", "boot", "coat")) for why in clf.selection_.reasons)


def test_open_seeds_of_the_wrapped_classifier_are_set() -> None:
    """The seed goes to every random_state that was left open."""
    clf = ActiveLearningClassifier(LinearSVC(), random_state=3).fit(X, _partly())
    assert clf.estimator_.random_state == 3
    assert clf.estimator.random_state is None


@pytest.mark.parametrize("idx", [[120], [-1], [0.5], [[1, 2]], ["a"], [1, 1]])
def test_positions_that_do_not_exist_are_refused(idx: list) -> None:
    """Teach and skip name wrong, repeated or fractional positions."""
    clf = ActiveLearningClassifier().fit(X, _partly())
    with pytest.raises(InvalidInputError):
        clf.teach(idx, [0] * len(idx))
    with pytest.raises(InvalidInputError):
        clf.skip(idx)


@pytest.mark.parametrize("made", [ActiveLearningClassifier, ActiveLearningRegressor])
def test_labels_that_are_not_as_many_as_the_rows_are_counted(made: type) -> None:
    """Both numbers stand in the error, and nothing is stored."""
    learner = made().fit(X, np.where(np.arange(120) < 12, TRUTH, None))
    with pytest.raises(InvalidInputError, match=r"labels is 1, that of rows 2"):
        learner.teach([20, 21], [1])
    assert learner.labeled_.sum() == 12


def test_a_mask_as_positions_is_told_how_to_become_some() -> None:
    """The error is short, however many rows there are."""
    clf = ActiveLearningClassifier().fit(X, _partly())
    with pytest.raises(InvalidInputError, match="bool") as caught:
        clf.teach(np.arange(120) == 20, [1])
    assert "flatnonzero" in caught.value.remedy
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("label", [None, float("nan"), -1])
def test_teaching_no_label_is_refused_and_changes_nothing(label: object) -> None:
    """A missing label names its row and points to skip."""
    clf = ActiveLearningClassifier().fit(X, _partly())
    with pytest.raises(InvalidInputError, match=r"row 20.*skip"):
        clf.teach([20], [label])
    assert clf.labeled_.sum() == 12


def test_where_training_fails_nothing_has_changed() -> None:
    """A model that needs more labels of a class says so, and the labels stay as they were."""
    clf = ActiveLearningClassifier(CalibratedClassifierCV(cv=3), random_state=0)
    clf.fit(X, np.full(120, -1))
    with pytest.raises(ValueError, match="3"):
        clf.teach([0, 1], [0, 1])
    assert not clf.labeled_.any()
    rows = np.concatenate([np.flatnonzero(code == TRUTH)[:3] for code in range(3)])
    assert clf.teach(rows, TRUTH[rows]).score(X, TRUTH) > 0.9


def test_an_unknown_strategy_is_refused_when_fitting() -> None:
    """A misspelt name is answered with the right one, before anything is trained."""
    with pytest.raises(UnknownNameError, match="margin"):
        ActiveLearningClassifier(strategy="margn").fit(X, _partly())


def test_labels_of_two_kinds_are_refused() -> None:
    """Texts beside numbers are most likely a mistake."""
    clf = ActiveLearningClassifier().fit(X, _partly())
    with pytest.raises(InvalidInputError, match="mix"):
        clf.teach([20], ["boot"])


def test_the_input_is_never_changed() -> None:
    """X, y and the taught arrays stay as they were."""
    rows, y = X.copy(), _partly()
    kept = y.copy()
    clf = ActiveLearningClassifier(random_state=0).fit(rows, y)
    idx = clf.query(3)
    clf.teach(idx, TRUTH[idx]).skip([50])
    assert np.array_equal(rows, X)
    assert np.array_equal(y, kept)


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (ActiveLearningClassifier(Ridge()), "Ridge, which is a regressor"),
        (
            ActiveLearningRegressor(LogisticRegression()),
            "LogisticRegression, which is a classifier",
        ),
    ],
)
def test_an_estimator_of_the_other_kind_is_refused(learner: object, words: str) -> None:
    """A regressor gives no classes and a classifier no numbers: said when fitting, not later."""
    with pytest.raises(InvalidInputError, match=words):
        learner.fit(X, TRUTH)


@pytest.mark.parametrize("mark", [-1, None, np.nan])
def test_rows_without_a_label_are_left_out_of_the_score(mark: object) -> None:
    """The score is the accuracy on the labelled rows, whatever marks the others."""
    clf = ActiveLearningClassifier(random_state=0).fit(X, _partly())
    wanted = float((clf.predict(X)[:40] == TRUTH[:40]).mean())
    assert clf.score(X, _partly(40, mark)) == wanted
    assert clf.score(X, TRUTH) == float((clf.predict(X) == TRUTH).mean())
    weights = np.where(np.arange(len(X)) < 20, 1.0, 0.0)
    right = float((clf.predict(X)[:20] == TRUTH[:20]).mean())
    assert clf.score(X, _partly(40, mark), sample_weight=weights) == right
    with pytest.raises(InvalidInputError, match="no label"):
        clf.score(X, np.full(len(X), -1))


def test_a_search_over_a_partly_labelled_pool_judges_by_its_labels() -> None:
    """Rows without a label train nothing and judge nothing, so the best score may be perfect."""
    search = GridSearchCV(ActiveLearningClassifier(), {"strategy": ["margin", "random"]}, cv=3)
    assert search.fit(X, _partly(60)).best_score_ > 0.8


@pytest.mark.parametrize("kind", ["classes", "sets", "numbers"])
def test_the_default_leaves_narrow_columns_of_an_embedding_narrow(kind: str) -> None:
    """Wide columns tell of the label; many narrow ones are noise, which drowns it if as wide."""
    rng = np.random.default_rng(0)
    rows = np.hstack([rng.normal(size=(400, 3)), rng.normal(0, 0.05, (400, 120))])
    told = rows[:, :3] @ [1.0, -1.0, 0.5]
    y = {"classes": told > 0, "sets": rows[:, :2] > 0, "numbers": told}[kind].astype(float)
    kept = np.full_like(y, np.nan)
    kept[:60] = y[:60]
    made = ActiveLearningRegressor if kind == "numbers" else ActiveLearningClassifier
    ours, each = made(), made(make_pipeline(StandardScaler(), _model(kind)))
    scores = [one.fit(rows, kept).score(rows[60:], y[60:]) for one in (ours, each)]
    assert scores[0] > scores[1] + 0.1


def _model(kind: str) -> object:
    """What the default trains on its scaled columns."""
    if kind == "numbers":
        return RidgeCV(alphas=np.logspace(-3, 3, 13))
    return LogisticRegression(max_iter=1_000)
