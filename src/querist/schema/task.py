"""Tasks: one asset waiting for one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Arm(StrEnum):
    """Why an asset was drawn.

    ``ACTIVE`` was chosen by the strategy and trains the model. ``CONTROL`` is a random draw that
    trains only the control model. ``AUDIT`` is the random set that measures both and trains
    neither.
    """

    ACTIVE = "active"
    CONTROL = "control"
    AUDIT = "audit"


class Question(StrEnum):
    """What the answer to a task becomes.

    ``LABEL`` is the asset's label. ``OPINION`` is one of several, of which a label is made.
    ``SECOND`` is another opinion on an asset that has a label, which holds until then. ``GOLD`` has
    a known answer and measures the annotator.
    """

    LABEL = "label"
    OPINION = "opinion"
    SECOND = "second"
    GOLD = "gold"


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    LEASED = "leased"
    DONE = "done"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One asset waiting for one person.

    Attributes:
        id: The task's own id.
        asset_id: The asset.
        round: The round that asks.
        arms: Why it was drawn; one asset may serve the active and the control arm at once.
        priority: Higher is served first.
        state: Open, leased, done, or returned to the pool when its round closed.
        annotator: Who holds or did it.
        leased_until: When the reservation runs out, UTC.
        sent_to: The one person who may take it up, where a label was sent back.
        note: Why it was sent back.
        kind: What the answer becomes; annotators are not told.
        skill: The skill without which nobody is served it.
    """

    id: int
    asset_id: str
    round: int
    arms: tuple[Arm, ...]
    priority: float
    state: TaskState
    annotator: str | None = None
    leased_until: datetime | None = None
    sent_to: str | None = None
    note: str | None = None
    kind: Question = Question.LABEL
    skill: str | None = None
