"""Metrics: classification, intervals, agreement and learning curves. Arrays in, numbers out."""

from querist.metrics.agreement import (
    cohen_kappa,
    f_measure_change_bound,
    fleiss_kappa,
    krippendorff_alpha,
)
from querist.metrics.annotator_figures import (
    Shares,
    class_bias,
    medians_by_annotator,
    shares_by_annotator,
)
from querist.metrics.answers import Answers
from querist.metrics.classification import (
    accuracy,
    brier,
    confusion_matrix,
    expected_calibration_error,
    log_loss,
    macro_f1,
    recall_per_class,
)
from querist.metrics.consensus import Consensus, dawid_skene, majority_vote
from querist.metrics.crowdlab import crowdlab
from querist.metrics.glad import glad
from querist.metrics.intervals import (
    bootstrap_interval,
    clopper_pearson,
    paired_bootstrap_interval,
    wilson,
)
from querist.metrics.learning_curves import aulc, label_saving, labels_to_reach

__all__ = [
    "Answers",
    "Consensus",
    "Shares",
    "accuracy",
    "aulc",
    "bootstrap_interval",
    "brier",
    "class_bias",
    "clopper_pearson",
    "cohen_kappa",
    "confusion_matrix",
    "crowdlab",
    "dawid_skene",
    "expected_calibration_error",
    "f_measure_change_bound",
    "fleiss_kappa",
    "glad",
    "krippendorff_alpha",
    "label_saving",
    "labels_to_reach",
    "log_loss",
    "macro_f1",
    "majority_vote",
    "medians_by_annotator",
    "paired_bootstrap_interval",
    "recall_per_class",
    "shares_by_annotator",
    "wilson",
]
