"""Ontologies: every version is kept, with the change that made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.sending import newest_round
from querist.catalog.records.stored import from_row
from querist.catalog.records.tables import ontologies, tasks
from querist.catalog.records.tasks import NewTask, task_rows
from querist.errors import ConflictError, NotFoundError
from querist.schema import (
    Ontology,
    OntologyChange,
    OntologyReading,
    OntologyVersion,
    from_json,
    to_json,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOntology:
    """One version of the ontology as it is kept.

    Attributes:
        ontology: The version.
        change: What made it of the version before; ``None`` for plain additions.
        author: Who changed it, if that is known.
        created_at: UTC.
    """

    ontology: Ontology
    change: OntologyChange | None
    author: str | None
    created_at: datetime


# Built once: every label is read and written under the newest version.
_NEWEST = Prepared(sa.select(sa.func.max(ontologies.c.version)))


class OntologyList:
    """All versions of the project's ontology."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._readings: dict[int, OntologyReading] = {}

    def current(self) -> Ontology:
        """The newest version; raises NotFoundError when there is none."""
        return self.reading().ontology

    def newest_version(self) -> int:
        """The number of the newest version; raises NotFoundError when there is none."""
        with self._database.read() as connection:
            found = _NEWEST.scalar(connection)
        if found is None:
            raise _missing()
        return int(found)

    def get(self, version: int) -> Ontology:
        """One version; raises NotFoundError."""
        return self._one(sa.select(ontologies.c.body).where(ontologies.c.version == version))

    def versions(self, upto: int | None = None) -> list[StoredOntology]:
        """All versions, or those up to one, oldest first."""
        query = sa.select(ontologies).order_by(ontologies.c.version)
        if upto is not None:
            query = query.where(ontologies.c.version <= upto)
        with self._database.read() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def reading(self, version: int | None = None) -> OntologyReading:
        """Reads what was said under any version in the words of ``version``, the newest if none.

        Raises:
            NotFoundError: there is no such version.
        """
        wanted = self.newest_version() if version is None else version
        found = self._readings.get(wanted)
        if found is None:
            kept = self.versions(wanted)
            if not kept or kept[-1].ontology.version != wanted:
                raise _missing()
            found = OntologyReading(
                [OntologyVersion(ontology=one.ontology, change=one.change) for one in kept]
            )
            self._readings[wanted] = found
        return found

    def since(self, name: str, when: datetime | None) -> tuple[str, ...]:
        """The classes that ``name``, as it was said at a time, may be now; empty for none.

        It is read by the newest version of then that knew it, as what is written while a class
        changes still speaks of the version before.

        Args:
            name: The class as it was called.
            when: When it was said, UTC; ``None`` for just now.
        """
        knew = [one for one in self.versions() if one.ontology.has(name)]
        if not knew:
            return ()
        then = [one for one in knew if when is None or one.created_at <= when]
        made_under = (then[-1] if then else knew[0]).ontology.version
        return tuple(it for it in self.reading().of(name, made_under) if it is not None)

    def change(
        self,
        ontology: Ontology,
        change: OntologyChange,
        *,
        author: str,
        ask: Sequence[NewTask] = (),
        note: str | None = None,
    ) -> Ontology:
        """Store the next version with the change that made it, and ask for labels again.

        Args:
            ontology: The next version.
            change: What made it.
            author: Who changed it.
            ask: Tasks of the newest round; none are made where there is no round.
            note: What whoever gets one of them is told.

        Raises:
            ConflictError: this version, or a later one, is stored already.
        """
        about = {"change": to_json(change), "author": author}
        with self._database.write() as connection:
            self._put(connection, ontology, about)
            number = newest_round(connection)
            if ask and number is not None:
                rows = [{**row, "note": note} for task in ask for row in task_rows(task, number)]
                connection.execute(sa.insert(tasks), rows)
        return ontology

    def put(self, ontology: Ontology) -> Ontology:
        """Store the next version; the newest one as it is may be put again.

        Raises:
            ConflictError: this version, or a later one, is stored with other content.
        """
        with self._database.write() as connection:
            self._put(connection, ontology, {})
        return ontology

    def _put(self, connection: sa.Connection, ontology: Ontology, about: dict[str, Any]) -> None:
        query = sa.select(ontologies).order_by(ontologies.c.version.desc()).limit(1)
        newest = connection.execute(query).one_or_none()
        if newest is not None and newest.version >= ontology.version:
            same = newest.version == ontology.version and newest.body == to_json(ontology)
            if same and not about:
                return
            raise ConflictError(
                f"The ontology has version {newest.version} already, "
                f"you put version {ontology.version}.",
                remedy="Read the current ontology and change that.",
                current=newest.body,
            )
        row = {
            "version": ontology.version,
            "body": to_json(ontology),
            "created_at": self._database.now(),
            **about,
        }
        connection.execute(sa.insert(ontologies).values(row))

    def _one(self, query: sa.Select[tuple[object]]) -> Ontology:
        with self._database.read() as connection:
            body = connection.execute(query).scalar()
        if body is None:
            raise _missing()
        return from_row(Ontology, body, "A version of the classes")


def _stored(row: sa.Row[Any]) -> StoredOntology:
    change = None if row.change is None else from_json(cast(Any, OntologyChange), row.change)
    return StoredOntology(
        ontology=from_row(Ontology, row.body, "A version of the classes"),
        change=change,
        author=row.author,
        created_at=row.created_at,
    )


def _missing() -> NotFoundError:
    return NotFoundError(
        "There is no such ontology.", remedy="Store one with ontologies.put first."
    )
