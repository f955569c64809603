"""Facts about the torch learner: training, early stopping, warm start, a module of one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.errors import (
    InvalidInputError,
    MissingDependencyError,
    NotFittedError,
    StorageError,
    UnknownNameError,
)
from querist.learners import create_learner, torch_training
from querist.learners.kit import check_learner
from querist.learners.torch_learner import TorchLearner

torch = pytest.importorskip("torch")

CODES = np.arange(240) % 3
ROWS = (2 * np.eye(6)[CODES] + np.random.default_rng(3).normal(size=(240, 6))).astype(np.float32)


def normalised(width: int, classes: int) -> Any:
    """A network with batch normalisation and two dropout layers."""
    nn = torch.nn
    return nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(width, 16),
        nn.BatchNorm1d(16),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(16, classes),
    )


def fitted(seed: int = 0, **parameters: Any) -> TorchLearner:
    """A learner trained on the clouds."""
    learner = TorchLearner(**parameters)
    learner.fit(ROWS, CODES, class_count=3, rng=np.random.default_rng(seed))
    return learner


def test_it_keeps_the_contract_with_laplace_too() -> None:
    """The kit's checks hold with the other uncertainty."""
    check_learner(lambda: create_learner("torch", uncertainty="laplace"))


def test_it_does_not_need_a_line_to_tell_classes_apart() -> None:
    """Four corners of two classes, which no linear learner separates."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2)).astype(np.float32)
    y = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    scores = []
    for name in ("torch", "logistic-regression"):
        learner = create_learner(name)
        learner.fit(X[:200], y[:200], class_count=2, rng=rng)
        scores.append(float((learner.predict_proba(X[200:]).argmax(axis=1) == y[200:]).mean()))
    assert scores[0] > 0.9
    assert scores[1] < 0.7


def test_a_learner_leaves_torchs_random_state_alone(tmp_path: Path) -> None:
    """What a program draws from torch does not depend on what was trained, loaded or sampled."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    learner = fitted(epochs=2)
    learner.save(tmp_path / "model")
    learner.load(tmp_path / "model")
    learner.sample_proba(ROWS, samples=2, rng=np.random.default_rng(0))
    assert torch.equal(torch.rand(3), expected)


def test_another_seed_is_another_model() -> None:
    """The generator, and nothing else, decides about chance."""
    first, second = fitted(0, epochs=3), fitted(1, epochs=3)
    assert not np.array_equal(first.predict_proba(ROWS), second.predict_proba(ROWS))


def test_the_same_share_of_each_class_is_held_out_and_none_of_few_labels() -> None:
    """15 % of each class; below 20 rows in all, none."""
    codes = np.repeat([0, 1, 2], [100, 40, 5])
    held = torch_training.held_out(codes, np.random.default_rng(0))
    assert np.bincount(codes[held], minlength=3).tolist() == [15, 6, 0]
    assert not torch_training.held_out(np.arange(100) % 10, np.random.default_rng(0)).any()


def test_early_stopping_keeps_the_epoch_of_the_lowest_held_out_loss() -> None:
    """Labels without sense are learned by heart, but not in the state that stays."""
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.normal(size=(300, 20)).astype(np.float32))
    codes = torch.from_numpy(rng.integers(2, size=300))
    held = np.arange(300) < 60
    losses = []
    for mask in (held, np.zeros(300, bool)):
        torch.manual_seed(0)
        network = torch.nn.Sequential(
            torch.nn.Linear(20, 64), torch.nn.ReLU(), torch.nn.Linear(64, 2)
        )
        torch_training.train(
            network, rows, codes, mask, epochs=100, learning_rate=1e-2, weight_decay=0
        )
        assert not network.training
        with torch.inference_mode():
            losses.append(
                float(torch.nn.functional.cross_entropy(network(rows[:60]), codes[:60]))
                if mask.any()
                else float(torch.nn.functional.cross_entropy(network(rows), codes))
            )
    assert 0.5 < losses[0] < 0.9  # near log 2: it knows nothing and does not claim to
    assert losses[1] < 0.05  # the same network without it


def test_a_warm_start_starts_near_and_from_scratch_does_not() -> None:
    """After a tiny step, weights are still those of before times ``shrink``, plus small noise."""

    def first_layer(learner: TorchLearner) -> np.ndarray:
        return learner._network[0].weight.detach().cpu().numpy().copy()

    learner = TorchLearner(shrink=0.5, epochs=30)
    learner.fit(ROWS, CODES, class_count=3, rng=np.random.default_rng(0))
    before = first_layer(learner)
    learner._parameters |= {"epochs": 1, "learning_rate": 1e-9}
    learner.fit(ROWS, CODES, class_count=3, rng=np.random.default_rng(1))
    noise = first_layer(learner) - 0.5 * before
    assert noise.std() == pytest.approx(torch_training.PERTURB, rel=0.1)
    learner._parameters["shrink"] = None
    learner.fit(ROWS, CODES, class_count=3, rng=np.random.default_rng(1))
    assert (first_layer(learner) - 0.5 * before).std() > 0.1


def test_a_warm_start_survives_saving_and_a_new_class(tmp_path: Path) -> None:
    """A loaded model is where training starts; a last layer of another width starts fresh."""
    first = fitted(shrink=0.4)
    first.save(tmp_path / "model")
    X, y = np.concatenate([ROWS, ROWS[:20] + 9]), np.concatenate([CODES, np.full(20, 3)])
    found = []
    for learner in (first, TorchLearner(shrink=0.4)):
        if learner is not first:
            learner.load(tmp_path / "model")
        learner.fit(X, y, class_count=4, rng=np.random.default_rng(2))
        found.append(learner.predict_proba(X))
    assert np.array_equal(*found)
    assert (found[0][-20:].argmax(axis=1) == 3).all()


def test_a_module_of_ones_own_is_trained_saved_and_sampled(tmp_path: Path) -> None:
    """Buffers such as those of batch normalisation come back; it has no name for a project."""
    learner = fitted(module=normalised)
    assert (learner.predict_proba(ROWS).argmax(axis=1) == CODES).mean() > 0.75
    learner.save(tmp_path / "model")
    assert {p.suffix for p in (tmp_path / "model").iterdir()} == {".safetensors", ".json"}
    loaded = TorchLearner(module=normalised)
    loaded.load(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(ROWS), learner.predict_proba(ROWS))
    with pytest.raises(InvalidInputError, match="no name"):
        _ = learner.parameters
    with pytest.raises(StorageError, match="cannot be read"):
        TorchLearner().load(tmp_path / "model")


def test_a_module_of_the_wrong_width_is_refused() -> None:
    """What it gives and what was asked for are both named."""
    with pytest.raises(InvalidInputError, match=r"\(2, 7\) for 2 rows and 3 classes"):
        fitted(module=lambda width, _: torch.nn.Linear(width, 7))


def test_a_loss_that_is_no_number_is_an_error() -> None:
    """A learning rate that blows up is named, and no broken model stays."""
    learner = TorchLearner(learning_rate=1e30)
    with pytest.raises(InvalidInputError, match="learning rate"):
        learner.fit(ROWS, CODES, class_count=3, rng=np.random.default_rng(0))
    with pytest.raises(NotFittedError):
        learner.predict_proba(ROWS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden": 0}, {"dropout": 1.0}, {"epochs": 0}, {"learning_rate": 0.0},
        {"weight_decay": -1.0}, {"shrink": 1.5}, {"uncertainty": "drop"}, {"device": "abacus"},
    ],
)  # fmt: skip
def test_parameters_it_cannot_take_are_refused(wrong: dict[str, Any]) -> None:
    """Each by its value."""
    value = next(iter(wrong.values()))
    with pytest.raises((InvalidInputError, UnknownNameError), match=str(value)):
        create_learner("torch", **wrong)


def test_without_torch_its_name_is_known_and_its_extra_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list of learners imports no torch; making one names the install command."""
    code = (
        "import sys; from querist.learners import learner_class\n"
        "learner_class('torch').summary; print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'querist\[torch\]'"):
        create_learner("torch")
