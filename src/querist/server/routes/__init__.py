"""The routes of the API, one file a topic; each calls the project and holds no rule."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from querist.server.auth import current_annotator
from querist.server.routes import (
    assets,
    autolabel,
    events,
    experiments,
    jobs,
    labels,
    ontology,
    project,
    quality,
    review,
    rounds,
    session,
    tasks,
    settings,
    team,
    workforces,
)
from querist.server.schemas import ErrorBody

PREFIX = "/api/v1"


def api_router() -> APIRouter:
    """All routes below ``/api/v1``; everything but the login and the health check needs a token."""
    whole = APIRouter(prefix=PREFIX, responses={"default": {"model": ErrorBody}})
    for entrance in (session.public, team.public, workforces.public):
        whole.include_router(entrance)
    # Routes are tried in their order: first those that are asked all the time.
    for module in (
        tasks,
        labels,
        session,
        project,
        assets,
        quality,
        review,
        ontology,
        team,
        workforces,
        autolabel,
        rounds,
        experiments,
        settings,
        jobs,
        events,
    ):
        whole.include_router(module.router, dependencies=[Depends(current_annotator)])
    return whole
