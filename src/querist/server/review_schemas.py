"""What goes over the wire about reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from querist import schema
from querist.schema import ReviewAction, ReviewState
from querist.server.schemas import MAX_ID, Annotation, AssetCard, Request
from querist.server.values import Value


class Review(BaseModel):
    """One entry of the append-only log of reviews."""

    model_config = ConfigDict(from_attributes=True)
    seq: int
    asset_id: str
    version: int
    label_seq: int = Field(description="The entry of the label log that was looked at.")
    holds_seq: int = Field(description="The entry of the label log that the state speaks of.")
    action: ReviewAction
    state: ReviewState
    comment: str | None
    reviewer: str
    author: str
    task_id: int | None
    submission_id: str
    created_at: datetime

    @classmethod
    def of(cls, review: schema.Review) -> Review:
        """The wire form of a review."""
        return cls.model_validate(review)


class ReviewItem(BaseModel):
    """One label to look at."""

    annotation: Annotation = Field(description="Send its seq back as label_seq.")
    card: AssetCard
    state: ReviewState
    expected_error: float | None = Field(
        description="Probability that the label is wrong, by a model that has not learned from it."
    )
    review: Review | None


class ReviewPage(BaseModel):
    """Labels to look at, the most doubtful first."""

    items: list[ReviewItem]
    total: int
    counts: dict[ReviewState, int]


class ReviewRequest(Request):
    """What a reviewer says about the label that holds."""

    asset_id: str = Field(min_length=1, max_length=MAX_ID)
    action: Literal["accept", "fix", "send_back", "reopen"]
    label_seq: int | None = Field(default=None, ge=1)
    value: Value | None = None
    comment: str | None = Field(default=None, max_length=2000)
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    submission_id: str = Field(min_length=1, max_length=128)


class ReviewHistory(BaseModel):
    """All reviews of one asset, oldest first."""

    reviews: list[Review]
