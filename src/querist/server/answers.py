"""Answers of the routes that are asked most: written as JSON where they are made.

FastAPI checks an answer against its model once more, and in another thread: as long as the rest of
such a request takes.
"""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel


def as_json(body: BaseModel, status: int = 200) -> Response:
    """The response with ``body``; name its model in the route, for the description of the API."""
    return Response(body.model_dump_json(), status, media_type="application/json")
