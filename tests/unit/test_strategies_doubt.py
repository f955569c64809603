"""Strategies that go by one number of doubt for each row: boxes, spans, whatever has parts."""

from __future__ import annotations

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies import check_pool, create, explain
from querist.strategies.coverage import Space, adaptive_radius
from querist.strategies.scores import margin

RNG = np.random.default_rng(31)
# Five groups of 60 rows, far from each other.
GROUP = np.repeat(np.arange(5), 60)
E = (RNG.normal(size=(5, 12))[GROUP] * 4 + RNG.normal(size=(300, 12))).astype(np.float32)
U = RNG.gamma(0.5, size=300)
LABELED = np.arange(0, 300, 12)
FREE = np.setdiff1d(np.arange(300), LABELED)
GIVEN = {"uncertainty": U, "embeddings": E, "labeled": LABELED, "random_state": 0}


def test_the_most_uncertain_rows_come_first():
    """The picks and scores are those of a full sort of the candidates."""
    picks = query("uncertainty", 12, **GIVEN)
    assert picks.indices.tolist() == FREE[np.argsort(-U[FREE])[:12]].tolist()
    np.testing.assert_allclose(picks.scores, U[picks.indices])
    assert "less sure of it than of 99" in picks.reasons[0]


def test_ties_are_drawn_by_the_seed():
    """Of rows with equal doubt every one comes for some seed, and the same one for the same."""
    tied = np.zeros(20)
    tied[5:10] = 1.0
    seen = {
        int(query("uncertainty", 1, uncertainty=tied, random_state=s).indices[0]) for s in range(60)
    }
    assert seen == {5, 6, 7, 8, 9}


def test_draws_are_in_proportion_to_a_power_of_the_doubt():
    """How often a row comes first is uncertainty ** beta over the sum, as its propensity says."""
    doubt = np.array([0.0, 1.0, 2.0, 3.0])
    expected = doubt**2 / (doubt**2).sum()
    count = np.zeros(4)
    for seed in range(3_000):
        picks = query("uncertainty-power", 1, uncertainty=doubt, beta=2.0, random_state=seed)
        count[picks.indices[0]] += 1
        assert picks.propensities is not None
        assert picks.propensities[0] == pytest.approx(expected[picks.indices[0]])
    np.testing.assert_allclose(count / 3_000, expected, atol=0.03)


def test_herding_is_greedy_on_the_covered_doubt():
    """Every pick adds the most covered doubt, by the sum written out, whatever the unit."""
    picks = query("uncertainty-herding", 8, **GIVEN)
    pool = check_pool(embeddings=E, labeled=LABELED)
    space = Space.of(pool, E, np.random.default_rng(0))
    x = space.at(np.arange(300)).astype(np.float64)
    apart = np.maximum(((x[:, None] - x[None]) ** 2).sum(axis=2), 0)
    alike = np.exp(-apart / adaptive_radius(space, LABELED) ** 2)
    covered = alike[:, LABELED].max(axis=1)
    for pick, score in zip(picks.indices, picks.scores, strict=True):
        gains = U[FREE] @ np.maximum(alike[FREE] - covered[FREE, None], 0) / U[FREE].sum()
        assert gains[pick] == pytest.approx(gains[FREE].max(), rel=1e-3)
        assert score == pytest.approx(gains[pick], rel=1e-3, abs=1e-6)
        covered = np.maximum(covered, alike[:, pick])
    larger = query("uncertainty-herding", 8, **{**GIVEN, "uncertainty": U * 1e6})
    assert larger.indices.tolist() == picks.indices.tolist()


def test_with_the_doubt_of_classes_herding_is_uherding():
    """Given the margins as the doubt it asks what UHerding asks with the probabilities."""
    table = RNG.dirichlet(np.ones(4), size=300)
    one = query("uherding", 10, **{**GIVEN, "uncertainty": None}, probabilities=table)
    other = query("uncertainty-herding", 10, **{**GIVEN, "uncertainty": margin(table)})
    assert one.indices.tolist() == other.indices.tolist()


def test_without_any_doubt_herding_covers():
    """Where the model is sure of every row, the picks are those of equal weights."""
    sure = query("uncertainty-herding", 10, **{**GIVEN, "uncertainty": np.zeros(300)})
    even = query("uncertainty-herding", 10, **{**GIVEN, "uncertainty": np.ones(300)})
    assert sure.indices.tolist() == even.indices.tolist()


def test_auto_covers_while_labels_are_few():
    """With five labels auto asks as it does without a model, and says why."""
    few = {"embeddings": E, "labeled": LABELED[:5], "random_state": 0}
    picks, bare = query("auto", 10, uncertainty=U, **few), query("auto", 10, **few)
    assert picks.indices.tolist() == bare.indices.tolist()
    assert "5 labels are too few" in picks.note


def test_auto_asks_where_the_doubt_is_and_spreads():
    """With enough labels nearly all of the batch is in the doubtful groups, and in each of them."""
    doubt = np.where(np.isin(GROUP, (1, 3)), 0.9, 0.01)
    picks = query("auto", 10, **{**GIVEN, "uncertainty": doubt}, random_share=0.0)
    asked = np.bincount(GROUP[picks.indices], minlength=5)
    assert asked[[1, 3]].sum() >= 9
    assert asked[[1, 3]].min() >= 3
    assert "unsure of as a whole" in picks.note


def test_auto_draws_by_doubt_without_vectors():
    """Without embeddings rows with more doubt come oftener, and the note says so."""
    doubt = np.where(np.arange(100) < 10, 1.0, 0.2)
    picks = query("auto", 8, uncertainty=doubt, random_state=0, random_share=0.0)
    assert (picks.indices < 10).sum() >= 6
    assert "no embedding was given" in picks.note


def test_auto_goes_by_probabilities_where_there_are_some():
    """Doubt of the row as a whole changes nothing beside class probabilities."""
    given = {**GIVEN, "probabilities": RNG.dirichlet(np.ones(3), size=300)}
    given["labels"] = np.arange(len(LABELED)) % 3
    with_doubt, without = (
        query("auto", 9, **given),
        query("auto", 9, **{**given, "uncertainty": None}),
    )
    assert with_doubt.indices.tolist() == without.indices.tolist()


def test_a_sub_pool_keeps_the_doubt_of_its_rows():
    """Inside a sub-pool the most uncertain of its rows come, by their own doubt."""
    picks = query("sub-pool", 5, inside="uncertainty", neighbors=8, **GIVEN)
    np.testing.assert_allclose(picks.scores, U[picks.indices])


def test_rows_that_are_no_less_sure_are_told_by_what_they_stand_for():
    """A row of little doubt gets the sentence of coverage where it was chosen for its place."""
    values, places = np.array([0.1, 0.2, 0.9]), np.array([0, 2])
    assert explain.doubt(values, places, np.array([0.9, 0.1]))[0] == explain.COMMON
    assert "than of 66" in explain.doubt(values, places)[1]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([0.1, np.nan, 0.2], "row 1"),
        ([0.1, 0.2, np.inf], "row 2"),
        ([0.3, 0.1, -0.5], r"row 2 is -0\.5"),
        ([[0.1, 0.2, 0.3]], "shape"),
        (["a", "b", "c"], "type"),
        ([0.1, 0.2], "uncertainty 2"),
    ],
)
def test_a_wrong_uncertainty_is_refused(wrong, words):
    """Each error names the row, or the shape, and says what to give."""
    with pytest.raises(InvalidInputError, match=words) as caught:
        check_pool(embeddings=E[:3], uncertainty=wrong)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["uncertainty", "uncertainty-power", "uncertainty-herding"])
def test_without_the_signal_it_says_what_to_pass(name):
    """The error names the array and how to make it."""
    with pytest.raises(MissingSignalError, match="uncertainty=") as caught:
        query(name, 3, embeddings=E)
    assert "entropy" in (caught.value.remedy or "")


def test_a_negative_power_is_refused():
    """Beta below 0 would prefer what the model is sure of."""
    with pytest.raises(InvalidInputError, match="beta"):
        create("uncertainty-power", beta=-1.0)
