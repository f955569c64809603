"""Facts about learners that answer together: other kinds, deep ensembles, snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.errors import InvalidInputError, StorageError, UnknownNameError
from querist.learners import create_learner, model_signals
from querist.metrics import decompose
from querist.strategies import Signal

RNG = np.random.default_rng(0)
CODES = np.arange(90) % 3
ROWS = (RNG.normal(size=(90, 4)) + 2 * np.eye(4)[CODES]).astype(np.float32)
KINDS = ["logistic-regression", {"name": "naive-bayes", "var_smoothing": 0.1}]
ENSEMBLE = {"members": [{"name": "torch", "epochs": 20, "hidden": 16}] * 3}
SNAPSHOTS = {"snapshots": 3, "epochs": 20, "hidden": 16}


def fitted(name: str, seed: int = 0, **parameters: Any) -> Any:
    """A learner trained on the clouds."""
    learner = create_learner(name, **parameters)
    learner.fit(ROWS, CODES, class_count=3, rng=np.random.default_rng(seed))
    return learner


def test_the_answer_of_a_committee_is_the_mean_of_its_members() -> None:
    """Members of the same seed alone, averaged, are what the committee says."""
    rng = np.random.default_rng(0)
    said = []
    for name, parameters in (("logistic-regression", {}), ("naive-bayes", {"var_smoothing": 0.1})):
        learner = create_learner(name, **parameters)
        learner.fit(ROWS, CODES, class_count=3, rng=rng)
        said.append(learner.predict_proba(ROWS))
    found = fitted("committee", members=KINDS)
    assert np.allclose(found.predict_proba(ROWS), np.mean(said, axis=0), atol=1e-6)
    drawn = found.sample_proba(ROWS, samples=2, rng=rng)
    assert np.allclose(np.sort(drawn, axis=0), np.sort(said, axis=0), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "parameters"), [("committee", ENSEMBLE), ("torch-snapshots", SNAPSHOTS)]
)
def test_networks_of_other_seeds_or_times_differ(name: str, parameters: dict[str, Any]) -> None:
    """No two members are the same, all draws of a round are, and each counts as often."""
    pytest.importorskip("torch")
    found = fitted(name, **parameters)
    far = ROWS + np.float32(9)
    drawn = found.sample_proba(far, samples=6, rng=np.random.default_rng(1))
    assert len({it.tobytes() for it in drawn}) == 3
    assert np.array_equal(drawn[:3], drawn[3:])
    assert np.allclose(drawn.mean(axis=0), found.predict_proba(far), atol=1e-6)
    assert (found.predict_proba(ROWS).argmax(axis=1) == CODES).mean() > 0.8


def test_a_deep_ensemble_doubts_itself_where_it_has_seen_nothing() -> None:
    """Its members contradict each other between the clouds more than within them."""
    pytest.importorskip("torch")
    found = fitted("committee", members=[{"name": "torch", "hidden": 32}] * 5)
    between = RNG.normal(0, 6, size=(200, 4)).astype(np.float32)
    shares = [
        decompose(found.sample_proba(X, samples=5, rng=np.random.default_rng(0))).epistemic.mean()
        for X in (2 * np.eye(4, dtype=np.float32)[:3] * 2, between)
    ]
    assert shares[1] > 2 * shares[0]


def test_a_committee_is_the_committee_that_strategies_go_by() -> None:
    """The signal holds its own members, each once; nothing is trained again."""
    found = fitted("committee", members=KINDS)
    signals = model_signals(
        {Signal.COMMITTEE}, found, lambda: pytest.fail("trained again"), ROWS,
        np.arange(90), CODES, class_count=3, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert signals["committee"].shape == (2, len(ROWS), 3)
    said = found.predict_proba(ROWS)
    assert np.allclose(signals["committee"].mean(axis=0), said, atol=1e-6)


def test_a_committee_of_another_size_is_not_loaded(tmp_path: Path) -> None:
    """Some of its members alone would be another model."""
    found = fitted("committee", members=KINDS)
    found.save(tmp_path)
    again = create_learner("committee", members=KINDS)
    again.load(tmp_path)
    assert np.array_equal(again.predict_proba(ROWS), found.predict_proba(ROWS))
    with pytest.raises(StorageError, match="2 members, not 3"):
        create_learner("committee", members=[*KINDS, "naive-bayes"]).load(tmp_path)


@pytest.mark.parametrize(
    ("name", "parameters", "error"),
    [
        ("committee", {"members": ["naive-bayes"]}, InvalidInputError),
        ("committee", {"members": "naive-bayes"}, InvalidInputError),
        ("committee", {"members": ["naive-bayes", "nobody"]}, UnknownNameError),
        ("committee", {"members": ["naive-bayes", {"C": 1}]}, InvalidInputError),
        ("torch-snapshots", {"snapshots": 1}, InvalidInputError),
        ("torch-snapshots", {"shrink": 0.5}, InvalidInputError),
        ("torch-snapshots", {"nothing": 0.5}, InvalidInputError),
    ],
)
def test_members_that_cannot_be_are_refused(
    name: str, parameters: dict[str, Any], error: type[Exception]
) -> None:
    """Before anything is trained."""
    with pytest.raises(error):
        create_learner(name, **parameters)


def test_mixed_precision_trains_as_well_and_in_other_numbers() -> None:
    """On a processor too: weights keep 32 bits, products take 16."""
    torch = pytest.importorskip("torch")
    plain, mixed = (fitted("torch", mixed_precision=on) for on in (False, True))
    assert (mixed.predict_proba(ROWS).argmax(axis=1) == CODES).mean() > 0.8
    assert not np.array_equal(plain.predict_proba(ROWS), mixed.predict_proba(ROWS))
    assert all(it.dtype == torch.float32 for it in mixed._network.parameters())
