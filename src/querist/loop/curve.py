"""The learning curve of the active arm against the random control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from querist.loop.budget import BudgetState
from querist.metrics import labels_to_reach
from querist.schema import Arm, Estimate, Round, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One round of one arm.

    Attributes:
        round: The round.
        labels: Labels that trained the arm's model.
        accuracy: On the audit set, with its 95 % interval.
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
    """Both arms' points in order of rounds."""

    active: tuple[CurvePoint, ...]
    control: tuple[CurvePoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What the active arm saved at the best accuracy both arms have reached.

    Attributes:
        accuracy: That accuracy.
        active_labels: Labels the active arm needed for it.
        control_labels: Labels the random control needed for it.
    """

    accuracy: float
    active_labels: float
    control_labels: float

    @property
    def ratio(self) -> float:
        """Active labels for each control label; below one is a saving."""
        return self.active_labels / self.control_labels


def curve(rounds: Sequence[Round], budgets: Sequence[BudgetState]) -> Curve:
    """The curve from the rounds' evaluations."""
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

    return Curve(active=points(Arm.ACTIVE), control=points(Arm.CONTROL))


def _share(labels: int, spent: dict[str, float], unit: str) -> float | None:
    if not spent.get(unit) or not spent.get("labels"):
        return None
    return labels * spent[unit] / spent["labels"]


def saving(found: Curve) -> Saving | None:
    """The saving at the best accuracy that both arms reached.

    Returns:
        ``None`` without both curves, and where the active arm was better than that from its first
        round on with more labels than the control has had: then nobody knows yet.
    """
    if not found.active or not found.control:
        return None
    target = min(
        max(point.accuracy.value for point in points) for points in (found.active, found.control)
    )
    active, control = (
        labels_to_reach(
            [point.labels for point in points], [point.accuracy.value for point in points], target
        )
        for points in (found.active, found.control)
    )
    if active is None or control is None:
        return None
    first = found.active[0]
    if first.accuracy.value > target and first.labels >= control:
        return None
    return Saving(accuracy=target, active_labels=active, control_labels=control)


def sentence(found: Curve, labeled: int) -> str:
    """The state of the project in plain words."""
    if not found.active:
        return f"{labeled} labels. No model has been measured on the audit set yet."
    last = found.active[-1]
    words = [
        f"{last.labels} labels.",
        f"{last.accuracy}, audit of {last.accuracy.count}.",
    ]
    saved = saving(found)
    if saved is not None:
        words.append(
            f"For {percent(saved.accuracy)} active rounds took {saved.active_labels:.0f} labels, "
            f"random {saved.control_labels:.0f}."
        )
    return " ".join(words)
