"""When the advice is to stop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from querist.diagnostics import StopVerdict
from querist.diagnostics.stopping import ENOUGH
from querist.loop.budget import BudgetState
from querist.loop.stopping import Evidence, advise
from querist.project import Project
from querist.schema import Arm, Estimate, Evaluation, OutlookPoint, TaskKind, Worth

NO_LIMITS = [BudgetState(unit="labels", spent=100, limit=None)]
EVIDENCE = Evidence(
    rounds=6,
    evaluation=None,
    target=None,
    agreements=[0.8, 0.995, 0.996, 0.997],
    wanted_agreement=0.99,
    thin_classes=[],
    budgets=NO_LIMITS,
    left=100,
)


def measured(low: float, value: float, high: float) -> Evaluation:
    """An evaluation with the given accuracy."""
    accuracy = Estimate(value=value, low=low, high=high, count=100)
    return Evaluation(arm=Arm.ACTIVE, model_id="m", labels=10, accuracy=accuracy, macro_f1=value)


def test_stable_predictions_stop() -> None:
    """Three comparisons with kappa at .99 or more after four rounds stop."""
    stop, reasons, mean, bound = advise(EVIDENCE)
    assert stop
    assert mean == pytest.approx(0.996)
    assert bound is None
    assert reasons[-1] == "Consecutive models agree with kappa 0.996: the predictions are stable."


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"classes": 2}, "F of either class"),
        ({"task": TaskKind.MULTI_LABEL, "classes": 40}, "micro F1"),
        ({"classes": 3}, None),
        ({"task": TaskKind.REGRESSION}, None),
    ],
)
def test_how_far_f_moved_is_told_where_it_is_proven(
    change: dict[str, object], told: str | None
) -> None:
    """Two classes, and sets: by the least agreement of the last rounds. More classes: nothing."""
    _, reasons, _, bound = advise(replace(EVIDENCE, agreements=[0.99, 0.998, 1.0], **change))
    assert ("moved" in " ".join(reasons)) == (told is not None)
    if told is None:
        assert bound is None
    else:
        assert bound == pytest.approx(4 * 0.01 / 0.99)
        assert (
            f"kappa 0.996, at least 0.990, so {told} on the assets compared moved by at most 4.0 "
            "points from one to the next"
        ) in reasons[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"agreements": [0.8, 0.9, 0.996]},
        {"agreements": [0.999, 0.999]},
        {"agreements": []},
        {"rounds": 3},
        {"thin_classes": ["boot"]},
    ],
)
def test_unstable_early_or_uncovered_goes_on(change: dict[str, object]) -> None:
    """No stop while predictions move, rounds are few, or a class has hardly been seen."""
    stop, reasons, _, _ = advise(replace(EVIDENCE, **change))
    assert not stop
    assert reasons


def test_spent_budget_stops() -> None:
    """A spent budget stops whatever the model does."""
    spent = [BudgetState(unit="labels", spent=100, limit=100)]
    stop, reasons, _, _ = advise(replace(EVIDENCE, agreements=[], budgets=spent))
    assert stop
    assert "budget of 100 labels" in reasons[0]


def test_empty_pool_stops() -> None:
    """Nothing left to ask is a reason to stop."""
    assert advise(replace(EVIDENCE, agreements=[], left=0))[0]


@pytest.mark.parametrize(
    ("evaluation", "stops"),
    [(measured(0.91, 0.94, 0.97), True), (measured(0.88, 0.94, 0.97), False)],
)
def test_target_needs_the_lower_end(evaluation: Evaluation, stops: bool) -> None:
    """The target counts as reached only when the whole interval is above it."""
    evidence = replace(EVIDENCE, agreements=[], target=0.9, evaluation=evaluation)
    assert advise(evidence)[0] is stops


def verdict(mendable: float, *, stop: bool) -> StopVerdict:
    """What labels still mend of a model's doubt."""
    return StopVerdict(
        stop=stop,
        mendable=mendable,
        enough=ENOUGH,
        disagreement=0.02,
        uncertainty=0.1,
        information=0.5,
    )


def test_what_labels_mend_goes_before_stable_predictions() -> None:
    """Stable predictions do not stop where labels still mend half the doubt, and the reverse."""
    stop, reasons, _, _ = advise(replace(EVIDENCE, verdict=verdict(0.5, stop=False)))
    assert not stop
    assert "mend about 50" in reasons[0]
    moving = replace(EVIDENCE, agreements=[0.5], verdict=verdict(0.1, stop=True))
    assert advise(moving)[0]


@pytest.mark.parametrize(
    ("mendable", "told"),
    [(0.1625, "16.3"), (0.16004, "16.004"), (0.16, "16"), (0.158, "16"), (0.19, "19")],
)
def test_what_labels_mend_is_told_on_its_side_of_the_limit(mendable: float, told: str) -> None:
    """A share above 16 % is never told as 16 %, at which labels no longer pay off."""
    _, reasons, _, _ = advise(replace(EVIDENCE, verdict=verdict(mendable, stop=False)))
    words = reasons[0].replace("\N{NO-BREAK SPACE}", " ")
    assert f"still mend about {told} % of the model's doubt; at 16 % or less" in words


def test_what_holds_a_stop_back_is_told_in_points() -> None:
    """More errors than expected, and more on the audit set than on labels not learned."""
    held = replace(verdict(0.1, stop=False), surprise=0.164, unlike_audit=True, audit_errors=0.488)
    _, reasons, _, _ = advise(replace(EVIDENCE, verdict=held))
    assert "last batches was 16.4 points above what the model expected" in reasons[1]
    assert "over 15 points more than of the labels" in reasons[2]
    assert "gets 48.8" in reasons[2]


def test_why_a_pool_is_finished_is_told() -> None:
    """Little to mend and little left: not to stop needs a reason."""
    nearly = replace(verdict(0.1, stop=False), finish=True)
    stop, reasons, _, _ = advise(replace(EVIDENCE, verdict=nearly))
    assert not stop
    assert any("fewer than 1,000 assets are left" in reason for reason in reasons)


def test_what_stops_for_another_reason_is_not_to_be_finished() -> None:
    """Where nothing is left, or the budget is spent, nobody is told to label the few that are."""
    nearly = replace(verdict(0.1, stop=False), finish=True)
    spent = BudgetState(unit="labels", spent=1_234_567, limit=1_234_567)
    for changed in ({"left": 0}, {"budgets": [spent]}):
        stop, reasons, _, _ = advise(replace(EVIDENCE, verdict=nearly, **changed))
        assert stop
        assert not any("stop is not advised" in reason for reason in reasons)
    assert "The budget of 1,234,567 labels is spent." in reasons


@pytest.mark.parametrize(("saving", "stops"), [(0.0, True), (310.0, False)])
def test_labels_that_cost_more_than_errors_stop(saving: float, stops: bool) -> None:
    """Where stopping now costs least it is advised; else the best number of labels is told."""
    money = Worth(label_cost=0.1, labels=640, saving=saving)
    found = advise(replace(EVIDENCE, agreements=[], worth=money))
    assert found[0] is stops
    assert ("640 labels" in found[1][-1]) is not stops


def test_reasons_write_numbers_as_people_do() -> None:
    """One label is no labels, a loss has a minus sign, and just under ten cents is ten."""
    ahead = OutlookPoint(
        labels=61, more=1, value=0.5, low=0.471, high=0.5, gain=0.0, gain_low=-0.029, gain_high=0.0
    )
    evidence = replace(
        EVIDENCE,
        agreements=[],
        budgets=[BudgetState(unit="labels", spent=3, limit=1)],
        outlook=[ahead],
        worth=Worth(label_cost=0.0999999, labels=1, saving=3, control_labels=0.125),
    )
    told = " ".join(advise(evidence)[1])
    assert "The budget of 1 label is spent." in told
    assert "The next label is expected to bring 0.0 points (95 % interval −2.9 to 0.0)." in told
    assert "With 0.10 a label, 0.12 of the random control included, and the errors" in told
    assert "1 label in all is expected to cost least, and to save 3" in told


def test_rounds_of_a_project_tell_what_labels_still_mend(tmp_path: Path) -> None:
    """Five rounds on separated classes read the stop set, keep it, and end with advice to stop."""
    rng = np.random.default_rng(0)
    rows = [
        {"id": f"r{i}", "x": float(x + 6 * (i % 2)), "y": float(y), "known": "ab"[i % 2]}
        for i, (x, y) in enumerate(rng.normal(size=(240, 2)))
    ]
    policy = {"batch_size": 10, "audit_size": 30, "control_share": 0.0}
    with Project.create(
        tmp_path / "p", media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        project.oracle(5)
        advice = [it.advice for it in project.status().rounds if it.advice is not None]
    assert [it.mendable is None for it in advice] == [True, True, False, False, False]
    assert advice[-1].reading["size"] == 240
    assert advice[-1].mendable is not None
    assert advice[-1].mendable <= ENOUGH
    assert 0.9 <= advice[-1].reading["unseen_right"] <= 1
    assert advice[-1].stop
    assert advice[-1].outlook[0].more > 0


def test_assets_of_another_kind_hold_a_stop_back(tmp_path: Path) -> None:
    """The pool grows by three times as many assets where the rule is reversed: the audit tells."""
    rng = np.random.default_rng(0)

    def rows(count: int, kind: str) -> list[dict[str, object]]:
        known, made = rng.integers(0, 2, count), rng.normal(size=(count, 3))
        made += [[3 * (y if kind == "old" else 1 - y), 0 if kind == "old" else 4, 0] for y in known]
        columns = [{f"x{j}": float(v) for j, v in enumerate(row)} for row in made]
        return [
            {"id": f"{kind}-{i}", "known": "ab"[y], **row}
            for i, (y, row) in enumerate(zip(known, columns, strict=True))
        ]

    policy = {"batch_size": 20, "audit_size": 80, "control_share": 0.5}
    folder = tmp_path / "p"
    with Project.create(
        folder, media="table", classes=["a", "b"], oracle_column="known", policy=policy
    ) as project:
        project.add(rows(400, "old"), metadata_columns=["known"])
        project.oracle(3)
        project.add(rows(1_200, "new"), metadata_columns=["known"])
        project.oracle(5)
        rounds = project.rounds.list()[3:]
    told = [it.advice for it in rounds if it.advice and "a part of the pool" in str(it.advice)]
    assert told
    assert all(not advice.stop for advice in told)
    assert min(advice.mendable for advice in told) <= ENOUGH
