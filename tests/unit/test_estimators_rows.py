"""Facts about what the estimators take: frames, texts, sparse rows, missing values, pipelines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_blobs
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from querist import ActiveLearningClassifier
from querist.errors import InvalidInputError, MissingSignalError

X, TRUTH = make_blobs(120, 4, centers=3, random_state=0)
RNG = np.random.default_rng(3)
COLUMNS = {
    "width": X[:, 0],
    "height": X[:, 1],
    "colour": np.array(["red", "green", "blue"], dtype=object)[(TRUTH + (X[:, 2] > 0)) % 3],
}
FRAMES = {"pandas": pd.DataFrame, "polars": pl.DataFrame}


def _partly(count: int = 12) -> np.ndarray:
    y = TRUTH.copy()
    y[count:] = -1
    return y


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that notes what it was given."""

    def fit(self, X, y):
        self.seen_ = X
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        self.asked_ = X
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_reaches_the_estimator_untouched(kind: str) -> None:
    """Its type, names and kinds of columns are those that the user gave, in fit and in query."""
    frame = FRAMES[kind](COLUMNS)
    clf = ActiveLearningClassifier(Recorder(), random_state=0).fit(frame, _partly())
    clf.query(3)
    seen, asked = clf.estimator_.seen_, clf.estimator_.asked_
    assert isinstance(seen, FRAMES[kind])
    assert list(seen.columns) == list(asked.columns) == list(COLUMNS)
    assert [str(t) for t in seen.dtypes] == [str(t) for t in frame.dtypes]
    assert seen.shape == (12, 3)
    assert list(seen["colour"]) == list(COLUMNS["colour"][:12])
    assert list(clf.feature_names_in_) == list(COLUMNS)


@pytest.mark.parametrize("kind", FRAMES)
def test_a_column_transformer_by_name_works_inside_the_pipeline(kind: str) -> None:
    """From no label on, categories and numbers are encoded by the user's own pipeline."""
    frame = FRAMES[kind](COLUMNS)
    words = OneHotEncoder(handle_unknown="ignore")
    numbers = ("numbers", StandardScaler(), ["width", "height"])
    encode = ColumnTransformer([("words", words, ["colour"]), numbers])
    clf = ActiveLearningClassifier(make_pipeline(encode, LogisticRegression()), random_state=0)
    clf.fit(frame, np.full(120, -1))
    for _ in range(4):
        idx = clf.query(6)
        clf.teach(idx, TRUTH[idx])
    assert clf.score(frame, TRUTH) > 0.9
    assert len(clf.query(5, frame[:30])) == 5


def test_an_array_with_words_reaches_the_pipeline_untouched() -> None:
    """Columns by number work as columns by name do."""
    table = np.column_stack([np.asarray(column, dtype=object) for column in COLUMNS.values()])
    words = OneHotEncoder(handle_unknown="ignore")
    encode = ColumnTransformer([("words", words, [2]), ("numbers", StandardScaler(), [0, 1])])
    clf = ActiveLearningClassifier(make_pipeline(encode, LogisticRegression()), random_state=0)
    clf.fit(table, np.full(120, -1))
    for _ in range(4):
        idx = clf.query(6)
        clf.teach(idx, TRUTH[idx])
    assert clf.score(table, TRUTH) > 0.9


@pytest.mark.parametrize("kind", FRAMES)
def test_the_default_estimator_takes_words_and_gaps(kind: str) -> None:
    """Without an estimator a frame with words and missing numbers is encoded by itself."""
    columns = {**COLUMNS, "width": [None if i % 9 == 0 else v for i, v in enumerate(X[:, 0])]}
    frame = FRAMES[kind](columns)
    clf = ActiveLearningClassifier(random_state=0).fit(frame, np.full(120, -1))
    for _ in range(4):
        idx = clf.query(6)
        clf.teach(idx, TRUTH[idx])
    assert clf.score(frame, TRUTH) > 0.8


def test_both_kinds_of_frame_give_the_same_query() -> None:
    """Frames of pandas and polars hold the same rows, so the same are asked."""
    asked = [
        ActiveLearningClassifier(random_state=0).fit(kind(COLUMNS), _partly()).query(6).tolist()
        for kind in FRAMES.values()
    ]
    assert asked[0] == asked[1]


def test_categories_of_pandas_reach_an_estimator_that_takes_them() -> None:
    """A boosting model with native categories needs no encoding."""
    frame = pd.DataFrame(COLUMNS).astype({"colour": "category"})
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", min_samples_leaf=2)
    clf = ActiveLearningClassifier(model, random_state=0).fit(frame, _partly(30))
    assert len(clf.query(5)) == 5


def test_texts_go_through_the_users_vectorizer() -> None:
    """A list of texts is a pool; what the vectorizer makes of it is what covers the pool."""
    words = [["sun", "sea", "sand"], ["goal", "ball", "team"]]
    texts = [" ".join(RNG.choice(words[i % 2], size=6)) for i in range(80)]
    truth = np.array(["beach", "sport"] * 40)
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    for pool in (texts, pd.Series(texts), np.array(texts)):
        clf = ActiveLearningClassifier(model, random_state=0).fit(pool, [None] * 80)
        idx = clf.query(4)
        clf.teach(idx, truth[idx])
        assert clf.score(pool, truth) == 1.0


def test_words_without_a_step_that_encodes_them_are_named() -> None:
    """The error says what is missing, not that a string is no float."""
    clf = ActiveLearningClassifier(random_state=0).fit(["a b", "c d"], [None, None])
    with pytest.raises(InvalidInputError, match="Pipeline"):
        clf.query(1)


def test_gaps_are_taken_where_the_estimator_takes_them() -> None:
    """NaN in an array is refused, unless the first step of the wrapped pipeline fills it."""
    gaps = X.copy()
    gaps[::7, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        ActiveLearningClassifier().fit(gaps, _partly())
    filled = make_pipeline(SimpleImputer(), LogisticRegression(max_iter=500))
    clf = ActiveLearningClassifier(filled, random_state=0).fit(gaps, _partly())
    assert len(clf.query(5)) == 5


def test_a_step_that_learns_from_labels_does_not_shape_the_vectors() -> None:
    """Before any label the pool is covered by what the steps before it make."""
    model = make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression())
    clf = ActiveLearningClassifier(model, random_state=0).fit(X, np.full(120, -1))
    idx = clf.query(8)
    assert len(set(clf.teach(idx, TRUTH[idx]).query(4))) == 4


def test_a_large_sparse_pool_is_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit of cells the vectors come from a truncated SVD, for other rows too."""
    monkeypatch.setattr("querist.estimators.vectors.DENSE_CELLS", 100)
    thin = sparse.random(120, 300, density=0.05, format="csr", random_state=0)
    clf = ActiveLearningClassifier(LogisticRegression(), random_state=0).fit(thin, _partly())
    clf.query(5)
    made, vectors = clf._vectors
    assert vectors.shape == (120, 64)
    expected = TruncatedSVD(64, random_state=0).fit(thin).transform(thin[:9])
    np.testing.assert_allclose(made.transform(thin[:9]), expected, atol=1e-5)
    assert len(clf.query(5, thin[:20])) == 5


@pytest.mark.parametrize("model", [GaussianNB(), SGDClassifier(loss="log_loss")])
def test_incremental_goes_on_from_the_model_it_has(model: object) -> None:
    """It calls partial_fit on the new rows alone, and the model object stays."""
    clf = ActiveLearningClassifier(model, incremental=True, random_state=0).fit(X, _partly(20))
    before = clf.estimator_
    idx = clf.query(5)
    clf.teach(idx, TRUTH[idx])
    assert clf.estimator_ is before
    assert clf.labeled_.sum() == 25
    clf.teach(idx[:1], TRUTH[idx[:1]])
    assert clf.estimator_ is not before


def test_partial_fit_learns_what_a_fresh_fit_learns() -> None:
    """For naive Bayes going on and training anew are the same model."""
    one = ActiveLearningClassifier(GaussianNB(), incremental=True, random_state=0)
    two = ActiveLearningClassifier(GaussianNB(), random_state=0)
    for clf in (one, two):
        clf.fit(X, _partly(20)).teach([90, 30, 60], TRUTH[[90, 30, 60]])
    np.testing.assert_allclose(one.predict_proba(X), two.predict_proba(X), rtol=1e-4)


def test_a_new_class_is_learned_anew() -> None:
    """partial_fit cannot add a class, so the model is trained on everything."""
    y = np.where(TRUTH == 2, -1, _partly(20))
    clf = ActiveLearningClassifier(GaussianNB(), incremental=True).fit(X, y)
    row = int(np.flatnonzero(TRUTH == 2)[0])
    assert list(clf.teach([row], [2]).estimator_.classes_) == [0, 1, 2]


def test_incremental_without_partial_fit_is_refused() -> None:
    """The message names the learner and one that has it."""
    with pytest.raises(InvalidInputError, match=r"LogisticRegression.*SGDClassifier"):
        ActiveLearningClassifier(LogisticRegression(), incremental=True).fit(X, _partly())


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5),
        make_pipeline(StandardScaler(), RandomForestClassifier(5)),
        LogisticRegression(max_iter=500),
    ],
)
@pytest.mark.parametrize("strategy", ["qbc", "bald"])
def test_a_committee_is_made_where_the_strategy_needs_one(model: object, strategy: str) -> None:
    """Trees of a forest, or bootstrapped copies; the same seed gives the same query."""
    asked = []
    for _ in range(2):
        clf = ActiveLearningClassifier(model, strategy, random_state=0).fit(X, _partly())
        asked.append(clf.query(5).tolist())
    assert asked[0] == asked[1]
    assert len(set(asked[0])) == 5


def test_classes_stored_as_floats_make_a_committee_too() -> None:
    """Every member sees every class, also where NaN marks the pool and a class is rare."""
    y = np.full(120, np.nan)
    rows = [*np.flatnonzero(TRUTH == 0)[:9], *np.flatnonzero(TRUTH == 1)[:9]]
    y[rows] = TRUTH[rows]
    y[np.flatnonzero(TRUTH == 2)[0]] = 2
    clf = ActiveLearningClassifier(GaussianNB(var_smoothing=0.1), "qbc", random_state=0).fit(X, y)
    assert len(clf.query(5)) == 5


def test_the_trees_are_the_committee() -> None:
    """The score of qbc is the entropy of the votes of the forest's own trees."""
    clf = ActiveLearningClassifier(RandomForestClassifier(7), "qbc", random_state=0)
    clf.fit(X + RNG.normal(scale=6, size=X.shape), _partly(30))
    idx = clf.query(5)
    trees = [tree.predict(clf._X[idx]).astype(int) for tree in clf.estimator_.estimators_]
    shares = [np.bincount(votes, minlength=3) / 7 for votes in np.array(trees).T]
    entropy = [-sum(p * np.log(p) for p in row if p > 0) for row in shares]
    np.testing.assert_allclose(clf.selection_.scores, entropy, atol=1e-9)


def test_the_head_is_taken_from_a_linear_last_step() -> None:
    """The distances are those in the space that the last step sees."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    two = np.where(TRUTH == 2, 0, TRUTH)
    y = np.where(np.arange(120) < 20, two, -1)
    clf = ActiveLearningClassifier(model, "adversarial", random_state=0).fit(X, y)
    idx = clf.query(6)
    line = clf.estimator_[-1]
    margin = np.abs(clf.estimator_.decision_function(X)) / np.linalg.norm(line.coef_)
    np.testing.assert_allclose(clf.selection_.scores, -margin[idx], rtol=1e-4)


def test_a_model_without_a_head_is_named() -> None:
    """A forest is not linear, and the message says so."""
    clf = ActiveLearningClassifier(RandomForestClassifier(5), "dropquery").fit(X, _partly())
    with pytest.raises(MissingSignalError, match="RandomForestClassifier"):
        clf.query(1)


def test_before_a_model_a_strategy_that_needs_one_lets_auto_choose() -> None:
    """Margin starts from no label, says who chose, and takes over with the first model."""
    clf = ActiveLearningClassifier(strategy="margin", random_state=0).fit(X, np.full(120, -1))
    first = clf.query(10)
    assert "'margin' chooses as soon as there is a model" in clf.selection_.note
    assert first.tolist() == (
        ActiveLearningClassifier(random_state=0).fit(X, np.full(120, -1)).query(10).tolist()
    )
    clf.teach(first, TRUTH[first]).query(1)
    assert "least sure" in clf.selection_.note


def test_parameters_reach_the_strategy() -> None:
    """strategy_parameters are those of the named strategy."""
    rare = ActiveLearningClassifier(
        strategy="certainty", strategy_parameters={"wanted": 2}, random_state=0
    ).fit(X, _partly())
    idx = rare.query(3)
    free = np.flatnonzero(~rare.labeled_)
    assert idx[0] == free[rare.predict_proba(X)[free, 2].argmax()]
