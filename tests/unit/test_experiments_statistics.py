"""Facts about the comparison of arms."""

from __future__ import annotations

import numpy as np
import pytest

from querist.experiments import statistics
from querist.experiments.runner import Run
from querist.experiments.statistics import (
    compare,
    curve_band,
    label_saving,
    labels_to_match,
    pairwise_penalty,
)


def _run(strategy: str, seed: int, accuracy: list[float]) -> Run:
    return Run(
        strategy=strategy,
        seed=seed,
        labels=[10 * (i + 1) for i in range(len(accuracy))],
        accuracy=accuracy,
        aulc=float(np.mean(accuracy)),
        select_seconds=[1.0, 2.0, 3.0],
        fit_seconds=[2.0, 3.0, 4.0],
        peak_mb=100.0 + seed,
    )


OURS = [_run("auto", seed, [0.5 + 0.01 * seed, 0.9, 0.9]) for seed in range(4)]
CONTROL = [_run("random", seed, [0.4 + 0.01 * seed, 0.6, 0.9]) for seed in range(4)]
FULL = dict.fromkeys(range(4), 1.0)


def test_gain_wins_and_interval_come_from_pairs() -> None:
    """Each seed's area less the control's of the same seed: here the same for all."""
    rows = compare([*CONTROL, *OURS], FULL, (0.9,))
    assert [row["strategy"] for row in rows] == ["auto", "random"]
    auto, random = rows
    assert auto["aulc_gain"] == pytest.approx(0.4 / 3)
    assert auto["gain_ci"] == pytest.approx([0.4 / 3, 0.4 / 3])
    assert (auto["wins"], auto["ties"], auto["losses"]) == (4, 0, 0)
    assert (random["wins"], random["ties"], random["losses"]) == (0, 4, 0)
    assert random["aulc_gain"] == 0.0
    assert auto["label_saving_at"] == {"0.9": pytest.approx(1 - 20 / 30)}


def test_the_interval_covers_the_true_gain_and_holds_the_mean() -> None:
    """Noise between seeds widens the interval around the mean gain."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.02, (20, 3))
    ours = [_run("auto", s, list(np.array([0.5, 0.7, 0.8]) + noise[s])) for s in range(20)]
    control = [_run("random", s, [0.5, 0.7, 0.8]) for s in range(20)]
    row = next(r for r in compare([*ours, *control], FULL, ()) if r["strategy"] == "auto")
    low, high = row["gain_ci"]
    assert low < row["aulc_gain"] < high
    assert low < 0 < high
    assert row["aulc_gain"] == pytest.approx(noise.mean())


def test_a_control_that_never_arrives_gives_a_lower_bound() -> None:
    """Its last count stands in, and the row says so."""
    short = [_run("random", s, [0.4, 0.6, 0.7]) for s in range(4)]
    found = label_saving(OURS, short, FULL, 0.9)
    assert found["saving"] == pytest.approx(1 - 20 / 30)
    assert found["at_least"]
    assert found["reached"] == [4, 0]


def test_an_arm_that_does_not_always_arrive_claims_nothing() -> None:
    """One seed below the target is enough for None."""
    ours = [*OURS[:3], _run("auto", 3, [0.5, 0.6, 0.7])]
    found = label_saving(ours, CONTROL, FULL, 0.9)
    assert found["saving"] is None
    assert found["strategy"] is None
    assert found["reached"] == [3, 4]
    assert not found["at_least"]


def test_the_penalty_counts_rounds_in_which_another_arm_is_surely_better() -> None:
    """Two rounds of three are clearly lost, the last is equal."""
    rng = np.random.default_rng(1)
    good = np.column_stack([np.full(6, 0.8), np.full(6, 0.9), np.full(6, 0.9)])
    bad = good - [0.2, 0.2, 0.0] + np.column_stack([rng.normal(0, 0.01, (6, 2)), np.zeros(6)])
    assert np.allclose(pairwise_penalty([good, bad]), [[0, 2 / 3], [0, 0]])


def test_the_interval_of_a_saving_holds_it() -> None:
    """Paired draws of the seeds: the same shares in all seeds leave no doubt, others do."""
    assert label_saving(OURS, CONTROL, FULL, 0.9)["saving_ci"] == pytest.approx([1 / 3, 1 / 3])
    mixed = [*OURS[:2], *(_run("auto", s, [0.5, 0.6, 0.9]) for s in (2, 3))]
    found = label_saving(mixed, CONTROL, FULL, 0.9)
    low, high = found["saving_ci"]
    assert low < found["saving"] < high < 1
    # Two seeds save a third, two nothing: four seeds do not even prove that there is a saving.
    assert low < 0
    assert label_saving(OURS[:1], CONTROL[:1], FULL, 0.9)["saving_ci"] is None


def test_the_labels_to_match_come_from_the_mean_curves() -> None:
    """The control's best mean and where the arm's mean curve passes it, with an interval."""
    ours = [_run("auto", s, [0.5, 0.8, 0.9]) for s in range(4)]
    control = [_run("random", s, [0.4, 0.5, 0.65 + 0.02 * (s % 2)]) for s in range(4)]
    found = labels_to_match(ours, control)
    assert found["accuracy"] == pytest.approx(0.66)
    assert found["strategy"] == pytest.approx(10 + 10 * 0.16 / 0.3)
    assert found["control"] == 30
    assert found["saving"] == pytest.approx(1 - found["strategy"] / 30)
    low, high = found["saving_ci"]
    assert 0 < low < found["saving"] < high < 1
    assert labels_to_match(ours[:1], control[:1])["saving_ci"] is None
    behind = labels_to_match(control, ours)
    assert (behind["strategy"], behind["saving"], behind["saving_ci"]) == (None, None, None)
    assert labels_to_match(control, control)["saving"] == 0


def test_level_seeds_are_ties() -> None:
    """An arm that does what the control does neither wins nor loses."""
    same = [_run("copy", r.seed, r.accuracy) for r in CONTROL]
    row = next(r for r in compare([*same, *CONTROL], FULL, ()) if r["strategy"] == "copy")
    assert (row["wins"], row["ties"], row["losses"]) == (0, 4, 0)


def test_what_an_arm_costs_is_told() -> None:
    """Means of the seconds of a round, and the largest memory."""
    row = compare([*OURS, *CONTROL], FULL, ())[0]
    assert (row["select_seconds"], row["fit_seconds"], row["peak_mb"]) == (2.0, 3.0, 103.0)


def test_one_seed_proves_nothing() -> None:
    """Without a second seed no arm is called beaten, and nothing has an interval."""
    rows = compare([OURS[0], CONTROL[0]], {0: 1.0}, (0.9,))
    assert [row["beaten"] for row in rows] == [0.0, 0.0]
    assert rows[0]["gain_ci"] is None
    assert set(curve_band(OURS[:1])[0]) == {"labels", "value"}


def test_a_band_holds_its_mean() -> None:
    """At every label count low ≤ mean ≤ high, and equal seeds have no doubt."""
    band = curve_band(OURS)
    assert [point["labels"] for point in band] == [10, 20, 30]
    assert band[0]["low"] < band[0]["value"] == pytest.approx(0.515)
    assert band[0]["value"] < band[0]["high"]
    assert band[1]["low"] == band[1]["high"] == pytest.approx(0.9)


@pytest.mark.parametrize("arms", [1, 6, 12])
@pytest.mark.parametrize("seeds", [3, 8])
def test_the_best_of_arms_that_are_all_like_the_control_hardly_ever_beats_it(
    seeds: int, arms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most one verdict in twenty claims it, however many arms; of twelve one in four did."""
    monkeypatch.setattr(statistics, "MATCHES", 2)  # of the savings, which are not looked at here
    rng = np.random.default_rng([seeds, arms])
    claims = 0
    for _ in range(200):
        split = rng.normal(0.7, 0.02, seeds)
        names = ["random", *(f"arm{i}" for i in range(arms))]
        runs = [
            _run(name, seed, [float(split[seed] + noise)])
            for name in names
            for seed, noise in enumerate(rng.normal(0, 0.01, seeds))
        ]
        best = next(row for row in compare(runs, {}, ()) if row["strategy"] != "random")
        claims += best["gain_ci"][0] > 0
    assert claims <= 12


@pytest.mark.parametrize("seeds", [2, 3, 5, 10])
def test_intervals_over_few_seeds_hold_the_truth(seeds: int) -> None:
    """Bands, and savings from a third of the labels: 95 % hold it, with two seeds as with ten."""
    rng = np.random.default_rng(seeds)
    held = np.zeros(2)
    for _ in range(200):
        rising = rng.normal(30, 4, (2, seeds)) / [[3], [1]]
        ours, control = (
            [_run(name, i, [0.0, float(10 / at)]) for i, at in enumerate(side)]
            for name, side in zip(("auto", "random"), rising, strict=True)
        )
        # A tenth is reached at 10 + at / 10 labels: 11 and 13 in the mean.
        low, high = label_saving(ours, control, dict.fromkeys(range(seeds), 1.0), 0.1)["saving_ci"]
        held[0] += low <= 1 - 11 / 13 <= high
        band = curve_band(
            [_run("auto", i, [it]) for i, it in enumerate(rng.normal(0.5, 0.1, seeds))]
        )
        held[1] += band[0]["low"] <= 0.5 <= band[0]["high"]
    assert (held >= 180).all()
