"""Labels as people write them, as values that fit the task."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from querist.catalog import Catalog
from querist.errors import InvalidInputError
from querist.schema import (
    SHAPES,
    ClassesValue,
    ClassValue,
    NumberValue,
    Ontology,
    OntologyReading,
    TaskKind,
    Value,
    check_value,
    check_within,
    class_names,
    from_json,
    renamed,
)
from querist.schema.annotation import VALUE_OF_TASK

Label = str | float | Sequence[str] | Value


def fitting(
    catalog: Catalog, labels: Mapping[str, Label | None], ontology: Ontology
) -> dict[str, Value]:
    """Labels by asset, as ``as_value``, of which nothing lies beyond its asset.

    Raises:
        NotFoundError: there is no asset of which boxes, polygons or spans are told.
        InvalidInputError: as ``as_value``, or a box, polygon or span lies beyond its asset.
        UnknownNameError: as ``as_value``.
    """
    found = {asset_id: as_value(label, ontology) for asset_id, label in labels.items()}
    shapes = [asset_id for asset_id, value in found.items() if isinstance(value, SHAPES)]
    # Of other labels nothing is read: this is on the way of every decision.
    for asset_id, bounds in zip(
        shapes, catalog.assets.bounds(shapes) if shapes else (), strict=True
    ):
        try:
            check_within(found[asset_id], bounds)
        except InvalidInputError as problem:
            raise InvalidInputError(
                f"In the label of {asset_id!r}: {problem.message}",
                remedy=problem.remedy,
                asset_id=asset_id,
            ) from None
    return found


def as_value(label: Label | None, ontology: Ontology) -> Value:
    """``label`` as a value that fits the task: a class name, several names, a number, a value.

    Of sets and shapes a text may be the JSON that an export writes in its place.

    Raises:
        InvalidInputError: it is of another kind than the task wants, or not a finite number.
        UnknownNameError: it names a class that does not exist; the nearest names are offered.
    """
    value = check_value(_plain(label, ontology.task), ontology)
    if isinstance(value, NumberValue) and not math.isfinite(value.number):
        raise InvalidInputError(
            f"The label is {value.number}.", remedy="Give a finite number, or skip the asset."
        )
    if isinstance(value, ClassesValue) and len(set(value.names)) < len(value.names):
        raise InvalidInputError(
            f"The label names a class twice: {list(value.names)}.", remedy="Name each class once."
        )
    return value


def said_under(label: Label | None, version: int, reading: OntologyReading) -> Value:
    """``label``, decided under an earlier version of the ontology, in the classes of now.

    A class that was renamed or merged since is the class it became; a name that no version up to
    then had stays, for ``as_value`` to refuse.

    Raises:
        InvalidInputError: there is no such version, or a class was split or retired since.
    """
    newest = reading.ontology.version
    if not 1 <= version <= newest:
        raise InvalidInputError(
            f"The label was decided under version {version} of the ontology; "
            f"the newest is {newest}.",
            remedy="Give the version of the classes that were shown, or none.",
        )
    value = _plain(label, reading.ontology.task)
    now = {name: _class_now(name, version, reading) for name in class_names(value)}
    return renamed(value, now.get) or value


def shown_under(suggestion: Value, version: int, reading: OntologyReading) -> Value:
    """A suggestion that was shown under an earlier version of the ontology, in the classes of now.

    What no one class of now stands for keeps its name.
    """
    became = {name: reading.since(name, version) for name in class_names(suggestion)}
    now = {name: found[0] or name for name, found in became.items() if len(found) == 1}
    return renamed(suggestion, lambda name: now.get(name, name)) or suggestion


def _class_now(name: str, version: int, reading: OntologyReading) -> str:
    became = reading.since(name, version) or (name,)
    found = [one for one in became if one is not None]
    if not found:
        raise InvalidInputError(
            f"The class {name!r} was retired since this was decided.",
            remedy="Choose another class.",
            name=name,
        )
    if len(became) > 1:
        raise InvalidInputError(
            f"The class {name!r} was split since this was decided.",
            remedy=f"Say which it is: {', '.join(found)}.",
            name=name,
            now=found,
        )
    return found[0]


def _plain(label: Label | None, task: TaskKind) -> Value:
    # Texts and numbers of numpy are kept as Python's own.
    if isinstance(label, str):
        return _of_text(str(label), task)
    if isinstance(label, Real) and not isinstance(label, bool):
        return NumberValue(number=float(label))
    if isinstance(label, (list, tuple, set, frozenset)) and all(isinstance(x, str) for x in label):
        return ClassesValue(names=tuple(map(str, label)))
    if not hasattr(label, "TYPE"):
        raise InvalidInputError(
            f"The label {label!r} is a {type(label).__name__}.",
            remedy="Give a class name, a number, or a value of querist.schema.",
        )
    return label  # type: ignore[return-value]  # all that is left of the union


def of_body(body: Mapping[str, Any], task: TaskKind) -> Value:
    """A value by its JSON form, as an export or a model elsewhere writes it; ``type`` may lack.

    Raises:
        InvalidInputError: it is of another kind than the task wants, or not of its form.
    """
    kind = VALUE_OF_TASK[task]
    fields = {key: it for key, it in body.items() if key != "type"}
    if body.get("type", kind.TYPE) != kind.TYPE:
        raise InvalidInputError(
            f"The label is of kind {body['type']!r}.",
            remedy=f"Give labels of kind {kind.TYPE!r}.",
        )
    return from_json(kind, fields)


def _of_text(label: str, task: TaskKind) -> Value:
    if task is TaskKind.CLASSIFICATION:
        return ClassValue(name=label)
    if task is TaskKind.REGRESSION:
        try:
            return NumberValue(number=float(label))
        except ValueError:
            raise InvalidInputError(
                f"The label {label!r} is not a number.",
                remedy="Give a number with a point and no separators, such as 1234.5.",
            ) from None
    written = _of_cell(label)
    if isinstance(written, Mapping):
        return of_body(written, task)
    if isinstance(written, list):
        return _plain(written, task)
    return ClassesValue(names=(label,)) if task is TaskKind.MULTI_LABEL else ClassValue(name=label)


def _of_cell(text: str) -> Any:
    """What a cell of an exported table holds as JSON; ``None`` of a plain name."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
