"""When to stop: readings by brute force, the verdict by its formula, criteria on planted runs."""

import numpy as np
import pytest

from querist.diagnostics import CRITERIA, StopReading, enough_for, read_stop_set, stop_verdict
from querist.diagnostics.stopping import ENOUGH, ENOUGH_OF_OTHERS, SURPRISING
from querist.errors import InvalidInputError
from querist.metrics import wilson
from querist.schema import Estimate


def reading(**given: float) -> StopReading:
    """A round that has settled, but for what is given."""
    settled = {"labels": 100, "size": 2_000, "agreement": 1.0, "changed": 0.0, "disagreement": 0.0}
    rest = {"uncertainty": 0.005, "information": 0.5, "batch": 20, "batch_right": 1.0}
    last = {"batch_expected": 1.0, "unseen_right": 0.9, "surest": 0.0}
    return StopReading(**(settled | rest | last | given))


def test_a_reading_is_what_counting_by_hand_says() -> None:
    """Every share of a reading agrees with a loop over the stop set."""
    rng = np.random.default_rng(0)
    table = rng.dirichlet(np.ones(3), size=40)
    labeled, before = rng.random(40) < 0.3, rng.integers(3, size=40)
    partial = rng.integers(3, size=(2, 40))
    asked, truth = rng.dirichlet(np.ones(3), size=5), rng.integers(3, size=5)
    found = read_stop_set(
        table, labeled, labels=12, before=before, partial=partial, batch=(asked, truth)
    )
    said = [int(np.argmax(row)) for row in table]
    gini = [1 - sum(p * p for p in row) for row in table]
    assert found.changed == pytest.approx(
        np.mean([a != b for a, b in zip(said, before, strict=True)])
    )
    assert found.disagreement == pytest.approx(
        np.mean([vote != own for votes in partial for vote, own in zip(votes, said, strict=True)])
    )
    assert found.uncertainty == pytest.approx(np.mean([1 - max(row) for row in table]))
    assert found.labeled == np.mean(labeled)
    assert found.left == pytest.approx(12 * np.sum(~labeled) / np.sum(labeled))
    left = sum(g for g, known in zip(gini, labeled, strict=True) if not known)
    assert found.information == pytest.approx(left / sum(gini))
    assert found.batch_right == np.mean(
        [np.argmax(row) == c for row, c in zip(asked, truth, strict=True)]
    )
    assert found.batch_expected == pytest.approx(np.mean([max(row) for row in asked]))
    assert found.surest == pytest.approx(min(-(row * np.log(row)).sum() for row in asked))


def test_a_certain_model_is_read_without_dividing_by_its_doubt() -> None:
    """Probabilities of 0 and 1 leave no information and no entropy."""
    found = read_stop_set(np.eye(3), np.zeros(3), labels=3, batch=(np.eye(3), np.arange(3)))
    assert (found.uncertainty, found.information, found.surest) == (0, 0, 0)


def test_shares_that_round_to_more_than_one_leave_a_verdict() -> None:
    """Of a model that is sure of the whole pool, the doubt that is left may round to below 0."""
    table = np.tile(np.array([1 + 2**-20, 0.0], np.float32), (2_000, 1))
    table[0] = 0.5 + 2**-21, 0.5 - 2**-21
    labeled, partial = np.arange(2_000) < 20, np.zeros((3, 2_000))
    found = read_stop_set(table, labeled, labels=20, partial=partial, unseen_right=1.0)
    assert found.uncertainty == pytest.approx(0.5 / 2_000, rel=1e-4)
    assert found.information == 0
    assert stop_verdict([found] * 3).mendable == 0


@pytest.mark.parametrize("size", [200, 700, 2_000])
def test_the_verdict_is_the_share_of_doubt_that_labels_mend(size: int) -> None:
    """Disagreement over doubt, discounted in large stop sets by what the pool can still tell."""
    rounds = [
        reading(size=size, disagreement=d, uncertainty=0.2, information=0.1, unseen_right=0.6)
        for d in (0.08, 0.06, 0.04)
    ]
    trust = min(max(np.log(size / 500) / np.log(2), 0), 1)
    doubt = np.exp((2 * np.log(0.2 + 0.05) + np.log(0.4 + 0.05)) / 3)
    found = stop_verdict(rounds)
    assert found.mendable == pytest.approx(0.06 / doubt * 0.2**trust)
    assert found.errors == pytest.approx(0.4)
    assert found.stop == (found.mendable <= ENOUGH) == (size > 500)


def test_a_model_that_is_shy_is_held_against_its_errors() -> None:
    """The same disagreement and doubt: where fewer labels are got wrong, labels mend more of it."""
    shy, honest = (
        stop_verdict([reading(disagreement=0.03, uncertainty=0.2, unseen_right=right)] * 3)
        for right in (1.0, 0.7)
    )
    assert shy.mendable is not None
    assert honest.mendable is not None
    assert shy.mendable > honest.mendable


@pytest.mark.parametrize(
    ("labels", "labeled", "finish"),
    [(500, 0.55, False), (700, 0.7, True), (7_000, 0.7, False), (300, 0.0, False)],
)
def test_what_is_nearly_labelled_is_finished(labels: int, labeled: float, finish: bool) -> None:
    """Of 1,000 assets 300 are left: no stop. Of 10,000 there are 3,000, which a stop saves."""
    found = stop_verdict([reading(labels=labels, labeled=labeled)] * 3)
    assert found.finish is finish
    assert found.stop is not finish


def test_models_no_better_than_the_commonest_class_are_not_asked() -> None:
    """Models that all say one class agree without knowing anything; old readings do not tell."""
    right = [0.5, 0.75, 1.0]
    for commonest, stop in ((0.7, True), (0.75, False), (0.9, False)):
        rounds = [reading(unseen_right=share, commonest=commonest) for share in right]
        found = stop_verdict(rounds)
        assert (found.stop, found.unlearned) == (stop, not stop)
    assert stop_verdict([reading(unseen_right=share) for share in right]).stop


def test_nothing_is_advised_before_three_rounds_or_without_partial_models() -> None:
    """Two rounds, or rounds without what models of part of the labels say, give no verdict."""
    assert stop_verdict([]).mendable is None
    assert stop_verdict([reading(), reading()]).mendable is None
    assert not stop_verdict([reading(disagreement=None)] * 5).stop
    assert not stop_verdict([reading(unseen_right=None)] * 5).stop


def test_a_class_without_labels_or_a_surprising_batch_forbids_to_stop() -> None:
    """Settled predictions stop; with a thin class, or more errors than expected, they do not."""
    assert stop_verdict([reading()] * 3).stop
    assert not stop_verdict([reading()] * 3, missing=["boot"]).stop
    surprised = stop_verdict([reading(batch_right=0.5, batch_expected=0.7)] * 3)
    assert surprised.surprise == pytest.approx(0.2)
    assert surprised.surprise > SURPRISING
    assert not surprised.stop


@pytest.mark.parametrize(
    ("right", "count", "unlike"), [(210, 320, True), (225, 320, False), (30, 40, False)]
)
def test_an_audit_far_worse_than_labels_not_learned_forbids_to_stop(
    right: int, count: int, unlike: bool
) -> None:
    """Chosen labels are the harder ones: the reverse by surely 15 points is a pool unlabelled."""
    low, high = wilson(right, count)
    audit = Estimate(value=right / count, low=low, high=high, count=count)
    settled = [reading()] * 3
    assert stop_verdict(settled).stop
    found = stop_verdict(settled, audit=audit)
    assert found.audit_errors == pytest.approx(1 - right / count)
    assert found.unlike_audit == unlike
    assert found.stop != unlike


@pytest.mark.parametrize("name", CRITERIA)
def test_each_criterion_stops_on_settled_rounds_and_not_on_moving_ones(name: str) -> None:
    """At its usual threshold every criterion tells a settled run from one that still learns."""
    far, threshold = CRITERIA[name]
    moving = [
        reading(
            agreement=0.5 + 0.05 * i,
            changed=0.2,
            disagreement=0.3,
            uncertainty=0.4 + 0.02 * i,
            batch_right=0.6,
            unseen_right=0.5 + 0.05 * i,
            surest=0.3,
        )
        for i in range(4)
    ]
    falling = name == "uncertainty variance"
    settled = [reading(uncertainty=0.009 - 0.002 * i * falling) for i in range(4)]
    assert far(settled) <= threshold < far(moving)


@pytest.mark.parametrize(
    "wrong",
    [
        {"probabilities": np.ones(3)},
        {"probabilities": np.full((3, 2), np.nan)},
        {"before": np.zeros(2)},
        {"partial": np.zeros((2, 4))},
    ],
)
def test_arrays_that_do_not_fit_are_refused(wrong: dict[str, np.ndarray]) -> None:
    """Shapes that disagree and NaN are told, with what to do."""
    given = {"probabilities": np.full((3, 2), 0.5), "before": None, "partial": None} | wrong
    with pytest.raises(InvalidInputError):
        read_stop_set(given.pop("probabilities"), np.zeros(3), labels=3, **given)


def test_learners_that_the_rule_was_not_chosen_with_are_held_to_less() -> None:
    """Between both thresholds only the default learner's labels no longer pay."""
    rounds = [reading(disagreement=0.0145, uncertainty=0.05, unseen_right=0.95)] * 3
    for learner, wanted in (("logistic-regression", ENOUGH), ("svm-rbf", ENOUGH_OF_OTHERS)):
        found = stop_verdict(rounds, enough=enough_for(learner))
        assert found.mendable == pytest.approx(0.145)
        assert found.enough == wanted
        assert found.stop == (wanted == ENOUGH)
