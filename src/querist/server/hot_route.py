"""Routes that are asked all the time: the same answers, with less on the way to them.

FastAPI looks through the whole tree of dependencies at each request, which takes as long as storing
a label. Here who asks and the body are read at once; whatever does not fit is left to FastAPI.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from querist.server.auth import annotator_of


class HotRoute(APIRoute):
    """A route whose endpoint takes ``(body, service, current)`` and returns the response.

    It must not have dependencies but that somebody is logged in.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request."""
        usual = super().get_route_handler()
        endpoint = self.endpoint
        model: type[BaseModel] = typing.get_type_hints(endpoint)["body"]

        async def answer(request: Request) -> Response:
            if request.headers.get("content-type") != "application/json":
                return await usual(request)
            try:
                body = model.model_validate(json.loads(await request.body()))
            except (ValueError, ValidationError, RecursionError):
                return await usual(request)  # which tells what is wrong
            current = await annotator_of(request)
            service = request.app.state.service
            response: Response = await run_in_threadpool(endpoint, body, service, current)
            return response

        return answer
