"""What is told of the curve: what comes next, the labels saved, and when nothing is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from querist.loop.curve import Curve, CurvePoint, compares, sentence, too_early
from querist.loop.stop_evidence import outlook
from querist.metrics import SavingMeasure
from querist.project import Project
from querist.schema import Estimate
from querist.schema.measure import Measure


def points(*pairs: tuple[int, float]) -> tuple[CurvePoint, ...]:
    """Points of a curve from labels and accuracy."""
    return tuple(
        CurvePoint(
            round=i + 1,
            labels=labels,
            accuracy=Estimate(value=value, low=value - 0.02, high=value + 0.02, count=200),
            seconds=None,
            money=None,
        )
        for i, (labels, value) in enumerate(pairs)
    )


THREE = Curve(
    active=points((50, 0.85), (100, 0.95), (150, 0.95)),
    control=points((100, 0.8), (200, 0.9), (300, 0.9)),
)


def saved(low: float, value: float, high: float, *, active_labels: float = 75) -> SavingMeasure:
    """What 90 % took, by an audit of 60."""
    ratio = Measure(value=value, low=low, high=high, count=60, better="lower")
    return SavingMeasure(ratio=ratio, accuracy=0.9, active_labels=active_labels, control_labels=200)


def test_the_outlook_needs_four_rounds_and_stays_in_the_pool() -> None:
    """Points lie one, two, four and eight batches ahead, as far as assets are left."""
    seen = points((50, 0.7), (100, 0.8), (150, 0.84), (200, 0.86))
    assert outlook(seen[:3], 50, 1_000) == ()
    assert outlook(seen, 50, 0) == ()
    assert [it.labels for it in outlook(seen, 50, 150)] == [250, 300, 350]
    near, *_, far = outlook(seen, 50, 1_000)
    assert (near.labels, far.labels) == (250, 600)
    assert near.gain_low <= near.gain <= far.gain <= far.gain_high


def test_no_saving_without_a_control() -> None:
    """Without a control arm nothing is claimed, nor where a label is no single class."""
    only = Curve(active=points((50, 0.85)), control=())
    assert not compares(only)
    assert "random" not in sentence(only, 50)
    assert compares(THREE)
    assert not compares(replace(THREE, measure="mean_average_precision"))


def test_labels_that_the_first_model_had_already_are_told_as_at_most() -> None:
    """Whether 40 labels would have done nobody has measured; where they lie between is told."""
    early = replace(THREE, active=points((50, 0.95), (40, 0.92), (100, 0.95)))
    said = sentence(early, 100, saved(0.2, 0.3, 0.4, active_labels=40))
    assert "For 90.0 % active rounds took at most 40 labels, random 200;" in said.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "active rounds took 75 labels" in sentence(THREE, 150, saved(0.2, 0.3, 0.4))


@pytest.mark.parametrize(
    ("first", "ratio", "words"),
    [
        ("active", 0.6, "whole curve at least 40 % fewer"),
        ("active", 1.4, "whole curve at most 40 % more"),
        ("control", 0.6, "whole curve at most 40 % fewer"),
        ("control", 1.4, "whole curve at least 40 % more"),
        ("neither", 0.6, "whole curve 40 % fewer"),
    ],
)
def test_a_saving_from_a_first_model_is_told_as_a_bound(
    first: str, ratio: float, words: str
) -> None:
    """With fewer labels than its first model's an arm may have been as good: nobody tried."""
    found = replace(saved(ratio - 0.1, ratio, ratio + 0.1), active_labels=90, control_labels=190)
    if first == "active":
        found = replace(found, active_labels=50)
    if first == "control":
        found = replace(found, control_labels=100)
    assert words in sentence(THREE, 150, found).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("low", "value", "high", "words"),
    [
        (0.5, 0.7, 0.9, "30 % fewer labels (95 % interval 10 % to 50 % fewer)"),
        (0.5, 0.7, 1.2, "30 % fewer labels (95 % interval 20 % more to 50 % fewer)"),
        (2.1, 2.8, 3.7, "180 % more labels (95 % interval 110 % to 270 % more)"),
    ],
)
def test_an_interval_of_the_saving_says_more_or_fewer(
    low: float, value: float, high: float, words: str
) -> None:
    """No end of the interval is a negative share of labels fewer."""
    said = sentence(THREE, 150, saved(low, value, high))
    assert words in said.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("rounds", "doubt", "words"),
    [
        (1, (0.5, 0.7, 0.9), "3 measured rounds of each arm, and so far there is 1"),
        (2, (0.5, 0.7, 0.9), "3 measured rounds of each arm, and so far there are 2"),
        (3, None, "cannot tell it from chance"),
        (3, (0.5, 0.7, 2.0), "by an audit of 60 it may take 50 % fewer labels or 100 % more;"),
        (3, (0.66, 1.4, 3.0), "by an audit of 60 it may take 34 % fewer labels or 200 % more;"),
        (3, (0.51, 0.7, 2.0), None),
        (3, (0.2, 0.5, 0.99), None),
        (3, (2.0, 2.5, 4.0), None),
    ],
)
def test_too_little_evidence_tells_no_saving_and_what_it_takes(
    rounds: int, doubt: tuple[float, float, float] | None, words: str | None
) -> None:
    """The sentence says why in place of a figure."""
    both = replace(THREE, control=THREE.control[:rounds])
    found = None if doubt is None else saved(*doubt)
    early, said = too_early(both, found.ratio if found else None), sentence(both, 150, found)
    if words is None:
        assert early is None
        assert "over the whole curve" in said
    else:
        assert early is not None
        assert words in early.replace("\N{NO-BREAK SPACE}", " ")
        assert said.endswith(early)
        assert "over the whole curve" not in said


def test_a_project_of_two_rounds_tells_no_saving(tmp_path: Path) -> None:
    """It is told from the third round of both arms on, in the advice and the status alike."""
    rng = np.random.default_rng(2)
    spots = np.array([[0, 0], [2, 0], [1, 2]] * 100)
    rows = [
        {"id": f"r{i}", "x": float(x), "y": float(y), "known": "abc"[i % 3]}
        for i, (x, y) in enumerate(rng.normal(0, 0.8, (300, 2)) + spots)
    ]
    policy = {"batch_size": 10, "audit_size": 60, "control_share": 0.5}
    told, early = [], []
    with Project.create(
        tmp_path / "p", media="table", classes=list("abc"), oracle_column="known", policy=policy
    ) as project:
        project.add(rows, id_column="id", metadata_columns=["known"])
        for _ in range(4):
            project.oracle(1)
            status = project.status()
            advice = status.advice
            assert advice is not None
            told.append(status.saving is not None)
            early.append("Too early to say what this saves" in advice.sentence)
            assert early[-1] is not told[-1]
            assert status.saving == advice.saving
            assert advice.saved_labels == (status.saving.labels if status.saving else None)
            assert [it is not None for it in (advice.saved_labels, advice.label_ratio)] == (
                [told[-1]] * 2
            )
            assert ("over the whole curve" in advice.sentence) is told[-1]
    assert not any(told[:2])
    assert any(early[:2])
    assert any(told)


def test_one_label_is_one() -> None:
    """One label is not "1 labels"."""
    assert sentence(Curve(active=(), control=()), 1).startswith("1 label. No model")
