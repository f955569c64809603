"""Labels as people write them, as values that fit the task."""

from __future__ import annotations

import math
from collections.abc import Sequence

from querist.errors import InvalidInputError
from querist.schema import (
    ClassesValue,
    ClassValue,
    NumberValue,
    Ontology,
    TaskKind,
    Value,
    check_value,
)

Label = str | float | Sequence[str] | Value


def as_value(label: Label | None, ontology: Ontology) -> Value:
    """``label`` as a value that fits the task: a class name, several names, a number, a value.

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


def _plain(label: Label | None, task: TaskKind) -> Value:
    if isinstance(label, str):
        return _of_text(label, task)
    if isinstance(label, (int, float)) and not isinstance(label, bool):
        return NumberValue(number=float(label))
    if isinstance(label, (list, tuple, set, frozenset)) and all(isinstance(x, str) for x in label):
        return ClassesValue(names=tuple(label))
    if not hasattr(label, "TYPE"):
        raise InvalidInputError(
            f"The label {label!r} is a {type(label).__name__}.",
            remedy="Give a class name, a number, or a value of querist.schema.",
        )
    return label  # type: ignore[return-value]  # all that is left of the union


def _of_text(label: str, task: TaskKind) -> Value:
    if task is TaskKind.MULTI_LABEL:
        return ClassesValue(names=(label,))
    if task is TaskKind.REGRESSION:
        try:
            return NumberValue(number=float(label))
        except ValueError:
            raise InvalidInputError(
                f"The label {label!r} is not a number.", remedy="Give a number."
            ) from None
    return ClassValue(name=label)
