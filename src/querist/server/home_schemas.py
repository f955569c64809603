"""What the home page is told: curves, advice, rounds, what was spent."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from querist import schema
from querist.loop import Compute
from querist.schema import Estimate, Step


class CurvePoint(BaseModel):
    """One round of one arm: the headline measure on the audit set against what it cost."""

    round: int
    labels: int
    accuracy: Estimate
    seconds: float | None
    money: float | None


class Curves(BaseModel):
    """Both arms' learning curves, and what `accuracy` is in them."""

    active: list[CurvePoint]
    control: list[CurvePoint]
    left_out: int = Field(
        description="Rounds without a point, as their models could not be measured on the audit "
        "set as it is now."
    )
    measure: str = Field(
        description="`accuracy`, or where a label is no single class `micro_f1`, `r2`, `map50` "
        "or `f1`."
    )


class AuditState(BaseModel):
    """How much of the audit set is labelled."""

    labeled: int
    wanted: int


class RoundSummary(BaseModel):
    """One round as a line of the timeline.

    Attributes:
        drawn: How many assets its strategy chose, fewer than asked for where no more were left;
            ``null`` until it has.
    """

    number: int
    step: Step
    strategy: str | None
    drawn: int | None
    labels: int | None
    accuracy: Estimate | None
    control_accuracy: Estimate | None
    note: str
    started_at: datetime
    finished_at: datetime | None
    findings: int


class Budget(BaseModel):
    """What is spent of one budget; no limit is ``null``."""

    spent: float
    limit: float | None


class Budgets(BaseModel):
    """All budgets."""

    labels: Budget
    seconds: Budget
    money: Budget


class Home(BaseModel):
    """Everything the home page shows."""

    sentence: str
    advice: schema.Advice | None
    curve: Curves
    audit: AuditState
    rounds: list[RoundSummary]
    budget: Budgets
    compute: Compute
    held_out: int = Field(
        description="Labels that the active arm does not train on: of the audit set, of the "
        "control arm alone, and checks of auto-labels."
    )
    open_tasks: int = Field(
        description="Tasks that wait for somebody: of the current round, and labels of earlier "
        "rounds, as those that are asked again since classes changed."
    )
    round_tasks: int = Field(description="Of these, tasks of the current round.")
    current_round: int | None
    next_batch_size: int = Field(
        description="How many the next batch asks about; 0 where each asset is labelled or skipped."
    )
    control_share: float = Field(
        description="Random assets for the control arm, as a share of the batch; 0 is no control."
    )
    audit_size: int = Field(
        description="Random assets that measure every model and train none, as the settings want "
        "them; 0 is no audit set."
    )
    saved_labels: int | None
    currency: str | None = Field(
        description="What money is in, three letters of ISO 4217; `null` tells plain numbers."
    )
