"""What one review does to the label it looks at and to its task, inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records import undoing
from querist.catalog.records.label_queries import insert
from querist.catalog.records.label_rows import MAX_SUBMISSION_ID, Entry
from querist.catalog.records.review_tables import reviews
from querist.catalog.records.sending import close_sent, send_to
from querist.catalog.records.tables import annotation_log
from querist.errors import ConflictError, InvalidInputError, PermissionDeniedError
from querist.schema import (
    Action,
    Origin,
    ReviewAction,
    ReviewState,
    Value,
    check_asset_id,
    check_name,
)

_STATES = {
    ReviewAction.ACCEPT: ReviewState.ACCEPTED,
    ReviewAction.FIX: ReviewState.FIXED,
    ReviewAction.SEND_BACK: ReviewState.SENT_BACK,
    ReviewAction.REOPEN: ReviewState.WAITING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEntry:
    """What a reviewer wants to say.

    Attributes:
        asset_id: The asset.
        action: Anything but an undo.
        reviewer: Who.
        submission_id: The reviewer's own id.
        label_seq: The entry of the label log that was seen; ``None`` does not ask.
        comment: Why; a label is never sent back without one.
        value: The right label; exactly with a fix.
        ontology_version: The ontology of ``value``.
        seconds: Working time.
    """

    asset_id: str
    action: ReviewAction
    reviewer: str
    submission_id: str
    label_seq: int | None = None
    comment: str | None = None
    value: Value | None = None
    ontology_version: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """How an asset's label and its reviews stand.

    Attributes:
        entries: The asset's entries of the label log, oldest first.
        holder: The decision that holds, ``None`` without one.
        reviews: The asset's reviews, oldest first.
    """

    entries: Sequence[Any]
    holder: Any | None
    reviews: Sequence[Any]

    @property
    def state(self) -> ReviewState:
        """Where the label that holds stands."""
        last = self.reviews[-1] if self.reviews else None
        if last is None or last.holds_seq != self.entries[-1].seq:
            return ReviewState.WAITING
        return ReviewState(last.state)

    @property
    def version(self) -> int:
        """The version of the next review."""
        return len(self.reviews) + 1


def look(connection: sa.Connection, asset_id: str) -> Looked:
    """Read an asset's label log and reviews."""
    labels = sa.select(annotation_log).where(annotation_log.c.asset_id == asset_id)
    entries = connection.execute(labels.order_by(annotation_log.c.version)).all()
    said = sa.select(reviews).where(reviews.c.asset_id == asset_id)
    stack = undoing.standing(entries)
    return Looked(
        entries=entries,
        holder=stack[-1] if stack else None,
        reviews=connection.execute(said.order_by(reviews.c.version)).all(),
    )


def check_review(entry: ReviewEntry) -> None:
    """Refuse what no label could make right.

    Raises:
        InvalidInputError: a field is wrong.
    """
    check_asset_id(entry.asset_id)
    check_name("annotator", entry.reviewer)
    if entry.action is ReviewAction.UNDO:
        raise InvalidInputError(
            "An undo cannot be appended as it is.", remedy="Call undo for the asset."
        )
    if (entry.action is ReviewAction.FIX) != (entry.value is not None):
        raise InvalidInputError(
            f"The action is {entry.action.value!r} and the value is {entry.value!r}.",
            remedy="Give the right label with 'fix', and none with the other actions.",
        )
    if entry.action is ReviewAction.SEND_BACK and not (entry.comment or "").strip():
        raise InvalidInputError(
            "A label is sent back without a comment.",
            remedy="Say what is wrong with it; the person who labelled reads that.",
        )
    if not 0 < len(entry.submission_id) <= MAX_SUBMISSION_ID:
        raise InvalidInputError(
            f"The submission id {entry.submission_id[:60]!r} is empty or too long.",
            remedy=f"Send 1 to {MAX_SUBMISSION_ID} characters, new for each review.",
        )


def carry_out(
    connection: sa.Connection, entry: ReviewEntry, looked: Looked, now: datetime
) -> dict[str, Any]:
    """Do what the review asks for; returns the row that stores it."""
    holder = _reviewable(entry, looked)
    label_seq = holds_seq = looked.entries[-1].seq
    task_id = None
    if looked.state is ReviewState.SENT_BACK:
        close_sent(connection, looked.reviews[-1].task_id, holder.annotator)
    if entry.action is ReviewAction.FIX:
        holds_seq = _fix(connection, entry, looked, now)
    elif entry.action is ReviewAction.SEND_BACK:
        task_id = send_to(connection, holder, str(entry.comment))
    return {
        "asset_id": entry.asset_id,
        "version": looked.version,
        "label_seq": label_seq,
        "holds_seq": holds_seq,
        "action": entry.action.value,
        "state": _STATES[entry.action].value,
        "comment": entry.comment,
        "reviewer": entry.reviewer,
        "author": holder.annotator,
        "task_id": task_id,
        "submission_id": entry.submission_id,
        "created_at": now,
    }


def take_back(
    connection: sa.Connection, looked: Looked, reviewer: str, submission_id: str, now: datetime
) -> dict[str, Any]:
    """Undo the last review that stands; returns the row that says so."""
    check_name("annotator", reviewer)
    stack = undoing.standing(looked.reviews)
    if not stack:
        raise InvalidInputError("There is no review to undo.", remedy="Review the label first.")
    last, below = stack[-1], stack[-2] if len(stack) > 1 else None
    if last.reviewer != reviewer:
        raise ConflictError(
            f"The last review of {last.asset_id!r} is by {last.reviewer!r}, not {reviewer!r}.",
            remedy="Reopen the label instead.",
            made_by=last.reviewer,
        )
    if looked.reviews[-1].holds_seq != looked.entries[-1].seq:
        raise ConflictError(
            f"The label of {last.asset_id!r} has changed since the review.",
            remedy="Review the label that holds now.",
        )
    holds_seq = looked.entries[-1].seq
    if last.action == ReviewAction.FIX:
        holds_seq = _unfix(connection, last, submission_id, now)
    if last.action == ReviewAction.SEND_BACK:
        close_sent(connection, last.task_id, last.author)
    state, task_id = ReviewState.WAITING, None
    # What lies below holds again if it speaks of the very label that was looked at.
    if below is not None and below.holds_seq == last.label_seq:
        state = ReviewState(below.state)
        if state is ReviewState.SENT_BACK:
            then = [entry for entry in looked.entries if entry.seq <= last.label_seq]
            task_id = send_to(connection, undoing.standing(then)[-1], str(below.comment))
    return {
        "asset_id": last.asset_id,
        "version": looked.version,
        "label_seq": last.label_seq,
        "holds_seq": holds_seq,
        "action": ReviewAction.UNDO.value,
        "state": state.value,
        "comment": None,
        "reviewer": reviewer,
        "author": last.author,
        "task_id": task_id,
        "submission_id": submission_id,
        "created_at": now,
    }


def _reviewable(entry: ReviewEntry, looked: Looked) -> Any:
    holder = looked.holder
    if holder is None or holder.value is None:
        raise InvalidInputError(
            f"{entry.asset_id!r} has no label to review.", remedy="Review labels that hold."
        )
    if entry.label_seq not in (None, looked.entries[-1].seq):
        raise ConflictError(
            f"The label of {entry.asset_id!r} is entry {looked.entries[-1].seq} by now, "
            f"you saw {entry.label_seq}.",
            remedy="Look at the present label, then review that.",
            seq=looked.entries[-1].seq,
        )
    if holder.annotator == entry.reviewer:
        raise PermissionDeniedError(
            f"The label of {entry.asset_id!r} is {entry.reviewer!r}'s own.",
            remedy="Let somebody else review it.",
        )
    if entry.action is ReviewAction.REOPEN and looked.state is ReviewState.WAITING:
        raise InvalidInputError(
            f"The label of {entry.asset_id!r} waits for a review already.",
            remedy="Accept it, fix it or send it back.",
        )
    return holder


def _fix(connection: sa.Connection, entry: ReviewEntry, looked: Looked, now: datetime) -> int:
    last = looked.entries[-1]
    label = Entry(
        asset_id=entry.asset_id,
        action=Action.LABEL,
        value=entry.value,
        annotator=entry.reviewer,
        ontology_version=entry.ontology_version,
        submission_id=entry.submission_id,
        origin=Origin.REVIEW,
        seconds=entry.seconds,
        reason=entry.comment,
        round=last.round,
    )
    found = insert(connection, label.row(last.version + 1, now))
    return int(found)


def _unfix(connection: sa.Connection, fix: Any, submission_id: str, now: datetime) -> int:
    row, undone = undoing.undo(
        connection,
        asset_id=fix.asset_id,
        annotator=fix.reviewer,
        submission_id=submission_id,
        now=now,
        lease_seconds=1,
    )
    if undone != fix.holds_seq:
        raise ConflictError(
            f"The label of {fix.asset_id!r} has changed since the correction.",
            remedy="Review the label that holds now.",
        )
    return insert(connection, row)
