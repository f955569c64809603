"""The routes of the API, one file a topic; each calls the project and holds no rule."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.routing import BaseRoute

from querist.server.hot_paths import HotPath
from querist.server.routers import PREFIX
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
from querist.server.schemas import LabelRequest, LeaseRequest

HOT_PATHS = {
    f"{PREFIX}/tasks/lease": HotPath(answer=tasks.lease_tasks, body=LeaseRequest, durable=False),
    f"{PREFIX}/labels": HotPath(answer=labels.create_label, body=LabelRequest, durable=True),
}


def all_routes() -> Iterator[BaseRoute]:
    """All routes below ``/api/v1``, the first of those that fit a request first."""
    for entrance in (session, team, workforces):
        yield from entrance.public.routes
    for module in (
        ml_backend,
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
        yield from module.router.routes
