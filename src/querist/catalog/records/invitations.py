"""Invitations: links that let one person in, once; only the SHA-256 of their secret is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.people import digest_of, new_secret
from querist.catalog.records.tables import annotators, invitations
from querist.errors import (
    AuthenticationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from querist.schema import Invitation, Role, check_person, is_number

# Inside the class `list` is a method.
_Invitations = list[Invitation]
_WEEKS = 53 * 7 * 24 * 3600


class InvitationList:
    """All invitations of the project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        *,
        role: Role,
        invited_by: str,
        ttl_seconds: float,
        hourly_cost: float | None = None,
        skills: Sequence[str] = (),
    ) -> tuple[Invitation, str]:
        """Make an invitation; returns it with its secret, which cannot be read again.

        Raises:
            InvalidInputError: it would be good for no time, or for more than a year.
        """
        if not (is_number(ttl_seconds) and 0 < ttl_seconds <= _WEEKS):
            raise InvalidInputError(
                f"The invitation would be good for {ttl_seconds!r} s.",
                remedy="Give more than 0 s and at most a year.",
            )
        now, secret = self._database.now(), new_secret()
        row = {
            "digest": digest_of(secret),
            "role": role.value,
            "hourly_cost": hourly_cost,
            "skills": list(skills),
            "invited_by": invited_by,
            "created_at": now,
            "expires_at": now + timedelta(seconds=ttl_seconds),
        }
        with self._database.write() as connection:
            made = sa.insert(invitations).values(row).returning(*invitations.c)
            return _invitation(connection.execute(made).one()), secret

    def accept(self, secret: str, name: str) -> Invitation:
        """Use up an invitation: the annotator ``name`` is made with its role, exactly once.

        Raises:
            AuthenticationError: it is unknown, used up, withdrawn or expired.
            ConflictError: somebody has that name; the invitation stays good.
            InvalidInputError: the name cannot be used.
        """
        check_person("annotator", name)
        now = self._database.now()
        spend = (
            sa.update(invitations)
            .where(invitations.c.digest == digest_of(secret), *_open(now))
            .values(accepted_by=name, ended_at=now)
            .returning(*invitations.c)
        )
        with self._database.write() as connection:
            row = connection.execute(spend).one_or_none()
            if row is None:
                raise AuthenticationError(
                    "The invitation is unknown, used up, withdrawn or expired.",
                    remedy="Ask for a new one.",
                )
            person = {
                "name": name,
                "role": row.role,
                "hourly_cost": row.hourly_cost,
                "active": True,
                "skills": row.skills,
                "created_at": now,
            }
            if not self._database.insert_new(connection, annotators, person):
                raise ConflictError(
                    f"There is somebody called {name!r} already.", remedy="Choose another name."
                )
        return _invitation(row)

    def withdraw(self, invitation_id: int) -> Invitation:
        """Make an open invitation worthless; raises NotFoundError if none is open."""
        now = self._database.now()
        end = (
            sa.update(invitations)
            .where(invitations.c.id == invitation_id, *_open(now))
            .values(ended_at=now)
            .returning(*invitations.c)
        )
        with self._database.write() as connection:
            row = connection.execute(end).one_or_none()
        if row is None:
            raise NotFoundError(
                f"There is no open invitation {invitation_id}.", remedy="List the invitations."
            )
        return _invitation(row)

    def get(self, invitation_id: int) -> Invitation:
        """The invitation; raises NotFoundError."""
        with self._database.read() as connection:
            query = sa.select(invitations).where(invitations.c.id == invitation_id)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFoundError(
                f"There is no invitation {invitation_id}.", remedy="List the invitations."
            )
        return _invitation(row)

    def open(self) -> _Invitations:
        """The invitations that somebody may still accept, newest first."""
        query = sa.select(invitations).where(*_open(self._database.now()))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(invitations.c.id.desc()))
            return [_invitation(row) for row in rows]


def _open(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return invitations.c.ended_at.is_(None), invitations.c.expires_at > now


def _invitation(row: sa.Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        role=Role(row.role),
        hourly_cost=row.hourly_cost,
        skills=tuple(row.skills),
        invited_by=row.invited_by,
        accepted_by=row.accepted_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
    )
