"""What goes over the wire about workforces outside."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from querist.labeling.workforces.sending import MOST, MOST_DAYS, MOST_OPINIONS
from querist.schema import Estimate
from querist.server.policy_schemas import Money
from querist.server.schemas import Request


class Workforce(BaseModel):
    """People outside, and where their tool is."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    kind: str
    url: str
    token: str | None = Field(description="Where the tool's token is found; never the token.")
    price: float | None = Field(description="Money for each answer.")
    hourly_cost: float | None = Field(description="Money an hour of its people.")
    active: bool = Field(description="Whether batches may be sent to it.")
    created_at: datetime | None


class ConnectorInfo(BaseModel):
    """A kind of tool that batches can be sent to."""

    name: str
    summary: str
    needs_token: bool = Field(description="Whether it can do nothing without a token.")


class WorkforceReport(BaseModel):
    """What is known about the work of a workforce."""

    model_config = ConfigDict(from_attributes=True)
    workforce: Workforce
    sent: int = Field(description="Tasks that were ever sent, gold questions included.")
    in_flight: int
    answered: int
    refused: int = Field(description="Those whose answer could not be stored.")
    returned: int = Field(description="Those that were withdrawn or came back too late.")
    people: int
    money: float
    money_per_label: float | None
    hours: float | None = Field(description="Median from sending to the answer.")
    slowest_hours: float | None = Field(description="Nine of ten were faster.")
    seconds: float | None = Field(description="Median working time of an answer.")
    agreement: Estimate | None = Field(
        description="Of labels that others here gave or reviewed too, those that hold."
    )
    gold_accuracy: Estimate | None


class WorkforceRequest(Request):
    """A new workforce."""

    name: str = Field(min_length=1, max_length=24)
    kind: str = Field(min_length=1, max_length=64)
    url: str = Field(min_length=1, max_length=2048)
    token: str | None = Field(
        default=None, pattern="^env:", max_length=128, description="Such as env:QUERIST_CROWD."
    )
    price: Money | None = None
    hourly_cost: Money | None = None


class NewWorkforce(BaseModel):
    """A new workforce with the secret of its webhook, which is never shown again."""

    workforce: Workforce
    secret: str = Field(description="Its tool sends it in the header X-Querist-Secret.")


class SendRequest(Request):
    """What to send."""

    count: int = Field(ge=1, le=MOST)
    days: float = Field(default=7, gt=0, le=MOST_DAYS)
    prelabels: bool = False
    opinions: int = Field(
        default=1, ge=1, le=MOST_OPINIONS, description="Of its people on each asset of several."
    )
    share_at: str | None = Field(
        default=None,
        max_length=2048,
        description="Where the tool reaches this server: pictures go as signed addresses.",
    )


class WithdrawRequest(Request):
    """What to take back: the tasks of these assets, or all that are out."""

    asset_ids: list[str] | None = Field(default=None, max_length=100_000)


class Withdrawn(BaseModel):
    """How many tasks came back."""

    count: int


class SubscribeRequest(Request):
    """Where the tool reaches this server."""

    address: str = Field(min_length=1, max_length=2048)


class Subscribed(BaseModel):
    """For how many of its projects the tool sends answers by itself now."""

    places: int


class ToolStatus(BaseModel):
    """What the tool says about itself."""

    tool: str


class Received(BaseModel):
    """What came of answers that a tool sent."""

    model_config = ConfigDict(from_attributes=True)
    labels: int
    corrections: int
    known: int
    surplus: int
    refused: int
    problems: list[str]
