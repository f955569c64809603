"""Budgets in labels, seconds and money, what of them is spent, and what a label costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from querist.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """One budget: its unit, what is spent, and the limit (``None``: no limit)."""

    unit: str
    spent: float
    limit: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCost:
    """What the label of one asset has cost on average; ``None`` where nothing is known of it.

    All that was spent counts: every opinion on the asset, skips, gold questions and reviews.

    Attributes:
        seconds: Working time.
        money: What it costs.
    """

    seconds: float | None
    money: float | None


def label_cost(spent: Sequence[BudgetState], assets: int) -> LabelCost:
    """The mean cost where so many ``assets`` hold a label that was given here, not imported."""
    each = {it.unit: it.spent / assets if it.spent and assets else None for it in spent}
    return LabelCost(seconds=each["seconds"], money=each["money"])


def budgets(catalog: Catalog) -> list[BudgetState]:
    """Labels, seconds and money spent on labelling, each with its limit."""
    policy = catalog.settings.policy
    limits = {
        "labels": policy.budget_labels,
        "seconds": policy.budget_seconds,
        "money": policy.budget_money,
    }
    spent = dict.fromkeys(limits, 0.0)
    for row in catalog.records.ledger.totals():
        if row["kind"] == "label":
            spent[row["unit"]] += row["quantity"]
    return [
        BudgetState(unit=unit, spent=spent[unit], limit=limit) for unit, limit in limits.items()
    ]
