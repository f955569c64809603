"""The label log: append-only, one transaction an entry, stale writes refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from querist.catalog.records import undoing
from querist.catalog.records.connection import Database
from querist.catalog.records.label_queries import (
    BY_SEQ,
    INSERT_MANY,
    LAST_SEQ,
    SELECT,
    before,
    current_of,
    insert,
    latest,
    next_seqs,
    of_submission,
    of_submissions,
    queue_up,
    version_of,
    versions_of,
)
from querist.catalog.records.label_rows import (
    Entry,
    annotation_of,
    entry_of,
    fields_of,
    names_in,
    same_decision,
)
from querist.catalog.records.ledger import Booking, book
from querist.catalog.records.review_tables import reviews
from querist.catalog.records.stored import in_parts
from querist.catalog.records.tables import annotation_log
from querist.catalog.records.task_ends import finish_task
from querist.errors import ConflictError
from querist.schema import Action, Annotation, Origin, ReviewAction, Value, to_json

_CHUNK = 2000
_SETTLE = (ReviewAction.ACCEPT.value, ReviewAction.FIX.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelStates:
    """The last entry of every asset as columns, ordered by asset id.

    Attributes:
        asset_ids: The assets that have an entry.
        actions: What their last entry did.
        classes: The class that holds, ``None`` where none does or the value is of another kind.
        labeled: Whether a value of any kind holds.
        seqs: Position of the last entry in the log.
        ontology_versions: The ontology that the class is a word of.
        origins: Where the last entry comes from.
    """

    asset_ids: list[str]
    actions: list[str]
    classes: list[str | None]
    labeled: list[bool]
    seqs: list[int]
    ontology_versions: list[int]
    origins: list[str]


class LabelLog:
    """The append-only log of labels; nothing in it is ever changed or removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(  # noqa: PLR0913 - one parameter a fact of the entry, all by keyword
        self,
        *,
        asset_id: str,
        action: Action,
        value: Value | None,
        annotator: str,
        ontology_version: int,
        submission_id: str,
        origin: Origin = Origin.PERSON,
        expected_version: int | None = None,
        seconds: float | None = None,
        reason: str | None = None,
        round: int | None = None,
        prelabel: Value | None = None,
        model_id: str | None = None,
        task_id: int | None = None,
        bookings: Sequence[Booking] = (),
    ) -> Annotation:
        """Append one entry, finish its task and book its cost, in one transaction.

        On return it is on disk.

        Args:
            asset_id: The asset.
            action: Label, skip or cannot_tell.
            value: The label; ``None`` exactly when it is not a label.
            annotator: Who.
            ontology_version: The ontology it was made under.
            submission_id: The writer's own id: the same one again returns what was stored then.
            origin: Where it comes from.
            expected_version: The asset's version the writer saw (0: none); ``None`` does not ask.
            seconds: Working time.
            reason: Why it was skipped or cannot be told.
            round: The round that asked.
            prelabel: The suggestion that was shown.
            model_id: The model that suggested it.
            task_id: The task that this finishes, whoever holds it now.
            bookings: What it cost; not booked again when the submission is known.

        Raises:
            ConflictError: the asset has another version by now (details: ``current``, ``yours``),
                or the submission id is that of another decision.
            InvalidInputError: a field is wrong.
            NotFoundError: there is no such task.
        """
        entry = Entry(
            asset_id=asset_id,
            action=action,
            value=value,
            annotator=annotator,
            ontology_version=ontology_version,
            submission_id=submission_id,
            origin=origin,
            expected_version=expected_version,
            seconds=seconds,
            reason=reason,
            round=round,
            prelabel=prelabel,
            model_id=model_id,
            task_id=task_id,
        )
        with self._database.write() as connection:
            queue_up(connection)
            version, stored = before(connection, asset_id, submission_id)
            if stored is not None:
                return same_decision(stored, entry.asset_id, entry.annotator)
            _check_version(connection, entry, version)
            now = self._database.now()
            if task_id is not None:
                finish_task(connection, task_id, asset_id, annotator)
            seq = insert(connection, entry.row(version + 1, now))
            book(connection, bookings, now)
            return entry.stored(seq, version + 1, now)

    def append_many(
        self,
        entries: Sequence[Mapping[str, Any]],
        *,
        bookings: Callable[[Sequence[Annotation]], Sequence[Booking]] | None = None,
    ) -> list[Annotation]:
        """Append many entries (imports, oracles) in one transaction: all of them or none.

        Args:
            entries: The keyword arguments of ``append`` but the bookings, one mapping an entry.
            bookings: Says what the entries cost; it gets those that are new and must not read.

        Returns:
            The stored entries in the same order.

        Raises:
            The errors of ``append``.
        """
        wanted = [entry_of(fields) for fields in entries]
        done: list[Annotation] = []
        new: list[Annotation] = []
        with self._database.write() as connection:
            queue_up(connection)
            for start in range(0, len(wanted), _CHUNK):
                done += self._append_chunk(connection, wanted[start : start + _CHUNK], new)
            if bookings and new:
                book(connection, bookings(new), self._database.now())
            self._database.refresh_statistics(connection, annotation_log, len(wanted))
        return done

    def undo(
        self,
        *,
        asset_id: str,
        annotator: str,
        submission_id: str,
        lease_seconds: float = 600,
        bookings: Callable[[Annotation], Sequence[Booking]] | None = None,
    ) -> Annotation:
        """Take back the decision that holds for an asset, by appending an entry that says so.

        Decisions (label, skip, cannot_tell) form a stack: each one is laid on top, an undo takes
        the top one off, and what lies below holds again. Undoing twice goes back two decisions; a
        decision after an undo is laid on what the undo left. The new entry's value is the value
        that holds now, ``None`` when that is a skip or nothing.

        The task that the decision had finished is leased to the annotator again while its round
        still collects labels.

        Args:
            asset_id: The asset.
            annotator: Who undoes; must have made the decision.
            submission_id: The writer's own id, as in ``append``.
            lease_seconds: How long the task is reserved.
            bookings: Says what the undo books; it gets the undone decision and must not read.

        Raises:
            InvalidInputError: nothing is left to undo.
            ConflictError: somebody else made the decision, or the submission id is another one's.
        """
        with self._database.write() as connection:
            queue_up(connection)
            stored = of_submission(connection, submission_id)
            if stored is not None:
                return same_decision(stored, asset_id, annotator)
            now = self._database.now()
            row, undone_seq = undoing.undo(
                connection,
                asset_id=asset_id,
                annotator=annotator,
                submission_id=submission_id,
                now=now,
                lease_seconds=lease_seconds,
            )
            seq = insert(connection, row)
            if bookings:
                undone = connection.execute(BY_SEQ, {"seq": undone_seq}).one()
                book(connection, bookings(annotation_of(undone)), now)
            return annotation_of(connection.execute(BY_SEQ, {"seq": seq}).one())

    def of_submission(self, submission_id: str) -> Annotation | None:
        """The entry stored for a submission, or ``None``."""
        with self._database.read() as connection:
            return of_submission(connection, submission_id)

    def current(self, asset_id: str) -> Annotation | None:
        """The last entry of an asset, or ``None``."""
        with self._database.read() as connection:
            return current_of(connection, asset_id)

    def version(self, asset_id: str) -> int:
        """The version of an asset: how many entries it has."""
        with self._database.read() as connection:
            return version_of(connection, asset_id)

    def currents(self, *, upto: int | None = None) -> list[Annotation]:
        """The last entry of every asset, ordered by asset id; as of log position ``upto``."""
        source, query = latest(upto)
        return self._list(query.add_columns(*fields_of(source)))

    def currents_of(self, asset_ids: Sequence[str], *, upto: int | None = None) -> list[Annotation]:
        """The last entry of each of these assets that has one, in any order; as of ``upto``."""
        source, query = latest(upto)
        query = query.add_columns(*fields_of(source)).order_by(None)
        parts = (query.where(source.c.asset_id.in_(part)) for part in in_parts(asset_ids))
        return [it for part in parts for it in self._list(part)]

    def first_seqs(self, asset_ids: Sequence[str]) -> dict[str, int]:
        """Of those of the assets that have one, position in the log of the first by no model."""
        log, found = annotation_log.c, dict[str, int]()
        query = sa.select(log.asset_id, sa.func.min(log.seq)).group_by(log.asset_id)
        with self._database.read() as connection:
            for part in in_parts(asset_ids):
                wanted = query.where(log.asset_id.in_(part), log.origin != Origin.MODEL.value)
                found |= {row[0]: row[1] for row in connection.execute(wanted)}
        return found

    def values(self, *, upto: int | None = None) -> tuple[list[str], list[str]]:
        """The class labels that hold, ordered by asset id; as of log position ``upto``.

        Returns:
            The asset ids, and the class name of each.
        """
        source, query = latest(upto)
        query = query.add_columns(source.c.asset_id, source.c.class_name)
        with self._database.read() as connection:
            rows = connection.execute(query.where(source.c.class_name.is_not(None))).all()
        return [row[0] for row in rows], [row[1] for row in rows]

    def states(self, *, upto: int | None = None) -> LabelStates:
        """The last entry of every asset as columns; as of log position ``upto``."""
        source, query = latest(upto)
        columns = source.c
        query = query.add_columns(
            columns.asset_id,
            columns.action,
            columns.class_name,
            columns.seq,
            columns.ontology_version,
            columns.value.is_not(None),
            columns.origin,
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        empty: tuple[tuple[Any, ...], ...] = ((),) * 7
        found = zip(*rows, strict=True) if rows else empty
        ids, actions, classes, seqs, versions, labeled, origins = found
        return LabelStates(
            asset_ids=list(ids),
            actions=list(actions),
            classes=list(classes),
            labeled=[bool(flag) for flag in labeled],
            seqs=list(seqs),
            ontology_versions=list(versions),
            origins=list(origins),
        )

    def named(self, *, upto: int | None = None) -> list[tuple[str, tuple[str, ...], int]]:
        """What labels of sets, boxes, polygons and spans name, as of log position ``upto``.

        Returns:
            The asset, its classes in order, repeats included, and the ontology version of each.
        """
        source, query = latest(upto)
        columns = source.c
        query = query.add_columns(columns.asset_id, columns.value, columns.ontology_version)
        query = query.where(columns.class_name.is_(None), columns.value.is_not(None))
        with self._database.read() as connection:
            return [(key, names_in(body), at) for key, body, at in connection.execute(query)]

    def history(self, asset_id: str) -> list[Annotation]:
        """All entries of an asset, oldest first."""
        query = SELECT.where(annotation_log.c.asset_id == asset_id).order_by(
            annotation_log.c.version
        )
        return self._list(query)

    def settled(self) -> list[Annotation]:
        """What opinions decided, and what reviewers accepted or corrected, in order of the log."""
        reviewed = sa.select(reviews.c.holds_seq).where(reviews.c.action.in_(_SETTLE))
        query = SELECT.where(
            (annotation_log.c.origin == Origin.CONSENSUS.value) | annotation_log.c.seq.in_(reviewed)
        )
        return self._list(query.order_by(annotation_log.c.seq))

    def recent(self, annotator: str, limit: int = 10) -> list[Annotation]:
        """The newest entries of an annotator, newest first."""
        query = SELECT.where(annotation_log.c.annotator == annotator)
        return self._list(query.order_by(annotation_log.c.seq.desc()).limit(limit))

    def since(self, seq: int, limit: int = 1000) -> list[Annotation]:
        """The entries after log position ``seq``, oldest first."""
        query = SELECT.where(annotation_log.c.seq > seq).order_by(annotation_log.c.seq)
        return self._list(query.limit(limit))

    def last_seq(self) -> int:
        """Position of the newest entry; 0 when the log is empty."""
        with self._database.read() as connection:
            return int(connection.execute(LAST_SEQ).scalar() or 0)

    def _list(self, query: sa.Select[Any]) -> list[Annotation]:
        with self._database.read() as connection:
            return [annotation_of(row) for row in connection.execute(query)]

    def _append_chunk(
        self, connection: sa.Connection, chunk: list[Entry], new: list[Annotation]
    ) -> list[Annotation]:
        stored = of_submissions(connection, chunk)
        versions = versions_of(connection, chunk)
        now = self._database.now()
        fresh: dict[str, tuple[Entry, dict[str, Any]]] = {}
        for entry in chunk:
            if entry.submission_id in fresh or entry.submission_id in stored:
                continue
            version = versions.get(entry.asset_id, 0)
            if entry.expected_version not in (None, version):
                _check_version(connection, entry, version)
            versions[entry.asset_id] = version + 1
            fresh[entry.submission_id] = (entry, entry.row(version + 1, now))
        for entry, _ in fresh.values():
            if entry.task_id is not None:
                finish_task(connection, entry.task_id, entry.asset_id, entry.annotator)
        seqs = next_seqs(connection, len(fresh))
        for (key, (entry, row)), seq in zip(fresh.items(), seqs, strict=True):
            row["seq"] = seq
            stored[key] = entry.stored(seq, row["version"], now)
        if fresh:
            connection.execute(INSERT_MANY, [row for _, row in fresh.values()])
        new += [stored[key] for key in fresh]
        return [same_decision(stored[it.submission_id], it.asset_id, it.annotator) for it in chunk]


def _check_version(connection: sa.Connection, entry: Entry, version: int) -> None:
    if entry.expected_version in (None, version):
        return
    current = current_of(connection, entry.asset_id)
    raise ConflictError(
        f"{entry.asset_id!r} has version {version} by now, you saw {entry.expected_version}.",
        remedy="Look at the present label, then decide again.",
        current=to_json(current),
        yours=to_json(entry.value),
    )
