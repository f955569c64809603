"""The learning curve of the active arm against the random control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from querist.loop.budget import LabelCost
from querist.metrics import SavingMeasure, is_undecided
from querist.schema import Arm, Estimate, Evaluation, Round, Saving, percent
from querist.schema.measure import Measure, called
from querist.schema.wording import at_least, counted

# A curve through two points says more of their noise than of the labels between them.
LEAST_ROUNDS = 3
# A share of labels needed is told the other way round than the share saved.
OPPOSITE = {"at least ": "at most ", "at most ": "at least ", "": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One round of one arm.

    Attributes:
        round: The round.
        labels: Labels that trained the arm's model.
        accuracy: The headline measure on the audit set, with its 95 % interval.
        seconds: Working time for those of these labels that were given here, not imported, at the
            mean of an asset so far, all opinions on it included; ``None`` if not measured.
        money: Their cost, likewise; ``None`` if not known.
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


def curve(
    rounds: Sequence[Round],
    cost: LabelCost,
    measure: str = "accuracy",
    *,
    given: Callable[[Evaluation], int] = lambda it: it.labels,
) -> Curve:
    """The curve from the rounds' evaluations.

    Args:
        rounds: The rounds.
        cost: What the label of an asset costs.
        measure: What the evaluations are of.
        given: How many of the labels of an evaluation cost that: imported ones do not.
    """

    def points(arm: Arm) -> tuple[CurvePoint, ...]:
        return tuple(
            CurvePoint(
                round=round_.number,
                labels=evaluation.labels,
                accuracy=evaluation.accuracy,
                seconds=None if cost.seconds is None else given(evaluation) * cost.seconds,
                money=None if cost.money is None else given(evaluation) * cost.money,
            )
            for round_ in rounds
            for evaluation in round_.evaluations
            if evaluation.arm is arm
        )

    return Curve(active=points(Arm.ACTIVE), control=points(Arm.CONTROL), measure=measure)


def compares(found: Curve) -> bool:
    """Whether both arms were measured, by whether single assets are right.

    Where a label is no single class nothing says how sure a saving would be.
    """
    return bool(found.active and found.control and found.measure == "accuracy")


def too_early(found: Curve, doubt: Measure | None) -> str | None:
    """Why a saving is not told yet, and what that takes; ``None`` where enough is known of it.

    It takes three measured rounds of each arm, each with a model of other labels than the one
    before, and an interval that is not as wide as from half as many labels to twice as many.

    Args:
        found: Both arms' curves.
        doubt: The mean ratio with its interval; ``None`` where too few samples know it.
    """
    fewest = min(len({it.labels for it in arm}) for arm in (found.active, found.control))
    if fewest < LEAST_ROUNDS:
        why = f"that takes {LEAST_ROUNDS} measured rounds of each arm, and so far there "
        why += "is 1" if fewest == 1 else f"are {fewest}"
    elif doubt is None:
        why = "the audit cannot tell it from chance; more rounds or a larger audit would"
    elif is_undecided(doubt):
        why = (
            f"by an audit of {doubt.count} it may take {percent(1 - doubt.low, 0)} fewer labels or "
            f"{percent(doubt.high - 1, 0)} more; more rounds or a larger audit would tell"
        )
    else:
        return None
    return f"Too early to say what this saves over random: {why}."


def sentence(
    found: Curve, labeled: int, saved: SavingMeasure | None = None, *, missing: str = ""
) -> str:
    """The state of the project in plain words.

    Args:
        found: Both arms' curves.
        labeled: Labels of the active arm; its newest model may have learned fewer.
        saved: What all models of both arms say of one audit set; ``None`` where nobody knows yet.
        missing: Which members of the audit set measure nothing, and why, after a semicolon.
    """
    if not found.active:
        return f"{counted(labeled, 'label')}. No model has been measured on the audit set yet."
    last = found.active[-1]
    name = "" if found.measure == "accuracy" else f"{called(found.measure)} "
    learned = f"{counted(last.labels, 'label')}."
    if last.labels < labeled:
        learned = f"The model learned {last.labels:,} of {counted(labeled, 'label')}."
    words = [
        learned,
        f"{name}{last.accuracy}, audit of {last.accuracy.count}{missing}.",
    ]
    if name and found.control:
        control = found.control[-1]
        words.append(
            f"The random control: {control.accuracy} with {counted(control.labels, 'label')}."
        )
    if compares(found):
        early = too_early(found, saved.ratio if saved else None)
        words.append(early or (_saved(saved, found) if saved else ""))
    return " ".join(words)


def labels_until(labels: float, points: Sequence[CurvePoint]) -> str:
    """Labels that an arm took for a quality: "310", or "at most 50" where its first model had it.

    What fewer labels would have reached has not been measured then.
    """
    return f"{'at most ' if labels <= _first(points) else ''}{labels:.0f}"


def saved_at_least(saved: Saving | SavingMeasure, found: Curve) -> str:
    """What stands before the share of labels saved: see ``at_least``."""
    return at_least(
        saved.active_labels,
        saved.control_labels,
        first_active=_first(found.active),
        first_control=_first(found.control),
    )


def _first(points: Sequence[CurvePoint]) -> int:
    return min(point.labels for point in points)


def _saved(saved: SavingMeasure, found: Curve) -> str:
    ratio = saved.ratio.value
    bound = saved_at_least(saved, found)
    # Who saved at least so much less than nothing needed at most so many labels more.
    bound = bound if ratio <= 1 else OPPOSITE[bound]
    return (
        f"For {percent(saved.accuracy)} active rounds took "
        f"{labels_until(saved.active_labels, found.active)} labels, random "
        f"{labels_until(saved.control_labels, found.control)}; "
        f"over the whole curve {bound}{percent(abs(1 - ratio), 0)} "
        f"{'fewer' if ratio <= 1 else 'more'} labels{_within(saved.ratio)}."
    )


def _within(doubt: Measure) -> str:
    less, more = (percent(abs(1 - ratio), 0) for ratio in (doubt.low, doubt.high))
    if doubt.low > 1:
        return f" (95 % interval {less} to {more} more)"
    if doubt.high > 1:
        return f" (95 % interval {more} more to {less} fewer)"
    return f" (95 % interval {more} to {less} fewer)"
