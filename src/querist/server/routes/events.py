"""The stream of live events."""

from __future__ import annotations

from collections.abc import AsyncIterable
from functools import partial

from fastapi.sse import EventSourceResponse, ServerSentEvent

from querist.server.auth import Current
from querist.server.jobs import as_seen_by
from querist.server.routers import router_of_members
from querist.server.service import Served

router = router_of_members("events")


@router.get("/events", operation_id="stream_events", response_class=EventSourceResponse)
async def stream_events(service: Served, current: Current) -> AsyncIterable[ServerSentEvent]:
    """Server-sent events: ``job`` (a Job) and ``change`` (a ChangeEvent); a comment each 15 s."""
    async for event in service.events.subscribe(partial(as_seen_by, current)):
        yield event
