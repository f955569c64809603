"""Who may do what: every route of the app against every role, and nobody."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app

HOME = "http://127.0.0.1:8321"
API = "/api/v1"

# The lowest role that may; a model may what an annotator may. A route without a line here fails.
EVERYBODY, LOGGED_IN = "everybody", "annotator"
TABLE = {
    "GET /openapi.json": EVERYBODY,
    "GET /health": EVERYBODY,
    "POST /session": EVERYBODY,
    "POST /invitations/accept": EVERYBODY,
    "GET /session": LOGGED_IN,
    "DELETE /session": LOGGED_IN,
    "GET /project": LOGGED_IN,
    "GET /home": LOGGED_IN,
    "GET /assets": "reviewer",
    "GET /assets/facets": "reviewer",
    "GET /assets/cards": "reviewer",
    "POST /assets/add": "owner",
    "GET /asset": "reviewer",
    "GET /asset/thumbnail": LOGGED_IN,
    "GET /asset/content": LOGGED_IN,
    "POST /labels": LOGGED_IN,
    "POST /labels/bulk": "reviewer",
    "POST /labels/bulk/undo": "reviewer",
    "POST /labels/undo": LOGGED_IN,
    "GET /labels/recent": LOGGED_IN,
    "GET /labels/export": "manager",
    "POST /tasks/lease": LOGGED_IN,
    "POST /tasks/renew": LOGGED_IN,
    "POST /tasks/release": LOGGED_IN,
    "GET /review": "reviewer",
    "POST /review": "reviewer",
    "POST /review/undo": "reviewer",
    "GET /review/history": "reviewer",
    "GET /team": "manager",
    "GET /team/reports": "manager",
    "PUT /team/people/{name}": "manager",
    "GET /team/invitations": "manager",
    "POST /team/invitations": "manager",
    "DELETE /team/invitations/{invitation_id}": "manager",
    "GET /settings/labeling": "manager",
    "PATCH /settings/labeling": "manager",
    "GET /ml-backend/health": "manager",
    "POST /ml-backend/setup": "manager",
    "POST /ml-backend/predict": "manager",
    "POST /ml-backend/webhook": "manager",
    "GET /workforces": "manager",
    "GET /workforces/connectors": "manager",
    "POST /workforces": "owner",
    "POST /workforces/{name}/retire": "owner",
    "POST /workforces/{name}/subscribe": "owner",
    "POST /workforces/{name}/send": "manager",
    "POST /workforces/{name}/collect": "manager",
    "POST /workforces/{name}/withdraw": "manager",
    "GET /workforces/{name}/status": "manager",
    "POST /workforces/{name}/webhook": EVERYBODY,
    "GET /workforces/{name}/content": EVERYBODY,
    "GET /opinions": "reviewer",
    "GET /opinions/disputes": "reviewer",
    "POST /opinions/preview": "manager",
    "POST /opinions/recompute": "manager",
    "POST /opinions/take-back": "manager",
    "GET /agreement": "reviewer",
    "GET /sway": "reviewer",
    "GET /suspects": "reviewer",
    "POST /second-opinions": "manager",
    "GET /gold": "manager",
    "POST /gold": "manager",
    "POST /gold/retire": "manager",
    "GET /autolabel/sets": "reviewer",
    "GET /autolabel/proposals/{proposal_id}": "reviewer",
    "POST /autolabel/proposals": "manager",
    "POST /autolabel/checks": "manager",
    "POST /autolabel/sets": "manager",
    "POST /autolabel/audit": "manager",
    "POST /autolabel/sets/{set_id}/roll-back": "manager",
    "GET /ontology": "manager",
    "POST /ontology/preview": "manager",
    "POST /ontology/changes": "manager",
    "GET /rounds": LOGGED_IN,
    "GET /rounds/{number}": LOGGED_IN,
    "GET /findings": LOGGED_IN,
    "GET /confusions": "reviewer",
    "GET /lessons": "reviewer",
    "GET /models": "reviewer",
    "GET /comparison": "reviewer",
    "GET /comparison/asset": "reviewer",
    "GET /thresholds": "reviewer",
    "GET /thresholds/assets": "reviewer",
    "GET /reliability": "reviewer",
    "GET /asset/doubt": "reviewer",
    "GET /doubt": "reviewer",
    "POST /doubt": "reviewer",
    "GET /slices": "reviewer",
    "POST /slices": "reviewer",
    "DELETE /slices": "manager",
    "POST /rounds": "manager",
    "POST /rounds/finish": "manager",
    "POST /oracle": "manager",
    "GET /experiments": "reviewer",
    "POST /experiments": "manager",
    "POST /predictions": "manager",
    "POST /embeddings": "owner",
    "POST /predictions/file": "owner",
    "POST /embeddings/file": "owner",
    "POST /predictions/upload": "manager",
    "POST /embeddings/upload": "owner",
    "POST /zero-shot": "manager",
    "GET /jobs": LOGGED_IN,
    "GET /jobs/{job_id}": LOGGED_IN,
    "GET /jobs/{job_id}/log": "manager",
    "POST /jobs/{job_id}/cancel": "manager",
    "GET /events": LOGGED_IN,
}
PLACES = {
    "proposal_id": "auto-1",
    "set_id": "auto-1",
    "number": "1",
    "job_id": "job-1",
    "name": "nobody",
    "invitation_id": "1",
}
ROLES = [None, *Role]
RANKS = [Role.OWNER, Role.MANAGER, Role.REVIEWER, Role.ANNOTATOR]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """An empty project with somebody of each role."""
    folder = tmp_path_factory.mktemp("p") / "shop"
    with Project.create(folder, media="text", classes=["a", "b"]) as project:
        for role in Role:
            project.catalog.records.annotators.ensure(role.value, role=role)
        yield project


@pytest.fixture(scope="module")
def app(project):
    """The app; its event streams end at once, so that asking for one does not wait."""
    app = create_app(project)
    # In a thread of its own: after browser tests this one has an event loop that runs already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _close(app)).result()
    return app


async def _close(app):
    app.state.service.events.close()


def walk(found):
    """Every route below those of the app, also of the routers it includes."""
    for route in found:
        inner = getattr(route, "effective_route_contexts", None)
        if inner is None:
            yield route
        else:
            yield from inner()


def routes(app):
    """Every route of the app with its methods, as in the table."""
    return [
        f"{method} {route.path.removeprefix(API)}"
        for route in walk(app.routes)
        for method in sorted(route.methods - {"HEAD"})
    ]


def may(role, lowest):
    """Whether the table lets the role in."""
    if lowest == EVERYBODY:
        return True
    if role is None:
        return False
    if role is Role.MODEL:
        return lowest == LOGGED_IN
    return RANKS.index(role) <= RANKS.index(Role(lowest))


def test_every_route_has_a_line_in_the_table(app):
    """A new route must say who may use it, and a route that is gone leaves the table."""
    assert sorted(routes(app)) == sorted(TABLE)


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("route", TABLE)
def test_each_role_may_do_what_the_table_says_and_nothing_else(app, project, route, role):
    """Refused with 401 without a login and with 403 below the role; never refused otherwise."""
    method, _, path = route.partition(" ")
    client = TestClient(app, base_url=HOME, raise_server_exceptions=False)
    if role is not None:
        secret = project.catalog.records.tokens.issue(role.value, kind="api", ttl_seconds=60)
        client.headers["Authorization"] = f"Bearer {secret}"
    answer = client.request(method, API + path.format(**PLACES), json={})
    if may(role, TABLE[route]):
        # The login and the invitation themselves answer 401 to a wrong token, 422 to none.
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert answer.status_code == (401 if role is None else 403), answer.text
        assert set(answer.json()) == {"error"}
