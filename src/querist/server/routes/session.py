"""Login by one-time token, who am I, logout, health."""

from __future__ import annotations

from fastapi import Request, Response

from querist import __version__
from querist.labeling import is_veiled
from querist.schema import Annotator
from querist.server.auth import SESSION_SECONDS, Current
from querist.server.routers import open_router, router_of_members
from querist.server.schemas import Done, Health, LoginRequest, Me
from querist.server.service import Served, Service

public = open_router("session")
router = router_of_members("session")


@public.get("/health", operation_id="get_health")
def get_health() -> Health:
    """Whether the server answers."""
    return Health(status="ok", version=__version__)


@public.post("/session", operation_id="create_session")
def create_session(body: LoginRequest, service: Served, response: Response) -> Me:
    """Exchange the one-time token for a session cookie."""
    tokens = service.project.catalog.records.tokens
    return start_session(service, tokens.redeem(body.token), response)


def start_session(service: Service, annotator: Annotator, response: Response) -> Me:
    """Give ``annotator`` a session cookie."""
    tokens = service.project.catalog.records.tokens
    secret = tokens.issue(annotator.name, kind="session", ttl_seconds=SESSION_SECONDS)
    response.set_cookie(
        service.cookie,
        secret,
        max_age=int(SESSION_SECONDS),
        httponly=True,
        samesite="lax",
        secure=service.secure_cookie,
    )
    return _me(service, annotator)


@router.get("/session", operation_id="get_session")
def get_session(service: Served, current: Current) -> Me:
    """Who is logged in."""
    return _me(service, current)


@router.delete("/session", operation_id="delete_session")
def delete_session(request: Request, service: Served, response: Response) -> Done:
    """Log out: the cookie's session ends everywhere."""
    secret = request.cookies.get(service.cookie)
    if secret:
        service.project.catalog.records.tokens.revoke(secret)
    response.delete_cookie(service.cookie, httponly=True, samesite="lax")
    return Done()


def _me(service: Service, annotator: Annotator) -> Me:
    veiled = is_veiled(service.project.catalog, annotator)
    return Me(name=annotator.name, role=annotator.role, veiled=veiled)
