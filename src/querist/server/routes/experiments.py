"""Experiments: run one, and read those that were run."""

from __future__ import annotations

from fastapi import Depends

from querist.experiments import Experiment
from querist.schema import Role
from querist.server.auth import at_least
from querist.server.round_schemas import ExperimentRequest
from querist.server.routers import router_of_members
from querist.server.schemas import Job
from querist.server.service import Served

router = router_of_members("experiments")


@router.get(
    "/experiments", operation_id="list_experiments", dependencies=[Depends(at_least(Role.REVIEWER))]
)
def list_experiments(service: Served) -> list[Experiment]:
    """The experiments that were run, the newest first, at most twenty."""
    return list(service.project.experiments.list())


@router.post(
    "/experiments",
    operation_id="run_experiment",
    status_code=202,
    dependencies=[Depends(at_least(Role.MANAGER))],
)
def run_experiment(body: ExperimentRequest, service: Served) -> Job:
    """Compare the active set with as many random labels; the job's result names the experiment."""
    return Job.of(service.jobs.submit("experiment", body.model_dump(exclude_none=True)))
