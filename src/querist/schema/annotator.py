"""Annotators: people, models and services that label, with their role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each role may do what the later ones may, except ``MODEL``."""

    OWNER = "owner"
    MANAGER = "manager"
    REVIEWER = "reviewer"
    ANNOTATOR = "annotator"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotator:
    """Somebody who labels.

    Attributes:
        name: Unique short name, as in ``annotator="ana"``.
        role: What they may do.
        hourly_cost: Money an hour, in the project's currency; ``None`` if not tracked.
        created_at: UTC.
    """

    name: str
    role: Role = Role.ANNOTATOR
    hourly_cost: float | None = None
    created_at: datetime | None = None
