"""One row of a label file: what is known about the label of one asset, flat and typed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from querist.errors import InvalidInputError
from querist.schema import (
    Action,
    Annotation,
    ClassValue,
    NumberValue,
    Origin,
    Selected,
    Value,
    from_json,
    to_json,
)

COLUMNS = (
    "id", "label", "kind", "action", "annotator", "seconds", "round", "origin", "created_at",
    "propensity", "why", "arm",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """What is known about the label of one asset.

    Attributes:
        id: The asset.
        value: The label; ``None`` where nobody could or would give one.
        action: What was done: labelled, skipped, cannot tell, or undone.
        annotator: Who.
        seconds: Working time spent.
        round: The round that asked; ``None`` when nobody asked.
        origin: Where the label comes from.
        created_at: When it was stored, UTC.
        propensity: Probability that the asset was drawn, where exactly known; a weight of
            1 / propensity makes means over a random draw honest.
        why: Why the asset was selected.
        arm: What the label is held for: ``active`` and none train; of ``control``, ``audit`` and
            ``check`` (of auto-labels) no model learns that shall be measured on them.
    """

    id: str
    value: Value | None
    action: Action = Action.LABEL
    annotator: str
    seconds: float | None = None
    round: int | None = None
    origin: Origin = Origin.PERSON
    created_at: datetime
    propensity: float | None = None
    why: str | None = None
    arm: str | None = None

    @classmethod
    def of(
        cls, entry: Annotation, selected: Selected | None = None, arm: str | None = None
    ) -> LabelRow:
        """The row of a log entry, with why its asset was selected if that is known."""
        return cls(
            id=entry.asset_id,
            value=entry.value,
            action=entry.action,
            annotator=entry.annotator,
            seconds=entry.seconds,
            round=entry.round,
            origin=entry.origin,
            created_at=entry.created_at,
            propensity=selected.propensity if selected else None,
            why=selected.reason if selected else None,
            arm=arm,
        )


def to_record(row: LabelRow) -> dict[str, Any]:
    """The row as plain values by column, in the order of ``COLUMNS``.

    A class stands as its name and a number as itself; the other kinds keep their JSON form.
    """
    return {
        "id": row.id,
        "label": _plain(row.value),
        "kind": None if row.value is None else row.value.TYPE,
        "action": row.action.value,
        "annotator": row.annotator,
        "seconds": row.seconds,
        "round": row.round,
        "origin": row.origin.value,
        "created_at": row.created_at.astimezone(UTC).isoformat(),
        "propensity": row.propensity,
        "why": row.why,
        "arm": row.arm,
    }


def from_record(record: Mapping[str, Any]) -> LabelRow:
    """The row that ``to_record`` made ``record`` of.

    Raises:
        InvalidInputError: a column is missing, or holds what it cannot hold.
    """
    # Files of before have no arm.
    missing = [name for name in COLUMNS if name not in record and name != "arm"]
    if missing:
        raise InvalidInputError(
            f"The label file has no column {', '.join(map(repr, missing))}.",
            remedy="Give a file that `querist export` wrote.",
        )
    body = {**record, "value": _value(record["label"], record["kind"])}
    for name in ("label", "kind"):
        del body[name]
    return from_json(LabelRow, {name: body[name] for name in body if name in _FIELDS})


def text_of(label: Any) -> str:
    """A label as the text of one cell; structures become one line of JSON."""
    return label if isinstance(label, str) else json.dumps(label, ensure_ascii=False)


_FIELDS = frozenset(LabelRow.__dataclass_fields__)


def _plain(value: Value | None) -> Any:
    match value:
        case ClassValue():
            return value.name
        case NumberValue():
            return value.number
    return to_json(value)


def _value(label: Any, kind: str | None) -> Any:
    if kind is None:
        return None
    if kind == ClassValue.TYPE:
        return {"type": kind, "name": label}
    body = _parsed(label)
    return {"type": kind, "number": body} if kind == NumberValue.TYPE else body


def _parsed(label: Any) -> Any:
    if not isinstance(label, str):
        return label
    try:
        return json.loads(label)
    except ValueError:
        raise InvalidInputError(
            f"The label {label[:60]!r} is not JSON.",
            remedy="Give a file that `querist export` wrote.",
        ) from None
