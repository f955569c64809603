"""The learner and encoders over HTTP: what travels, and that no wrong answer becomes a number."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from answering_server import AnsweringServer
from querist import Project
from querist.errors import InvalidInputError, UnavailableError, UnknownNameError
from querist.learners import (
    Item,
    Learner,
    arrays,
    create_encoder,
    create_learner,
    create_value_learner,
)
from querist.learners.remote_backend import pack
from querist.schema import Media

TOKEN = "a-token-that-nobody-may-see"
X = np.array([[0, 1], [1, 0], [4, 4]], np.float32)
Y = np.array([0, 0, 2])
RIGHT = [[0.5, 0.5], [1, 0], [0.25, 0.75]]


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    """A server that answers rightly until it is told otherwise."""
    with AnsweringServer() as made:
        made.predicts = {"probabilities": RIGHT}
        yield made


def trained(server: AnsweringServer, **parameters: Any) -> Learner:
    """A learner whose model the server has."""
    learner = create_learner("remote", url=server.url, **parameters)
    learner.fit(X, Y, class_count=3, rng=np.random.default_rng(0))
    return learner


def test_only_vectors_codes_and_a_seed_travel(server: AnsweringServer, tmp_path: Path) -> None:
    """No id, no text and no class name is in what the learner sends."""
    learner = trained(server)
    learner.predict_proba(X)
    learner.save(tmp_path / "model")
    paths = [path for path, _, _ in server.asked]
    keys = [set(body) for _, body, _ in server.asked]
    assert paths == ["/train", "/predict", "/state"]
    assert keys[0] == {"model", "vectors", "labels", "classes", "seed"}
    assert keys[1] == {"model", "vectors", "classes"}
    assert keys[2] == {"model"}
    body = server.asked[0][1]
    assert (body["labels"], body["classes"]) == ([0, 0, 2], [0, 2])
    raw = base64.b64decode(body["vectors"]["float32"])
    assert np.array_equal(np.frombuffer(raw, "<f4").reshape(body["vectors"]["shape"]), X)


def test_a_training_asked_for_twice_has_one_name(server: AnsweringServer) -> None:
    """The same labels and seed are the same model; one label more is another."""
    names = []
    for y in (Y, Y, np.array([0, 2, 2])):
        learner = create_learner("remote", url=server.url)
        learner.fit(X, y, class_count=3, rng=np.random.default_rng(0))
        names.append(server.asked[-1][1]["model"])
    assert names[0] == names[1] != names[2]


def test_a_model_has_the_name_and_the_state_that_it_always_had(
    server: AnsweringServer, tmp_path: Path
) -> None:
    """A server that keeps it under this name, and a folder of before, go on: both are pinned."""
    learner = trained(server)
    name = server.asked[-1][1]["model"]
    assert name == "a84ea18df2ade35d27c0eca4"
    facts = {"name": "remote", "model": name, "class_count": 3, "dimensions": 2}
    learner.save(tmp_path / "new")
    assert arrays.read(tmp_path / "new", "remote", ["present"])[1] == facts
    arrays.write(tmp_path / "old", {"present": np.array([0, 2])}, facts)
    found = create_learner("remote", url=server.url)
    found.load(tmp_path / "old")
    assert np.array_equal(found.predict_proba(X), learner.predict_proba(X))


@pytest.mark.parametrize("make", [create_learner, create_value_learner])
@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("remote", {"url": "http://host", "token": "file:t", "seconds": 5.0}),
        ("script", {"file": "own.py", "python": "venv/bin/python", "seconds": 5.0}),
    ],
)
def test_parameters_rebuild_a_learner(make: Any, name: str, way: dict[str, Any]) -> None:
    """All but the project's folder, which a project gives; sets and shapes have ``send`` beside."""
    folder = {"folder": "/somewhere"} if name == "script" else {}
    sent = {"send": "content"} if make is create_value_learner else {}
    learner = make(name, **way, **folder, **sent, train_seconds=7.0)
    assert dict(learner.parameters) == way | {"train_seconds": 7.0} | sent
    assert make(name, **learner.parameters).parameters == learner.parameters
    with pytest.raises(InvalidInputError, match="does not take 'model'"):
        make(name, **way, model="x")


def test_classes_that_the_model_never_saw_get_nothing(server: AnsweringServer) -> None:
    """The columns of the answer are the classes of the labels, in their order."""
    found = trained(server).predict_proba(X)
    assert np.allclose(found, [[0.5, 0, 0.5], [1, 0, 0], [0.25, 0, 0.75]])


def test_logits_and_packed_tables_are_taken(server: AnsweringServer) -> None:
    """Logits go through a softmax; a table may be base64 of float32."""
    learner = trained(server)
    server.predicts = {"logits": np.log(np.clip(RIGHT, 1e-9, 1)).tolist()}
    assert np.allclose(learner.predict_proba(X)[:, [0, 2]], RIGHT, atol=1e-6)
    server.predicts = {"probabilities": pack(np.array(RIGHT, np.float32))}
    assert np.allclose(learner.predict_proba(X)[:, [0, 2]], RIGHT)


def test_a_large_pool_goes_in_parts(server: AnsweringServer) -> None:
    """No request holds more than two million numbers; the answers are put together in order."""
    wide = np.zeros((4, 1 << 20), np.float32)
    learner = create_learner("remote", url=server.url)
    learner.fit(wide[:3], Y, class_count=3, rng=np.random.default_rng(0))
    server.predicts = {"probabilities": [[1, 0], [0, 1]]}
    assert learner.predict_proba(wide)[:, 0].tolist() == [1, 0, 1, 0]
    assert [path for path, _, _ in server.asked] == ["/train", "/predict", "/predict"]


NONSENSE = {
    "fewer rows": ({"probabilities": RIGHT[:2]}, r"shape \(2, 2\), \(3, 2\) was asked"),
    "more rows": ({"probabilities": [*RIGHT, [1, 0]]}, r"shape \(4, 2\)"),
    "unknown classes": ({"probabilities": [[1, 0, 0]] * 3}, r"shape \(3, 3\)"),
    "one class": ({"probabilities": [[1]] * 3}, r"shape \(3, 1\)"),
    "flat": ({"probabilities": [0.5] * 6}, "without a table"),
    "ragged": ({"probabilities": [[1, 0], [1], [1, 0]]}, "without a table"),
    "texts": ({"probabilities": [["0.5", "0.5"]] * 3}, "without a table"),
    "truths": ({"probabilities": [[True, False]] * 3}, "without a table"),
    "nothing": ({"probabilities": None}, "without a table"),
    "another key": ({"scores": RIGHT}, "without a table"),
    "a list": (RIGHT, "cannot be understood"),
    "NaN": ({"probabilities": [[float("nan"), 1]] * 3}, "NaN or infinite.*row 0"),
    "infinite": ({"logits": [[0, 1], [0, float("inf")], [0, 1]]}, "NaN or infinite.*row 1"),
    "negative": ({"probabilities": [[1, 0], [1.5, -0.5], [1, 0]]}, "no probabilities: row 1"),
    "sums": ({"probabilities": [[1, 0], [1, 0], [0.5, 0.4]]}, "row 2.* sums to 0.9"),
    "bad base64": ({"probabilities": {"shape": [3, 2], "float32": "%%%"}}, "without a table"),
    "short base64": ({"probabilities": {"shape": [3, 2], "float32": "AAAA"}}, "without a table"),
    "html": (b"<html>", "something else than JSON"),
    "empty": (b"", "knows nothing of /predict"),
    "crash": ((500, b"Traceback"), "answered 500: 'Traceback'"),
    "forgotten": ((404, b"{}"), "knows nothing of /predict or of the model"),
    "flood": (b" " * 2_000_000, "more than"),
    "hang": ("hang", "did not answer within"),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_told_and_never_becomes_a_number(server: AnsweringServer, kind: str) -> None:
    """The error says what is wrong with the answer, names the server, and what to do."""
    answer, words = NONSENSE[kind]
    learner = trained(server, seconds=0.5 if answer == "hang" else 30)
    server.answers = {"/predict": answer}
    with pytest.raises(UnavailableError, match=words) as raised:
        learner.predict_proba(X)
    assert server.url in raised.value.message
    assert "no label is lost" in raised.value.remedy


@pytest.mark.parametrize("path", ["/train", "/state"])
@pytest.mark.parametrize("answer", [{}, {"model": "another"}, {"model": None}, (503, b"busy")])
def test_a_server_must_say_which_model_it_has(
    server: AnsweringServer, tmp_path: Path, path: str, answer: Any
) -> None:
    """A training or keeping that is not confirmed has not happened."""
    server.answers = {path: answer}
    learner = create_learner("remote", url=server.url)

    def train_and_save() -> None:
        learner.fit(X, Y, class_count=3, rng=np.random.default_rng(0))
        learner.save(tmp_path / "model")

    with pytest.raises(UnavailableError):
        train_and_save()
    assert not (tmp_path / "model").exists()


def test_the_token_is_named_and_never_told(
    server: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes to the server in a header; neither parameters nor errors hold it."""
    monkeypatch.setenv("QUERIST_OWN", TOKEN)
    learner = trained(server, token="env:QUERIST_OWN")
    assert server.asked[0][2] == f"Bearer {TOKEN}"
    assert TOKEN not in json.dumps(dict(learner.parameters))
    server.answers = {"/predict": (500, b"no")}
    with pytest.raises(UnavailableError) as raised:
        learner.predict_proba(X)
    assert TOKEN not in str(raised.value)
    monkeypatch.delenv("QUERIST_OWN")
    with pytest.raises(UnavailableError, match="There is no token"):
        learner.predict_proba(X)


@pytest.mark.parametrize(
    "parameters",
    [
        {"url": "ftp://host"},
        {"url": "http://ana:secret@host"},
        {"url": "http://host", "token": "secret"},
        {"url": "http://host", "token": "env:HOME"},
        {"url": "http://host", "seconds": 0},
        {"url": "http://host", "train_seconds": float("nan")},
        {"url": "http://host", "seconds": True},
    ],
)
def test_settings_that_cannot_work_are_refused(parameters: dict[str, Any]) -> None:
    """An address with a password, a token itself, another variable, or no time."""
    with pytest.raises(InvalidInputError) as raised:
        create_learner("remote", **parameters)
    assert "secret" not in str(raised.value)


def embedder(server: AnsweringServer, **parameters: Any) -> Any:
    """An encoder of texts in two dimensions."""
    return create_encoder("remote-text", url=server.url, dimensions=2, **parameters)


def test_an_encoder_sends_ids_and_no_content(server: AnsweringServer) -> None:
    """Data stay home: the text is sent only where ``send`` says so."""
    server.predicts = {"vectors": [[1, 2], [3, 4]]}
    items = [Item(media=Media.TEXT, asset_id=i, text=f"secret {i}") for i in ("a", "b")]
    assert embedder(server).encode(items).tolist() == [[1, 2], [3, 4]]
    assert server.asked[0][1] == {"items": [{"id": "a"}, {"id": "b"}]}
    embedder(server, send="content").encode(items)
    assert server.asked[1][1]["items"][0] == {"id": "a", "text": "secret a"}
    with pytest.raises(InvalidInputError, match="no id"):
        embedder(server).encode([Item(media=Media.TEXT, text="x")])


@pytest.mark.parametrize(
    "vectors", [[[1, 2]], [[1, 2, 3]] * 2, [[1, float("nan")]] * 2, [[1e300, 0]] * 2, "x", None]
)
def test_wrong_vectors_are_told(server: AnsweringServer, vectors: Any) -> None:
    """Wrong count, width or values store nothing."""
    server.predicts = {"vectors": vectors}
    items = [Item(media=Media.TEXT, asset_id=i, text=i) for i in ("a", "b")]
    with pytest.raises(UnavailableError, match="answered /embed"):
        embedder(server).encode(items)


def test_an_identity_needs_no_server() -> None:
    """The settings alone say which vectors compare, so a dead server hides none."""
    made = create_encoder("remote-text", url="http://127.0.0.1:9", dimensions=2, version="v2")
    assert made.identity.key == "remote-text-v2-ids-2"
    for wrong in ({"dimensions": 0}, {"version": "a/b"}, {"send": "all"}):
        with pytest.raises(InvalidInputError):
            create_encoder("remote-text", **{"url": "http://h", "dimensions": 2, **wrong})


def test_a_project_sends_the_ids_that_its_owner_chose(
    server: AnsweringServer, tmp_path: Path
) -> None:
    """``encoder_parameters`` reach the encoder; only ids leave the project."""
    server.predicts = {"vectors": [[0, 1], [1, 0], [1, 1]]}
    settings = {
        "encoder": "remote-text",
        "encoder_parameters": {"url": server.url, "dimensions": 2},
    }
    with Project.create(tmp_path / "p", media="text", classes=["a"], learner=settings) as project:
        project.add([{"id": f"t{i}", "text": f"secret {i}"} for i in range(3)])
        assert project.catalog.embeddings.matrix("remote-text-1-ids-2").shape == (3, 2)
    assert "secret" not in json.dumps([body for _, body, _ in server.asked])


def test_a_learner_that_does_not_exist_is_told_by_the_round(tmp_path: Path) -> None:
    """A wrong setting is told before anybody labels."""
    learner = {"name": "remot"}
    with Project.create(
        tmp_path / "p", media="table", classes=["a", "b"], learner=learner
    ) as project:
        project.add([{"id": f"t{i}", "x": float(i)} for i in range(12)])
        with pytest.raises(UnknownNameError, match="remot"):
            project.next_round(4)
