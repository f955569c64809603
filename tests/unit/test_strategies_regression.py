"""Regression strategies against plain loops over their objectives, and what their pools must be."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies import check_pool

RNG = np.random.default_rng(11)
X = RNG.normal(size=(40, 3))
F = RNG.normal(size=40) * 5
LABELED = np.array([31, 4, 17])
Y = np.array([2.5, -1.0, 0.25])


def _free(taken):
    return [row for row in range(len(X)) if row not in taken]


def _lcmd(labeled, n):
    centers, picks = list(labeled), []
    for _ in range(n):
        rest = _free(centers)
        owner = {row: min(centers, key=lambda c: np.sum((X[row] - X[c]) ** 2)) for row in rest}
        reach = {row: np.sum((X[row] - X[owner[row]]) ** 2) for row in rest}
        sizes = {c: sum(reach[r] for r in rest if owner[r] == c) for c in set(owner.values())}
        largest = max(sizes, key=sizes.get)
        pick = max((row for row in rest if owner[row] == largest), key=reach.get)
        picks.append((pick, np.sqrt(reach[pick])))
        centers.append(pick)
    return picks


def _greedy(distance, labeled, n):
    known = {int(row): float(y) for row, y in zip(labeled, Y, strict=True)}
    picks = []
    for _ in range(n):
        score = {row: min(distance(row, m, known[m]) for m in known) for row in _free(known)}
        pick = max(score, key=score.get)
        picks.append((pick, score[pick]))
        known[pick] = F[pick]
    return picks


DISTANCES = {
    "gsx": lambda row, other, _: np.linalg.norm(X[row] - X[other]),
    "gsy": lambda row, _, y: abs(F[row] - y),
    "igs": lambda row, other, y: np.linalg.norm(X[row] - X[other]) * abs(F[row] - y),
}


def test_lcmd_takes_the_farthest_row_of_the_largest_cluster():
    """Every pick and its distance are those of a plain loop over clusters."""
    picks = query("lcmd", 12, embeddings=X, labeled=LABELED)
    rows, reach = zip(*_lcmd(LABELED, 12), strict=True)
    assert picks.indices.tolist() == list(rows)
    np.testing.assert_allclose(picks.scores, reach, rtol=1e-4)


@pytest.mark.parametrize("name", DISTANCES)
def test_greedy_sampling_takes_the_row_least_like_all_that_is_known(name):
    """Every pick and its score are those of a plain loop over all pairs."""
    picks = query(name, 12, embeddings=X, predictions=F, labeled=LABELED, targets=Y, random_state=0)
    rows, scores = zip(*_greedy(DISTANCES[name], LABELED, 12), strict=True)
    assert picks.indices.tolist() == list(rows)
    np.testing.assert_allclose(picks.scores, scores, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["lcmd", "gsx", "igs"])
def test_without_labels_the_row_nearest_to_the_mean_is_first(name):
    """The first of the cold start stands in the middle, and the second is the farthest from it."""
    picks = query(name, 2, embeddings=X + 100, predictions=F)
    first = int(np.linalg.norm(X - X.mean(axis=0), axis=1).argmin())
    assert picks.indices[0] == first
    if name != "igs":
        assert picks.indices[1] == np.linalg.norm(X - X[first], axis=1).argmax()


def test_lcmd_prefers_many_rows_at_a_distance_to_one_outlier():
    """A far outlier alone is a smaller cluster than fifty rows that are less far; gsx takes it."""
    group = RNG.normal(size=(50, 2)) * 0.1 + [3, 0]
    rows = np.concatenate([[[0, 0], [0, 100]], group, [[0, 104.0]]])
    assert query("lcmd", 1, embeddings=rows, labeled=[0, 1]).indices[0] < 52
    assert query("gsx", 1, embeddings=rows, labeled=[0, 1]).indices[0] == 52


def test_a_large_offset_hides_no_distance():
    """Adding a million to every number moves no pick."""
    near = query("lcmd", 8, embeddings=X * 100, labeled=LABELED).indices
    far = query("lcmd", 8, embeddings=np.float32(X * 100 + 1e5), labeled=LABELED).indices
    assert near.tolist() == far.tolist()


def test_committee_variance_takes_the_largest_variance():
    """The score is the variance over the members, and the order follows it."""
    members = RNG.normal(size=(5, 40))
    picks = query("qbc-variance", 6, committee_predictions=members)
    variance = ((members - members.mean(axis=0)) ** 2).mean(axis=0)
    np.testing.assert_allclose(picks.scores, np.sort(variance)[::-1][:6])
    np.testing.assert_allclose(picks.scores, variance[picks.indices])


def test_chunks_equal_the_whole(monkeypatch):
    """In tiny chunks the picks stay the same."""
    given = {"embeddings": X, "predictions": F, "labeled": LABELED, "targets": Y}
    whole = {name: query(name, 8, **given).indices.tolist() for name in ("lcmd", "gsx", "igs")}
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 16)
    assert whole == {name: query(name, 8, **given).indices.tolist() for name in whole}


def test_an_unknown_number_is_taken_as_predicted():
    """NaN among the targets counts as the model's own prediction."""
    partly = np.array([2.5, np.nan, 0.25])
    filled = np.array([2.5, F[4], 0.25])
    one, two = (
        query("gsy", 5, predictions=F, labeled=LABELED, targets=y) for y in (partly, filled)
    )
    assert one.indices.tolist() == two.indices.tolist()


def test_a_mixture_and_a_sub_pool_hand_the_numbers_on():
    """Inside a mixture earlier picks count as unknown numbers; a sub-pool of all is the same."""
    given = {"embeddings": X, "predictions": F, "labeled": LABELED, "targets": Y}
    picks = query("mixture", 6, parts={"igs": 1, "gsy": 1}, random_state=0, **given)
    assert picks.indices[:3].tolist() == query("igs", 3, **given).indices.tolist()
    inside = query("sub-pool", 4, inside="igs", neighbors=100, **given)
    assert inside.indices.tolist() == query("igs", 4, **given).indices.tolist()


def test_targets_follow_the_positions():
    """Positions in any order keep their own number."""
    pool = check_pool(embeddings=X, labeled=LABELED, targets=Y)
    assert pool.labeled.tolist() == [4, 17, 31]
    assert pool.targets.tolist() == [-1.0, 0.25, 2.5]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"predictions": F[:, None]}, r"\(40, 1\)"),
        ({"predictions": F[:39]}, "disagree"),
        ({"predictions": np.where(np.arange(40) == 7, np.nan, F)}, "row 7"),
        ({"committee_predictions": F}, r"\(40,\)"),
        ({"committee_predictions": np.empty((0, 40))}, r"\(0, 40\)"),
        ({"committee_predictions": [F, np.where(np.arange(40) == 9, np.inf, F)]}, "row 9"),
        ({"targets": Y[:2]}, r"\(2,\)"),
        ({"targets": ["a", "b", "c"]}, "type"),
        ({"targets": [1.0, np.inf, 2.0]}, "infinite"),
    ],
)
def test_bad_numbers_are_refused_with_the_value(arguments, word):
    """A wrong array is refused, naming the value, with a remedy."""
    with pytest.raises(InvalidInputError, match=word) as caught:
        query("random", 3, **{"embeddings": X, "labeled": LABELED, **arguments})
    assert caught.value.remedy


def test_missing_numbers_say_how_to_give_them():
    """Predictions, committee and targets are named with the call that makes them."""
    with pytest.raises(MissingSignalError, match=r"model\.predict"):
        query("igs", 2, embeddings=X)
    with pytest.raises(MissingSignalError, match="committee_predictions="):
        query("qbc-variance", 2, predictions=F)
    with pytest.raises(MissingSignalError, match="targets="):
        query("gsy", 2, predictions=F, labeled=LABELED)
