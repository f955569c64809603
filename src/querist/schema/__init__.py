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
from querist.schema.annotator import Annotator, Role
from querist.schema.asset import Asset, Media
from querist.schema.candidate import AddReport, Candidate, Problem
from querist.schema.geometry import Box, Polygon, Span
from querist.schema.ids import check_asset_id, check_name, new_id
from querist.schema.job import Job, JobState
from querist.schema.json_form import from_json, to_json
from querist.schema.model_version import ModelVersion
from querist.schema.ontology import ClassDefinition, Limits, Ontology, TaskKind
from querist.schema.opinion import ConsensusMethod, Gold, Opinion
from querist.schema.prediction import Prediction
from querist.schema.round import (
    Advice,
    Estimate,
    Evaluation,
    Finding,
    Round,
    RoundPlan,
    Selected,
    Step,
)
from querist.schema.task import Arm, Question, Task, TaskState
from querist.schema.wording import percent

__all__ = [
    "Action",
    "AddReport",
    "Advice",
    "Annotation",
    "Annotator",
    "Arm",
    "Asset",
    "Box",
    "BoxesValue",
    "Candidate",
    "ClassDefinition",
    "ClassValue",
    "ClassesValue",
    "ConsensusMethod",
    "Estimate",
    "Evaluation",
    "Finding",
    "Gold",
    "Job",
    "JobState",
    "LabeledBox",
    "LabeledPolygon",
    "LabeledSpan",
    "Limits",
    "Media",
    "ModelVersion",
    "NumberValue",
    "Ontology",
    "Opinion",
    "Origin",
    "Polygon",
    "PolygonsValue",
    "Prediction",
    "Problem",
    "Question",
    "Role",
    "Round",
    "RoundPlan",
    "Selected",
    "Span",
    "SpansValue",
    "Step",
    "Task",
    "TaskKind",
    "TaskState",
    "Value",
    "check_asset_id",
    "check_name",
    "check_value",
    "class_names",
    "from_json",
    "new_id",
    "percent",
    "to_json",
]
