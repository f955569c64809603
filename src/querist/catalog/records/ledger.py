"""The ledger: labels, seconds, money and compute that were spent, by arm and round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import ledger
from querist.errors import UnknownNameError
from querist.schema import Arm

Unit = Literal["labels", "seconds", "money", "examples"]
# Inside the class `list` is a method.
_Sums = list[dict[str, Any]]
_INSERT = Prepared(
    sa.insert(ledger).inline(), [column.name for column in ledger.c if column.name != "id"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One amount that was spent; raises UnknownNameError for another unit.

    Attributes:
        kind: What it was spent on.
        quantity: How much; negative for what is given back.
        unit: Of what.
        arm: The arm it was spent for, ``None`` for none or several.
        round: The round it belongs to.
        detail: Anything else worth knowing, as JSON.
    """

    kind: str
    quantity: float
    unit: Unit
    arm: Arm | None = None
    round: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise UnknownNameError.of("unit", self.unit, get_args(Unit))

    def row(self, created_at: datetime) -> dict[str, Any]:
        """The row that stores it."""
        return {
            "kind": self.kind,
            "arm": self.arm.value if self.arm else None,
            "round": self.round,
            "quantity": self.quantity,
            "unit": self.unit,
            "detail": dict(self.detail),
            "created_at": created_at,
        }


def book(connection: sa.Connection, bookings: Sequence[Booking], now: datetime) -> None:
    """Book amounts in the transaction of ``connection``: with what they paid for, or not at all."""
    _INSERT.each(connection, [booking.row(now) for booking in bookings])


class Ledger:
    """What was spent; entries are only added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        *,
        kind: str,
        quantity: float,
        unit: Unit,
        arm: Arm | None = None,
        round: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Book one amount; raises UnknownNameError for another unit."""
        booking = Booking(
            kind=kind, quantity=quantity, unit=unit, arm=arm, round=round, detail=detail or {}
        )
        with self._database.write() as connection:
            book(connection, [booking], self._database.now())

    def totals(self) -> list[dict[str, Any]]:
        """Sums as ``{"kind", "arm", "unit", "quantity"}``, ordered by kind, arm and unit."""
        keys = (ledger.c.kind, ledger.c.arm, ledger.c.unit)
        query = sa.select(*keys, sa.func.sum(ledger.c.quantity).label("quantity")).group_by(*keys)
        with self._database.read() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        return sorted(found, key=lambda total: (total["kind"], total["arm"] or "", total["unit"]))

    def by_round(self, kinds: Sequence[str]) -> _Sums:
        """Sums of these kinds as ``{"round", "kind", "arm", "unit", "quantity"}``, by round."""
        keys = (ledger.c.round, ledger.c.kind, ledger.c.arm, ledger.c.unit)
        query = (
            sa.select(*keys, sa.func.sum(ledger.c.quantity).label("quantity"))
            .where(ledger.c.kind.in_(kinds))
            .group_by(*keys)
        )
        with self._database.read() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        return sorted(
            found,
            key=lambda it: (it["round"] or 0, it["kind"], it["arm"] or "", it["unit"]),
        )

    def list(self, round: int | None = None) -> list[dict[str, Any]]:
        """The entries, of one round or all, oldest first."""
        query = sa.select(*(c for c in ledger.c if c.name != "id")).order_by(ledger.c.id)
        if round is not None:
            query = query.where(ledger.c.round == round)
        with self._database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]
