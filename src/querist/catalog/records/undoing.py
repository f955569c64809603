"""What an undo of the label log takes back, and what holds again after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.tables import annotation_log
from querist.catalog.records.task_ends import reopen_task
from querist.errors import ConflictError, InvalidInputError
from querist.schema import Action, Origin, check_name


def undo(
    connection: sa.Connection,
    *,
    asset_id: str,
    annotator: str,
    submission_id: str,
    now: datetime,
    lease_seconds: float,
) -> tuple[dict[str, Any], int]:
    """Undo the decision that holds; its task is leased again where it may be.

    Returns:
        The row that undoes it, and the position of the undone entry in the log.

    Raises:
        InvalidInputError: nothing is left to undo.
        ConflictError: somebody else made the decision.
    """
    check_name("annotator", annotator)
    query = sa.select(annotation_log).where(annotation_log.c.asset_id == asset_id)
    entries = connection.execute(query.order_by(annotation_log.c.version)).all()
    stack = standing(entries)
    if not stack:
        raise InvalidInputError(
            f"{asset_id!r} has no decision to undo.", remedy="Label it first.", asset_id=asset_id
        )
    undone = stack[-1]
    holds = stack[-2] if len(stack) > 1 else None
    if undone.annotator != annotator:
        raise ConflictError(
            f"The decision on {asset_id!r} was made by {undone.annotator!r}, not {annotator!r}.",
            remedy="Give it your own label instead.",
            made_by=undone.annotator,
        )
    if undone.task_id is not None:
        until = now + timedelta(seconds=lease_seconds)
        reopen_task(connection, undone.task_id, annotator, until)
    row = {
        "asset_id": asset_id,
        "version": entries[-1].version + 1,
        "action": Action.UNDO.value,
        "value": holds.value if holds else None,
        "class_name": holds.class_name if holds else None,
        "annotator": annotator,
        # What holds again is still a model's word if it was one.
        "origin": _origin(holds),
        "round": undone.round,
        "ontology_version": (holds or undone).ontology_version,
        "submission_id": submission_id,
        "created_at": now,
    }
    return row, undone.seq


def _origin(holds: Any | None) -> str:
    by_model = holds is not None and holds.origin == Origin.MODEL.value
    return Origin.MODEL.value if by_model else Origin.PERSON.value


def standing(entries: Sequence[Any]) -> list[Any]:
    """The decisions of one asset that still stand, the one that holds last.

    Args:
        entries: The asset's rows or annotation_log, oldest first.
    """
    stack: list[Any] = []
    for entry in entries:
        if entry.action == Action.UNDO:
            stack.pop()
        else:
            stack.append(entry)
    return stack
