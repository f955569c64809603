"""Ontology: its versions, what a change would touch, and the change itself."""

from __future__ import annotations

from typing import Any, cast

from fastapi import Depends

from querist import labeling, schema
from querist.labeling import in_words
from querist.schema import Role, from_json, to_json
from querist.server.auth import Current, at_least
from querist.server.ontology_schemas import (
    ChangeRequest,
    OntologyHistory,
    OntologyPreview,
    OntologyVersion,
    PreviewRequest,
)
from querist.server.routers import router_of_members
from querist.server.service import Served

router = router_of_members("ontology", below="/ontology", needs=[Depends(at_least(Role.MANAGER))])


@router.get("", operation_id="get_ontology")
def get_ontology(service: Served) -> OntologyHistory:
    """The classes now, and every version with the change that made it."""
    changes = service.project.ontology_changes
    versions = [
        OntologyVersion(
            version=one.ontology.version,
            classes=list(one.ontology.names),
            change=to_json(one.change),
            words=in_words(one.change) if one.change else "",
            author=one.author,
            created_at=one.created_at,
        )
        for one in changes.versions()
    ]
    return OntologyHistory(
        ontology=service.project.ontology, versions=versions, labels=changes.counts()
    )


@router.post("/preview", operation_id="preview_ontology_change")
def preview_ontology_change(body: PreviewRequest, service: Served) -> OntologyPreview:
    """What a change would touch; nothing is written."""
    return _preview(service.project.ontology_changes.preview(_change(body)))


@router.post("/changes", operation_id="change_ontology", status_code=201)
def change_ontology(body: ChangeRequest, service: Served, current: Current) -> OntologyPreview:
    """Change the classes as the next version; labels stay and are read by what they became."""
    changed = service.project.ontology_changes.apply(
        _change(body), author=current.name, expected_version=body.expected_version
    )
    return _preview(changed)


def _change(body: PreviewRequest | ChangeRequest) -> schema.OntologyChange:
    return cast(
        schema.OntologyChange,
        from_json(cast(Any, schema.OntologyChange), body.change.model_dump(mode="json")),
    )


def _preview(found: labeling.OntologyPreview) -> OntologyPreview:
    return OntologyPreview.model_validate(
        {
            **{name: getattr(found, name) for name in found.__slots__},
            "words": in_words(found.change),
        }
    )
