"""Metrics: classification, intervals, agreement and learning curves. Arrays in, numbers out."""

from querist.metrics.agreement import cohen_kappa, f_measure_change_bound
from querist.metrics.classification import (
    accuracy,
    brier,
    confusion_matrix,
    expected_calibration_error,
    log_loss,
    macro_f1,
    recall_per_class,
)
from querist.metrics.intervals import (
    bootstrap_interval,
    clopper_pearson,
    paired_bootstrap_interval,
    wilson,
)
from querist.metrics.learning_curves import aulc, label_saving, labels_to_reach

__all__ = [
    "accuracy",
    "aulc",
    "bootstrap_interval",
    "brier",
    "clopper_pearson",
    "cohen_kappa",
    "confusion_matrix",
    "expected_calibration_error",
    "f_measure_change_bound",
    "label_saving",
    "labels_to_reach",
    "log_loss",
    "macro_f1",
    "paired_bootstrap_interval",
    "recall_per_class",
    "wilson",
]
