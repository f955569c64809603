"""How Alembic reaches the records: through the connection it is given, in that transaction."""

from __future__ import annotations

from alembic import context

from querist.catalog.records.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
