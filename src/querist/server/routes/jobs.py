"""Jobs: progress, log, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from querist.schema import Role
from querist.server import receiving
from querist.server.auth import Current, at_least
from querist.server.jobs import as_seen_by
from querist.server.routers import router_of_members
from querist.server.schemas import Job, JobLog
from querist.server.service import Served

router = router_of_members("jobs", below="/jobs")


@router.get("", operation_id="list_jobs")
def list_jobs(
    service: Served, current: Current, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[Job]:
    """The newest jobs first; below reviewers only what kind they are and how far."""
    jobs = service.project.catalog.records.jobs.list(limit=limit)
    return [as_seen_by(current, job) for job in jobs]


@router.get("/{job_id}", operation_id="get_job")
def get_job(job_id: str, service: Served, current: Current) -> Job:
    """One job; below reviewers only what kind it is and how far."""
    return as_seen_by(current, service.project.catalog.records.jobs.get(job_id))


@router.get(
    "/{job_id}/log",
    operation_id="get_job_log",
    dependencies=[Depends(at_least(Role.MANAGER))],
)
def get_job_log(job_id: str, service: Served) -> JobLog:
    """A job's log."""
    jobs = service.project.catalog.records.jobs
    jobs.get(job_id)
    return JobLog(lines=list(jobs.read_log(job_id)))


@router.post(
    "/{job_id}/cancel",
    operation_id="cancel_job",
    dependencies=[Depends(at_least(Role.MANAGER))],
)
def cancel_job(job_id: str, service: Served) -> Job:
    """Ask a job to stop at its next report of progress."""
    return receiving.cancel(service, job_id)
