"""The log of reviews: append-only, one transaction with the label or task that a review moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from querist.catalog.records.connection import Database
from querist.catalog.records.label_queries import queue_up
from querist.catalog.records.ledger import Booking, book
from querist.catalog.records.review_steps import (
    ReviewEntry,
    carry_out,
    check_review,
    look,
    take_back,
)
from querist.catalog.records.review_tables import current_reviews, reviews
from querist.catalog.records.tables import current_annotations
from querist.errors import ConflictError
from querist.schema import Review, ReviewAction, ReviewState

# Inside the class `list` is a method.
_Reviews = list[Review]
_INSERT = sa.insert(reviews).returning(*reviews.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewable:
    """Labels that hold and where they stand in the review, as columns, ordered by asset id.

    Attributes:
        asset_ids: The assets.
        seqs: Positions of the entries in the label log.
        classes: The class, ``None`` where the label is of another kind.
        ontology_versions: The ontology each was made under.
        annotators: Who made the entry.
        states: Where it stands.
    """

    asset_ids: list[str]
    seqs: list[int]
    classes: list[str | None]
    ontology_versions: list[int]
    annotators: list[str]
    states: list[ReviewState]


class ReviewLog:
    """What reviewers said; nothing in it is ever changed or removed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, entry: ReviewEntry, *, bookings: Sequence[Booking] = ()) -> Review:
        """Store one review with what it does to the label and its task, in one transaction.

        Raises:
            InvalidInputError: there is no label to review, or the step makes no sense now.
            ConflictError: the label is another one by now than ``entry.label_seq``, or the
                submission id belongs to another asset.
            PermissionDeniedError: the label is the reviewer's own.
        """
        check_review(entry)
        with self._database.write() as connection:
            queue_up(connection)
            stored = _of_submission(connection, entry.submission_id)
            if stored is not None:
                return _same(stored, entry.asset_id)
            now = self._database.now()
            looked = look(connection, entry.asset_id)
            row = carry_out(connection, entry, looked, now)
            book(connection, bookings, now)
            return _review(connection.execute(_INSERT, row).one())

    def undo(self, *, asset_id: str, reviewer: str, submission_id: str) -> Review:
        """Take back one's last review of an asset that still stands, with what it had done.

        Reviews form a stack, as labels do: an undo takes the top one off, and the state below
        holds again. A correction is undone in the label log, a task that was sent back is closed.

        Raises:
            InvalidInputError: nothing is left to undo.
            ConflictError: somebody else reviewed last, or the label has changed since.
        """
        with self._database.write() as connection:
            queue_up(connection)
            stored = _of_submission(connection, submission_id)
            if stored is not None:
                return _same(stored, asset_id)
            looked = look(connection, asset_id)
            row = take_back(connection, looked, reviewer, submission_id, self._database.now())
            return _review(connection.execute(_INSERT, row).one())

    def history(self, asset_id: str) -> _Reviews:
        """All reviews of an asset, oldest first."""
        query = sa.select(reviews).where(reviews.c.asset_id == asset_id)
        return self._list(query.order_by(reviews.c.version))

    def list(self) -> _Reviews:
        """All reviews, oldest first."""
        return self._list(sa.select(reviews).order_by(reviews.c.seq))

    def currents(self, asset_ids: Sequence[str]) -> dict[str, Review]:
        """The review that says where the label of each asset stands, for those that have one."""
        query = (
            sa.select(*current_reviews.c)
            .join(
                current_annotations,
                sa.and_(
                    current_annotations.c.asset_id == current_reviews.c.asset_id,
                    current_annotations.c.seq == current_reviews.c.holds_seq,
                ),
            )
            .where(current_reviews.c.asset_id.in_(list(asset_ids)))
        )
        return {review.asset_id: review for review in self._list(query)}

    def sent_back(self, *, upto: int | None = None) -> set[int]:
        """The label entries that were sent back and stand so; as of review ``upto``.

        An entry that no longer holds has been answered.
        """
        entry, later = reviews.alias("entry"), reviews.alias("later")
        followed = [later.c.asset_id == entry.c.asset_id, later.c.version == entry.c.version + 1]
        query = sa.select(entry.c.holds_seq).where(entry.c.state == ReviewState.SENT_BACK.value)
        if upto is not None:
            followed.append(later.c.seq <= upto)
            query = query.where(entry.c.seq <= upto)
        with self._database.read() as connection:
            return set(connection.scalars(query.where(~sa.exists().where(*followed))))

    def last_seq(self) -> int:
        """Position of the newest review; 0 when there is none."""
        with self._database.read() as connection:
            return int(connection.execute(sa.select(sa.func.max(reviews.c.seq))).scalar() or 0)

    def reviewable(
        self, *, annotator: str | None = None, round: int | None = None, not_by: str | None = None
    ) -> Reviewable:
        """The labels that hold, with where they stand; filters narrow it."""
        label, review = current_annotations, current_reviews
        standing = sa.case(
            (review.c.holds_seq == label.c.seq, review.c.state), else_=ReviewState.WAITING.value
        )
        query = (
            sa.select(
                label.c.asset_id,
                label.c.seq,
                label.c.class_name,
                label.c.ontology_version,
                label.c.annotator,
                standing,
            )
            .select_from(label.outerjoin(review, review.c.asset_id == label.c.asset_id))
            .where(label.c.value.is_not(None))
            .order_by(label.c.asset_id)
        )
        if annotator is not None:
            query = query.where(label.c.annotator == annotator)
        if not_by is not None:
            query = query.where(label.c.annotator != not_by)
        if round is not None:
            query = query.where(label.c.round == round)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        ids, seqs, classes, versions, names, states = zip(*rows, strict=True) if rows else ((),) * 6
        return Reviewable(
            asset_ids=list(ids),
            seqs=list(seqs),
            classes=list(classes),
            ontology_versions=list(versions),
            annotators=list(names),
            states=[ReviewState(state) for state in states],
        )

    def _list(self, query: sa.Select[Any]) -> _Reviews:
        with self._database.read() as connection:
            return [_review(row) for row in connection.execute(query)]


def _of_submission(connection: sa.Connection, submission_id: str) -> Review | None:
    query = sa.select(reviews).where(reviews.c.submission_id == submission_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _review(row)


def _same(stored: Review, asset_id: str) -> Review:
    if stored.asset_id == asset_id:
        return stored
    raise ConflictError(
        f"The submission id {stored.submission_id!r} was used for {stored.asset_id!r}, "
        f"not {asset_id!r}.",
        remedy="Send a new submission id with each review.",
    )


def _review(row: sa.Row[Any]) -> Review:
    body = dict(row._mapping)
    body["action"], body["state"] = ReviewAction(body["action"]), ReviewState(body["state"])
    return Review(**body)
