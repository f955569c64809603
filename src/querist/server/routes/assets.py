"""Assets: the grid, its facets, one asset, its picture; adding a folder of the server."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import Depends, Query, Request, Response

from querist.catalog import AssetQuery, Condition, cards, facets, newest_vectors, run
from querist.errors import MissingDependencyError, NotFoundError
from querist.project import Project
from querist.schema import Arm, Difficulty, Role, TaskKind, to_json
from querist.server.auth import at_least
from querist.server.pictures import picture
from querist.server.routers import router_of_members
from querist.server.schemas import (
    AddRequest,
    Annotation,
    AssetCard,
    AssetDetail,
    AssetDoubt,
    AssetPage,
    AssetPrediction,
    Facets,
    Job,
    ObjectDoubt,
)
from querist.server.service import Served

NEIGHBOURS = 12

router = router_of_members("assets")
# Annotators see the assets of their own tasks: what others said about any must not sway them.
look = [Depends(at_least(Role.REVIEWER))]

AssetId = Annotated[str, Query(min_length=1, max_length=512)]
Share = Annotated[float | None, Query(ge=0, le=1)]
BYTES: dict[int | str, dict[str, object]] = {
    200: {"content": {"application/octet-stream": {}}, "description": "The bytes."},
    304: {"description": "The client has it already."},
}


def asset_query(  # noqa: PLR0913, PLR0917 - each condition is a query parameter
    service: Served,
    state: Literal["any", "labeled", "unlabeled", "skipped"] = "any",
    label: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    predicted: Annotated[list[str], Query()] = [],  # noqa: B006
    min_confidence: Share = None,
    max_confidence: Share = None,
    difficulty: Annotated[list[Difficulty], Query()] = [],  # noqa: B006 - FastAPI copies it
    disagree: bool = False,
    arm: Arm | None = None,
    round: int | None = None,
    q: Annotated[str, Query(max_length=512)] = "",
    where: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI copies it
    in_slice: Annotated[str | None, Query(alias="slice", max_length=200)] = None,
) -> AssetQuery:
    """The conditions that the grid, the facets and saved slices share."""
    confidence = None
    if min_confidence is not None or max_confidence is not None:
        low = 0.0 if min_confidence is None else min_confidence
        confidence = (low, 1.0 if max_confidence is None else max_confidence)
    return AssetQuery(
        state=state,
        label=tuple(label),
        predicted=tuple(predicted),
        confidence=confidence,
        difficulty=tuple(difficulty),
        disagree=disagree,
        arm=arm,
        round=round,
        text=q,
        where=tuple(map(Condition.read, where)),
        within=None if in_slice is None else service.project.rounds.slices.query(in_slice),
    )


Conditions = Annotated[AssetQuery, Depends(asset_query)]


@router.get("/assets", operation_id="list_assets", dependencies=look)
def list_assets(
    service: Served,
    query: Conditions,
    sort: Literal[
        "order", "confidence", "-confidence", "margin", "hardest", "newest_label"
    ] = "order",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AssetPage:
    """One page of the assets that fit the conditions."""
    query = replace(query, sort=sort, offset=offset, limit=limit)
    page = run(service.project.catalog, query, newest_model(service.project))
    return AssetPage(
        total=page.total, items=[AssetCard.model_validate(card) for card in page.cards]
    )


@router.get("/assets/facets", operation_id="get_facets", dependencies=look)
def get_facets(service: Served, query: Conditions) -> Facets:
    """How the assets that fit the conditions fall into groups."""
    found = facets(service.project.catalog, query, newest_model(service.project))
    return Facets.model_validate(found)


@router.get("/assets/cards", operation_id="list_cards", dependencies=look)
def list_cards(
    service: Served, id: Annotated[list[AssetId], Query(min_length=1, max_length=500)]
) -> list[AssetCard]:
    """The cards of some assets, in their order."""
    found = cards(service.project.catalog, id, newest_model(service.project))
    return [AssetCard.model_validate(card) for card in found]


@router.post(
    "/assets/add",
    operation_id="add_assets",
    status_code=202,
    dependencies=[Depends(at_least(Role.OWNER))],
)
def add_assets(body: AddRequest, service: Served) -> Job:
    """Add a folder or file that lies on the server's machine."""
    return Job.of(service.jobs.submit("add", {"source": body.path}))


@router.get("/asset", operation_id="get_asset", dependencies=look)
def get_asset(id: AssetId, service: Served) -> AssetDetail:
    """Everything known about one asset."""
    catalog = service.project.catalog
    asset = catalog.assets.get(id)
    history = [Annotation.of(entry) for entry in catalog.records.labels.history(id)]
    newest = service.project.labels.read(id)
    return AssetDetail(
        asset=asset,
        label=Annotation.of(newest) if newest else None,
        version=newest.version if newest else 0,
        history=history,
        prediction=_prediction(service.project, id),
        says=_says(service.project, id),
        doubt=_doubt(service.project, id),
        selected=catalog.records.rounds.standing_for(id),
        neighbours=_neighbours(service.project, id),
    )


@router.get(
    "/asset/thumbnail", operation_id="get_thumbnail", response_class=Response, responses=BYTES
)
def get_thumbnail(id: AssetId, request: Request, service: Served) -> Response:
    """A small picture of an image asset."""
    assets = service.project.catalog.assets
    return picture(request, f"t-{assets.get(id).content_hash}", lambda: assets.thumbnail(id))


@router.get("/asset/content", operation_id="get_content", response_class=Response, responses=BYTES)
def get_content(id: AssetId, request: Request, service: Served) -> Response:
    """The asset's own bytes."""
    assets = service.project.catalog.assets
    return picture(request, f"c-{assets.get(id).content_hash}", lambda: assets.content(id))


def newest_model(project: Project) -> str | None:
    """The model whose predictions are shown; ``None`` where none can be filtered or sorted by."""
    model = project.catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        return None
    classifies = project.settings.task is TaskKind.CLASSIFICATION
    return model.id if classifies or project.catalog.value_ratings.get(model.id) else None


def _prediction(project: Project, asset_id: str) -> AssetPrediction | None:
    model = project.catalog.records.models.latest(Arm.ACTIVE)
    if model is None:
        return None
    try:
        known = project.catalog.predictions.count(model.id)
    except NotFoundError:
        return None
    positions = project.catalog.assets.positions([asset_id])
    if positions[0] >= known:
        return None
    reading = project.catalog.records.ontologies.reading()
    said = project.catalog.predictions.probabilities_at(model.id, positions)
    row = reading.probabilities(said, model.classes, reading.made_under(model))[0].astype(float)
    names = reading.ontology.names
    first, second = np.argsort(-row, kind="stable")[:2]
    return AssetPrediction(
        model_id=model.id,
        predicted=names[first],
        confidence=float(row[first]),
        margin=float(row[first] - row[second]),
        probabilities={name: float(p) for name, p in zip(names, row, strict=True)},
    )


def _doubt(project: Project, asset_id: str) -> AssetDoubt | None:
    """How likely what ``_says`` tells is wrong, and each object in it."""
    model = project.catalog.records.models.latest(Arm.ACTIVE)
    ratings = None if model is None else project.catalog.value_ratings.get(model.id)
    position = int(project.catalog.assets.positions([asset_id])[0])
    if ratings is None or not np.isfinite(ratings.error[position : position + 1]).any():
        return None
    (mine,) = ratings.objects_of([position])
    wrong, words = ratings.object_error[mine].tolist(), ratings.object_difficulty[mine].tolist()
    return AssetDoubt(
        error=float(ratings.error[position]),
        difficulty=_word(int(ratings.difficulty[position])),
        objects=[
            ObjectDoubt(error=error, difficulty=_word(word))
            for error, word in zip(wrong, words, strict=True)
        ],
    )


def _word(code: int) -> Difficulty | None:
    return tuple(Difficulty)[code] if code >= 0 else None


def _says(project: Project, asset_id: str) -> Any:
    catalog = project.catalog
    model = catalog.records.models.latest(Arm.ACTIVE)
    if model is None or project.settings.task is TaskKind.CLASSIFICATION:
        return None
    position = int(catalog.assets.positions([asset_id])[0])
    try:
        (said,) = catalog.value_predictions.values(model.id, [position])
    except NotFoundError:
        return None
    reading = catalog.records.ontologies.reading()
    now = None if said is None else reading.value(said, reading.made_under(model))
    return to_json(now)


def _neighbours(project: Project, asset_id: str) -> list[AssetCard]:
    catalog = project.catalog
    model = catalog.records.models.latest(Arm.ACTIVE)
    position = int(catalog.assets.positions([asset_id])[0])
    try:
        key = model.encoder if model is not None else newest_vectors(catalog)
        if key is None:
            return []
        positions, _ = catalog.embeddings.nearest(key, position, NEIGHBOURS + 1)
    except (MissingDependencyError, NotFoundError):  # of the encoder, or of some vectors
        return []
    ids = catalog.assets.ids()
    near = [ids[int(p)] for p in positions if int(p) != position][:NEIGHBOURS]
    return [AssetCard.model_validate(card) for card in cards(catalog, near, newest_model(project))]
