"""Facts about the sentences of a simulation."""

from __future__ import annotations

from typing import Any

import pytest

from querist.experiments.words import saving_words, sentences, verdict


def _row(strategy: str = "auto", **values: Any) -> dict[str, Any]:
    found = {
        "saving": 0.59,
        "saving_ci": [0.52, 0.65],
        "strategy": 164.0,
        "control": 400.0,
        "reached": [8, 8],
        "at_least": False,
    }
    body = {"strategy": strategy, "aulc_gain": 0.032, "gain_ci": [0.025, 0.039]}
    match = {"accuracy": 0.634, **{k: found[k] for k in ("saving", "saving_ci")}}
    match |= {"strategy": 80.0, "control": 195.0}
    return body | {
        "labels_at": {"0.9": found, "0.95": found | values, "0.99": found},
        "labels_to_match": match,
    }


def test_a_saving_is_told_as_a_share_of_the_controls_labels() -> None:
    """Share, counts, seeds and interval are in one sentence."""
    told = saving_words(_row(), "0.95", 8).replace("\N{NO-BREAK SPACE}", " ")
    assert told == (
        "auto needs 41 % of random's labels for 95 % of full-data accuracy: 164 instead of 400 "
        "(8 paired seeds; 95 % interval 35 % to 48 %)."
    )


@pytest.mark.parametrize(
    ("interval", "seeds", "told"),
    [([-1.5, 0.6], 3, "3 paired seeds are too few"), (None, 1, "1 paired seed is too few")],
)
def test_too_few_seeds_tell_no_saving(interval: list[float] | None, seeds: int, told: str) -> None:
    """From half of random's labels to twice as many, or no interval: only the means are told."""
    found = saving_words(_row(saving_ci=interval), "0.95", seeds)
    assert found == (
        f"{told} to say what auto saves for 95 % of full-data accuracy: on average it needs 164 "
        "labels, random 400."
    )
    bound = saving_words(_row(saving_ci=interval, at_least=True), "0.95", seeds)
    assert "random at least 400" in bound


def test_a_bound_and_a_missing_saving_are_told() -> None:
    """Where the control did not arrive it is at most; where the arm did not, nothing is claimed."""
    bound = saving_words(_row(at_least=True, reached=[8, 3]), "0.95", 8)
    assert "at most 41\N{NO-BREAK SPACE}%" in bound
    assert "random got there with 3 of 8" in bound
    missing = {"saving": None, "strategy": None, "saving_ci": None}
    some = saving_words(_row(**missing, reached=[5, 2]), "0.95", 8)
    assert "with 5 of 8 seeds only (random with 2 of 8), so no saving is told" in some
    same = _row(saving=0.0, saving_ci=[0.0, 0.0], strategy=20.0, control=20.0)
    assert "need the same 20 labels" in saving_words(same, "0.95", 8)
    assert "with no seed" in saving_words(_row(**missing, reached=[0, 2]), "0.95", 8)


@pytest.mark.parametrize(
    ("gain", "interval", "seeds", "told"),
    [
        (0.032, [0.025, 0.039], 8, "auto beats random by 3.2 points"),
        (-0.032, [-0.04, -0.02], 8, "auto loses to random by 3.2 points"),
        (0.01, [-0.01, 0.03], 8, "cannot be told apart"),
        (0.032, None, 1, "that proves nothing"),
        (0.032, [0.025, 0.039], 3, "few for a sure answer"),
    ],
)
def test_the_verdict_follows_the_interval(
    gain: float, interval: list[float] | None, seeds: int, told: str
) -> None:
    """Only an interval without zero, of more than one seed, is called a win or a loss."""
    assert told in verdict(_row() | {"aulc_gain": gain, "gain_ci": interval}, seeds)


def test_the_best_arm_is_told_in_full_and_the_others_in_short() -> None:
    """Every target of the best arm, the match of another, nothing of the control."""
    told = sentences([_row("random"), _row("auto"), _row("margin")], 8)
    assert [line.split()[0] for line in told] == ["auto"] * 5 + ["margin"]
    assert "for random's best accuracy of 63.4\N{NO-BREAK SPACE}%: 80 instead of 195" in told[1]
    assert told[5].startswith(
        "margin needs 41\N{NO-BREAK SPACE}% of random's labels for random's best accuracy"
    )
    assert sentences([_row("random")], 8)[0].startswith("Only random")


def test_nothing_is_told_beyond_the_first_target_that_was_not_reached() -> None:
    """A higher share of full-data accuracy was not reached either."""
    row = _row(saving=None, strategy=None, saving_ci=None, reached=[5, 2])
    told = sentences([row, _row("random")], 8)
    assert len(told) == 4
    assert "95 %" in told[-1]
    row["labels_to_match"] |= {"saving": None, "strategy": None}
    assert "did not come to" in sentences([row, _row("random")], 8)[1]
