"""The tables of the review: what was said about labels, and where each asset stands."""

from __future__ import annotations

import sqlalchemy as sa

from querist.catalog.records.tables import BIG_ID, ID_TEXT, UtcTime, metadata

reviews = sa.Table(
    "reviews",
    metadata,
    sa.Column("seq", BIG_ID, primary_key=True, autoincrement=True, nullable=False),
    sa.Column("asset_id", ID_TEXT, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("label_seq", BIG_ID, sa.ForeignKey("annotations.seq"), nullable=False),
    sa.Column("holds_seq", BIG_ID, sa.ForeignKey("annotations.seq"), nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=True),
    sa.Column("reviewer", ID_TEXT, nullable=False),
    sa.Column("author", ID_TEXT, nullable=False),
    sa.Column("task_id", BIG_ID, sa.ForeignKey("tasks.id"), nullable=True),
    sa.Column("submission_id", ID_TEXT, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("asset_id", "version"),
    sa.UniqueConstraint("submission_id"),
    sqlite_autoincrement=True,
)

# The view of the migrations: the review of every asset that has no successor.
current_reviews = sa.table("current_reviews", *(sa.column(c.name, c.type) for c in reviews.c))
