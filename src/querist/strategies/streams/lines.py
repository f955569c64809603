"""A stream as lines of JSON: each line in gets one object out, a wrong one an error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from querist.errors import InvalidInputError, QueristError, UnknownNameError
from querist.strategies.base import Signal
from querist.strategies.streams.base import Arrival
from querist.strategies.streams.checking import check_arrival
from querist.strategies.streams.stream import Stream

# Predictions of the random share that wait for their label; the oldest give way.
WAITING = 10_000

_EXAMPLE = '{"id": "a7", "probabilities": [0.6, 0.4]}'


class LineStream:
    """Answers lines: arrivals with a decision, labels with what they reveal.

    An arrival has ``id`` and ``probabilities`` (a list, an object by class name, or [] where the
    model cannot tell yet), and may have ``embedding``, ``time`` (seconds, or ISO 8601; UTC unless
    it says otherwise) and ``label``, which is looked at only if the arrival is asked. A label that
    comes later is a line of its own with ``id`` and ``label``. Other fields are left alone.
    """

    def __init__(
        self, stream: Stream, *, clock: Callable[[], float], classes: Sequence[str] = ()
    ) -> None:
        """Answer for ``stream``.

        Args:
            stream: Decides.
            clock: Gives the time of arrivals that tell none, in seconds.
            classes: Names of the places in lists of probabilities; without them labels of such
                arrivals are whole numbers from 0.
        """
        self.stream = stream
        self.wrong = 0
        self._clock = clock
        self._classes = tuple(classes)
        self._waiting: dict[str, str | int] = {}

    def answer(self, line: str | bytes, number: int) -> dict[str, Any]:
        """The answer to line ``number``; it is an ``error`` if the line is wrong."""
        try:
            return self._answer(_parsed(line))
        except QueristError as error:
            self.wrong += 1
            body = error.to_json()["error"]
            body["message"] = f"Line {number}: {body['message']}"
            body["details"]["line"] = number
            return {"error": body}

    def state(self) -> dict[str, Any]:
        """Everything needed to go on exactly here, as JSON values."""
        return {"stream": self.stream.state(), "waiting": dict(self._waiting)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state`` was taken.

        Raises:
            ConflictError: it belongs to a stream with other settings.
            InvalidInputError: it is no such state.
        """
        if not isinstance(state, Mapping) or not isinstance(state.get("waiting"), Mapping):
            raise InvalidInputError(
                "This is no state of a stream.", remedy="Give another file, or a new one."
            )
        self.stream.restore(state.get("stream", {}))
        self._waiting = dict(state["waiting"])

    def _answer(self, body: Mapping[str, Any]) -> dict[str, Any]:
        name = _id(body)
        if "label" in body and "probabilities" not in body:
            return {"id": name, **self._learn(str(name), body["label"])}
        arrival = self._arrival(body)
        expected = self._predicted(body.get("probabilities"))
        label = body.get("label")
        if label is not None:
            self._check_label(label, expected)
        decision = self.stream.consider(arrival)
        drift = decision.drift
        if decision.random and expected is not None:
            self._await(str(name), expected)
            if label is not None:
                drift = bool(self._learn(str(name), label)["drift"]) or drift
        return {
            "id": name,
            "ask": decision.ask,
            "score": decision.score,
            "threshold": decision.threshold,
            "reason": decision.reason,
            "random": decision.random,
            "drift": drift,
            "budget_used": decision.budget_used,
        }

    def _arrival(self, body: Mapping[str, Any]) -> Arrival:
        given = body.get("probabilities")
        if "probabilities" not in body and Signal.PROBABILITIES in self.stream.strategy.needs:
            raise InvalidInputError(
                f"There is neither 'probabilities' nor 'label', only {', '.join(body)}.",
                remedy="Give the class probabilities, or [] where the model cannot tell yet.",
            )
        if self._classes and isinstance(given, list) and len(given) not in (0, len(self._classes)):
            raise InvalidInputError(
                f"There are {len(given)} probabilities for {len(self._classes)} classes.",
                remedy="Give one for each class, in the order of the classes.",
            )
        return check_arrival(
            probabilities=list(given.values()) if isinstance(given, Mapping) else given,
            embedding=body.get("embedding"),
            time=self._clock() if body.get("time") is None else _seconds(body["time"]),
        )

    def _predicted(self, given: Any) -> str | int | None:
        """The predicted class by its name, or by its place where it has none."""
        if not given:
            return None
        if isinstance(given, Mapping):
            return str(max(given, key=given.__getitem__))
        place = max(range(len(given)), key=given.__getitem__)
        return self._classes[place] if self._classes else place

    def _await(self, name: str, expected: str | int) -> None:
        self._waiting.pop(name, None)
        self._waiting[name] = expected
        while len(self._waiting) > WAITING:
            del self._waiting[next(iter(self._waiting))]

    def _check_label(self, label: Any, expected: str | int | None) -> None:
        if isinstance(label, bool) or not isinstance(label, str | int):
            raise InvalidInputError(
                f"The label is {label!r}.", remedy="Give the name of a class, or its number."
            )
        if self._classes and label not in self._classes:
            raise UnknownNameError.of("class", str(label), self._classes)
        if expected is not None and isinstance(expected, int) != isinstance(label, int):
            raise InvalidInputError(
                f"The label is {label!r}, but the prediction was {expected!r}.",
                remedy="Name the classes for lists of probabilities, or give labels as numbers.",
            )

    def _learn(self, name: str, label: Any) -> dict[str, Any]:
        expected = self._waiting.get(name)
        self._check_label(label, expected)
        if expected is None:
            reason = "Only labels of the random share watch for drift; this one was not awaited."
            return {"label": label, "used": False, "drift": False, "reason": reason}
        del self._waiting[name]
        right = label == expected
        drift = self.stream.observe(not right)
        if drift:
            # What still waits was predicted by the model that is to be replaced.
            self._waiting.clear()
        reason = "The model was right." if right else f"The model had said {expected!r}."
        if drift:
            reason += " It is wrong more often than before: train it anew on recent labels."
        return {"label": label, "used": True, "drift": drift, "reason": reason}


def _parsed(line: str | bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"This is no JSON: {error}.", remedy=f"Give one object on a line, such as {_EXAMPLE}."
        ) from error
    if not isinstance(body, Mapping):
        raise InvalidInputError(
            f"This is {type(body).__name__}, not an object.",
            remedy=f"Give one object on a line, such as {_EXAMPLE}.",
        )
    return body


def _id(body: Mapping[str, Any]) -> str | int:
    name = body.get("id")
    if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
        raise InvalidInputError(
            f"The id is {name!r}." if "id" in body else "There is no id.",
            remedy="Give every line the id of its asset, as text or a whole number.",
        )
    return name


def _seconds(time: Any) -> float:
    if isinstance(time, int | float) and not isinstance(time, bool) and math.isfinite(time):
        return float(time)
    try:
        moment = datetime.fromisoformat(time)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"The time is {time!r}.",
            remedy="Give seconds, or a time such as 2026-11-25T09:30:00Z.",
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
