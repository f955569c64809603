"""Who sees how much of a job: over REST and in the stream of live events."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient

from querist import Project
from querist.schema import Role
from querist.server import create_app
from querist.server.jobs import OF_REVIEWERS

HOME = "http://127.0.0.1:8321"
SECRET = "eve says sandal"
TOLD = {"id", "kind", "state", "done", "total", "cancel_requested", "heartbeat", "created_at"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a job of managers that is done, one that failed, and one that runs."""
    with Project.create(
        tmp_path_factory.mktemp("p") / "shop", media="text", classes=["a", "b"]
    ) as made:
        jobs = made.catalog.records.jobs
        for kind, outcome in {
            "collect_answers": {"result": {"problems": [SECRET]}},
            "add": {"error": {"code": "storage", "message": SECRET, "remedy": "", "details": {}}},
            "finish_round": {},
        }.items():
            job = jobs.add(kind, {"told": SECRET})
            jobs.claim("worker", job_id=job.id)
            jobs.report(job.id, done=3, total=7, message=SECRET)
            if outcome:
                jobs.finish(job.id, **outcome)
        yield made


@pytest.fixture(scope="module")
def app(project):
    """The app; its event streams tell what is there, and end."""
    app = create_app(project)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _close(app)).result()
    return app


async def _close(app):
    app.state.service.events.close()


def client(app, project, role):
    """A client with an API token of somebody of the role."""
    records = project.catalog.records
    records.annotators.ensure(role.value, role=role)
    made = TestClient(app, base_url=f"{HOME}/api/v1/")
    secret = records.tokens.issue(role.value, kind="api", ttl_seconds=60)
    made.headers["Authorization"] = f"Bearer {secret}"
    return made


def seen(app, project, role):
    """The jobs by kind: in the list, each by itself, and those that the stream tells."""
    them = client(app, project, role)
    listed = them.get("jobs").json()
    single = [them.get(f"jobs/{job['id']}").json() for job in listed]
    assert single == listed
    lines = them.get("events").text.splitlines()
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    streamed = [it for it in data if "kind" in it]
    assert streamed == [it for it in listed if it["kind"] == "finish_round"]
    return {job["kind"]: job for job in listed}


@pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.MODEL])
def test_below_reviewers_jobs_tell_their_kind_and_how_far_they_are_and_nothing_else(
    app, project, role
):
    """What jobs bring quotes the labels of others and names paths of the server."""
    jobs = seen(app, project, role)
    assert SECRET not in json.dumps(jobs)
    running = jobs["finish_round"]
    assert (running["state"], running["done"], running["total"]) == ("running", 3, 7)
    assert jobs["add"]["state"] == "failed"
    for job in jobs.values():
        told = {name for name, value in job.items() if value not in (None, "", {})}
        assert told <= TOLD | {"started_at", "finished_at"}


def test_reviewers_read_jobs_whose_results_other_routes_tell_them(app, project):
    """The rounds are whole for them; what a workforce answered and paths are for managers."""
    jobs = seen(app, project, Role.REVIEWER)
    assert jobs["finish_round"]["params"] == {"told": SECRET}
    assert SECRET not in json.dumps([jobs["add"], jobs["collect_answers"]])


@pytest.mark.parametrize("role", [Role.MANAGER, Role.OWNER])
def test_managers_read_jobs_whole(app, project, role):
    """Parameters, words, result and error."""
    jobs = seen(app, project, role)
    assert jobs["collect_answers"]["result"] == {"problems": [SECRET]}
    assert jobs["add"]["error"]["message"] == jobs["finish_round"]["message"] == SECRET


def test_the_kinds_of_reviewers_are_kinds_of_jobs(project):
    """A kind that is renamed must be renamed there too."""
    from querist.loop.work import handlers

    assert OF_REVIEWERS.issubset(handlers(project.catalog))
