"""Slices that people saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    # Spelled out here, so that this step stays what it was when the tables move on.
    id_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "slices",
        sa.Column("name", id_text, nullable=False),
        sa.Column("query", json, nullable=False),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.Column("created_by", id_text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_slices"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("slices")
