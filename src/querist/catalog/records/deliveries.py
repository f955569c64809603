"""Deliveries: tasks that are out with a workforce, from the booking to the answer or the way back.

While a delivery is in flight its task is held in the workforce's name, so that nobody else gets
it; when its round closes, or its time is over, the task goes the way of every other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.label_queries import version_of
from querist.catalog.records.label_rows import value_of
from querist.catalog.records.ledger import Booking, book
from querist.catalog.records.tables import annotators, tasks
from querist.catalog.records.task_serving import give_back, one_by_one, take_beside, take_free
from querist.catalog.records.workforce_tables import IN_FLIGHT_ASSETS, deliveries
from querist.schema import (
    IN_FLIGHT,
    SIBLING,
    Delivery,
    DeliveryState,
    Question,
    Task,
    TaskState,
    Value,
    new_id,
    to_json,
)

# Inside the class `list` is a method.
_Deliveries = list[Delivery]
_FLYING = deliveries.c.state.in_([state.value for state in IN_FLIGHT])
_MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How a delivery was answered: by whom, by which answer of the tool, when by its clock."""

    person: str
    answer_id: str
    answered_at: datetime
    reason: str | None = None


class DeliveryLog:
    """What is out with whom, what came of it, and when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def book(
        self,
        workforce: str,
        *,
        count: int,
        seconds: float,
        place: str,
        ontology_version: int,
        opinions: int = 1,
        shared_place: str = "",
    ) -> _Deliveries:
        """Reserve the next tasks for a workforce, most wanted first.

        Args:
            workforce: For whom.
            count: At most so many assets.
            seconds: How long they are out at most.
            place: Where the tool will have them.
            ontology_version: The classes they are asked under.
            opinions: So many of each asset that waits for so many; of the others one.
            shared_place: Where the tool will have what it asks of several.
        """
        now = self._database.now()
        until = now + timedelta(seconds=seconds)
        with self._database.write() as connection:
            one_by_one(connection, workforce)
            known = sa.select(annotators.c.skills).where(annotators.c.name == workforce)
            skills = connection.execute(known).scalar() or ()
            taken = take_free(
                connection, workforce, count=count, until=until, now=now, skills=skills
            )
            holders = [f"{workforce}{SIBLING}{number}" for number in range(2, opinions + 1)]
            more = take_beside(connection, taken, holders, until)
            sent = _Sending(workforce, place, shared_place, ontology_version, now, until)
            return _insert(connection, sent, taken, more)

    def book_gold(self, beside: Delivery, asked: Sequence[Task]) -> _Deliveries:
        """Book gold questions that are held by the workforce already, as ``beside`` was booked."""
        with self._database.write() as connection:
            sent = _Sending(
                beside.workforce,
                beside.place,
                beside.place,
                beside.ontology_version,
                beside.sent_at,
                beside.expires_at,
            )
            return _insert(connection, sent, asked, {})

    def suggest(self, prelabels: Mapping[str, Value], model_id: str) -> None:
        """Keep what a model suggests with deliveries, by their keys."""
        with self._database.write() as connection:
            for key, value in prelabels.items():
                update = sa.update(deliveries).where(deliveries.c.key == key)
                connection.execute(update.values(prelabel=to_json(value), model_id=model_id))

    def confirm(self, keys: Sequence[str]) -> None:
        """Say that the tool has acknowledged them."""
        booked = deliveries.c.state == DeliveryState.BOOKED.value
        with self._database.write() as connection:
            for start in range(0, len(keys), _MANY):
                these = deliveries.c.key.in_(keys[start : start + _MANY])
                sent = sa.update(deliveries).where(these, booked)
                connection.execute(sent.values(state=DeliveryState.SENT.value))

    def hand_over(self, delivery: Delivery, person: str) -> None:
        """Let the person who answered hold the task that was held in the workforce's name.

        Raises:
            ConflictError: they have said something about the asset in that round already.
        """
        theirs = (
            tasks.c.id == delivery.task_id,
            tasks.c.annotator == delivery.holder,
            tasks.c.state.in_([TaskState.LEASED.value, TaskState.RETURNED.value]),
        )
        with self._database.write(durable=False) as connection:
            connection.execute(sa.update(tasks).where(*theirs).values(annotator=person))

    def answer(self, key: str, answered: Answered, *, bookings: Sequence[Booking]) -> None:
        """Store how a delivery was answered; the first time ends it and books what it cost."""
        now = self._database.now()
        values = {
            "state": (
                DeliveryState.ANSWERED if answered.reason is None else DeliveryState.REFUSED
            ).value,
            "person": answered.person,
            "answer_id": answered.answer_id,
            "answered_at": answered.answered_at,
            "reason": answered.reason,
        }
        which = sa.update(deliveries).where(deliveries.c.key == key)
        with self._database.write() as connection:
            first = which.where(deliveries.c.answer_id.is_(None))
            found = connection.execute(first.values(values).returning(deliveries.c.seq)).first()
            if found is not None:
                book(connection, bookings, now)
            row = connection.execute(which.values(values).returning(*deliveries.c)).one()
            if answered.reason is not None:
                # Others may answer what this answer could not.
                for name in (_delivery(row).holder, answered.person):
                    give_back(connection, row.task_id, name)
            connection.execute(which.where(deliveries.c.ended_at.is_(None)).values(ended_at=now))

    def withdraw(self, keys: Sequence[str]) -> int:
        """End deliveries that are in flight, and give their tasks back; returns how many."""
        return self._end(deliveries.c.key.in_(list(keys)), DeliveryState.WITHDRAWN)

    def expire(self) -> int:
        """End the deliveries whose time is over, and give their tasks back; returns how many."""
        return self._end(deliveries.c.expires_at <= self._database.now(), DeliveryState.EXPIRED)

    def list(
        self,
        *,
        workforce: str | None = None,
        state: DeliveryState | None = None,
        keys: Sequence[str] | None = None,
    ) -> _Deliveries:
        """Deliveries in the order of sending; filters narrow it."""
        query = sa.select(deliveries).order_by(deliveries.c.seq)
        if workforce is not None:
            query = query.where(deliveries.c.workforce == workforce)
        if state is not None:
            query = query.where(deliveries.c.state == state.value)
        if keys is not None:
            query = query.where(deliveries.c.key.in_(list(keys)))
        with self._database.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

    def shown(self, workforce: str, key: str) -> str | None:
        """The asset that an item shows, also once it was answered: answers may be corrected.

        ``None`` where there is no such item, its time is over, or it was withdrawn.
        """
        query = sa.select(deliveries.c.asset_id).where(
            deliveries.c.workforce == workforce,
            deliveries.c.key == key,
            deliveries.c.expires_at > self._database.now(),
            deliveries.c.state != DeliveryState.WITHDRAWN.value,
        )
        with self._database.read() as connection:
            return connection.scalars(query).one_or_none()

    def places(self, workforce: str) -> set[str]:
        """Every place of its tool that something was put in."""
        query = sa.select(deliveries.c.place).where(deliveries.c.workforce == workforce).distinct()
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def in_flight(self) -> set[str]:
        """The assets that are out now; gold questions are no business of others."""
        with self._database.read() as connection:
            return set(connection.scalars(IN_FLIGHT_ASSETS))

    def _end(self, which: sa.ColumnElement[bool], state: DeliveryState) -> int:
        with self._database.write() as connection:
            end = sa.update(deliveries).where(which, _FLYING)
            values = {"state": state.value, "ended_at": self._database.now()}
            rows = connection.execute(end.values(values).returning(*deliveries.c)).all()
            for ended in map(_delivery, rows):
                give_back(connection, ended.task_id, ended.holder)
            return len(rows)


class _Sending(NamedTuple):
    """What the deliveries of one sending have in common."""

    workforce: str
    place: str
    shared_place: str
    ontology_version: int
    sent_at: datetime
    expires_at: datetime

    def row(self, key: str, task: Task, version: int, *, shared: bool) -> dict[str, Any]:
        """One of them; ``shared`` is asked of several people under one key of the tool."""
        return {
            "key": key,
            "workforce": self.workforce,
            "task_id": task.id,
            "asset_id": task.asset_id,
            "round": task.round,
            "question": task.kind.value,
            "place": self.shared_place if shared else self.place,
            "ontology_version": self.ontology_version,
            "version": version,
            "state": DeliveryState.BOOKED.value,
            "sent_at": self.sent_at,
            "expires_at": self.expires_at,
        }


def _insert(
    connection: sa.Connection,
    sent: _Sending,
    taken: Sequence[Task],
    more: Mapping[int, Sequence[Task]],
) -> _Deliveries:
    rows = []
    for task in taken:
        key, others = new_id("item"), more.get(task.id, ())
        version = version_of(connection, task.asset_id)
        rows.append(sent.row(key, task, version, shared=bool(others)))
        rows += [
            sent.row(f"{key}{SIBLING}{number}", other, version, shared=True)
            for number, other in enumerate(others, start=2)
        ]
    if not rows:
        return []
    connection.execute(sa.insert(deliveries), rows)
    keys = [row["key"] for row in rows]
    made = [
        _delivery(row)
        for start in range(0, len(keys), _MANY)
        for row in connection.execute(
            sa.select(deliveries).where(deliveries.c.key.in_(keys[start : start + _MANY]))
        )
    ]
    return sorted(made, key=lambda it: it.seq)


def _delivery(row: sa.Row[Any]) -> Delivery:
    body = {it: getattr(row, it) for it in Delivery.__dataclass_fields__}
    body["question"], body["state"] = Question(row.question), DeliveryState(row.state)
    return Delivery(**{**body, "prelabel": value_of(row.prelabel, None)})
