"""Auto-labels: propose, ask for checks, accept, audit, roll back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from querist.autolabel import AutoLabelSet, Proposal
from querist.schema import Role
from querist.server.auth import at_least
from querist.server.autolabel_schemas import (
    AcceptRequest,
    AuditRequest,
    ChecksRequest,
    ProposeRequest,
    RollBackRequest,
)
from querist.server.routers import router_of_members
from querist.server.schemas import Job
from querist.server.service import Served

router = router_of_members("autolabel", below="/autolabel")
look = [Depends(at_least(Role.REVIEWER))]
manage = [Depends(at_least(Role.MANAGER))]
SetId = Annotated[str, Path(max_length=100)]


@router.get("/sets", operation_id="list_auto_label_sets", dependencies=look)
def list_sets(service: Served) -> list[AutoLabelSet]:
    """The accepted sets, oldest first, with what their audits say by now."""
    return list(service.project.autolabel.history())


@router.get("/proposals/{proposal_id}", operation_id="get_auto_label_proposal", dependencies=look)
def get_proposal(proposal_id: SetId, service: Served) -> Proposal:
    """A proposal that was made, with its curve and classes."""
    return service.project.autolabel.proposal(proposal_id)


@router.post("/proposals", operation_id="propose_auto_labels", status_code=202, dependencies=manage)
def propose(body: ProposeRequest, service: Served) -> Job:
    """Work out what may be accepted; the result of the job is the proposal."""
    return Job.of(service.jobs.submit("auto_propose", body.model_dump()))


@router.post("/checks", operation_id="ask_auto_label_checks", status_code=202, dependencies=manage)
def ask(body: ChecksRequest, service: Served) -> Job:
    """Ask people about random assets among those that could be accepted."""
    return Job.of(service.jobs.submit("auto_ask", body.model_dump()))


@router.post("/sets", operation_id="accept_auto_labels", status_code=202, dependencies=manage)
def accept(body: AcceptRequest, service: Served) -> Job:
    """Label what a proposal lets in; the result of the job is the set."""
    return Job.of(service.jobs.submit("auto_accept", body.model_dump()))


@router.post("/audit", operation_id="audit_auto_labels", dependencies=manage)
def audit(body: AuditRequest, service: Served) -> list[AutoLabelSet]:
    """Read the audits, roll back what is broken, and ask people about more labels."""
    return list(service.project.autolabel.audit(body.count))


@router.post("/sets/{set_id}/roll-back", operation_id="roll_back_auto_labels", dependencies=manage)
def roll_back(set_id: SetId, body: RollBackRequest, service: Served) -> AutoLabelSet:
    """Take back what a set still holds."""
    return service.project.autolabel.roll_back(set_id, reason=body.reason)
