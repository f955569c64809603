"""Where records live: a SQLite file or a PostgreSQL server, read from one short text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from querist.errors import InvalidInputError

_REMEDY = 'Write a file name such as "records.db", or postgresql://user@host:5432/database.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where records live.

    Attributes:
        url: For SQLAlchemy, with the password.
        path: The SQLite file; ``None`` on PostgreSQL.
        shown: For people and errors, without the password.
    """

    url: sa.URL
    path: Path | None
    shown: str


def read_address(text: str, folder: Path) -> Address:
    """Read the address ``text`` of the project in ``folder``.

    Args:
        text: A file name (relative to ``folder``), ``sqlite:///path``, ``postgresql://…``,
            ``postgresql+psycopg://…``, or ``env:NAME`` to read one of these from the environment.
        folder: The project's folder.

    Raises:
        InvalidInputError: the scheme is another one, or the variable is not set.
    """
    if text.startswith("env:"):
        text = _from_environment(text.removeprefix("env:"))
    scheme, separator, _ = text.partition("://")
    if not separator:
        return _file(folder / text, text)
    if scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise InvalidInputError(
            f"Records cannot be kept under the scheme {scheme!r}.", remedy=_REMEDY, scheme=scheme
        )
    try:
        url = sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise InvalidInputError(
            f"The {scheme} URL of the records cannot be read.", remedy=_REMEDY
        ) from None
    if scheme == "sqlite":
        return _file(folder / (url.database or ""), url.database or "")
    url = url.set(drivername="postgresql+psycopg")
    host = url.host or "local socket"
    return Address(url=url, path=None, shown=f"PostgreSQL at {host}/{url.database or ''}")


def _file(path: Path, text: str) -> Address:
    if not text or text == ":memory:":
        raise InvalidInputError(f"The records need a file, not {text!r}.", remedy=_REMEDY)
    path = path.absolute()
    url = sa.URL.create("sqlite+pysqlite", database=str(path))
    return Address(url=url, path=path, shown=str(path))


def _from_environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise InvalidInputError(
            f"The environment variable {name!r} holds no address for the records.",
            remedy=f"Set {name} to a postgresql:// URL before you start Querist.",
        )
    return value
