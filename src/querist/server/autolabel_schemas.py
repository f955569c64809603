"""Bodies of the requests about auto-labels."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProposeRequest(_Body):
    """The promise to make."""

    max_error: float = Field(0.02, gt=0, lt=1)
    confidence: float = Field(0.95, gt=0, lt=1)


class ChecksRequest(_Body):
    """How many checks, and for which promise."""

    count: int = Field(300, ge=1, le=100_000)
    max_error: float = Field(0.02, gt=0, lt=1)


class AcceptRequest(_Body):
    """The proposal to accept."""

    proposal: str = Field(max_length=100)


class AuditRequest(_Body):
    """How many more labels of each standing set are asked of people."""

    count: int = Field(0, ge=0, le=10_000)


class RollBackRequest(_Body):
    """Why a set is taken back."""

    reason: str = Field("By hand.", max_length=1_000)
