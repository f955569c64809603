"""The audit: accepted labels are drawn at random and asked of people, who do not see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from querist.catalog import Catalog
from querist.catalog.records import NewTask
from querist.catalog.records.auto_labels import (
    ACCEPTED,
    ASKED,
    AUDITED,
    ROLLED_BACK,
    AutoLabelEvent,
    AutoLabelMember,
)
from querist.errors import NotFoundError
from querist.metrics import confidence_sequence, is_right
from querist.schema import Action, Arm, Origin, TaskState, Value
from querist.schema.wording import counted, percent

_STREAM = 61


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoLabelSet:
    """One accepted set, and what its audit says by now.

    Attributes:
        id: The set.
        accepted: How many labels it had.
        holding: How many of them still hold; an audited one is a person's label from then on, and
            one of a class that was split or retired is none.
        max_error: The promised error rate.
        confidence: Probability with which it was promised.
        upper: Upper bound of the error rate when it was accepted.
        asked: Labels that the audit has drawn.
        answered: How many of them people have answered.
        wrong: How many of those had been wrong.
        low: Lower bound of the error rate by the audit, whenever one looks.
        high: Upper bound likewise.
        broken: Whether the audit breaks the promise: ``low`` is above ``max_error``.
        accepted_at: UTC.
        rolled_back_at: When it was taken back, ``None`` while it stands.
        reason: Why it was taken back.
        sentence: All this in plain words.
    """

    id: str
    accepted: int
    holding: int
    max_error: float
    confidence: float
    upper: float
    asked: int
    answered: int
    wrong: int
    low: float
    high: float
    broken: bool
    accepted_at: datetime
    rolled_back_at: datetime | None
    reason: str | None
    sentence: str


def sets(catalog: Catalog) -> list[AutoLabelSet]:
    """All sets that were accepted, oldest first, with their audits as they stand."""
    events = catalog.records.auto_labels.events()
    if not any(event.event == ACCEPTED for event in events):
        return []
    answers = _answers(catalog, events)
    return [
        _set(catalog, event, [it for it in events if it.set_id == event.set_id], answers)
        for event in events
        if event.event == ACCEPTED
    ]


def find(catalog: Catalog, set_id: str) -> AutoLabelSet:
    """One set; raises NotFoundError."""
    for known in sets(catalog):
        if known.id == set_id:
            return known
    raise NotFoundError(
        f"There is no set {set_id!r}.", remedy="List them: querist autolabel history"
    )


def ask_more(catalog: Catalog, known: AutoLabelSet, count: int) -> Sequence[str]:
    """Ask people about up to ``count`` random labels of a set that were not drawn before."""
    records = catalog.records
    events = [it for it in records.auto_labels.events() if it.set_id == known.id]
    drawn = _assets(events, AUDITED)
    seen = set(drawn)
    left = [it.asset_id for it in records.auto_labels.members(known.id) if it.holds]
    left = [asset_id for asset_id in left if asset_id not in seen]
    seed = [catalog.settings.policy.seed, len(drawn), _STREAM, *known.id.encode()]
    rng = np.random.default_rng(seed)
    chosen = [left[i] for i in rng.choice(len(left), min(count, len(left)), replace=False)]
    if chosen:
        records.auto_labels.ask(AUDITED, known.id, chosen, questions(chosen), {})
    return chosen


def questions(asset_ids: Sequence[str]) -> list[NewTask]:
    """Tasks without a suggestion, as the audit set has none, among the first to be served."""
    return [NewTask(asset_id=asset_id, arms=(Arm.AUDIT,), priority=0.0) for asset_id in asset_ids]


def ask_again(catalog: Catalog) -> int:
    """Open the tasks again that were returned with their round before anybody answered.

    Those of the audits of standing sets, and the newest checks: earlier ones no longer count.
    """
    records = catalog.records
    standing = {it.id for it in sets(catalog) if it.rolled_back_at is None}
    events = records.auto_labels.events()
    newest = next((it.set_id for it in reversed(events) if it.event == ASKED), None)
    lost: dict[str, list[str]] = {}
    for known in events:
        audits = known.event == AUDITED and known.set_id in standing
        if not audits and not (known.event == ASKED and known.set_id == newest):
            continue
        for asset_id in known.facts["assets"]:
            states = {task.state for task in records.tasks.for_asset(asset_id)}
            if states and states <= {TaskState.RETURNED}:
                lost.setdefault(known.set_id, []).append(asset_id)
    for set_id, asset_ids in lost.items():
        records.auto_labels.ask("reopened", set_id, asset_ids, questions(asset_ids), {})
    return sum(map(len, lost.values()))


_Answers = dict[str, Value | None]


def _answers(catalog: Catalog, events: Sequence[AutoLabelEvent]) -> _Answers:
    """What people said last of audited assets, in the classes of now.

    ``None`` where they could not tell, or what they named is no class any more.
    """
    reading = catalog.records.ontologies.reading()
    found: _Answers = {}
    for asset_id in _assets(events, AUDITED):
        entry = catalog.records.labels.current(asset_id)
        # Whoever has taken back an answer has given none.
        if entry is None or entry.origin is Origin.MODEL:
            continue
        if entry.value is not None or entry.action is not Action.UNDO:
            said = entry.value
            found[asset_id] = said and reading.value(said, entry.ontology_version)
    return found


def _set(
    catalog: Catalog, accepted: AutoLabelEvent, events: Sequence[AutoLabelEvent], answers: _Answers
) -> AutoLabelSet:
    members = _standing(catalog, catalog.records.auto_labels.members(accepted.set_id))
    drawn = _assets(events, AUDITED)
    answered = [members[it] for it in drawn if it in members and it in answers]
    wrong = sum(_wrong(catalog, it, answers[it.asset_id]) for it in answered)
    max_error, confidence = accepted.facts["max_error"], accepted.facts["confidence"]
    low, high = _bounds(wrong, len(answered), len(members), confidence)
    back = next((it for it in events if it.event == ROLLED_BACK), None)
    holding = sum(it.holds for it in members.values())
    broken = low > max_error
    return AutoLabelSet(
        id=accepted.set_id,
        accepted=accepted.quantity,
        holding=holding,
        max_error=max_error,
        confidence=confidence,
        upper=accepted.facts["upper"],
        asked=len(drawn),
        answered=len(answered),
        wrong=wrong,
        low=low,
        high=high,
        broken=broken,
        accepted_at=accepted.created_at,
        rolled_back_at=back.created_at if back else None,
        reason=back.facts.get("reason") if back else None,
        sentence=_sentence(holding, wrong, len(answered), (low, high), max_error, back is not None),
    )


def _standing(catalog: Catalog, members: Sequence[AutoLabelMember]) -> dict[str, AutoLabelMember]:
    """The labels that are labels in the classes of now, by asset id.

    A label of a class that was split or retired since is none any more, be it right or wrong.
    """
    reading = catalog.records.ontologies.reading()
    read: dict[tuple[str | None, int], bool] = {}
    found = {}
    for it in members:
        key = (it.name, it.ontology_version)
        if key not in read or it.name is None:
            read[key] = reading.plain or reading.value(it.value, it.ontology_version) is not None
        if read[key]:
            found[it.asset_id] = it
    return found


def _bounds(wrong: int, answered: int, count: int, confidence: float) -> tuple[float, float]:
    """Bounds of the error rate of a set of ``count`` labels, whenever one looks.

    Those of endlessly many labels, and what is certain of these: the audited ones are part of it.
    """
    low, high = confidence_sequence(wrong, answered, confidence)
    if not count:
        return low, high
    return max(low, wrong / count), min(high, (wrong + count - answered) / count)


def _wrong(catalog: Catalog, member: AutoLabelMember, said: Value | None) -> bool:
    """Whether a label was wrong; one that nobody could confirm counts as wrong."""
    then = catalog.records.ontologies.reading().value(member.value, member.ontology_version)
    return said is None or then is None or not is_right(then, said)


def _assets(events: Sequence[AutoLabelEvent], kind: str) -> list[str]:
    return [asset_id for it in events if it.event == kind for asset_id in it.facts["assets"]]


def _sentence(
    holding: int,
    wrong: int,
    answered: int,
    bounds: tuple[float, float],
    max_error: float,
    back: bool,
) -> str:
    told = f"{wrong} of {answered} audited labels were wrong"
    low, high = (percent(end) for end in bounds)
    between = f"the error rate {f'is {low}' if low == high else f'lies between {low} and {high}'}"
    if back:
        return f"Rolled back: {told}."
    if bounds[0] > max_error:
        return f"The promise of {percent(max_error)} is broken: {told}, {between}."
    return (
        f"{counted(holding, 'label stands', 'labels stand')}, {told}, {between}."
        if answered
        else (f"{counted(holding, 'label stands', 'labels stand')}, none is audited yet.")
    )
