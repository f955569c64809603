"""Opinions, gold questions and agreement on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from querist import catalog, labeling, schema
from querist.schema import Action, ConsensusMethod
from querist.schema import to_json as json_form
from querist.server.schemas import MAX_ID, AssetCard, Request
from querist.server.values import Value


class Opinion(BaseModel):
    """One entry of the append-only log of opinions."""

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

    @classmethod
    def of(cls, opinion: schema.Opinion) -> Opinion:
        """The wire form of an opinion."""
        return cls.model_validate(json_form(opinion))


class Dispute(BaseModel):
    """An asset whose opinions are all in and decide nothing."""

    asset_id: str
    opinions: list[Opinion]


class RecomputeRequest(Request):
    """By which method; that of the settings by default."""

    method: ConsensusMethod | None = None


class Change(BaseModel):
    """What a method would make of one asset."""

    asset_id: str
    before: Value | None
    after: Value | None

    @classmethod
    def of(cls, change: labeling.Change) -> Change:
        """The wire form of a change."""
        return cls.model_validate(json_form(change))


class Recomputed(BaseModel):
    """What came of making the labels of opinions anew."""

    run: str = Field(description="With this the run can be taken back.")
    method: ConsensusMethod
    assets: int
    changed: int


class TakeBackRequest(Request):
    """Which run to take back."""

    run: str = Field(min_length=1, max_length=128)


class TakenBack(BaseModel):
    """How many labels of the run held and were taken back."""

    changed: int


class Gold(BaseModel):
    """An asset whose answer is known."""

    asset_id: str
    value: Value
    note: str
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, gold: schema.Gold) -> Gold:
        """The wire form of a gold question."""
        return cls.model_validate(json_form(gold))


class GoldRequest(Request):
    """The right answer for an asset."""

    asset_id: str = Field(min_length=1, max_length=MAX_ID)
    value: Value
    note: str = Field(default="", max_length=2000)


class RetireRequest(Request):
    """Which gold question to ask no more, and why."""

    asset_id: str = Field(min_length=1, max_length=MAX_ID)
    note: str = Field(default="", max_length=2000)


class PairAgreement(BaseModel):
    """How two annotators agree over the assets that both answered."""

    first: str
    second: str
    assets: int
    kappa: float | None = Field(description="Cohen's kappa of classes.")
    alpha: float | None = Field(description="Krippendorff's alpha of sets and numbers.")


class AnnotatorReport(BaseModel):
    """How one annotator does."""

    annotator: str
    opinions: int
    passed: int
    agreement: float | None = Field(description="Share equal to the label that holds.")
    gold_answers: int
    gold_accuracy: float | None
    seconds: float | None
    accuracy: float | None = Field(description="Chance that an opinion is right, estimated.")


class PairFit(BaseModel):
    """How the shapes of two annotators fit, over the assets that both answered."""

    first: str
    second: str
    assets: int
    iou: float | None
    f1: float


class ShapeAgreement(BaseModel):
    """How far annotators agree on boxes, polygons or spans."""

    iou: float | None = Field(description="Mean IoU of matched shapes.")
    f1: float = Field(description="Mean F1 of matches with an IoU of at least .5.")
    alpha: float
    pairs: list[PairFit]


class Sway(BaseModel):
    """How often first answers equal the model's suggestion; null where there are none."""

    shown: schema.Estimate | None
    withheld: schema.Estimate | None
    difference: schema.Estimate | None = Field(description="Shown minus withheld.")


class Suspect(BaseModel):
    """A label that is probably wrong."""

    asset_id: str
    annotator: str
    given_at: datetime
    label_seq: int = Field(description="The entry of the label log; send it back with a review.")
    version: int = Field(description="Send it back as expected_version with a label.")
    card: AssetCard
    given: str
    suggested: str
    confidence: float = Field(description="Probability of the given class, out of fold.")

    @classmethod
    def of(cls, suspect: labeling.Suspect, card: catalog.AssetCard) -> Suspect:
        """The wire form of a suspect."""
        return cls(
            asset_id=suspect.annotation.asset_id,
            annotator=suspect.annotation.annotator,
            given_at=suspect.annotation.created_at,
            label_seq=suspect.annotation.seq,
            version=suspect.annotation.version,
            card=AssetCard.model_validate(card),
            given=suspect.given,
            suggested=suspect.suggested,
            confidence=suspect.confidence,
        )


class SecondOpinionRequest(Request):
    """Which labels somebody else shall look at: those named, else so many suspects."""

    count: int | None = Field(default=None, ge=1, le=100_000)
    asset_ids: list[str] | None = Field(default=None, max_length=10_000)


class Asked(BaseModel):
    """The assets that are asked about now."""

    asset_ids: list[str]


class Agreement(BaseModel):
    """How far annotators agree; null where nothing can be said yet."""

    assets: int = Field(description="Assets with at least two opinions that give a label.")
    opinions: int
    distance: labeling.Distance | None = Field(
        description="What alpha takes for the distance of two answers: nominal for classes, MASI "
        "for sets, interval (the squared difference) for numbers, overlap (1 minus the shared "
        "part) for shapes."
    )
    fleiss: float | None = Field(description="Fleiss' kappa of classes.")
    alpha: float | None = Field(description="Krippendorff's alpha.")
    pairs: list[PairAgreement]
    annotators: list[AnnotatorReport]
    accuracy: float | None = Field(description="Expected share of right consensus labels.")
    shapes: ShapeAgreement | None
