"""All diagnoses of one model: causes first, then what else stands out, most gain first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from querist.diagnostics.calibration import miscalibration
from querist.diagnostics.class_errors import confused_classes, rare_classes
from querist.diagnostics.label_errors import suspected_label_errors
from querist.diagnostics.sample import Sample
from querist.errors import InvalidInputError
from querist.schema import Finding


def diagnose(
    *,
    truth: ArrayLike,
    probabilities: ArrayLike,
    classes: Sequence[str],
    asset_ids: Sequence[str],
    train_counts: ArrayLike,
    train_truth: ArrayLike | None = None,
    train_out_of_fold: ArrayLike | None = None,
    train_ids: Sequence[str] | None = None,
    causes: Sequence[Finding] | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[Finding, ...]:
    """Findings on a model, by expected gain in points of accuracy, highest first.

    Only what passes a test of significance is told; a perfect model has no findings. The four
    error types come first, as they say why; what one of them explains is not told again as a
    confusion.

    Args:
        truth: True classes (M,) of a random sample, positions in ``classes``.
        probabilities: The model's probabilities (M, C) for it.
        classes: The class names (C,).
        asset_ids: The sample's ids (M,).
        train_counts: Labels of each class (C,) that trained the model.
        train_truth: Given classes (L,) of the labels that trained it.
        train_out_of_fold: Probabilities (L, C) for them by models that did not see them.
        train_ids: Their ids (L,); label errors are looked for when all three are given.
        causes: What ``error_types`` found, if it was asked.
        rng: Draws the intervals; a fixed seed if ``None``.

    Raises:
        InvalidInputError: shapes disagree, a class is out of range, or there is NaN.
    """
    sample = Sample.of(truth, probabilities, classes, asset_ids)
    counts = np.asarray(train_counts)
    if counts.shape != (len(classes),) or (counts < 0).any():
        raise InvalidInputError(
            f"train_counts is {counts.tolist()} for {len(classes)} classes.",
            remedy="Give one count, 0 or more, for each class.",
        )
    findings: list[Finding] = []
    if len(sample.truth):
        findings += [one for one in confused_classes(sample) if not _explained(one, causes or ())]
        findings += rare_classes(sample, counts) if causes is None else []
        findings += miscalibration(sample, rng or np.random.default_rng(0))
    if train_truth is not None and train_out_of_fold is not None and train_ids is not None:
        trained = Sample.of(train_truth, train_out_of_fold, classes, train_ids)
        findings += suspected_label_errors(trained)
    return (*(causes or ()), *sorted(findings, key=lambda finding: -finding.severity))


def _explained(confusion: Finding, causes: Sequence[Finding]) -> bool:
    """Whether one of the causes speaks of the class that is confused, or of both."""
    pair = [confusion.evidence["truth"], confusion.evidence["predicted"]]
    return any(
        cause.evidence.get("class") in pair
        or sorted(cause.evidence.get("classes", ())) == sorted(pair)
        for cause in causes
    )
