"""Opinions: what each of several annotators says about an asset; questions with known answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from querist.schema.annotation import Action, Annotation, Origin, Value


class ConsensusMethod(StrEnum):
    """How a label is made of several opinions."""

    MAJORITY = "majority"
    DAWID_SKENE = "dawid-skene"
    GLAD = "glad"
    CROWDLAB = "crowdlab"
    LEAN_CROWD = "lean-crowd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One entry of the append-only log of opinions; an annotator's last one on an asset stands.

    Attributes:
        seq: Position in the log, increasing.
        asset_id: The asset.
        annotator: Who.
        version: 1 for the annotator's first entry about the asset, then 2, 3, …
        action: Label, skip or cannot_tell; an undo takes the annotator's opinion back.
        value: What was said; ``None`` unless it is a label.
        seconds: Working time spent.
        reason: Why it was skipped or cannot be told.
        round: The round that asked.
        ontology_version: The ontology it was made under.
        prelabel: The model's suggestion that was shown, if any.
        model_id: The model that suggested it.
        submission_id: The writer's own id; the same one twice is stored once.
        task_id: The task that asked.
        gold: Whether it answers a gold question; then no label is made of it.
        created_at: When it was stored, UTC.
    """

    seq: int
    asset_id: str
    annotator: str
    version: int
    action: Action
    value: Value | None
    seconds: float | None
    reason: str | None
    round: int
    ontology_version: int
    prelabel: Value | None
    model_id: str | None
    submission_id: str
    task_id: int | None
    gold: bool
    created_at: datetime

    def as_annotation(self) -> Annotation:
        """The form in which its annotator sees it: that of a label."""
        return Annotation(
            seq=self.seq,
            asset_id=self.asset_id,
            version=self.version,
            action=self.action,
            value=self.value,
            annotator=self.annotator,
            origin=Origin.PERSON,
            seconds=self.seconds,
            reason=self.reason,
            round=self.round,
            ontology_version=self.ontology_version,
            prelabel=self.prelabel,
            model_id=self.model_id,
            submission_id=self.submission_id,
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """An asset whose answer is known, so that it can be asked to measure annotators.

    Attributes:
        asset_id: The asset.
        value: The right answer.
        note: Why it is right, for those who look at mistakes.
        created_by: Who vouches for it.
        created_at: UTC.
    """

    asset_id: str
    value: Value
    note: str
    created_by: str
    created_at: datetime
