"""Committee strategies against the sums they are defined by, and what a committee must be."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest

from querist import query
from querist.errors import InvalidInputError, MissingSignalError
from querist.strategies import batch_bald, committee_scores
from querist.strategies.validation import check_pool

RNG = np.random.default_rng(4)
MEMBERS = RNG.dirichlet(np.ones(3) * 0.5, size=(5, 30)).astype(np.float32)
ROWS = np.arange(30)


def _entropy(p):
    p = np.asarray(p, dtype=np.float64)
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def test_consensus_kl_is_the_mean_divergence():
    """The score equals mean_k KL(p_k || mean), summed as written."""
    p = MEMBERS.astype(np.float64)
    expected = (p * np.log(p / p.mean(axis=0))).sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(
        committee_scores.consensus_kl(MEMBERS, ROWS), expected, rtol=1e-4, atol=1e-6
    )


def test_votes_are_counted():
    """Vote entropy and variation ratio follow the counted votes."""
    votes = np.stack([np.bincount(v, minlength=3) / 5 for v in MEMBERS.argmax(axis=2).T])
    np.testing.assert_allclose(
        committee_scores.vote_entropy(MEMBERS, ROWS), [_entropy(v) for v in votes], atol=1e-9
    )
    np.testing.assert_allclose(
        committee_scores.variation_ratio(MEMBERS, ROWS), 1 - votes.max(axis=1), atol=1e-12
    )


def test_chunks_equal_the_whole(monkeypatch):
    """Scores in tiny chunks are the scores of the whole."""
    names = ("consensus_kl", "vote_entropy", "soft_vote_entropy", "variation_ratio")
    whole = [getattr(committee_scores, name)(MEMBERS, ROWS) for name in names]
    epig = committee_scores.predictive_information(MEMBERS, ROWS, ROWS[:7])
    monkeypatch.setattr("querist.strategies.geometry.CHUNK", 64)
    monkeypatch.setattr(committee_scores, "_PART", 20)
    for name, values in zip(names, whole, strict=True):
        np.testing.assert_allclose(getattr(committee_scores, name)(MEMBERS, ROWS), values)
    np.testing.assert_allclose(
        committee_scores.predictive_information(MEMBERS, ROWS, ROWS[:7]), epig
    )


def test_epig_is_the_mean_information_about_targets():
    """The score equals the mean KL of the joint from the product, summed as written."""
    targets = np.array([2, 5, 11])
    p = MEMBERS.astype(np.float64)
    expected = np.zeros(30)
    for row, target in itertools.product(range(30), targets):
        joint = np.einsum("ky,kz->yz", p[:, row], p[:, target]) / 5
        apart = np.outer(p[:, row].mean(axis=0), p[:, target].mean(axis=0))
        expected[row] += (joint * np.log(joint / apart)).sum() / len(targets)
    np.testing.assert_allclose(
        committee_scores.predictive_information(MEMBERS, ROWS, targets), expected, atol=1e-6
    )


def test_epig_of_many_classes_holds_no_table_of_their_pairs_with_all_targets():
    """300 classes and 200 targets took 144 MB a row; the parts now stay small."""
    committee = np.random.default_rng(0).dirichlet(np.ones(300), size=(2, 200))
    tracemalloc.start()
    committee_scores.predictive_information(committee, np.arange(2), np.arange(200))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 30e6


def test_epig_refuses_more_classes_than_it_can_look_at_in_pairs():
    """A thousand classes would take hours: the error says so and names what is linear in them."""
    committee = np.random.default_rng(0).dirichlet(np.ones(1_000), size=(2, 300))
    with pytest.raises(InvalidInputError, match=r"pair of 1000 classes.*'bald'"):
        query("epig", n=10, committee=committee, random_state=0)
    found = query("epig", n=3, committee=committee, rows=1, candidates=range(9), random_state=0)
    assert len(found.indices) == 3


def _joint_information(rows):
    p = MEMBERS[:, rows].astype(np.float64)
    p /= p.sum(axis=2, keepdims=True)
    total = 0.0
    joint = [
        np.mean([np.prod(member[np.arange(len(rows)), labels]) for member in p])
        for labels in itertools.product(range(3), repeat=len(rows))
    ]
    total = _entropy(joint)
    return total - sum(np.mean([_entropy(p[k, i]) for k in range(5)]) for i in range(len(rows)))


def test_batch_bald_maximises_the_joint_information():
    """While exact, every pick adds as much joint information as any row could."""
    picks = query("batch-bald", 4, committee=MEMBERS)
    taken = []
    before = 0.0
    for pick, gain in zip(picks.indices.tolist(), picks.scores, strict=True):
        every = {row: _joint_information([*taken, row]) for row in range(30) if row not in taken}
        assert every[pick] == pytest.approx(max(every.values()), abs=1e-6)
        assert gain == pytest.approx(every[pick] - before, abs=1e-5)
        before = every[pick]
        taken.append(pick)


def test_batch_bald_sampled_is_near_exact():
    """Drawn configurations give nearly the gains of all configurations."""
    members = np.ascontiguousarray(MEMBERS.transpose(1, 0, 2), dtype=np.float64)
    _, exact = batch_bald.joint_picks(members, 5, 3**5, np.random.default_rng(0))
    _, drawn = batch_bald.joint_picks(members, 5, 3**5 - 1 - 3**4, np.random.default_rng(0))
    np.testing.assert_allclose(drawn, exact, atol=0.05)


def test_batch_bald_takes_no_copy_twice():
    """Of two copies of the most informative row the second adds less than another row."""
    members = MEMBERS.copy()
    best = int(committee_scores.consensus_kl(members, ROWS).argmax())
    members[:, (best + 1) % 30] = members[:, best]
    together = query("batch-bald", 2, committee=members).indices
    alone = query("bald", 2, committee=members).indices
    assert set(alone.tolist()) == {best, (best + 1) % 30}
    assert set(together.tolist()) != set(alone.tolist())


def test_a_long_batch_stays_finite():
    """A batch of all rows, whose joint probabilities would vanish, has finite scores."""
    members = RNG.dirichlet(np.ones(4), size=(3, 400))
    picks = query("batch-bald", 400, committee=members, samples=50, random_state=0)
    assert np.isfinite(picks.scores).all()
    assert len(set(picks.indices.tolist())) == 400


@pytest.mark.parametrize("measure", ["vote", "soft-vote", "kl", "variation-ratio"])
def test_qbc_takes_the_best_of_its_measure(measure):
    """The picks are the highest of the measure asked for."""
    score = {
        "vote": committee_scores.vote_entropy,
        "soft-vote": committee_scores.soft_vote_entropy,
        "kl": committee_scores.consensus_kl,
        "variation-ratio": committee_scores.variation_ratio,
    }[measure](MEMBERS, ROWS)
    picks = query("qbc", 6, committee=MEMBERS, measure=measure)
    np.testing.assert_allclose(picks.scores, np.sort(score)[::-1][:6])


def test_an_unknown_measure_offers_the_nearest():
    """A misspelt measure is refused with the names there are."""
    with pytest.raises(InvalidInputError, match="votes"):
        query("qbc", 2, committee=MEMBERS, measure="votes")


def test_a_missing_committee_says_how_to_give_it():
    """Without a committee the message names the argument and a way to make one."""
    with pytest.raises(MissingSignalError, match="committee=") as caught:
        query("bald", 2, probabilities=MEMBERS[0])
    assert "np.stack" in caught.value.remedy


@pytest.mark.parametrize(
    ("committee", "word"),
    [
        (MEMBERS[0], "shape"),
        (MEMBERS * 2, "sum to"),
        (np.where(np.arange(30)[:, None] == 7, np.nan, MEMBERS), "row 7"),
        (MEMBERS[:0], "shape"),
    ],
)
def test_a_bad_committee_is_refused(committee, word):
    """A committee of the wrong shape or with wrong values is named."""
    with pytest.raises(InvalidInputError, match=word):
        query("bald", 2, committee=committee)


def test_a_committee_must_fit_the_rest():
    """Other rows or other classes than the probabilities are refused."""
    with pytest.raises(InvalidInputError, match="disagree"):
        check_pool(probabilities=MEMBERS[0, :20], committee=MEMBERS)
    with pytest.raises(InvalidInputError, match="classes"):
        check_pool(probabilities=np.full((30, 2), 0.5), committee=MEMBERS)


def test_a_committee_alone_gives_size_and_classes():
    """With nothing else the committee tells how many rows and classes there are."""
    pool = check_pool(committee=MEMBERS)
    assert (pool.size, pool.class_count) == (30, 3)
