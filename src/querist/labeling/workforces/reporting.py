"""What a workforce has done: how much, how fast, for how much money, and how right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from querist.catalog import Catalog
from querist.labeling.agreement import agreement
from querist.labeling.reports import work_reports
from querist.metrics import wilson
from querist.schema import IN_FLIGHT, Delivery, DeliveryState, Estimate, Workforce

HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkforceReport:
    """What is known about the work of a workforce.

    Attributes:
        workforce: Who.
        sent: Tasks that were ever sent, gold questions included.
        in_flight: Of them, those that are out now.
        answered: Those that were answered and stored.
        refused: Those whose answer could not be stored.
        returned: Those that came back without an answer: withdrawn, or too late.
        people: How many have answered.
        money: What the answers cost, in the project's currency.
        money_per_label: The same for each that was stored; lower is better.
        hours: Median hours from sending to the answer; lower is better.
        slowest_hours: Nine of ten were faster than this.
        seconds: Median working time of an answer.
        agreement: Of labels that others here gave or reviewed too, the share that holds.
        gold_accuracy: Of gold questions, the share that was right.
    """

    workforce: Workforce
    sent: int
    in_flight: int
    answered: int
    refused: int
    returned: int
    people: int
    money: float
    money_per_label: float | None
    hours: float | None
    slowest_hours: float | None
    seconds: float | None
    agreement: Estimate | None
    gold_accuracy: Estimate | None


def report_on(catalog: Catalog, workforce: Workforce) -> WorkforceReport:
    """Look at all deliveries, the ledger, and the labels of its people."""
    sent = catalog.records.deliveries.list(workforce=workforce.name)
    states = Counter(it.state for it in sent)
    answered = states[DeliveryState.ANSWERED]
    people = {it.person for it in sent if it.person is not None}
    money, seconds = _spent(catalog, sent)
    waited = [
        (it.ended_at - it.sent_at).total_seconds() / HOUR
        for it in sent
        if it.ended_at is not None and it.state is DeliveryState.ANSWERED
    ]
    return WorkforceReport(
        workforce=workforce,
        sent=len(sent),
        in_flight=sum(states[it] for it in IN_FLIGHT),
        answered=answered,
        refused=states[DeliveryState.REFUSED],
        returned=states[DeliveryState.WITHDRAWN] + states[DeliveryState.EXPIRED],
        people=len(people),
        money=money,
        money_per_label=money / answered if answered else None,
        hours=median(waited) if waited else None,
        slowest_hours=quantiles(waited, n=10)[-1] if len(waited) > 1 else None,
        seconds=median(seconds) if seconds else None,
        agreement=_agreement(catalog, people),
        gold_accuracy=_gold(catalog, people),
    )


def _spent(catalog: Catalog, sent: Sequence[Delivery]) -> tuple[float, list[float]]:
    """Money and single working times, from the ledger: submissions begin with their delivery."""
    keys = {it.key for it in sent}
    money, seconds = 0.0, list[float]()
    for row in catalog.records.ledger.list() if keys else ():
        submission = str(row["detail"].get("submission_id", ""))
        if submission.partition(".")[0] in keys:
            if row["unit"] == "money":
                money += row["quantity"]
            elif row["unit"] == "seconds":
                seconds.append(row["quantity"])
    return money, seconds


def _agreement(catalog: Catalog, people: Collection[str]) -> Estimate | None:
    if not people:
        return None
    found = [it.agreement for it in work_reports(catalog) if it.name in people]
    known = [it for it in found if it is not None]
    return _estimate(sum(round(it.value * it.count) for it in known), sum(it.count for it in known))


def _gold(catalog: Catalog, people: Collection[str]) -> Estimate | None:
    if not people:
        return None
    found = [it for it in agreement(catalog).annotators if it.annotator in people]
    right = sum(round((it.gold_accuracy or 0.0) * it.gold_answers) for it in found)
    return _estimate(right, sum(it.gold_answers for it in found))


def _estimate(right: int, count: int) -> Estimate | None:
    if not count:
        return None
    low, high = wilson(right, count)
    return Estimate(value=right / count, low=low, high=high, count=count)
