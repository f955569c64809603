"""Takes answers in: each once, in the name of who gave it, whatever way and how often it comes."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

from querist.catalog import Catalog
from querist.catalog.records import Answered
from querist.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from querist.labeling import spending
from querist.labeling.labels import Labels
from querist.labeling.workforces.base import Connector, Replies, Reply
from querist.labeling.workforces.sending import MOST_OPINIONS
from querist.schema import (
    IN_FLIGHT,
    MOST_SECONDS,
    SIBLING,
    Annotation,
    Delivery,
    DeliveryState,
    Question,
    Role,
    Value,
    Workforce,
)

MOST_PROBLEMS = 100
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._@+-]+")
_REFUSALS = (ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of looking at answers.

    Attributes:
        labels: Answers that are stored now: labels, opinions, gold answers, and skips.
        corrections: Of them, those that replace an earlier one of the same person.
        known: Answers that were stored before.
        surplus: Answers of others to what was answered already: left where they are.
        refused: Answers that could not be stored; ``problems`` says why.
        problems: Sentences, at most 100.
    """

    labels: int = 0
    corrections: int = 0
    known: int = 0
    surplus: int = 0
    refused: int = 0
    problems: Sequence[str] = field(default=())


def take_in(
    catalog: Catalog, workforce: Workforce, connector: Connector, found: Replies
) -> Collected:
    """Store what is new in ``found``; once more does nothing."""
    sound = [it for it in found.replies if _is_sound(it)]
    replies = sorted(sound, key=lambda it: (it.at, it.answer_id))
    keys = sorted({it.key for it in replies})
    known = {
        it.key: it
        for start in range(0, len(keys), 500)
        for it in catalog.records.deliveries.list(
            workforce=workforce.name, keys=keys[start : start + 500]
        )
    }
    intake = _Intake(catalog, workforce, connector)
    beside = _Beside(catalog, known)
    counts: Counter[str] = Counter()
    problems = [*found.problems, *map(_odd, (it for it in found.replies if not _is_sound(it)))]
    for reply in replies:
        delivery = known.get(reply.key)
        if delivery is None:
            problems.append(f"{workforce.name} answers {reply.key!r}, which was not sent to it.")
            continue
        delivery = beside.of(delivery, reply)
        outcome, reason = intake.take(delivery, reply)
        counts[outcome] += 1
        if reason is not None:
            problems.append(f"{delivery.asset_id}: {reason}")
        if outcome in ("labels", "corrections", "refused"):
            (fresh,) = catalog.records.deliveries.list(keys=[delivery.key])
            known[delivery.key] = fresh
    return Collected(
        labels=counts["labels"] + counts["corrections"],
        corrections=counts["corrections"],
        known=counts["known"],
        surplus=counts["surplus"],
        refused=counts["refused"],
        problems=tuple(problems[:MOST_PROBLEMS]),
    )


def name_of(workforce: str, person: str) -> str:
    """The annotator that somebody of a workforce is here; two people never share one."""
    plain = _NOT_IN_A_NAME.sub("-", person.strip())
    name = f"{workforce}.{plain}"
    if plain == person and len(name) <= 64:
        return name
    return f"{name[:55]}-{hashlib.sha256(person.encode()).hexdigest()[:8]}"


def _is_sound(reply: Reply) -> bool:
    """Whether the records can hold it: they store texts of UTF-8 without NUL, and times of UTC."""
    try:
        reply.at.astimezone(UTC)
        texts = "".join((reply.key, reply.answer_id, reply.person))
        texts.encode()
    except (OverflowError, UnicodeEncodeError):
        return False
    return "\0" not in texts


def _odd(reply: Reply) -> str:
    return f"The answer to {reply.key!r} has a text or a time that cannot be stored."


class _Beside:
    """Finds which of several opinions on one item an answer is; each person gives one."""

    def __init__(self, catalog: Catalog, known: dict[str, Delivery]) -> None:
        self._log = catalog.records.deliveries
        self._known = known
        self._looked: set[str] = set()

    def of(self, lead: Delivery, reply: Reply) -> Delivery:
        """The delivery that the answer ended, or one that waits; else that of the item itself."""
        person = name_of(lead.workforce, reply.person)
        if lead.answer_id in (None, reply.answer_id) or lead.person == person:
            return lead
        group = self._others(lead)
        for delivery in group:
            if delivery.answer_id == reply.answer_id or delivery.person == person:
                return delivery
        waiting = [it for it in group if it.state in IN_FLIGHT]
        return waiting[0] if waiting else lead

    def _others(self, lead: Delivery) -> list[Delivery]:
        keys = [f"{lead.key}{SIBLING}{number}" for number in range(2, MOST_OPINIONS + 1)]
        if lead.key not in self._looked:
            self._looked.add(lead.key)
            self._known.update({it.key: it for it in self._log.list(keys=keys)})
        return [self._known[key] for key in keys if key in self._known]


class _Intake:
    """Stores single answers."""

    def __init__(self, catalog: Catalog, workforce: Workforce, connector: Connector) -> None:
        self._catalog = catalog
        self._workforce = workforce
        self._connector = connector
        self._labels = Labels(catalog)
        self._reading = catalog.records.ontologies.reading()
        versions = catalog.records.ontologies.versions()
        self._ontologies = {it.ontology.version: it.ontology for it in versions}

    def take(self, delivery: Delivery, reply: Reply) -> tuple[str, str | None]:
        """What became of the answer, and why it could not be stored."""
        person = name_of(self._workforce.name, reply.person)
        correction = delivery.answer_id is not None
        if correction:
            if reply.answer_id != delivery.answer_id and person != delivery.person:
                return "surplus", None
            if delivery.answered_at is not None and reply.at <= delivery.answered_at:
                return "known", None
        try:
            changed = self._store(delivery, reply, person)
            reason = None
        except _REFUSALS as problem:
            changed, reason = False, problem.message
        self._end(delivery, reply, person, reason)
        if reason is not None:
            return "refused", reason
        if correction and not changed:
            return "known", None
        again = correction and delivery.state is DeliveryState.ANSWERED
        return ("corrections" if again else "labels"), None

    def _store(self, delivery: Delivery, reply: Reply, person: str) -> bool:
        """Store the answer as a decision of the person; whether it says something new."""
        self._catalog.records.annotators.ensure(
            person, Role.ANNOTATOR, hourly_cost=self._hourly_cost()
        )
        value = None if reply.skipped else self._value(delivery, reply)
        version, before = self._expected(delivery, person)
        if before is not None and before.value == value and not reply.skipped:
            return False
        if delivery.question is not Question.LABEL:
            self._catalog.records.deliveries.hand_over(delivery, person)
        # A page that was left open for days tells no working time, but its answer counts.
        seconds = reply.seconds if (reply.seconds or 0) <= MOST_SECONDS else None
        mark = hashlib.sha256(f"{reply.answer_id}\0{reply.at.isoformat()}".encode()).hexdigest()
        submission = f"{delivery.key}.{mark[:16]}"
        if value is None:
            self._labels.skip(
                delivery.asset_id,
                annotator=person,
                reason=f"skipped at {self._workforce.name}",
                expected_version=version,
                seconds=seconds,
                submission_id=submission,
                task_id=delivery.task_id,
            )
            return True
        self._labels.submit(
            delivery.asset_id,
            value,
            annotator=person,
            expected_version=version,
            seconds=seconds,
            submission_id=submission,
            task_id=delivery.task_id,
            prelabel=delivery.prelabel,
            model_id=delivery.model_id,
        )
        return True

    def _value(self, delivery: Delivery, reply: Reply) -> Value:
        asset = self._catalog.assets.get(delivery.asset_id)
        asked = self._ontologies[delivery.ontology_version]
        value = self._connector.read(reply, asset, asked)
        now = self._reading.value(value, delivery.ontology_version)
        if now is None:
            raise InvalidInputError(
                "The class of the answer was split or retired since it was asked.",
                remedy="Ask for it again.",
            )
        return now

    def _expected(self, delivery: Delivery, person: str) -> tuple[int | None, Annotation | None]:
        """The version that the answer is laid on, and the person's own answer that it replaces."""
        if delivery.question is not Question.LABEL:
            said = self._catalog.records.opinions.last(delivery.asset_id, person)
            return None, said.as_annotation() if said and delivery.answer_id else None
        held = self._catalog.records.labels.current(delivery.asset_id)
        if held is not None and delivery.answer_id is not None and held.annotator == person:
            return held.version, held
        # What somebody here has said since then is never replaced by what was asked before.
        return delivery.version, None

    def _end(self, delivery: Delivery, reply: Reply, person: str, reason: str | None) -> None:
        answered = Answered(
            person=person, answer_id=reply.answer_id, answered_at=reply.at, reason=reason
        )
        price = self._workforce.price
        bookings = [] if not price else [spending.of_answer(delivery, price, self._arms(delivery))]
        self._catalog.records.deliveries.answer(delivery.key, answered, bookings=bookings)

    def _arms(self, delivery: Delivery) -> spending.Arms:
        return self._catalog.records.tasks.get(delivery.task_id).arms

    def _hourly_cost(self) -> float | None:
        if self._workforce.hourly_cost is None and self._workforce.price is not None:
            return 0.0  # paid by answer: the hours cost nothing more
        return self._workforce.hourly_cost
