"""The log of opinions: append-only, one a person and asset stands, settled in the same write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.label_queries import queue_up
from querist.catalog.records.label_rows import Entry, same_decision
from querist.catalog.records.ledger import Booking, book
from querist.catalog.records.opinion_rows import (
    IS_LABEL_TOO,
    SELECT,
    among,
    before,
    insert,
    last_of,
    of_submission,
    opinion_of,
    row_of,
    standing,
)
from querist.catalog.records.prepared import Prepared
from querist.catalog.records.second_opinions import ask_again
from querist.catalog.records.settling import (
    Rule,
    Verdict,
    awaited,
    settle,
    settle_many,
    take_back_all,
)
from querist.catalog.records.stored import in_parts
from querist.catalog.records.tables import annotation_log, opinions
from querist.catalog.records.task_ends import answer_task, reopen_task
from querist.catalog.records.task_serving import one_by_one
from querist.errors import ConflictError, InvalidInputError
from querist.schema import Action, Opinion, Task, to_json

# Built once: every decision asks whether it is new.
_KNOWN = Prepared(
    sa.union_all(
        *(
            sa.select(log.c.seq).where(log.c.submission_id == sa.bindparam("submission"))
            for log in (annotation_log, opinions)
        )
    )
)

# Inside the class `list` is a method.
_Opinions = list[Opinion]
Bookings = Callable[[Opinion | None], Sequence[Booking]]


class OpinionLog:
    """What annotators say about assets that are asked of several; nothing is changed or removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, entry: Entry, *, task: Task, gold: bool, rule: Rule, bookings: Bookings
    ) -> tuple[Opinion, bool]:
        """Append an opinion, finish its task, book its cost and settle its asset, in one write.

        On return it is on disk. The last wanted opinion of an asset writes its label; one that
        changes an earlier opinion brings the label in line.

        Args:
            entry: What is said; ``expected_version`` is that of the annotator's own opinion.
            task: The task that asked, or another one of the asset in the same round.
            gold: Whether it answers a gold question.
            rule: How the opinions are decided.
            bookings: Says what it cost, given the annotator's opinion that stood; must not read.

        Returns:
            What is stored, and whether all opinions are in now and decide nothing.

        Raises:
            ConflictError: the annotator's own opinion has another version by now, others have
                given all the opinions that were wanted, or the submission is of another asset.
            NotFoundError: there is no such task.
        """
        with self._database.write() as connection:
            one_by_one(connection, entry.annotator)
            queue_up(connection)
            own, stored = before(connection, entry.asset_id, entry.annotator, entry.submission_id)
            if stored is not None:
                return same_decision(stored, entry.asset_id, entry.annotator), False
            version = own.version if own else 0
            if entry.expected_version not in (None, version):
                raise _stale(entry, own)
            now = self._database.now()
            task_id = answer_task(connection, task, entry.annotator)
            made = insert(
                connection, {**row_of(entry, version + 1, now, gold=gold), "task_id": task_id}
            )
            stands = own if own and own.action is not Action.UNDO else None
            book(connection, bookings(stands), now)
            tied = not gold and settle(connection, entry.asset_id, rule, now).tied
            return made, tied

    def undo(
        self,
        *,
        asset_id: str,
        annotator: str,
        submission_id: str,
        rule: Rule,
        lease_seconds: float = 600,
        bookings: Bookings,
    ) -> Opinion:
        """Take the annotator's opinion on an asset back, by appending an entry that says so.

        Its task is leased to the annotator again while its round still collects; the label that
        was made of it is taken back until then, or made of the other opinions.

        Raises:
            InvalidInputError: no opinion of the annotator stands.
            ConflictError: the submission is of another decision.
        """
        with self._database.write() as connection:
            one_by_one(connection, annotator)
            queue_up(connection)
            undone, stored = before(connection, asset_id, annotator, submission_id)
            if stored is not None:
                return same_decision(stored, asset_id, annotator)
            if undone is None or undone.action is Action.UNDO:
                raise InvalidInputError(
                    f"{asset_id!r} has no decision to undo.",
                    remedy="Label it first.",
                    asset_id=asset_id,
                )
            now = self._database.now()
            if undone.task_id is not None:
                reopen_task(
                    connection, undone.task_id, annotator, now + timedelta(seconds=lease_seconds)
                )
            row = {
                "asset_id": asset_id,
                "annotator": annotator,
                "version": undone.version + 1,
                "action": Action.UNDO.value,
                "round": undone.round,
                "ontology_version": undone.ontology_version,
                "submission_id": submission_id,
                "task_id": undone.task_id,
                "gold": undone.gold,
                "created_at": now,
            }
            made = insert(connection, row)
            book(connection, bookings(undone), now)
            if not undone.gold:
                settle(connection, asset_id, rule, now)
            return made

    def settle(self, asset_ids: Sequence[str], rule: Rule) -> int:
        """Bring the labels of assets in line with their opinions; returns how many changed."""
        with self._database.write() as connection:
            queue_up(connection)
            return settle_many(connection, dict.fromkeys(asset_ids, rule), self._database.now())

    def write(self, verdicts: Mapping[str, Verdict], *, run: str, ontology_version: int) -> int:
        """Write verdicts that were computed over many assets; returns how many changed a label.

        Assets that still wait for an opinion, or that a person has decided, are left alone.

        Args:
            verdicts: By asset id.
            run: An id of this run, with which it can be taken back; new for each.
            ontology_version: The ontology under which they were computed.
        """
        with self._database.write() as connection:
            queue_up(connection)
            rules = {
                asset_id: Rule(decide=_always(verdict), ontology_version=ontology_version)
                for asset_id, verdict in verdicts.items()
            }
            return settle_many(connection, rules, self._database.now(), run=run)

    def take_back(self, run: str) -> int:
        """Undo what a run wrote and still holds; returns how many labels that changed."""
        with self._database.write() as connection:
            queue_up(connection)
            return take_back_all(connection, f"{run}.", self._database.now())

    def ask_again(self, asset_ids: Sequence[str], round: int) -> Sequence[str]:
        """Ask somebody else about assets that hold a label; the first is asked first.

        The label becomes an opinion of its author and holds until others outvote it. Assets
        without a label, or with a task that nobody has finished, are left alone.

        Returns:
            The assets that are asked about now.
        """
        with self._database.write() as connection:
            queue_up(connection)
            return ask_again(connection, asset_ids, round)

    def last_seq(self) -> int:
        """Position of the newest entry; 0 when the log is empty."""
        with self._database.read() as connection:
            return int(connection.execute(sa.select(sa.func.max(opinions.c.seq))).scalar() or 0)

    def list(
        self,
        *,
        asset_id: str | None = None,
        annotator: str | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> _Opinions:
        """All entries in the order in which they were made; filters narrow it."""
        query = SELECT.order_by(opinions.c.seq).offset(offset).limit(limit)
        if asset_id is not None:
            query = query.where(opinions.c.asset_id == asset_id)
        if annotator is not None:
            query = query.where(opinions.c.annotator == annotator)
        return self._list(query)

    def standing(
        self,
        *,
        round: int | None = None,
        asset_id: str | None = None,
        upto: int | None = None,
        gold: bool = False,
        newest: int | None = None,
    ) -> _Opinions:
        """What annotators say, of a round, of an asset, or of all, skips included; oldest first.

        They say it now, or as of position ``upto`` of the log; with ``newest`` only the last ones,
        which costs the same however many came before them.
        """
        conditions = [] if round is None else [opinions.c.round == round]
        if asset_id is not None:
            conditions.append(opinions.c.asset_id == asset_id)
        query = standing(*conditions, gold=gold, upto=upto)
        if newest is None:
            return self._list(query)
        last = query.order_by(None).order_by(opinions.c.seq.desc()).limit(newest)
        return self._list(last)[::-1]

    def of_assets(self, asset_ids: Sequence[str]) -> dict[str, _Opinions]:
        """What annotators say of each of these assets on which anybody does; oldest first."""
        found: dict[str, _Opinions] = {}
        for part in in_parts(asset_ids):
            for it in self._list(standing(opinions.c.asset_id.in_(part))):
                found.setdefault(it.asset_id, []).append(it)
        return found

    def awaited(self, asset_ids: Sequence[str]) -> set[str]:
        """Those of the assets on which an opinion is still wanted."""
        with self._database.read() as connection:
            return {it for part in in_parts(asset_ids) for it in connection.scalars(awaited(part))}

    def among(self, submission_ids: Sequence[str]) -> set[str]:
        """Those of the submissions that are opinions."""
        with self._database.read() as connection:
            parts = in_parts(submission_ids)
            return {it for part in parts for it in connection.scalars(among(part))}

    def gold_answers(self) -> _Opinions:
        """The first answer of each annotator to each gold question: what comes later is no test."""
        first = sa.select(sa.func.min(opinions.c.seq)).where(opinions.c.gold)
        first = first.group_by(opinions.c.asset_id, opinions.c.annotator)
        return self._list(SELECT.where(opinions.c.seq.in_(first)).order_by(opinions.c.seq))

    def last(self, asset_id: str, annotator: str) -> Opinion | None:
        """The annotator's newest entry about the asset, or ``None``."""
        with self._database.read() as connection:
            return last_of(connection, asset_id, annotator)

    def recent(self, annotator: str, limit: int = 10) -> _Opinions:
        """The newest entries of an annotator, newest first; not those that are labels too."""
        query = SELECT.where(opinions.c.annotator == annotator, ~IS_LABEL_TOO)
        return self._list(query.order_by(opinions.c.seq.desc()).limit(limit))

    def of_submission(self, submission_id: str) -> Opinion | None:
        """The entry stored for a submission, or ``None``."""
        with self._database.read() as connection:
            return of_submission(connection, submission_id)

    def knows(self, submission_id: str) -> bool:
        """Whether something was stored for a submission, here or in the label log."""
        with self._database.read() as connection:
            return bool(_KNOWN.rows(connection, {"submission": submission_id}))

    def _list(self, query: sa.Select[Any]) -> _Opinions:
        with self._database.read() as connection:
            return [opinion_of(row) for row in connection.execute(query)]


def _always(verdict: Verdict) -> Callable[[Sequence[Opinion]], Verdict | None]:
    return lambda _: verdict


def _stale(entry: Entry, before: Opinion | None) -> ConflictError:
    version = before.version if before else 0
    return ConflictError(
        f"{entry.asset_id!r} has version {version} by now, you saw {entry.expected_version}.",
        remedy="Look at the present label, then decide again.",
        current=to_json(before.as_annotation()) if before else None,
        yours=to_json(entry.value),
    )
