"""Multi-label strategies against the sums they are defined by, and what their pools must be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist import query
from querist.errors import InvalidInputError, MissingSignalError, UnknownNameError
from querist.strategies import check_pool
from querist.strategies.validation import need_probabilities

RNG = np.random.default_rng(5)
P = RNG.beta(0.7, 0.7, size=(60, 4))
LABELED = np.array([50, 3, 21, 40, 8, 33])
SETS = np.array(
    [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [1, 1, 1, 0], [0, 1, 0, 1], [1, 0, 0, 0]]
)
FREE = np.setdiff1d(np.arange(60), LABELED)


def _entropy(p):
    return -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)


MEASURES = {
    "multilabel-margin": lambda p: 1 - abs(p - (1 - p)),
    "multilabel-least-confidence": lambda p: 1 - max(p, 1 - p),
    "multilabel-entropy": _entropy,
}
AGGREGATES = {"mean": lambda v: sum(v) / len(v), "max": max, "min": min}


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("name", MEASURES)
def test_the_family_aggregates_each_class_by_itself(name, aggregate):
    """The picks and scores are the best of the measure, written out class by class."""
    expected = np.array([AGGREGATES[aggregate]([MEASURES[name](p) for p in row]) for row in P])
    picks = query(
        name, 9, multilabel_probabilities=P, labeled=LABELED, labels=SETS, aggregate=aggregate
    )
    best = FREE[np.argsort(-expected[FREE])[:9]]
    assert picks.indices.tolist() == best.tolist()
    np.testing.assert_allclose(picks.scores, expected[best], rtol=1e-6)


def test_mmc_is_the_loss_against_the_likeliest_set():
    """Every score is the sum over classes of (1 - y f) / 2 with the predicted number of classes."""
    ordered = -np.sort(-P, axis=1)
    shares = ordered / ordered.sum(axis=1, keepdims=True)
    sizes = LogisticRegression(max_iter=1_000).fit(shares[LABELED], SETS.sum(axis=1))
    expected = {}
    for row in FREE.tolist():
        likeliest = np.argsort(-P[row])[: int(sizes.predict(shares[[row]])[0])]
        y = np.where(np.isin(np.arange(4), likeliest), 1, -1)
        expected[row] = float(sum((1 - y * (2 * P[row] - 1)) / 2))
    picks = query("mmc", 9, multilabel_probabilities=P, labeled=LABELED, labels=SETS)
    best = sorted(expected, key=expected.get, reverse=True)[:9]
    assert picks.indices.tolist() == best
    np.testing.assert_allclose(picks.scores, [expected[row] for row in best], rtol=1e-6)


def test_mmc_without_sets_counts_the_chances_over_one_half():
    """Before any label the likeliest set is what the model says, so the loss is its doubt."""
    picks = query("mmc", 5, multilabel_probabilities=P)
    doubt = np.minimum(P, 1 - P).sum(axis=1)
    np.testing.assert_allclose(picks.scores, np.sort(doubt)[::-1][:5], rtol=1e-6)


def test_chunks_equal_the_whole(monkeypatch):
    """In tiny chunks the scores stay the same."""
    given = {"multilabel_probabilities": P, "labeled": LABELED, "labels": SETS}
    whole = {name: query(name, 60, **given).scores for name in (*MEASURES, "mmc")}
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 16)
    for name, scores in whole.items():
        np.testing.assert_allclose(query(name, 60, **given).scores, scores)


def test_reasons_name_the_class_in_doubt():
    """The sentence names the class whose chance is nearest to one half."""
    chances = [[0.9, 0.45], [0.1, 1.0]]
    names = ["beach", "dog"]
    picks = query("multilabel-margin", 1, multilabel_probabilities=chances, class_names=names)
    assert picks.reasons == ("The model is least sure about dog (45\N{NO-BREAK SPACE}%).",)


def test_sets_follow_the_positions_and_leave_no_single_class():
    """A 0/1 matrix is kept in the order of the positions; no row has a class of its own."""
    pool = check_pool(multilabel_probabilities=P, labeled=LABELED, labels=SETS)
    assert pool.labeled.tolist() == sorted(LABELED.tolist())
    assert pool.label_sets[-1].tolist() == SETS[0].tolist()
    assert set(pool.labels.tolist()) == {-1}
    assert pool.class_count == 4


def test_chances_are_no_probabilities():
    """A strategy for single classes does not mistake the chances for a distribution."""
    pool = check_pool(multilabel_probabilities=P)
    with pytest.raises(MissingSignalError, match=" probabilities="):
        need_probabilities(pool, "margin")
    with pytest.raises(MissingSignalError, match="OneVsRestClassifier"):
        query("multilabel-margin", 1, probabilities=np.full((5, 2), 0.5))


@pytest.mark.parametrize("aggregate", ["max", "min"])
def test_of_one_class_every_measure_gives_the_same_order(aggregate: str) -> None:
    """With the largest or smallest doubt the whole family asks the same rows in the same order."""
    given = {"multilabel_probabilities": P, "aggregate": aggregate}
    asked = {tuple(query(name, 60, **given).indices.tolist()) for name in MEASURES}
    assert len(asked) == 1


def test_an_unknown_aggregate_offers_the_nearest():
    """A misspelt aggregate is refused with the names there are."""
    with pytest.raises(UnknownNameError, match="mean"):
        query("multilabel-entropy", 1, multilabel_probabilities=P, aggregate="means")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"multilabel_probabilities": P * 3}, "A chance of row"),
        ({"multilabel_probabilities": P - 1}, "A chance of row"),
        ({"multilabel_probabilities": np.where(np.arange(60)[:, None] == 7, np.nan, P)}, "row 7"),
        ({"multilabel_probabilities": [P, P]}, "column_stack"),
        ({"multilabel_probabilities": P[:, :0]}, "no columns"),
        ({"multilabel_probabilities": P[:, 0]}, "shape"),
        ({"labels": SETS[:, :3]}, "4 classes"),
        ({"labels": SETS[:2]}, r"\(2, 4\)"),
        ({"labels": SETS * 2}, "else than 1 and 0"),
    ],
)
def test_bad_chances_and_sets_are_refused(arguments, word):
    """A wrong array is refused, naming the value, with a remedy."""
    given = {"multilabel_probabilities": P, "labeled": LABELED, "labels": SETS, **arguments}
    with pytest.raises(InvalidInputError, match=word) as caught:
        query("random", 3, **given)
    assert caught.value.remedy


def test_uherding_covers_the_doubt() -> None:
    """Each pick adds the most doubt-weighted coverage that any row could add."""
    vectors = RNG.normal(size=(60, 3)).astype(np.float32)
    picks = query(
        "multilabel-uherding", 4, multilabel_probabilities=P, embeddings=vectors, labeled=LABELED
    )
    units = vectors - vectors[FREE].mean(axis=0)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    apart = np.linalg.norm(units[:, None] - units, axis=2)
    nearest = np.sort(apart[np.ix_(LABELED, LABELED)], axis=1)[:, 1]
    similar = np.exp(-((apart / np.quantile(nearest, 0.01)) ** 2))
    doubt = (1 - np.abs(2 * P - 1)).max(axis=1)
    covered = similar[LABELED].max(axis=0)
    for pick in picks.indices:
        gains = {
            row: (doubt * np.maximum(similar[row] - covered, 0))[FREE].sum()
            for row in FREE.tolist()
        }
        assert gains[pick] == pytest.approx(max(gains.values()), rel=1e-3)
        covered = np.maximum(covered, similar[pick])
