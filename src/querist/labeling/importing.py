"""Labels that are known from elsewhere: stored in bulk, never over what people said here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from querist.catalog import Catalog
from querist.catalog.records.undoing import standing
from querist.errors import ConflictError, NotFoundError, QueristError
from querist.labeling import spending
from querist.labeling.known_assets import check_known
from querist.labeling.values import Label, as_value, fitting
from querist.schema import (
    BY_PEOPLE,
    Action,
    Annotation,
    Ontology,
    OntologyReading,
    Origin,
    Role,
    Task,
    Value,
    check_name,
    new_id,
)

OnKept = Callable[[str], None]
_CHUNK = 2_000
_TRIES = 3
_KEPT = (*BY_PEOPLE, Origin.CONSENSUS)


def import_labels(
    catalog: Catalog,
    pairs: Iterable[tuple[str, Label]],
    annotator: str,
    *,
    origin: Origin,
    skip_unknown: bool,
    on_kept: OnKept = lambda _: None,
) -> int:
    """Store known labels; what it promises is said at ``Labels.import_many``."""
    role = Role.MODEL if origin is Origin.ORACLE else Role.ANNOTATOR
    catalog.records.annotators.ensure(check_name("annotator", annotator), role)
    ontology = catalog.records.ontologies.current()
    remaining = iter(pairs)
    stored, kept = 0, set[str]()
    while chunk := dict(islice(remaining, _CHUNK)):
        known = _known(catalog, chunk, skip_unknown)
        wanted = fitting(catalog, _as_values(known, ontology), ontology)
        stored += _store(catalog, wanted, annotator, origin, ontology, kept)
    for asset_id in sorted(kept):
        on_kept(asset_id)
    return stored


def _as_values(labels: Mapping[str, Label], ontology: Ontology) -> dict[str, Value]:
    """Labels as values; where one is none, its asset is named: a file has thousands."""
    found: dict[str, Value] = {}
    for asset_id, label in labels.items():
        try:
            found[asset_id] = as_value(label, ontology)
        except QueristError as problem:
            details = {**problem.details, "asset_id": asset_id}
            raise type(problem)(
                f"In the label of {asset_id!r}: {problem.message}",
                remedy=problem.remedy,
                **details,
            ) from problem
    return found


def _known(catalog: Catalog, chunk: Mapping[str, Label], skip_unknown: bool) -> Mapping[str, Label]:
    try:
        catalog.assets.positions(list(chunk))
        return chunk
    except NotFoundError as error:
        unknown = set(error.details.get("ids", ()))
        if not skip_unknown or not unknown:
            for asset_id in chunk:
                check_known(catalog, asset_id)
            raise
    # The error names some of the unknown ids: leave them out and ask again.
    rest = {asset_id: label for asset_id, label in chunk.items() if asset_id not in unknown}
    return _known(catalog, rest, skip_unknown)


def _store(
    catalog: Catalog,
    wanted: Mapping[str, Value],
    annotator: str,
    origin: Origin,
    ontology: Ontology,
    kept: set[str],
) -> int:
    log = catalog.records.labels
    bookings = spending.of_known_labels if origin is Origin.ORACLE else None
    for attempt in range(_TRIES):
        entries = list(_entries(catalog, wanted, annotator, origin, ontology.version, kept))
        try:
            stored = log.append_many(entries, bookings=bookings) if entries else []
        except ConflictError:
            # Somebody labelled one of them meanwhile: look again at what holds now.
            if attempt == _TRIES - 1:
                raise
            continue
        return len(stored)
    return 0


def _entries(
    catalog: Catalog,
    wanted: Mapping[str, Value],
    annotator: str,
    origin: Origin,
    ontology_version: int,
    kept: set[str],
) -> Iterator[dict[str, Any]]:
    held = _held(catalog, wanted)
    reading = catalog.records.ontologies.reading(ontology_version)
    tasks = _waiting_tasks(catalog)
    for asset_id, value in wanted.items():
        now = held.get(asset_id)
        if now is not None and _said(now, reading) == value:
            continue
        if now is not None and _is_kept(catalog, now):
            kept.add(asset_id)
            continue
        task = tasks.get(asset_id)
        yield {
            "asset_id": asset_id,
            "action": Action.LABEL,
            "value": value,
            "annotator": annotator,
            "origin": origin,
            "expected_version": now.version if now else 0,
            "round": task.round if task else None,
            "ontology_version": ontology_version,
            "submission_id": new_id("sub"),
            "task_id": task.id if task else None,
        }


def _is_kept(catalog: Catalog, now: Annotation) -> bool:
    """Whether people have decided what holds; an undo decides nothing, what it left does."""
    if now.action is not Action.UNDO:
        return now.origin in _KEPT
    left = standing(catalog.records.labels.history(now.asset_id))
    return bool(left) and left[-1].origin in _KEPT


def _said(entry: Annotation, reading: OntologyReading) -> Value | None:
    """Its label in the classes of now."""
    return entry.value and reading.value(entry.value, entry.ontology_version)


def _held(catalog: Catalog, wanted: Mapping[str, Value]) -> dict[str, Annotation]:
    log = catalog.records.labels
    if not log.last_seq():
        return {}
    states = log.states()
    found = (log.current(asset_id) for asset_id in states.asset_ids if asset_id in wanted)
    return {entry.asset_id: entry for entry in found if entry is not None}


def _waiting_tasks(catalog: Catalog) -> dict[str, Task]:
    latest = catalog.records.rounds.latest()
    if latest is None:
        return {}
    return {task.asset_id: task for task in catalog.records.tasks.open(latest.number)}
