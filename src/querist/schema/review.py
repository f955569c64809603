"""Reviews: what a second pair of eyes said about a label, as entries of a log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReviewAction(StrEnum):
    """What a reviewer does with a label."""

    ACCEPT = "accept"
    FIX = "fix"
    SEND_BACK = "send_back"
    REOPEN = "reopen"
    UNDO = "undo"


class ReviewState(StrEnum):
    """Where the label that holds stands in the review.

    ``SENT_BACK`` labels hold until they are replaced, but nothing trains on them or is measured
    by them meanwhile.
    """

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FIXED = "fixed"
    SENT_BACK = "sent_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One entry of the append-only log of reviews.

    Attributes:
        seq: Position in the log, increasing.
        asset_id: The asset.
        version: 1 for the asset's first review, then 2, 3, …
        label_seq: The entry of the label log that was looked at.
        holds_seq: The entry of the label log that ``state`` speaks of: the correction after a fix.
            A newer label of the asset waits for its own review.
        action: What the reviewer did.
        state: Where the label stands after it.
        comment: Why; the person who labelled reads it.
        reviewer: Who.
        author: Who gave the label that was looked at.
        task_id: The task that was opened again for the author, if one was.
        submission_id: The reviewer's own id; the same one twice is stored once.
        created_at: When it was stored, UTC.
    """

    seq: int
    asset_id: str
    version: int
    label_seq: int
    holds_seq: int
    action: ReviewAction
    state: ReviewState
    comment: str | None
    reviewer: str
    author: str
    task_id: int | None
    submission_id: str
    created_at: datetime
