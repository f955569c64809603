"""Facts about two arms side by side, against figures counted by hand and the measured saving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from querist.errors import InvalidInputError
from querist.experiments import Trial, sentence, side_by_side, sizes
from querist.metrics import is_undecided, measure_saving

NAMES = ["a", "b", "c"]


def make_trial(seed: int, *, rows: int = 200, truth=None, better: float = 0.25) -> Trial:
    """Two arms of four sizes; the active one is right more often at each."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=rows) if truth is None else truth

    def said(accuracy: float) -> np.ndarray:
        wrong = rng.random(rows) >= accuracy
        return np.where(wrong, (truth + 1) % 3, truth)

    right = [0.45, 0.5, 0.55, 0.6]
    return Trial(
        truth=truth,
        active_labels=(10, 20, 30, 40),
        active=np.array([said(p + better) for p in right]),
        control_labels=(10, 20, 30, 40),
        control=np.array([said(p) for p in right]),
    )


def test_figures_are_those_of_counting() -> None:
    """Precision, recall and F1 of each class at the last size are scikit-learn's."""
    trial = make_trial(0)
    found = side_by_side([trial], NAMES)
    for arm, said in (("active", trial.active[-1]), ("control", trial.control[-1])):
        wanted = precision_recall_fscore_support(trial.truth, said)
        for at, row in enumerate(found.classes):
            figures = getattr(row, arm)
            told = [figures.precision.value, figures.recall.value, figures.f1.value]
            assert told == pytest.approx([part[at] for part in wanted[:3]])
            rest = np.mean((trial.truth == at) == (said == at))
            assert figures.accuracy.value == pytest.approx(rest)


def test_macro_precision_counts_a_class_that_is_never_said() -> None:
    """The mean over the classes is scikit-learn's: what an arm never says counts 0."""
    truth = np.array([0, 0, 1, 1, 2, 2] * 4)
    said = np.where(truth == 2, 0, truth)
    found = side_by_side(
        [
            Trial(
                truth=truth,
                active_labels=(10,),
                active=said[None],
                control_labels=(10,),
                control=truth[None],
            )
        ],
        NAMES,
    )
    wanted = precision_recall_fscore_support(truth, said, average="macro", zero_division=0)
    assert found.active.precision.value == pytest.approx(wanted[0]) == pytest.approx(0.5)


def test_the_boost_is_the_inverse_of_the_measured_saving() -> None:
    """One definition in the whole house: the mean label ratio over accuracies both arms passed."""
    trial = make_trial(1)
    found = side_by_side([trial], NAMES)
    saving = measure_saving(
        trial.active_labels,
        trial.active == trial.truth,
        trial.control_labels,
        trial.control == trial.truth,
        np.random.default_rng(0),
    )
    assert found.boost is not None
    assert saving is not None
    assert found.boost.times.value == pytest.approx(1 / saving.ratio.value)
    assert found.boost.times.low == pytest.approx(1 / saving.ratio.high, rel=0.1)
    assert found.boost.control_labels == saving.control_labels


def test_swapped_arms_have_the_inverse_gain() -> None:
    """What is won from one side is lost from the other."""
    trial = make_trial(2, better=0.05)
    swapped = Trial(
        truth=trial.truth,
        active_labels=trial.control_labels,
        active=trial.control,
        control_labels=trial.active_labels,
        control=trial.active,
    )
    one, other = side_by_side([trial], NAMES), side_by_side([swapped], NAMES)
    assert one.gain.f1.value == pytest.approx(-other.gain.f1.value)
    assert one.gain.f1.low == pytest.approx(-other.gain.f1.high, abs=0.01)


def test_a_class_that_is_always_right_keeps_its_doubt() -> None:
    """No bootstrap sample shows an error where there is none; Wilson's interval still does."""
    truth = np.repeat([0, 1, 2], [4, 100, 96])
    trial = make_trial(3, truth=truth)
    trial.active[-1, :4] = 0
    found = side_by_side([trial], NAMES).classes[0].active.recall
    assert found.value == 1
    assert found.low < 0.6


def test_one_audited_asset_of_a_class_proves_no_gain() -> None:
    """Right in one arm and wrong in the other, it is told with the room that one draw leaves."""
    truth = np.array([0] * 30 + [1] * 30 + [2])
    wrong = np.where(truth == 2, 0, truth)
    trial = Trial(
        truth=truth,
        active_labels=(10, 20),
        active=np.array([truth, truth]),
        control_labels=(10, 20),
        control=np.array([wrong, wrong]),
    )
    gain = side_by_side([trial], NAMES).classes[2].gain.recall
    assert gain is not None
    assert (gain.value, gain.high) == (1, 1)
    assert gain.low < -0.9


def test_intervals_hold_the_truth_and_trials_narrow_them() -> None:
    """Of 60 comparisons with a true gain of 25 points some 95 % say so; trials say it better."""
    held = 0
    for seed in range(60):
        gain = side_by_side([make_trial(100 + seed)], NAMES, repeats=200).gain.accuracy
        held += gain.low <= 0.25 <= gain.high
    assert held >= 52
    truth = np.random.default_rng(5).integers(3, size=100)
    one = side_by_side([make_trial(6, rows=100, truth=truth)], NAMES).gain.accuracy
    many = side_by_side([make_trial(s, rows=100, truth=truth) for s in range(20)], NAMES)
    assert many.gain.accuracy.high - many.gain.accuracy.low < one.high - one.low


def test_arms_of_no_common_size_are_refused() -> None:
    """Other numbers of labels are no fair comparison."""
    trial = make_trial(7)
    other = Trial(
        truth=trial.truth,
        active_labels=(11, 21, 31, 41),
        active=trial.active,
        control_labels=trial.control_labels,
        control=trial.control,
    )
    with pytest.raises(InvalidInputError, match="labels"):
        side_by_side([other], NAMES)
    assert set(sizes(500, 120)) >= {120, 500}
    assert max(sizes(120, 500)) == 120


def test_a_gain_that_may_be_chance_is_called_so() -> None:
    """The sentence claims nothing that the interval does not."""
    assert "may be chance" in sentence(side_by_side([make_trial(8, better=0.0)], NAMES))
    assert "may be chance" not in sentence(side_by_side([make_trial(8)], NAMES))


def test_a_boost_that_may_be_half_as_well_as_twice_is_too_early() -> None:
    """Two like arms on 60 rows tell no boost but what would; the same rule as for the saving."""
    trial = make_trial(2, rows=60, better=0.0)
    saving = measure_saving(
        trial.active_labels,
        trial.active == trial.truth,
        trial.control_labels,
        trial.control == trial.truth,
        np.random.default_rng(0),
    )
    assert saving is not None
    assert is_undecided(saving.ratio)
    found = side_by_side([trial], NAMES)
    assert found.boost is None
    assert "too early to say how many labels random needs" in sentence(found)
    assert "Over the whole curve" not in sentence(found)


HALVES = np.arange(100, dtype=np.int64) % 2


def _steps(*counts: int) -> np.ndarray:
    """What each of several models says of a hundred rows of two classes, so many of them right."""
    return np.where(np.arange(100) < np.array(counts)[:, None], HALVES, 1 - HALVES)


def test_a_boost_from_a_first_model_is_at_least_so_much() -> None:
    """What fewer labels than the first ones would have reached was not measured."""
    first = Trial(
        truth=HALVES,
        active_labels=(10, 20, 40),
        active=_steps(90, 90, 90),
        control_labels=(10, 20, 40),
        control=_steps(50, 70, 90),
    )
    found = side_by_side([first], NAMES)
    assert found.boost is not None
    assert found.boost.times.value == pytest.approx(4.0)
    assert "random needs at least 4.00 times the labels" in sentence(found)
    later = side_by_side([replace(first, active=_steps(50, 90, 90))], NAMES)
    assert "at least" not in sentence(later)


def test_no_boost_or_saving_is_told_of_models_that_learned_nothing() -> None:
    """Curves below or about the share of the commonest class move by chance, whatever they do."""
    draw = np.random.default_rng(0)
    told = {True: 0, False: 0}
    for _ in range(40):
        truth = draw.integers(2, size=200)
        arms = draw.integers(2, size=(2, 6, 200))
        labels = np.arange(1, 7)
        right = [said == truth for said in arms]
        for known in told:
            saving = measure_saving(
                50 * labels,
                right[0],
                10 * labels,
                right[1],
                draw,
                commonest=float(np.bincount(truth).max()) / 200 if known else 0.0,
                repeats=200,
            )
            told[known] += saving is not None and not is_undecided(saving.ratio)
        sizes = tuple((10 * labels).tolist())
        trial = Trial(
            truth=truth,
            active_labels=sizes,
            active=arms[0],
            control_labels=sizes,
            control=arms[1],
        )
        assert side_by_side([trial], NAMES, repeats=200).boost is None
    assert told[True] == 0 < told[False]


def test_a_rare_class_that_was_learned_is_a_saving() -> None:
    """Of 200 assets 20 are of the rare class: 90 % right is nothing, 98 % is something."""
    labels, at = (20, 40, 60, 80), np.arange(200)
    for best, told in ((184, False), (196, True)):
        active, control = (
            at < np.array([150, top, best, best])[:, None] for top in (best, (150 + best) // 2)
        )
        found = measure_saving(
            labels, active, labels, control, np.random.default_rng(0), commonest=0.9
        )
        assert (found is not None) == told


def test_no_boost_is_told_where_few_rows_decide() -> None:
    """Arms that rose by five rows look alike to most samples; six are enough to tell."""
    for rise, told in ((5, False), (6, True)):
        trial = Trial(
            truth=HALVES,
            active_labels=(10, 20, 40),
            active=_steps(95 - rise, 95, 95),
            control_labels=(10, 20, 40),
            control=_steps(95 - rise, 95 - rise, 95),
        )
        right = [trial.active == trial.truth, trial.control == trial.truth]
        rng = np.random.default_rng(0)
        saving = measure_saving((10, 20, 40), right[0], (10, 20, 40), right[1], rng)
        assert (saving is not None) == told
        if not told:
            assert side_by_side([trial], NAMES).boost is None
