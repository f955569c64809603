"""Ontology changes: what a change would touch, and carrying it out while people label."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from querist.catalog import AssetQuery, Catalog, facets
from querist.catalog.records import NewTask, StoredOntology
from querist.catalog.records.sending import FIRST
from querist.errors import ConflictError, NotFoundError
from querist.labeling.expected_errors import expected_errors
from querist.schema import (
    AddClass,
    Arm,
    MergeClasses,
    Ontology,
    OntologyChange,
    OntologyReading,
    OntologyVersion,
    RenameClass,
    RetireClass,
    RevertOntology,
    SplitClass,
    TaskKind,
    apply_change,
    check_name,
    class_names,
)

# Below what reviewers send back, above what strategies ask for.
_PRIORITY = FIRST / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyPreview:
    """What a change would touch.

    Attributes:
        change: The change.
        before: The ontology now.
        after: The ontology then.
        labels: Labels that would be read in another way.
        undecided: Of these, labels of which nobody would know which class they are: they are
            asked for again.
        set_aside: Of these, labels that would count no more: they are kept.
        restored: Of these, labels that count for nothing now and would count again.
        tasks: Tasks that would be made; none where there is no round yet, then the next round
            asks.
        predictions: Assets that the newest model takes for a class that changes.
        models: Trained models that know a class that changes.
        by_class: Labels that would be read in another way, by their class now.
    """

    change: OntologyChange
    before: Ontology
    after: Ontology
    labels: int
    undecided: int
    set_aside: int
    restored: int
    tasks: int
    predictions: int
    models: int
    by_class: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    preview: OntologyPreview
    ask: list[NewTask]


class OntologyChanges:
    """Changes the classes of a project while people label; nothing is destroyed.

    Labels stay as they were given. Each version remembers the change that made it, and old labels
    are read in the words of the newest one: training, metrics and exports see what they mean now.
    Going back to an earlier version gives the labels from then their meaning again.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._records = catalog.records.ontologies

    def versions(self) -> list[StoredOntology]:
        """All versions, oldest first."""
        return list(self._records.versions())

    def counts(self) -> dict[str, int]:
        """How many labels name each class now; classes that none names are left out."""
        reading = self._records.reading()
        if reading.ontology.task is TaskKind.CLASSIFICATION:
            found = facets(self._catalog, AssetQuery())["label"]
            return {name: found[name] for name in reading.ontology.names if name in found}
        counts: Counter[str] = Counter()
        for entry in self._catalog.records.labels.currents():
            value = entry.value and reading.value(entry.value, entry.ontology_version)
            counts.update(set(class_names(value)) if value else ())
        return dict(counts)

    def preview(self, change: OntologyChange) -> OntologyPreview:
        """What ``change`` would touch; nothing is written.

        Raises:
            UnknownNameError: it names a class that does not exist.
            InvalidInputError: a new name is taken, or the change changes nothing.
            NotFoundError: it goes back to a version that does not exist.
        """
        return self._look(change).preview

    def apply(
        self, change: OntologyChange, *, author: str, expected_version: int | None = None
    ) -> OntologyPreview:
        """Carry out ``change`` as the next version of the ontology; returns what it touched.

        Labels of a class that was split are asked for again, the one that the newest model doubts
        most first.

        Args:
            change: What to change.
            author: Who changes it.
            expected_version: The version that was seen; another one is a conflict.

        Raises:
            ConflictError: the ontology changed meanwhile; nothing was written.
            UnknownNameError, InvalidInputError, NotFoundError: as ``preview`` does.
        """
        check_name("annotator", author)
        version = self._records.current().version
        if expected_version not in (None, version):
            raise ConflictError(
                f"The ontology has version {version} by now, you saw {expected_version}.",
                remedy="Look at the present classes, then change those.",
                version=version,
            )
        found = self._look(change)
        self._records.change(
            found.preview.after,
            change,
            author=author,
            ask=found.ask,
            note=in_words(change),
        )
        return found.preview

    def _look(self, change: OntologyChange) -> _Touched:
        versions = [
            OntologyVersion(ontology=one.ontology, change=one.change) for one in self.versions()
        ]
        after = apply_change(versions, change)
        then = OntologyReading([*versions, OntologyVersion(ontology=after, change=change)])
        now = OntologyReading(versions)
        entries = [e for e in self._catalog.records.labels.currents() if e.value is not None]
        counts: Counter[str] = Counter()
        by_class: Counter[str] = Counter()
        undecided = []
        for entry in entries:
            assert entry.value is not None
            made_under = entry.ontology_version
            was, is_then = now.value(entry.value, made_under), then.value(entry.value, made_under)
            if was == is_then:
                continue
            kind = "read" if is_then is not None else "set_aside"
            if any(then.undecided(name, made_under) for name in class_names(entry.value)):
                kind = "undecided"
                undecided.append(entry)
            counts[kind if was is not None else "restored"] += 1
            by_class.update(set(class_names(was or entry.value)))
        ask = self._tasks(
            [entry.asset_id for entry in undecided],
            [next(iter(class_names(e.value)), None) if e.value else None for e in undecided],
            [entry.seq for entry in undecided],
        )
        names = _names(change, now, then)
        preview = OntologyPreview(
            change=change,
            before=now.ontology,
            after=after,
            labels=sum(counts.values()),
            undecided=counts["undecided"],
            set_aside=counts["set_aside"],
            restored=counts["restored"],
            tasks=len(ask),
            predictions=self._predictions(names),
            models=sum(bool(names & set(m.classes)) for m in self._catalog.records.models.list()),
            by_class=dict(by_class.most_common()),
        )
        return _Touched(preview=preview, ask=ask)

    def _tasks(
        self, asset_ids: list[str], classes: list[str | None], seqs: list[int]
    ) -> list[NewTask]:
        records = self._catalog.records
        if not asset_ids or records.rounds.latest() is None:
            return []
        doubts = np.nan_to_num(expected_errors(self._catalog, asset_ids, classes, seqs), nan=-1.0)
        # Whose place in the audit set another took is of use to nobody.
        waiting = {*records.tasks.asked(), *records.rounds.audit_retired()}
        members = {arm: set(records.rounds.arm_ids(arm)) for arm in Arm}
        order = [i for i in np.argsort(-doubts, kind="stable") if asset_ids[i] not in waiting]
        return [
            NewTask(
                asset_id=asset_ids[i],
                arms=tuple(a for a in Arm if asset_ids[i] in members[a]) or (Arm.ACTIVE,),
                priority=_PRIORITY - rank,
            )
            for rank, i in enumerate(order)
        ]

    def _predictions(self, names: set[str]) -> int:
        model = self._catalog.records.models.latest(Arm.ACTIVE)
        if model is None:
            return 0
        try:
            summary = self._catalog.predictions.summary(model.id)
        except NotFoundError:
            return 0
        codes = [code for code, name in enumerate(summary.classes) if name in names]
        return int(np.isin(summary.top, codes).sum())


def in_words(change: OntologyChange) -> str:
    """The change as one sentence for people."""
    match change:
        case RenameClass():
            return f"{change.name} is called {change.to} now."
        case MergeClasses():
            return f"{', '.join(change.names)} are one class now: {change.into}."
        case SplitClass():
            return f"{change.name} was split into {', '.join(change.into)}: which one is it?"
        case RetireClass():
            return f"{change.name} is given no more."
        case AddClass():
            return f"{change.name} is new."
        case RevertOntology():
            return f"The classes are those of version {change.version} again: which one is it?"


def _names(change: OntologyChange, now: OntologyReading, then: OntologyReading) -> set[str]:
    """The classes of now that the change touches."""
    version = now.ontology.version
    return {name for name in now.ontology.names if then.of(name, version) != (name,)} | (
        {change.into} & set(now.ontology.names) if isinstance(change, MergeClasses) else set()
    )
