"""Labels: the rules of giving, skipping, taking back and importing them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from querist.catalog import Catalog
from querist.catalog.records import same_decision
from querist.labeling import answering, blindness, spending
from querist.labeling.class_edits import edited
from querist.labeling.decision import Decision
from querist.labeling.importing import OnKept, import_labels
from querist.labeling.known_assets import check_known
from querist.labeling.values import Label, fitting, said_under, shown_under
from querist.schema import (
    Action,
    Annotation,
    Annotator,
    Origin,
    Question,
    Task,
    Value,
    check_name,
    check_seconds,
    check_whole,
    class_names,
    new_id,
)


class Labels:
    """Gives labels to assets; each decision is one entry of the append-only log.

    A decision about an asset that a task asks for finishes the task, whether or not the caller
    names it. Where the asset is asked of several annotators, or the task is a gold question, it
    becomes an opinion, and comes back in the form of a label. Everything but the import of known
    labels is booked in the ledger, in the same transaction: what is stored is booked once, and
    nothing else is.

    Example:
        >>> labels.submit("img-7", "boot", annotator="ana")               # doctest: +SKIP
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._log = catalog.records.labels

    def submit(  # noqa: PLR0913 - one parameter a fact of the decision, nearly all by keyword
        self,
        asset_id: str,
        label: Label,
        *,
        annotator: str,
        expected_version: int | None = None,
        seconds: float | None = None,
        submission_id: str | None = None,
        task_id: int | None = None,
        origin: Origin = Origin.PERSON,
        prelabel: Value | None = None,
        model_id: str | None = None,
        ontology_version: int | None = None,
    ) -> Annotation:
        """Store a label; on return it is on disk.

        Args:
            asset_id: The asset.
            label: A class name, or what the task asks for: class names, a number, a value.
            annotator: Who; made known if new.
            expected_version: The version of the asset's label that was seen, 0 for none; a newer
                one is a conflict. ``None`` does not ask.
            seconds: Working time spent on the decision, at most a day.
            submission_id: The caller's own id; the same one again stores nothing and gives back
                what was stored.
            task_id: The task that asked; an unfinished task of the asset by default.
            origin: Where the label comes from.
            prelabel: The model's suggestion that was shown.
            model_id: The model that suggested it.
            ontology_version: The version of the ontology it was decided under: a class that was
                renamed or merged since is stored as the class it became. ``None`` for the newest.

        Raises:
            NotFoundError: there is no such asset; the nearest ids are offered.
            UnknownNameError: there is no such class.
            InvalidInputError: the label does not fit the task, a class of it was split or retired
                since it was decided, or another value is wrong.
            ConflictError: the label changed meanwhile; nothing was written.
            PermissionDeniedError: no task asked, and annotators answer tasks only.
        """
        return self._decide(
            Decision(
                action=Action.LABEL,
                asset_id=asset_id,
                label=label,
                annotator=annotator,
                expected_version=expected_version,
                seconds=seconds,
                submission_id=submission_id,
                task_id=task_id,
                origin=origin,
                prelabel=prelabel,
                model_id=model_id,
                ontology_version=ontology_version,
            )
        )

    def answer(self, wanted: Decision, annotator: Annotator) -> tuple[Annotation, bool]:
        """Store a decision of somebody who is known, and who may have to be asked to decide.

        Returns:
            What is stored, and whether it was stored before.

        Raises:
            The errors of ``submit``.
        """
        records = self._catalog.records
        with records.moment():
            stored = self._stored(wanted)
            if stored is not None:
                return stored, True
            asked = records.tasks.for_asset(wanted.asset_id)
            blindness.check_may_answer(
                self._catalog, annotator, wanted.asset_id, wanted.task_id, asked
            )
            wanted = self._in_classes_of_now(wanted)
            found = self._read(wanted, annotator, asked)
        return self._store(wanted, annotator, *found), False

    def edit_classes(
        self,
        asset_id: str,
        *,
        annotator: str,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        submission_id: str | None = None,
    ) -> Annotation | None:
        """Add classes to an asset's set, or take some from it; the others stay as they are.

        An asset without a label gets exactly the classes that are added.

        Returns:
            What is stored; ``None`` where nothing changes, or where there is no label to take from.

        Raises:
            InvalidInputError: the labels of the task are no sets.
            ConflictError: the label changed meanwhile, or a class of it was split and nobody has
                said yet which part it is.
            The errors of ``submit``.
        """
        records = self._catalog.records
        held = self.current(asset_id)
        names = edited(
            held, self.read(asset_id), records.ontologies.current(), add=add, remove=remove
        )
        if names is None:
            return None
        # An opinion is laid on what its author has said, not on the label that was seen.
        plain = all(it.kind is Question.LABEL for it in records.tasks.for_asset(asset_id))
        seen = (held.version if held else 0) if plain else None
        return self.submit(
            asset_id,
            names,
            annotator=annotator,
            expected_version=seen,
            submission_id=submission_id,
        )

    def skip(
        self,
        asset_id: str,
        *,
        annotator: str,
        reason: str | None = None,
        expected_version: int | None = None,
        seconds: float | None = None,
        submission_id: str | None = None,
        task_id: int | None = None,
    ) -> Annotation:
        """Pass over an asset, for example because it is broken; arguments as in ``submit``."""
        return self._decide(
            Decision(
                action=Action.SKIP,
                asset_id=asset_id,
                annotator=annotator,
                reason=reason,
                expected_version=expected_version,
                seconds=seconds,
                submission_id=submission_id,
                task_id=task_id,
            )
        )

    def cannot_tell(
        self,
        asset_id: str,
        *,
        annotator: str,
        reason: str | None = None,
        expected_version: int | None = None,
        seconds: float | None = None,
        submission_id: str | None = None,
        task_id: int | None = None,
    ) -> Annotation:
        """Say that nobody could decide from the asset alone; arguments as in ``submit``."""
        return self._decide(
            Decision(
                action=Action.CANNOT_TELL,
                asset_id=asset_id,
                annotator=annotator,
                reason=reason,
                expected_version=expected_version,
                seconds=seconds,
                submission_id=submission_id,
                task_id=task_id,
            )
        )

    def undo(
        self, asset_id: str, annotator: str, *, submission_id: str | None = None
    ) -> Annotation:
        """Take back one's last decision on an asset; its task is open to the annotator again.

        Raises:
            NotFoundError: there is no such asset.
            InvalidInputError: there is nothing to take back.
            ConflictError: somebody else decided last.
        """
        check_known(self._catalog, asset_id)
        submission = submission_id or new_id("sub")
        if answering.is_opinion(self._catalog, asset_id, annotator, submission):
            return answering.undo_opinion(self._catalog, asset_id, annotator, submission)
        answering.check_may_undo(self._catalog, asset_id, annotator)
        arms = {task.round: task.arms for task in self._catalog.records.tasks.for_asset(asset_id)}
        return self._log.undo(
            asset_id=asset_id,
            annotator=annotator,
            submission_id=submission,
            bookings=partial(spending.of_undo, submission_id=submission, arms=arms),
        )

    def current(self, asset_id: str) -> Annotation | None:
        """The last entry of an asset, ``None`` if it has none; raises NotFoundError."""
        return self._log.current(check_known(self._catalog, asset_id))

    def read(self, asset_id: str) -> Annotation | None:
        """``current`` in the classes of now: its value is ``None`` where nobody knows which.

        That is so after a split; a label of a retired class stays what it was.
        """
        entry = self.current(asset_id)
        if entry is None or entry.value is None:
            return entry
        reading = self._catalog.records.ontologies.reading()
        value = reading.value(entry.value, entry.ontology_version)
        names = class_names(entry.value)
        undecided = any(reading.undecided(name, entry.ontology_version) for name in names)
        return replace(entry, value=None if undecided else value or entry.value)

    def history(self, asset_id: str) -> list[Annotation]:
        """All entries of an asset, oldest first; raises NotFoundError."""
        return list(self._log.history(check_known(self._catalog, asset_id)))

    def recent(self, annotator: str, limit: int = 10) -> list[Annotation]:
        """The newest entries of an annotator, opinions included, newest first.

        Raises:
            InvalidInputError: the limit is no whole number from 0.
        """
        check_whole("limit", limit)
        opinions = self._catalog.records.opinions.recent(annotator, limit)
        found = [*self._log.recent(annotator, limit), *(it.as_annotation() for it in opinions)]
        return sorted(found, key=lambda entry: entry.created_at, reverse=True)[:limit]

    def import_many(
        self,
        pairs: Iterable[tuple[str, Label]],
        annotator: str,
        *,
        origin: Origin = Origin.IMPORT,
        skip_unknown: bool = False,
        on_kept: OnKept = lambda _: None,
    ) -> int:
        """Store labels that are known from elsewhere; returns how many were new.

        What a person decided here is never replaced while it holds, and a label that holds already
        is not stored again: importing twice is the same as once. Imports cost nothing; known labels
        that stand in for people (``Origin.ORACLE``) are booked as labels.

        Args:
            pairs: Asset ids and labels.
            annotator: In whose name.
            origin: Where they come from.
            skip_unknown: Pass over ids that are not in the catalog instead of refusing.
            on_kept: Told each asset that keeps what people decided, where that is something else.

        Raises:
            NotFoundError: there is no such asset; nothing of its chunk of 2,000 is stored.
            UnknownNameError: there is no such class; likewise.
        """
        return import_labels(
            self._catalog,
            pairs,
            annotator,
            origin=origin,
            skip_unknown=skip_unknown,
            on_kept=on_kept,
        )

    def _decide(self, wanted: Decision) -> Annotation:
        records = self._catalog.records
        name = check_name("annotator", wanted.annotator)
        check_known(self._catalog, wanted.asset_id)
        annotator = records.annotators.ensure_person(name)
        with records.moment():
            stored = self._stored(wanted)
            if stored is not None:
                return stored
            asked = records.tasks.for_asset(wanted.asset_id)
            wanted = self._in_classes_of_now(wanted)
            found = self._read(wanted, annotator, asked)
        return self._store(wanted, annotator, *found)

    def _stored(self, wanted: Decision) -> Annotation | None:
        """What is stored for the submission already, whatever became of its classes since."""
        submission, records = wanted.submission_id, self._catalog.records
        if submission is None or not records.opinions.knows(submission):
            return None
        if (found := records.labels.of_submission(submission)) is None:
            opinion = records.opinions.of_submission(submission)
            found = opinion.as_annotation() if opinion else None
        return same_decision(found, wanted.asset_id, wanted.annotator) if found else None

    def _in_classes_of_now(self, wanted: Decision) -> Decision:
        version = wanted.ontology_version
        if version is None or wanted.action is not Action.LABEL:
            return wanted
        reading = self._catalog.records.ontologies.reading()
        return replace(
            wanted,
            label=said_under(wanted.label, version, reading),
            prelabel=wanted.prelabel and shown_under(wanted.prelabel, version, reading),
        )

    def _read(
        self, wanted: Decision, annotator: Annotator, asked: Sequence[Task]
    ) -> tuple[int, Value | None, Task | None]:
        """The version of the ontology, the value under it, and the task that is answered."""
        check_known(self._catalog, wanted.asset_id)
        check_seconds(wanted.seconds)
        ontology = self._catalog.records.ontologies.current()
        value = None
        if wanted.action is Action.LABEL:
            value = fitting(self._catalog, {wanted.asset_id: wanted.label}, ontology)[
                wanted.asset_id
            ]
        task = answering.task_of(self._catalog, wanted, annotator, asked)
        return ontology.version, value, task

    def _store(
        self,
        wanted: Decision,
        annotator: Annotator,
        ontology_version: int,
        value: Value | None,
        task: Task | None,
    ) -> Annotation:
        if task is None:
            blindness.check_may_decide(self._catalog, annotator, wanted.asset_id)
        elif task.kind is not Question.LABEL:
            return answering.give_opinion(
                self._catalog, wanted, value, task, annotator, ontology_version
            )
        submission = wanted.submission_id or new_id("sub")
        number = task.round if task else None
        return self._log.append(
            asset_id=wanted.asset_id,
            action=wanted.action,
            value=value,
            annotator=wanted.annotator,
            origin=wanted.origin,
            expected_version=wanted.expected_version,
            seconds=wanted.seconds,
            reason=wanted.reason,
            round=number,
            ontology_version=ontology_version,
            prelabel=wanted.prelabel,
            model_id=wanted.model_id,
            submission_id=submission,
            task_id=task.id if task else None,
            bookings=spending.of_decision(
                submission_id=submission,
                action=wanted.action,
                round=number,
                arms=task.arms if task else (),
                seconds=wanted.seconds,
                hourly_cost=spending.hourly_cost(self._catalog, annotator),
            ),
        )
