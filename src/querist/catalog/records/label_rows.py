"""Entries of the label log as rows of SQL: checks on the way in, schema objects on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from querist.catalog.records.tables import annotation_log
from querist.errors import InvalidInputError
from querist.schema import (
    Action,
    Annotation,
    ClassValue,
    Origin,
    Value,
    check_asset_id,
    check_name,
    from_json,
    to_json,
)

MAX_SUBMISSION_ID = 200
FIELDS = tuple(
    annotation_log.c[name]
    for name in (
        "seq", "asset_id", "version", "action", "value", "class_name", "annotator", "origin",
        "seconds", "reason", "round", "ontology_version", "prelabel", "model_id",
        "submission_id", "created_at",
    )
)  # fmt: skip


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
        if self.seconds is not None and not self.seconds >= 0:
            raise InvalidInputError(
                f"The working time is {self.seconds} s.", remedy="Give 0 or more, or none."
            )

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
    """The schema object for a row of ``FIELDS``."""
    return Annotation(
        seq=row.seq,
        asset_id=row.asset_id,
        version=row.version,
        action=Action(row.action),
        value=_value(row.value, row.class_name),
        annotator=row.annotator,
        origin=Origin(row.origin),
        seconds=row.seconds,
        reason=row.reason,
        round=row.round,
        ontology_version=row.ontology_version,
        prelabel=_value(row.prelabel, None),
        model_id=row.model_id,
        submission_id=row.submission_id,
        created_at=row.created_at,
    )


def _value(body: Any, class_name: str | None) -> Value | None:
    if body is None:
        return None
    if class_name is not None:
        return ClassValue(name=class_name)
    return cast(Value, from_json(cast(Any, Value), body))


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
