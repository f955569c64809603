"""The learner whose model answers as Label Studio's ML backends do: setup, train, predict."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInputError, UnknownNameError
from querist.learners import arrays
from querist.learners.checking import unfitted
from querist.learners.label_studio_answers import as_asset, chances, nothing, read_answer, shown
from querist.learners.remote_answers import shares_characters
from querist.learners.remote_model import OverHttp
from querist.learners.value_base import Guesses, Inputs
from querist.outside import Tool
from querist.outside import label_studio_values as form
from querist.schema import (
    Asset,
    BoxesValue,
    ClassesValue,
    ClassValue,
    Limits,
    NumberValue,
    Ontology,
    SpansValue,
    TaskKind,
    Value,
)

# Of one request at most: tasks, and bytes of content.
_TASKS, _BYTES = 200, 8 << 20
_ANSWER_BYTES = 4 << 20
_POLL_SECONDS = 0.5
_TASK_OF = {
    ClassValue: TaskKind.CLASSIFICATION,
    ClassesValue: TaskKind.MULTI_LABEL,
    NumberValue: TaskKind.REGRESSION,
    BoxesValue: TaskKind.BOXES,
    SpansValue: TaskKind.SPANS,
}


@dataclass(eq=False)
class LabelStudioBackend(OverHttp):
    """A model behind the contract of Label Studio's ML backends, over HTTP.

    A training is a project of its own there, named by a number made of all that it was trained
    on: ``/setup`` tells its labeling interface and ``/train`` all tasks with their annotations. A
    backend that has no ``/train`` is told of every annotation by ``/webhook``, then to train.
    Assets travel as the tasks' data: ``asset`` is the text, the row, or the picture as a data
    address, ``querist`` the id. A score that a backend gives is its confidence; of one class for
    each asset, the others share what is left of it.

    Args:
        url: Where the backend is.
        token: ``env:QUERIST_NAME`` or ``file:PATH`` of a bearer token.
        seconds: The longest that an answer may take, for two hundred tasks.
        train_seconds: The longest that a training may take.
        send: ``"content"``, or ``"ids"`` where the backend holds the data itself.

    Example:
        >>> LabelStudioBackend("http://127.0.0.1:9090").parameters["send"]
        'content'

    Raises:
        InvalidInputError: one of them cannot be used.
    """

    name: ClassVar[str] = "label-studio-backend"
    summary: ClassVar[str] = "An ML backend made for Label Studio, over HTTP"
    tasks: ClassVar[frozenset[TaskKind]] = frozenset(_TASK_OF.values())

    send: str = "content"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._project: str | None = None
        self._ontology: Ontology | None = None
        if self.send not in ("content", "ids"):
            raise InvalidInputError(
                f"{self.send!r} cannot be sent.", remedy="Set send to 'content' or 'ids'."
            )

    def fit(
        self,
        inputs: Inputs,
        values: Sequence[Value],
        *,
        classes: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Have the backend train a new model on n assets and their labels.

        Raises:
            InvalidInputError: no assets, lengths that disagree, or labels of several kinds.
            UnavailableError: the backend hangs, refuses, or answers nonsense.
        """
        ontology = _ontology(inputs, values, classes)
        tasks = [
            task | {"annotations": [{"id": task["id"], "result": form.encode(value, asset)}]}
            for value, (task, asset) in zip(values, self._asked(inputs), strict=True)
        ]
        said = json.dumps([tasks, list(classes), int(rng.integers(2**31))], sort_keys=True)
        project = str(int(hashlib.sha256(said.encode()).hexdigest()[:12], 16))
        media = inputs.items([0])[0].media
        config = form.configuration(ontology, media)
        with self._backend.open(seconds=self.train_seconds, most_bytes=_ANSWER_BYTES) as tool:
            setup = {
                "project": f"{project}.0",
                "schema": config,
                "hostname": "",
                "access_token": "",
            }
            if not isinstance(tool.ask("POST", "/setup", body=setup), dict):
                raise tool.nonsense("/setup")
            asked = {"annotations": tasks, "project": f"{project}.0", "label_config": config}
            if tool.ask("POST", "/train", body=asked | {"params": {}}, missing=True) is None:
                self._tell(tool, tasks, {"id": int(project), "label_config": config})
            self._wait(tool, f"{project}.0")
        self._project, self._ontology = project, ontology

    def predict(self, inputs: Inputs) -> Guesses:
        """What the model says about each of n assets.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
            UnavailableError: the backend hangs, refuses, or answers other than one label an asset.
        """
        if self._project is None or self._ontology is None:
            raise unfitted(self.name)
        ontology = self._ontology
        said: list[tuple[Value | None, float]] = []
        for batch in self._batches(inputs):
            said += self._answers(batch, ontology)
        sure = np.array([score for _, score in said], dtype=np.float32)
        found = [nothing(ontology) if value is None else value for value, _ in said]
        return Guesses(
            values=found,
            uncertainty=np.asarray(1 - sure, dtype=np.float32),
            probabilities=chances(ontology, [value for value, _ in said], sure),
        )

    def save(self, folder: Path) -> None:
        """Write the name that the model has there: backends keep their models themselves.

        Raises:
            NotFittedError: before ``fit`` or ``load``.
        """
        if self._project is None or self._ontology is None:
            raise unfitted(self.name)
        facts = {
            "name": self.name,
            "project": self._project,
            "task": self._ontology.task.value,
            "classes": list(self._ontology.names),
            "overlapping": self._ontology.limits.overlapping,
        }
        arrays.write(folder, {}, facts)

    def load(self, folder: Path) -> None:
        """Read the name of the model; the backend is asked when it shall predict.

        Raises:
            StorageError: the folder does not hold a model of this kind.
        """
        _, facts = arrays.read(folder, self.name)
        limits = Limits(overlapping=bool(facts.get("overlapping", False)))
        self._ontology = Ontology.of(TaskKind(facts["task"]), facts["classes"], limits=limits)
        self._project = str(facts["project"])

    def _tell(self, tool: Tool, tasks: Sequence[Mapping[str, Any]], project: Any) -> None:
        """Tell of every annotation, as it is told when somebody has made it, then to train."""
        for task in tasks:
            (annotation,) = task["annotations"]
            plain = {"id": task["id"], "data": task["data"]}
            event = {"task": plain, "annotation": annotation | {"task": task["id"]}}
            body = {"action": "ANNOTATION_CREATED", "project": project, **event}
            tool.ask("POST", "/webhook", body=body)
        tool.ask("POST", "/webhook", body={"action": "START_TRAINING", "project": project})

    def _wait(self, tool: Tool, project: str) -> None:
        until = time.monotonic() + self.train_seconds
        while True:
            # Backends that train before they answer need not know the question.
            said = tool.ask("GET", "/is_training", params={"project": project}, missing=True)
            if not isinstance(said, dict) or not said.get("is_training"):
                return
            if time.monotonic() > until:
                raise tool.failed(f"has not ended its training after {self.train_seconds:g} s")
            time.sleep(_POLL_SECONDS)

    def _answers(
        self, batch: Sequence[tuple[dict[str, Any], Asset]], ontology: Ontology
    ) -> list[tuple[Value | None, float]]:
        body = {
            "tasks": [task for task, _ in batch],
            "project": f"{self._project}.0",
            "label_config": form.configuration(ontology, batch[0][1].media),
            "params": {"context": None},
        }
        with self._backend.open(seconds=self.seconds, most_bytes=_ANSWER_BYTES + _BYTES) as tool:
            answer = tool.ask("POST", "/predict", body=body)
            results = answer.get("results") if isinstance(answer, dict) else None
            if not isinstance(results, list):
                raise tool.nonsense("/predict")
            if len(results) != len(batch):
                raise tool.failed(
                    f"answered /predict with {len(results)} results for {len(batch)} tasks"
                )
            found = []
            for one, (_, asset) in zip(results, batch, strict=True):
                try:
                    found.append(read_answer(one, asset, ontology))
                except (InvalidInputError, UnknownNameError) as problem:
                    what = f"answered /predict for {asset.id!r} with what is no label"
                    raise tool.failed(f"{what}: {problem.message}") from None
            return found

    def _batches(self, inputs: Inputs) -> Iterator[list[tuple[dict[str, Any], Asset]]]:
        batch: list[tuple[dict[str, Any], Asset]] = []
        size = 0
        for task, asset in self._asked(inputs):
            batch.append((task, asset))
            size += len(str(task["data"][form.SHOWN]))
            if len(batch) == _TASKS or size > _BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def _asked(self, inputs: Inputs) -> Iterator[tuple[dict[str, Any], Asset]]:
        """Every asset as a task without annotations."""
        for start in range(0, len(inputs), _TASKS):
            rows = range(start, min(start + _TASKS, len(inputs)))
            for row, item in zip(rows, inputs.items(rows), strict=True):
                asset = as_asset(inputs.asset_ids[row], item)
                content = asset.id if self.send == "ids" else shown(item)
                yield {"id": row + 1, "data": {form.SHOWN: content, form.KEY: asset.id}}, asset


def _ontology(inputs: Inputs, values: Sequence[Value], classes: Sequence[str]) -> Ontology:
    """Task and classes; spans of an answer may share characters where those of the labels do."""
    kinds = {type(value) for value in values}
    if len(values) != len(inputs) or len(kinds) != 1 or not kinds <= set(_TASK_OF):
        names = sorted(kind.__name__ for kind in kinds)
        raise InvalidInputError(
            f"{len(values)} labels of the kinds {names} were given for {len(inputs)} assets.",
            remedy="Give one label of one kind for each asset, at least one.",
        )
    limits = Limits(overlapping=any(shares_characters(value) for value in values))
    return Ontology.of(_TASK_OF[kinds.pop()], classes, limits=limits)
