"""Known labels that answer instead of people, in demos and simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from querist.catalog import Catalog
from querist.engine.base import Progress, silent
from querist.labeling import spending
from querist.labeling.known_labels import KnownLabel, KnownLabels
from querist.schema import (
    KNOWN_LABELS,
    Action,
    Ontology,
    Origin,
    Question,
    Role,
    Task,
    check_name,
    new_id,
)

_CHUNK = 500


def answer_with_oracle(
    catalog: Catalog,
    *,
    round: int | None = None,
    annotator: str = KNOWN_LABELS,
    progress: Progress = silent,
) -> int:
    """Answer the waiting tasks from the project's column of known labels.

    A task whose asset has no known label, or one of a class that was retired, is closed as one that
    nobody can tell. Stopped half-way
    and started again it goes on; nothing is answered or booked twice.

    Args:
        catalog: The catalog.
        round: The round to answer; the newest by default.
        annotator: In whose name.
        progress: Told after each 500 answers.

    Returns:
        How many labels were given.

    Raises:
        InvalidInputError: the project names no such column, or a class that it holds was split.
        UnknownNameError: the column does not exist, or holds a class that never did.
    """
    labels = KnownLabels(catalog)
    latest = catalog.records.rounds.latest()
    number = round if round is not None or latest is None else latest.number
    if number is None:
        return 0
    # One answer an asset: known labels have no second opinion.
    open_ = catalog.records.tasks.open(number)
    tasks = list({it.asset_id: it for it in open_ if it.kind is not Question.SECOND}.values())
    known = labels.by_asset(task.asset_id for task in tasks)
    catalog.records.annotators.ensure(check_name("annotator", annotator), Role.MODEL)
    ontology = catalog.records.ontologies.current()
    given = 0
    for start in range(0, len(tasks), _CHUNK):
        progress(start, len(tasks), "The known labels answer")
        given += _answer(catalog, tasks[start : start + _CHUNK], known, ontology, annotator)
    progress(len(tasks), len(tasks), "The known labels have answered")
    return given


def answer_unasked(catalog: Catalog, asset_ids: Sequence[str]) -> int:
    """Answer assets that no task asks for, such as more of the audit set than a batch.

    As with tasks, nobody can tell those that have no known label. Returns how many have one.
    """
    known = KnownLabels(catalog).by_asset(asset_ids)
    version = catalog.records.ontologies.current().version
    catalog.records.annotators.ensure(KNOWN_LABELS, Role.MODEL)
    entries = [
        {
            "asset_id": asset_id,
            "annotator": KNOWN_LABELS,
            "origin": Origin.ORACLE,
            "ontology_version": version,
            "submission_id": new_id("oracle"),
            "action": Action.CANNOT_TELL if label.value is None else Action.LABEL,
            "value": label.value,
            "reason": label.reason or None,
        }
        for asset_id, label in known.items()
    ]
    for start in range(0, len(entries), _CHUNK):
        part = entries[start : start + _CHUNK]
        catalog.records.labels.append_many(part, bookings=spending.of_known_labels)
    return sum(label.value is not None for label in known.values())


def _answer(
    catalog: Catalog,
    tasks: Sequence[Task],
    known: Mapping[str, KnownLabel],
    ontology: Ontology,
    annotator: str,
) -> int:
    entries = []
    for task in tasks:
        label = known[task.asset_id]
        entry = {
            "asset_id": task.asset_id,
            "annotator": annotator,
            "origin": Origin.ORACLE,
            "round": task.round,
            "ontology_version": ontology.version,
            # Made of the task, so that a second try of the same task is known to be one.
            "submission_id": f"oracle-{task.id}",
            "task_id": task.id,
        }
        action = Action.CANNOT_TELL if label.value is None else Action.LABEL
        reason = label.reason or None
        entries.append({**entry, "action": action, "value": label.value, "reason": reason})
    stored = catalog.records.labels.append_many(entries, bookings=spending.of_known_labels)
    return sum(entry.action is Action.LABEL for entry in stored)
