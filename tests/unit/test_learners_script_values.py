"""Sets, numbers, boxes and spans by a script: what it gets, does wrong, and keeps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from own_model import VALUES
from querist.errors import UnavailableError
from querist.learners import (
    ValueLearner,
    create_value_learner,
)
from querist.learners.remote_items import MOST_BYTES
from querist.learners.script_backend import stop_scripts
from querist.learners.value_problems import CLASSES, quality, sample_problem
from querist.schema import (
    TaskKind,
    Value,
)
from two_assets import (
    PROBLEM,
    number_of,
    texts,
)


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No script outlives its test."""
    yield
    stop_scripts()


def scripted(folder: Path, text: str, **parameters: Any) -> ValueLearner:
    """A learner in a script of this text."""
    (folder / "own.py").write_text(text)
    return create_value_learner("script", file="own.py", folder=str(folder), **parameters)


def test_a_script_gets_all_parts_at_once(tmp_path: Path) -> None:
    """What came in parts is one list for the script, with contents and vectors."""
    text = (
        "import numpy as np\n"
        "def train(items, labels, classes, seed):\n"
        "    assert [it['id'] for it in items] == [f't{i}' for i in range(5)]\n"
        "    assert all(it['vector'].shape == (2,) for it in items)\n"
        "    return sum(len(it['text']) * label['number'] for it, label in zip(items, labels))\n"
        "def predict(model, items):\n"
        "    values = [{'type': 'number', 'number': np.float32(model)} for it in items]\n"
        "    return {'values': values, 'uncertainty': np.ones(len(items))}\n"
    )
    size = MOST_BYTES // 2
    inputs = texts(*["x" * size] * 5)
    learner = scripted(tmp_path, text)
    values: list[Value] = [number_of(i) for i in range(5)]
    learner.fit(inputs, values, classes=[], rng=np.random.default_rng(0))
    found = learner.predict(inputs)
    assert found.values == [number_of(10 * size)] * 5
    assert found.uncertainty.tolist() == [1] * 5


TRAINS = "def train(*_):\n    return 1\n"
BROKEN = {
    "dies": ("import os\ndef train(*_):\n    os._exit(3)", "ended with the status 3"),
    "hangs": ("import time\ndef train(*_):\n    time.sleep(60)", "longer than 2 s for /train"),
    "raises": ("def train(*_):\n    raise ValueError('no')", "raised ValueError: no in line 2"),
    "old form": ("def train(vectors, labels, seed):\n    pass", "takes 3 positional arguments"),
    "wrong count": (TRAINS + "def predict(*_):\n    return []", "with 0 labels for 2 assets"),
    "objects": (TRAINS + "def predict(*_):\n    return [{1}, {2}]", "TypeError: no answer"),
    "NaN": (
        TRAINS + "def predict(*_):\n    return {'probabilities': [[float('nan'), 0, 0]] * 2}",
        "NaN or infinite 'probabilities'",
    ),
    "dies then": (TRAINS + "import os\ndef predict(*_):\n    os._exit(4)", "with the status 4"),
    "floods": (TRAINS + "def predict(*_):\n    return 'x' * (1 << 24)", "more than"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_wrong_script_is_told_and_the_next_one_can_be_right(tmp_path: Path, kind: str) -> None:
    """The error names the script, what it did, and what to do."""
    text, words = BROKEN[kind]
    seconds = 2 if kind == "hangs" else 60
    learner = scripted(tmp_path, text, train_seconds=seconds)
    inputs, values, _ = PROBLEM[TaskKind.MULTI_LABEL]

    def ask() -> None:
        learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))
        learner.predict(inputs)

    with pytest.raises(UnavailableError, match=words) as raised:
        ask()
    assert "'own.py'" in raised.value.message
    assert "no label is lost" in raised.value.remedy
    learner = scripted(tmp_path, VALUES.read_text())
    ask()


def test_a_script_without_contents_keeps_the_kit_of_vectors(tmp_path: Path) -> None:
    """With ``send = "ids"`` sets and numbers are learned from vectors, and contents stay away."""
    shutil.copy(VALUES, tmp_path / "own_values.py")
    given = {"file": "own_values.py", "folder": str(tmp_path), "send": "ids"}
    for task in (TaskKind.MULTI_LABEL, TaskKind.REGRESSION):
        learner = create_value_learner("script", **given)
        inputs, values = sample_problem(task)
        learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))
        assert quality(values, learner.predict(inputs).values) > 0.5
    learner = create_value_learner("script", **given)
    inputs, values = sample_problem(TaskKind.BOXES)
    with pytest.raises(UnavailableError, match="KeyError: 'data'"):
        learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))


def test_a_model_that_is_kept_says_the_same_after_a_restart(tmp_path: Path) -> None:
    """The next process finds it in the folder; one that was not kept is told."""
    shutil.copy(VALUES, tmp_path / "own_values.py")
    given = {"file": "own_values.py", "folder": str(tmp_path)}
    learner = create_value_learner("script", **given)
    inputs, values = sample_problem(TaskKind.SPANS)
    learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))
    before = learner.predict(inputs)
    learner.save(tmp_path / "model")
    learner.fit(inputs, values[::-1], classes=CLASSES, rng=np.random.default_rng(0))
    stop_scripts()
    with pytest.raises(UnavailableError, match="knows nothing of the model"):
        learner.predict(inputs)
    again = create_value_learner("script", **given)
    again.load(tmp_path / "model")
    assert again.predict(inputs).values == before.values
    facts = json.loads((tmp_path / "model" / "facts.json").read_text())
    assert facts["task"] == "spans"
