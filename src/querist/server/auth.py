"""Who is asking: one-time token → session cookie, bearer tokens, CSRF header, roles."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from querist.errors import AuthenticationError, PermissionDeniedError
from querist.labeling import check_may_browse
from querist.schema import Annotator, Role
from querist.server.service import Served, Service

if TYPE_CHECKING:
    from querist.catalog.records import Records
    from querist.project import Project

_COOKIE = "querist_session"
CSRF_HEADER = "X-Querist"
SESSION_SECONDS = 30 * 24 * 3600.0

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_RANKS = (Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR)

_bearer = HTTPBearer(auto_error=False, description="An API token.")


def cookie_name(project: Project) -> str:
    """What the project's session cookie is called, the same after a restart.

    A browser sends the cookies of a host to all its ports: the projects that one machine serves
    need names of their own, or each would sign the others out. The folder tells copies of a
    project apart, the time it was made tells apart what lies in the same folder of two containers.
    """
    first = project.catalog.records.ontologies.versions(1)[0]
    facts = f"{project.folder}\n{first.created_at.isoformat()}"
    return f"{_COOKIE}_{hashlib.sha256(facts.encode()).hexdigest()[:12]}"


class _SessionCookie(APIKeyCookie):
    """The cookie of the project that is served; the description of the API names no project."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        service: Service = request.app.state.service
        return request.cookies.get(service.cookie)


_cookie = _SessionCookie(
    name=_COOKIE,
    scheme_name="APIKeyCookie",
    auto_error=False,
    description="Set by POST /session; its name goes on with `_` and a digest of the project.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who a request says it is from.

    Attributes:
        secret: The token.
        kind: Of the token.
        forgeable: The method, where it changes something and only a cookie says who asks, which
            browsers also send for the pages of others.
    """

    secret: str
    kind: Literal["api", "session"]
    forgeable: str | None = None

    def verified(self, records: Records) -> Annotator:
        """Whoever the token names; raises as ``current_annotator``."""
        annotator = records.tokens.verify(self.secret, self.kind)
        if self.forgeable is not None:
            raise PermissionDeniedError(
                f"A {self.forgeable} with the session cookie lacks the header {CSRF_HEADER}.",
                remedy=f"Send the header {CSRF_HEADER}: 1, or use an API token.",
            )
        return annotator


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
    records = service.project.catalog.records
    claim = _claim(request, bearer.credentials if bearer else None, session)
    if records.are_near:  # then one look takes less time than the way to another thread
        return claim.verified(records)
    return await run_in_threadpool(claim.verified, records)


def claim_of(request: Request) -> Claim:
    """Who a request says it is from, as ``current_annotator`` reads it.

    Raises:
        AuthenticationError: it carries no token.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    bearer = secret if secret and scheme.lower() == "bearer" else None
    service: Service = request.app.state.service
    return _claim(request, bearer, request.cookies.get(service.cookie))


Current = Annotated[Annotator, Depends(current_annotator)]


def at_least(role: Role) -> Callable[[Annotator], Awaitable[Annotator]]:
    """A dependency that lets through whoever may do what ``role`` may do."""

    async def check(annotator: Current) -> Annotator:
        return check_role(annotator, role)

    return check


def may(annotator: Annotator, role: Role) -> bool:
    """Whether somebody may do what ``role`` may do."""
    return annotator.role in _RANKS[: _RANKS.index(role) + 1]


def check_role(annotator: Annotator, role: Role) -> Annotator:
    """Whoever may do what ``role`` may do; raises PermissionDeniedError for others."""
    if not may(annotator, role):
        raise PermissionDeniedError(
            f"{annotator.name!r} is {annotator.role.value}; this needs {role.value}.",
            remedy="Ask an owner of the project.",
            role=annotator.role.value,
            needed=role.value,
        )
    return annotator


async def browsing(service: Served, annotator: Current) -> Annotator:
    """A dependency that lets through whoever may see labels, selections and findings of others."""
    check_may_browse(service.project.catalog, annotator)
    return annotator


def _claim(request: Request, bearer: str | None, session: str | None) -> Claim:
    if bearer is not None:
        return Claim(secret=bearer, kind="api")
    if not session:
        raise AuthenticationError(
            "The request carries no token.",
            remedy="Open the address that `querist serve` prints, or send an API token as "
            "`Authorization: Bearer …`.",
        )
    lacking = request.method not in _SAFE and request.headers.get(CSRF_HEADER) != "1"
    return Claim(secret=session, kind="session", forgeable=request.method if lacking else None)
