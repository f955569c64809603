"""Routers as the API has them: below one path, with one form of errors, and who may come in.

Their routes go to the app as they are. FastAPI would build the routes of a router that an app
includes a second time, which takes as long as all else at a server's start.
"""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Requirement

from querist.server.auth import current_annotator
from querist.server.schemas import ErrorBody

PREFIX = "/api/v1"


def open_router(topic: str, *, below: str = "", needs: Sequence[Requirement] = ()) -> APIRouter:
    """Routes that anybody may ask for.

    Args:
        topic: Their heading in the description of the API.
        below: The path that all of them share.
        needs: What a request must have, each raising what is told where it has not.
    """
    return APIRouter(
        prefix=PREFIX + below,
        tags=[topic],
        responses={"default": {"model": ErrorBody}},
        dependencies=needs,
    )


def router_of_members(
    topic: str, *, below: str = "", needs: Sequence[Requirement] = ()
) -> APIRouter:
    """As ``open_router``, for requests with a token of somebody of the project."""
    return open_router(topic, below=below, needs=[Depends(current_annotator), *needs])
