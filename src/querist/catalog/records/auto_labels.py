"""Labels that a model gave under a promise: accepted and taken back in one transaction each.

What happened to a set of them is booked in the ledger, which is only added to; the labels
themselves are entries of the label log, with the id of the set as their model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.label_queries import INSERT_MANY, next_seqs, queue_up
from querist.catalog.records.label_rows import Entry
from querist.catalog.records.ledger import Booking, book
from querist.catalog.records.tables import annotation_log, current_annotations, ledger, tasks
from querist.catalog.records.tasks import NewTask, task_rows
from querist.errors import NotFoundError
from querist.schema import AUTO_LABELER, Action, ClassValue, Origin, Value, from_json

KIND = "auto_label"
ASKED, ACCEPTED, AUDITED, ROLLED_BACK = "asked", "accepted", "audited", "rolled_back"
_LATER = annotation_log.alias("later")
_HOLDS = ~sa.exists().where(
    _LATER.c.asset_id == annotation_log.c.asset_id,
    _LATER.c.version > annotation_log.c.version,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoLabelEvent:
    """One thing that happened to a set of auto-labels.

    Attributes:
        event: ``asked``, ``accepted``, ``audited`` or ``rolled_back``.
        set_id: The set, or the proposal whose checks were asked.
        quantity: How many assets.
        facts: What else is known about it.
        created_at: UTC.
    """

    event: str
    set_id: str
    quantity: int
    facts: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoLabelMember:
    """One label of a set, and whether it still holds.

    Attributes:
        asset_id: The asset.
        name: Its class, ``None`` where the label is no single class.
        body: The label as JSON then; ``value`` reads it.
        ontology_version: The ontology it was made under.
        holds: Whether nobody has said anything about the asset since.
    """

    asset_id: str
    name: str | None
    body: Any
    ontology_version: int
    holds: bool

    @property
    def value(self) -> Value:
        """The label."""
        if self.name is not None:
            return ClassValue(name=self.name)
        return from_json(Value, self.body)  # type: ignore[arg-type]  # a union is no class


class AutoLabelLog:
    """Sets of labels that a model gave, and the questions that check them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(self) -> list[AutoLabelEvent]:
        """Everything that happened, oldest first."""
        query = sa.select(ledger).where(ledger.c.kind == KIND).order_by(ledger.c.id)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]

    def members(self, set_id: str) -> list[AutoLabelMember]:
        """The labels of a set in the order in which they were stored."""
        log = annotation_log
        # A class is rebuilt from its name: parsing its JSON would take most of the time of a read.
        body = sa.case((log.c.class_name.is_(None), log.c.value)).label("body")
        query = sa.select(
            log.c.asset_id, log.c.class_name, body, log.c.ontology_version, _HOLDS.label("holds")
        ).where(log.c.model_id == set_id, log.c.action == Action.LABEL.value, _BY_MODEL)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(log.c.seq)).all()
        return [
            AutoLabelMember(
                asset_id=row.asset_id,
                name=row.class_name,
                body=row.body,
                ontology_version=row.ontology_version,
                holds=bool(row.holds),
            )
            for row in rows
        ]

    def ask(
        self,
        event: str,
        set_id: str,
        asset_ids: Sequence[str],
        new: Sequence[NewTask],
        facts: Mapping[str, Any],
    ) -> None:
        """Open tasks in the newest round and note which assets were drawn, in their order.

        Raises:
            NotFoundError: there is no round yet.
        """
        with self._database.write() as connection:
            number = connection.execute(sa.select(sa.func.max(_rounds.c.number))).scalar()
            if number is None:
                raise NotFoundError("No round can ask yet.", remedy="Start one first: querist next")
            rows = [row for task in new for row in task_rows(task, int(number))]
            if rows:
                connection.execute(sa.insert(tasks), rows)
            detail = {**facts, "assets": list(asset_ids), "round": int(number)}
            book(connection, [_booking(event, set_id, len(asset_ids), detail)], self._now())

    def accept(
        self,
        set_id: str,
        labels: Mapping[str, Value],
        *,
        ontology_version: int,
        facts: Mapping[str, Any],
    ) -> int:
        """Store the labels of a set on assets that hold no decision; returns how many.

        The same set again stores nothing, so that whoever was interrupted may ask again.

        Args:
            set_id: The set.
            labels: A label by asset id.
            ontology_version: The ontology of the labels.
            facts: What the set rests on, as JSON.
        """
        with self._database.write() as connection:
            queue_up(connection)
            known = [event for event in _events(connection, set_id) if event.event == ACCEPTED]
            if known:
                return known[0].quantity
            now = self._now()
            held = {row.asset_id: row for row in connection.execute(_CURRENT)}
            taken = {key for key, row in held.items() if row.decided}
            rows = [
                Entry(
                    asset_id=asset_id,
                    action=Action.LABEL,
                    value=value,
                    annotator=AUTO_LABELER,
                    ontology_version=ontology_version,
                    submission_id=f"{set_id}-{i}",
                    origin=Origin.MODEL,
                    model_id=set_id,
                ).row(held[asset_id].version + 1 if asset_id in held else 1, now)
                for i, (asset_id, value) in enumerate(labels.items())
                if asset_id not in taken
            ]
            self._append(connection, rows)
            book(connection, [_booking(ACCEPTED, set_id, len(rows), facts)], now)
            return len(rows)

    def take_back(self, set_id: str, *, facts: Mapping[str, Any]) -> int:
        """Append to each label of the set that still holds that it does not; returns how many.

        Raises:
            NotFoundError: there is no such set.
        """
        log = annotation_log
        held = sa.select(log).where(log.c.model_id == set_id, _BY_MODEL, _HOLDS)
        with self._database.write() as connection:
            queue_up(connection)
            events = {event.event for event in _events(connection, set_id)}
            if ACCEPTED not in events:
                raise NotFoundError(
                    f"There is no set {set_id!r}.", remedy="List them: querist autolabel history"
                )
            if ROLLED_BACK in events:
                return 0
            now = self._now()
            standing = connection.execute(held.where(log.c.action == Action.LABEL.value)).all()
            rows = [
                {
                    **dict.fromkeys(log.c.keys()),
                    "asset_id": row.asset_id,
                    "version": row.version + 1,
                    "action": Action.UNDO.value,
                    "annotator": AUTO_LABELER,
                    "origin": Origin.MODEL.value,
                    "ontology_version": row.ontology_version,
                    "model_id": set_id,
                    "submission_id": f"{row.submission_id}-back",
                    "created_at": now,
                }
                for row in standing
            ]
            self._append(connection, rows)
            book(connection, [_booking(ROLLED_BACK, set_id, -len(rows), facts)], now)
            return len(rows)

    def _append(self, connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        seqs = next_seqs(connection, len(rows))
        placed = [{**row, "seq": seq} for row, seq in zip(rows, seqs, strict=True)]
        connection.execute(INSERT_MANY, placed)
        self._database.refresh_statistics(connection, annotation_log, len(rows))

    def _now(self) -> datetime:
        return self._database.now()


_rounds = sa.table("rounds", sa.column("number", sa.Integer))
_VIEW = current_annotations.c
_CURRENT = sa.select(
    _VIEW.asset_id,
    _VIEW.version,
    # An undo that leaves nothing is no decision; a skip is one.
    sa.or_(_VIEW.action != Action.UNDO.value, _VIEW.value.is_not(None)).label("decided"),
)
_BY_MODEL = annotation_log.c.origin == Origin.MODEL.value


def _events(connection: sa.Connection, set_id: str) -> list[AutoLabelEvent]:
    rows = connection.execute(sa.select(ledger).where(ledger.c.kind == KIND))
    return [event for event in map(_event, rows) if event.set_id == set_id]


def _booking(event: str, set_id: str, count: int, facts: Mapping[str, Any]) -> Booking:
    detail = {**facts, "event": event, "set": set_id}
    return Booking(kind=KIND, quantity=count, unit="examples", detail=detail)


def _event(row: sa.Row[Any]) -> AutoLabelEvent:
    facts = dict(row.detail)
    return AutoLabelEvent(
        event=facts.pop("event"),
        set_id=facts.pop("set"),
        quantity=round(row.quantity),
        facts=facts,
        created_at=row.created_at,
    )
