"""Where a project stands, in numbers and in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from querist.catalog import Catalog
from querist.loop import snapshot, training
from querist.loop.budget import BudgetState, budgets, label_cost
from querist.loop.compute import Compute, compute
from querist.loop.curve import Curve
from querist.loop.evaluating import curve_of, state
from querist.loop.remeasuring import comparable, speaks_of_now
from querist.schema import Advice, Arm, Estimate, Round, Saving, Step, TaskState
from querist.schema.wording import counted

_LEARNING = (Step.TRAIN, Step.EVALUATE, Step.DIAGNOSE, Step.DECIDE)
CHANGED = "The classes have changed since this round; the next one advises anew."


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a project stands.

    Attributes:
        assets: Assets in the catalog.
        labeled: Assets that hold a label, whatever for.
        trained_on: Labels the active arm trains on.
        audit_labeled: Members of the audit set that hold a label.
        audit_wanted: Members of the audit set.
        rounds: All rounds, oldest first, measured by the classes of now.
        advice: The newest advice; ``None`` before the first, and where the classes have changed
            since in a way that changed the figures it rests on.
        curve: Both arms' learning curves.
        left_out: Rounds that no point of them is of, as their models could not be measured on the
            audit set as it is now.
        saving: What active saved against the control, where enough is known to tell it.
        budgets: Each budget with what is spent.
        ledger: Totals by kind, arm and unit.
        compute: What the machine was used for, beside one training on all assets.
        held_out: Labels that the active arm does not train on: those of the audit set, of the
            control arm alone, and checks of auto-labels.
        open_tasks: Tasks that wait for somebody: those of the current round, and what anybody may
            take up of other rounds, as labels that are asked again since classes changed.
        round_tasks: Of these, tasks of the current round.
        current_round: The round that collects labels, if any.
        sentence: The state and the advice in plain words.
    """

    assets: int
    labeled: int
    trained_on: int
    audit_labeled: int
    audit_wanted: int
    rounds: Sequence[Round]
    advice: Advice | None
    curve: Curve
    left_out: int
    saving: Saving | None
    budgets: Sequence[BudgetState]
    ledger: Sequence[Mapping[str, Any]]
    compute: Compute
    held_out: int
    open_tasks: int
    round_tasks: int
    current_round: int | None
    sentence: str


def status(catalog: Catalog) -> Status:
    """Look at everything once."""
    records = catalog.records
    seen = snapshot.take(catalog)
    stored = records.rounds.list()
    rounds = comparable(catalog, stored)
    spent = budgets(catalog)
    cost = label_cost(spent, int(seen.paid.sum()))
    found = curve_of(catalog, rounds, cost, seen)
    current = rounds[-1].number if rounds and rounds[-1].step is Step.COLLECT else None
    waiting = 0
    if current is not None:
        counts = records.tasks.counts(round=current)
        waiting = counts.get(TaskState.OPEN, 0) + counts.get(TaskState.LEASED, 0)
    earlier = records.tasks.earlier(current)
    advised = next((r for r in reversed(rounds) if r.advice is not None), None)
    advice = advised.advice if advised else None
    told = advice.sentence if advice else ""
    given = len(seen.given(Arm.ACTIVE))
    if advised and not speaks_of_now(catalog, advised) and _figures(rounds) != _figures(stored):
        # Its reasons and what it foretold are of other classes, beside figures of those of now.
        advice = None
        told = f"{state(catalog, replace(found, control=()), given, seen=seen)} {CHANGED}"
    return Status(
        assets=len(seen.ids),
        labeled=int(np.count_nonzero(seen.answered)),
        trained_on=len(seen.training(Arm.ACTIVE)) if training.trains(catalog) else 0,
        audit_labeled=int(np.count_nonzero(seen.answered & seen.measuring)),
        audit_wanted=int(np.count_nonzero(seen.measuring)),
        rounds=rounds,
        advice=advice,
        curve=found,
        left_out=sum(
            bool(before.evaluations) and not now.evaluations
            for before, now in zip(stored, rounds, strict=True)
        ),
        saving=advice.saving if advice else None,
        budgets=spent,
        ledger=records.ledger.totals(),
        compute=compute(catalog),
        held_out=int(np.count_nonzero(seen.labeled)) - len(seen.training(Arm.ACTIVE)),
        open_tasks=waiting + sum(earlier),
        round_tasks=waiting,
        current_round=current,
        sentence=_sentence(len(seen.ids), rounds, told, (current, waiting), earlier)
        or state(catalog, found, given, seen=seen),
    )


def _figures(rounds: Sequence[Round]) -> list[Estimate]:
    return [evaluation.accuracy for it in rounds for evaluation in it.evaluations]


def _sentence(
    assets: int,
    rounds: Sequence[Round],
    told: str,
    collecting: tuple[int | None, int],
    earlier: tuple[int, int],
) -> str:
    """What waits, and what was found; the number of the open round comes with its open tasks."""
    if not assets:
        return "No assets yet. Add a folder of images, a table or texts to begin."
    if not rounds:
        there = counted(assets, "asset")
        return f"{there} and no round yet. Let Querist choose the first ones to label."
    current, waiting = collecting
    again, others = earlier
    words = [f"Round {current} waits for {counted(waiting, 'label')}."] if waiting else []
    if rounds[-1].step in _LEARNING:
        words.append(f"Round {rounds[-1].number} has its labels; its training is not finished.")
    if again:
        words.append(f"{counted(again, 'label is', 'labels are')} asked again.")
    if others:
        words.append(f"Of earlier rounds {counted(others, 'label waits', 'labels wait')}.")
    if told:
        words.append(f"So far: {told}" if waiting else told)
    return " ".join(words)
