"""Sets, numbers, boxes and spans by a model elsewhere: no wrong answer becomes a label."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from answering_server import AnsweringServer
from querist.errors import UnavailableError
from querist.learners import (
    ValueLearner,
    create_value_learner,
)
from querist.learners.value_problems import CLASSES
from querist.schema import (
    Box,
    BoxesValue,
    ClassesValue,
    LabeledSpan,
    Span,
    SpansValue,
    TaskKind,
    Value,
)
from two_assets import (
    PICTURES,
    PROBLEM,
    TEXTS,
    boxes,
    classes,
    number,
    spans,
)


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


LAST = {"uncertainty": [0.25, 3]}
SAID: dict[str, tuple[TaskKind, dict[str, Any], list[float]]] = {
    "a set is taken as sure": (TaskKind.MULTI_LABEL, {}, [0, 0]),
    "chances of a set": (
        TaskKind.MULTI_LABEL,
        {"probabilities": [[0.75, 0.5, 0], [1, 0, 0]]},
        [0.75, 0],
    ),
    "a doubt of its own": (
        TaskKind.MULTI_LABEL,
        {"probabilities": [[0.75, 0.5, 0], [1, 0, 0]], **LAST},
        [0.25, 3],
    ),
    "a number alone": (TaskKind.REGRESSION, {}, [0, 0]),
    "members of numbers": (TaskKind.REGRESSION, {"members": [[1, 2], [3, 2]]}, [2**0.5, 0]),
    "boxes": (TaskKind.BOXES, {}, [0.5, 0]),
    "spans": (TaskKind.SPANS, {}, [0.5, 0]),
    "spans with a doubt": (TaskKind.SPANS, LAST, [0.25, 3]),
}


@pytest.mark.parametrize("kind", SAID)
def test_a_doubt_is_taken_or_derived(server: AnsweringServer, kind: str) -> None:
    """Expected wrong decisions, the spread of the members, or how unsure the objects are."""
    task, more, doubt = SAID[kind]
    inputs, _, said = PROBLEM[task]
    server.predicts = {"values": said, **more}
    found = trained(server, task).predict(inputs)
    np.testing.assert_allclose(found.uncertainty, doubt, atol=1e-6)
    assert found.uncertainty.dtype == np.float32
    assert (found.probabilities is not None) == (task is TaskKind.MULTI_LABEL)
    assert (found.members is not None) == ("members" in more)


def test_chances_alone_make_a_set(server: AnsweringServer) -> None:
    """Every class over one half."""
    server.predicts = {"values": None, "probabilities": [[0.75, 0.5, 0], [0.25, 0, 1]]}
    found = trained(server, TaskKind.MULTI_LABEL).predict(TEXTS)
    assert found.values == [ClassesValue(names=("red",)), ClassesValue(names=("blue",))]


def test_boxes_are_cut_at_the_edge(server: AnsweringServer) -> None:
    """An object may go on beyond the picture."""
    server.predicts = {"values": [boxes(-5, 10, 15, 30), boxes(35, 0, 10, 5)]}
    found = trained(server, TaskKind.BOXES).predict(PICTURES).values
    sides = [it.box for value in found if isinstance(value, BoxesValue) for it in value.boxes]
    assert sides == [Box(x=0, y=10, width=10, height=10), Box(x=35, y=0, width=5, height=5)]


def test_spans_share_characters_where_the_labels_do(
    server: AnsweringServer, tmp_path: Path
) -> None:
    """Elsewhere nobody could accept them; a loaded model remembers."""
    both = spans((0, 7), (4, 12))
    learner = trained(server, TaskKind.SPANS)
    server.predicts = {"values": [both, spans()]}
    with pytest.raises(UnavailableError, match=r"'t0'.*share characters"):
        learner.predict(TEXTS)
    part, whole = Span(start=0, end=3), Span(start=0, end=7)
    shared = tuple(LabeledSpan(name=name, span=it) for name, it in (("red", part), ("blue", whole)))
    values: list[Value] = [SpansValue(spans=shared), SpansValue(spans=())]
    learner.fit(TEXTS, values, classes=CLASSES, rng=np.random.default_rng(0))
    learner.save(tmp_path)
    again = create_value_learner("remote", url=server.url)
    again.load(tmp_path)
    found = again.predict(TEXTS).values[0]
    assert isinstance(found, SpansValue)
    assert len(found.spans) == 2


SETS, NUMBERS = TaskKind.MULTI_LABEL, TaskKind.REGRESSION
BOXES, SPANS = TaskKind.BOXES, TaskKind.SPANS
NAN = float("nan")
NO_LABEL = "for 't0' with what is no label: "
WRONG: dict[str, tuple[TaskKind, Any, str]] = {
    "fewer": (SETS, {"values": [classes()]}, "with 1 label for 2 assets"),
    "more": (SETS, {"values": [classes()] * 3}, "with 3 labels for 2 assets"),
    "none": (SETS, {}, "without a list of labels 'values'"),
    "an object": (SETS, {"values": {"t0": classes()}}, "without a list of labels"),
    "unknown class": (SETS, {"values": [classes("pink")] * 2}, NO_LABEL + ".*pink"),
    "named twice": (SETS, {"values": [classes("red", "red")] * 2}, NO_LABEL + ".*twice"),
    "another kind": (SETS, {"values": [number(1)] * 2}, NO_LABEL + ".*'number'.*'multi_label'"),
    "plain names": (SETS, {"values": [["red"], []]}, NO_LABEL + ".*type"),
    "a tag of lists": (SETS, {"values": [{"type": []}] * 2}, NO_LABEL + "it has not the form"),
    "nothing": (SETS, {"values": [None, None]}, NO_LABEL),
    "wrong chances": (SETS, {"probabilities": [[0.5, 0.5]] * 2}, r"\(2, 2\), \(2, 3\) was asked"),
    "chance over 1": (SETS, {"probabilities": [[0, 0, 0], [0, 2, 0]]}, "no probab.*: 2 in row 1"),
    "chance below 0": (SETS, {"probabilities": [[-0.1, 0, 0]] * 2}, "-0.1 in row 0"),
    "NaN chance": (SETS, {"probabilities": [[0, NAN, 0]] * 2}, "NaN or infinite 'probab.* row 0"),
    "no number": (NUMBERS, {"values": [number("1")] * 2}, NO_LABEL),
    "NaN": (NUMBERS, {"values": [number(NAN)] * 2}, NO_LABEL + ".*nan"),
    "infinite": (NUMBERS, {"values": [number(float("inf"))] * 2}, NO_LABEL + ".*inf"),
    "beyond float32": (NUMBERS, {"values": [number(1e39)] * 2}, NO_LABEL + r".*1e\+39"),
    "beyond floats": (NUMBERS, {"values": [number(10**400)] * 2}, NO_LABEL + "it has not"),
    "chances of numbers": (
        NUMBERS,
        {"values": [number(1)] * 2, "probabilities": [[1], [1]]},
        "with 'probabilities', which regression does not have",
    ),
    "one member": (NUMBERS, {"values": [number(1)] * 2, "members": [[1, 2]]}, "with 1 of 'mem"),
    "members of others": (
        NUMBERS,
        {"values": [number(1)] * 2, "members": [[1], [2]]},
        r"shape \(2, 1\), \(any, 2\) was asked",
    ),
    "huge members": (
        NUMBERS,
        {"values": [number(1)] * 2, "members": [[1e39, 1]] * 2},
        "'members' beyond float32",
    ),
    "doubt below 0": (
        NUMBERS,
        {"values": [number(1)] * 2, "uncertainty": [1, -1]},
        "-1 among 'uncertainty', below 0",
    ),
    "NaN doubt": (
        NUMBERS,
        {"values": [number(1)] * 2, "uncertainty": [1, NAN]},
        "NaN or infinite 'uncertainty', first in row 1",
    ),
    "one doubt": (
        NUMBERS,
        {"values": [number(1)] * 2, "uncertainty": [1]},
        r"shape \(1,\), \(2,\) was asked",
    ),
    "doubt in words": (
        NUMBERS,
        {"values": [number(1)] * 2, "uncertainty": "high"},
        "without a list of numbers 'uncertainty'",
    ),
    "box elsewhere": (
        BOXES,
        {"values": [boxes(1, 2, 3, 4), boxes(50, 2, 3, 4)]},
        "'p1'.* at 50, 2 of 3 by 4 lies outside of the picture of 40 by 20",
    ),
    "box above": (BOXES, {"values": [boxes(1, -9, 3, 4)] * 2}, "'p0'.*lies outside"),
    "flat box": (BOXES, {"values": [boxes(1, 2, 0, 4)] * 2}, "'p0'.*0.* by 4"),
    "NaN box": (BOXES, {"values": [boxes(NAN, 2, 3, 4)] * 2}, "'p0'.*finite"),
    "no confidence": (
        BOXES,
        {"values": [boxes(1, 2, 3, 4, confidence=None)] * 2},
        "'p0'.*'red' has no confidence",
    ),
    "sure beyond 1": (BOXES, {"values": [boxes(1, 2, 3, 4, confidence=7)] * 2}, "confidence is 7"),
    "members of boxes": (
        BOXES,
        {"values": PROBLEM[BOXES][2], "members": [[1, 1]] * 2},
        "with 'members', which boxes does not have",
    ),
    "span beyond": (SPANS, {"values": [spans((4, 13)), spans()]}, NO_LABEL + ".*12 characters"),
    "span of nothing": (SPANS, {"values": [spans((4, 4)), spans()]}, NO_LABEL + ".*from 4 to 4"),
    "NaN sure": (SPANS, {"values": [spans((0, 3), confidence=NAN), spans()]}, "confidence is nan"),
    "another field": (SPANS, {"values": [spans((0, 3), score=1), spans()]}, NO_LABEL + ".*score"),
    "html": (SPANS, b"<html>", "something else than JSON"),
    "crash": (SPANS, (500, b"Traceback"), "answered 500: 'Traceback'"),
    "forgotten": (SPANS, (404, b"{}"), "knows nothing of /predict or of the model"),
    "flood": (SPANS, b" " * 2_000_000, "more than"),
    "hang": (SPANS, "hang", "did not answer within"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_answer_is_told_and_never_becomes_a_label(
    server: AnsweringServer, kind: str
) -> None:
    """The error says what is wrong with the answer, names the server, and what to do."""
    task, answer, words = WRONG[kind]
    learner = trained(server, task, seconds=0.5 if answer == "hang" else 30)
    server.answers = {"/predict": answer}
    with pytest.raises(UnavailableError, match=words) as raised:
        learner.predict(PROBLEM[task][0])
    assert server.url in raised.value.message
    assert "no label is lost" in raised.value.remedy
