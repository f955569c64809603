"""Sets, numbers, boxes and spans by a model elsewhere: what travels, and what is confirmed."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from answering_server import AnsweringServer
from querist.errors import InvalidInputError, StorageError, UnavailableError
from querist.learners import (
    Item,
    ValueLearner,
    create_learner,
    create_value_learner,
    tasks_learned,
)
from querist.learners.remote_items import MOST_BYTES
from querist.learners.value_problems import CLASSES, taken
from querist.schema import (
    BoxesValue,
    ClassesValue,
    ClassValue,
    TaskKind,
    Value,
    to_json,
)
from two_assets import (
    PROBLEM,
    TEXTS,
    number,
    number_of,
    picture,
    texts,
)

ALL = (TaskKind.MULTI_LABEL, TaskKind.REGRESSION, TaskKind.BOXES, TaskKind.SPANS)


@pytest.fixture
def server() -> Iterator[AnsweringServer]:
    """A server that answers rightly until it is told otherwise."""
    with AnsweringServer() as made:
        yield made


def trained(server: AnsweringServer, task: TaskKind, **parameters: Any) -> ValueLearner:
    """A learner whose model the server has."""
    learner = create_value_learner("remote", url=server.url, **parameters)
    inputs, values, _ = PROBLEM[task]
    learner.fit(inputs, values, classes=CLASSES, rng=np.random.default_rng(0))
    return learner


@pytest.mark.parametrize("task", ALL)
def test_labels_travel_as_an_export_has_them(server: AnsweringServer, task: TaskKind) -> None:
    """Task, class names, ids, vectors and the JSON form of the labels; contents stay home."""
    inputs, values, said = PROBLEM[task]
    server.predicts = {"values": said}
    found = trained(server, task).predict(inputs)
    (_, told, _), (_, asked, _) = server.asked
    assert told["labels"] == [to_json(value) for value in values]
    assert (told["task"], told["classes"]) == (task.value, list(CLASSES))
    assert (told["start"], told["more"]) == (0, False)
    ids = [{"id": asset_id} for asset_id in inputs.asset_ids]
    assert told["items"] == asked["items"] == ids
    assert set(asked) == {"model", "task", "classes", "items", "vectors"}
    assert asked["vectors"]["shape"] == [2, 2]
    assert [type(value) for value in found.values] == [type(value) for value in values]


def test_contents_travel_where_it_is_wished(server: AnsweringServer) -> None:
    """Texts as they are, pictures as base64."""
    trained(server, TaskKind.SPANS, send="content")
    trained(server, TaskKind.BOXES, send="content")
    (_, told, _), (_, shown, _) = server.asked
    assert told["items"] == [
        {"id": "t0", "text": "red and blue"},
        {"id": "t1", "text": "green"},
    ]
    assert base64.b64decode(shown["items"][1]["data"]) == picture()
    with pytest.raises(InvalidInputError, match="cannot be sent"):
        create_value_learner("remote", url=server.url, send="all")


def test_a_training_has_the_name_of_what_it_is_made_of(server: AnsweringServer) -> None:
    """The same again is the same model; another label, seed or class is another."""
    inputs, values, _ = PROBLEM[TaskKind.MULTI_LABEL]
    names = []
    for labels, known, seed in (
        (values, CLASSES, 0),
        (values, CLASSES, 0),
        (values[::-1], CLASSES, 0),
        (values, CLASSES, 1),
        (values, (*CLASSES, "pink"), 0),
    ):
        learner = create_value_learner("remote", url=server.url)
        learner.fit(inputs, labels, classes=known, rng=np.random.default_rng(seed))
        names.append(server.asked[-1][1]["model"])
    assert names[0] == names[1]
    assert len(set(names)) == 4


def test_large_assets_go_in_parts(server: AnsweringServer) -> None:
    """No message holds much more than eight megabytes; nothing is left out or sent twice."""
    inputs = texts(*(str(i) * (MOST_BYTES // 3 + 1) for i in range(8)))
    values: list[Value] = [number_of(i) for i in range(8)]
    learner = create_value_learner("remote", url=server.url, send="content")
    learner.fit(inputs, values, classes=[], rng=np.random.default_rng(0))
    parts = [body for _, body, _ in server.asked]
    assert [(body["start"], body["more"]) for body in parts] == [(0, True), (3, True), (6, False)]
    assert len({body["model"] for body in parts}) == 1
    sent = [label["number"] for body in parts for label in body["labels"]]
    assert sent == list(range(8))
    assert [item["id"] for body in parts for item in body["items"]] == list(inputs.asset_ids)
    assert [body["vectors"]["shape"] for body in parts] == [[3, 2], [3, 2], [2, 2]]


def test_many_assets_are_asked_for_in_parts(server: AnsweringServer) -> None:
    """At most 1,024 at a time, and fewer where vectors or the chances of classes are long."""
    for width, count, sizes in ((2, 1500, [1024, 476]), (1 << 20, 3, [2, 1])):
        inputs = replace(texts(*["x"] * count), vectors=np.zeros((count, width), np.float32))
        learner = create_value_learner("remote", url=server.url)
        two = taken(inputs, [0, 1])
        learner.fit(two, [number_of(0), number_of(1)], classes=[], rng=np.random.default_rng(0))
        server.asked.clear()
        server.predicts = {"values": [number(0)] * sizes[0]}
        with pytest.raises(UnavailableError, match=f"{sizes[0]:,} labels for {sizes[1]:,} asset"):
            learner.predict(inputs)
        assert [len(body["items"]) for _, body, _ in server.asked] == sizes


def test_only_what_is_asked_for_is_read(server: AnsweringServer) -> None:
    """Where ids travel, contents are read for the bounds of boxes and spans alone."""

    def unread(_: Sequence[int]) -> Sequence[Item]:
        raise AssertionError("an asset was read")

    learner = trained(server, TaskKind.MULTI_LABEL)
    server.predicts = {"values": PROBLEM[TaskKind.MULTI_LABEL][2]}
    assert len(learner.predict(replace(TEXTS, items=unread)).values) == 2


@pytest.mark.parametrize("answer", [{}, {"model": "another"}, {"labels": 2}, (503, b"busy")])
def test_a_training_that_is_not_confirmed_has_not_happened(
    server: AnsweringServer, answer: Any
) -> None:
    """Neither without the model's name, nor with another number of labels than was sent."""
    server.answers = {"/train": answer}
    with pytest.raises(UnavailableError, match=r"/train|503"):
        trained(server, TaskKind.SPANS)
    server.predicts = {"model": None}
    server.answers = {}
    with pytest.raises(UnavailableError, match="for the model None"):
        trained(server, TaskKind.SPANS)


def test_parts_that_were_not_kept_are_told(server: AnsweringServer, tmp_path: Path) -> None:
    """A server that trains on the last part alone is no trained model."""
    inputs = texts(*["x" * MOST_BYTES] * 2)
    learner = create_value_learner("remote", url=server.url, send="content")

    def fit() -> None:
        learner.fit(inputs, [number_of(0), number_of(1)], classes=[], rng=np.random.default_rng(0))

    fit()
    name = server.asked[0][1]["model"]
    server.answers = {"/train": {"model": name, "labels": 1}}
    with pytest.raises(UnavailableError, match="that it has 1 labels, 2 were sent"):
        fit()


def test_too_little_to_learn_from_is_no_fault_of_the_server(server: AnsweringServer) -> None:
    """It is told before anything is sent, so that a round can wait for more labels."""
    rng = np.random.default_rng(0)
    learner = create_value_learner("remote", url=server.url)
    little: dict[str, list[Value]] = {
        "one number": [number_of(1)],
        "same set": [ClassesValue(names=("red",))] * 2,
        "no object": [BoxesValue(boxes=())] * 2,
        "of kind 'class'": [ClassValue(name="red")] * 2,
    }
    for words, values in little.items():
        with pytest.raises(InvalidInputError, match=words):
            learner.fit(taken(TEXTS, range(len(values))), values, classes=CLASSES, rng=rng)
    assert server.asked == []


def test_a_model_of_single_classes_is_another(server: AnsweringServer, tmp_path: Path) -> None:
    """Both have one name; what one has saved the other does not read."""
    single = create_learner("remote", url=server.url)
    X, y = np.eye(2, dtype=np.float32), np.arange(2)
    single.fit(X, y, class_count=2, rng=np.random.default_rng(0))
    single.save(tmp_path / "single")
    learner = trained(server, TaskKind.SPANS)
    learner.save(tmp_path / "spans")
    with pytest.raises(StorageError):
        learner.load(tmp_path / "single")
    with pytest.raises(StorageError):
        single.load(tmp_path / "spans")


@pytest.mark.parametrize("name", ["remote", "script"])
def test_one_name_stands_for_all_tasks_but_polygons(name: str) -> None:
    """The project's task decides which."""
    assert tasks_learned(name) == frozenset(TaskKind) - {TaskKind.POLYGONS}
