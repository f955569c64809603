"""Workforces: people outside who label with a tool of their own, and what was delivered to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from querist.schema.annotation import Value
from querist.schema.task import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Workforce:
    """People outside, and where their tool is.

    Attributes:
        name: Unique short name; its people appear as ``name.person``.
        kind: The connector that talks to the tool.
        url: Where the tool is.
        token: Where the tool's token is found, such as ``env:QUERIST_LABEL_STUDIO``; never itself.
        price: Money for each answer; ``None`` if not paid by answer.
        hourly_cost: Money an hour of its people; ``None`` takes the project's, or 0 with a price.
        active: Whether batches may be sent to it; labels come in as long as the tool has them.
        cursor: How far the tool's answers have been looked at, in the connector's own words.
        created_at: UTC.
    """

    name: str
    kind: str
    url: str
    token: str | None = None
    price: float | None = None
    hourly_cost: float | None = None
    active: bool = True
    cursor: str = ""
    created_at: datetime | None = None


class DeliveryState(StrEnum):
    """Where a delivered task stands.

    ``BOOKED`` is reserved but not yet acknowledged by the tool, ``SENT`` is acknowledged; both are
    in flight. ``REFUSED`` was answered in a way that could not become a label.
    """

    BOOKED = "booked"
    SENT = "sent"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


# Between the key of an item and the number of a further opinion on it; in no name and no key.
SIBLING = "~"
IN_FLIGHT = (DeliveryState.BOOKED, DeliveryState.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One task that was given to a workforce.

    Attributes:
        seq: Position among all deliveries, in the order of sending.
        key: Its own id; the tool carries that of ``item`` and gives it back with the answer.
        workforce: To whom.
        task_id: The task.
        asset_id: Its asset.
        round: The round that asks.
        question: What the answer becomes.
        place: The project, folder or queue of the tool it was put in.
        ontology_version: The classes it was asked under.
        version: Version of the asset's label then, 0 for none.
        prelabel: The model's suggestion that went with it, if any.
        model_id: The model that suggested it.
        state: Where it stands.
        person: Who answered, as an annotator of this project.
        answer_id: The tool's id of the answer.
        answered_at: When it was last changed, by the tool's clock, UTC.
        reason: Why it was refused.
        sent_at: UTC.
        expires_at: From when others may have the task, UTC.
        ended_at: UTC.
    """

    seq: int
    key: str
    workforce: str
    task_id: int
    asset_id: str
    round: int
    question: Question
    place: str
    ontology_version: int
    version: int
    prelabel: Value | None
    model_id: str | None
    state: DeliveryState
    person: str | None
    answer_id: str | None
    answered_at: datetime | None
    reason: str | None
    sent_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    @property
    def item(self) -> str:
        """The key under which the tool has it; several opinions on an asset are one item there."""
        return self.key.partition(SIBLING)[0]

    @property
    def holder(self) -> str:
        """In whose name its task is held: the workforce's, for each further opinion another one."""
        number = self.key.partition(SIBLING)[2]
        return f"{self.workforce}{SIBLING}{number}" if number else self.workforce
