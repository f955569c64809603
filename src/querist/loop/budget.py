"""Budgets in labels, seconds and money, and what of them is spent."""

from __future__ import annotations

from dataclasses import dataclass

from querist.catalog import Catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """One budget: its unit, what is spent, and the limit (``None``: no limit)."""

    unit: str
    spent: float
    limit: float | None


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
