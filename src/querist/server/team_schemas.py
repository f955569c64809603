"""What goes over the wire about people and invitations."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from querist.schema import Estimate, Role
from querist.server.policy_schemas import Money
from querist.server.schemas import Request


class Person(BaseModel):
    """Somebody who works on the project."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    role: Role
    hourly_cost: float | None
    active: bool
    skills: list[str]
    created_at: datetime | None


class Confusion(BaseModel):
    """A class that was given where another one holds in the end: how often, and where first."""

    model_config = ConfigDict(from_attributes=True)
    given: str
    final: str
    count: int
    asset_ids: list[str]


class Week(BaseModel):
    """What somebody did in one week."""

    model_config = ConfigDict(from_attributes=True)
    monday: str
    labels: int
    seconds: float | None = Field(description="Median of a label.")


class WorkReport(BaseModel):
    """What is known about the work of one person or model."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    role: Role
    active: bool
    labels: int
    seconds: float | None = Field(description="Median of a label.")
    worked: float = Field(description="Seconds of all labels together, where measured.")
    cost: float | None = Field(description="Of that time, at the rate of now.")
    accuracy: Estimate | None = Field(description="Of the reviewed labels, those accepted.")
    agreement: Estimate | None = Field(
        description="Of labels of assets that others labelled or reviewed too, those that hold."
    )
    bias: dict[str, float] = Field(description="By class; above zero is given too often.")
    confusions: list[Confusion]
    weeks: list[Week]


class Invitation(BaseModel):
    """A link that lets one person in, once."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    role: Role
    hourly_cost: float | None
    skills: list[str]
    invited_by: str
    accepted_by: str | None
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class InvitationLink(BaseModel):
    """A new invitation with its secret, which is never shown again."""

    invitation: Invitation
    token: str
    path: str = Field(description="Where on this server it is accepted; hand it over whole.")


class InviteRequest(Request):
    """Whom to let in."""

    role: Role = Role.ANNOTATOR
    days: float = Field(default=7, gt=0, le=365)
    hourly_cost: Money | None = None
    skills: list[str] = Field(default=[], max_length=20)


class AcceptRequest(Request):
    """The secret of an invitation, and the name its owner chooses."""

    token: str = Field(min_length=1, max_length=512)
    name: str = Field(min_length=1, max_length=64)


class PersonRequest(Request):
    """All that may change of a person."""

    role: Role
    hourly_cost: Money | None = None
    skills: list[str] = Field(default=[], max_length=20)
    active: bool = True
