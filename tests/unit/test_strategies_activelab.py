"""ActiveLab against its formula, and its choice between new rows and second opinions."""

from __future__ import annotations

import numpy as np
import pytest

from querist import Constraints, query
from querist.errors import InvalidInputError, UnknownNameError
from querist.metrics import lean_crowd
from querist.metrics.answers import Answers
from querist.metrics.crowdlab import softened, weighed, weights_of
from querist.strategies import activelab, create

RNG = np.random.default_rng(5)
TABLE = RNG.dirichlet(np.ones(3), size=50)
# Rows 10 to 29 have two or three answers of five people.
ROWS = np.concatenate([np.repeat(np.arange(10, 30), 2), np.arange(10, 18)])
WHO = np.concatenate([np.arange(40) % 4, np.full(8, 4)])
SAID = np.where(RNG.random(48) < 0.7, TABLE.argmax(axis=1)[ROWS], RNG.integers(0, 3, size=48))
ANSWERS = (ROWS, WHO, SAID)


def test_scores_follow_the_paper():
    """The score of each row equals the formula written out, for new rows and old ones."""
    answers = Answers.of(ROWS - 10, WHO, SAID, class_count=3)
    warm = TABLE ** (1 / softened(answers, TABLE[10:30]))
    warm /= warm.sum(axis=1, keepdims=True)
    weights = weights_of(answers, warm[10:30])
    posterior = weighed(answers, warm[10:30], weights)
    mean = weights.annotators.mean()
    expected = np.empty(50)
    for row in range(50):
        trust, sure = 0.0, warm[row].max()
        if 10 <= row < 30:
            trust = weights.annotators[WHO[row == ROWS]].sum()
            sure = posterior[row - 10].max()
        total = trust + weights.model + mean
        expected[row] = 1 - ((trust + weights.model) * sure + mean / 3) / total
    np.testing.assert_allclose(activelab.activelab_scores(TABLE, *ANSWERS), expected)


def test_it_takes_the_least_sure_of_new_and_old_rows():
    """Rows with answers compete with new ones, and the reason tells them apart."""
    values = activelab.activelab_scores(TABLE, *ANSWERS)
    given = {"probabilities": TABLE, "annotations": ANSWERS}
    picks = query("activelab", 20, weights="paper", **given)
    np.testing.assert_allclose(picks.scores, np.sort(values)[::-1][:20])
    old = (picks.indices >= 10) & (picks.indices < 30)
    assert 0 < old.sum() < 20
    for again, reason in zip(old, picks.reasons, strict=True):
        assert ("another opinion" in reason) == again
    assert picks.note == f"{20 - old.sum()} new rows and {old.sum()} to be labelled again."


def test_labeled_rows_never_come_back():
    """Rows that are given as labelled are final, whatever their answers say."""
    picks = query("activelab", 50, probabilities=TABLE, annotations=ANSWERS, labeled=range(10, 30))
    assert sorted(picks.indices.tolist()) == [*range(10), *range(30, 50)]


def test_a_disputed_row_is_asked_again_before_an_agreed_one():
    """With the model undecided on both, three different answers are less sure than three equal."""
    table = np.full((6, 3), 1 / 3)
    table[2:] = [0.98, 0.01, 0.01]
    rows = np.repeat([0, 1, 2, 3, 4, 5], 3)
    said = [0, 1, 2, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    answers = (rows, np.tile([0, 1, 2], 6), said)
    for weights in ("paper", "likelihood"):
        picks = query("activelab", 2, probabilities=table, annotations=answers, weights=weights)
        assert picks.indices.tolist() == [0, 1]
        assert picks.scores[0] > picks.scores[1] + 0.05


def test_doubt_about_a_label_counts_twice():
    """The order is by 1 - the posterior of what most say, doubled where somebody has answered."""
    doubts = activelab.likelihood_doubts(TABLE, *ANSWERS)
    known = np.unique(ROWS)
    answers = Answers.of(ROWS - 10, WHO, SAID, class_count=3)
    found = lean_crowd(answers, TABLE[known])
    for at, row in enumerate(known):
        said = np.bincount(SAID[row == ROWS], minlength=3)
        most = found.posterior[at][said == said.max()].max()
        assert doubts[row] == pytest.approx(1 - most)
    expected = doubts.copy()
    expected[known] *= 2
    picks = query("activelab", 40, probabilities=TABLE, annotations=ANSWERS)
    np.testing.assert_allclose(picks.scores, np.sort(expected)[::-1][:40])
    again = np.isin(picks.indices, known)
    assert 0 < again.sum() < 40
    first = int(np.flatnonzero(again)[0])
    assert f"{100 * (1 - doubts[picks.indices[first]]):.0f}" in picks.reasons[first]


def test_whom_to_trust_is_learned_without_a_row_asked_twice():
    """One answer a row: the doubt about the guesser's label is larger than about the expert's."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    table = np.full((300, 3), 0.15)
    table[np.arange(300), truth] = 0.7
    who = np.arange(300) % 2
    said = np.where(who == 0, truth, rng.integers(0, 3, 300))
    doubts = activelab.likelihood_doubts(table, np.arange(300), who, said)
    agreed = said == truth
    assert doubts[agreed & (who == 0)].max() < doubts[agreed & (who == 1)].min()


def test_without_annotations_labels_are_one_annotators():
    """Labels alone give the order by the model's doubt among the unlabelled rows."""
    picks = query("activelab", 5, probabilities=TABLE, labeled=[0, 1, 2], labels=[0, 1, 2])
    assert not set(picks.indices.tolist()) & {0, 1, 2}
    assert np.isfinite(picks.scores).all()


def test_before_any_answer_the_model_decides():
    """With no answer at all the order is that of the least confidence."""
    picks = query("activelab", 10, probabilities=TABLE)
    assert picks.indices.tolist() == np.argsort(TABLE.max(axis=1))[:10].tolist()


def test_chunks_equal_the_whole(monkeypatch):
    """Scores in tiny chunks are the scores of the whole."""
    for scores in (activelab.activelab_scores, activelab.likelihood_doubts):
        monkeypatch.undo()
        whole = scores(TABLE, *ANSWERS)
        monkeypatch.setattr("querist.strategies.geometry.CHUNK", 40)
        np.testing.assert_allclose(scores(TABLE, *ANSWERS), whole)


def test_constraints_hold_for_second_opinions_too():
    """A cap on each group counts new and old rows alike."""
    groups = np.arange(50) % 10
    limits = Constraints(groups=groups, max_per_group=1)
    picks = query("activelab", 10, probabilities=TABLE, annotations=ANSWERS, constraints=limits)
    assert sorted(groups[picks.indices].tolist()) == list(range(10))


def test_bad_annotations_are_refused():
    """Two columns, a class that is no column, and annotations within a sub-pool are refused."""
    with pytest.raises(UnknownNameError, match="weights"):
        create("activelab", weights="papr")
    with pytest.raises(InvalidInputError, match="mending"):
        create("activelab", mending=0)
    with pytest.raises(InvalidInputError, match="2 parts"):
        create("activelab", annotations=([1], [2]))
    with pytest.raises(InvalidInputError, match="classes hold 3"):
        query("activelab", 2, probabilities=TABLE, annotations=([1], [0], [3]))
    with pytest.raises(InvalidInputError, match="annotations"):
        create("sub-pool", inside="activelab", parameters={"annotations": ANSWERS})
