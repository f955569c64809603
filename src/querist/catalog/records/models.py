"""Model versions: which learner, trained on which labels."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.stored import from_row
from querist.catalog.records.tables import models
from querist.errors import ConflictError, NotFoundError
from querist.schema import Arm, ModelVersion, to_json

_FIELDS = tuple(column for column in models.c if column.name != "ordinal")

# Built once: every suggestion asks for it.
_LATEST = Prepared(
    sa.select(models.c.id)
    .where(models.c.arm == sa.bindparam("arm"))
    .order_by(models.c.ordinal.desc())
    .limit(1)
)

# Inside the class `list` is a method.
_Models = list[ModelVersion]


class ModelList:
    """All model versions of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._latest: ModelVersion | None = None

    def add(self, model: ModelVersion) -> ModelVersion:
        """Store a model version; raises ConflictError if its id is taken."""
        row = {**to_json(model), "created_at": model.created_at}
        with self._database.write() as connection:
            if not self._database.insert_new(connection, models, row):
                raise ConflictError(
                    f"A model {model.id!r} exists already.", remedy="Give it a new id."
                )
        return model

    def get(self, model_id: str) -> ModelVersion:
        """The model version; raises NotFoundError."""
        found = self._list(sa.select(*_FIELDS).where(models.c.id == model_id))
        if not found:
            raise NotFoundError(f"There is no model {model_id!r}.", remedy="List the models.")
        return found[0]

    def list(self, arm: Arm | None = None) -> _Models:
        """All model versions, or those of one arm, oldest first."""
        query = sa.select(*_FIELDS).order_by(models.c.ordinal)
        return self._list(query if arm is None else query.where(models.c.arm == arm.value))

    def latest(self, arm: Arm) -> ModelVersion | None:
        """The model version of an arm that was stored last, or ``None``."""
        with self._database.read() as connection:
            model_id = _LATEST.scalar(connection, {"arm": arm.value})
        if model_id is None:
            return None
        kept = self._latest  # what is stored of a model never changes
        if kept is None or kept.id != model_id:
            kept = self._latest = self.get(model_id)
        return kept

    def _list(self, query: sa.Select[Any]) -> _Models:
        with self._database.read() as connection:
            return [_model(row) for row in connection.execute(query)]


def _model(row: sa.Row[Any]) -> ModelVersion:
    return from_row(ModelVersion, to_json(row._asdict()), f"The model {row.id}")
