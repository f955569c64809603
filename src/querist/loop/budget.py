"""Budgets in labels, seconds and money: what is spent, what a label and what a batch may cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog, PolicySettings
from querist.errors import BudgetSpentError
from querist.loop.snapshot import Snapshot
from querist.schema import Arm, Evaluation
from querist.schema.wording import counted, in_money


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetState:
    """One budget: its unit, what is spent, the limit (``None``: none), of money the currency."""

    unit: str
    spent: float
    limit: float | None
    currency: str | None = None

    @property
    def words(self) -> str:
        """The limit for people, as "150 labels"."""
        assert self.limit is not None
        if self.unit == "labels":
            return counted(round(self.limit), "label")
        if self.unit == "money":
            return in_money(self.limit, self.currency)
        return f"{self.limit:,g} seconds"


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


def given_labels(catalog: Catalog, seen: Snapshot) -> Callable[[Evaluation], int]:
    """How many of the labels that trained an evaluated model were given here, not imported.

    Those are told apart that hold now: one that was imported and corrected since counts as given.
    """
    upto = {model.id: model.label_seq for model in catalog.records.models.list()}
    free = {}
    for arm in (Arm.ACTIVE, Arm.CONTROL):
        rows = seen.training(arm)
        free[arm] = np.sort(seen.decided_at[rows[~seen.paid[rows]]])

    def given(one: Evaluation) -> int:
        last = upto.get(one.model_id, seen.label_seq)
        return max(one.labels - int(np.searchsorted(free[one.arm], last, side="right")), 0)

    return given


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
        BudgetState(unit=unit, spent=spent[unit], limit=limit, currency=policy.currency)
        for unit, limit in limits.items()
    ]


def labels_left(catalog: Catalog) -> int | None:
    """Labels that all budgets still pay for, at their mean cost so far; ``None`` without a limit.

    A budget of seconds or money whose labels have cost none so far limits nothing.
    """
    found = [left for _, left in _left(budgets(catalog))]
    return min(found, default=None)


def check_not_spent(catalog: Catalog) -> None:
    """Refuse to ask for more once a budget pays for no further label.

    Raises:
        BudgetSpentError: it does not.
    """
    for budget, left in _left(budgets(catalog)):
        if left < 1:
            raise _spent(budget, left)


def affordable_batch(catalog: Catalog, policy: PolicySettings, wanted: int, audit: int) -> int:
    """The largest batch, at most ``wanted``, that the budgets still pay for with all it brings.

    Control and audit are labelled beside the batch, the audit at most a batch a round, so all of
    them shrink together. Opinions count one by one.

    Args:
        catalog: The catalog.
        policy: What the round goes by.
        wanted: How many it would ask for, 1 or more.
        audit: Members of the audit set that wait for a label.

    Raises:
        BudgetSpentError: they do not even pay for a batch of one.
    """
    known = _left(budgets(catalog))
    if not known:
        return wanted
    budget, left = min(known, key=lambda it: it[1])
    each = _opinions(policy)

    def asked(size: int) -> int:
        return math.ceil(each * (size + round(size * policy.control_share) + min(size, audit)))

    fitting = (size for size in range(min(wanted, left), 0, -1) if asked(size) <= left)
    size = next(fitting, None)
    if size is None:
        raise _spent(budget, left)
    return size


def _left(found: list[BudgetState]) -> list[tuple[BudgetState, int]]:
    """Each budget that has a limit, and the labels that it still pays for."""
    labels = next(it.spent for it in found if it.unit == "labels")
    told = []
    for it in found:
        if it.limit is None:
            continue
        left = it.limit - it.spent
        each = 1.0 if it.unit == "labels" else it.spent / max(labels, 1)
        if left <= 0:
            told.append((it, 0))
        elif each:
            told.append((it, int(left / each)))
    return told


def _opinions(policy: PolicySettings) -> float:
    """Opinions that an asset is asked on average; of rules by class the one that asks most."""
    rules = [
        1 + (rule["opinions"] - 1) * rule.get("share", 1.0)
        for rule in policy.class_overlap.values()
    ]
    return float(max(1 + (policy.overlap - 1) * policy.overlap_share, *rules, 1.0))


def _spent(budget: BudgetState, left: int) -> BudgetSpentError:
    told = f"The budget of {budget.words} is spent."
    if left:
        told = (
            f"What is left of the budget of {budget.words} pays for {counted(left, 'label')}, "
            "fewer than the smallest batch asks."
        )
    return BudgetSpentError(
        told,
        remedy=f"Raise budget_{budget.unit} under [policy] in querist.toml, or stop here.",
        unit=budget.unit,
        spent=budget.spent,
        limit=budget.limit,
    )
