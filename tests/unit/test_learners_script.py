"""The learner in a script: it is started and ended, and what it does wrong is told."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist import Project
from querist.errors import InvalidInputError, UnavailableError
from querist.learners import Item, Learner, create_encoder, create_learner
from querist.learners.script_backend import stop_scripts
from querist.loop import training
from querist.schema import Media

X = np.array([[0, 1], [1, 0], [4, 4]], np.float32)
Y = np.array([0, 0, 2])
# The share of the first class it has learned, for each row; nothing else.
GOOD = """
import numpy as np
def train(vectors, labels, seed):
    print("this is not in the way")
    return (labels == labels.min()).mean()
def predict(model, vectors):
    return [[model, 1 - model]] * len(vectors)
def state(model, folder):
    if model is None:
        return float((folder / "share.txt").read_text())
    (folder / "share.txt").write_text(str(model))
def embed(items):
    return np.array([[len(item["text"]), len(item["id"])] for item in items])
"""


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """No script outlives its test."""
    yield
    stop_scripts()


def scripted(folder: Path, text: str = GOOD, **parameters: Any) -> Learner:
    """A learner in a script of this text."""
    (folder / "own.py").write_text(text)
    return create_learner("script", file="own.py", folder=str(folder), **parameters)


def trained(learner: Learner) -> Learner:
    """The learner, trained on the three rows."""
    learner.fit(X, Y, class_count=3, rng=np.random.default_rng(0))
    return learner


def test_a_script_trains_and_predicts(tmp_path: Path) -> None:
    """Columns are the classes of the labels; what the script prints disturbs nothing."""
    found = trained(scripted(tmp_path)).predict_proba(X)
    assert np.allclose(found, [[2 / 3, 0, 1 / 3]] * 3)


def test_a_kept_model_outlives_its_process(tmp_path: Path) -> None:
    """It is kept in the project's folder, and read back by the next process."""
    learner = trained(scripted(tmp_path))
    before = learner.predict_proba(X)
    learner.save(tmp_path / "model")
    stop_scripts()
    again = scripted(tmp_path)
    again.load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(X), before)
    assert len(list((tmp_path / "models" / "script").glob("*/share.txt"))) == 1


def test_a_model_that_was_not_kept_is_told(tmp_path: Path) -> None:
    """Nothing else is asked in its place."""
    learner = trained(scripted(tmp_path))
    stop_scripts()
    with pytest.raises(UnavailableError, match="knows nothing of the model"):
        learner.predict_proba(X)


def test_one_process_answers_until_its_file_changes(tmp_path: Path) -> None:
    """Other learners of the same file ask the same process; another text is another model."""
    told = GOOD + "\nimport os\nopen('pids', 'a').write(f'{os.getpid()} ')\n"
    trained(scripted(tmp_path, told))
    trained(scripted(tmp_path, told))
    assert len((tmp_path / "pids").read_text().split()) == 1
    first = trained(scripted(tmp_path, told))
    other = trained(scripted(tmp_path, told.replace("1 - model", "1.0 - model")))
    pids = (tmp_path / "pids").read_text().split()
    assert len(set(pids)) == len(pids) == 2
    # What a name is made of shows nowhere else.
    assert first._model != other._model  # type: ignore[attr-defined]


def test_a_script_ends_with_its_querist(tmp_path: Path) -> None:
    """A process whose asker was killed goes, even while it trains."""
    hangs = (
        "import os, time\ndef train(*a):\n    open('pid', 'w').write(str(os.getpid()))\n"
        "    open('here', 'w')\n    time.sleep(60)\n"
    )
    (tmp_path / "own.py").write_text(hangs)
    code = (
        "import numpy as np, sys\nfrom querist.learners import create_learner\n"
        "learner = create_learner('script', file='own.py', folder=sys.argv[1])\n"
        "learner.fit(np.eye(2, dtype='f4'), np.arange(2), class_count=2, "
        "rng=np.random.default_rng(0))\n"
    )
    asker = os.posix_spawn(sys.executable, [sys.executable, "-c", code, str(tmp_path)], os.environ)
    until = time.monotonic() + 60
    while not (tmp_path / "here").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(asker, 9)
    os.waitpid(asker, 0)
    status = Path(f"/proc/{(tmp_path / 'pid').read_text()}/status")
    while status.exists() and "zombie" not in status.read_text():
        assert time.monotonic() < until
        time.sleep(0.05)


TRAINS = "def train(*_):\n    return 1\n"
WRONG = {
    "dies at its start": ("import os\nos._exit(3)", "ended with the status 3"),
    "does not load": ("print('hi')\nimport nowhere_to_be_found", "No module named 'nowhere_to_be"),
    "is killed": ("import os\ndef train(*_):\n    os.kill(os.getpid(), 9)", "ended by signal 9"),
    "hangs at its start": ("import time\ntime.sleep(60)", "longer than 2 s for its start"),
    "hangs": (
        "import time\ndef train(*_):\n    print('step 7')\n    time.sleep(60)",
        "longer than 2 s for /train.* wrote last: step 7",
    ),
    "raises": ("\ndef train(*_):\n    raise ValueError('no')", "raised ValueError: no in line 3"),
    "reads": ("def train(*_):\n    input()", "raised EOFError"),
    "has no function": ("", "there is no function 'train'"),
    "wrong count": (TRAINS + "def predict(*_):\n    return [[1, 0]]", r"shape \(1, 2\), \(3, 2\)"),
    "texts": (TRAINS + "def predict(*_):\n    return [['a', 'b']] * 3", "without a table"),
    "objects": (TRAINS + "def predict(*_):\n    return {'logits': object()}", "TypeError: no ans"),
    "NaN": (TRAINS + "def predict(*_):\n    return [[float('nan'), 1]] * 3", "NaN or infinite"),
    "huge": (TRAINS + "def predict(*_):\n    return [[1e300, 0]] * 3", "NaN or infinite"),
    "sums": (TRAINS + "def predict(*_):\n    return [[0.2, 0.2]] * 3", "no probabilities: row 0"),
    "floods": (TRAINS + "def predict(*_):\n    return 'x' * (1 << 22)", "more than"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_script_is_told_and_never_becomes_a_number(tmp_path: Path, kind: str) -> None:
    """The error names the script, what it did, and what to do; the next one can be right."""
    text, words = WRONG[kind]
    seconds = 2 if "hangs" in kind else 60
    learner = scripted(tmp_path, text, seconds=seconds, train_seconds=seconds)
    with pytest.raises(UnavailableError, match=words) as raised:
        trained(learner).predict_proba(X)
    assert "'own.py'" in raised.value.message
    assert "no label is lost" in raised.value.remedy
    assert trained(scripted(tmp_path)).predict_proba(X).shape == (3, 3)


@pytest.mark.parametrize(
    "parameters",
    [
        {"file": "/tmp/own.py"},
        {"file": "../own.py"},
        {"file": "a/../../own.py"},
        {"file": "own.sh"},
        {"file": "own.py", "seconds": 0},
    ],
)
def test_only_a_python_file_below_the_folder_is_named(parameters: dict[str, Any]) -> None:
    """No other place, and nothing else than Python."""
    with pytest.raises(InvalidInputError):
        create_learner("script", **parameters)


def test_a_link_leads_nowhere_else(tmp_path: Path) -> None:
    """A file that lies outside of the folder is not started through a link in it."""
    (tmp_path / "outside.py").write_text(GOOD)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "own.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(UnavailableError, match=r"There is no script 'own\.py'"):
        trained(create_learner("script", file="own.py", folder=str(tmp_path / "p")))


def test_a_python_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Its path is named."""
    with pytest.raises(UnavailableError, match=r"env/bin/python.*No such file"):
        trained(scripted(tmp_path, python="env/bin/python"))


def test_a_committee_starts_no_script() -> None:
    """The parameters of its members stand in the records."""
    member = {"name": "script", "file": "own.py"}
    with pytest.raises(InvalidInputError, match="member of a committee"):
        create_learner("committee", members=[member, "naive-bayes"])


def test_a_script_embeds(tmp_path: Path) -> None:
    """Texts come with their ids; wrong vectors are told."""
    (tmp_path / "own.py").write_text(GOOD)
    given = {"file": "own.py", "folder": str(tmp_path)}
    items = [Item(media=Media.TEXT, asset_id=i, text=2 * i) for i in ("a", "bcd")]
    encoder = create_encoder("script-text", dimensions=2, **given)
    assert encoder.encode(items).tolist() == [[2, 1], [6, 3]]
    assert encoder.identity.key == "script-text-1-content-2"
    with pytest.raises(UnavailableError, match="answered /embed"):
        create_encoder("script-text", dimensions=3, **given).encode(items)


def project_of(folder: Path) -> Project:
    """Twelve rows, with a model in a script; six of them are labeled."""
    learner = {"name": "script", "parameters": {"file": "own.py"}}
    policy = {"audit_size": 0, "control_share": 0.0}
    made = Project.create(folder, media="table", classes=["a", "b"], learner=learner, policy=policy)
    (folder / "own.py").write_text(GOOD)
    made.add([{"id": f"t{i}", "x": float(i)} for i in range(12)])
    for i in range(6):
        made.labels.submit(f"t{i}", "ab"[i % 2], annotator="ana")
    return made


def test_the_records_start_no_program(tmp_path: Path) -> None:
    """Of a model's record nothing is started: querist.toml alone says which script and Python."""
    with project_of(tmp_path / "p") as project:
        model = project.train()
        assert model.parameters["file"] == "own.py"
    path = tmp_path / "p" / "querist.toml"
    text = path.read_text()
    path.write_text(text.replace('file = "own.py"', 'file = "other.py"'))
    with Project.open(tmp_path / "p") as project:
        loaded = training.load(project.catalog, model)
        with pytest.raises(UnavailableError, match=r"There is no script 'other\.py'"):
            # The seam does not tell how wide its vectors are.
            loaded.predict_proba(np.zeros((1, loaded._dimensions), np.float32))  # type: ignore[attr-defined]
    path.write_text(text.replace('name = "script"', 'name = "naive-bayes"').replace("file =", "#"))
    with Project.open(tmp_path / "p") as project:
        with pytest.raises(UnavailableError, match=r"no longer names the script 'own\.py'"):
            training.load(project.catalog, model)
        assert len(project.catalog.predictions.probabilities(model.id)) == 12
        assert project.train().learner == "naive-bayes"
