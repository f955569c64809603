"""Facts about runs, resuming, and the JSON object of a simulation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.errors import (
    ConflictError,
    InvalidInputError,
    MissingSignalError,
    StorageError,
    UnknownNameError,
)
from querist.experiments import LabeledData, SimulationSettings, labeled_data, run_simulation
from querist.experiments.runner import rows_of, run, split_by_seed
from querist.metrics import aulc

SMALL = SimulationSettings(strategies=("auto", "margin"), batch_size=10, rounds=4, seeds=3)


def _data(n: int = 150, *, split: bool = False) -> LabeledData:
    rng = np.random.default_rng(5)
    y = rng.integers(3, size=n)
    X = rng.normal(size=(n, 4)) + 2.0 * np.eye(4)[y]
    return labeled_data(X, y, split=(np.arange(n) % 3 == 0) if split else None, name="blobs")


def _without_measurements(result: dict[str, Any]) -> dict[str, Any]:
    body = json.loads(json.dumps(result))
    for found in body["runs"]:
        _forget_measurements(found)
    for row in body["comparison"]:
        _forget_measurements(row)
    return body


def _forget_measurements(found: dict[str, Any]) -> None:
    for key in ("select_seconds", "fit_seconds", "peak_mb"):
        found.pop(key)


def test_the_result_has_the_promised_shape() -> None:
    """Keys, lengths and relations are those of the design, and it is plain JSON."""
    result = json.loads(json.dumps(run_simulation(_data(), SMALL), allow_nan=False))
    assert list(result) == ["data", "settings", "runs", "comparison"]
    assert [(r["strategy"], r["seed"]) for r in result["runs"]] == [
        (arm, seed) for seed in range(3) for arm in ("auto", "margin", "random")
    ]
    for found in result["runs"]:
        assert found["labels"] == [10, 20, 30, 40]
        lists = ("accuracy", "macro_f1", "select_seconds", "fit_seconds")
        assert {len(found[key]) for key in lists} == {4}
        assert found["aulc"] == pytest.approx(aulc(found["accuracy"]))
        assert found["peak_mb"] > 1
    wanted = {"strategy", "aulc_mean", "aulc_gain", "gain_ci", "wins", "losses", "label_saving_at"}
    for row in result["comparison"]:
        assert wanted <= set(row)
        assert row["wins"] + row["ties"] + row["losses"] == 3
        assert set(row["beats"]) == {"auto", "margin", "random"}
        assert row["select_seconds"] > 0
        assert set(row["label_saving_at"]) == {"0.9", "0.95", "0.99"}


def test_the_random_control_always_joins() -> None:
    """It runs once, last, whether it was named or not."""
    assert SimulationSettings(strategies=("margin",)).arms == ("margin", "random")
    assert SimulationSettings(strategies=("random", "auto", "auto")).arms == ("auto", "random")


def test_the_same_settings_give_the_same_result() -> None:
    """Everything but times and memory is a function of data, settings and seed."""
    first, second = (run_simulation(_data(), SMALL) for _ in range(2))
    assert _without_measurements(first) == _without_measurements(second)


def test_arms_without_a_model_share_the_first_batch_of_the_control() -> None:
    """Margin cannot start without probabilities, so its first round is the control's."""
    runs = {(r["strategy"], r["seed"]): r for r in run_simulation(_data(), SMALL)["runs"]}
    for seed in range(3):
        assert runs["margin", seed]["accuracy"][0] == runs["random", seed]["accuracy"][0]


def test_a_seed_splits_by_class_and_each_seed_differently() -> None:
    """Pool and test are disjoint, cover all rows, and hold each class in proportion."""
    data = _data()
    split = split_by_seed(data, 0)
    assert sorted([*split.pool, *split.test]) == list(range(150))
    for code in range(3):
        rows = (data.y == code).sum()
        assert (data.y[split.test] == code).sum() == round(0.3 * rows)
    assert not np.array_equal(split.test, split_by_seed(data, 1).test)


def test_a_given_split_is_kept_under_every_seed() -> None:
    """Rows marked as test are never in the pool."""
    data = _data(split=True)
    for seed in range(2):
        assert np.array_equal(split_by_seed(data, seed).test, np.arange(0, 150, 3))
    assert run_simulation(data, SMALL)["data"]["given_split"]


def test_a_class_with_one_row_stays_in_the_pool() -> None:
    """A single row can be learned from but not be tested on."""
    data = labeled_data(np.eye(10), [0] * 6 + [1] * 3 + [2])
    assert 9 in split_by_seed(data, 3).pool
    lonely = labeled_data(np.eye(2), [0, 1])
    with pytest.raises(InvalidInputError, match="none for testing"):
        split_by_seed(lonely, 0)


def test_the_rounds_end_with_the_pool() -> None:
    """The last batch takes what is left, and no round comes after it."""
    settings = SimulationSettings(batch_size=40, rounds=50, seeds=1)
    found = run(_data(), settings, strategy="random", seed=0)
    assert found.labels == [40, 80, len(split_by_seed(_data(), 0).pool)]


def test_a_first_batch_of_one_class_is_no_obstacle() -> None:
    """With a single label every test row gets its class, and the run goes on."""
    settings = SimulationSettings(batch_size=1, rounds=12, seeds=1)
    found = run(_data(), settings, strategy="margin", seed=0)
    assert found.accuracy[0] == pytest.approx(1 / 3, abs=0.1)
    assert found.accuracy[-1] > found.accuracy[0]


def test_a_stopped_simulation_goes_on_where_it_was(tmp_path: Path) -> None:
    """After a kill in the middle of a line the finished runs are kept and the rest is run."""
    path = tmp_path / "out.runs.jsonl"
    whole = run_simulation(_data(), SMALL, resume_file=path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:5]) + lines[5][:20], encoding="utf-8")
    kept = json.loads(lines[2])["run"]["select_seconds"]
    resumed = run_simulation(_data(), SMALL, resume_file=path)
    assert _without_measurements(resumed) == _without_measurements(whole)
    assert resumed["runs"][0]["select_seconds"] == kept
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(lines)


def test_more_seeds_and_arms_join_the_finished_ones(tmp_path: Path) -> None:
    """The same file serves a larger simulation of the same kind."""
    path = tmp_path / "runs.jsonl"
    few = SimulationSettings(strategies=("margin",), batch_size=10, rounds=4, seeds=2)
    first = run_simulation(_data(), few, resume_file=path)
    second = run_simulation(_data(), SMALL, resume_file=path)
    times = [r["fit_seconds"] for r in second["runs"] if r["strategy"] == "margin"]
    assert times[:2] == [r["fit_seconds"] for r in first["runs"] if r["strategy"] == "margin"]
    assert len(second["runs"]) == 9


def test_runs_of_other_data_or_settings_are_never_mixed_in(tmp_path: Path) -> None:
    """Another batch size or other rows are refused; a damaged file as well."""
    path = tmp_path / "runs.jsonl"
    run_simulation(_data(), SMALL, resume_file=path)
    other = SimulationSettings(strategies=("auto", "margin"), batch_size=11, rounds=4, seeds=3)
    with pytest.raises(ConflictError, match=r"runs\.jsonl"):
        run_simulation(_data(), other, resume_file=path)
    with pytest.raises(ConflictError):
        run_simulation(_data(90), SMALL, resume_file=path)
    path.write_text("no json\n", encoding="utf-8")
    with pytest.raises(StorageError):
        run_simulation(_data(), SMALL, resume_file=path)


def test_finished_runs_are_forgotten_only_for_a_simulation_that_can_be(tmp_path: Path) -> None:
    """Too large a batch leaves the file as it was; a new simulation empties it."""
    path = tmp_path / "runs.jsonl"
    run_simulation(_data(), SMALL, resume_file=path)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(InvalidInputError, match="whole pool"):
        run_simulation(_data(), SimulationSettings(batch_size=999), resume_file=path, anew=True)
    assert path.read_text(encoding="utf-8") == before
    other = SimulationSettings(strategies=("margin",), batch_size=11, rounds=2, seeds=1)
    run_simulation(_data(), other, resume_file=path, anew=True)
    assert path.read_text(encoding="utf-8").count('"run"') == 2


def test_an_empty_run_file_is_started_anew(tmp_path: Path) -> None:
    """A file cut within its first line holds nothing and is used again."""
    path = tmp_path / "runs.jsonl"
    path.write_text('{"finger', encoding="utf-8")
    run_simulation(_data(), SMALL, resume_file=path)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1 + 3 + 9


def test_progress_counts_every_run() -> None:
    """Each run is told before it starts, and the end once."""
    seen: list[int] = []
    run_simulation(_data(), SMALL, progress=lambda done, total=None, message="": seen.append(done))
    assert seen == list(range(10))


def test_unknown_names_are_refused() -> None:
    """A misspelled strategy or learner is named, with the nearest ones."""
    with pytest.raises(UnknownNameError, match="margn"):
        run_simulation(_data(), SimulationSettings(strategies=("margn",)))
    with pytest.raises(UnknownNameError, match="logistic"):
        run_simulation(_data(), SimulationSettings(learner="logistic"))


@pytest.mark.parametrize(
    "strategy", ["bald", "batch-bald", "epig", "qbc:measure=kl", "egl", "adversarial"]
)
def test_a_committee_and_a_head_are_provided(strategy: str) -> None:
    """Strategies that look at them run, and choose other rows than random after the first round."""
    found = run(_data(), SMALL, strategy=strategy, seed=0)
    control = run(_data(), SMALL, strategy="random", seed=0)
    assert found.labels == [10, 20, 30, 40]
    assert found.accuracy[0] == control.accuracy[0]
    assert found.accuracy != control.accuracy


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_learner_without_a_head_is_named(jobs: int) -> None:
    """A strategy that needs a linear model refuses another, from a process of its own as well."""
    settings = SimulationSettings(
        strategies=("adversarial",), batch_size=10, rounds=2, seeds=1, learner="naive-bayes"
    )
    with pytest.raises(MissingSignalError, match="naive-bayes") as caught:
        run_simulation(_data(), settings, jobs=jobs)
    assert "logistic-regression" in caught.value.remedy
    assert caught.value.details["signal"] == "head"


@pytest.mark.slow
def test_processes_side_by_side_give_the_same_result(tmp_path: Path) -> None:
    """Two processes find what one finds, and keep every run."""
    settings = SimulationSettings(strategies=("auto", "bald"), batch_size=10, rounds=3, seeds=2)
    path = tmp_path / "runs.jsonl"
    one = run_simulation(_data(), settings)
    two = run_simulation(_data(), settings, jobs=2, resume_file=path)
    assert _without_measurements(one) == _without_measurements(two)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1 + 2 + 6
    with pytest.raises(InvalidInputError, match="jobs"):
        run_simulation(_data(), settings, jobs=0)


@pytest.mark.parametrize(
    ("learner", "told"),
    [
        ("detector", "learns boxes"),
        ("ridge", "learns regression"),
        ("transformers-text", "reads the assets themselves"),
    ],
)
def test_learners_of_other_labels_are_refused_with_those_there_are(learner: str, told: str) -> None:
    """They are known, but need more than vectors, or say more than one class."""
    with pytest.raises(InvalidInputError, match=told) as caught:
        run_simulation(_data(), SimulationSettings(batch_size=10, learner=learner))
    assert "logistic-regression" in caught.value.remedy


@pytest.mark.parametrize("strategy", ["gsy", "multilabel-margin", "qbc-variance"])
def test_strategies_for_other_tasks_are_refused_at_once(strategy: str) -> None:
    """A number or several classes a row cannot come from data with one class a row."""
    settings = SimulationSettings(strategies=(strategy,), batch_size=10)
    with pytest.raises(MissingSignalError, match="one class a row"):
        run_simulation(_data(), settings)


def test_two_arms_may_differ_by_a_parameter_alone() -> None:
    """Each is an arm of its own, and the parameter is used."""
    arms = ("power-margin:beta=0.01", "power-margin:beta=50")
    settings = SimulationSettings(strategies=arms, batch_size=10, rounds=4, seeds=1)
    runs = {found["strategy"]: found for found in run_simulation(_data(), settings)["runs"]}
    assert set(runs) == {*arms, "random"}
    assert runs[arms[0]]["accuracy"] != runs[arms[1]]["accuracy"]


def test_a_batch_as_large_as_the_pool_is_refused() -> None:
    """There would be nothing to choose."""
    with pytest.raises(InvalidInputError, match="takes the whole pool"):
        run_simulation(_data(), SimulationSettings(batch_size=110))


def test_a_pool_of_neighbouring_rows_is_not_copied() -> None:
    """Rows side by side are a view; others are a copy of the right rows."""
    X = np.arange(20, dtype=np.float32).reshape(10, 2)
    assert np.shares_memory(rows_of(X, np.arange(3, 7)), X)
    assert np.array_equal(rows_of(X, np.array([0, 2, 9])), X[[0, 2, 9]])
    assert rows_of(X, np.array([], np.int64)).shape == (0, 2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"batch_size": 0},
        {"rounds": -1},
        {"seeds": 0},
        {"seeds": True},
        {"seeds": 10**9},
        {"rounds": "x"},
        {"test_share": "x"},
        {"test_share": 1.0},
        {"quality_targets": (0.9, 1.5)},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    """The setting and its value are named."""
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        SimulationSettings(**wrong)
