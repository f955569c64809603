"""The learning curve of the active arm against the random control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.loop.budget import BudgetState
from querist.metrics import is_undecided, labels_to_reach, monotone
from querist.schema import Advice, Arm, Estimate, Round, percent
from querist.schema.measure import Measure, called

LEVELS = 25
# A curve through two points says more of their noise than of the labels between them.
LEAST_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One round of one arm.

    Attributes:
        round: The round.
        labels: Labels that trained the arm's model.
        accuracy: The headline measure on the audit set, with its 95 % interval.
        seconds: Labelling time of these labels at the mean pace so far; ``None`` if not measured.
        money: Their cost; ``None`` if not known.
    """

    round: int
    labels: int
    accuracy: Estimate
    seconds: float | None
    money: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Both arms' points in order of rounds, and the measure they are of."""

    active: tuple[CurvePoint, ...]
    control: tuple[CurvePoint, ...]
    measure: str = "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What the active arm saved, read from curves made monotone by least squares.

    Attributes:
        accuracy: The highest accuracy both arms reached.
        active_labels: Labels the active arm needed for it, at most: those of its first model where
            that had it already.
        control_labels: Labels the random control needed for it, likewise.
        mean_ratio: Active labels for each control label, averaged over the accuracies that both
            arms passed on their way; below one is a saving. One point of a curve is noisy, the
            average over all of them much less.
    """

    accuracy: float
    active_labels: float
    control_labels: float
    mean_ratio: float

    @property
    def labels(self) -> int:
        """Of the control's labels, how many the active arm did not need, by the mean ratio."""
        return round(self.control_labels * (1 - self.mean_ratio))


def curve(
    rounds: Sequence[Round], budgets: Sequence[BudgetState], measure: str = "accuracy"
) -> Curve:
    """The curve from the rounds' evaluations, which are of ``measure``."""
    spent = {budget.unit: budget.spent for budget in budgets}

    def points(arm: Arm) -> tuple[CurvePoint, ...]:
        return tuple(
            CurvePoint(
                round=round_.number,
                labels=evaluation.labels,
                accuracy=evaluation.accuracy,
                seconds=_share(evaluation.labels, spent, "seconds"),
                money=_share(evaluation.labels, spent, "money"),
            )
            for round_ in rounds
            for evaluation in round_.evaluations
            if evaluation.arm is arm
        )

    return Curve(active=points(Arm.ACTIVE), control=points(Arm.CONTROL), measure=measure)


def _share(labels: int, spent: dict[str, float], unit: str) -> float | None:
    if not spent.get(unit) or not spent.get("labels"):
        return None
    return labels * spent[unit] / spent["labels"]


def saving(found: Curve) -> Saving | None:
    """The saving over the accuracies that both arms reached.

    Returns:
        ``None`` without both curves, and where the active arm was as good as the control gets
        from its first round on with as many labels or more: then nobody knows yet. Nor is there
        one where a label is no single class: nothing says how sure it would be.
    """
    if not found.active or not found.control or found.measure != "accuracy":
        return None
    active, control = _monotone(found.active), _monotone(found.control)
    top = min(active[1][-1], control[1][-1])
    bottom = min(max(active[1][0], control[1][0]), top)
    levels = np.linspace(bottom, top, LEVELS).tolist()
    reached = [(labels_to_reach(*active, x), labels_to_reach(*control, x)) for x in levels]
    pairs = [(a, c) for a, c in reached if a is not None and c is not None]
    if not pairs or (active[1][0] >= top and active[0][0] >= pairs[-1][1]):
        return None
    return Saving(
        accuracy=top,
        active_labels=pairs[-1][0],
        control_labels=pairs[-1][1],
        mean_ratio=float(np.mean([a / c for a, c in pairs])),
    )


def too_early(found: Curve, doubt: Measure | None) -> str | None:
    """Why a saving is not told yet, and what that takes; ``None`` where enough is known of it.

    It takes three measured rounds of each arm, and an interval that does not leave half as many
    labels as possible as twice as many.

    Args:
        found: Both arms' curves.
        doubt: The mean ratio with its interval; ``None`` where too few samples know it.
    """
    fewest = min(len(found.active), len(found.control))
    if fewest < LEAST_ROUNDS:
        why = f"that takes {LEAST_ROUNDS} measured rounds of each arm, and so far there "
        why += "is 1" if fewest == 1 else f"are {fewest}"
    elif doubt is None:
        why = "the audit cannot tell it from chance; more rounds or a larger audit would"
    elif is_undecided(doubt):
        why = (
            f"by an audit of {doubt.count} it may take half as many labels or twice as many; more "
            "rounds or a larger audit would tell"
        )
    else:
        return None
    return f"Too early to say what this saves over random: {why}."


def told_saving(found: Curve, advice: Advice | None) -> Saving | None:
    """The saving where the newest advice tells it: what is too early there is so everywhere."""
    if advice is None or advice.saved_labels is None or too_early(found, advice.label_ratio):
        return None
    return saving(found)


def _monotone(points: Sequence[CurvePoint]) -> tuple[list[int], list[float]]:
    """Labels, and accuracy made non-decreasing by least squares: a lucky round counts less."""
    values = monotone(np.array([[point.accuracy.value for point in points]]))[0]
    return [point.labels for point in points], values.tolist()


def sentence(found: Curve, labeled: int, doubt: Measure | None = None) -> str:
    """The state of the project in plain words.

    Args:
        found: Both arms' curves.
        labeled: Labels of the active arm.
        doubt: The mean ratio with its interval; without one no saving is told.
    """
    if not found.active:
        return f"{_labels(labeled)}. No model has been measured on the audit set yet."
    last = found.active[-1]
    name = "" if found.measure == "accuracy" else f"{called(found.measure)} "
    words = [
        f"{_labels(last.labels)}.",
        f"{name}{last.accuracy}, audit of {last.accuracy.count}.",
    ]
    if name and found.control:
        control = found.control[-1]
        words.append(f"The random control: {control.accuracy} with {_labels(control.labels)}.")
    saved = saving(found)
    if saved is not None:
        words.append(too_early(found, doubt) or _saved(saved, found, doubt))
    return " ".join(words)


def labels_until(labels: float, points: Sequence[CurvePoint]) -> str:
    """Labels that an arm took for a quality: "310", or "at most 50" where its first model had it.

    What fewer labels would have reached has not been measured then.
    """
    return f"{'at most ' if labels <= points[0].labels else ''}{labels:.0f}"


def _saved(saved: Saving, found: Curve, doubt: Measure | None) -> str:
    ratio = saved.mean_ratio if doubt is None else doubt.value
    return (
        f"For {percent(saved.accuracy)} active rounds took "
        f"{labels_until(saved.active_labels, found.active)} labels, random "
        f"{labels_until(saved.control_labels, found.control)}; "
        f"over the whole curve {percent(abs(1 - ratio), 0)} "
        f"{'fewer' if ratio <= 1 else 'more'} labels{_within(doubt)}."
    )


def _labels(count: int) -> str:
    return "1 label" if count == 1 else f"{count} labels"


def _within(doubt: Measure | None) -> str:
    if doubt is None:
        return ""
    less, more = (percent(abs(1 - ratio), 0) for ratio in (doubt.low, doubt.high))
    if doubt.low > 1:
        return f" (95 % interval {less} to {more} more)"
    if doubt.high > 1:
        return f" (95 % interval {more} more to {less} fewer)"
    return f" (95 % interval {more} to {less} fewer)"
