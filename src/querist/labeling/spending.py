"""What labelling costs, as rows of the ledger: labels, seconds of work, money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from querist.catalog import Catalog
from querist.catalog.records import Booking
from querist.schema import Action, Annotation, Annotator, Arm, Delivery, Opinion, Origin, Task

KIND = "label"
Arms = tuple[Arm, ...]
Unit = Literal["labels", "seconds", "money"]


def of_decision(
    *,
    submission_id: str,
    action: Action,
    round: int | None,
    arms: Arms,
    seconds: float | None,
    hourly_cost: float | None,
) -> list[Booking]:
    """What a decision costs: one label if it gives one, the time, and what the time costs.

    Args:
        submission_id: The submission of the decision.
        action: Label, skip or cannot_tell.
        round: The round that asked.
        arms: The arms that asked.
        seconds: Working time.
        hourly_cost: Of the annotator, ``None`` if not known.
    """
    found = [_booking("labels", 1, submission_id, round, arms)] if action is Action.LABEL else []
    if seconds:
        found.append(_booking("seconds", seconds, submission_id, round, arms))
        if hourly_cost is not None:
            money = seconds / 3600 * hourly_cost
            found.append(_booking("money", money, submission_id, round, arms))
    return found


def of_opinion(
    submission_id: str,
    action: Action,
    before: Opinion | None,
    *,
    gold: bool,
    task: Task,
    seconds: float | None,
    hourly_cost: float | None,
) -> list[Booking]:
    """What an opinion costs: as a label does, but one label a person and asset.

    Args:
        submission_id: The submission of the opinion.
        action: Label, skip or cannot_tell.
        before: The annotator's opinion that it replaces.
        gold: Whether it answers a gold question, which brings no label: only its time counts.
        task: The task that asked.
        seconds: Working time.
        hourly_cost: Of the annotator, ``None`` if not known.
    """
    replaces = before is not None and before.action is Action.LABEL
    found = of_decision(
        submission_id=submission_id,
        action=action,
        round=task.round,
        arms=task.arms,
        seconds=seconds,
        hourly_cost=hourly_cost,
    )
    return [it for it in found if it.unit != "labels" or not (gold or replaces)]


def hourly_cost(catalog: Catalog, annotator: Annotator) -> float | None:
    """What an hour of the annotator costs: their own rate, else the project's."""
    own = annotator.hourly_cost
    return catalog.settings.policy.hourly_cost if own is None else own


def of_undo(undone: Annotation, *, submission_id: str, arms: Mapping[int, Arms]) -> list[Booking]:
    """What an undo gives back: labels spent are labels that hold, while time is spent for good.

    Args:
        undone: The decision that is taken back.
        submission_id: The submission of the undo.
        arms: The arms that asked for the asset, by round.
    """
    if undone.action is not Action.LABEL or undone.origin is Origin.IMPORT:
        return []
    asked = () if undone.round is None else arms.get(undone.round, ())
    return [_booking("labels", -1, submission_id, undone.round, asked)]


def of_answer(delivery: Delivery, price: float, arms: Arms) -> Booking:
    """What an answer of a workforce costs that is paid by answer, whatever becomes of it."""
    return Booking(
        kind=KIND,
        quantity=price,
        unit="money",
        arm=arms[0] if len(arms) == 1 else None,
        round=delivery.round,
        detail={
            "submission_id": delivery.key,
            "workforce": delivery.workforce,
            "arms": [arm.value for arm in arms],
        },
    )


def of_known_labels(entries: Sequence[Annotation]) -> list[Booking]:
    """What labels cost that took nobody's time, one row a round; skips are free."""
    labels = [entry for entry in entries if entry.action is Action.LABEL]
    return [
        Booking(
            kind=KIND,
            round=number,
            quantity=count,
            unit="labels",
            detail={"annotator": labels[0].annotator, "origin": labels[0].origin.value},
        )
        for number, count in Counter(entry.round for entry in labels).items()
    ]


def _booking(
    unit: Unit, quantity: float, submission_id: str, number: int | None, arms: Arms
) -> Booking:
    return Booking(
        kind=KIND,
        quantity=quantity,
        unit=unit,
        arm=arms[0] if len(arms) == 1 else None,
        round=number,
        detail={"submission_id": submission_id, "arms": [arm.value for arm in arms]},
    )
