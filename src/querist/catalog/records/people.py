"""People: annotators, their tokens, and the folders whose files may be served to them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import annotators, sources, tokens
from querist.catalog.records.task_serving import take_from
from querist.errors import (
    AuthenticationError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    UnknownNameError,
)
from querist.schema import Annotator, Role, check_name, check_person

TokenKind = Literal["session", "api", "login"]

# Built once: every request looks who is asking.
_BY_NAME = Prepared(sa.select(annotators).where(annotators.c.name == sa.bindparam("name")))
_GOOD = (
    tokens.c.digest == sa.bindparam("digest"),
    tokens.c.kind == sa.bindparam("kind"),
    sa.or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > sa.bindparam("now")),
)
_OWNER = Prepared(
    sa.select(annotators).join(tokens, tokens.c.annotator == annotators.c.name).where(*_GOOD)
)


class AnnotatorList:
    """Everybody who labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ensure(
        self, name: str, role: Role = Role.ANNOTATOR, *, hourly_cost: float | None = None
    ) -> Annotator:
        """The annotator of that name, made with ``role`` if new; a known one stays as it is.

        Of people ``ensure_person`` is right: here the names in which Querist writes are made too.
        """
        check_name("annotator", name)
        found = self._find(name)
        if found is not None:
            return found
        row: dict[str, Any] = {
            "name": name,
            "role": role.value,
            "hourly_cost": hourly_cost,
            "active": True,
            "skills": [],
            "created_at": self._database.now(),
        }
        with self._database.write() as connection:
            self._database.insert_new(connection, annotators, row)
        return self.get(name)

    def ensure_person(self, name: str, role: Role = Role.ANNOTATOR) -> Annotator:
        """As ``ensure``, of somebody: a new one may not have a name in which Querist writes.

        Raises:
            InvalidInputError: nobody new can be called so.
        """
        return self._find(name) or self.ensure(check_person("annotator", name), role)

    def update(self, name: str, *, role: Role, hourly_cost: float | None) -> Annotator:
        """Change an annotator's role and cost; raises NotFoundError."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(annotators)
                .where(annotators.c.name == name)
                .values(role=role.value, hourly_cost=hourly_cost)
            )
        return self.get(name)

    def settle(
        self,
        name: str,
        *,
        role: Role,
        hourly_cost: float | None,
        skills: Sequence[str],
        active: bool,
    ) -> Annotator:
        """Set all that may change of an annotator, in one transaction.

        Whoever is not active is out at once: tokens end, held tasks go back, labels stay.

        Raises:
            NotFoundError: there is no such annotator.
            ConflictError: there would be no active owner any more.
        """
        values = {
            "role": role.value,
            "hourly_cost": hourly_cost,
            "skills": list(skills),
            "active": active,
        }
        with self._database.write() as connection:
            _check_owner(connection, name, stays=active and role is Role.OWNER)
            changed = sa.update(annotators).where(annotators.c.name == name).values(values)
            if not connection.execute(changed).rowcount:
                raise NotFoundError(f"There is no annotator {name!r}.", remedy="Add them first.")
            if not active:
                connection.execute(sa.delete(tokens).where(tokens.c.annotator == name))
                take_from(connection, name)
        return self.get(name)

    def get(self, name: str) -> Annotator:
        """The annotator; raises NotFoundError."""
        found = self._find(name)
        if found is None:
            raise NotFoundError(f"There is no annotator {name!r}.", remedy="Add them first.")
        return found

    def list(self) -> list[Annotator]:
        """All annotators by name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(annotators).order_by(annotators.c.name))
            return [_annotator(row) for row in rows]

    def _find(self, name: str) -> Annotator | None:
        with self._database.read() as connection:
            row = _BY_NAME.row(connection, {"name": name})
        return None if row is None else _annotator(row)


class TokenList:
    """Tokens that prove who somebody is; only their SHA-256 is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def issue(self, annotator: str, *, kind: TokenKind, ttl_seconds: float | None) -> str:
        """Make a token and return its secret, which cannot be read again.

        Args:
            annotator: A known annotator.
            kind: ``session`` (browser), ``api`` (program), or ``login`` (good for one redeem).
            ttl_seconds: How long it is good; ``None`` for ever.

        Raises:
            NotFoundError: there is no such annotator.
            PermissionDeniedError: they were deactivated.
        """
        if kind not in get_args(TokenKind):
            raise UnknownNameError.of("kind of token", kind, get_args(TokenKind))
        if ttl_seconds is not None and not ttl_seconds > 0:
            raise InvalidInputError(
                f"The token would live {ttl_seconds} s.", remedy="Give more than 0 s, or none."
            )
        now = self._database.now()
        secret = new_secret()
        row = {
            "digest": digest_of(secret),
            "annotator": annotator,
            "kind": kind,
            "created_at": now,
            "expires_at": now + timedelta(seconds=ttl_seconds) if ttl_seconds else None,
        }
        with self._database.write() as connection:
            known = sa.select(annotators.c.active).where(annotators.c.name == annotator)
            active = connection.execute(known).scalar()
            if active is None:
                raise NotFoundError(
                    f"There is no annotator {annotator!r}.", remedy="Add them first."
                )
            if not active:
                raise PermissionDeniedError(
                    f"{annotator!r} was deactivated.", remedy="Reactivate them first."
                )
            connection.execute(sa.delete(tokens).where(tokens.c.expires_at <= now))
            connection.execute(sa.insert(tokens).values(row))
        return secret

    def verify(self, secret: str, kind: TokenKind) -> Annotator:
        """Whose token it is; raises AuthenticationError if unknown, expired or another kind."""
        with self._database.read() as connection:
            row = _OWNER.row(connection, self._good(secret, kind))
        if row is None:
            raise _refused(kind)
        return _annotator(row)

    def redeem(self, secret: str) -> Annotator:
        """Use up a login token, exactly once; raises AuthenticationError."""
        spend = sa.delete(tokens).where(*_GOOD).returning(tokens.c.annotator)
        with self._database.write() as connection:
            name = connection.execute(spend, self._good(secret, "login")).scalar()
            if name is None:
                raise _refused("login")
            row = connection.execute(sa.select(annotators).where(annotators.c.name == name)).one()
        return _annotator(row)

    def revoke(self, secret: str) -> None:
        """Make a token useless; one that is unknown is so already."""
        with self._database.write() as connection:
            connection.execute(sa.delete(tokens).where(tokens.c.digest == digest_of(secret)))

    def _good(self, secret: str, kind: TokenKind) -> dict[str, Any]:
        return {"digest": digest_of(secret), "kind": kind, "now": self._database.now()}


class SourceList:
    """Folders whose files may be served."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, root: Path | str) -> Path:
        """Allow a folder (resolved, links followed); once more does nothing."""
        path = Path(root).resolve()
        row = {"path": str(path), "created_at": self._database.now()}
        if path not in self.list():
            with self._database.write() as connection:
                self._database.insert_new(connection, sources, row)
        return path

    def list(self) -> list[Path]:
        """The allowed folders, oldest first."""
        with self._database.read() as connection:
            rows = connection.scalars(sa.select(sources.c.path).order_by(sources.c.id))
            return [Path(path) for path in rows]


def _annotator(row: sa.Row[Any]) -> Annotator:
    return Annotator(
        name=row.name,
        role=Role(row.role),
        hourly_cost=row.hourly_cost,
        created_at=row.created_at,
        active=bool(row.active),
        skills=tuple(row.skills),
    )


def _check_owner(connection: sa.Connection, name: str, *, stays: bool) -> None:
    """Refuse to lose the last active owner."""
    if stays:
        return
    owners = sa.select(annotators.c.name).where(
        annotators.c.role == Role.OWNER.value, annotators.c.active
    )
    if list(connection.scalars(owners)) == [name]:
        raise ConflictError(
            f"{name!r} is the only owner.", remedy="Make somebody else an owner first."
        )


def new_secret() -> str:
    """A secret that nobody can guess."""
    # A leading dash would make a command line take the secret for an option.
    return "q" + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is stored of a secret: its SHA-256."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _refused(kind: str) -> AuthenticationError:
    return AuthenticationError(
        f"The {kind} token is unknown, used up or expired.", remedy="Ask for a new one."
    )
