"""The questions the label log asks of SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.label_rows import Entry, annotation_of, fields_of
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import annotation_log, current_annotations
from querist.schema import Annotation


def queue_up(connection: sa.Connection) -> None:
    """Let writers of the log in one by one until they are done, so that ``seq`` never runs ahead.

    On PostgreSQL a later number could otherwise be visible before an earlier one, and "the state
    as of seq" would change afterwards. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock('annotations'::regclass::oid::bigint)"
        )


SELECT = sa.select(*fields_of(annotation_log))
BY_SEQ = SELECT.where(annotation_log.c.seq == sa.bindparam("seq"))
_BY_SUBMISSION = Prepared(
    SELECT.where(annotation_log.c.submission_id == sa.bindparam("submission"))
)
_NEWEST = (
    sa.select(annotation_log.c.version)
    .where(annotation_log.c.asset_id == sa.bindparam("asset"))
    .order_by(annotation_log.c.version.desc())
    .limit(1)
)
_BY_ASSET = Prepared(
    SELECT.where(annotation_log.c.asset_id == sa.bindparam("asset"))
    .order_by(annotation_log.c.version.desc())
    .limit(1)
)
_VERSION = Prepared(_NEWEST)
_BEFORE = Prepared(
    sa.select(
        _NEWEST.scalar_subquery(),
        sa.select(annotation_log.c.seq)
        .where(annotation_log.c.submission_id == sa.bindparam("submission"))
        .scalar_subquery(),
    )
)
_BLANK: Mapping[str, Any] = {it.name: None for it in annotation_log.c if it.name != "seq"}
_INSERT = Prepared(sa.insert(annotation_log).returning(annotation_log.c.seq), list(_BLANK))
LAST_SEQ = sa.select(sa.func.max(annotation_log.c.seq))
INSERT_MANY = sa.insert(annotation_log).inline()


def latest(upto: int | None) -> tuple[Any, sa.Select[Any]]:
    """The last entry of every asset: where its columns are, and the query to add them to."""
    if upto is None:
        view = current_annotations
        return view, sa.select().select_from(view).order_by(view.c.asset_id)
    entry, later = annotation_log.alias("entry"), annotation_log.alias("later")
    successor = sa.exists().where(
        later.c.asset_id == entry.c.asset_id,
        later.c.version == entry.c.version + 1,
        later.c.seq <= upto,
    )
    query = sa.select().select_from(entry).where(entry.c.seq <= upto, ~successor)
    return entry, query.order_by(entry.c.asset_id)


def next_seqs(connection: sa.Connection, count: int) -> Sequence[int]:
    """Positions for ``count`` entries; the caller is the only writer of the log."""
    if connection.dialect.name == "postgresql":
        draw = "SELECT nextval(pg_get_serial_sequence('annotations', 'seq'))"
        found = connection.exec_driver_sql(f"{draw} FROM generate_series(1, {int(count)})")
        return sorted(found.scalars())
    last = int(connection.execute(LAST_SEQ).scalar() or 0)
    return range(last + 1, last + 1 + count)


def insert(connection: sa.Connection, row: Mapping[str, Any]) -> int:
    """Append a row to the log, empty where it says nothing, and return its position."""
    return int(_INSERT.scalar(connection, {**_BLANK, **row}))


def insert_many(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows to the log in their order; the caller is its only writer."""
    if rows:
        seqs = next_seqs(connection, len(rows))
        full = [{**_BLANK, **row, "seq": seq} for row, seq in zip(rows, seqs, strict=True)]
        connection.execute(INSERT_MANY, full)


def version_of(connection: sa.Connection, asset_id: str) -> int:
    """The asset's version; 0 when it has no entry."""
    return int(_VERSION.scalar(connection, {"asset": asset_id}) or 0)


def before(
    connection: sa.Connection, asset_id: str, submission_id: str
) -> tuple[int, Annotation | None]:
    """The asset's version, and the entry that is stored for a submission already."""
    values = {"asset": asset_id, "submission": submission_id}
    version, seq = _BEFORE.row(connection, values)
    return version or 0, None if seq is None else of_submission(connection, submission_id)


def current_of(connection: sa.Connection, asset_id: str) -> Annotation | None:
    """The last entry of the asset, or ``None``."""
    row = _BY_ASSET.row(connection, {"asset": asset_id})
    return None if row is None else annotation_of(row)


def of_submission(connection: sa.Connection, submission_id: str) -> Annotation | None:
    """The entry stored for a submission, or ``None``."""
    row = _BY_SUBMISSION.row(connection, {"submission": submission_id})
    return None if row is None else annotation_of(row)


def of_submissions(connection: sa.Connection, chunk: list[Entry]) -> dict[str, Annotation]:
    """The entries already stored for the submissions of a chunk, by submission id."""
    keys = [entry.submission_id for entry in chunk]
    rows = connection.execute(SELECT.where(annotation_log.c.submission_id.in_(keys)))
    return {row.submission_id: annotation_of(row) for row in rows}


def versions_of(connection: sa.Connection, chunk: list[Entry]) -> dict[str, int]:
    """The versions of the assets of a chunk that have entries, by asset id."""
    query = (
        sa.select(annotation_log.c.asset_id, sa.func.max(annotation_log.c.version))
        .where(annotation_log.c.asset_id.in_(sorted({entry.asset_id for entry in chunk})))
        .group_by(annotation_log.c.asset_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
