"""Models of sets of classes, numbers, boxes and spans: trained, kept, and asked about the pool."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from querist.catalog import Catalog, LearnerSettings, Settings, inputs_of, value_learner
from querist.errors import InvalidInputError, TooFewLabelsError
from querist.learners import ValueLearner, default_value_learner, tasks_learned
from querist.learners.imported import IMPORTED
from querist.loop.snapshot import Positions, Snapshot
from querist.schema import (
    Arm,
    BoxesValue,
    ClassesValue,
    Media,
    ModelVersion,
    NumberValue,
    PolygonsValue,
    SpansValue,
    TaskKind,
    Value,
    to_json,
)

# Pictures are decoded while they are predicted; of vectors alone far more are taken at once.
PART = {Media.IMAGE: 256, Media.TEXT: 1_024, Media.TABLE: 65_536}


_NOTHING: dict[TaskKind, Value] = {
    TaskKind.MULTI_LABEL: ClassesValue(names=()),
    TaskKind.BOXES: BoxesValue(boxes=()),
    TaskKind.SPANS: SpansValue(spans=()),
}


def learner_name(settings: Settings) -> str | None:
    """The learner of a project whose labels are no single class; ``None`` where none learns them.

    The default of the settings is a classifier: it stands for the default of the task.

    Raises:
        UnknownNameError: the settings name a learner that does not exist.
        InvalidInputError: they name one that learns other labels.
    """
    name = settings.learner.name
    if name == IMPORTED:
        return name
    if name == LearnerSettings().name:
        return default_value_learner(settings.task)
    tasks = tasks_learned(name)
    if settings.task not in tasks:
        learnt = ", ".join(sorted(task.value for task in tasks))
        raise InvalidInputError(
            f"The learner {name!r} learns {learnt}, not {settings.task.value}.",
            remedy=_instead(settings.task),
            learner=name,
        )
    return name


def create(catalog: Catalog) -> ValueLearner:
    """The project's learner, not yet trained.

    Raises:
        UnknownNameError, InvalidInputError: as ``learner_name``, or it has no such parameter.
    """
    settings = catalog.settings
    return value_learner(catalog, wanted_name(settings), settings.learner.parameters)


def wanted_name(settings: Settings) -> str:
    """The learner of the project, where one learns its labels.

    Raises:
        UnknownNameError, InvalidInputError: as ``learner_name``, or none learns them.
    """
    name = learner_name(settings)
    if name is None:
        raise InvalidInputError(
            f"No model learns from labels of the task {settings.task.value!r} yet.",
            remedy=_instead(settings.task),
        )
    return name


def _instead(task: TaskKind) -> str:
    """What to do where the learner of the settings does not learn the task."""
    if task is TaskKind.POLYGONS:
        return (
            "Name none: batches are drawn and labeled without a model, and the export trains one "
            "elsewhere. Where boxes would do, ask for boxes: 'detector' learns these."
        )
    default = default_value_learner(task)
    if default is None:
        return "Install the extra [vision] for its learner, or label on and train elsewhere."
    return f"Name another under [learner] in querist.toml, or none: then {default!r} learns."


def labels_of(
    catalog: Catalog, seen: Snapshot, rows: Positions, *, ontology_version: int | None = None
) -> tuple[Positions, list[Value]]:
    """The labels of the assets at ``rows`` as ``seen``, in the words of an ontology version.

    Returns:
        The rows whose label says something in these words, ascending, and the label of each.
    """
    reading = catalog.records.ontologies.reading(ontology_version)
    place = {seen.ids[i]: i for i in rows.tolist()}
    found: dict[int, Value] = {}
    for entry in catalog.records.labels.currents_of(list(place), upto=seen.label_seq):
        value = entry.value and reading.value(entry.value, entry.ontology_version)
        if value is not None:
            found[place[entry.asset_id]] = value
    order = sorted(found)
    return np.array(order, dtype=np.int64), [found[at] for at in order]


def train(
    catalog: Catalog, seen: Snapshot, arm: Arm, encoder: str, rng: np.random.Generator
) -> tuple[ValueLearner, int, str]:
    """A learner trained on the labels of ``arm``, their number, and their digest.

    Raises:
        TooFewLabelsError: there are too few to learn from.
        InvalidInputError: nothing learns these labels.
    """
    learner = create(catalog)
    rows, values = labels_of(catalog, seen, seen.training(arm))
    if not len(rows):
        raise TooFewLabelsError(
            f"The {arm.value} arm has no labels.", remedy="Label some assets, then train."
        )
    classes = catalog.records.ontologies.current().names
    learner.fit(inputs_of(catalog, encoder, rows), values, classes=classes, rng=rng)
    return learner, len(rows), digest_of(seen, rows, values)


def digest_of(seen: Snapshot, rows: Positions, values: Sequence[Value]) -> str:
    """SHA-256 over (asset, label) pairs in order of asset."""
    told = sorted(
        json.dumps([seen.ids[i], to_json(value)], ensure_ascii=False)
        for i, value in zip(rows.tolist(), values, strict=True)
    )
    return hashlib.sha256("\x00".join(told).encode()).hexdigest()


def predict(catalog: Catalog, model: ModelVersion, positions: Positions) -> list[Value]:
    """The label that a model gives each asset at ``positions``, in the classes of now.

    What it has said already is read: its learner may live elsewhere, and be gone.
    """
    known = catalog.value_predictions.count(model.id)
    if known and positions.max(initial=-1) < known:
        said = catalog.value_predictions.values(model.id, positions.tolist())
        numbers = catalog.value_predictions.table(model.id).numbers
        found = [
            _unsaid(catalog, numbers, at) if value is None else value
            for value, at in zip(said, positions.tolist(), strict=True)
        ]
    else:
        learner = load(catalog, model)
        size = PART[catalog.settings.media]
        found = []
        for start in range(0, len(positions), size):
            rows = positions[start : start + size]
            found += learner.predict(inputs_of(catalog, model.encoder, rows)).values
    reading = catalog.records.ontologies.reading()
    made_under = reading.made_under(model)
    return [reading.value(value, made_under) or nothing_of(value) for value in found]


def load(catalog: Catalog, model: ModelVersion) -> ValueLearner:
    """The trained learner of a model version.

    Raises:
        InvalidInputError: the model lives elsewhere.
        UnavailableError: it is a script that querist.toml names no longer.
    """
    if model.learner == IMPORTED:
        raise InvalidInputError(
            "The newest model lives elsewhere, and its file says nothing of these assets.",
            remedy="Import predictions of them too: querist import-predictions FILE",
        )
    learner = value_learner(catalog, model.learner, model.parameters)
    learner.load(catalog.folder / "models" / model.id)
    return learner


def _unsaid(catalog: Catalog, numbers: NDArray[np.float32] | None, position: int) -> Value:
    """What counts where a model elsewhere has said nothing: the mean number, or no object."""
    if numbers is not None:
        return NumberValue(number=float(numbers[position]))
    return _NOTHING[catalog.settings.task]


def nothing_of(value: Value) -> Value:
    """The label that names nothing, where the classes of ``value`` cannot be told any more."""
    match value:
        case ClassesValue():
            return replace(value, names=())
        case BoxesValue():
            return replace(value, boxes=())
        case PolygonsValue():
            return replace(value, polygons=())
        case SpansValue():
            return replace(value, spans=())
    return value
