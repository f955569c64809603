"""Jobs: progress, log, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from querist.schema import Role
from querist.server import receiving
from querist.server.auth import at_least
from querist.server.routers import router_of_members
from querist.server.schemas import Job, JobLog
from querist.server.service import Served

router = router_of_members("jobs", below="/jobs")


@router.get("", operation_id="list_jobs")
def list_jobs(service: Served, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> list[Job]:
    """The newest jobs first."""
    return [Job.of(job) for job in service.project.catalog.records.jobs.list(limit=limit)]


@router.get("/{job_id}", operation_id="get_job")
def get_job(job_id: str, service: Served) -> Job:
    """One job."""
    return Job.of(service.project.catalog.records.jobs.get(job_id))


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
