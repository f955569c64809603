"""The four error types: each planted cause is named first, and clean data raise no alarm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.datasets import load_digits

from querist.diagnostics import Learned, Sample, diagnose, error_types
from querist.diagnostics.cross_fit import cross_fitted
from querist.errors import InvalidInputError
from querist.learners import create_learner, out_of_fold
from querist.schema import Finding, from_json, to_json

CLASSES = 8


@dataclass
class Half:
    """Vectors, labels as given, and which rows were planted."""

    X: np.ndarray
    y: np.ndarray


def halves(seed: int) -> tuple[Half, Half, np.ndarray]:
    """Digits 0 to 7, one half to train and one to sample, and foreign vectors."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(np.flatnonzero(y < CLASSES))
    train, sample = rows[:700], rows[700:]
    foreign = np.roll(X[y == 9].reshape(-1, 8, 8), 4, axis=2).reshape(-1, 64)
    return Half(X[train], y[train].copy()), Half(X[sample], y[sample].copy()), foreign


def found_in(train: Half, sample: Half, *, folds: bool = False) -> tuple[Finding, ...]:
    """The error types of a logistic regression, with or without what it says out of fold."""
    table = None
    if folds:
        table = out_of_fold(
            lambda: create_learner("logistic-regression"),
            train.X,
            train.y,
            class_count=CLASSES,
            rng=np.random.default_rng(0),
        )
    learner = create_learner("logistic-regression")
    learner.fit(train.X, train.y, class_count=CLASSES, rng=np.random.default_rng(0))
    return error_types(
        Sample.of(
            sample.y,
            learner.predict_proba(sample.X),
            [f"digit {code}" for code in range(CLASSES)],
            [f"s{i}" for i in range(len(sample.y))],
            embeddings=sample.X,
        ),
        Learned.of(
            train.y,
            train.X,
            [f"t{i}" for i in range(len(train.y))],
            out_of_fold=table,
        ),
    )


@pytest.mark.parametrize("seed", range(5))
def test_clean_digits_raise_no_alarm(seed: int) -> None:
    """Where nothing was planted nothing is told."""
    train, sample, _ = halves(seed)
    assert found_in(train, sample) == ()


@pytest.mark.parametrize("seed", range(3))
def test_a_changed_half_of_a_class_is_a_matter_of_distribution(seed: int) -> None:
    """Turned negatives of half of a class in the sample: the class is named, and which assets."""
    train, sample, _ = halves(seed)
    planted = np.flatnonzero(sample.y == 3)[::2]
    sample.X[planted] = 1 - sample.X[planted]
    first = found_in(train, sample)[0]
    assert (first.kind, first.evidence["class"]) == ("data_distribution", "digit 3")
    named = {int(name[1:]) for name in first.members}
    assert len(named & set(planted.tolist())) >= 0.9 * len(planted)
    assert first.batch is not None
    assert set(first.batch.examples) < set(first.members)


@pytest.mark.parametrize("seed", range(3))
def test_swapped_labels_are_a_matter_of_concept_clarity(seed: int) -> None:
    """A fifth of the labels of two classes swapped on both sides: the pair is named."""
    train, sample, _ = halves(seed)
    rng = np.random.default_rng(seed)
    for half in (train, sample):
        pair = np.flatnonzero(np.isin(half.y, (1, 4)) & (rng.random(len(half.y)) < 0.2))
        half.y[pair] = 5 - half.y[pair]
    first = found_in(train, sample, folds=True)[0]
    assert (first.kind, first.evidence["classes"]) == ("concept_clarity", ["digit 1", "digit 4"])


@pytest.mark.parametrize("seed", range(3))
def test_a_class_with_two_labels_is_a_matter_of_frequency(seed: int) -> None:
    """The class is named and its batch looks for more of it."""
    train, sample, _ = halves(seed)
    keep = np.ones(len(train.y), dtype=bool)
    keep[np.flatnonzero(train.y == 5)[2:]] = False
    first = found_in(Half(train.X[keep], train.y[keep]), sample)[0]
    assert (first.kind, first.evidence["class"]) == ("class_frequency", "digit 5")
    assert first.batch is not None
    assert first.batch.wanted == "digit 5"


@pytest.mark.parametrize("seed", range(3))
def test_foreign_items_are_outliers(seed: int) -> None:
    """Items of no class with any label: most of those told are foreign, and most are told."""
    train, sample = with_foreign(seed)
    first = found_in(train, sample)[0]
    assert first.kind == "outliers"
    odd = {f"t{i}" for i in range(700, 770)} | {
        f"s{i}" for i in range(len(sample.y) - 70, len(sample.y))
    }
    assert len(odd & set(first.asset_ids)) >= 0.7 * len(odd)
    assert len(odd & set(first.asset_ids)) >= 0.8 * len(first.asset_ids)


def with_foreign(seed: int) -> tuple[Half, Half]:
    """Both halves with 70 foreign items of any label at their ends."""
    train, sample, foreign = halves(seed)
    rng = np.random.default_rng(seed)
    mixed = []
    for half, part in ((train, foreign[:70]), (sample, foreign[70:140])):
        labels = rng.integers(CLASSES, size=len(part))
        mixed.append(Half(np.concatenate([half.X, part]), np.concatenate([half.y, labels])))
    return mixed[0], mixed[1]


def test_a_group_that_a_model_knows_as_well_as_the_rest_is_no_outlier() -> None:
    """Its neighbours tell nothing, yet the model errs there as often as anywhere else."""
    train, sample = with_foreign(0)
    told = []
    for right_elsewhere in (0.9, 0.45):
        rng = np.random.default_rng(1)
        right = rng.random(len(sample.y)) < right_elsewhere
        right[-70:] = rng.random(70) < 0.45
        said = np.where(right, sample.y, (sample.y + 1) % CLASSES)
        found = error_types(
            Sample.of(
                sample.y,
                np.eye(CLASSES)[said],
                [f"digit {code}" for code in range(CLASSES)],
                [f"s{i}" for i in range(len(sample.y))],
                embeddings=sample.X,
            ),
            Learned.of(train.y, train.X, [f"t{i}" for i in range(len(train.y))]),
        )
        told.append([one for one in found if one.kind == "outliers"])
    assert len(told[0]) == 1
    assert told[1] == []


def test_assets_between_overlapping_classes_are_no_outliers() -> None:
    """Four grades of a noisy number: neighbours and the model agree little everywhere."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(400, 4)).astype(np.float32)
        y = np.digitize(X[:, 0] + 0.6 * rng.normal(size=400), [-0.8, 0, 0.8])
        learner = create_learner("logistic-regression")
        learner.fit(X[:200], y[:200], class_count=4, rng=rng)
        found = error_types(
            Sample.of(
                y[200:],
                learner.predict_proba(X[200:]),
                list("abcd"),
                [f"s{i}" for i in range(200)],
                embeddings=X[200:],
            ),
            Learned.of(y[:200], X[:200], [f"t{i}" for i in range(200)]),
        )
        assert "outliers" not in [one.kind for one in found], seed


def outliers_in(train: Half, sample: Half, earlier: np.ndarray) -> list[Finding]:
    """The outliers that are told where it is known what models before said (R, n)."""
    learner = create_learner("logistic-regression")
    learner.fit(train.X, train.y, class_count=CLASSES, rng=np.random.default_rng(0))
    found = error_types(
        Sample.of(
            sample.y,
            learner.predict_proba(sample.X),
            [f"digit {code}" for code in range(CLASSES)],
            [f"s{i}" for i in range(len(sample.y))],
            embeddings=sample.X,
            earlier=earlier,
        ),
        Learned.of(train.y, train.X, [f"t{i}" for i in range(len(train.y))]),
    )
    return [one for one in found if one.kind == "outliers"]


def test_outliers_stay_wrong_under_model_after_model() -> None:
    """Of foreign items most stay wrong while labels grow, and that share is told beside others'."""
    train, sample = with_foreign(0)
    order = np.random.default_rng(0).permutation(len(train.y))
    earlier = []
    for share in (0.3, 0.6):
        rows = order[: int(share * len(order))]
        learner = create_learner("logistic-regression")
        learner.fit(train.X[rows], train.y[rows], class_count=CLASSES, rng=np.random.default_rng(0))
        earlier.append(learner.predict_proba(sample.X).argmax(axis=1))
    (found,) = outliers_in(train, sample, np.array(earlier))
    said = found.evidence
    mine = np.array([int(name[1:]) for name in found.members])
    newest = create_learner("logistic-regression")
    newest.fit(train.X, train.y, class_count=CLASSES, rng=np.random.default_rng(0))
    tables = [*earlier, newest.predict_proba(sample.X).argmax(axis=1)]
    stayed = np.all([table != sample.y for table in tables], axis=0)
    others = np.setdiff1d(np.arange(len(stayed)), mine)
    assert said["models"] == 3
    assert said["stayed_wrong"] == pytest.approx(stayed[mine].mean())
    assert said["stayed_wrong_elsewhere"] == pytest.approx(stayed[others].mean())
    assert said["stayed_wrong"] > 0.5
    assert said["stayed_wrong_elsewhere"] < 0.1
    # Who stayed wrong comes first.
    assert (np.diff(stayed[mine].astype(int)) <= 0).all()


def test_what_an_earlier_model_got_right_is_no_outlier() -> None:
    """The same items, once right: no persistence, no outliers; without history they are told."""
    train, sample = with_foreign(0)
    wrong = np.tile((sample.y + 1) % CLASSES, (2, 1))
    assert outliers_in(train, sample, wrong[:1])
    mended = wrong.copy()
    mended[1, -70:] = sample.y[-70:]
    assert outliers_in(train, sample, mended) == []


def test_causes_come_before_confusions_and_survive_json() -> None:
    """What a cause explains is not told again as a confusion; findings can be stored."""
    train, sample, _ = halves(0)
    planted = np.flatnonzero(sample.y == 3)[::2]
    sample.X[planted] = 1 - sample.X[planted]
    causes = found_in(train, sample)
    learner = create_learner("logistic-regression")
    learner.fit(train.X, train.y, class_count=CLASSES, rng=np.random.default_rng(0))
    found = diagnose(
        truth=sample.y,
        probabilities=learner.predict_proba(sample.X),
        classes=[f"digit {code}" for code in range(CLASSES)],
        asset_ids=[f"s{i}" for i in range(len(sample.y))],
        train_counts=np.bincount(train.y),
        causes=causes,
    )
    assert found[: len(causes)] == causes
    assert not [one for one in found if one.evidence.get("truth") == "digit 3"]
    for finding in found:
        assert from_json(Finding, to_json(finding)) == finding


def test_vectors_of_two_encoders_are_refused() -> None:
    """Sample and training labels must lie in one space."""
    train, sample, _ = halves(0)
    count = len(sample.y)
    table = np.full((count, CLASSES), 1 / CLASSES)
    other = Sample.of(sample.y, table, ["c"] * CLASSES, ["s"] * count, embeddings=sample.X[:, :5])
    with pytest.raises(InvalidInputError, match="another length"):
        error_types(other, Learned.of(train.y, train.X, ["t"] * len(train.y)))


@pytest.mark.parametrize("seed", range(3))
def test_a_fifth_of_a_class_that_training_lacks_is_found(seed: int) -> None:
    """A fifth of a class is enough where training has nothing of the kind."""
    train, sample, _ = halves(seed)
    planted = np.flatnonzero(sample.y == 3)[::5]
    sample.X[planted] = 1 - sample.X[planted]
    first = found_in(train, sample)[0]
    assert (first.kind, first.evidence["class"]) == ("data_distribution", "digit 3")


@pytest.mark.parametrize("seed", range(3))
def test_a_model_too_weak_for_the_classes_is_no_matter_of_their_labels(seed: int) -> None:
    """A line errs where four squares are clear: the labels around bear each label out."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(600, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    assert [one.kind for one in of_two(X, y)] == []


@pytest.mark.parametrize("seed", range(3))
def test_of_two_classes_of_unlike_size_swapped_labels_are_found(seed: int) -> None:
    """Two in three are of one class: its labels around do not outvote the other's."""
    rng = np.random.default_rng(seed)
    y = (rng.random(600) < 0.33).astype(np.int64)
    X = (rng.normal(size=(600, 4)) + 3 * y[:, None]).astype(np.float32)
    given = np.where(rng.random(600) < 0.2, 1 - y, y)
    (found,) = of_two(X, given)
    assert found.kind == "concept_clarity"
    wrong = {int(asset_id[1:]) for asset_id in found.asset_ids}
    assert np.mean([given[at] != y[at] for at in wrong]) > 0.8


def of_two(X: np.ndarray, y: np.ndarray) -> tuple[Finding, ...]:
    """The error types of two classes; the first half is the sample, the second was learned."""
    half = len(y) // 2
    learner = create_learner("logistic-regression")
    learner.fit(X[half:], y[half:], class_count=2, rng=np.random.default_rng(0))
    folds = out_of_fold(
        lambda: create_learner("logistic-regression"),
        X[half:],
        y[half:],
        class_count=2,
        rng=np.random.default_rng(0),
    )
    ids = [f"a{i}" for i in range(len(y))]
    return error_types(
        Sample.of(
            y[:half],
            learner.predict_proba(X[:half]),
            ["no", "yes"],
            ids[:half],
            embeddings=X[:half],
        ),
        Learned.of(y[half:], X[half:], ids[half:], out_of_fold=folds),
    )


@pytest.mark.parametrize("main", [False, True])
def test_rows_that_are_all_the_same_are_told_apart_by_nothing(main: bool) -> None:
    """A class of blank pages is no fault of the arithmetic: every score is alike."""
    rows = np.full((40, 3), 0.1)
    for ours, theirs in ((rows, rows), (rows[:9], rows[:9])):
        draw = np.random.default_rng(0)
        for scores in cross_fitted(ours, theirs, draw, main=main):
            np.testing.assert_allclose(scores, scores[0], atol=1e-9)
    apart = cross_fitted(rows + 1, rows, np.random.default_rng(0), main=main)
    assert apart[0].min() > apart[1].max()
