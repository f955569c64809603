"""Labels: store, undo, look back, export."""

from __future__ import annotations

import tempfile
from itertools import repeat
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import BackgroundTasks, Depends, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from querist import catalog, schema
from querist.catalog import cards
from querist.errors import InvalidInputError, QueristError
from querist.labeling import Bulk, BulkLabels, Decision, is_veiled
from querist.schema import Action, Origin, Role
from querist.server.answers import as_json
from querist.server.auth import Current, at_least
from querist.server.bulk_schemas import BulkLabelRequest, BulkResult, BulkUndoRequest
from querist.server.routers import router_of_members
from querist.server.routes.assets import newest_model
from querist.server.schemas import (
    Annotation,
    AssetCard,
    LabelRequest,
    RecentLabel,
    UndoRequest,
)
from querist.server.service import Served
from querist.server.values import read_value

# How the file of each format ends, and what the browser is told that it is.
EXPORTS = {
    "csv": ("csv", "text/csv"),
    "jsonl": ("jsonl", "application/x-ndjson"),
    "parquet": ("parquet", "application/vnd.apache.parquet"),
    "coco": ("json", "application/json"),
    "yolo": ("zip", "application/zip"),
}

# What a client made from the description gets: an object for JSON, bytes for the others.
FILES: dict[str, Any] = {
    kind: {
        "schema": {"type": "object"}
        if kind == "application/json"
        else {"type": "string", "format": "binary"}
    }
    for _, kind in EXPORTS.values()
}

router = router_of_members("labels", below="/labels")


@router.post(
    "",
    operation_id="create_label",
    status_code=201,
    response_model=Annotation,
    responses={200: {"model": Annotation, "description": "It was stored before."}},
)
def create_label(body: LabelRequest, service: Served, current: Current) -> Response:
    """Store one decision; the same ``submission_id`` again gives the stored entry back."""
    entry, known = service.project.labels.answer(_decision(body, current), current)
    service.finish_round_if_complete()
    return as_json(Annotation.of(entry), 200 if known else 201)


@router.post("/bulk", operation_id="create_labels", dependencies=[Depends(at_least(Role.REVIEWER))])
def create_labels(
    body: BulkLabelRequest, service: Served, current: Current, after: BackgroundTasks
) -> BulkResult:
    """Give many assets the same label, add or take classes, or skip them; each is stored by itself.

    Assets that are so already are left as they are.
    """
    wanted = Bulk(
        annotator=current.name,
        value=read_value(body.value) if body.value else None,
        how=body.how,
        submission_id=body.submission_id or schema.new_id("bulk"),
    )
    seen = body.seen or repeat(None)
    outcome = BulkLabels(service.project.catalog).give(
        wanted, dict(zip(body.asset_ids, seen, strict=False))
    )
    after.add_task(service.finish_round_if_complete)
    return BulkResult.of(outcome)


@router.post(
    "/bulk/undo", operation_id="undo_labels", dependencies=[Depends(at_least(Role.REVIEWER))]
)
def undo_labels(body: BulkUndoRequest, service: Served, current: Current) -> BulkResult:
    """Take back what a bulk label stored for these assets; what was decided since stays."""
    bulk = BulkLabels(service.project.catalog)
    return BulkResult.of(bulk.undo(body.asset_ids, current.name, body.submission_id))


@router.post("/undo", operation_id="undo_label")
def undo_label(body: UndoRequest, service: Served, current: Current) -> Annotation:
    """Take back one's last entry of an asset; its task is open again."""
    entry = service.project.labels.undo(
        body.asset_id, current.name, submission_id=body.submission_id
    )
    return Annotation.of(entry)


@router.get("/recent", operation_id="list_recent_labels")
def list_recent_labels(
    service: Served, current: Current, limit: Annotated[int, Query(ge=1, le=100)] = 10
) -> list[RecentLabel]:
    """One's own last decisions, newest first."""
    project = service.project
    entries = list(project.labels.recent(current.name, limit))
    ids = list(dict.fromkeys(entry.asset_id for entry in entries))
    found = {card.id: card for card in cards(project.catalog, ids, newest_model(project))}
    veiled = is_veiled(project.catalog, current)
    return [
        RecentLabel(
            annotation=Annotation.of(entry), card=_card(found[entry.asset_id], entry, veiled)
        )
        for entry in entries
        if entry.asset_id in found
    ]


@router.get(
    "/export",
    operation_id="export_labels",
    dependencies=[Depends(at_least(Role.MANAGER))],
    response_class=FileResponse,
    responses={200: {"content": FILES}},
)
def export_labels(
    service: Served,
    format: Literal["csv", "jsonl", "parquet", "coco", "yolo"] = "csv",
    earlier: bool = False,
) -> FileResponse:
    """All current labels as a file; the header ``X-Querist-Warnings`` says what it leaves out.

    Boxes and polygons come as COCO (JSON) and YOLO (a zip) too.
    Labels of classes that were split or retired come as they were given, with ``earlier=true``.
    """
    folder = tempfile.TemporaryDirectory(prefix="querist-export-")
    ending, media_type = EXPORTS[format]
    path = Path(folder.name, f"labels.{ending}")
    try:
        report = service.project.export(path, earlier=earlier)
    except QueristError:
        folder.cleanup()
        raise
    # What a header can hold, whatever the sentences are.
    told = " ".join(report.warnings).encode("ascii", "replace").decode()
    return FileResponse(
        path,
        headers={"X-Querist-Warnings": told} if told else None,
        media_type=media_type,
        filename=f"{service.project.settings.name}-labels.{ending}",
        background=BackgroundTask(folder.cleanup),
    )


def _card(card: catalog.AssetCard, entry: schema.Annotation, veiled: bool) -> AssetCard:
    """The card of a decision; for who is veiled it shows what they said, and no more."""
    shown = AssetCard.model_validate(card)
    if not veiled:
        return shown
    name = entry.value.name if isinstance(entry.value, schema.ClassValue) else None
    undone = entry.action is schema.Action.UNDO
    passed = "unlabeled" if undone else "skipped"
    state = "labeled" if entry.value is not None else passed
    own = {
        "label": name,
        "classes": list(dict.fromkeys(schema.class_names(entry.value))) if entry.value else [],
        "state": state,
        "arms": [],
        "round": None,
        "seq": 0,
    }
    return AssetCard.model_validate({**shown.model_dump(), **own})


def _decision(body: LabelRequest, current: schema.Annotator) -> Decision:
    labels = body.action == "label"
    if labels and body.value is None:
        raise InvalidInputError(
            "The label has no value.", remedy="Send a value, or the action skip or cannot_tell."
        )
    return Decision(
        action=Action(body.action),
        asset_id=body.asset_id,
        label=read_value(body.value) if labels and body.value else None,
        annotator=current.name,
        expected_version=body.expected_version,
        seconds=body.seconds,
        submission_id=body.submission_id,
        task_id=body.task_id,
        reason=None if labels else body.reason,
        origin=Origin.MODEL if labels and current.role is Role.MODEL else Origin.PERSON,
        prelabel=read_value(body.prelabel) if labels and body.prelabel else None,
        model_id=body.model_id if labels else None,
        ontology_version=body.ontology_version if labels else None,
    )
