"""The words of the house: frozen dataclasses without I/O, each with one JSON form."""

from querist.schema.annotation import (
    Action,
    Annotation,
    BoxesValue,
    ClassesValue,
    ClassValue,
    LabeledBox,
    LabeledPolygon,
    LabeledSpan,
    NumberValue,
    Origin,
    PolygonsValue,
    SpansValue,
    Value,
    check_value,
    class_names,
)
from querist.schema.annotator import Annotator, Invitation, Role
from querist.schema.asset import Asset, Media
from querist.schema.bounds import SHAPES, Bounds, check_within, cut_to
from querist.schema.candidate import AddReport, Candidate, Problem
from querist.schema.geometry import Box, Polygon, Span
from querist.schema.ids import check_asset_id, check_name, new_id
from querist.schema.job import Job, JobState
from querist.schema.json_form import from_json, to_json
from querist.schema.model_version import ModelVersion
from querist.schema.numbers import check_part, check_seconds, check_whole, is_number, is_whole
from querist.schema.ontology import ClassDefinition, Limits, Ontology, TaskKind
from querist.schema.ontology_changes import (
    AddClass,
    MergeClasses,
    OntologyChange,
    OntologyVersion,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
    apply_change,
    touched,
)
from querist.schema.ontology_reading import OntologyReading
from querist.schema.opinion import ConsensusMethod, Gold, Opinion
from querist.schema.prediction import Difficulty, Prediction
from querist.schema.review import Review, ReviewAction, ReviewState
from querist.schema.round import (
    Advice,
    Batch,
    Estimate,
    Evaluation,
    Finding,
    OutlookPoint,
    Round,
    RoundPlan,
    Selected,
    Step,
    Worth,
)
from querist.schema.saved_slice import SavedSlice
from querist.schema.task import Arm, Question, Task, TaskState
from querist.schema.wording import percent
from querist.schema.workforce import IN_FLIGHT, SIBLING, Delivery, DeliveryState, Workforce

__all__ = [
    "IN_FLIGHT",
    "SHAPES",
    "SIBLING",
    "Action",
    "AddClass",
    "AddReport",
    "Advice",
    "Annotation",
    "Annotator",
    "Arm",
    "Asset",
    "Batch",
    "Bounds",
    "Box",
    "BoxesValue",
    "Candidate",
    "ClassDefinition",
    "ClassValue",
    "ClassesValue",
    "ConsensusMethod",
    "Delivery",
    "DeliveryState",
    "Difficulty",
    "Estimate",
    "Evaluation",
    "Finding",
    "Gold",
    "Invitation",
    "Job",
    "JobState",
    "LabeledBox",
    "LabeledPolygon",
    "LabeledSpan",
    "Limits",
    "Media",
    "MergeClasses",
    "ModelVersion",
    "NumberValue",
    "Ontology",
    "OntologyChange",
    "OntologyReading",
    "OntologyVersion",
    "Opinion",
    "Origin",
    "OutlookPoint",
    "Polygon",
    "PolygonsValue",
    "Prediction",
    "Problem",
    "Question",
    "RenameClass",
    "RetireClass",
    "RevertOntology",
    "Review",
    "ReviewAction",
    "ReviewState",
    "Role",
    "Round",
    "RoundPlan",
    "SavedSlice",
    "Selected",
    "Span",
    "SpansValue",
    "SplitClass",
    "Step",
    "Task",
    "TaskKind",
    "TaskState",
    "Value",
    "Workforce",
    "Worth",
    "apply_change",
    "check_asset_id",
    "check_name",
    "check_part",
    "check_seconds",
    "check_value",
    "check_whole",
    "check_within",
    "class_names",
    "cut_to",
    "from_json",
    "is_number",
    "is_whole",
    "new_id",
    "percent",
    "to_json",
    "touched",
]
