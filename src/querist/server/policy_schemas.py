"""What goes over the wire about how people label: overlap, skills, what measures them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from querist.labeling.labeling_policy import MOST_OPINIONS
from querist.schema import MOST_MONEY, ConsensusMethod
from querist.server.schemas import Request

Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0, le=MOST_MONEY, allow_inf_nan=False)]
Opinions = Annotated[int, Field(ge=1, le=MOST_OPINIONS)]


class ClassOverlap(BaseModel):
    """How many opinions on assets of which the model says a class, and on which share of them."""

    model_config = ConfigDict(extra="forbid")
    opinions: Opinions
    share: Share = 1.0


class LabelingPolicy(BaseModel):
    """How people are asked from the next batch on."""

    model_config = ConfigDict(from_attributes=True)
    overlap: int = Field(description="Opinions on each asset of the overlap.")
    overlap_share: float = Field(description="Share of each batch that gets the overlap.")
    class_overlap: dict[str, ClassOverlap]
    again_share: float = Field(description="Share that asks again about labelled assets.")
    blind_share: float = Field(description="Share that is served without the suggestion.")
    gold_share: float = Field(description="Share of gold questions among an annotator's tasks.")
    class_skills: dict[str, str] = Field(description="The skill that assets of a class need.")
    consensus: ConsensusMethod
    hourly_cost: float | None = Field(description="Of people who have no cost of their own.")


class LabelingPolicyRequest(Request):
    """What to change; a field that is not sent stays."""

    overlap: Opinions = 1
    overlap_share: Share = 0.0
    class_overlap: dict[str, ClassOverlap] = Field(default={}, max_length=10_000)
    again_share: Share = 0.0
    blind_share: Share = 0.0
    gold_share: float = Field(default=0.0, ge=0, le=0.5)
    class_skills: dict[str, str] = Field(default={}, max_length=10_000)
    consensus: ConsensusMethod = ConsensusMethod.MAJORITY
    hourly_cost: Money | None = None
