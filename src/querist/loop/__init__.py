"""Rounds: plan, select, collect, train, evaluate, diagnose, decide."""

from querist.loop.chat_model import ChatGuesses, ask_chat
from querist.loop.comparing import (
    Comparison,
    Gallery,
    PartPair,
    Said,
    TurnedAsset,
    compare,
    said_of,
)
from querist.loop.compute import Compute, compute
from querist.loop.curve import Curve, CurvePoint
from querist.loop.diagnosing import round_confusions
from querist.loop.doubting import Doubt, DoubtState
from querist.loop.evaluating import ceiling, evaluate, unmeasured, wrong_on_audit
from querist.loop.experimenting import Experiments
from querist.loop.intake import add, embed, import_labels
from querist.loop.learning import ClassLesson, Hardness
from querist.loop.lessons import BatchLesson, Lessons, lessons
from querist.loop.model_files import (
    ImportedPredictions,
    ImportedVectors,
    import_embeddings,
    import_predictions,
)
from querist.loop.models import Models
from querist.loop.naming_models import ComparedModel, nameable
from querist.loop.outtake import export, labeled_arrays, warning_of_choice
from querist.loop.prepared_pages import prepare_pages
from querist.loop.remedies import standing_findings
from querist.loop.rounds import Rounds
from querist.loop.slice_points import SlicePoint
from querist.loop.slices import SliceReport, Slices
from querist.loop.status import Status, status
from querist.loop.thresholding import ClassAt, Fate, Thresholds, fate_assets, thresholds
from querist.loop.thrift import next_batch_size
from querist.loop.training import learner_name, train, trains
from querist.loop.trusting import ModelReliability
from querist.loop.wishes import Wishes
from querist.loop.work import answer_rounds, handlers
from querist.loop.zero_shot import ZeroShot, zero_shot

__all__ = [
    "BatchLesson",
    "ChatGuesses",
    "ClassAt",
    "ClassLesson",
    "ComparedModel",
    "Comparison",
    "Compute",
    "Curve",
    "CurvePoint",
    "Doubt",
    "DoubtState",
    "Experiments",
    "Fate",
    "Gallery",
    "Hardness",
    "ImportedPredictions",
    "ImportedVectors",
    "Lessons",
    "ModelReliability",
    "Models",
    "PartPair",
    "Rounds",
    "Said",
    "SlicePoint",
    "SliceReport",
    "Slices",
    "Status",
    "Thresholds",
    "TurnedAsset",
    "Wishes",
    "ZeroShot",
    "add",
    "answer_rounds",
    "ask_chat",
    "ceiling",
    "compare",
    "compute",
    "embed",
    "evaluate",
    "export",
    "fate_assets",
    "handlers",
    "import_embeddings",
    "import_labels",
    "import_predictions",
    "labeled_arrays",
    "learner_name",
    "lessons",
    "nameable",
    "next_batch_size",
    "prepare_pages",
    "round_confusions",
    "said_of",
    "standing_findings",
    "status",
    "thresholds",
    "train",
    "trains",
    "unmeasured",
    "warning_of_choice",
    "wrong_on_audit",
    "zero_shot",
]
