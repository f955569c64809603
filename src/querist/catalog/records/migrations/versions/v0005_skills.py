"""Skills: a task may need one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the tasks; those that are there need no skill."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("tasks", sa.Column("skill", text, nullable=True))


def downgrade() -> None:
    """Take the column away."""
    op.drop_column("tasks", "skill")
