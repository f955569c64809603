"""Saved slices: look at how right each round's model is on them, keep one, forget one."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from querist.catalog import AssetQuery
from querist.errors import InvalidInputError
from querist.loop import SliceReport
from querist.schema import Role, SavedSlice
from querist.server.auth import Current, at_least
from querist.server.round_schemas import SliceRequest
from querist.server.routers import router_of_members
from querist.server.routes.assets import Conditions
from querist.server.service import Served

router = router_of_members("rounds")


@router.get("/slices", operation_id="list_slices", dependencies=[Depends(at_least(Role.REVIEWER))])
def list_slices(service: Served) -> list[SliceReport]:
    """Every saved slice under the model of each round, measured on audit labels."""
    return service.project.rounds.slices.reports()


@router.post(
    "/slices",
    operation_id="save_slice",
    status_code=201,
    dependencies=[Depends(at_least(Role.REVIEWER))],
)
def save_slice(
    body: SliceRequest, service: Served, current: Current, query: Conditions
) -> SavedSlice:
    """Keep the slice of a finding, or the conditions of the query string, under a name."""
    slices = service.project.rounds.slices
    if body.finding is None:
        return slices.save(body.name or "", query, created_by=current.name)
    if query != AssetQuery():
        raise InvalidInputError(
            "Both a finding and conditions were given.", remedy="Give one of them."
        )
    return slices.save_found(body.finding, name=body.name, created_by=current.name)


@router.delete(
    "/slices",
    operation_id="remove_slice",
    status_code=204,
    dependencies=[Depends(at_least(Role.MANAGER))],
)
def remove_slice(
    name: Annotated[str, Query(min_length=1, max_length=200)], service: Served
) -> None:
    """Forget a slice; its assets and labels stay."""
    service.project.rounds.slices.remove(name)
