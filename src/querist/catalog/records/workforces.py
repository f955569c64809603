"""Workforces outside: how to reach them, and the secret with which their tools call back."""

from __future__ import annotations

import hmac
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.people import digest_of, new_secret
from querist.catalog.records.tables import annotators
from querist.catalog.records.workforce_tables import workforces
from querist.errors import AuthenticationError, ConflictError, NotFoundError, UnknownNameError
from querist.schema import Role, Workforce

# Inside the class `list` is a method.
_Workforces = list[Workforce]


class WorkforceList:
    """Everybody outside to whom tasks may be delivered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, workforce: Workforce) -> str:
        """Add one; returns the secret of its webhook, which cannot be read again.

        Its name is also that of the annotator who holds the tasks while they are out.

        Raises:
            ConflictError: there is a workforce or an annotator of that name.
        """
        secret, now = new_secret(), self._database.now()
        row = {
            "name": workforce.name,
            "kind": workforce.kind,
            "url": workforce.url,
            "token": workforce.token,
            "price": workforce.price,
            "hourly_cost": workforce.hourly_cost,
            "active": True,
            "cursor": "",
            "webhook_digest": digest_of(secret),
            "created_at": now,
        }
        holder: dict[str, Any] = {
            "name": workforce.name,
            "role": Role.ANNOTATOR.value,
            "active": True,
            "skills": [],
            "created_at": now,
        }
        with self._database.write() as connection:
            if not self._database.insert_new(connection, annotators, holder):
                raise ConflictError(
                    f"There is somebody called {workforce.name!r} already.",
                    remedy="Give the workforce another name.",
                    name=workforce.name,
                )
            connection.execute(sa.insert(workforces).values(row))
        return secret

    def set_secret(self, name: str, secret: str) -> None:
        """Give its webhook another secret; the old one is worth nothing. Raises NotFoundError."""
        self._change(name, webhook_digest=digest_of(secret))

    def check_secret(self, name: str, secret: str) -> Workforce:
        """The workforce, if the secret is that of its webhook.

        The comparison takes the same time whatever was sent.

        Raises:
            AuthenticationError: it is not, or there is no such workforce.
        """
        row = self._row(name)
        known = digest_of("") if row is None else row.webhook_digest
        if not hmac.compare_digest(known, digest_of(secret)) or row is None:
            raise AuthenticationError(
                "The secret of the webhook is wrong.",
                remedy="Set the one that querist workforce add printed, or make a new one.",
            )
        return _workforce(row)

    def get(self, name: str) -> Workforce:
        """The workforce; raises UnknownNameError with the nearest names."""
        row = self._row(name)
        if row is None:
            raise UnknownNameError.of("workforce", name, [it.name for it in self.list()])
        return _workforce(row)

    def list(self) -> _Workforces:
        """All of them by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(workforces).order_by(workforces.c.name))
            return [_workforce(row) for row in rows]

    def set_active(self, name: str, active: bool) -> Workforce:
        """Say whether batches may be sent to it; raises NotFoundError."""
        self._change(name, active=active)
        return self.get(name)

    def move_cursor(self, name: str, cursor: str) -> None:
        """Remember how far the tool's answers have been looked at."""
        self._change(name, cursor=cursor)

    def _change(self, name: str, **values: Any) -> None:
        update = sa.update(workforces).where(workforces.c.name == name).values(values)
        with self._database.write() as connection:
            if not connection.execute(update).rowcount:
                raise NotFoundError(f"There is no workforce {name!r}.", remedy="Add it first.")

    def _row(self, name: str) -> sa.Row[Any] | None:
        with self._database.read() as connection:
            query = sa.select(workforces).where(workforces.c.name == name)
            return connection.execute(query).one_or_none()


def _workforce(row: sa.Row[Any]) -> Workforce:
    body = {it: getattr(row, it) for it in Workforce.__dataclass_fields__}
    return Workforce(**{**body, "active": bool(row.active)})
