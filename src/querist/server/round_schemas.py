"""What goes over the wire about the next batch and what a diagnosis found."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from querist import schema
from querist.diagnostics import ConfusionCell
from querist.loop import Lessons
from querist.server.schemas import Request
from querist.server.values import Value


class NamedFinding(BaseModel):
    """A finding with the name that ``remedy`` of the next batch takes, such as ``3.2``."""

    id: str
    finding: schema.Finding


class Findings(BaseModel):
    """What the diagnosis of one round found, causes first, most gain first."""

    round: int | None
    findings: list[NamedFinding]


class Confusions(BaseModel):
    """What the model of one round takes for what, on labels that chance drew."""

    round: int | None
    cells: list[ConfusionCell]


class Taught(BaseModel):
    """What data taught the model of one round; nothing where it cannot be measured."""

    round: int | None
    lessons: Lessons | None


class AssetSaid(BaseModel):
    """What people and two models say of one asset."""

    id: str
    truth: Value | None = Field(description="The label that people gave; null without one.")
    first: Value
    second: Value


class NextRoundRequest(Request):
    """What the next batch shall have of its own; the project's settings hold for the rest."""

    batch_size: int | None = Field(default=None, ge=1, le=100_000)
    strategy: str | None = Field(default=None, max_length=200)
    overlap: int | None = Field(default=None, ge=1, le=100)
    overlap_share: float | None = Field(default=None, ge=0, le=1)
    again_share: float | None = Field(default=None, ge=0, le=1)
    blind_share: float | None = Field(default=None, ge=0, le=1)
    skill: str | None = Field(default=None, min_length=1, max_length=200)
    remedy: str | None = Field(default=None, min_length=3, max_length=40)
    examples: list[Annotated[str, Field(min_length=1, max_length=512)]] | None = Field(
        default=None, min_length=1, max_length=500
    )
    slice: str | None = Field(default=None, min_length=1, max_length=200)
    after: int | None = Field(
        default=None,
        ge=0,
        description="The newest round that the asker saw, 0 before the first. If another was begun "
        "meanwhile, or is being drawn, this is refused instead of ending it.",
    )


class SliceRequest(Request):
    """What to keep as a slice: that of a finding; without one the conditions of the query."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    finding: str | None = Field(default=None, min_length=3, max_length=40)


class ExperimentRequest(Request):
    """What to compare; by default single classes are repeated where every label is known.

    Of other labels the arms are compared by default.
    """

    source: Literal["arms", "repeated"] | None = None
    seeds: int = Field(default=8, ge=1, le=100)
    rounds: int = Field(default=10, ge=1, le=200)
    batch_size: int | None = Field(default=None, ge=1, le=100_000)
