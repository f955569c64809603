"""Learners beyond the kit: the registry, the default's mathematics, the scikit-learn adapter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from querist.errors import InvalidInputError, StorageError, UnknownNameError
from querist.learners import (
    Learner,
    Matrix,
    create_encoder,
    create_learner,
    default_encoder,
    encoder_class,
    encoder_names,
    learner_class,
    learner_names,
    out_of_fold,
)
from querist.learners.scaling import blended, column_scales, one_hot, one_unit
from querist.learners.sklearn_learner import SklearnLearner
from querist.schema import Media


def blobs(count: int = 90, classes: int = 3, width: int = 4) -> tuple[Matrix, np.ndarray]:
    """Overlapping clouds, one a class."""
    rng = np.random.default_rng(3)
    y = np.arange(count) % classes
    return (3 * np.eye(classes, width)[y] + rng.normal(size=(count, width))).astype(np.float32), y


def trained(learner: Learner, classes: int = 3) -> Learner:
    """The learner, trained on the clouds."""
    X, y = blobs(classes=classes)
    learner.fit(X, y, class_count=classes, rng=np.random.default_rng(0))
    return learner


def test_every_name_has_a_summary_and_its_own_name() -> None:
    """What the lists of learners and encoders show is there for each of them."""
    for name in learner_names():
        assert learner_class(name).name == name
        assert learner_class(name).summary
    for name in encoder_names():
        assert encoder_class(name).name == name
        assert encoder_class(name).summary


@pytest.mark.parametrize("media", list(Media))
def test_the_default_encoder_reads_its_medium(media: Media) -> None:
    """Each medium has a default that needs no download."""
    assert create_encoder(default_encoder(media)).media is media
    assert default_encoder(media.value) == default_encoder(media)


def test_unknown_names_offer_the_nearest() -> None:
    """A typing error is answered with the name that was meant."""
    with pytest.raises(UnknownNameError, match="logistic-regression"):
        create_learner("logistic")
    with pytest.raises(UnknownNameError, match="image-descriptor"):
        create_encoder("image-descriptors")
    with pytest.raises(UnknownNameError, match="medium"):
        default_encoder("sound")


def test_unknown_parameters_name_the_known_ones() -> None:
    """A wrong parameter is refused with the right ones."""
    with pytest.raises(InvalidInputError, match="Its parameters are: C, max_iter"):
        create_learner("logistic-regression", c=1)
    with pytest.raises(InvalidInputError, match="does not take"):
        create_learner("sklearn:svm.SVC", kernels="rbf")


def test_asking_for_names_loads_no_heavy_library() -> None:
    """The package and its registry import neither scikit-learn, torch nor Pillow."""
    code = (
        "import sys, querist.learners as l, querist.diagnostics\n"
        "l.learner_names(), l.encoder_names()\n"
        "print([m for m in ('sklearn', 'torch', 'PIL', 'scipy.stats') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("classes", [2, 3])
def test_the_default_equals_scikit_learn_on_standardised_features(classes: int) -> None:
    """Folding the scaling into the weights changes no probability."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = blobs(classes=classes)
    X = X * np.float32([50, 2, 1_000, 8]) + np.float32(1_000)
    ours = create_learner("logistic-regression", C=0.5)
    ours.fit(X, y, class_count=classes, rng=np.random.default_rng(0))
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=300)).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=2e-3)


def test_rows_of_length_one_have_one_scale() -> None:
    """A turn of the axes changes no probability where all rows have length one."""
    X, y = blobs(width=6)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    turn = np.linalg.qr(np.random.default_rng(4).normal(size=(6, 6)))[0].astype(np.float32)
    found = []
    for rows in (X, X @ turn):
        learner = create_learner("logistic-regression")
        learner.fit(rows, y, class_count=3, rng=np.random.default_rng(0))
        found.append(learner.predict_proba(rows))
    np.testing.assert_allclose(found[0], found[1], atol=2e-3)


def test_rows_of_other_lengths_have_a_scale_a_column() -> None:
    """The unit of one column changes no probability where rows differ in length."""
    X, y = blobs()
    found = []
    for unit in (100, 100_000):
        rows = X * np.float32([unit, 1, 1, 1])
        learner = create_learner("logistic-regression")
        learner.fit(rows, y, class_count=3, rng=np.random.default_rng(0))
        found.append(learner.predict_proba(rows))
    np.testing.assert_allclose(found[0], found[1], atol=2e-3)


def test_narrow_columns_of_noise_stay_narrow_where_the_labels_say_so() -> None:
    """An embedding has one unit: its narrow columns as wide as the others would be noise."""
    X, y = blobs()
    noise = np.random.default_rng(2).normal(0, 0.05, (len(X), 60)).astype(np.float32)
    rows = np.hstack([X, noise])
    _, scale = column_scales(rows, one_hot(y))
    assert np.ptp(scale) == pytest.approx(0)
    # Where the classes are told by the narrow columns, and where no labels are, each has its own.
    wide = np.hstack([X / 50, noise * 200])
    for table, targets in ((wide, one_hot(y)), (rows, None)):
        _, scale = column_scales(table, targets)
        np.testing.assert_allclose(scale, table.std(axis=0), rtol=1e-4)


@pytest.mark.parametrize("told", [0, -1])
@pytest.mark.parametrize("columns", [4, 90])
@pytest.mark.parametrize("unit", [1e-15, 1.0, 1e15])
def test_one_scale_is_judged_by_the_errors_left_out(told: int, columns: int, unit: float) -> None:
    """In closed form as by fits without each row, with more rows than columns and with fewer.

    What the label tells of is the narrowest column or the widest one.
    """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import LeaveOneOut, cross_val_predict

    rng = np.random.default_rng(5)
    rows = (rng.normal(size=(40, columns)) * np.geomspace(1, 50, columns)).astype(np.float32)
    targets = one_hot((rows[:, told] > 0).astype(np.int64))
    rows *= np.float32(unit)
    width = rows.std(axis=0, dtype=float)
    errors = []
    for scale in (width, np.sqrt(np.square(width).mean())):
        table = (rows - rows.mean(axis=0, dtype=float)) / scale
        best = np.full(len(rows), np.inf)
        for strength in (0.01, 0.03, 0.1, 0.3, 1.0):
            model = Ridge(alpha=strength * max(columns, 15))
            said = cross_val_predict(model, table, targets, cv=LeaveOneOut())
            best = min(best, np.square(said - targets).sum(axis=1), key=np.sum)
        errors.append(best)
    gain = errors[0] - errors[1]
    sure = gain.mean() / (gain.std() / np.sqrt(len(gain)))
    assert one_unit(rows, targets) == pytest.approx(np.clip(sure / 3, 0, 1), abs=0.01)


@pytest.mark.parametrize("unit", [1e-150, 1e150, 1e300])
def test_the_unit_of_what_is_learnt_says_nothing_of_the_columns(unit: float) -> None:
    """However large the numbers are, or small."""
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(60, 30)) * np.geomspace(0.01, 1, 30)).astype(np.float32)
    told = rows[:, -3:].sum(axis=1, dtype=float)[:, None]
    assert 0 < one_unit(rows, told) == pytest.approx(one_unit(rows, told * unit))


@pytest.mark.parametrize("shared", [0.0, 0.4, 1.0])
def test_a_scale_in_part_of_one_unit_lies_between(shared: float) -> None:
    """It is the weighted geometric mean of both ends, and brings all columns to one square."""
    width = np.array([1e-3, 0.5, np.inf, 40.0])
    scale = blended(width, shared)
    told = np.array([0, 1, 3])
    assert np.square(width[told] / scale[told]).mean() == pytest.approx(1)
    slope = np.diff(np.log(scale[told])) / np.diff(np.log(width[told]))
    np.testing.assert_allclose(slope, 1 - shared, atol=1e-12)
    assert scale[2] == np.inf


def test_a_constant_column_is_ignored() -> None:
    """A column that never varied in training has no say in prediction."""
    X, y = blobs()
    X[:, 3] = 0.1
    learner = create_learner("logistic-regression")
    learner.fit(X, y, class_count=3, rng=np.random.default_rng(0))
    moved = X.copy()
    moved[:, 3] = 1e6
    assert np.array_equal(learner.predict_proba(X), learner.predict_proba(moved))


@pytest.mark.parametrize("parameters", [{"C": 0.0}, {"C": float("nan")}, {"max_iter": 0}])
def test_parameters_out_of_range_are_refused(parameters: dict[str, float]) -> None:
    """The default learner checks its parameters when it is created."""
    with pytest.raises(InvalidInputError):
        create_learner("logistic-regression", **parameters)


def test_parameters_that_scikit_learn_refuses_are_our_error() -> None:
    """They are told when it is made, before anybody has labelled for it."""
    with pytest.raises(InvalidInputError, match="The 'C' parameter of SVC must be"):
        create_learner("svm-rbf", C=-1.0)


def test_scores_become_calibrated_probabilities() -> None:
    """A classifier without probabilities gets them, by Platt's sigmoid."""
    found = trained(create_learner("sklearn:svm.LinearSVC"))
    X, y = blobs()
    probabilities = found.predict_proba(X)
    assert (probabilities.argmax(axis=1) == y).mean() > 0.9
    assert 0.5 < probabilities.max(axis=1).mean() < 0.999


@pytest.mark.parametrize("name", ["svm.LinearSVC", "linear_model.Perceptron", "svm.SVC"])
def test_one_label_a_class_is_enough_without_calibration(name: str) -> None:
    """Where nothing can be held out, scores become shares by a softmax."""
    X, y = blobs(count=3)
    learner = SklearnLearner(name)
    learner.fit(X, y, class_count=3, rng=np.random.default_rng(0))
    found = learner.predict_proba(X)
    assert found.argmax(axis=1).tolist() == y.tolist()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_a_ready_estimator_is_not_touched() -> None:
    """The adapter trains a clone, and says that a ready estimator cannot be rebuilt by name."""
    from sklearn.tree import DecisionTreeClassifier

    estimator = DecisionTreeClassifier(max_depth=3)
    learner = trained(SklearnLearner(estimator))
    assert not hasattr(estimator, "tree_")
    with pytest.raises(InvalidInputError, match="given ready-made"):
        _ = learner.parameters


@pytest.mark.parametrize("name", ["os.system", "svm.Nothing", "linear_model.Ridge", "SVC", ""])
def test_what_is_no_classifier_is_refused(name: str) -> None:
    """Only classifiers of scikit-learn can be named."""
    with pytest.raises(InvalidInputError):
        create_learner(f"sklearn:{name}")


def test_a_file_with_untrusted_types_is_not_loaded(tmp_path: Path) -> None:
    """A model that was swapped for one with another type inside is refused before it is built."""
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    learner = create_learner("random-forest", n_estimators=3)
    trained(learner).save(tmp_path)
    evil = FunctionTransformer(func=subprocess.run)
    skops.io.dump(evil, tmp_path / "estimator.skops")
    with pytest.raises(StorageError, match=r"holds \['subprocess.run'\]"):
        create_learner("random-forest", n_estimators=3).load(tmp_path)


def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    """Types nobody vouched for are refused at saving; vouching for them lets them through."""
    name = "gaussian_process.GaussianProcessClassifier"
    learner = trained(SklearnLearner(name))
    with pytest.raises(InvalidInputError, match="not known to be safe") as caught:
        learner.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    vouched = SklearnLearner(name, trusted=caught.value.details["types"])
    trained(vouched).save(tmp_path / "model")
    loaded = create_learner("sklearn", **vouched.parameters)
    loaded.load(tmp_path / "model")
    X, _ = blobs()
    np.testing.assert_allclose(loaded.predict_proba(X), vouched.predict_proba(X), atol=1e-6)


def test_another_learners_model_is_refused(tmp_path: Path) -> None:
    """A folder of one learner is not read by another."""
    trained(create_learner("naive-bayes")).save(tmp_path / "bayes")
    with pytest.raises(StorageError):
        create_learner("random-forest").load(tmp_path / "bayes")
    with pytest.raises(StorageError):
        create_learner("logistic-regression").load(tmp_path / "bayes")


def test_out_of_fold_rows_are_predicted_by_models_that_did_not_see_them() -> None:
    """A learner that knows its rows by heart does not recognise a single flipped label."""
    X, truth = blobs()
    flipped = [0, 22, 44, 66]
    y = truth.copy()
    y[flipped] = (truth[flipped] + 1) % 3

    def by_heart() -> Learner:
        return create_learner("sklearn:neighbors.KNeighborsClassifier", n_neighbors=1)

    learner = by_heart()
    learner.fit(X, y, class_count=3, rng=np.random.default_rng(0))
    assert (learner.predict_proba(X).argmax(axis=1) == y).all()
    found = out_of_fold(by_heart, X, y, class_count=3, rng=np.random.default_rng(0))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found[flipped].argmax(axis=1) == y[flipped]).sum() <= 1
    assert (found.argmax(axis=1) == truth).mean() > 0.7


@pytest.mark.parametrize("codes", [[0, 1], [0, 0, 1], [2, 0, 1, 1]])
def test_out_of_fold_works_from_very_few_labels(codes: list[int]) -> None:
    """Classes with one label get probability 0 from the model that never saw them."""
    X = np.eye(4, dtype=np.float32)[: len(codes)]
    y = np.array(codes)
    found = out_of_fold(
        lambda: create_learner("logistic-regression"),
        X,
        y,
        class_count=3,
        rng=np.random.default_rng(0),
    )
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    for code in np.flatnonzero(np.bincount(y, minlength=3) == 1):
        assert not found[y == code, code].any()
