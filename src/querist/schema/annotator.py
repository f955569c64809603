"""Annotators: people, models and services that label, with their role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from querist.errors import InvalidInputError
from querist.schema.ids import check_name
from querist.schema.opinion import ConsensusMethod

AUTO_LABELER = "auto-label"
KNOWN_LABELS = "known-labels"
# Names in which Querist itself writes. A person of such a name could undo what it wrote.
WRITERS = frozenset({AUTO_LABELER, KNOWN_LABELS, "import", "querist", *ConsensusMethod})


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
        active: Whether they may come in; somebody who left keeps their labels.
        skills: Words for what they know, such as ``dermatology``.
        created_at: UTC.
    """

    name: str
    role: Role = Role.ANNOTATOR
    hourly_cost: float | None = None
    created_at: datetime | None = None
    active: bool = True
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link that lets one person in, once.

    Attributes:
        id: Its id.
        role: The role of whoever accepts.
        hourly_cost: Their cost, if known.
        skills: Their skills.
        invited_by: Who invites.
        accepted_by: Who accepted; ``None`` while nobody has.
        created_at: UTC.
        expires_at: From when it is worth nothing, UTC.
        ended_at: When it was accepted or withdrawn, UTC.
    """

    id: int
    role: Role
    hourly_cost: float | None
    skills: tuple[str, ...]
    invited_by: str
    accepted_by: str | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def check_person(kind: str, name: str) -> str:
    """Return ``name`` if somebody new, a person or a workforce, may be called so.

    Raises:
        InvalidInputError: as ``check_name``, or Querist writes in that name itself.
    """
    if check_name(kind, name).lower() in WRITERS:
        raise InvalidInputError(
            f"The {kind} name {name!r} is taken: Querist itself writes in that name.",
            remedy="Choose another name.",
            name=name,
        )
    return name
