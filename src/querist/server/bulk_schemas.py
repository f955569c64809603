"""What goes over the wire about bulk labels."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from querist.labeling import BulkOutcome
from querist.schema import to_json
from querist.server.schemas import ErrorDetail, Request
from querist.server.values import Value

MOST = 1000


class BulkLabelRequest(Request):
    """One decision for many assets."""

    asset_ids: list[str] = Field(min_length=1, max_length=MOST)
    action: Literal["label", "skip"] = "label"
    value: Value | None = Field(default=None, description="With the action label.")
    how: Literal["replace", "add", "remove"] = Field(
        default="replace", description="Of sets: what becomes of the classes that are there."
    )
    seen: list[int] | None = Field(
        default=None,
        description="The `seq` of each asset's card as it was looked at: what somebody else "
        "decided since is left alone. Without it nothing is.",
    )
    submission_id: str | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="One's own id: the same one again stores nothing twice, and the bulk undo "
        "takes back what is stored under it.",
    )

    @model_validator(mode="after")
    def _fit(self) -> BulkLabelRequest:
        if (self.action == "label") != (self.value is not None):
            raise ValueError("send a value with the action label, and none with skip")
        if self.action == "skip" and self.how != "replace":
            raise ValueError("how is said of labels only")
        if self.seen is not None and len(self.seen) != len(self.asset_ids):
            raise ValueError(f"{len(self.seen)} seen for {len(self.asset_ids)} assets")
        return self


class BulkUndoRequest(Request):
    """Take back what a bulk label stored."""

    asset_ids: list[str] = Field(min_length=1, max_length=MOST)
    submission_id: str = Field(min_length=1, max_length=64)


class BulkConflict(BaseModel):
    """An asset that was left alone, and why."""

    asset_id: str
    error: ErrorDetail


class BulkResult(BaseModel):
    """What came of a bulk label, or of its undo."""

    stored: int
    unchanged: int = Field(description="Those that were as wanted.")
    conflicts: list[BulkConflict]

    @classmethod
    def of(cls, outcome: BulkOutcome) -> BulkResult:
        """The wire form of an outcome."""
        conflicts = [
            BulkConflict(
                asset_id=asset_id,
                error=ErrorDetail.model_validate(to_json(error.to_json()["error"])),
            )
            for asset_id, error in outcome.refused.items()
        ]
        return cls(stored=outcome.stored, unchanged=outcome.unchanged, conflicts=conflicts)
