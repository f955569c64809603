"""The app factory: routes, error shape, guards, live events and the web app in one place."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool

from querist import __version__
from querist.engine import Engine, WorkerEngine
from querist.project import Project
from querist.server.auth import cookie_name
from querist.server.desk import Desk
from querist.server.events import Broadcaster
from querist.server.failures import add_failure_handlers
from querist.server.hot_paths import HotPaths
from querist.server.labeled_count import LabeledCount
from querist.server.routers import PREFIX
from querist.server.routes import HOT_PATHS, all_routes
from querist.server.schemas import ChangeEvent
from querist.server.security import HostCheck, SecurityHeaders
from querist.server.service import Service
from querist.server.static import FOLDER, WebApp


def create_app(
    project: Project,
    *,
    engine: Engine | None = None,
    hosts: Iterable[str] = (),
    static: Path = FOLDER,
    secure_cookie: bool = False,
) -> FastAPI:
    """The web application over one open project.

    Args:
        project: The project; it stays open, closing it is up to the caller.
        engine: What takes the jobs; by default they are queued for a worker process.
        hosts: Names the server answers to besides 127.0.0.1, localhost and [::1].
        static: Folder of the compiled web app.
        secure_cookie: Whether the session cookie is for HTTPS only.
    """
    app = _api(hosts)
    labeled = LabeledCount(project.catalog.records.labels)
    app.state.service = Service(
        project=project,
        jobs=engine or WorkerEngine(project.catalog.records.jobs),
        events=Broadcaster(project, labeled),
        labeled=labeled,
        desk=Desk(project.catalog.records),
        cookie=cookie_name(project),
        secure_cookie=secure_cookie,
    )
    app.router.default = WebApp(static)
    return app


def openapi_document() -> dict[str, Any]:
    """The description of the API, as served at ``/api/v1/openapi.json``."""
    return _api(()).openapi()


def _api(hosts: Iterable[str]) -> FastAPI:
    app = FastAPI(
        title="Querist",
        version=__version__,
        summary="Asks for the labels that matter, and proves what that saved.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # the usual documentation pages load scripts from other sites
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.router.routes.extend(all_routes())
    add_failure_handlers(app)
    app.add_middleware(HotPaths, paths=HOT_PATHS)
    app.add_middleware(HostCheck, hosts=tuple(hosts))
    app.add_middleware(SecurityHeaders)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    polling = asyncio.create_task(service.events.run())
    warming = asyncio.create_task(run_in_threadpool(service.warm_up))
    try:
        yield
    finally:
        service.events.close()
        polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await polling
        # Their threads cannot be cancelled, and the caller closes the project next.
        await warming
        await run_in_threadpool(service.desk.close)


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        schemas["ChangeEvent"] = ChangeEvent.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schemas["ChangeEvent"].pop("$defs", None)
        _require_answers(document)
        app.openapi_schema = document
    return app.openapi_schema


def _require_answers(document: dict[str, Any]) -> None:
    """Say that answers always hold all their fields: only requests may leave out defaults."""
    schemas = document["components"]["schemas"]
    sent: set[str] = set()
    waiting = [
        ref
        for path in document["paths"].values()
        for operation in path.values()
        for ref in _references(operation.get("requestBody", {}))
    ]
    while waiting:
        name = waiting.pop()
        if name not in sent:
            sent.add(name)
            waiting.extend(_references(schemas[name]))
    for name, body in schemas.items():
        if name not in sent and "properties" in body:
            body["required"] = list(body["properties"])


def _references(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        if "$ref" in body:
            yield body["$ref"].rpartition("/")[2]
        for value in body.values():
            yield from _references(value)
    elif isinstance(body, list):
        for value in body:
            yield from _references(value)
