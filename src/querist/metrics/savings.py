"""How many labels active rounds saved against random ones, with the doubt of a small audit set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from querist.errors import InvalidInputError
from querist.metrics.checks import finite, same_length
from querist.metrics.intervals import wilson
from querist.metrics.ranking import binary
from querist.metrics.resampling import REPEATS, Floats, drawn, ratio, student_levels
from querist.schema.measure import Measure

LEVELS = 25
# Share of the samples in which the saving must be known.
_KNOWN = 0.8
# By so many audited assets one of the arms has to rise to the best accuracy that both reached:
# where fewer decide, the bootstrap sees too little doubt (docs/measuring.md).
LEAST_ASSETS = 6
# Means of the same rounds differ in their last digits by the order of the sum; levels nearer to
# each other than this are one.
_ALIKE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingMeasure:
    """What the active arm saved.

    Attributes:
        ratio: Active labels for each control label, averaged over the accuracies that both arms
            passed; below one is a saving. The interval is the percentile one of a paired bootstrap
            over the audit set, which both arms and all rounds share.
        accuracy: The highest accuracy both arms reached.
        active_labels: Labels the active arm needed for it.
        control_labels: Labels the random control needed for it.
    """

    ratio: Measure
    accuracy: float
    active_labels: float
    control_labels: float


def measure_saving(
    active_labels: ArrayLike,
    active_right: ArrayLike,
    control_labels: ArrayLike,
    control_right: ArrayLike,
    rng: np.random.Generator,
    *,
    commonest: float = 0.0,
    repeats: int = REPEATS,
) -> SavingMeasure | None:
    """What active rounds saved, from what each round's model gets right on the audit set.

    It says what these very models would show on all assets the audit set was drawn from.
    Time O(R n M) for R repeats, n audited assets and M models; memory O(n M + 2 million).

    Args:
        active_labels: Labels after each round of the active arm (A,).
        active_right: Whether its models are right on each audited asset (A, n).
        control_labels: Labels after each round of the control (B,).
        control_right: Whether its models are (B, n), on the same assets.
        rng: Draws the samples.
        commonest: Share of the audited assets that hold the commonest class, 0 to 1: who always
            says that one gets so many right. 0 where it is not known.
        repeats: Bootstrap samples.

    Returns:
        ``None`` where nobody knows yet (see ``label_ratio``), or where one sample in five says so,
        where neither arm rose by ``LEAST_ASSETS`` audited assets, and where the models may have
        learned nothing (see ``has_learned``).

    Raises:
        InvalidInputError: lengths differ, nothing is there, or a value is not 0 or 1.
    """
    ours, active = _arm(active_labels, active_right)
    theirs, control = _arm(control_labels, control_right)
    if active.shape[1] != control.shape[1]:
        raise InvalidInputError(
            f"The arms were audited on {active.shape[1]} and {control.shape[1]} assets.",
            remedy="Measure both arms on the same assets.",
        )
    size = active.shape[1]

    def curves(weights: Floats) -> tuple[Floats, Floats]:
        return monotone(weights @ active.T / size), monotone(weights @ control.T / size)

    mine, base = curves(np.ones((1, size)))
    value = float(label_ratio(ours, mine, theirs, base)[0])
    samples = np.concatenate(
        [
            label_ratio(ours, a, theirs, b)
            for a, b in (curves(block) for block in drawn(size, rng, repeats))
        ]
    )
    ends = saving_interval(value, samples, size)
    few = size * float(rose(mine, base)[0]) < LEAST_ASSETS - _ALIKE * size
    if ends is None or few or not has_learned(mine, base, size, commonest):
        return None
    low, high = ends
    top = np.minimum(mine[:, -1:], base[:, -1:])
    return SavingMeasure(
        ratio=Measure(
            value=value,
            low=low,
            high=high,
            count=size,
            better="lower",
        ),
        accuracy=float(top[0, 0]),
        active_labels=float(labels_at(ours, mine, top)[0, 0]),
        control_labels=float(labels_at(theirs, base, top)[0, 0]),
    )


def saving_interval(value: float, samples: Floats, count: int) -> tuple[float, float] | None:
    """The percentile interval of a label ratio from bootstrap samples (R,).

    A sample in which nobody knows (NaN) counts as one in which nothing was saved: left out, the
    interval would be too sure, since those are the samples in which both arms are alike.

    Args:
        value: The label ratio of all assets.
        samples: That of each sample.
        count: What was drawn anew: assets, or trials.

    Returns:
        ``None`` where nobody knows the ratio, or where one sample in five says so.
    """
    unknown = np.isnan(samples)
    if np.isnan(value) or np.count_nonzero(~unknown) < _KNOWN * len(samples):
        return None
    low, high = np.quantile(np.where(unknown, 1.0, samples), student_levels(count))
    return min(float(low), value), max(float(high), value)


def _arm(labels: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    rounds, table = same_length(labels=labels, right=right)
    if table.ndim != 2 or not table.shape[1]:
        raise InvalidInputError(
            f"The answers have the shape {table.shape}.",
            remedy="Give one row for each round, one column for each audited asset.",
        )
    order = np.argsort(finite("The labels", rounds), kind="stable")
    return rounds[order].astype(np.float64), binary("The answers", table)[order].astype(np.float64)


def monotone(curves: Floats) -> Floats:
    """Each curve (b, R) made non-decreasing by least squares: a lucky round counts less.

    By the max-min formula of isotonic regression (Barlow et al., 1972, "Statistical inference under
    order restrictions"). Time O(b R²).
    """
    sums = np.concatenate([np.zeros((len(curves), 1)), np.cumsum(curves, axis=1)], axis=1)
    rounds = curves.shape[1]
    found = np.full(curves.shape, -np.inf)
    for first in range(rounds):
        means = (sums[:, first + 1 :] - sums[:, first, None]) / np.arange(1, rounds - first + 1)
        lowest = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        found[:, first:] = np.maximum(found[:, first:], lowest)
    return found


def label_ratio(
    active_labels: ArrayLike, active: Floats, control_labels: ArrayLike, control: Floats
) -> Floats:
    """Active labels for each control label (b,), averaged over accuracies both arms passed.

    Below one is a saving. NaN where the active arm was as good as the control gets from its first
    round on, with as many labels as the control needed or more: then nobody knows yet.

    Args:
        active_labels: Labels after each round of the active arm (R,), rising.
        active: Its accuracy (b, R), made monotone.
        control_labels: Labels after each round of the control (S,), rising.
        control: Its accuracy (b, S), made monotone.
    """
    ours, theirs = finite("The labels", active_labels), finite("The labels", control_labels)
    top = np.minimum(active[:, -1], control[:, -1])
    bottom = np.minimum(np.maximum(active[:, 0], control[:, 0]), top)
    levels = bottom[:, None] + (top - bottom)[:, None] * np.linspace(0, 1, LEVELS)
    # The last level is the top itself, whatever rounding made of it.
    levels[:, -1] = top
    mine, base = labels_at(ours, active, levels), labels_at(theirs, control, levels)
    found = (mine / base).mean(axis=1)
    found[(active[:, 0] >= top - _ALIKE) & (ours[0] >= base[:, -1])] = np.nan
    return np.asarray(found)


def rose(active: Floats, control: Floats) -> Floats:
    """How far (b,) the arm that began lower rose to the best accuracy that both reached."""
    top = np.minimum(active[:, -1], control[:, -1])
    return np.asarray(top - np.minimum(active[:, 0], control[:, 0]))


def has_learned(active: Floats, control: Floats, count: int, commonest: float) -> bool:
    """Whether the best accuracy that both arms reached is surely above the commonest class's share.

    Labels of models that learned nothing save nothing, whatever their curves do by chance. Surely
    is by the lower end of Wilson's interval.

    Args:
        active: Accuracy of the active arm (1, R), made monotone.
        control: That of the control (1, S).
        count: Assets it was measured on.
        commonest: Share of these that hold the commonest class.
    """
    top = min(float(active[0, -1]), float(control[0, -1]))
    return wilson(round(top * count), count)[0] > commonest


def is_undecided(ratio: Measure) -> bool:
    """Whether the interval of a label ratio, or of its inverse, tells nothing of a saving.

    That is where it holds one, neither fewer labels nor more, and its upper end is four times its
    lower one or further off, as half as many labels are from twice as many.
    """
    return ratio.low <= 1 <= ratio.high and ratio.high >= 4 * ratio.low


def labels_at(labels: Floats, curves: Floats, levels: Floats) -> Floats:
    """Labels at which each monotone curve (b, R) comes to each of its levels (b, L).

    Interpolated between rounds; a level below the first point gives the first point.
    """
    after = (curves[:, None, :] < levels[:, :, None] - _ALIKE).sum(axis=2)
    after = np.minimum(after, curves.shape[1] - 1)
    before = np.maximum(after - 1, 0)
    high = np.take_along_axis(curves, after, axis=1)
    low = np.take_along_axis(curves, before, axis=1)
    part = np.nan_to_num(ratio(levels - low, high - low))
    return np.asarray(labels[before] + np.clip(part, 0, 1) * (labels[after] - labels[before]))
