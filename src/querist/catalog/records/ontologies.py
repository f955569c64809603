"""Ontologies: every version is kept."""

from __future__ import annotations

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.tables import ontologies
from querist.errors import ConflictError, NotFoundError
from querist.schema import Ontology, from_json, to_json


class OntologyList:
    """All versions of the project's ontology."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> Ontology:
        """The newest version; raises NotFoundError when there is none."""
        return self._one(
            sa.select(ontologies.c.body).order_by(ontologies.c.version.desc()).limit(1)
        )

    def get(self, version: int) -> Ontology:
        """One version; raises NotFoundError."""
        return self._one(sa.select(ontologies.c.body).where(ontologies.c.version == version))

    def put(self, ontology: Ontology) -> Ontology:
        """Store the next version; the newest one as it is may be put again.

        Raises:
            ConflictError: this version, or a later one, is stored with other content.
        """
        with self._database.write() as connection:
            query = sa.select(ontologies).order_by(ontologies.c.version.desc()).limit(1)
            newest = connection.execute(query).one_or_none()
            if newest is not None and newest.version >= ontology.version:
                if newest.version == ontology.version and newest.body == to_json(ontology):
                    return ontology
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
            }
            connection.execute(sa.insert(ontologies).values(row))
        return ontology

    def _one(self, query: sa.Select[tuple[object]]) -> Ontology:
        with self._database.read() as connection:
            body = connection.execute(query).scalar()
        if body is None:
            raise NotFoundError(
                "There is no such ontology.", remedy="Store one with ontologies.put first."
            )
        return from_json(Ontology, body)
