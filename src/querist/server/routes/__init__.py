"""The routes of the API, one file a topic; each calls the project and holds no rule."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from querist.server.auth import current_annotator
from querist.server.hot_paths import HotPath
from querist.server.routes import (
    assets,
    autolabel,
    comparisons,
    events,
    experiments,
    jobs,
    labels,
    ml_backend,
    model_files,
    ontology,
    project,
    quality,
    review,
    rounds,
    session,
    settings,
    slices,
    tasks,
    team,
    workforces,
)
from querist.server.schemas import ErrorBody, LabelRequest, LeaseRequest

PREFIX = "/api/v1"
HOT_PATHS = {
    f"{PREFIX}/tasks/lease": HotPath(answer=tasks.lease_tasks, body=LeaseRequest, durable=False),
    f"{PREFIX}/labels": HotPath(answer=labels.create_label, body=LabelRequest, durable=True),
}


def api_router() -> APIRouter:
    """All routes below ``/api/v1``; everything but the login and the health check needs a token."""
    whole = APIRouter(prefix=PREFIX, responses={"default": {"model": ErrorBody}})
    for entrance in (session.public, team.public, workforces.public, ml_backend.router):
        whole.include_router(entrance)
    for module in (
        tasks,
        labels,
        session,
        project,
        assets,
        quality,
        review,
        ontology,
        settings,
        team,
        workforces,
        autolabel,
        rounds,
        comparisons,
        slices,
        experiments,
        model_files,
        jobs,
        events,
    ):
        whole.include_router(module.router, dependencies=[Depends(current_annotator)])
    return whole
