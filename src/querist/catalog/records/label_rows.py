"""Entries of the label log as rows of SQL: checks on the way in, schema objects on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from querist.errors import ConflictError, InvalidInputError
from querist.schema import (
    Action,
    Annotation,
    ClassValue,
    Opinion,
    Origin,
    Value,
    check_asset_id,
    check_name,
    check_seconds,
    from_json,
    to_json,
)

Stored = TypeVar("Stored", Annotation, Opinion)

MAX_SUBMISSION_ID = 200
_ACTIONS = {action.value: action for action in Action}
_ORIGINS = {origin.value: origin for origin in Origin}
_NAMES = (
    "seq", "asset_id", "version", "action", "class_name", "annotator", "origin", "seconds",
    "reason", "round", "ontology_version", "prelabel", "model_id", "submission_id", "created_at",
)  # fmt: skip


def fields_of(source: Any) -> tuple[sa.ColumnElement[Any], ...]:
    """The columns that ``annotation_of`` reads, from the log, its view or an alias of it."""
    columns = source.c
    # A class is rebuilt from its name: parsing its JSON would take most of the time of a read.
    other = sa.case((columns.class_name.is_(None), columns.value)).label("value")
    return (*(columns[name] for name in _NAMES), other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a writer wants to append; the fields are those of Annotation."""

    asset_id: str
    action: Action
    value: Value | None
    annotator: str
    ontology_version: int
    submission_id: str
    origin: Origin = Origin.PERSON
    expected_version: int | None = None
    seconds: float | None = None
    reason: str | None = None
    round: int | None = None
    prelabel: Value | None = None
    model_id: str | None = None
    task_id: int | None = None

    def __post_init__(self) -> None:
        check_asset_id(self.asset_id)
        check_name("annotator", self.annotator)
        _check_action(self.action, self.value)
        if not 0 < len(self.submission_id) <= MAX_SUBMISSION_ID:
            raise InvalidInputError(
                f"The submission id {self.submission_id[:60]!r} is empty or too long.",
                remedy=f"Send 1 to {MAX_SUBMISSION_ID} characters, new for each decision.",
            )
        check_seconds(self.seconds)

    def row(self, version: int, created_at: datetime) -> dict[str, Any]:
        """The row that stores it as ``version`` of its asset."""
        value = self.value
        return {
            "asset_id": self.asset_id,
            "version": version,
            "action": self.action.value,
            "value": to_json(value),
            "class_name": value.name if isinstance(value, ClassValue) else None,
            "annotator": self.annotator,
            "origin": self.origin.value,
            "seconds": self.seconds,
            "reason": self.reason,
            "round": self.round,
            "ontology_version": self.ontology_version,
            "prelabel": to_json(self.prelabel),
            "model_id": self.model_id,
            "submission_id": self.submission_id,
            "task_id": self.task_id,
            "created_at": created_at,
        }

    def stored(self, seq: int, version: int, created_at: datetime) -> Annotation:
        """The entry as it is in the log."""
        return Annotation(
            seq=seq,
            asset_id=self.asset_id,
            version=version,
            action=self.action,
            value=self.value,
            annotator=self.annotator,
            origin=self.origin,
            seconds=self.seconds,
            reason=self.reason,
            round=self.round,
            ontology_version=self.ontology_version,
            prelabel=self.prelabel,
            model_id=self.model_id,
            submission_id=self.submission_id,
            created_at=created_at,
        )


def entry_of(fields: Mapping[str, Any]) -> Entry:
    """The entry that ``fields`` describe, as keyword arguments of ``append``.

    Raises:
        InvalidInputError: a field is missing, unknown or wrong.
    """
    try:
        return Entry(**fields)
    except TypeError as problem:
        raise InvalidInputError(
            f"The entry cannot be stored: {problem}.",
            remedy="Give the fields that LabelLog.append takes.",
        ) from None


def annotation_of(row: sa.Row[Any]) -> Annotation:
    """The schema object for a row of ``fields_of``."""
    (
        seq, asset_id, version, action, class_name, annotator, origin, seconds, reason,
        number, ontology_version, prelabel, model_id, submission_id, created_at, value,
    ) = tuple(row)  # fmt: skip
    return Annotation(
        seq=seq,
        asset_id=asset_id,
        version=version,
        action=_ACTIONS[action],
        value=value_of(value, class_name),
        annotator=annotator,
        origin=_ORIGINS[origin],
        seconds=seconds,
        reason=reason,
        round=number,
        ontology_version=ontology_version,
        prelabel=value_of(prelabel, None),
        model_id=model_id,
        submission_id=submission_id,
        created_at=created_at,
    )


def value_of(body: Any, class_name: str | None) -> Value | None:
    """The value of a row: a class by its name, anything else from its JSON form."""
    if class_name is not None:
        return ClassValue(name=class_name)
    return None if body is None else cast(Value, from_json(cast(Any, Value), body))


def names_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The classes in the JSON form of a set, boxes, polygons or spans; building it costs more."""
    for part in ("boxes", "polygons", "spans"):
        if part in body:
            return tuple(item["name"] for item in body[part])
    return tuple(body.get("names", ()))


def _check_action(action: Action, value: Value | None) -> None:
    if action is Action.UNDO:
        raise InvalidInputError(
            "An undo cannot be appended as it is.", remedy="Call undo for the asset."
        )
    if (action is Action.LABEL) != (value is not None):
        raise InvalidInputError(
            f"The action is {action.value!r} and the value is {value!r}.",
            remedy="Give a value with 'label', and none with 'skip' and 'cannot_tell'.",
        )


def same_decision(stored: Stored, asset_id: str, annotator: str) -> Stored:
    """What is stored for a submission, where it is the annotator's own about the asset.

    Raises:
        ConflictError: it is another decision; whose and what is not told.
    """
    if (stored.asset_id, stored.annotator) == (asset_id, annotator):
        return stored
    raise ConflictError(
        f"The submission id {stored.submission_id!r} was used for another decision.",
        remedy="Send a new submission id with each decision.",
    )
