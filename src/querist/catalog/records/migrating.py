"""Brings the tables of the records up to date when they are opened."""

from __future__ import annotations

import threading
from pathlib import Path

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.errors import StorageError

HEAD = "0007"

# Alembic keeps the migration that runs in a module-wide place: one at a time in a process.
_ONE_AT_A_TIME = threading.Lock()


def migrate(database: Database) -> None:
    """Create or upgrade the tables; does nothing, and loads nothing, when they are up to date.

    Raises:
        StorageError: a newer Querist has written here, or the database cannot be reached.
    """
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return
    with _ONE_AT_A_TIME, database.write(counted=False) as connection:
        if not database.is_sqlite:
            # Several processes may open a new database at once; one migrates, the others wait.
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock(hashtext('querist.migrate.' || current_schema()))"
            )
        _upgrade(connection, database.address.shown)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def _upgrade(connection: sa.Connection, shown: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = _revision(connection)
    if found is not None and found not in known:
        raise StorageError(
            f"{shown} was written by a newer Querist (its tables are at {found!r}, this one "
            f"knows up to {HEAD!r}).",
            remedy="Upgrade Querist: pip install --upgrade 'querist[app]'.",
            found=found,
            known=HEAD,
        )
    command.upgrade(config, "head")
