"""The first tables: labels, tasks, rounds, models, jobs, people, sources, ledger, ontologies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Spelled out here, so that this step stays what it was when the tables move on.
ID_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
TIME = sa.DateTime(timezone=True)

CURRENT_ANNOTATIONS = """
CREATE VIEW current_annotations AS
SELECT entry.* FROM annotations AS entry
WHERE NOT EXISTS (
    SELECT 1 FROM annotations AS later
    WHERE later.asset_id = entry.asset_id AND later.version = entry.version + 1
)
"""


def upgrade() -> None:
    """Create the tables and the view."""
    op.create_table(
        "annotators",
        sa.Column("name", ID_TEXT, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("hourly_cost", sa.Double(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_annotators"),
    )
    op.create_table(
        "change_counter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_counter"),
    )
    op.create_table(
        "jobs",
        sa.Column("ordinal", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("id", ID_TEXT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("params", JSON, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("error", JSON, nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("heartbeat", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("started_at", TIME, nullable=True),
        sa.Column("finished_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("ordinal", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_jobs_state_ordinal", "jobs", ["state", "ordinal"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_round", "ledger", ["round"], unique=False)
    op.create_table(
        "models",
        sa.Column("ordinal", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("id", ID_TEXT, nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("learner", sa.Text(), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("classes", JSON, nullable=False),
        sa.Column("label_seq", sa.BigInteger(), nullable=False),
        sa.Column("label_count", sa.Integer(), nullable=False),
        sa.Column("labels_digest", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("fit_seconds", sa.Double(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("ordinal", name="pk_models"),
        sa.UniqueConstraint("id", name="uq_models_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_models_arm_ordinal", "models", ["arm", "ordinal"], unique=False)
    op.create_table(
        "ontologies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("version", name="pk_ontologies"),
    )
    op.create_table(
        "rounds",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("plan", JSON, nullable=True),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("control_model_id", sa.Text(), nullable=True),
        sa.Column("evaluations", JSON, nullable=False),
        sa.Column("findings", JSON, nullable=False),
        sa.Column("advice", JSON, nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_rounds"),
    )
    op.create_table(
        "sources",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("path", name="uq_sources_path"),
    )
    op.create_table(
        "job_lines",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("job_id", ID_TEXT, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_lines_job_id"),
        sa.PrimaryKeyConstraint("id", name="pk_job_lines"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_job_lines_job_id_id", "job_lines", ["job_id", "id"], unique=False)
    op.create_table(
        "selected",
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("asset_id", ID_TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("propensity", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.number"], name="fk_selected_round"),
        sa.PrimaryKeyConstraint("round", "arm", "asset_id", name="pk_selected"),
    )
    op.create_index("ix_selected_asset_id", "selected", ["asset_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("asset_id", ID_TEXT, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("arms", JSON, nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("annotator", ID_TEXT, nullable=True),
        sa.Column("leased_until", TIME, nullable=True),
        sa.ForeignKeyConstraint(["round"], ["rounds.number"], name="fk_tasks_round"),
        sa.PrimaryKeyConstraint("id", name="pk_tasks"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tasks_asset_id", "tasks", ["asset_id"], unique=False)
    op.create_index(
        "ix_tasks_expiry",
        "tasks",
        ["leased_until"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_tasks_holder",
        "tasks",
        ["annotator"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index("ix_tasks_round_state", "tasks", ["round", "state"], unique=False)
    op.create_index(
        "ix_tasks_waiting",
        "tasks",
        [sa.literal_column("priority DESC"), "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_tasks_waiting_of_round",
        "tasks",
        ["round", sa.literal_column("priority DESC"), "id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("annotator", ID_TEXT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["annotator"], ["annotators.name"], name="fk_tokens_annotator"),
        sa.PrimaryKeyConstraint("digest", name="pk_tokens"),
    )
    op.create_index("ix_tokens_expires_at", "tokens", ["expires_at"], unique=False)
    op.create_table(
        "annotations",
        sa.Column("seq", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("asset_id", ID_TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("class_name", sa.Text(), nullable=True),
        sa.Column("annotator", ID_TEXT, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("ontology_version", sa.Integer(), nullable=False),
        sa.Column("prelabel", JSON, nullable=True),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("submission_id", ID_TEXT, nullable=False),
        sa.Column("task_id", BIG_ID, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_annotations_task_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_annotations"),
        sa.UniqueConstraint("asset_id", "version", name="uq_annotations_asset_id_version"),
        sa.UniqueConstraint("submission_id", name="uq_annotations_submission_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_annotations_annotator_seq", "annotations", ["annotator", "seq"], unique=False
    )
    op.execute(CURRENT_ANNOTATIONS)
    op.execute("INSERT INTO change_counter (id, value) VALUES (1, 0)")


def downgrade() -> None:
    """Drop the view and the tables."""
    op.execute("DROP VIEW current_annotations")
    for table in (
        "annotations",
        "tokens",
        "tasks",
        "selected",
        "job_lines",
        "sources",
        "rounds",
        "ontologies",
        "models",
        "ledger",
        "jobs",
        "change_counter",
        "annotators",
    ):
        op.drop_table(table)
