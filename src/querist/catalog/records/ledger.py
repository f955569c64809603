"""The ledger: labels, seconds, money and compute that were spent, by arm and round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.tables import ledger
from querist.errors import UnknownNameError
from querist.schema import Arm

Unit = Literal["labels", "seconds", "money", "examples"]


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
        round: int | None = None,  # noqa: A002 - the word of the house
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Book one amount; raises UnknownNameError for another unit."""
        if unit not in get_args(Unit):
            raise UnknownNameError.of("unit", unit, get_args(Unit))
        row = {
            "kind": kind,
            "arm": arm.value if arm else None,
            "round": round,
            "quantity": quantity,
            "unit": unit,
            "detail": dict(detail or {}),
            "created_at": self._database.now(),
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(ledger).values(row))

    def totals(self) -> list[dict[str, Any]]:
        """Sums as ``{"kind", "arm", "unit", "quantity"}``, ordered by kind, arm and unit."""
        keys = (ledger.c.kind, ledger.c.arm, ledger.c.unit)
        query = sa.select(*keys, sa.func.sum(ledger.c.quantity).label("quantity")).group_by(*keys)
        with self._database.read() as connection:
            found = [dict(row._mapping) for row in connection.execute(query)]
        return sorted(found, key=lambda total: (total["kind"], total["arm"] or "", total["unit"]))

    def list(self, round: int | None = None) -> list[dict[str, Any]]:  # noqa: A002
        """The entries, of one round or all, oldest first."""
        query = sa.select(*(c for c in ledger.c if c.name != "id")).order_by(ledger.c.id)
        if round is not None:
            query = query.where(ledger.c.round == round)
        with self._database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]
