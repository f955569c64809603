"""Settings of a project that are changed while it runs."""

from __future__ import annotations

from fastapi import Depends

from querist.schema import Role
from querist.server.auth import at_least
from querist.server.policy_schemas import LabelingPolicy, LabelingPolicyRequest
from querist.server.routers import router_of_members
from querist.server.service import Served

router = router_of_members("settings", below="/settings", needs=[Depends(at_least(Role.MANAGER))])


@router.get("/labeling", operation_id="get_labeling_policy")
def get_labeling_policy(service: Served) -> LabelingPolicy:
    """How people are asked: overlap, skills, and what measures them."""
    return LabelingPolicy.model_validate(service.project.labeling_policy.now())


@router.patch("/labeling", operation_id="change_labeling_policy")
def change_labeling_policy(body: LabelingPolicyRequest, service: Served) -> LabelingPolicy:
    """Change it from the next batch on; a field that is not sent stays."""
    changes = body.model_dump(exclude_unset=True)
    return LabelingPolicy.model_validate(service.project.labeling_policy.change(**changes))
