"""Bulk labels: one decision for many assets, each stored by itself, and taken back together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from querist.catalog import Catalog
from querist.errors import ConflictError, QueristError
from querist.labeling import answering
from querist.labeling.labels import Labels
from querist.schema import (
    Action,
    Annotation,
    Origin,
    Question,
    TaskState,
    Value,
    class_names,
)

_WAITING = (TaskState.OPEN, TaskState.LEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """What many assets shall get.

    Attributes:
        annotator: Who decides.
        value: The label; ``None`` skips them.
        how: Of sets: whether the classes replace what is there, are added, or are taken away.
        submission_id: The caller's own id: sent again nothing is stored twice, and by it all is
            taken back.
    """

    annotator: str
    value: Value | None
    how: Literal["replace", "add", "remove"] = "replace"
    submission_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome:
    """What came of a bulk label, or of taking one back.

    Attributes:
        stored: How many entries were written.
        unchanged: How many assets were as wanted.
        refused: Why the others were left alone, by asset.
    """

    stored: int
    unchanged: int
    refused: dict[str, QueristError]


class BulkLabels:
    """Gives many assets the same label; one that is refused does not stop the others."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._labels = Labels(catalog)

    def give(self, wanted: Bulk, seen: Mapping[str, int | None]) -> BulkOutcome:
        """Store the decision for each asset.

        What is so already is left as it is, whoever said it, unless a task waits for an answer or
        only a model has said it.

        Args:
            wanted: The decision.
            seen: The assets in the order to store them, each with the position in the label log
                of the last entry about it that was seen, 0 for none: what somebody else decided
                since is a conflict. ``None`` does not ask.
        """
        return _each(seen, lambda asset_id: self._give(asset_id, wanted, seen[asset_id]))

    def undo(self, asset_ids: Iterable[str], annotator: str, submission_id: str) -> BulkOutcome:
        """Take back what a bulk label stored; what was decided since is a conflict.

        Args:
            asset_ids: The assets; those that it left alone count as unchanged.
            annotator: Who gave it.
            submission_id: Its id.
        """
        return _each(asset_ids, lambda asset_id: self._undo(asset_id, annotator, submission_id))

    def _give(self, asset_id: str, wanted: Bulk, seen: int | None) -> bool:
        submission = _submission_of(wanted.submission_id, asset_id)
        if self._catalog.records.opinions.knows(submission):
            return True
        held = self._labels.read(asset_id)
        if self._is_so(asset_id, held, wanted):
            return False
        if seen is not None and held and held.seq > seen and held.annotator != wanted.annotator:
            raise ConflictError(
                f"{held.annotator!r} has decided on {asset_id!r} since you looked.",
                remedy="Look at the present label, then decide again.",
                asset_id=asset_id,
            )
        if wanted.value is not None and wanted.how != "replace":
            names = class_names(wanted.value)
            made = self._labels.edit_classes(
                asset_id,
                annotator=wanted.annotator,
                add=names if wanted.how == "add" else (),
                remove=names if wanted.how == "remove" else (),
                submission_id=submission,
            )
            return made is not None
        # Nobody may come between the look above and the write.
        asks = seen is not None and self._is_plain(asset_id)
        self._store(asset_id, wanted, submission, (held.version if held else 0) if asks else None)
        return True

    def _store(self, asset_id: str, wanted: Bulk, submission: str, version: int | None) -> None:
        if wanted.value is None:
            self._labels.skip(
                asset_id,
                annotator=wanted.annotator,
                expected_version=version,
                submission_id=submission,
            )
        else:
            self._labels.submit(
                asset_id,
                wanted.value,
                annotator=wanted.annotator,
                expected_version=version,
                submission_id=submission,
            )

    def _is_so(self, asset_id: str, held: Annotation | None, wanted: Bulk) -> bool:
        """Whether it would be said again: what a task asks or a model said is not said yet."""
        if held is None or wanted.how != "replace":
            return False
        if wanted.value is None:
            same = held.action is Action.SKIP
        else:
            same = held.value == wanted.value and held.origin is not Origin.MODEL
        if not same:
            return False
        asked = self._catalog.records.tasks.for_asset(asset_id)
        return all(task.state not in _WAITING for task in asked)

    def _is_plain(self, asset_id: str) -> bool:
        """Whether a decision is laid on the label: an opinion is laid on what its author said."""
        asked = self._catalog.records.tasks.for_asset(asset_id)
        return all(task.kind is Question.LABEL for task in asked)

    def _undo(self, asset_id: str, annotator: str, submission_id: str) -> bool:
        submission = _submission_of(submission_id, asset_id)
        back = f"{submission}-undo"
        if not self._catalog.records.opinions.knows(submission):
            return False
        if self._catalog.records.opinions.knows(back):
            return True
        if answering.is_opinion(self._catalog, asset_id, annotator, back):
            opinion = self._catalog.records.opinions.last(asset_id, annotator)
            stands = opinion is not None and opinion.submission_id == submission
        else:
            held = self._labels.current(asset_id)
            stands = held is not None and held.submission_id == submission
        if not stands:
            raise ConflictError(
                f"{asset_id!r} was decided on since.",
                remedy="Look at the present label; it stays as it is.",
                asset_id=asset_id,
            )
        self._labels.undo(asset_id, annotator, submission_id=back)
        return True


def _each(asset_ids: Iterable[str], work: Callable[[str], bool]) -> BulkOutcome:
    """Do ``work`` for each asset once; it says whether something was stored."""
    stored, unchanged, refused = 0, 0, dict[str, QueristError]()
    for asset_id in dict.fromkeys(asset_ids):
        try:
            if work(asset_id):
                stored += 1
            else:
                unchanged += 1
        except QueristError as error:
            refused[asset_id] = error
    return BulkOutcome(stored=stored, unchanged=unchanged, refused=refused)


def _submission_of(bulk: str, asset_id: str) -> str:
    """The submission under which a bulk label stores its entry about an asset."""
    return f"{bulk}-{hashlib.sha256(asset_id.encode()).hexdigest()[:16]}"
