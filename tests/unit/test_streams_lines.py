"""A stream as lines of JSON: decisions, labels that come back, and wrong lines."""

from __future__ import annotations

import json

import numpy as np
import pytest

from querist.errors import ConflictError, InvalidInputError
from querist.strategies.streams import LineStream, Stream, caps, lines, share_limits


def all_random(classes=(), **settings):
    """A stream that asks everything at random, so that every label counts."""
    return LineStream(Stream("random", budget=1.0, **settings), clock=lambda: 0.0, classes=classes)


def tell(stream, *bodies):
    """The answers to some objects, one line each."""
    return [stream.answer(json.dumps(body), number) for number, body in enumerate(bodies, 1)]


def test_an_arrival_gets_a_decision():
    """The answer has the id as it was, the decision, and numbers that JSON knows."""
    stream = LineStream(Stream("fixed", budget=1.0, random_share=0.0), clock=lambda: 0.0)
    (answer,) = tell(stream, {"id": 7, "probabilities": [0.9, 0.1], "source": "left alone"})
    assert answer == {
        "id": 7,
        "ask": True,
        "score": pytest.approx(0.1),
        "threshold": pytest.approx(0.0),
        "reason": "The confidence 0.90 is below the threshold 1.00.",
        "random": False,
        "drift": False,
        "budget_used": 1.0,
    }
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("empty", [[], {}, None, [1.0], {"boot": 1.0}])
def test_a_line_without_a_prediction_is_asked(empty):
    """Empty probabilities of every form are asked, with the reason."""
    stream = LineStream(Stream("variable", budget=0.5), clock=lambda: 0.0)
    (answer,) = tell(stream, {"id": "a", "probabilities": empty})
    assert answer["ask"]
    assert "no prediction" in answer["reason"]


def test_random_needs_no_more_than_an_id():
    """A strategy that needs nothing decides about a line with an id alone."""
    (answer,) = tell(all_random(), {"id": "a"})
    assert answer["ask"]


@pytest.mark.parametrize(
    ("classes", "probabilities", "right", "wrong"),
    [
        ((), {"boot": 0.7, "shirt": 0.3}, "boot", "shirt"),
        ((), {"boot": 0.7, "shirt": 0.3}, "boot", "a new class"),
        (("boot", "shirt"), [0.7, 0.3], "boot", "shirt"),
        ((), [0.7, 0.3], 0, 1),
    ],
)
def test_labels_are_compared_with_the_prediction(classes, probabilities, right, wrong):
    """Labels by name, by class option and by number are right or wrong as they should be."""
    stream = all_random(classes)
    for label, outcome in ((right, 0.0), (wrong, 1.0)):
        first, second = tell(
            stream, {"id": "a", "probabilities": probabilities}, {"id": "a", "label": label}
        )
        assert first["random"]
        assert second["used"]
        assert stream.stream.detector.outcomes[-1] == outcome


def test_only_labels_of_the_random_share_count():
    """Labels that nobody waits for, and of arrivals that were not asked, reveal nothing."""
    stream = LineStream(Stream("fixed", budget=1.0, random_share=0.0), clock=lambda: 0.0)
    tell(stream, {"id": "a", "probabilities": [0.5, 0.5], "label": 0})
    (answer,) = tell(stream, {"id": "a", "label": 0})
    assert not answer["used"]
    never = LineStream(Stream("random", budget=0.0), clock=lambda: 0.0)
    (answer,) = tell(never, {"id": "a", "probabilities": [0.5, 0.5], "label": 0})
    assert not answer["ask"]
    assert stream.stream.detector.outcomes == never.stream.detector.outcomes == []


def test_a_label_counts_once():
    """The second label of one arrival is not used again."""
    stream = all_random()
    answers = tell(stream, {"id": "a", "probabilities": [0.7, 0.3]}, *[{"id": "a", "label": 1}] * 2)
    assert [answer["used"] for answer in answers[1:]] == [True, False]


def test_a_drift_is_told_with_the_label_and_with_the_next_decision():
    """The alarm is in the answer to the label that revealed it and in the next decision."""
    stream = all_random()
    wanted = {"probabilities": [0.9, 0.1]}
    calm = [{"id": i, **wanted, "label": 0} for i in range(80)]
    assert not any(answer["drift"] for answer in tell(stream, *calm))
    tell(stream, *[{"id": f"b{i}", **wanted} for i in range(30)])
    answers = tell(stream, *[{"id": f"b{i}", "label": 1} for i in range(30)])
    drifts = [answer["drift"] for answer in answers]
    at = drifts.index(True)
    assert at < 20
    assert "train it anew" in answers[at]["reason"]
    # What waited was predicted by the old model, so it no longer counts.
    assert not any(answer["used"] for answer in answers[at + 1 :])
    decisions = tell(stream, {"id": "c", **wanted}, {"id": "d", **wanted})
    assert [decision["drift"] for decision in decisions] == [True, False]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("oops", "no JSON"),
        ("[1]", "not an object"),
        ("3", "not an object"),
        ("[" * 100_000, "no JSON"),
        (b"\xff\xfe{", "no JSON"),
        ("{}", "no id"),
        ('{"id": true, "label": 1}', "id is True"),
        ('{"id": "", "label": 1}', "id is ''"),
        ('{"id": "a"}', "neither 'probabilities' nor 'label'"),
        ('{"id": "a", "probabilities": [0.5, 0.6]}', "sum to 1.1"),
        ('{"id": "a", "probabilities": [NaN, 0.6]}', "NaN"),
        ('{"id": "a", "probabilities": [0.5, "0.5"]}', "no list of numbers"),
        ('{"id": "a", "probabilities": {"a": 1, "b": null}}', "no list of numbers"),
        ('{"id": "a", "probabilities": 0.4}', "no list of numbers"),
        ('{"id": "a", "probabilities": "0.4"}', "no list of numbers"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "embedding": [[1]]}', "no list of numbers"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "embedding": []}', "embedding is empty"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "embedding": [1e999]}', "NaN or an infinite"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "time": "noon"}', "time is 'noon'"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "time": NaN}', "time is nan"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "time": true}', "time is True"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "label": 0.5}', "label is 0.5"),
        ('{"id": "a", "probabilities": [0.5, 0.5], "label": "boot"}', "the prediction was 0"),
        ('{"id": "a", "label": null}', "label is None"),
        ('{"id": "a", "label": 0.5}', "label is 0.5"),
    ],
)
def test_a_wrong_line_is_answered_with_an_error_and_changes_nothing(line, words):
    """The error has the one shape, the number of the line, what is wrong and a remedy."""
    stream = LineStream(Stream("fixed", budget=1.0, random_share=0.0), clock=lambda: 0.0)
    before = json.dumps(stream.state())
    answer = stream.answer(line, 41)
    assert answer.keys() == {"error"}
    assert answer["error"].keys() == {"code", "message", "remedy", "details"}
    assert answer["error"]["message"].startswith("Line 41: ")
    assert words in answer["error"]["message"]
    assert answer["error"]["remedy"]
    assert answer["error"]["details"]["line"] == 41
    assert stream.wrong == 1
    assert json.dumps(stream.state()) == before


def test_labels_of_the_wrong_kind_are_refused():
    """A name for a numbered prediction, an unknown class, and lists of another length."""
    for classes, body, label, words in (
        ((), {"probabilities": [0.7, 0.3]}, "boot", "the prediction was 0"),
        (("boot", "shirt"), {"probabilities": [0.7, 0.3]}, "bot", "no class named 'bot'"),
    ):
        stream = all_random(classes)
        _, answer = tell(stream, {"id": "a", **body}, {"id": "a", "label": label})
        assert words in answer["error"]["message"]
        (answer,) = tell(stream, {"id": "a", "label": classes[0] if classes else 0})
        assert answer["used"], "a wrong label must not use up the prediction"
    (answer,) = tell(all_random(("boot", "shirt")), {"id": "a", "probabilities": [0.5, 0.3, 0.2]})
    assert "3 probabilities for 2 classes" in answer["error"]["message"]


def test_times_are_read_in_every_form():
    """Seconds and ISO 8601 with and without a zone are the same clock; without a time it ticks."""
    now = iter([1_000.0, 1_059.9, 1_060.0])
    limits = [*share_limits(1.0), *caps(per_minute=1)]
    stream = LineStream(Stream("random", budget=1.0, limits=limits), clock=lambda: next(now))
    answers = tell(stream, *[{"id": i, "probabilities": [0.5, 0.5]} for i in range(3)])
    assert [answer["ask"] for answer in answers] == [True, False, True]
    assert "within the last minute" in answers[1]["reason"]
    times = ["2026-11-25T09:00:00", "2026-11-25T09:00:59Z", "2026-11-25T10:01:00+01:00", 2e9]
    answers = tell(stream, *[{"id": 0, "probabilities": [0.5, 0.5], "time": t} for t in times])
    assert [answer["ask"] for answer in answers] == [True, False, True, True]


def test_going_on_from_a_state_is_as_going_on():
    """Lines that are answered half before and half after a break get the same answers."""
    rng = np.random.default_rng(0)
    table = rng.dirichlet(np.ones(3), size=600).tolist()
    bodies = []
    for at, row in enumerate(table):
        bodies.append({"id": at, "probabilities": row, "time": float(at)})
        if at >= 5:
            bodies.append({"id": at - 5, "label": int(rng.integers(3))})

    def fresh():
        return LineStream(Stream(budget=0.3, random_share=0.5), clock=lambda: 0.0)

    whole = tell(fresh(), *bodies)
    first, second = fresh(), fresh()
    answers = tell(first, *bodies[:500])
    second.restore(json.loads(json.dumps(first.state(), allow_nan=False)))
    assert answers + tell(second, *bodies[500:]) == whole
    assert sum(answer.get("used", False) for answer in whole) > 20


def test_states_of_something_else_are_refused():
    """Other settings are a conflict, other JSON is no state."""
    state = all_random(seed=1).state()
    with pytest.raises(ConflictError, match="seed"):
        all_random(seed=2).restore(state)
    for wrong in ([], {}, {"waiting": {}}, {"waiting": [], "stream": {}}):
        with pytest.raises(InvalidInputError, match="no state"):
            all_random().restore(wrong)


def test_predictions_that_wait_are_bounded(monkeypatch):
    """More unanswered questions than it remembers push out the oldest."""
    monkeypatch.setattr(lines, "WAITING", 50)
    stream = all_random()
    tell(stream, *[{"id": at, "probabilities": [0.6, 0.4]} for at in range(200)])
    assert list(stream.state()["waiting"]) == [str(at) for at in range(150, 200)]
