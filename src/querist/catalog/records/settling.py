"""How opinions become labels: written to the label log, taken back, and written anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.label_queries import insert, insert_many
from querist.catalog.records.label_rows import Entry, value_of
from querist.catalog.records.opinion_rows import among as opinions_among
from querist.catalog.records.opinion_rows import opinion_of
from querist.catalog.records.opinion_rows import standing as standing_opinions
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.tables import annotation_log, opinions, tasks
from querist.catalog.records.task_serving import IS_UNFINISHED
from querist.catalog.records.undoing import standing
from querist.metrics import is_right
from querist.schema import BY_PEOPLE, Action, Opinion, Origin, Question, Value, new_id

_CHUNK = 250
_BY_SUBMISSION = Prepared(
    sa.select(opinions.c.seq).where(opinions.c.submission_id == sa.bindparam("submission"))
)
_HISTORY = Prepared(
    sa.select(annotation_log)
    .where(annotation_log.c.asset_id == sa.bindparam("asset"))
    .order_by(annotation_log.c.version)
)
_WAITS = sa.and_(tasks.c.kind == Question.OPINION.value, IS_UNFINISHED)
_IS_WAITED_FOR = sa.exists().where(tasks.c.asset_id == sa.bindparam("asset"), _WAITS)
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


def awaited(asset_ids: Sequence[str]) -> sa.Select[Any]:
    """The query for those of the assets on which an opinion is still wanted, each once."""
    return sa.select(tasks.c.asset_id).where(tasks.c.asset_id.in_(asset_ids), _WAITS).distinct()


def settle(connection: sa.Connection, asset_id: str, rule: Rule, now: datetime) -> Settled:
    """Bring the asset's consensus in line with its opinions.

    While an opinion is still wanted there is no consensus: one that was written is taken back by
    appended entries. What a person has decided since is left alone. A first label that has become
    an opinion holds until others outvote it, and goes when its author takes the opinion back.
    """
    key = {"asset": asset_id}
    rows = _SAID.rows(connection, key)
    work = _Work(
        asset_id=asset_id,
        entries=_HISTORY.rows(connection, key),
        said=[opinion_of(row) for row in rows],
        is_waited_for=any(row.is_waited_for for row in rows),
        is_opinion=lambda label: bool(_BY_SUBMISSION.rows(connection, {"submission": label})),
        now=now,
    )
    found = work.settle(rule, None)
    for row in work.written:
        insert(connection, row)
    return found


def settle_many(
    connection: sa.Connection, rules: Mapping[str, Rule], now: datetime, *, run: str | None = None
) -> int:
    """Settle each asset by its rule as ``settle`` does, in a few statements for 250 assets.

    Args:
        connection: The transaction.
        rules: By asset id; labels are written in this order.
        now: The time.
        run: What is written for the asset at position i gets the submission id ``run``.i.

    Returns:
        How many assets it changed.
    """
    changed = 0
    numbered = list(enumerate(rules.items()))
    for start in range(0, len(numbered), _CHUNK):
        part = numbered[start : start + _CHUNK]
        works = _read(connection, [asset_id for _, (asset_id, _) in part], now)
        for work, (number, (_, rule)) in zip(works, part, strict=True):
            changed += work.settle(rule, None if run is None else f"{run}.{number}").changed
        insert_many(connection, [row for work in works for row in work.written])
    return changed


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
        entries = _HISTORY.rows(connection, {"asset": asset_id})
        held = standing(entries)
        if held and held[-1].seq == seq:
            insert(connection, _undo_row(held, entries[-1].version + 1, now))
            undone += 1
    return undone


def stack_of(connection: sa.Connection, asset_id: str) -> list[Any]:
    """The decisions on an asset that stand in the label log, the one that holds last."""
    return standing(_HISTORY.rows(connection, {"asset": asset_id}))


@dataclass(slots=True, kw_only=True)
class _Work:
    """An asset to settle: all that is known of it, and what is to be written.

    Attributes:
        asset_id: The asset.
        entries: Its rows of the label log, oldest first.
        said: The opinions on it that stand.
        is_waited_for: Whether an opinion is still wanted.
        is_opinion: Whether a submission of the label log has become an opinion, which has its id.
        now: The time.
        written: Rows to append to the label log.
    """

    asset_id: str
    entries: Sequence[Any]
    said: Sequence[Opinion]
    is_waited_for: bool
    is_opinion: Callable[[str], bool]
    now: datetime
    written: list[dict[str, Any]] = field(default_factory=list)

    def settle(self, rule: Rule, submission_id: str | None) -> Settled:
        held = standing(self.entries)
        withdrawn = self._withdraw(held)
        top = held[-1] if held else None
        opened = top is not None and self.is_opinion(top.submission_id)
        if top is not None and top.origin in BY_PEOPLE and not opened:
            return Settled(changed=withdrawn)
        said = [] if self.is_waited_for else self.said
        verdict = rule.decide(said) if said else None
        if verdict is None:
            reopened = self._reopen(held)
            return Settled(changed=reopened or withdrawn, tied=bool(said))
        if top is not None and _says(top, verdict, opened=opened):
            return Settled(changed=withdrawn)
        entry = Entry(
            asset_id=self.asset_id,
            action=verdict.action,
            value=verdict.value,
            annotator=verdict.annotator,
            ontology_version=rule.ontology_version,
            submission_id=submission_id or new_id("consensus"),
            origin=Origin.CONSENSUS,
            round=max(opinion.round for opinion in said),
        )
        self.written.append(entry.row(self._version(), self.now))
        return Settled(changed=True)

    def _withdraw(self, held: list[Any]) -> bool:
        """Take away labels whose opinion was taken back; returns whether there was one."""
        stands = {opinion.submission_id for opinion in self.said}
        withdrawn = False
        while held and held[-1].submission_id not in stands:
            if not self.is_opinion(held[-1].submission_id):
                break
            self._take_back(held)
            withdrawn = True
        return withdrawn

    def _reopen(self, held: list[Any]) -> bool:
        """Take back every consensus on top of what is held; returns whether there was one."""
        before = len(held)
        while held and held[-1].origin == Origin.CONSENSUS.value:
            self._take_back(held)
        return len(held) < before

    def _take_back(self, held: list[Any]) -> None:
        self.written.append(_undo_row(held, self._version(), self.now))
        held.pop()

    def _version(self) -> int:
        last = self.entries[-1].version if self.entries else 0
        return int(last) + len(self.written) + 1


def _read(connection: sa.Connection, asset_ids: Sequence[str], now: datetime) -> list[_Work]:
    """What is known of each asset, in their order."""
    log = annotation_log.c
    entries, said = defaultdict(list), defaultdict(list)
    for row in connection.execute(
        sa.select(annotation_log).where(log.asset_id.in_(asset_ids)).order_by(log.version)
    ):
        entries[row.asset_id].append(row)
    for row in connection.execute(standing_opinions(opinions.c.asset_id.in_(asset_ids))):
        said[row.asset_id].append(opinion_of(row))
    waited = set(connection.scalars(awaited(asset_ids)))
    submissions = sa.select(log.submission_id).where(log.asset_id.in_(asset_ids))
    both = set(connection.scalars(opinions_among(submissions)))
    return [
        _Work(
            asset_id=it,
            entries=entries[it],
            said=said[it],
            is_waited_for=it in waited,
            is_opinion=both.__contains__,
            now=now,
        )
        for it in asset_ids
    ]


def _undo_row(held: Sequence[Any], version: int, now: datetime) -> dict[str, Any]:
    """The row that undoes the last of what is ``held``; what lies below holds again."""
    undone, below = held[-1], held[-2] if len(held) > 1 else None
    return {
        "asset_id": undone.asset_id,
        "version": version,
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


def _says(top: Any, verdict: Verdict, *, opened: bool) -> bool:
    """Whether the label on top need not be replaced.

    A first label that became an opinion stands for all that are the same; a consensus only for
    itself, since who gave it may have taken it back.
    """
    held = value_of(top.value, top.class_name)
    if top.action != verdict.action.value:
        return False
    if opened and held is not None and verdict.value is not None:
        return is_right(held, verdict.value)
    return held == verdict.value and (opened or bool(top.origin == Origin.CONSENSUS))
