"""Diagnostics: what a model gets wrong, why, and what to do about it. Arrays in, findings out."""

from querist.diagnostics.attribution import (
    Attribution,
    Taught,
    attribute,
    class_groups,
    retrained,
)
from querist.diagnostics.capacity import CapacityAdvice, Rung, capacity_advice
from querist.diagnostics.confusions import ConfusionCell, confusions
from querist.diagnostics.diagnose import diagnose
from querist.diagnostics.disputes import disputed_classes, lasting_disputes
from querist.diagnostics.dynamics import (
    ClassDynamics,
    ExampleDynamics,
    class_dynamics,
    example_dynamics,
    overfitting_start,
    prediction_kappas,
)
from querist.diagnostics.error_types import error_types
from querist.diagnostics.lags import ClassLag, class_lags
from querist.diagnostics.merging import merge_advice
from querist.diagnostics.proxy import ProxyCheck, check_proxy
from querist.diagnostics.sample import Learned, Sample
from querist.diagnostics.slice_causes import loss_slices, slice_findings
from querist.diagnostics.slices import Predicate, Slice, alike, find_slices, middles
from querist.diagnostics.stop_criteria import CRITERIA
from querist.diagnostics.stop_readings import StopReading, read_stop_set
from querist.diagnostics.stopping import StopVerdict, enough_for, stop_verdict
from querist.diagnostics.turned import Turned, turned
from querist.diagnostics.weak_classes import WeakClass, weak_classes

__all__ = [
    "CRITERIA",
    "Attribution",
    "CapacityAdvice",
    "ClassDynamics",
    "ClassLag",
    "ConfusionCell",
    "ExampleDynamics",
    "Learned",
    "Predicate",
    "ProxyCheck",
    "Rung",
    "Sample",
    "Slice",
    "StopReading",
    "StopVerdict",
    "Taught",
    "Turned",
    "WeakClass",
    "alike",
    "attribute",
    "capacity_advice",
    "check_proxy",
    "class_dynamics",
    "class_groups",
    "class_lags",
    "confusions",
    "diagnose",
    "disputed_classes",
    "enough_for",
    "error_types",
    "example_dynamics",
    "find_slices",
    "lasting_disputes",
    "loss_slices",
    "merge_advice",
    "middles",
    "overfitting_start",
    "prediction_kappas",
    "read_stop_set",
    "retrained",
    "slice_findings",
    "stop_verdict",
    "turned",
    "weak_classes",
]
