"""What goes over the wire: one model for each request and response, so that clients are typed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from querist import schema
from querist.schema import Action, Arm, Asset, Difficulty, Media, Origin, Role, Selected, Step
from querist.schema import to_json as json_form
from querist.server.values import Value

MAX_ID = 512


class Request(BaseModel):
    """Base of all request bodies: a field we do not know is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _holds_text(cls, body: Any) -> Any:
        """Refuse half a pair of UTF-16, which JSON can write, and neither records nor answers."""
        texts = [body]
        while texts:
            part = texts.pop()
            if isinstance(part, str):
                if not part.isascii() and any("\ud800" <= sign <= "\udfff" for sign in part):
                    raise ValueError("a text holds half of a surrogate pair")
            elif isinstance(part, dict):
                texts += (*part, *part.values())
            elif isinstance(part, list):
                texts += part
        return body


class ErrorDetail(BaseModel):
    """What went wrong, with which value, and what to do about it."""

    code: str
    message: str
    remedy: str
    details: dict[str, Any]


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: ErrorDetail


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"]
    version: str


class LoginRequest(Request):
    """The one-time token that ``querist serve`` printed."""

    token: str = Field(min_length=1, max_length=512)


class Me(BaseModel):
    """Who is logged in."""

    name: str
    role: Role
    veiled: bool = Field(description="Whether one sees no labels and rounds but one's own answers.")
    csrf: str | None = None


class Done(BaseModel):
    """It is done, there is nothing to tell."""

    ok: Literal[True] = True


class ProjectInfo(BaseModel):
    """What the project is."""

    name: str
    task: schema.TaskKind
    media: Media
    ontology: schema.Ontology
    asset_count: int
    labeled_count: int
    oracle: bool = Field(description="Whether known labels can answer rounds.")
    default_batch_size: int
    strategy: str
    learner: str
    encoder: str = Field(description="The encoder that is used, also where the settings say auto.")
    learns: bool = Field(description="Whether a model learns from labels of this kind.")


class AssetCard(BaseModel):
    """An asset as a tile of the grid."""

    id: str
    media: Media
    text: str | None
    label: str | None
    classes: list[str] = Field(description="Every class that the label names.")
    state: Literal["labeled", "unlabeled", "skipped"]
    predicted: str | None
    confidence: float | None
    difficulty: Literal["easy", "medium", "hard"] | None
    arms: list[Arm]
    round: int | None
    seq: int = Field(
        description="Position in the label log of the last entry about it, 0 for none."
    )

    model_config = ConfigDict(from_attributes=True)


class AssetPage(BaseModel):
    """One page of the grid."""

    total: int
    items: list[AssetCard]


class Facets(BaseModel):
    """How the assets of a query fall into groups."""

    state: dict[str, int]
    label: dict[str, int]
    predicted: dict[str, int]
    difficulty: dict[str, int]
    confidence: list[int] = Field(description="Counts in 20 bins of equal width from 0 to 1.")


class Annotation(BaseModel):
    """One entry of the append-only label log."""

    seq: int
    asset_id: str
    version: int
    action: Action
    value: Value | None
    annotator: str
    origin: Origin
    seconds: float | None
    reason: str | None
    round: int | None
    ontology_version: int
    prelabel: Value | None
    model_id: str | None
    submission_id: str
    created_at: datetime

    @classmethod
    def of(cls, entry: schema.Annotation) -> Annotation:
        """The wire form of an entry."""
        return cls.model_validate(json_form(entry))


class AssetPrediction(BaseModel):
    """What the newest model says about one asset."""

    model_id: str
    predicted: str
    confidence: float
    margin: float
    probabilities: dict[str, float]


class ObjectDoubt(BaseModel):
    """How likely one object that a model tells of is wrong, and how hard it is."""

    error: float
    difficulty: Difficulty | None = Field(
        description="None where the object is more likely wrong than right: no part of the answer."
    )


class AssetDoubt(BaseModel):
    """How likely what a model says of an asset is not the whole truth."""

    error: float
    difficulty: Difficulty | None
    objects: list[ObjectDoubt] = Field(description="Of boxes and spans, in the order told.")


class AssetDetail(BaseModel):
    """Everything known about one asset."""

    asset: Asset
    label: Annotation | None
    version: int
    history: list[Annotation]
    prediction: AssetPrediction | None
    says: Value | None = Field(
        description="What the newest model says where a label is no single class."
    )
    doubt: AssetDoubt | None = Field(
        default=None, description="How likely that is wrong, once labels can tell."
    )
    selected: list[Selected]
    neighbours: list[AssetCard]


class LeaseRequest(Request):
    """How many tasks to reserve, and for how long."""

    count: int = Field(default=1, ge=1, le=100)
    seconds: float = Field(default=120, ge=5, le=3600)


class TaskIds(Request):
    """Tasks that one holds."""

    task_ids: list[int] = Field(max_length=500)


class TasksDone(Done):
    """It is done with these tasks: those that were one's own."""

    task_ids: list[int]


class Task(BaseModel):
    """One asset waiting for one person; what its answer becomes is not told."""

    id: int
    asset_id: str
    round: int
    arms: list[Arm]
    priority: float
    state: schema.TaskState
    annotator: str | None
    leased_until: datetime | None


class QueueItem(BaseModel):
    """One reserved task with all that is needed to answer it."""

    task: Task
    asset: Asset
    version: int = Field(description="Send it back as expected_version.")
    prelabel: Value | None
    confidence: float | None
    model_id: str | None
    why: str


class QueuePage(BaseModel):
    """The reserved tasks."""

    items: list[QueueItem]
    remaining: int
    explanation: str


class LabelRequest(Request):
    """One decision about one asset."""

    asset_id: str = Field(min_length=1, max_length=MAX_ID)
    action: Literal["label", "skip", "cannot_tell"] = "label"
    value: Value | None = None
    expected_version: int | None = Field(default=None, ge=0)
    seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    reason: str | None = Field(default=None, max_length=2000)
    task_id: int | None = None
    submission_id: str = Field(min_length=1, max_length=128)
    prelabel: Value | None = None
    model_id: str | None = None
    ontology_version: int | None = Field(
        default=None,
        ge=1,
        description="The version of the ontology it was decided under: "
        "a class that was renamed or merged since is stored as the class it became.",
    )


class UndoRequest(Request):
    """Take back the last entry of one asset."""

    asset_id: str = Field(min_length=1, max_length=MAX_ID)
    submission_id: str = Field(min_length=1, max_length=128)


class RecentLabel(BaseModel):
    """One of the last decisions."""

    annotation: Annotation
    card: AssetCard


class RoundDetail(BaseModel):
    """One round with the first 500 assets it selected."""

    round: schema.Round
    selected: list[Selected]


class OracleRequest(Request):
    """How many rounds the known labels shall answer."""

    rounds: int = Field(default=1, ge=1, le=1000)


class AddRequest(Request):
    """A folder or file on the server's machine."""

    path: str = Field(min_length=1, max_length=4096)


class Job(BaseModel):
    """One piece of long work."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    kind: str
    params: dict[str, Any]
    state: schema.JobState
    done: int
    total: int | None
    message: str
    cancel_requested: bool
    result: dict[str, Any] | None
    error: ErrorDetail | None
    worker: str | None
    heartbeat: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: schema.Job) -> Job:
        """The wire form of a job."""
        return cls.model_validate(json_form(job))


class JobLog(BaseModel):
    """A job's log, oldest line first."""

    lines: list[str]


class ChangeEvent(BaseModel):
    """Data of the event ``change``: labels, tasks, rounds, classes or slices are new."""

    labeled: int
    open_tasks: int
    round: int | None
    step: Step | None
    seq: int = Field(description="Last entry of the label log.")
    ontology: int = Field(description="Newest version of the ontology.")
    slices: str = Field(description="Another text after each slice that is saved or forgotten.")
