"""Opinions of several annotators, gold questions, and tasks that tell what they ask for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Spelled out here, so that this step stays what it was when the tables move on.
ID_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)

OF_SEVERAL = sa.text("kind != 'label' AND annotator IS NOT NULL")
BESIDE = sa.text("beside IS NOT NULL")


def upgrade() -> None:
    """Add the columns and tables; tasks that are there ask for a label."""
    op.add_column("tasks", sa.Column("kind", sa.Text(), nullable=False, server_default="label"))
    op.add_column("tasks", sa.Column("beside", BIG_ID, nullable=True))
    op.create_index(
        "uq_tasks_one_a_person",
        "tasks",
        ["asset_id", "annotator", "round"],
        unique=True,
        sqlite_where=OF_SEVERAL,
        postgresql_where=OF_SEVERAL,
    )
    op.create_index(
        "uq_tasks_beside",
        "tasks",
        ["beside", "annotator"],
        unique=True,
        sqlite_where=BESIDE,
        postgresql_where=BESIDE,
    )
    op.create_table(
        "opinions",
        sa.Column("seq", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("asset_id", ID_TEXT, nullable=False),
        sa.Column("annotator", ID_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("class_name", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("ontology_version", sa.Integer(), nullable=False),
        sa.Column("prelabel", JSON, nullable=True),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("submission_id", ID_TEXT, nullable=False),
        sa.Column("task_id", BIG_ID, nullable=True),
        sa.Column("gold", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_opinions_task_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_opinions"),
        sa.UniqueConstraint(
            "asset_id", "annotator", "version", name="uq_opinions_asset_id_annotator_version"
        ),
        sa.UniqueConstraint("submission_id", name="uq_opinions_submission_id"),
    )
    op.create_index("ix_opinions_annotator_seq", "opinions", ["annotator", "seq"], unique=False)
    op.create_table(
        "gold",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("asset_id", ID_TEXT, nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_by", ID_TEXT, nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gold"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_gold_asset_id_id", "gold", ["asset_id", "id"], unique=False)


def downgrade() -> None:
    """Drop them, with the tasks that asked for opinions; labels made of opinions stay."""
    op.drop_table("gold")
    op.drop_table("opinions")
    op.drop_index("uq_tasks_beside", "tasks")
    op.drop_index("uq_tasks_one_a_person", "tasks")
    op.execute(
        "DELETE FROM tasks WHERE kind != 'label'"
        " AND id NOT IN (SELECT task_id FROM annotations WHERE task_id IS NOT NULL)"
    )
    op.drop_column("tasks", "beside")
    op.drop_column("tasks", "kind")
