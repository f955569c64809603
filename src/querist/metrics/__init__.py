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
from querist.metrics.box_outcomes import BoxOutcomes, box_outcomes, hits_of_boxes
from querist.metrics.calibration import (
    Calibrator,
    ReliabilityBin,
    Sureness,
    binary_brier,
    binary_log_loss,
    calibration_error,
    fit_calibrator,
    fit_sureness,
    reliability,
)
from querist.metrics.class_measures import (
    ClassMeasure,
    ClassMeasures,
    ProbabilityMeasures,
    measure_brier,
    measure_classes,
    measure_log_loss,
    measure_probabilities,
)
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
from querist.metrics.detection import (
    BoxMeasures,
    average_precisions,
    measure_boxes,
    paired_boxes,
)
from querist.metrics.extrapolation import (
    CostOptimum,
    CurveForecast,
    cost_optimum,
    forecast_curve,
)
from querist.metrics.glad import glad
from querist.metrics.intervals import (
    bootstrap_interval,
    clopper_pearson,
    difference_of_intervals,
    difference_of_shares,
    paired_bootstrap_interval,
    wilson,
)
from querist.metrics.lean_crowd import lean_crowd
from querist.metrics.learning_curves import aulc, label_saving, labels_to_reach
from querist.metrics.matching import Boxes
from querist.metrics.multilabel import LabelSetMeasures, measure_label_sets
from querist.metrics.overlap import Fit, Marks, fit, iou_table, polygon_iou
from querist.metrics.paired import (
    Paired,
    PairedClasses,
    mcnemar,
    paired_classes,
    paired_means,
    paired_shares,
    paired_sums,
    widened,
)
from querist.metrics.promises import (
    binomial_sizes,
    confidence_sequence,
    finite_bound,
    finite_chance,
    finite_sizes,
    upper_bound,
)
from querist.metrics.ranking import (
    RankingMeasures,
    auroc,
    average_precision,
    measure_ranking,
)
from querist.metrics.regression import NumberMeasures, measure_numbers, paired_numbers
from querist.metrics.reliability_diagrams import (
    Reliability,
    ReliabilityPoint,
    reliability_of_answers,
    reliability_of_classes,
)
from querist.metrics.rightness import (
    BELIEVED,
    Shapes,
    believed,
    confidences,
    is_right,
    marks_of,
    objects_right,
)
from querist.metrics.savings import (
    SavingMeasure,
    label_ratio,
    labels_at,
    measure_saving,
    monotone,
)
from querist.metrics.shape_agreement import PairFit, ShapeAgreement, shape_agreement
from querist.metrics.shares import mean_of_shares, proportion
from querist.metrics.spans import SpanMeasures, Spans, hits_of_spans, measure_spans
from querist.metrics.thresholds import (
    AtThreshold,
    ThresholdPoint,
    at_threshold,
    threshold_curve,
)
from querist.metrics.unbiased import (
    lure_accuracy,
    lure_weights,
    neyman_allocation,
    prediction_powered_accuracy,
    stratified_accuracy,
)
from querist.metrics.uncertainty import Uncertainty, decompose

__all__ = [
    "BELIEVED",
    "Answers",
    "AtThreshold",
    "BoxMeasures",
    "BoxOutcomes",
    "Boxes",
    "Calibrator",
    "ClassMeasure",
    "ClassMeasures",
    "Consensus",
    "CostOptimum",
    "CurveForecast",
    "Fit",
    "LabelSetMeasures",
    "Marks",
    "NumberMeasures",
    "PairFit",
    "Paired",
    "PairedClasses",
    "ProbabilityMeasures",
    "RankingMeasures",
    "Reliability",
    "ReliabilityBin",
    "ReliabilityPoint",
    "SavingMeasure",
    "ShapeAgreement",
    "Shapes",
    "Shares",
    "SpanMeasures",
    "Spans",
    "Sureness",
    "ThresholdPoint",
    "Uncertainty",
    "accuracy",
    "at_threshold",
    "aulc",
    "auroc",
    "average_precision",
    "average_precisions",
    "believed",
    "binary_brier",
    "binary_log_loss",
    "binomial_sizes",
    "bootstrap_interval",
    "box_outcomes",
    "brier",
    "calibration_error",
    "class_bias",
    "clopper_pearson",
    "cohen_kappa",
    "confidence_sequence",
    "confidences",
    "confusion_matrix",
    "cost_optimum",
    "crowdlab",
    "dawid_skene",
    "decompose",
    "difference_of_intervals",
    "difference_of_shares",
    "expected_calibration_error",
    "f_measure_change_bound",
    "finite_bound",
    "finite_chance",
    "finite_sizes",
    "fit",
    "fit_calibrator",
    "fit_sureness",
    "fleiss_kappa",
    "forecast_curve",
    "glad",
    "hits_of_boxes",
    "hits_of_spans",
    "iou_table",
    "is_right",
    "krippendorff_alpha",
    "label_ratio",
    "label_saving",
    "labels_at",
    "labels_to_reach",
    "lean_crowd",
    "log_loss",
    "lure_accuracy",
    "lure_weights",
    "macro_f1",
    "majority_vote",
    "marks_of",
    "mcnemar",
    "mean_of_shares",
    "measure_boxes",
    "measure_brier",
    "measure_classes",
    "measure_label_sets",
    "measure_log_loss",
    "measure_numbers",
    "measure_probabilities",
    "measure_ranking",
    "measure_saving",
    "measure_spans",
    "medians_by_annotator",
    "monotone",
    "neyman_allocation",
    "objects_right",
    "paired_bootstrap_interval",
    "paired_boxes",
    "paired_classes",
    "paired_means",
    "paired_numbers",
    "paired_shares",
    "paired_sums",
    "polygon_iou",
    "prediction_powered_accuracy",
    "proportion",
    "recall_per_class",
    "reliability",
    "reliability_of_answers",
    "reliability_of_classes",
    "shape_agreement",
    "shares_by_annotator",
    "stratified_accuracy",
    "threshold_curve",
    "upper_bound",
    "widened",
    "wilson",
]
