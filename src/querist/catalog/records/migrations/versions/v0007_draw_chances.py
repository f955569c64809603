"""The chance of each draw, for estimates from chosen labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the selections; those that are there tell none."""
    op.add_column("selected", sa.Column("draw_chance", sa.Double(), nullable=True))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("selected", "draw_chance")
