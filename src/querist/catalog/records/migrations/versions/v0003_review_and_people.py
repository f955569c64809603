"""Review, invitations, people who left, tasks kept for one person, changes of the ontology."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Spelled out here, so that this step stays what it was when the tables move on.
ID_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)

CURRENT_REVIEWS = """
CREATE VIEW current_reviews AS
SELECT entry.* FROM reviews AS entry
WHERE NOT EXISTS (
    SELECT 1 FROM reviews AS later
    WHERE later.asset_id = entry.asset_id AND later.version = entry.version + 1
)
"""

FREE = "state = 'open' AND sent_to IS NULL"
SENT = "state = 'open' AND sent_to IS NOT NULL"


def upgrade() -> None:
    """Create the tables and the view, and widen those that were there."""
    op.create_table(
        "reviews",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("asset_id", ID_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("label_seq", BIG_ID, nullable=False),
        sa.Column("holds_seq", BIG_ID, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("reviewer", ID_TEXT, nullable=False),
        sa.Column("author", ID_TEXT, nullable=False),
        sa.Column("task_id", BIG_ID, nullable=True),
        sa.Column("submission_id", ID_TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["label_seq"], ["annotations.seq"], name="fk_reviews_label_seq"),
        sa.ForeignKeyConstraint(["holds_seq"], ["annotations.seq"], name="fk_reviews_holds_seq"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_reviews_task_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_reviews"),
        sa.UniqueConstraint("asset_id", "version", name="uq_reviews_asset_id_version"),
        sa.UniqueConstraint("submission_id", name="uq_reviews_submission_id"),
        sqlite_autoincrement=True,
    )
    op.execute(CURRENT_REVIEWS)
    op.create_table(
        "invitations",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("hourly_cost", sa.Double(), nullable=True),
        sa.Column("skills", JSON, nullable=False),
        sa.Column("invited_by", ID_TEXT, nullable=False),
        sa.Column("accepted_by", ID_TEXT, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("digest", name="uq_invitations_digest"),
        sqlite_autoincrement=True,
    )
    op.add_column(
        "annotators", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("annotators", sa.Column("skills", JSON, nullable=False, server_default="[]"))
    op.add_column("tasks", sa.Column("sent_to", ID_TEXT, nullable=True))
    op.add_column("tasks", sa.Column("note", sa.Text(), nullable=True))
    _index_waiting(FREE)
    op.create_index(
        "ix_tasks_sent_to",
        "tasks",
        ["sent_to"],
        sqlite_where=sa.text(SENT),
        postgresql_where=sa.text(SENT),
    )
    op.add_column("models", sa.Column("ontology_version", sa.Integer(), nullable=True))
    op.add_column("ontologies", sa.Column("change", JSON, nullable=True))
    op.add_column("ontologies", sa.Column("author", ID_TEXT, nullable=True))


def downgrade() -> None:
    """Drop what the upgrade made."""
    op.drop_column("ontologies", "author")
    op.drop_column("ontologies", "change")
    op.drop_column("models", "ontology_version")
    op.drop_index("ix_tasks_sent_to", "tasks")
    _index_waiting("state = 'open'")
    op.drop_column("tasks", "note")
    op.drop_column("tasks", "sent_to")
    op.drop_column("annotators", "skills")
    op.drop_column("annotators", "active")
    op.drop_table("invitations")
    op.execute("DROP VIEW current_reviews")
    op.drop_table("reviews")


def _index_waiting(condition: str) -> None:
    priority: sa.ColumnElement[float] = sa.literal_column("priority DESC")
    number: sa.ColumnElement[int] = sa.literal_column("id")
    of_round: sa.ColumnElement[int] = sa.literal_column("round")
    kept: dict[str, list[sa.ColumnElement[Any]]] = {
        "ix_tasks_waiting": [priority, number],
        "ix_tasks_waiting_of_round": [of_round, priority, number],
    }
    for name, columns in kept.items():
        op.drop_index(name, "tasks")
        op.create_index(
            name,
            "tasks",
            columns,
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )
