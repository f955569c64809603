"""The two requests that are sent all the time: the same answers, with less on the way to them.

FastAPI looks for the route, looks through the whole tree of dependencies and hands over between
threads at each request, which takes longer than storing a label. Here who asks and the body are
read at once; whatever does not fit is left to FastAPI.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from querist.errors import QueristError
from querist.schema import Annotator
from querist.server.auth import claim_of
from querist.server.failures import told
from querist.server.service import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class HotPath:
    """What answers a POST of JSON.

    Attributes:
        answer: As FastAPI calls it; it may ask for nothing else.
        body: The model of the body.
        durable: Whether the disk must have what it writes before anybody is told.
    """

    answer: Callable[[Any, Service, Annotator], Response]
    body: type[BaseModel]
    durable: bool


class HotPaths:
    """Answers some paths before FastAPI sees them."""

    def __init__(self, app: ASGIApp, *, paths: Mapping[str, HotPath]) -> None:
        self._app = app
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        path = self._paths.get(scope["path"]) if scope["type"] == "http" else None
        if path is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        content = await request.body()
        fitting = _fitting(path, request, content)
        if fitting is None:
            await self._app(scope, _again(content, receive), send)
            return
        await (await _answer(path, request, fitting))(scope, receive, send)


def _fitting(path: HotPath, request: Request, content: bytes) -> BaseModel | None:
    if request.headers.get("content-type") != "application/json":
        return None
    try:
        return path.body.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError):
        return None  # FastAPI tells what is wrong


async def _answer(path: HotPath, request: Request, body: BaseModel) -> Response:
    service: Service = request.app.state.service
    try:
        claim = claim_of(request)

        def work() -> Response:
            return path.answer(body, service, claim.verified(service.project.catalog.records))

        return await service.desk.ask(work, durable=path.durable)
    except QueristError as error:
        return told(error)


def _again(content: bytes, receive: Receive) -> Receive:
    """Let the body be read once more."""
    waiting = [content]

    async def read() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return read
