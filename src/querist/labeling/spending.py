"""What labelling costs, booked in the ledger: labels, seconds of work, money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from querist.catalog import Catalog
from querist.schema import Action, Annotation, Arm

KIND = "label"
Unit = Literal["labels", "seconds", "money"]


def book(catalog: Catalog, entry: Annotation, arms: tuple[Arm, ...], *, labels: int) -> None:
    """Book what ``entry`` cost.

    Args:
        catalog: Where the ledger is.
        entry: The entry of the label log.
        arms: The arms that asked for it.
        labels: 1 for a label, 0 for a decision that gives none, -1 for a label taken back: labels
            spent are labels that hold, while the time is spent for good.
    """
    arm = arms[0] if len(arms) == 1 else None
    detail = {"submission_id": entry.submission_id, "arms": [arm.value for arm in arms]}
    for unit, quantity in _costs(catalog, entry, labels).items():
        catalog.records.ledger.add(
            kind=KIND, arm=arm, round=entry.round, quantity=quantity, unit=unit, detail=detail
        )


def book_many(catalog: Catalog, entries: Sequence[Annotation]) -> None:
    """Book labels that cost nobody time, one line a round."""
    for number, count in Counter(entry.round for entry in entries).items():
        detail = {"annotator": entries[0].annotator, "origin": entries[0].origin.value}
        catalog.records.ledger.add(
            kind=KIND, round=number, quantity=count, unit="labels", detail=detail
        )


def is_booked(catalog: Catalog, entry: Annotation) -> bool:
    """Whether the ledger holds what ``entry`` cost."""
    return any(
        row["detail"].get("submission_id") == entry.submission_id
        for row in catalog.records.ledger.list(entry.round)
    )


def labels_of(action: Action) -> int:
    """How many labels a decision spends."""
    return 1 if action is Action.LABEL else 0


def _costs(catalog: Catalog, entry: Annotation, labels: int) -> dict[Unit, float]:
    costs: dict[Unit, float] = {"labels": labels} if labels else {}
    if entry.seconds:
        costs["seconds"] = entry.seconds
        hourly = catalog.records.annotators.get(entry.annotator).hourly_cost
        if hourly is None:
            hourly = catalog.settings.policy.hourly_cost
        if hourly is not None:
            costs["money"] = entry.seconds / 3600 * hourly
    return costs
