"""Who is asking: one-time token → session cookie, bearer tokens, CSRF header, roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.concurrency import run_in_threadpool

from querist.errors import AuthenticationError, PermissionDeniedError
from querist.labeling import check_may_browse
from querist.schema import Annotator, Role
from querist.server.service import Served, Service

COOKIE = "querist_session"
CSRF_HEADER = "X-Querist"
SESSION_SECONDS = 30 * 24 * 3600.0

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_RANKS = (Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR)

_bearer = HTTPBearer(auto_error=False, description="An API token.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by POST /session.")


async def current_annotator(
    request: Request,
    service: Served,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    session: Annotated[str | None, Depends(_cookie)],
) -> Annotator:
    """Whoever the request's token names.

    Secrets are compared by their SHA-256 inside the records, so the time of a refusal tells
    nothing about them.

    Raises:
        AuthenticationError: no token, or one that is wrong, used up or expired.
        PermissionDeniedError: a cookie changes something without the header that only our own
            pages can send.
    """
    return await _who(request, service, bearer, session)


async def annotator_of(request: Request) -> Annotator:
    """As ``current_annotator``, for who has but the request; raises the same."""
    service: Service = request.app.state.service
    return await _who(request, service, await _bearer(request), await _cookie(request))


Current = Annotated[Annotator, Depends(current_annotator)]


def at_least(role: Role) -> Callable[[Annotator], Awaitable[Annotator]]:
    """A dependency that lets through whoever may do what ``role`` may do."""
    allowed = _RANKS[: _RANKS.index(role) + 1]

    async def check(annotator: Current) -> Annotator:
        if annotator.role not in allowed:
            raise PermissionDeniedError(
                f"{annotator.name!r} is {annotator.role.value}; this needs {role.value}.",
                remedy="Ask an owner of the project.",
                role=annotator.role.value,
                needed=role.value,
            )
        return annotator

    return check


async def browsing(service: Served, annotator: Current) -> Annotator:
    """A dependency that lets through whoever may see labels, selections and findings of others."""
    check_may_browse(service.project.catalog, annotator)
    return annotator


async def _who(
    request: Request,
    service: Service,
    bearer: HTTPAuthorizationCredentials | None,
    session: str | None,
) -> Annotator:
    if bearer is not None:
        return await _verified(service, bearer.credentials, "api")
    if not session:
        raise AuthenticationError(
            "The request carries no token.",
            remedy="Open the address that `querist serve` prints, or send an API token as "
            "`Authorization: Bearer …`.",
        )
    annotator = await _verified(service, session, "session")
    if request.method not in _SAFE and request.headers.get(CSRF_HEADER) != "1":
        raise PermissionDeniedError(
            f"A {request.method} with the session cookie lacks the header {CSRF_HEADER}.",
            remedy=f"Send the header {CSRF_HEADER}: 1, or use an API token.",
        )
    return annotator


async def _verified(service: Service, secret: str, kind: Literal["api", "session"]) -> Annotator:
    records = service.project.catalog.records
    if records.are_near:  # then one look takes less time than the way to another thread
        return records.tokens.verify(secret, kind)
    return await run_in_threadpool(records.tokens.verify, secret, kind)
