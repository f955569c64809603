"""How opinions become labels: written to the label log, taken back, and written anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.label_queries import insert, version_of
from querist.catalog.records.label_rows import Entry, value_of
from querist.catalog.records.opinion_rows import opinion_of
from querist.catalog.records.opinion_rows import standing as standing_opinions
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import annotation_log, opinions, tasks
from querist.catalog.records.task_serving import IS_UNFINISHED
from querist.catalog.records.undoing import standing
from querist.schema import Action, Opinion, Origin, Question, Value, new_id

_DECIDED = (Origin.PERSON.value, Origin.REVIEW.value)
_BY_SUBMISSION = Prepared(
    sa.select(opinions.c.seq).where(opinions.c.submission_id == sa.bindparam("submission"))
)
_HISTORY = Prepared(
    sa.select(annotation_log)
    .where(annotation_log.c.asset_id == sa.bindparam("asset"))
    .order_by(annotation_log.c.version)
)
_IS_WAITED_FOR = sa.exists().where(
    tasks.c.asset_id == sa.bindparam("asset"),
    tasks.c.kind == Question.OPINION.value,
    IS_UNFINISHED,
)
_SAID = Prepared(
    standing_opinions(opinions.c.asset_id == sa.bindparam("asset")).add_columns(
        _IS_WAITED_FOR.label("is_waited_for")
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What several opinions come to: an entry of the label log in the name of the method."""

    action: Action
    value: Value | None
    annotator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of settling: whether the label log has grown, and whether nothing was decided."""

    changed: bool = False
    tied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How opinions on an asset are decided.

    Attributes:
        decide: The verdict on the standing opinions, at least one; ``None`` where they decide
            nothing. It runs inside a transaction and must not read.
        ontology_version: The ontology under which it is written.
    """

    decide: Callable[[Sequence[Opinion]], Verdict | None]
    ontology_version: int


def settle(
    connection: sa.Connection,
    asset_id: str,
    rule: Rule,
    now: datetime,
    *,
    submission_id: str | None = None,
) -> Settled:
    """Bring the asset's consensus in line with its opinions.

    While an opinion is still wanted there is no consensus: one that was written is taken back by
    appended entries. What a person has decided since is left alone. A first label that has become
    an opinion holds until others outvote it, and goes when its author takes the opinion back.
    """
    rows = _SAID.rows(connection, {"asset": asset_id})
    said = [opinion_of(row) for row in rows]
    held, withdrawn = _held(connection, asset_id, said, now)
    top = held[-1] if held else None
    opened = top is not None and _is_opinion(connection, top)
    if top is not None and top.origin in _DECIDED and not opened:
        return Settled(changed=withdrawn)
    if any(row.is_waited_for for row in rows):
        said = []
    verdict = rule.decide(said) if said else None
    if verdict is None:
        reopened = reopen(connection, asset_id, held, now)
        return Settled(changed=reopened or withdrawn, tied=bool(said))
    if top is not None and _says(top, verdict, opened=opened):
        return Settled(changed=withdrawn)
    entry = Entry(
        asset_id=asset_id,
        action=verdict.action,
        value=verdict.value,
        annotator=verdict.annotator,
        ontology_version=rule.ontology_version,
        submission_id=submission_id or new_id("consensus"),
        origin=Origin.CONSENSUS,
        round=max(opinion.round for opinion in said),
    )
    insert(connection, entry.row(version_of(connection, asset_id) + 1, now))
    return Settled(changed=True)


def reopen(connection: sa.Connection, asset_id: str, held: Sequence[Any], now: datetime) -> bool:
    """Take back every consensus on top of what is ``held``; returns whether there was one."""
    left = list(held)
    while left and left[-1].origin == Origin.CONSENSUS.value:
        take_back(connection, asset_id, left, now)
        left.pop()
    return len(left) < len(held)


def take_back(connection: sa.Connection, asset_id: str, held: Sequence[Any], now: datetime) -> None:
    """Append the entry that undoes the last of what is ``held``; what lies below holds again."""
    undone, below = held[-1], held[-2] if len(held) > 1 else None
    row = {
        "asset_id": asset_id,
        "version": version_of(connection, asset_id) + 1,
        "action": Action.UNDO.value,
        "value": below.value if below else None,
        "class_name": below.class_name if below else None,
        "annotator": undone.annotator,
        "origin": undone.origin,
        "round": undone.round,
        "ontology_version": (below or undone).ontology_version,
        "submission_id": new_id("sub"),
        "created_at": now,
    }
    insert(connection, row)


def take_back_all(connection: sa.Connection, prefix: str, now: datetime) -> int:
    """Undo the entries whose submission ids begin with ``prefix`` and that hold; returns how many.

    An entry on which a later one was laid stays.
    """
    ids = annotation_log.c.submission_id
    found = connection.execute(
        sa.select(annotation_log.c.asset_id, annotation_log.c.seq)
        .where(ids >= prefix, ids < prefix + "\U0010ffff")
        .order_by(annotation_log.c.seq)
    ).all()
    undone = 0
    for asset_id, seq in found:
        held = stack_of(connection, asset_id)
        if held and held[-1].seq == seq:
            take_back(connection, asset_id, held, now)
            undone += 1
    return undone


def stack_of(connection: sa.Connection, asset_id: str) -> list[Any]:
    """The decisions on an asset that stand in the label log, the one that holds last."""
    return standing(_HISTORY.rows(connection, {"asset": asset_id}))


def _held(
    connection: sa.Connection, asset_id: str, said: Sequence[Opinion], now: datetime
) -> tuple[list[Any], bool]:
    """What stands in the label log, after taking away labels whose opinion was taken back.

    Returns:
        The decisions, the one that holds last, and whether any was taken away.
    """
    held = stack_of(connection, asset_id)
    stands = {opinion.submission_id for opinion in said}
    withdrawn = False
    while held and held[-1].submission_id not in stands and _is_opinion(connection, held[-1]):
        take_back(connection, asset_id, held, now)
        held.pop()
        withdrawn = True
    return held, withdrawn


def _is_opinion(connection: sa.Connection, label: Any) -> bool:
    """Whether an entry of the label log has become an opinion, which has its submission id."""
    return bool(_BY_SUBMISSION.rows(connection, {"submission": label.submission_id}))


def _says(top: Any, verdict: Verdict, *, opened: bool) -> bool:
    same = value_of(top.value, top.class_name) == verdict.value
    of_opinions = opened or top.origin == Origin.CONSENSUS
    return bool(top.action == verdict.action.value and same and of_opinions)
