"""Opinions as rows of SQL: what is inserted, and schema objects on the way out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.label_rows import Entry, value_of
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import annotation_log, opinions
from querist.schema import Action, Opinion

SELECT = sa.select(*opinions.c)
# A label on which another opinion was asked for is an opinion too, with the same submission.
IS_LABEL_TOO = sa.exists().where(annotation_log.c.submission_id == opinions.c.submission_id)
_MINE = (
    opinions.c.asset_id == sa.bindparam("asset"),
    opinions.c.annotator == sa.bindparam("who"),
)
_NAMES = opinions.c.keys()
_NEWEST = SELECT.where(*_MINE).order_by(opinions.c.version.desc()).limit(1)
_LAST = Prepared(_NEWEST)
_OF_SUBMISSION = SELECT.where(opinions.c.submission_id == sa.bindparam("submission"))
_BY_SUBMISSION = Prepared(_OF_SUBMISSION)
_BEFORE = Prepared(sa.union_all(_OF_SUBMISSION, sa.select(_NEWEST.subquery())))
_SEQS = sa.union_all(
    *(sa.select(sa.func.max(log.c.seq).label("seq")) for log in (opinions, annotation_log))
).subquery()
_NEXT_SEQ = sa.select(sa.func.coalesce(sa.func.max(_SEQS.c.seq), 0) + 1).scalar_subquery()
_BLANK: Mapping[str, Any] = {name: None for name in _NAMES if name != "seq"}
_INSERT = Prepared(sa.insert(opinions).values(seq=_NEXT_SEQ).returning(*opinions.c), list(_BLANK))


def opinion_of(row: sa.Row[Any]) -> Opinion:
    """The schema object of a row that begins with the columns of opinions in their order."""
    body: dict[str, Any] = dict(zip(_NAMES, row, strict=False))  # by name each takes far longer
    body["value"] = value_of(body["value"], body.pop("class_name"))
    body["prelabel"] = value_of(body["prelabel"], None)
    body["action"] = Action(body["action"])
    return Opinion(**body)


def insert(connection: sa.Connection, row: dict[str, Any]) -> Opinion:
    """Insert a row, and give back what is stored; the caller is the only writer of both logs.

    Its number lies above those of the label log: it does not tell how few opinions there are.
    """
    return opinion_of(_INSERT.row(connection, {**_BLANK, **row}))


def row_of(entry: Entry, version: int, created_at: datetime, *, gold: bool) -> dict[str, Any]:
    """The row of an opinion, from the same facts as those of a label."""
    row = entry.row(version, created_at)
    del row["origin"]
    return {**row, "gold": gold}


def last_of(connection: sa.Connection, asset_id: str, annotator: str) -> Opinion | None:
    """The annotator's newest entry about the asset, or ``None``."""
    row = _LAST.row(connection, {"asset": asset_id, "who": annotator})
    return None if row is None else opinion_of(row)


def of_submission(connection: sa.Connection, submission_id: str) -> Opinion | None:
    """The entry stored for a submission, or ``None``."""
    row = _BY_SUBMISSION.row(connection, {"submission": submission_id})
    return None if row is None else opinion_of(row)


def among(submissions: Any) -> sa.Select[Any]:
    """The query for those of the submission ids, a list or a query, that are opinions."""
    return sa.select(opinions.c.submission_id).where(opinions.c.submission_id.in_(submissions))


def before(
    connection: sa.Connection, asset_id: str, annotator: str, submission_id: str
) -> tuple[Opinion | None, Opinion | None]:
    """The annotator's newest entry about the asset, and what is stored for a submission already."""
    values = {"asset": asset_id, "who": annotator, "submission": submission_id}
    found = [opinion_of(row) for row in _BEFORE.rows(connection, values)]
    own = [it for it in found if (it.asset_id, it.annotator) == (asset_id, annotator)]
    stored = next((it for it in found if it.submission_id == submission_id), None)
    return max(own, key=lambda it: it.version, default=None), stored


def standing(
    *conditions: sa.ColumnElement[bool], gold: bool = False, upto: int | None = None
) -> sa.Select[Any]:
    """The query for the last entries of their annotators that were not taken back.

    With ``upto`` entries after that position of the log are not seen.
    """
    later = opinions.alias("later")
    seen = [] if upto is None else [opinions.c.seq <= upto]
    successor = sa.exists().where(
        later.c.asset_id == opinions.c.asset_id,
        later.c.annotator == opinions.c.annotator,
        later.c.version > opinions.c.version,
        later.c.gold == opinions.c.gold,
        *([] if upto is None else [later.c.seq <= upto]),
    )
    return SELECT.where(
        opinions.c.gold == gold,
        opinions.c.action != Action.UNDO.value,
        ~successor,
        *seen,
        *conditions,
    ).order_by(opinions.c.seq)
