"""Learners of sets, numbers, boxes and spans whose model lives in a process of the user."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from querist.errors import InvalidInputError, TooFewLabelsError
from querist.learners.checking import check_matrix, check_values, one_number, one_set
from querist.learners.remote import RemoteLearner
from querist.learners.remote_answers import read_guesses, shares_characters
from querist.learners.remote_backend import pack
from querist.learners.remote_items import IDS, Part, check_send, parts_of
from querist.learners.remote_model import ModelElsewhere, OverHttp
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
from querist.schema.wording import counted

_TASK_OF: dict[type[Value], TaskKind] = {
    ClassesValue: TaskKind.MULTI_LABEL,
    NumberValue: TaskKind.REGRESSION,
    BoxesValue: TaskKind.BOXES,
    SpansValue: TaskKind.SPANS,
}
_SHAPES = (TaskKind.BOXES, TaskKind.SPANS)
# Numbers that may be answered of one asset beyond the chances of its classes: some 16 KiB of JSON.
_NUMBERS_AN_ASSET = 400


class ValueLearnerElsewhere(ModelElsewhere):
    """A model of sets, numbers, boxes or spans, of another process.

    Labels have the JSON form that REST and exports use. Assets travel as their ids and vectors, and
    where ``send`` says so with what they hold. A training that is too large for one message comes
    in several, and the process says how many labels it has by then.
    """

    tasks: ClassVar[frozenset[TaskKind]] = frozenset(_TASK_OF.values())
    send: str
    _ontology = Ontology.of(TaskKind.MULTI_LABEL, [])

    def __post_init__(self) -> None:
        super().__post_init__()
        check_send(self.send)

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
        said = json.dumps([told, list(inputs.asset_ids), labels, self.send])
        rows = np.ascontiguousarray(vectors, dtype="<f4").tobytes()
        name = self._name_of(self._backend.version.encode(), said.encode(), rows)
        for part in parts_of(inputs, vectors, self.send):
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
        vectors = self._trained_on(inputs.vectors)
        found: list[Guesses] = []
        bounded, answered = self._ontology.task in _SHAPES, len(self._ontology.names)
        parts = parts_of(inputs, vectors, self.send, bounded=bounded, answered=answered)
        for part in parts:
            found.append(self._said_of(part, found[0] if found else None))
        return _joined(found, self._ontology)

    def _stored(self) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Any]]:
        return {}, {
            "task": self._ontology.task.value,
            "classes": list(self._ontology.names),
            "overlapping": self._ontology.limits.overlapping,
        }

    def _restore(self, kept: Mapping[str, Any]) -> None:
        limits = Limits(overlapping=bool(kept["overlapping"]))
        self._ontology = Ontology.of(kept["task"], kept["classes"], limits=limits)

    def _train_on(
        self, name: str, told: Mapping[str, Any], part: Part, labels: Sequence[Any]
    ) -> None:
        sent = {
            "start": part.rows.start,
            "more": part.rows.stop < len(labels),
            "items": part.items,
            "vectors": pack(part.vectors),
            "labels": labels[part.rows.start : part.rows.stop],
        }
        answer, tool = self._train(name, {**told, **sent})
        if answer.get("labels") != part.rows.stop:
            raise tool.failed(
                f"answered /train that it has {answer.get('labels')!r:.80} labels, "
                f"{part.rows.stop} were sent"
            )

    def _said_of(self, part: Part, first: Guesses | None) -> Guesses:
        told = {
            "task": self._ontology.task.value,
            "classes": list(self._ontology.names),
            "items": part.items,
            "vectors": pack(part.vectors),
        }
        awaited = len(part.ids) * (len(self._ontology.names) + _NUMBERS_AN_ASSET)
        answer, tool = self._predict(told, numbers=awaited)
        found = read_guesses(answer, part, self._ontology, tool)
        counts = [None if it.members is None else len(it.members) for it in (first or found, found)]
        if counts[0] != counts[1]:
            raise tool.failed(f"answered /predict with {counts[0]} members, then with {counts[1]}")
        return found


@dataclass(eq=False)
class RemoteValueLearner(ValueLearnerElsewhere, OverHttp):
    """A model of sets, numbers, boxes or spans behind three functions over HTTP.

    Args:
        url: As for ``OverHttp``; ``token``, ``seconds`` and ``train_seconds`` likewise.
        send: ``ids``, where the process has the data itself or vectors are enough; ``content``
            sends the texts, rows, or bytes of the pictures as well.

    Example:
        >>> RemoteValueLearner("http://127.0.0.1:9000").parameters["send"]
        'ids'
    """

    name: ClassVar[str] = RemoteLearner.name
    summary: ClassVar[str] = RemoteLearner.summary
    send: str = IDS


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
        raise TooFewLabelsError(
            f"There is no object in {counted(count, 'label')}.",
            remedy="Label assets that have some, then train.",
        )
    if task is TaskKind.REGRESSION and count < 2:
        raise one_number()
    sets = {frozenset(class_names(value)) for value in labels}
    if task is TaskKind.MULTI_LABEL and len(sets) < 2:
        raise one_set(count)
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
