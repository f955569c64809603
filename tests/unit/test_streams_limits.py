"""Budgets, states and drift of a stream."""

from __future__ import annotations

import json

import numpy as np
import pytest

from querist.errors import ConflictError, InvalidInputError, MissingSignalError
from querist.strategies.streams import (
    Cap,
    RecentShare,
    Stream,
    TotalShare,
    caps,
    check_arrival,
    share_limits,
)
from querist.strategies.streams.drift import ChangeDetector, best_cut


def greedy(limit, count, times=None):
    """Ask whenever the limit allows."""
    asked = []
    for at in range(count):
        time = None if times is None else times[at]
        asked.append(limit.allows(time))
        limit.record(asked[-1], time)
    return np.array(asked)


def test_the_recent_share_is_the_estimate_of_the_paper():
    """The estimate follows its recursion, and a greedy stream stays within its stated bound."""
    limit, spent = RecentShare(share=0.1, window=20), 0.0
    for _ in range(500):
        ask = spent / 20 < 0.1
        assert limit.allows(None) == ask
        limit.record(ask, None)
        spent = spent * 19 / 20 + ask
    for share, window in ((0.1, 20), (0.05, 100), (0.9, 7)):
        asked = np.cumsum(greedy(RecentShare(share=share, window=window), 2_000))
        seen = np.arange(1, 2_001)
        assert (asked <= (share + 1 / window) * seen + share * window + 1).all()
        assert asked[-1] >= share * 2_000 * 0.95


def test_the_total_share_is_exact_at_every_moment():
    """A greedy stream has asked exactly ⌈share · n⌉ after every n, for shares that round badly."""
    for numerator, denominator in ((1, 10), (3, 10), (1, 3), (7, 100), (1, 1), (0, 1)):
        asked = np.cumsum(greedy(TotalShare(share=numerator / denominator), 1_000))
        expected = [-(-numerator * n // denominator) for n in range(1, 1_001)]
        assert asked.tolist() == expected


def test_a_cap_holds_in_every_span_and_is_used():
    """In any half-open span no more than the cap is asked, and a greedy stream uses all of it."""
    times = np.cumsum(np.random.default_rng(0).exponential(1.0, size=3_000))
    asked = greedy(Cap(count=5, seconds=60, word="minute"), 3_000, times)
    when = times[asked]
    for end in when:
        assert ((when > end - 60) & (when <= end)).sum() <= 5
    assert len(when) >= 5 * (times[-1] // 60)


def test_a_cap_needs_times_and_takes_a_clock_that_runs_backwards():
    """Without a time it says so; an early time after a late one lifts no cap."""
    stream = Stream("random", budget=1.0, limits=caps(per_hour=1))
    with pytest.raises(InvalidInputError, match="needs the time"):
        stream.decide([[0.5, 0.5]])
    assert stream.seen == 0
    asked = stream.decide([[0.5, 0.5]] * 4, times=[5_000.0, 100.0, 8_599.0, 8_600.0])
    assert asked.tolist() == [True, False, False, True]


def test_saved_budget_is_not_spent_at_once():
    """After a long calm a burst is asked at about twice the budget, not as a whole."""
    calm, burst = np.tile([1.0, 0.0], (2_000, 1)), np.full((200, 2), 0.5)
    stream = Stream("fixed", budget=0.1, random_share=0.0)
    assert stream.decide(calm).sum() == 0
    assert 20 < stream.decide(burst).sum() <= 2 * 0.1 * 200 + 21


def test_states_of_other_streams_are_refused():
    """Another budget, strategy, seed or cap is named; something else is no state."""
    state = Stream("variable", budget=0.1, seed=1).state()
    for other, word in (
        (Stream("variable", budget=0.2, seed=1), "budget"),
        (Stream("fixed", budget=0.1, seed=1), "strategy"),
        (Stream("variable", budget=0.1, seed=2), "seed"),
        (Stream("variable", limits=[*share_limits(0.1), *caps(per_day=9)], seed=1), "limits"),
    ):
        with pytest.raises(ConflictError, match=word):
            other.restore(state)
    for wrong in ({}, {"settings": {}}, {**state, "strategy": {}}, {**state, "generator": 3}):
        with pytest.raises(InvalidInputError, match="no state"):
            Stream("variable", budget=0.1, seed=1).restore(wrong)


def test_arrays_of_states_are_checked():
    """A damaged array in a state is refused, not read as something else."""
    stream = Stream("vessal", seed=1)
    stream.decide([[0.5, 0.5]] * 20, embeddings=np.ones((20, 2)))
    state = json.loads(json.dumps(stream.state()))
    state["strategy"]["inner"]["mean"]["shape"] = [3, 3]
    with pytest.raises(InvalidInputError, match="no array"):
        Stream("vessal", seed=1).restore(state)


def test_columns_of_other_lengths_and_missing_signals_are_refused():
    """Chunks say which column is short, and strategies which signal they lack."""
    with pytest.raises(InvalidInputError, match="3 embeddings for 2"):
        Stream("density").decide([[0.5, 0.5]] * 2, embeddings=np.ones((3, 2)))
    with pytest.raises(MissingSignalError, match="embedding"):
        Stream("density").decide([[0.5, 0.5]])
    stream = Stream("density")
    stream.decide([[0.5, 0.5]], embeddings=np.ones((1, 2)))
    with pytest.raises(InvalidInputError, match="embedding has 3"):
        stream.decide([[0.5, 0.5]], embeddings=np.ones((1, 3)))
    for wrong in ("ab", [["x"]], [[0.5, [0.5]]], [[True, False]], [0.5]):
        with pytest.raises(InvalidInputError, match="no list of numbers"):
            Stream("fixed").decide(wrong)


def test_the_best_cut_is_the_best_of_all_cuts():
    """The cut and its evidence equal those of a plain search by log-likelihoods."""
    rng = np.random.default_rng(0)

    def likelihood(values):
        rate = values.mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.array([rate * np.log(rate), (1 - rate) * np.log(1 - rate)])
        return len(values) * np.nan_to_num(terms).sum()

    for count in (2, 3, 17, 60):
        for _ in range(20):
            values = (rng.random(count) < rng.random()).astype(float)
            gains = [
                likelihood(values[:cut]) + likelihood(values[cut:]) - likelihood(values)
                for cut in range(1, count)
            ]
            cut, evidence = best_cut(values)
            assert evidence == pytest.approx(max(gains), abs=1e-9)
            assert gains[cut - 1] == pytest.approx(max(gains), abs=1e-9)


def test_drift_is_found_soon_and_seldom_imagined():
    """Of 100 stationary runs of 300 labels at most 6 give an alarm; a jump is found in 40."""
    false = late = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        detector = ChangeDetector()
        rate = rng.uniform(0.05, 0.4)
        false += any(detector.add(value < rate) for value in rng.random(300))
        detector = ChangeDetector()
        before = [detector.add(value < 0.15) for value in rng.random(150)]
        after = [detector.add(value < 0.75) for value in rng.random(40)]
        late += any(before) or not any(after)
    assert false <= 6
    assert late <= 5


def test_getting_better_is_no_alarm_and_is_forgotten():
    """A fall of the rate gives no alarm, and the rate before it no longer counts."""
    rng = np.random.default_rng(1)
    detector = ChangeDetector(window=400)
    values = np.concatenate([rng.random(200) < 0.6, rng.random(200) < 0.05])
    assert not any(detector.add(bool(value)) for value in values)
    assert np.mean(detector.outcomes) < 0.1
    for _ in range(1_000):
        detector.add(False)
    assert len(detector.outcomes) <= 400


def test_an_alarm_resets_the_threshold_and_marks_the_next_decision():
    """After an alarm θ is 1 again, and exactly the next decision says that there was a drift."""
    stream = Stream("variable", budget=0.5, random_share=0.2)
    stream.decide(np.tile([0.6, 0.4], (500, 1)))
    assert stream.strategy.inner.theta != 1.0
    assert not any(stream.observe(mistake=False) for _ in range(60))
    assert [stream.observe(mistake=True) for _ in range(12)].count(True) == 1
    assert stream.strategy.inner.theta == 1.0
    arrival = check_arrival(probabilities=[0.9, 0.1])
    assert [stream.consider(arrival).drift for _ in range(3)] == [True, False, False]
