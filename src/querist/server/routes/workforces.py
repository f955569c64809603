"""Workforces outside: add, send, collect, withdraw, report; what their tools ask for and send."""

from __future__ import annotations

from typing import Annotated

from fastapi import BackgroundTasks, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from querist.errors import InvalidInputError
from querist.labeling.workforces import connector_class, connector_names, needs_token
from querist.schema import Role
from querist.server.auth import at_least
from querist.server.pictures import picture
from querist.server.routers import open_router, router_of_members
from querist.server.routes.assets import BYTES
from querist.server.schemas import Job
from querist.server.service import Served
from querist.server.workforce_schemas import (
    ConnectorInfo,
    NewWorkforce,
    Received,
    SendRequest,
    Subscribed,
    SubscribeRequest,
    ToolStatus,
    Withdrawn,
    WithdrawRequest,
    Workforce,
    WorkforceReport,
    WorkforceRequest,
)

MOST_BYTES = 8 * 1024 * 1024

public = open_router("workforces", below="/workforces")
router = router_of_members(
    "workforces", below="/workforces", needs=[Depends(at_least(Role.MANAGER))]
)
_owner = [Depends(at_least(Role.OWNER))]
Secret = Annotated[str | None, Header(alias="X-Querist-Secret", max_length=512)]
Word = Annotated[str, Query(min_length=1, max_length=128)]


@router.get("", operation_id="list_workforces")
def list_workforces(service: Served) -> list[WorkforceReport]:
    """Every workforce: what is out, what it cost, how long it took and how good it is."""
    return [WorkforceReport.model_validate(it) for it in service.project.workforces.reports()]


@router.get("/connectors", operation_id="list_connectors")
def list_connectors() -> list[ConnectorInfo]:
    """The tools that a workforce may label with."""
    return [
        ConnectorInfo(
            name=name, summary=connector_class(name).summary, needs_token=needs_token(name)
        )
        for name in connector_names()
    ]


@router.post("", operation_id="add_workforce", status_code=201, dependencies=_owner)
def add_workforce(body: WorkforceRequest, service: Served) -> NewWorkforce:
    """Make a workforce known."""
    made, secret = service.project.workforces.add(
        body.name,
        kind=body.kind,
        url=body.url,
        token=body.token,
        price=body.price,
        hourly_cost=body.hourly_cost,
    )
    return NewWorkforce(workforce=Workforce.model_validate(made), secret=secret)


@router.post("/{name}/retire", operation_id="retire_workforce", dependencies=_owner)
def retire_workforce(name: str, service: Served) -> Workforce:
    """Send it nothing any more; answers to what is out still come in."""
    return Workforce.model_validate(service.project.workforces.retire(name))


@router.post("/{name}/subscribe", operation_id="subscribe_workforce", dependencies=_owner)
def subscribe_workforce(name: str, body: SubscribeRequest, service: Served) -> Subscribed:
    """Have its tool send answers to this server by itself."""
    return Subscribed(places=service.project.workforces.subscribe(name, body.address))


@router.post("/{name}/send", operation_id="send_batch", status_code=202)
def send_batch(name: str, body: SendRequest, service: Served) -> Job:
    """Send it the next tasks of the queue."""
    service.project.workforces.get(name)
    return Job.of(service.jobs.submit("send_batch", {"workforce": name, **body.model_dump()}))


@router.post("/{name}/collect", operation_id="collect_answers", status_code=202)
def collect_answers(name: str, service: Served) -> Job:
    """Look for its answers and store those that are new."""
    service.project.workforces.get(name)
    return Job.of(service.jobs.submit("collect_answers", {"workforce": name}))


@router.post("/{name}/withdraw", operation_id="withdraw_batch")
def withdraw_batch(name: str, body: WithdrawRequest, service: Served) -> Withdrawn:
    """Take tasks back that are out."""
    count = service.project.workforces.withdraw(name, asset_ids=body.asset_ids)
    return Withdrawn(count=count)


@router.get("/{name}/status", operation_id="get_tool_status")
def get_tool_status(name: str, service: Served) -> ToolStatus:
    """Whether its tool can be reached."""
    return ToolStatus(tool=service.project.workforces.status(name))


@public.post("/{name}/webhook", operation_id="receive_answers")
async def receive_answers(
    name: str, request: Request, service: Served, after: BackgroundTasks, secret: Secret = None
) -> Received:
    """Answers that a tool sends by itself; the secret of the workforce's webhook lets it in."""
    if secret is None:
        raise InvalidInputError(
            "The event carries no secret.", remedy="Send it in the header X-Querist-Secret."
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise InvalidInputError(
                f"The event is larger than {MOST_BYTES:,} bytes.",
                remedy="Collect the answers instead.",
            )
    done = await run_in_threadpool(service.project.workforces.receive, name, secret, bytes(body))
    if done.labels:
        after.add_task(service.finish_round_if_complete)
    return Received.model_validate(done)


@public.get(
    "/{name}/content",
    operation_id="get_shared_content",
    response_class=Response,
    responses=BYTES,
)
def get_shared_content(
    name: str, key: Word, until: Word, signature: Word, request: Request, service: Served
) -> Response:
    """A picture that is out with a workforce, at the signed address that its tool was given."""
    asset_id = service.project.workforces.shared_asset(name, key, until, signature)
    assets = service.project.catalog.assets
    tag = f"c-{assets.get(asset_id).content_hash}"
    answer = picture(request, tag, lambda: assets.content(asset_id))
    # It is shown in the pages of the tool, and not for long after it was taken back.
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
