"""The tables of the records: one metadata for SQLite and PostgreSQL, no ORM."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect

from querist.errors import InvalidInputError


class UtcTime(sa.TypeDecorator[datetime]):
    """A time in UTC; SQLite keeps no zone, so it is taken off and put back."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        """How the database keeps it."""
        kept: Any = _SqliteTime if dialect.name == "sqlite" else sa.DateTime(timezone=True)
        return dialect.type_descriptor(sa.types.to_instance(kept))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidInputError(
                f"The time {value.isoformat()} has no time zone.",
                remedy="Give a time with a zone, such as datetime.now(UTC).",
            )
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy's signature
    ) -> datetime | None:
        """Turn what the database keeps into an aware time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _SqliteTime(sqlite.DATETIME):
    """SQLite's text, read by Python's own parser: ten times as fast as by SQLAlchemy's pattern."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        return lambda text: None if text is None else datetime.fromisoformat(text)


class Number(sa.TypeDecorator[float]):
    """A finite float; both databases would keep NaN differently, so none gets in."""

    impl = sa.Double
    cache_ok = True

    def process_bind_param(
        self,
        value: float | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> float | None:
        """Refuse NaN and infinities."""
        if value is None:
            return None
        if not math.isfinite(value):
            raise InvalidInputError(
                f"The number {value} cannot be stored.", remedy="Give a finite number, or none."
            )
        return float(value)


# Byte order in both databases, so that "ordered by asset id" means the same and sorts fast.
ID_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _column(name: str, kind: Any, *rest: Any, **options: Any) -> sa.Column[Any]:
    options.setdefault("nullable", False)
    return sa.Column(name, kind, *rest, **options)


# One row that every SQLite write raises; PostgreSQL counts its finished transactions instead.
change_counter = sa.Table(
    "change_counter",
    metadata,
    _column("id", sa.Integer, primary_key=True),
    _column("value", sa.BigInteger),
)

annotation_log = sa.Table(
    "annotations",
    metadata,
    _column("seq", BIG_ID, primary_key=True, autoincrement=True),
    _column("asset_id", ID_TEXT),
    _column("version", sa.Integer),
    _column("action", sa.Text),
    _column("value", JSON, nullable=True),
    _column("class_name", sa.Text, nullable=True),
    _column("annotator", ID_TEXT),
    _column("origin", sa.Text),
    _column("seconds", Number, nullable=True),
    _column("reason", sa.Text, nullable=True),
    _column("round", sa.Integer, nullable=True),
    _column("ontology_version", sa.Integer),
    _column("prelabel", JSON, nullable=True),
    _column("model_id", sa.Text, nullable=True),
    _column("submission_id", ID_TEXT),
    _column("task_id", BIG_ID, sa.ForeignKey("tasks.id"), nullable=True),
    _column("created_at", UtcTime),
    sa.UniqueConstraint("asset_id", "version"),
    sa.UniqueConstraint("submission_id"),
    sa.Index(None, "annotator", "seq"),
    sqlite_autoincrement=True,
)

# The view of the migrations: the entry of every asset that has no successor.
current_annotations = sa.table(
    "current_annotations", *(sa.column(c.name, c.type) for c in annotation_log.c)
)

rounds = sa.Table(
    "rounds",
    metadata,
    _column("number", sa.Integer, primary_key=True, autoincrement=False),
    _column("step", sa.Text),
    _column("plan", JSON, nullable=True),
    _column("model_id", sa.Text, nullable=True),
    _column("control_model_id", sa.Text, nullable=True),
    _column("evaluations", JSON),
    _column("findings", JSON),
    _column("advice", JSON, nullable=True),
    _column("started_at", UtcTime),
    _column("finished_at", UtcTime, nullable=True),
)

selected = sa.Table(
    "selected",
    metadata,
    _column("round", sa.Integer, sa.ForeignKey("rounds.number"), primary_key=True),
    _column("arm", sa.Text, primary_key=True),
    _column("asset_id", ID_TEXT, primary_key=True),
    _column("rank", sa.Integer),
    _column("score", Number, nullable=True),
    _column("propensity", Number, nullable=True),
    _column("reason", sa.Text),
    _column("draw_chance", Number, nullable=True),
    sa.Index(None, "asset_id"),
)

tasks = sa.Table(
    "tasks",
    metadata,
    _column("id", BIG_ID, primary_key=True, autoincrement=True),
    _column("asset_id", ID_TEXT),
    _column("round", sa.Integer, sa.ForeignKey("rounds.number")),
    _column("arms", JSON),
    _column("priority", Number),
    _column("state", sa.Text),
    _column("annotator", ID_TEXT, nullable=True),
    _column("leased_until", UtcTime, nullable=True),
    _column("sent_to", ID_TEXT, nullable=True),
    _column("note", sa.Text, nullable=True),
    _column("kind", sa.Text, server_default="label"),
    _column("beside", BIG_ID, nullable=True),  # of a gold question: the task it came with
    _column("skill", ID_TEXT, nullable=True),
    sa.Index(None, "asset_id"),
    sa.Index(None, "round", "state"),
    sqlite_autoincrement=True,
)
_LEASED = tasks.c.state == "leased"
_OPEN = sa.and_(tasks.c.state == "open", tasks.c.sent_to.is_(None))
_SENT = sa.and_(tasks.c.state == "open", tasks.c.sent_to.is_not(None))
_OF_SEVERAL = sa.and_(tasks.c.kind != "label", tasks.c.annotator.is_not(None))
# Whatever else happens, nobody has two tasks of an asset that is asked of several.
sa.Index(
    "uq_tasks_one_a_person",
    tasks.c.asset_id,
    tasks.c.annotator,
    tasks.c.round,
    unique=True,
    sqlite_where=_OF_SEVERAL,
    postgresql_where=_OF_SEVERAL,
)
_BESIDE = tasks.c.beside.is_not(None)
sa.Index(
    "uq_tasks_beside",
    tasks.c.beside,
    tasks.c.annotator,
    unique=True,
    sqlite_where=_BESIDE,
    postgresql_where=_BESIDE,
)
sa.Index(
    "ix_tasks_waiting",
    tasks.c.priority.desc(),
    tasks.c.id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
sa.Index(
    "ix_tasks_waiting_of_round",
    tasks.c.round,
    tasks.c.priority.desc(),
    tasks.c.id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
sa.Index("ix_tasks_sent_to", tasks.c.sent_to, sqlite_where=_SENT, postgresql_where=_SENT)
sa.Index("ix_tasks_expiry", tasks.c.leased_until, sqlite_where=_LEASED, postgresql_where=_LEASED)
sa.Index("ix_tasks_holder", tasks.c.annotator, sqlite_where=_LEASED, postgresql_where=_LEASED)

opinions = sa.Table(
    "opinions",
    metadata,
    _column("seq", BIG_ID, primary_key=True, autoincrement=False),
    _column("asset_id", ID_TEXT),
    _column("annotator", ID_TEXT),
    _column("version", sa.Integer),
    _column("action", sa.Text),
    _column("value", JSON, nullable=True),
    _column("class_name", sa.Text, nullable=True),
    _column("seconds", Number, nullable=True),
    _column("reason", sa.Text, nullable=True),
    _column("round", sa.Integer),
    _column("ontology_version", sa.Integer),
    _column("prelabel", JSON, nullable=True),
    _column("model_id", sa.Text, nullable=True),
    _column("submission_id", ID_TEXT),
    _column("task_id", BIG_ID, sa.ForeignKey("tasks.id"), nullable=True),
    _column("gold", sa.Boolean),
    _column("created_at", UtcTime),
    sa.UniqueConstraint("asset_id", "annotator", "version"),
    sa.UniqueConstraint("submission_id"),
    sa.Index(None, "annotator", "seq"),
)

gold = sa.Table(
    "gold",
    metadata,
    _column("id", BIG_ID, primary_key=True, autoincrement=True),
    _column("asset_id", ID_TEXT),
    _column("value", JSON),
    _column("note", sa.Text),
    _column("created_by", ID_TEXT),
    _column("retired", sa.Boolean),
    _column("created_at", UtcTime),
    sa.Index(None, "asset_id", "id"),
    sqlite_autoincrement=True,
)

models = sa.Table(
    "models",
    metadata,
    _column("ordinal", BIG_ID, primary_key=True, autoincrement=True),
    _column("id", ID_TEXT),
    _column("arm", sa.Text),
    _column("round", sa.Integer, nullable=True),
    _column("learner", sa.Text),
    _column("parameters", JSON),
    _column("encoder", sa.Text),
    _column("classes", JSON),
    _column("label_seq", sa.BigInteger),
    _column("label_count", sa.Integer),
    _column("labels_digest", sa.Text),
    _column("seed", sa.BigInteger),
    _column("ontology_version", sa.Integer, nullable=True),
    _column("fit_seconds", Number),
    _column("created_at", UtcTime),
    sa.UniqueConstraint("id"),
    sa.Index(None, "arm", "ordinal"),
    sqlite_autoincrement=True,
)

jobs = sa.Table(
    "jobs",
    metadata,
    _column("ordinal", BIG_ID, primary_key=True, autoincrement=True),
    _column("id", ID_TEXT),
    _column("kind", sa.Text),
    _column("params", JSON),
    _column("state", sa.Text),
    _column("done", sa.BigInteger),
    _column("total", sa.BigInteger, nullable=True),
    _column("message", sa.Text),
    _column("cancel_requested", sa.Boolean),
    _column("result", JSON, nullable=True),
    _column("error", JSON, nullable=True),
    _column("worker", sa.Text, nullable=True),
    _column("heartbeat", UtcTime, nullable=True),
    _column("created_at", UtcTime),
    _column("started_at", UtcTime, nullable=True),
    _column("finished_at", UtcTime, nullable=True),
    sa.UniqueConstraint("id"),
    sa.Index(None, "state", "ordinal"),
    sqlite_autoincrement=True,
)

job_lines = sa.Table(
    "job_lines",
    metadata,
    _column("id", BIG_ID, primary_key=True, autoincrement=True),
    _column("job_id", ID_TEXT, sa.ForeignKey("jobs.id")),
    _column("line", sa.Text),
    _column("created_at", UtcTime),
    sa.Index(None, "job_id", "id"),
    sqlite_autoincrement=True,
)

annotators = sa.Table(
    "annotators",
    metadata,
    _column("name", ID_TEXT, primary_key=True),
    _column("role", sa.Text),
    _column("hourly_cost", Number, nullable=True),
    _column("active", sa.Boolean),
    _column("skills", JSON),
    _column("created_at", UtcTime),
)

invitations = sa.Table(
    "invitations",
    metadata,
    _column("id", BIG_ID, primary_key=True, autoincrement=True),
    _column("digest", sa.Text),
    _column("role", sa.Text),
    _column("hourly_cost", Number, nullable=True),
    _column("skills", JSON),
    _column("invited_by", ID_TEXT),
    _column("accepted_by", ID_TEXT, nullable=True),
    _column("created_at", UtcTime),
    _column("expires_at", UtcTime),
    _column("ended_at", UtcTime, nullable=True),
    sa.UniqueConstraint("digest"),
    sqlite_autoincrement=True,
)

tokens = sa.Table(
    "tokens",
    metadata,
    _column("digest", sa.Text, primary_key=True),
    _column("annotator", ID_TEXT, sa.ForeignKey("annotators.name")),
    _column("kind", sa.Text),
    _column("created_at", UtcTime),
    _column("expires_at", UtcTime, nullable=True),
    sa.Index(None, "expires_at"),
)

sources = sa.Table(
    "sources",
    metadata,
    _column("id", BIG_ID, primary_key=True, autoincrement=True),
    _column("path", sa.Text),
    _column("created_at", UtcTime),
    sa.UniqueConstraint("path"),
)

ledger = sa.Table(
    "ledger",
    metadata,
    _column("id", BIG_ID, primary_key=True, autoincrement=True),
    _column("kind", sa.Text),
    _column("arm", sa.Text, nullable=True),
    _column("round", sa.Integer, nullable=True),
    _column("quantity", Number),
    _column("unit", sa.Text),
    _column("detail", JSON),
    _column("created_at", UtcTime),
    sa.Index(None, "round"),
    sqlite_autoincrement=True,
)

ontologies = sa.Table(
    "ontologies",
    metadata,
    _column("version", sa.Integer, primary_key=True, autoincrement=False),
    _column("body", JSON),
    _column("change", JSON, nullable=True),
    _column("author", ID_TEXT, nullable=True),
    _column("created_at", UtcTime),
)
