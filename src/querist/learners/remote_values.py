"""Learners of sets, numbers, boxes and spans whose model lives in a process of the user."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError
from querist.learners import arrays
from querist.learners.base import Matrix
from querist.learners.checking import check_matrix, check_values, unfitted, unreadable
from querist.learners.remote_answers import read_guesses, shares_characters
from querist.learners.remote_backend import Backend, Served, check_model, check_seconds, pack
from querist.learners.remote_items import IDS, Part, check_send, parts_of
from querist.learners.value_base import Guesses, Inputs
from querist.schema import (
    BoxesValue,
    ClassesValue,
    Limits,
    NumberValue,
    Ontology,
    SpansValue,
    TaskKind,
    Value,
    class_names,
    to_json,
)

_TASK_OF: dict[type[Value], TaskKind] = {
    ClassesValue: TaskKind.MULTI_LABEL,
    NumberValue: TaskKind.REGRESSION,
    BoxesValue: TaskKind.BOXES,
    SpansValue: TaskKind.SPANS,
}
_SHAPES = (TaskKind.BOXES, TaskKind.SPANS)
# Numbers that may be answered of one asset beyond the chances of its classes: some 16 KiB of JSON.
_NUMBERS_AN_ASSET = 400


class ValueLearnerElsewhere:
    """A model behind three functions of another process: train, predict and state.

    As ``LearnerElsewhere``, with labels in the JSON form that REST and exports use. Assets travel
    as their ids and vectors, and where it is wished with what they hold. A training that is too
    large for one message comes in several, and the process says how many labels it has by then.

    Args:
        backend: The way to it.
        train_seconds: The longest that a training may take.
        send: ``ids``, or ``content`` for the texts, rows, or bytes of the pictures as well.

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(_TASK_OF.values())

    def __init__(self, backend: Served, train_seconds: float, send: str) -> None:
        check_seconds(train_seconds)
        check_send(send)
        self._backend = backend
        self._train_seconds, self._send = train_seconds, send
        self._model: str | None = None
        self._ontology = Ontology.of(TaskKind.MULTI_LABEL, [])
        self._dimensions = 0

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Have a new model trained from scratch on n assets and their labels.

        Raises:
            InvalidInputError: no assets, lengths that disagree, NaN, labels of several kinds or of
                none that is learned, or too little to learn from.
            UnavailableError: the process hangs, refuses, or does not say that it is done.
        """
        vectors = check_matrix(inputs.vectors)
        ontology = _ontology(len(inputs), values, classes)
        told = {
            "task": ontology.task.value,
            "classes": list(classes),
            "seed": int(rng.integers(2**31)),
        }
        labels = [to_json(value) for value in values]
        name = self._name(told, inputs.asset_ids, vectors, labels)
        for part in parts_of(inputs, vectors, self._send):
            self._train_on(name, told, part, labels)
        self._model, self._ontology = name, ontology
        self._dimensions = vectors.shape[1]

    def predict(self, inputs: Inputs) -> Guesses:
        """What the model says about each of n assets.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            InvalidInputError: NaN, or another number of columns than in training.
            UnavailableError: the process hangs, refuses, or answers other than one label an asset.
        """
        if self._model is None:
            raise unfitted(self.name)
        vectors = check_matrix(inputs.vectors, dimensions=self._dimensions)
        found: list[Guesses] = []
        bounded, answered = self._ontology.task in _SHAPES, len(self._ontology.names)
        parts = parts_of(inputs, vectors, self._send, bounded=bounded, answered=answered)
        for part in parts:
            found.append(self._said_of(part, found[0] if found else None))
        return _joined(found, self._ontology)

    def save(self, folder: Path) -> None:
        """Ask the process to keep the model, and write down its name.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            UnavailableError: the process does not keep it.
        """
        if self._model is None:
            raise unfitted(self.name)
        answer, tool = self._backend.ask("/state", {"model": self._model})
        check_model(answer, self._model, tool, "/state")
        facts = {
            "name": self.name,
            "model": self._model,
            "task": self._ontology.task.value,
            "classes": list(self._ontology.names),
            "overlapping": self._ontology.limits.overlapping,
            "dimensions": self._dimensions,
        }
        arrays.write(folder, {}, facts)

    def load(self, folder: Path) -> None:
        """Read the name of the model; the process is asked when it shall predict.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        _, facts = arrays.read(folder, self.name)
        try:
            limits = Limits(overlapping=bool(facts["overlapping"]))
            self._ontology = Ontology.of(facts["task"], facts["classes"], limits=limits)
            self._dimensions, self._model = int(facts["dimensions"]), str(facts["model"])
        except KeyError as error:  # of the learner of single classes, which has the same name
            raise unreadable(self.name, folder, error) from error

    def _name(
        self, told: Mapping[str, Any], ids: Sequence[str], vectors: Matrix, labels: Sequence[Any]
    ) -> str:
        """The name of a model: all that it is trained on, and by which program."""
        made_of = hashlib.sha256(self._backend.version.encode())
        made_of.update(json.dumps([told, list(ids), labels, self._send]).encode())
        made_of.update(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
        return made_of.hexdigest()[:24]

    def _train_on(
        self, name: str, told: Mapping[str, Any], part: Part, labels: Sequence[Any]
    ) -> None:
        asked = {
            "model": name,
            **told,
            "start": part.rows.start,
            "more": part.rows.stop < len(labels),
            "items": part.items,
            "vectors": pack(part.vectors),
            "labels": labels[part.rows.start : part.rows.stop],
        }
        answer, tool = self._backend.ask("/train", asked, seconds=self._train_seconds)
        check_model(answer, name, tool, "/train")
        if answer.get("labels") != part.rows.stop:
            raise tool.failed(
                f"answered /train that it has {answer.get('labels')!r:.80} labels, "
                f"{part.rows.stop} were sent"
            )

    def _said_of(self, part: Part, first: Guesses | None) -> Guesses:
        asked = {
            "model": self._model,
            "task": self._ontology.task.value,
            "classes": list(self._ontology.names),
            "items": part.items,
            "vectors": pack(part.vectors),
        }
        awaited = len(part.ids) * (len(self._ontology.names) + _NUMBERS_AN_ASSET)
        answer, tool = self._backend.ask("/predict", asked, numbers=awaited)
        found = read_guesses(answer, part, self._ontology, tool)
        counts = [None if it.members is None else len(it.members) for it in (first or found, found)]
        if counts[0] != counts[1]:
            raise tool.failed(f"answered /predict with {counts[0]} members, then with {counts[1]}")
        return found


class RemoteValueLearner(ValueLearnerElsewhere):
    """A model of sets, numbers, boxes or spans behind three functions over HTTP.

    Args:
        url: Where the model is served.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token.
        seconds: The longest that a prediction may take, for at most 1,024 assets.
        train_seconds: The longest that a training may take.
        send: ``ids``, where the process has the data itself or vectors are enough; ``content``
            sends the texts, rows, or bytes of the pictures as well.

    Example:
        >>> RemoteValueLearner("http://127.0.0.1:9000").parameters["send"]
        'ids'

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str] = "remote"
    summary: ClassVar[str] = "Your own model, served over HTTP by a process of yours"

    def __init__(
        self,
        url: str,
        token: str | None = None,
        seconds: float = 60.0,
        train_seconds: float = 600.0,
        send: str = IDS,
    ) -> None:
        backend = Backend(url=url, token=token, seconds=seconds)
        super().__init__(backend, train_seconds, send)
        self._parameters = {
            "url": url,
            "token": token,
            "seconds": seconds,
            "train_seconds": train_seconds,
            "send": send,
        }

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What rebuilds it; a token is named by where it is found."""
        return self._parameters


def _ontology(count: int, values: Sequence[Value], classes: Sequence[str]) -> Ontology:
    """Task and classes of labels that there is something to learn from.

    Spans of an answer may share characters where those of the labels do.
    """
    kind = type(values[0]) if values else ClassesValue
    labels: Sequence[Value] = check_values(count, values, kind)
    if kind not in _TASK_OF:
        learned = ", ".join(sorted(it.TYPE for it in _TASK_OF))
        raise InvalidInputError(
            f"The labels are of kind {kind.TYPE!r}.", remedy=f"Give labels of kind {learned}."
        )
    task = _TASK_OF[kind]
    if task in _SHAPES and not any(class_names(value) for value in labels):
        raise InvalidInputError(
            f"None of the {count} labels has an object.",
            remedy="Label assets that have some, then train.",
        )
    if task is TaskKind.REGRESSION and count < 2:
        raise InvalidInputError(
            "There is one number to learn from.", remedy="Label two assets or more, then train."
        )
    sets = {frozenset(class_names(value)) for value in labels}
    if task is TaskKind.MULTI_LABEL and len(sets) < 2:
        raise InvalidInputError(
            f"All {count} labels are the same set of classes.",
            remedy="Label assets of which some have a class that others have not, then train.",
        )
    limits = Limits(overlapping=any(shares_characters(value) for value in labels))
    return Ontology.of(task, classes, limits=limits)


def _joined(parts: Sequence[Guesses], ontology: Ontology) -> Guesses:
    """The guesses of all parts, one after the other; of no assets there are none."""
    chances = [it.probabilities for it in parts if it.probabilities is not None]
    members = [it.members for it in parts if it.members is not None]
    if ontology.task is TaskKind.MULTI_LABEL:
        chances.insert(0, np.zeros((0, len(ontology.names)), np.float32))
    doubts = [np.zeros(0, np.float32), *(it.uncertainty for it in parts)]
    return Guesses(
        values=[value for part in parts for value in part.values],
        uncertainty=np.concatenate(doubts).astype(np.float32),
        probabilities=np.concatenate(chances) if chances else None,
        members=np.concatenate(members, axis=1) if members else None,
    )
