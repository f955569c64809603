"""Reviews: the rules of accepting, fixing and sending back labels, and which comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from querist.catalog import Catalog
from querist.catalog.records import Booking, ReviewEntry
from querist.labeling.expected_errors import expected_errors
from querist.labeling.known_assets import check_known
from querist.labeling.values import Label, fitting
from querist.schema import (
    Annotation,
    Review,
    ReviewAction,
    ReviewState,
    Role,
    Value,
    check_name,
    check_seconds,
    check_whole,
    new_id,
)

KIND = "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """One label to look at.

    Attributes:
        annotation: The label; send its ``seq`` back as ``label_seq``.
        state: Where it stands.
        expected_error: Probability that it is wrong, 0 to 1; ``None`` where no model can tell.
        review: The review that says so, ``None`` while it waits for its first.
    """

    annotation: Annotation
    state: ReviewState
    expected_error: float | None
    review: Review | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """Labels to look at, the most doubtful first.

    Attributes:
        items: One page of them.
        total: How many fit the filters.
        counts: How many labels are in each state, whatever state was asked for.
    """

    items: list[ReviewItem]
    total: int
    counts: dict[ReviewState, int]


class Reviews:
    """A second pair of eyes: each review is one entry of a log, and can be taken back.

    Nobody reviews their own label. A label that is sent back holds until its author answers, but
    no model trains on it or is measured by it meanwhile.

    Example:
        >>> reviews.send_back("img-7", "The sole is missing.", reviewer="rita")  # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._log = catalog.records.reviews

    def accept(
        self,
        asset_id: str,
        *,
        reviewer: str,
        label_seq: int | None = None,
        comment: str | None = None,
        seconds: float | None = None,
        submission_id: str | None = None,
    ) -> Review:
        """Say that the label is right.

        Args:
            asset_id: The asset.
            reviewer: Who; made known as a reviewer if new.
            label_seq: The entry of the label log that was seen; a newer one is a conflict.
            comment: Anything worth saying.
            seconds: Working time, at most a day.
            submission_id: The caller's own id; the same one again stores nothing.

        Raises:
            NotFoundError: there is no such asset.
            InvalidInputError: there is no label to review.
            ConflictError: the label changed meanwhile; nothing was written.
            PermissionDeniedError: the label is the reviewer's own.
        """
        return self._append(
            ReviewAction.ACCEPT, asset_id, reviewer, label_seq, comment, seconds, submission_id
        )

    def fix(
        self,
        asset_id: str,
        label: Label,
        *,
        reviewer: str,
        label_seq: int | None = None,
        comment: str | None = None,
        seconds: float | None = None,
        submission_id: str | None = None,
    ) -> Review:
        """Give the right label, in the same transaction; arguments and errors as in ``accept``."""
        ontology = self._catalog.records.ontologies.current()
        value = fitting(self._catalog, {asset_id: label}, ontology)[asset_id]
        return self._append(
            ReviewAction.FIX, asset_id, reviewer, label_seq, comment, seconds, submission_id, value
        )

    def send_back(
        self,
        asset_id: str,
        comment: str | None,
        *,
        reviewer: str,
        label_seq: int | None = None,
        seconds: float | None = None,
        submission_id: str | None = None,
    ) -> Review:
        """Ask the person who labelled to look again; they read the comment with their next task.

        Arguments and errors as in ``accept``.
        """
        return self._append(
            ReviewAction.SEND_BACK, asset_id, reviewer, label_seq, comment, seconds, submission_id
        )

    def reopen(
        self,
        asset_id: str,
        *,
        reviewer: str,
        label_seq: int | None = None,
        comment: str | None = None,
        submission_id: str | None = None,
    ) -> Review:
        """Let a label that was reviewed wait for another review; arguments as in ``accept``."""
        return self._append(
            ReviewAction.REOPEN, asset_id, reviewer, label_seq, comment, None, submission_id
        )

    def undo(self, asset_id: str, reviewer: str, *, submission_id: str | None = None) -> Review:
        """Take back one's last review of an asset, with what it had done.

        Raises:
            NotFoundError: there is no such asset.
            InvalidInputError: there is nothing to take back.
            ConflictError: somebody else reviewed last, or the label has changed since.
        """
        return self._log.undo(
            asset_id=check_known(self._catalog, asset_id),
            reviewer=reviewer,
            submission_id=submission_id or new_id("rev"),
        )

    def history(self, asset_id: str) -> list[Review]:
        """All reviews of an asset, oldest first; raises NotFoundError."""
        return list(self._log.history(check_known(self._catalog, asset_id)))

    def queue(
        self,
        *,
        reviewer: str | None = None,
        annotator: str | None = None,
        name: str | None = None,
        round: int | None = None,
        asset_id: str | None = None,
        state: ReviewState | None = ReviewState.WAITING,
        offset: int = 0,
        limit: int = 50,
    ) -> ReviewPage:
        """Labels to look at, the one that is wrong with the highest probability first.

        Args:
            reviewer: Leaves out the labels of whoever asks.
            annotator: Only labels of this person.
            name: Only labels of this class.
            round: Only labels that this round asked for.
            asset_id: Only the label of this asset.
            state: Only labels in this state; ``None`` for all.
            offset: How many to pass over.
            limit: At most so many.

        Raises:
            InvalidInputError: a number is no whole number from 0.
        """
        check_whole("offset", offset)
        check_whole("limit", limit)
        if round is not None:
            check_whole("round", round)
        found = self._log.reviewable(annotator=annotator, round=round, not_by=reviewer)
        reading = self._catalog.records.ontologies.reading()
        classes = [
            given and reading.name(given, made_under)
            for given, made_under in zip(found.classes, found.ontology_versions, strict=True)
        ]
        fitting = [
            i
            for i, now in enumerate(classes)
            if name in (None, now) and asset_id in (None, found.asset_ids[i])
        ]
        counts = Counter(found.states[i] for i in fitting)
        chosen = [i for i in fitting if state in (None, found.states[i])]
        ids = [found.asset_ids[i] for i in chosen]
        doubts = expected_errors(
            self._catalog,
            ids,
            [classes[i] for i in chosen],
            [found.seqs[i] for i in chosen],
        )
        # Those that no model can judge come last; ties keep the order of the ids.
        order = np.argsort(-np.nan_to_num(doubts, nan=-1.0), kind="stable")[offset : offset + limit]
        page = [ids[i] for i in order]
        return ReviewPage(
            items=self._items(page, [float(doubts[i]) for i in order]),
            total=len(chosen),
            counts={known: counts[known] for known in ReviewState},
        )

    def _items(self, asset_ids: Sequence[str], doubts: Sequence[float]) -> list[ReviewItem]:
        reviews = self._log.currents(asset_ids)
        items = []
        for asset_id, doubt in zip(asset_ids, doubts, strict=True):
            entry = self._catalog.records.labels.current(asset_id)
            if entry is None:  # pragma: no cover - nothing is ever removed from the log
                continue
            review = reviews.get(asset_id)
            items.append(
                ReviewItem(
                    annotation=entry,
                    state=review.state if review else ReviewState.WAITING,
                    expected_error=None if np.isnan(doubt) else doubt,
                    review=review,
                )
            )
        return items

    def _append(
        self,
        action: ReviewAction,
        asset_id: str,
        reviewer: str,
        label_seq: int | None,
        comment: str | None,
        seconds: float | None,
        submission_id: str | None,
        value: Value | None = None,
    ) -> Review:
        records = self._catalog.records
        check_known(self._catalog, asset_id)
        check_seconds(seconds)
        person = records.annotators.ensure_person(check_name("annotator", reviewer), Role.REVIEWER)
        own = person.hourly_cost
        cost = self._catalog.settings.policy.hourly_cost if own is None else own
        submission = submission_id or new_id("rev")
        entry = ReviewEntry(
            asset_id=asset_id,
            action=action,
            reviewer=reviewer,
            submission_id=submission,
            label_seq=label_seq,
            comment=comment,
            value=value,
            ontology_version=records.ontologies.current().version,
            seconds=seconds,
        )
        return self._log.append(entry, bookings=_bookings(submission, seconds, cost))


def _bookings(submission_id: str, seconds: float | None, cost: float | None) -> list[Booking]:
    """What a review costs: its time, and the money of that time."""
    if not seconds:
        return []
    detail = {"submission_id": submission_id}
    found = [Booking(kind=KIND, quantity=seconds, unit="seconds", detail=detail)]
    if cost is not None:
        money = seconds / 3600 * cost
        found.append(Booking(kind=KIND, quantity=money, unit="money", detail=detail))
    return found
