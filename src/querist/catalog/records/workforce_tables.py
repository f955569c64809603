"""The tables of workforces outside: who they are, and each task that was delivered to them."""

from __future__ import annotations

import sqlalchemy as sa

from querist.catalog.records.tables import BIG_ID, ID_TEXT, JSON, Number, UtcTime, metadata
from querist.schema import IN_FLIGHT, Question

workforces = sa.Table(
    "workforces",
    metadata,
    sa.Column("name", ID_TEXT, primary_key=True, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("token", sa.Text, nullable=True),  # where it is found, not the token
    sa.Column("price", Number, nullable=True),
    sa.Column("hourly_cost", Number, nullable=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("cursor", sa.Text, nullable=False),
    sa.Column("webhook_digest", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True, nullable=False),
    sa.Column("key", ID_TEXT, nullable=False),
    sa.Column("workforce", ID_TEXT, sa.ForeignKey("workforces.name"), nullable=False),
    sa.Column("task_id", BIG_ID, sa.ForeignKey("tasks.id"), nullable=False),
    sa.Column("asset_id", ID_TEXT, nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("ontology_version", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("prelabel", JSON, nullable=True),
    sa.Column("model_id", sa.Text, nullable=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("person", ID_TEXT, nullable=True),
    sa.Column("answer_id", sa.Text, nullable=True),
    sa.Column("answered_at", UtcTime, nullable=True),
    sa.Column("reason", sa.Text, nullable=True),
    sa.Column("sent_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.UniqueConstraint("key"),
    sa.Index(None, "workforce", "state"),
    sqlite_autoincrement=True,
)

# The assets that are out now; gold questions are no business of others.
IN_FLIGHT_ASSETS = sa.select(deliveries.c.asset_id).where(
    deliveries.c.state.in_([state.value for state in IN_FLIGHT]),
    deliveries.c.question != Question.GOLD.value,
)
